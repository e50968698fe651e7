#include "ui/studies/study_controller.h"

#include "core/run/overloaded.h"

#include <QtConcurrent>

#include <utility>

namespace dstn::ui {

namespace {

constexpr int frameMs = 33;

class SessionHandle : public StudyHandle {
  public:
    SessionHandle(std::filesystem::path archive, std::string study, StudySink sink, bool acceptChangedData)
        : session_(std::move(archive), std::move(study), std::move(sink), createEngine, 0,
                   acceptChangedData) {}
    void pause(bool interrupted) override { session_.pause(interrupted); }

  private:
    StudySession session_;
};

} // namespace

StudyLauncher studySessionLauncher() {
    return [](std::filesystem::path archive, std::string study, StudySink sink,
              bool acceptChangedData) -> std::unique_ptr<StudyHandle> {
        return std::make_unique<SessionHandle>(std::move(archive), std::move(study), std::move(sink),
                                               acceptChangedData);
    };
}

/// What the launching thread hands over; `error` is empty if all went well.
struct StudyController::Launched {
    std::unique_ptr<StudyHandle> handle;
    QString error;
};

StudyController::StudyController(std::filesystem::path archive, StudyLauncher launcher, QObject* parent)
    : QObject(parent), archive_(std::move(archive)), launcher_(std::move(launcher)) {
    timer_.setInterval(frameMs);
    connect(&timer_, &QTimer::timeout, this, &StudyController::drain);
    connect(&launch_, &QFutureWatcherBase::finished, this, &StudyController::launchFinished);
    connect(&windUp_, &QFutureWatcherBase::finished, this, [this] {
        windingUp_ = false;
        emit changed();
        emit idled();
    });
}

StudyController::~StudyController() {
    launch_.disconnect(this);
    windUp_.disconnect(this);
    if (launching_) {
        launch_.waitForFinished();
        handle_ = std::move(launch_.result()->handle);
    }
    if (handle_) handle_->pause(true);
    handle_.reset();
    if (windingUp_) windUp_.waitForFinished();
}

void StudyController::start(const QString& study, bool acceptChangedData) {
    if (!isIdle()) {
        emit failed(tr("A study is already in progress. Pause it first."));
        return;
    }
    study_ = study;
    current_.clear();
    progress_ = {};
    launching_ = true;
    pausing_ = interrupted_ = false;
    queue_ = std::make_shared<Queue>();
    launch_.setFuture(QtConcurrent::run([launcher = launcher_, archive = archive_, id = study.toStdString(),
                                         queue = queue_, acceptChangedData] {
        auto launched = std::make_shared<Launched>();
        const StudySink sink = [queue](const StudyEvent& event) {
            // What its runs tell stands in the archive, where the page looks for it.
            if (std::holds_alternative<StudyRunEvent>(event)) return;
            const std::lock_guard lock(queue->mutex);
            queue->events.push_back(event);
        };
        try {
            launched->handle = launcher(archive, id, sink, acceptChangedData);
        } catch (const std::exception& error) {
            launched->error = QString::fromUtf8(error.what());
        }
        return launched;
    }));
    emit changed();
}

void StudyController::launchFinished() {
    const std::shared_ptr<Launched> result = launch_.result();
    launching_ = false;
    if (!result->error.isEmpty()) {
        emit changed();
        emit failed(result->error);
        emit idled();
        return;
    }
    handle_ = std::move(result->handle);
    active_ = true;
    if (pausing_) handle_->pause(interrupted_);
    timer_.start();
    emit changed();
}

void StudyController::pause() { end(false); }
void StudyController::interrupt() { end(true); }

void StudyController::end(bool interrupted) {
    if (!isActive()) return;
    pausing_ = true;
    interrupted_ = interrupted_ || interrupted;
    if (handle_) handle_->pause(interrupted_);
    emit changed();
}

void StudyController::drain() {
    std::vector<StudyEvent> events;
    {
        const std::lock_guard lock(queue_->mutex);
        events.swap(queue_->events);
    }
    for (const StudyEvent& event : events) handle(event);
    if (!events.empty()) emit changed();
}

void StudyController::handle(const StudyEvent& event) {
    std::visit(
        overloaded{[&](const StudyRunBegun& begun) { current_ = QString::fromStdString(begun.name); },
                   [&](const StudyProgress& made) { progress_ = made; },
                   [&](const StudyNote& note) { emit noted(note.level, QString::fromStdString(note.text)); },
                   [&](const StudyFinished& end) {
                       windUp();
                       emit finished(end);
                   },
                   ignore<StudyRunEvent>},
        event);
}

void StudyController::windUp() {
    timer_.stop();
    active_ = pausing_ = false;
    windingUp_ = true;
    // Its threads still write their last points and give their memory back.
    windUp_.setFuture(QtConcurrent::run(
        [handle = std::shared_ptr<StudyHandle>(std::move(handle_))]() mutable { handle.reset(); }));
}

} // namespace dstn::ui
