#pragma once

#include <QStringList>
#include <QWidget>

#include <filesystem>
#include <memory>

namespace dstn::ui {

/// Two or more runs side by side: their curves over one another by step, epoch or wall-clock time, what
/// differs between their configurations, their final and best values, and how the hyperparameters go with
/// the validation loss. Reads the archive on a thread of its own.
class ComparePage : public QWidget {
    Q_OBJECT
  public:
    explicit ComparePage(std::filesystem::path archive, QWidget* parent = nullptr);
    ~ComparePage() override;

    /// Shows these runs (UUIDs), in this order. Empty: says how to choose some.
    void setRuns(const QStringList& runs);

  signals:
    void openRequested(QString run);

  protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dstn::ui
