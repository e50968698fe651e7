#pragma once

#include <QWidget>

#include <filesystem>

class QPushButton;

namespace dstn::ui {

class Banner;
class RunView;

/// A run of the archive with all its curves; a run still in progress elsewhere is followed.
class ArchivedRunPage : public QWidget {
    Q_OBJECT

  public:
    explicit ArchivedRunPage(std::filesystem::path archive, QWidget* parent = nullptr);
    void open(const QString& run);
    RunView* view() const { return view_; }

  signals:
    void closed();
    void resumeRequested(const QString& run);
    void duplicateRequested(const QString& experimentJson);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void restyle();

    std::filesystem::path archive_;
    RunView* view_;
    Banner* banner_;
    QPushButton* back_;
    QPushButton* resume_;
    QPushButton* duplicate_;
    QPushButton* hypergradients_;
};

} // namespace dstn::ui
