#include "ui/live/run_controller.h"

#include "core/archive/run_requests.h"
#include "core/run/overloaded.h"
#include "core/run/session.h"

#include <QtConcurrent>

#include <utility>

namespace dstn::ui {

namespace {

constexpr int frameMs = 33;

class SessionHandle : public RunHandle {
  public:
    SessionHandle(RunRequest request, std::vector<std::shared_ptr<EventSink>> sinks)
        : session_(std::move(request), std::move(sinks)) {}
    void send(Command command) override { session_.send(std::move(command)); }

  private:
    Session session_;
};

} // namespace

RunLauncher sessionLauncher() {
    return
        [](RunRequest request, std::vector<std::shared_ptr<EventSink>> sinks) -> std::unique_ptr<RunHandle> {
            return std::make_unique<SessionHandle>(std::move(request), std::move(sinks));
        };
}

/// What the launching thread hands over; `error` is empty if all went well.
struct RunController::Launched {
    std::shared_ptr<EventQueue> queue;
    std::shared_ptr<Recorder> recorder;
    std::unique_ptr<RunHandle> handle;
    QString run, error;
};

RunController::RunController(std::filesystem::path archive, RunLauncher launcher, QObject* parent)
    : QObject(parent), archive_(std::move(archive)), launcher_(std::move(launcher)) {
    timer_.setInterval(frameMs);
    connect(&timer_, &QTimer::timeout, this, &RunController::drain);
    connect(&launch_, &QFutureWatcherBase::finished, this, &RunController::launchFinished);
    connect(&windUp_, &QFutureWatcherBase::finished, this, &RunController::settle);
}

RunController::~RunController() {
    launch_.disconnect(this);
    windUp_.disconnect(this);
    if (launching_) {
        launch_.waitForFinished();
        const auto launched = launch_.result();
        handle_ = std::move(launched->handle);
        recorder_ = launched->recorder;
    }
    handle_.reset(); // interrupts the run and waits for it
    if (recorder_) recorder_->finish();
    if (windingUp_) windUp_.waitForFinished();
}

bool RunController::isActive() const { return launching_ || active_; }
bool RunController::isIdle() const { return !isActive() && !windingUp_; }

void RunController::start(const Experiment& experiment) {
    launch([experiment] { return RunRequest{.experiment = experiment, .run = newUuid()}; });
}

void RunController::follow(const RunRequest& request) {
    launch([request] {
        RunRequest own = request;
        own.run = newUuid();
        return own;
    });
}

void RunController::continueWithChangedData() {
    if (!lastRequest_) return;
    launch([make = lastRequest_] {
        RunRequest request = make();
        request.acceptChangedData = true;
        return request;
    });
}

void RunController::resumeFromArchive(const QString& run) {
    launch([path = archive_, id = run.toStdString()] { return resumeRequest(Archive(path), id); });
}

void RunController::launch(std::function<RunRequest()> makeRequest) {
    if (!isIdle()) {
        emit failed(tr("A run is already in progress. Stop it first."));
        return;
    }
    lastRequest_ = makeRequest;
    launching_ = true;
    state_ = RunState::preparing;
    trouble_.clear();
    waiting_.clear();
    setPending(Pending::starting);
    emit stateChanged(state_, {});
    launch_.setFuture(
        QtConcurrent::run([make = std::move(makeRequest), path = archive_, launcher = launcher_] {
            auto launched = std::make_shared<Launched>();
            try {
                RunRequest request = make();
                request.pauseOnError = true;
                launched->run = QString::fromStdString(request.run);
                launched->queue = std::make_shared<EventQueue>();
                launched->recorder =
                    std::make_shared<Recorder>(path, request.run, RunClaim{.lease = request.lease});
                launched->handle = launcher(std::move(request), {launched->recorder, launched->queue});
            } catch (const std::exception& error) {
                launched->error = QString::fromUtf8(error.what());
            }
            return launched;
        }));
}

void RunController::launchFinished() {
    const std::shared_ptr<Launched> result = launch_.result();
    launching_ = false;
    if (!result->error.isEmpty()) {
        setPending(Pending::none);
        state_ = RunState::failed;
        emit stateChanged(state_, result->error);
        emit failed(result->error);
        emit idled();
        return;
    }
    queue_ = result->queue;
    recorder_ = result->recorder;
    handle_ = std::move(result->handle);
    run_ = result->run;
    active_ = true;
    emit launched(run_);
    for (Command& command : std::exchange(waiting_, {})) handle_->send(std::move(command));
    timer_.start();
}

void RunController::send(Command command) {
    if (handle_)
        handle_->send(std::move(command));
    else if (launching_)
        waiting_.push_back(std::move(command));
}

void RunController::pause() {
    if (!isActive()) return;
    setPending(Pending::pausing);
    send(Pause{});
}

void RunController::resume() {
    if (!isActive()) return;
    setPending(Pending::resuming);
    send(Resume{});
}

void RunController::stop() {
    if (!isActive()) return;
    setPending(Pending::stopping);
    send(Stop{});
}

void RunController::interrupt() {
    if (!isActive()) return;
    setPending(Pending::stopping);
    send(Stop{.interrupted = true});
}

void RunController::takeCheckpoint() {
    if (isActive()) send(TakeCheckpoint{});
}

void RunController::setHyperparameter(const QString& name, double value) {
    if (isActive()) send(SetHyperparameter{name.toStdString(), value});
}

void RunController::setPending(Pending pending) {
    if (pending == pending_) return;
    pending_ = pending;
    emit pendingChanged(pending);
}

void RunController::confirm(RunState state) {
    const bool done = ended(state) || (pending_ == Pending::starting && state != RunState::preparing) ||
                      (pending_ == Pending::pausing && state == RunState::paused) ||
                      (pending_ == Pending::resuming && state == RunState::running);
    if (done) setPending(Pending::none);
}

void RunController::drain() {
    if (!queue_) return;
    for (const Event& event : queue_->drain()) handle(event);
    if (!recorder_) return;
    const auto trouble = recorder_->trouble();
    const QString text = trouble ? QString::fromStdString(*trouble) : QString();
    if (text == trouble_) return;
    trouble_ = text;
    if (!text.isEmpty()) emit recordingTroubled(text);
}

void RunController::handle(const Event& event) {
    emit eventArrived(event);
    std::visit(overloaded{[&](const RunStarted& started) { emit runStarted(started); },
                          [&](const ProgressMade& progress) { emit progressMade(progress); },
                          [&](const StateChanged& changed) {
                              state_ = changed.state;
                              confirm(state_);
                              emit stateChanged(state_, QString::fromStdString(changed.reason));
                          },
                          [&](const RunFinished& finished) {
                              if (state_ != finished.state) {
                                  state_ = finished.state;
                                  emit stateChanged(state_, QString::fromStdString(finished.message));
                              }
                              setPending(Pending::none);
                              windUp();
                              emit runFinished(finished);
                          },
                          ignore<SamplesTaken, HyperparametersSampled, EpochFinished, HyperparameterSet,
                                 LogLine, CheckpointTaken, LoadingProgressed>},
               event);
}

void RunController::windUp() {
    timer_.stop();
    active_ = false;
    windingUp_ = true;
    // The last points are still being written, and the engine's thread gives its memory back.
    windUp_.setFuture(QtConcurrent::run([handle = std::shared_ptr<RunHandle>(std::move(handle_)),
                                         recorder = std::exchange(recorder_, nullptr)]() mutable {
        handle.reset();
        const auto trouble = recorder->finish();
        recorder.reset();
        return trouble ? QString::fromStdString(*trouble) : QString();
    }));
}

void RunController::settle() {
    windingUp_ = false;
    const QString trouble = windUp_.result();
    if (!trouble.isEmpty()) emit recordingTroubled(trouble);
    emit idled();
}

} // namespace dstn::ui
