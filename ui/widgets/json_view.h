#pragma once

#include <QString>
#include <QWidget>

class QLineEdit;
class QPlainTextEdit;
class QLabel;

namespace dstn::ui {

/// A JSON document to be read, laid out and coloured, with a search that marks every hit. Enter and
/// Shift+Enter go to the next and the last one.
class JsonView : public QWidget {
    Q_OBJECT
  public:
    explicit JsonView(QWidget* parent = nullptr);
    /// Laid out with two blanks a level and its keys in their own order; text that is not JSON is shown as it
    /// is.
    void setJson(const QString& json);
    void focusSearch();

  private:
    void search(bool step, bool backward);

    QPlainTextEdit* text_;
    QLineEdit* needle_;
    QLabel* hits_;
    QString json_;
};

} // namespace dstn::ui
