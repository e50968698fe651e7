#pragma once

#include "core/archive/archive.h"
#include "core/run/commands.h"
#include "core/run/engine.h"
#include "core/run/events.h"

#include <QFutureWatcher>
#include <QObject>
#include <QString>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace dstn::ui {

/// A command that was given and not yet confirmed.
enum class Pending { none, starting, pausing, resuming, stopping };

/// A run that goes on somewhere else; its destructor interrupts it and waits.
class RunHandle {
  public:
    virtual ~RunHandle() = default;
    virtual void send(Command command) = 0;
};
/// Brings a run to life: a Session, or a stand-in where there is no engine.
using RunLauncher =
    std::function<std::unique_ptr<RunHandle>(RunRequest, std::vector<std::shared_ptr<EventSink>>)>;
RunLauncher sessionLauncher();

/// Steers one run at a time for the window: starts it with a Recorder beside it, drains its events at display
/// rate and tells them as signals; commands return at once and are confirmed by stateChanged().
///
/// Nothing here waits for the engine or the archive, except the destructor, which interrupts a run that still
/// goes on and waits until it is saved. To leave without waiting: interrupt(), then wait for idled().
class RunController : public QObject {
    Q_OBJECT

  public:
    explicit RunController(std::filesystem::path archive, RunLauncher launcher = sessionLauncher(),
                           QObject* parent = nullptr);
    ~RunController() override;

    const std::filesystem::path& archive() const { return archive_; }
    /// From start() until the run has ended.
    bool isActive() const;
    /// Nothing goes on and everything is written.
    bool isIdle() const;
    RunState state() const { return state_; }
    Pending pending() const { return pending_; }
    /// UUID of the run that goes on or was the last; empty before the first.
    QString run() const { return run_; }

  public slots:
    /// failed() if a run is going on already, or the archive cannot be written.
    void start(const dstn::Experiment& experiment);
    /// The same of a run that repeats another one, whose data must be the same; it gets a new UUID.
    void follow(const dstn::RunRequest& request);
    /// Starts again what was refused because its data have changed (RunFinished::dataChanged).
    void continueWithChangedData();
    /// Goes on with a run of the archive from its last checkpoint.
    void resumeFromArchive(const QString& run);
    void pause();
    void resume();
    void stop();
    /// Ends the run as interrupted: saved, and to be resumed.
    void interrupt();
    void takeCheckpoint();
    void setHyperparameter(const QString& name, double value);

  signals:
    void launched(const QString& run); ///< before the first event
    /// Every event, in order.
    void eventArrived(const dstn::Event& event);
    void runStarted(const dstn::RunStarted& started);
    void progressMade(const dstn::ProgressMade& progress);
    void stateChanged(dstn::RunState state, const QString& reason);
    void pendingChanged(dstn::ui::Pending pending);
    void runFinished(const dstn::RunFinished& finished);
    void recordingTroubled(const QString& message); ///< the archive cannot be written now; it is tried again
    void failed(const QString& message);            ///< a run could not be started
    void idled();                                   ///< ended, and written to the last point

  private:
    struct Launched;
    void launch(std::function<RunRequest()> makeRequest);
    void launchFinished();
    void send(Command command);
    void setPending(Pending pending);
    void confirm(RunState state);
    void drain();
    void handle(const Event& event);
    void windUp();
    void settle();

    std::filesystem::path archive_;
    RunLauncher launcher_;
    QTimer timer_;
    std::shared_ptr<EventQueue> queue_;
    std::shared_ptr<Recorder> recorder_;
    std::unique_ptr<RunHandle> handle_;
    std::function<RunRequest()> lastRequest_;
    std::vector<Command> waiting_; ///< given while the run was being launched
    QFutureWatcher<std::shared_ptr<Launched>> launch_;
    QFutureWatcher<QString> windUp_;
    QString run_, trouble_;
    RunState state_ = RunState::completed;
    Pending pending_ = Pending::none;
    bool launching_ = false, active_ = false, windingUp_ = false;
};

} // namespace dstn::ui
