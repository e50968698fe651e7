#include "core/archive/archive.h"
#include "core/archive/unsaved.h"

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
/// How often the last events are tried before they are put beside the archive; an attempt waits five seconds
/// for a lock.
static constexpr int lastAttempts = 3;
/// So many events wait for an archive that cannot be written; then they are put beside it.
static constexpr std::size_t mostWaiting = (std::size_t{32} << 20U) / sizeof(Event);
/// Where that fails too, memory holds so many, and then fewer of their samples.
static constexpr std::size_t mostInMemory = 4 * mostWaiting;

/// Only the newest of the checkpoints that wait is worth its memory: lets go of those in `events`.
static void forgetCheckpoints(std::vector<Event>& events) {
    for (Event& event : events)
        if (auto* checkpoint = std::get_if<CheckpointTaken>(&event)) checkpoint->bytes = nullptr;
}

/// Of the samples of steps every second one.
static void thin(std::vector<Event>& events) {
    bool leave = false;
    std::erase_if(events, [&](const Event& event) {
        const auto* taken = std::get_if<SamplesTaken>(&event);
        const auto ofStep = [](const Sample& sample) {
            return seriesTable[static_cast<std::size_t>(sample.series)].cadence == SeriesCadence::step;
        };
        const bool spare = taken != nullptr ? std::ranges::all_of(taken->samples, ofStep)
                                            : std::holds_alternative<HyperparametersSampled>(event);
        return spare && (leave = !leave);
    });
}

struct Recorder::Impl {
    Impl(const std::filesystem::path& path, std::string id, const RunClaim& claim)
        : archive(path), run(std::move(id)), place(path), claimed(claim) {
        archive.requireWritable();
        if (claimed.studyLease != 0) archive.writeUnder(claimed.study, claimed.studyLease);
        archive.take(run, claimed.lease);
    }

    Archive archive; // the thread's alone, once that runs
    std::string run;
    std::filesystem::path place; // of the archive
    RunClaim claimed;
    std::optional<RunStarted> start;     // once the archive has it
    std::unique_ptr<UnsavedRun> unsaved; // what the archive could not take

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::vector<Event> waiting;
    bool urgent = false;    // a state change or checkpoint waits
    bool finishing = false; // write what is there and end
    bool over = false;      // the run has ended: no more signs of life
    bool thinned = false;
    std::optional<std::string> trouble;
    std::optional<std::string> lost; // another process has the run
    bool lossTold = false;
    std::thread thread;

    void write();
    bool flush(std::vector<Event>& batch, bool lastAttempt);
    void store(std::vector<Event>& batch);
    std::string keepBeside(std::vector<Event>& batch, const std::string& why, bool lastAttempt);
    void signOfLife();
    void letGo();
    void lose(const Taken& taken);
    void finish();
};

Recorder::Recorder(const std::filesystem::path& archive, std::string run, const RunClaim& claim)
    : impl_(std::make_unique<Impl>(archive, std::move(run), claim)) {
    impl_->thread = std::thread([impl = impl_.get()] { impl->write(); });
}

Recorder::~Recorder() { impl_->finish(); }

void Recorder::publish(const Event& event) {
    const bool urgent = urgency(event) != Urgency::none;
    Event copy = event; // before the lock: samples take a while
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->lost) {
            if (!std::exchange(impl_->lossTold, true)) throw Taken(*impl_->lost);
            return;
        }
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

bool Recorder::lost() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->lost.has_value();
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
    auto nextAttempt = Clock::now();
    int attempts = 0;
    while (true) {
        bool last = false;
        {
            std::unique_lock lock(mutex);
            const bool failed = !batch.empty() || unsaved != nullptr;
            if (!failed)
                changed.wait_for(lock, flushInterval, [&] { return urgent || finishing; });
            else
                changed.wait_until(lock, nextAttempt, [&] { return finishing && attempts == 0; });
            if (lost) return;
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
        const bool lastAttempt = last && ++attempts >= lastAttempts;
        if (!batch.empty() || unsaved != nullptr) {
            if (flush(batch, lastAttempt)) nextHeartbeat = Clock::now() + heartbeatInterval;
            nextAttempt = Clock::now() + retryInterval;
        } else if (!over && Clock::now() >= nextHeartbeat) {
            signOfLife();
            nextHeartbeat = Clock::now() + heartbeatInterval;
        }
        if (last && ((batch.empty() && unsaved == nullptr) || lastAttempt)) return letGo();
    }
}

/// Empties `batch` where it could be written, and clears the trouble.
bool Recorder::Impl::flush(std::vector<Event>& batch, bool lastAttempt) {
    std::optional<std::string> problem;
    try {
        store(batch);
    } catch (const Taken& taken) {
        lose(taken);
        batch.clear();
        return false;
    } catch (const std::exception& error) {
        problem = keepBeside(batch, error.what(), lastAttempt);
    }
    const std::lock_guard lock(mutex);
    trouble = problem;
    return !problem;
}

void Recorder::Impl::store(std::vector<Event>& batch) {
    if (unsaved) {
        unsaved->moveInto(archive);
        unsaved.reset();
    }
    if (batch.empty()) return;
    archive.append(run, batch);
    for (const Event& event : batch)
        if (const auto* started = std::get_if<RunStarted>(&event)) start = *started;
    over = over || std::holds_alternative<RunFinished>(batch.back());
    batch.clear();
}

/// What cannot be written into the archive waits in memory, and goes into a file of its own when it is much,
/// or no further attempt is made.
/// @return what to tell
std::string Recorder::Impl::keepBeside(std::vector<Event>& batch, const std::string& why, bool lastAttempt) {
    const auto waits = [&] {
        return "The run's last " + std::to_string(batch.size()) + " events are not written. " + why;
    };
    if (unsaved == nullptr && batch.size() < mostWaiting && !lastAttempt) return waits();
    try {
        if (!unsaved) unsaved = std::make_unique<UnsavedRun>(place, run, archive.lease(run));
        if (!batch.empty()) unsaved->append(start ? &*start : nullptr, batch);
        over = over || (!batch.empty() && std::holds_alternative<RunFinished>(batch.back()));
        batch.clear();
        return "The run's last figures are not in the archive. " + why + " They are kept in " +
               unsaved->file().string() + ", and are taken into the archive as soon as it can be written" +
               (lastAttempt ? ", when the program is next used." : ".");
    } catch (const std::exception& error) {
        if (unsaved && unsaved->file().empty()) unsaved.reset();
        if (batch.size() > mostInMemory) {
            thin(batch);
            thinned = true;
        }
        return waits() + " Nor can they be kept beside it: " + error.what() +
               (thinned ? " Memory has no room for all of them: figures of single steps are left out." : "");
    }
}

void Recorder::Impl::signOfLife() {
    try {
        archive.heartbeat(run);
    } catch (const Taken& taken) {
        lose(taken);
    } catch (const std::exception&) {
        // Nothing is lost by it; a lasting trouble is told when there is something to write.
    }
}

/// Nobody waits for this process any more, whether it has told the run's end or not.
void Recorder::Impl::letGo() {
    try {
        archive.release(run);
    } catch (const std::exception&) {
        // The process's end lets go of it.
    }
}

void Recorder::Impl::lose(const Taken& taken) {
    const std::lock_guard lock(mutex);
    lost = trouble = taken.what();
    waiting.clear();
}

} // namespace dstn
