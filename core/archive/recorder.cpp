#include "core/archive/archive.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace dstn {

using Clock = std::chrono::steady_clock;

static constexpr auto flushInterval = std::chrono::milliseconds(250);
static constexpr auto heartbeatInterval = std::chrono::seconds(10);
static constexpr auto retryInterval = std::chrono::seconds(1);
/// How often the last events are tried before they are given up; an attempt waits five seconds for a lock.
static constexpr int lastAttempts = 3;

/// Only the newest of the checkpoints that wait is worth its memory: lets go of those in `events`.
static void forgetCheckpoints(std::vector<Event>& events) {
    for (Event& event : events)
        if (auto* checkpoint = std::get_if<CheckpointTaken>(&event)) checkpoint->bytes = nullptr;
}

struct Recorder::Impl {
    Impl(const std::filesystem::path& path, std::string id) : archive(path), run(std::move(id)) {
        archive.requireWritable();
    }

    Archive archive; // the thread's alone, once that runs
    std::string run;

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::vector<Event> waiting;
    bool urgent = false;    // a state change or checkpoint waits
    bool finishing = false; // write what is there and end
    bool over = false;      // the run has ended: no more signs of life
    std::optional<std::string> trouble;
    std::thread thread;

    void write();
    bool flush(std::vector<Event>& batch);
    void signOfLife();
    void finish();
};

Recorder::Recorder(const std::filesystem::path& archive, std::string run)
    : impl_(std::make_unique<Impl>(archive, std::move(run))) {
    impl_->thread = std::thread([impl = impl_.get()] { impl->write(); });
}

Recorder::~Recorder() { impl_->finish(); }

void Recorder::publish(const Event& event) {
    const bool urgent = urgency(event) != Urgency::none;
    Event copy = event; // before the lock: samples take a while
    {
        const std::lock_guard lock(impl_->mutex);
        auto& waiting = impl_->waiting;
        if (std::holds_alternative<CheckpointTaken>(event)) forgetCheckpoints(waiting);
        // Of progress the newest says it all.
        if (std::holds_alternative<ProgressMade>(event) && !waiting.empty() &&
            std::holds_alternative<ProgressMade>(waiting.back()))
            waiting.back() = std::move(copy);
        else
            waiting.push_back(std::move(copy));
        impl_->urgent = impl_->urgent || urgent;
    }
    if (urgent) impl_->changed.notify_one();
}

std::optional<std::string> Recorder::finish() {
    impl_->finish();
    return trouble();
}

std::optional<std::string> Recorder::trouble() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->trouble;
}

void Recorder::Impl::finish() {
    {
        const std::lock_guard lock(mutex);
        finishing = true;
    }
    changed.notify_one();
    if (thread.joinable()) thread.join();
}

void Recorder::Impl::write() {
    std::vector<Event> batch;
    auto nextHeartbeat = Clock::now() + heartbeatInterval;
    int attempts = 0;
    while (true) {
        bool last = false;
        {
            std::unique_lock lock(mutex);
            if (batch.empty())
                changed.wait_for(lock, flushInterval, [&] { return urgent || finishing; });
            else // the last attempt failed
                changed.wait_for(lock, retryInterval, [&] { return finishing && attempts == 0; });
            if (std::any_of(waiting.begin(), waiting.end(), [](const Event& event) {
                    return std::holds_alternative<CheckpointTaken>(event);
                }))
                forgetCheckpoints(batch);
            batch.insert(batch.end(), std::make_move_iterator(waiting.begin()),
                         std::make_move_iterator(waiting.end()));
            waiting.clear();
            urgent = false;
            last = finishing;
        }
        if (!batch.empty()) {
            if (flush(batch)) nextHeartbeat = Clock::now() + heartbeatInterval;
        } else if (!over && Clock::now() >= nextHeartbeat) {
            signOfLife();
            nextHeartbeat = Clock::now() + heartbeatInterval;
        }
        if (last && (batch.empty() || ++attempts >= lastAttempts)) return;
    }
}

/// Empties `batch` where it could be written, and clears the trouble.
bool Recorder::Impl::flush(std::vector<Event>& batch) {
    std::optional<std::string> problem;
    try {
        archive.append(run, batch);
        over = over || std::holds_alternative<RunFinished>(batch.back());
        batch.clear();
    } catch (const std::exception& error) {
        problem =
            "The run's last " + std::to_string(batch.size()) + " events are not written. " + error.what();
    }
    const std::lock_guard lock(mutex);
    trouble = problem;
    return !problem;
}

void Recorder::Impl::signOfLife() {
    try {
        archive.heartbeat(run);
    } catch (const std::exception&) {
        // Nothing is lost by it; a lasting trouble is told when there is something to write.
    }
}

} // namespace dstn
