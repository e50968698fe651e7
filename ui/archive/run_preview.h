#pragma once

#include "core/archive/archive.h"

#include <QStringList>
#include <QTimer>
#include <QWidget>

#include <optional>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QStackedLayout;
class QTabWidget;
class QTreeWidget;

namespace dstn::ui {

class JsonView;

/// What is known of the selected run: values, hyperparameters, environment, configuration, events; its note
/// and tags can be written here and are saved as they are typed. For several runs: tags for all of them.
class RunPreview : public QWidget {
    Q_OBJECT
  public:
    explicit RunPreview(QWidget* parent = nullptr);
    ~RunPreview() override;

    void showNothing();
    void showRun(const RunRow& row);             ///< at once, from the list
    void showDetails(const RunDetails& details); ///< when they have been read; ignored if of another run
    void showSeveral(const QStringList& runs);
    /// Sends what has been typed and not been sent yet.
    void flush();
    void focusTags();
    void focusNote();

  signals:
    void noteEdited(QString run, QString note);
    void tagsEdited(QString run, QString tags);
    void tagsAdded(QStringList runs, QString tags);
    void tagsDone(); ///< Return in a field of tags: the list may have the focus again

  private:
    void setUpFields();
    void setUpTabs();
    QWidget* makePageOfOne();
    QWidget* makePageOfSeveral();
    void fillTags(const RunRow& row);

    QStackedLayout* pages_;
    QLabel* nothing_;
    QLabel* title_;
    QLabel* stateSign_;
    QLabel* state_;
    QLineEdit* tags_;
    QPlainTextEdit* note_;
    QTabWidget* tabs_;
    QTreeWidget* values_;
    JsonView* configuration_;
    QTreeWidget* events_;
    QLabel* severalTitle_;
    QLineEdit* severalTags_;

    QTimer typing_;
    QString run_;
    QStringList several_;
    std::string tagsShown_, noteShown_; ///< as the archive had them when shown
};

} // namespace dstn::ui
