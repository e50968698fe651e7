#pragma once

#include "core/archive/run_requests.h"

#include <QStringList>
#include <QWidget>

#include <filesystem>
#include <memory>

namespace dstn::ui {

/// The list of all runs: find, filter, sort, star, tag, annotate, duplicate, delete with undo, export.
/// Follows the archive by itself, whoever writes it. Reads and writes on a thread of its own, so that the
/// window answers however many runs there are; an archive that cannot be read is reported above the
/// list, never in a dialog.
class ArchivePage : public QWidget {
    Q_OBJECT
  public:
    explicit ArchivePage(std::filesystem::path archive, QWidget* parent = nullptr);
    ~ArchivePage() override;

  public slots:
    /// Asks the archive again, and opens it again if it could not be opened before.
    void refresh();

  signals:
    void openRequested(QString run);
    void compareRequested(QStringList runs); ///< two or more
    void duplicateRequested(QString experimentJson);
    /// Plain training after a run, to be set up.
    void followRequested(const dstn::RunRequest& request);
    void resumeRequested(QString run); ///< a run that stopped early and has a checkpoint
    void studyRequested(QString study);

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dstn::ui
