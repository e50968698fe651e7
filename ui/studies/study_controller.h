#pragma once

#include "core/study/study_runner.h"

#include <QFutureWatcher>
#include <QObject>
#include <QString>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace dstn::ui {

/// A study that is executed somewhere else; its destructor pauses it and waits.
class StudyHandle {
  public:
    virtual ~StudyHandle() = default;
    /// As StudySession::pause(). Returns at once.
    virtual void pause(bool interrupted) = 0;
};
/// Starts a study: a StudySession, or a stand-in where there is no engine.
using StudyLauncher = std::function<std::unique_ptr<StudyHandle>(
    std::filesystem::path archive, std::string study, StudySink sink, bool acceptChangedData)>;
StudyLauncher studySessionLauncher();

/// Steers one study at a time for the window, as RunController does a run: its events come from other
/// threads, wait in a queue, and are emitted as signals at display rate.
///
/// Nothing here waits for the study, except the destructor, which interrupts it and waits until its runs are
/// saved. To leave without waiting: interrupt(), then wait for idled().
class StudyController : public QObject {
    Q_OBJECT

  public:
    explicit StudyController(std::filesystem::path archive, StudyLauncher launcher = studySessionLauncher(),
                             QObject* parent = nullptr);
    ~StudyController() override;

    /// From start() until the study has ended.
    bool isActive() const { return launching_ || active_; }
    /// Nothing is in progress and everything is written.
    bool isIdle() const { return !isActive() && !windingUp_; }
    /// pause() or interrupt() was called and the end is not there yet.
    bool isPausing() const { return isActive() && pausing_; }
    /// UUID of the current or last study; empty before the first.
    QString study() const { return study_; }
    const StudyProgress& progress() const { return progress_; }
    /// Name of the run that began last.
    const QString& current() const { return current_; }

  public slots:
    /// Resumes a study of the archive. failed() if one is in progress or it cannot be started.
    /// @param acceptChangedData goes on where they have changed since its first run
    void start(const QString& study, bool acceptChangedData = false);
    void pause();
    /// Ends the study as interrupted: saved, and resumable.
    void interrupt();

  signals:
    void changed(); ///< any of the above
    void noted(dstn::LogLevel level, const QString& text);
    void finished(const dstn::StudyFinished& finished);
    void failed(const QString& message); ///< the study could not be started
    void idled();

  private:
    struct Launched;
    struct Queue {
        std::mutex mutex;
        std::vector<StudyEvent> events;
    };
    void end(bool interrupted);
    void launchFinished();
    void drain();
    void handle(const StudyEvent& event);
    void windUp();

    std::filesystem::path archive_;
    StudyLauncher launcher_;
    QTimer timer_;
    std::shared_ptr<Queue> queue_;
    std::unique_ptr<StudyHandle> handle_;
    QFutureWatcher<std::shared_ptr<Launched>> launch_;
    QFutureWatcher<void> windUp_;
    QString study_, current_;
    StudyProgress progress_;
    bool launching_ = false, active_ = false, windingUp_ = false, pausing_ = false, interrupted_ = false;
};

} // namespace dstn::ui
