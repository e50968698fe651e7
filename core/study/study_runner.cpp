#include "core/study/study_runner.h"

#include "core/archive/run_requests.h"
#include "core/run/same_data.h"
#include "core/run/unforeseen.h"
#include "core/study/plan.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace dstn {

namespace {

using Clock = std::chrono::steady_clock;

/// What one run's events mean for the study: they are handed on, and its end is noted.
class RunSink : public EventSink {
  public:
    RunSink(StudyPlace place, std::function<void(const StudyPlace&, const Event&)> take)
        : place_(std::move(place)), take_(std::move(take)) {}
    void publish(const Event& event) override { take_(place_, event); }

  private:
    StudyPlace place_;
    std::function<void(const StudyPlace&, const Event&)> take_;
};

/// A run that goes on.
struct Live {
    PlannedRun planned;
    std::string run;
    std::shared_ptr<Recorder> recorder;
    std::unique_ptr<Session> session;
    bool stopped = false; ///< it has been sent its end
};

/// What the archive does not know yet of a run just begun.
StudyRun begun(const Live& live) {
    StudyRun run;
    run.run = live.run;
    run.place = live.planned.place;
    run.state = RunState::running;
    run.experimentJson = toJson(live.planned.experiment);
    run.stepsPerEpoch = 1;
    run.stepsTotal = live.planned.maxSteps;
    return run;
}

/// The first run that has read the experiment's data; null: none is known to have.
const StudyRun* readerOf(const DataSpec& data, const std::vector<StudyRun>& runs) {
    for (const StudyRun& run : runs) {
        if (run.data.hash.empty()) continue;
        const ParsedExperiment parsed = parseExperiment(run.experimentJson);
        if (parsed.experiment && parsed.experiment->data == data) return &run;
    }
    return nullptr;
}

/// A run's error that the next one would meet too.
bool endsStudy(ErrorKind kind) {
    return kind == ErrorKind::data || kind == ErrorKind::usage || kind == ErrorKind::archive;
}

} // namespace

DataSpec dataOf(const Study& document, const std::vector<StudyRun>& runs) {
    RunRequest request{.experiment = experimentOf(document, 0, document.seeds.front()), .run = {}};
    if (const StudyRun* earlier = readerOf(request.experiment.data, runs))
        goOnWithData(request, earlier->data, request.experiment.data);
    return dataOf(request);
}

struct StudySession::Impl {
    std::filesystem::path path;
    std::string study;
    StudySink sink;
    EngineFactory makeEngine;
    std::int64_t maxSteps = 0;
    bool acceptChangedData = false;
    std::thread thread;

    std::mutex mutex;
    std::condition_variable changed;
    bool pausing = false, interrupted = false;
    std::map<std::string, RunFinished> ended; ///< by run, until their leave is taken
    std::mutex telling;                       ///< the sink hears one event at a time
    std::vector<std::unique_ptr<Live>> live;
    std::vector<StudyRun> known;
    std::set<std::string> executed;
    StudyFinished outcome;

    void tell(const StudyEvent& event) {
        const std::lock_guard lock(telling);
        sink(event);
    }
    void execute();
    void carryOut(Archive& archive);
    void launch(Archive& archive, PlannedRun planned);
    void hear(const std::string& run, const StudyPlace& place, const Event& event);
    static void refuseNothing(const std::vector<StudyRun>& all);
    void waitForOne(); ///< or for a while
    void windUp(Archive& archive, const Study& document);
    const std::vector<StudyRun>& runs(const Archive& archive);
    void tellProgress(const StudyPlan& plan, const std::vector<StudyRun>& all);
    void forgetWorse(Archive& archive, const Study& document, const StudyPlace& place);

    Clock::time_point start = Clock::now();
    std::optional<double> spentAtStart;
};

StudySession::StudySession(std::filesystem::path archive, std::string study, StudySink sink,
                           EngineFactory makeEngine, std::int64_t maxSteps, bool acceptChangedData)
    : impl_(std::make_unique<Impl>()) {
    impl_->path = std::move(archive);
    impl_->study = std::move(study);
    impl_->sink = std::move(sink);
    impl_->makeEngine = std::move(makeEngine);
    impl_->maxSteps = maxSteps;
    impl_->acceptChangedData = acceptChangedData;
    impl_->thread = std::thread([impl = impl_.get()] { impl->execute(); });
}

StudySession::~StudySession() {
    pause(true);
    wait();
}

void StudySession::pause(bool interrupted) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->pausing) return;
        impl_->pausing = true;
        impl_->interrupted = interrupted;
    }
    impl_->changed.notify_all();
}

void StudySession::wait() {
    if (impl_->thread.joinable()) impl_->thread.join();
}

const std::string& StudySession::study() const { return impl_->study; }

void StudySession::Impl::execute() {
    std::optional<Archive> archive;
    const auto fail = [&](std::optional<ErrorKind> kind, const std::string& message) {
        outcome.state = RunState::failed;
        outcome.error = kind;
        outcome.message = message;
    };
    bool owner = false;
    try {
        archive.emplace(path);
        archive->setStudyState(study, RunState::running);
        owner = true;
        carryOut(*archive);
    } catch (const Error& error) {
        fail(error.kind(), error.what());
    } catch (const std::exception& error) {
        fail(std::nullopt, unforeseen(error.what()));
    }
    live.clear(); // each session interrupts its run and waits for it, each recorder writes what is left
    if (owner) {
        try {
            archive->setStudyState(study, outcome.state, outcome.message);
        } catch (const Error& error) {
            if (!outcome.error) fail(error.kind(), error.what());
        }
    }
    tell(outcome);
}

/// Those of the archive, and what is known here of those that run.
const std::vector<StudyRun>& StudySession::Impl::runs(const Archive& archive) {
    known = archive.studyRuns(study, std::move(known));
    for (const auto& one : live) {
        const auto run = std::ranges::find(known, one->run, &StudyRun::run);
        if (run == known.end()) {
            known.push_back(begun(*one));
            continue;
        }
        run->state = RunState::running;
        if (one->planned.maxSteps > 0) run->stepsTotal = std::max(run->stepsTotal, one->planned.maxSteps);
    }
    return known;
}

void StudySession::Impl::carryOut(Archive& archive) {
    const ParsedStudy parsed =
        parseStudy(archive.studyDocument(study), [](const std::string& name) -> std::string {
            throw Error(ErrorKind::usage,
                        "The archived study names the experiment " + name + " instead of holding it.");
        });
    if (!parsed.study) throw Error(ErrorKind::usage, describe(parsed.mistakes));
    const Study& document = *parsed.study;
    const DataInfo data = probeDataset(dataOf(document, archive.studyRuns(study)));
    if (const auto mistakes = validate(document, data); !mistakes.empty())
        throw Error(ErrorKind::usage, describe(mistakes));
    StudyPlan plan(document, data, maxSteps);
    Clock::time_point beat = Clock::now();

    while (true) {
        tellProgress(plan, runs(archive));
        while (static_cast<std::int64_t>(live.size()) < document.parallel) {
            {
                const std::lock_guard lock(mutex);
                if (pausing) break;
            }
            auto planned = plan.next(known);
            if (!planned) break;
            launch(archive, std::move(*planned));
            runs(archive);
        }
        if (live.empty()) break;
        waitForOne();
        windUp(archive, document);
        constexpr auto signOfLife = std::chrono::seconds(30);
        if (Clock::now() - beat < signOfLife) continue;
        archive.studyHeartbeat(study);
        beat = Clock::now();
    }
    const std::lock_guard lock(mutex);
    outcome.state = !pausing ? RunState::completed : interrupted ? RunState::interrupted : RunState::paused;
    if (!pausing) refuseNothing(runs(archive));
}

/// A study of which nothing but failures came has no result.
void StudySession::Impl::refuseNothing(const std::vector<StudyRun>& all) {
    const auto failed = [](const StudyRun& run) { return run.state == RunState::failed; };
    if (all.empty() || !std::ranges::all_of(all, failed)) return;
    const std::string which =
        all.size() == 1 ? "The only run failed" : "All " + std::to_string(all.size()) + " runs failed";
    throw Error(ErrorKind::numeric, which + ", so there is no result. The last one: " + all.back().reason);
}

void StudySession::Impl::launch(Archive& archive, PlannedRun planned) {
    auto one = std::make_unique<Live>();
    planned.place.study = study;
    one->run = planned.run.empty() ? newUuid() : planned.run;
    RunRequest request{.experiment = planned.experiment,
                       .run = one->run,
                       .maxSteps = planned.maxSteps,
                       .maxSeconds = planned.maxSeconds,
                       .maxGradients = planned.maxGradients,
                       .place = planned.place,
                       .inherit = {}};
    const auto own = std::ranges::find(known, planned.run, &StudyRun::run);
    if (planned.fromCheckpoint)
        goOnFrom(request, archive.checkpoint(planned.run));
    else if (own != known.end())
        request.lease = own->lease;
    if (!planned.inherit.empty()) {
        const StoredCheckpoint donor = archive.checkpoint(planned.inherit);
        request.inherit = donor.bytes;
        if (!donor.warning.empty()) request.warnings.push_back(donor.warning);
    }
    // One that goes on needs the data that it has read itself, divided as they were.
    const StudyRun* reader =
        own != known.end() && !own->data.hash.empty() ? &*own : readerOf(planned.experiment.data, known);
    if (reader == nullptr && own != known.end()) reader = &*own; // it makes its data
    if (reader != nullptr) {
        goOnWithData(request, reader->data, planned.experiment.data);
        if (reader->run != planned.run) request.sameData->split.clear();
    }
    request.acceptChangedData = acceptChangedData;
    tell(StudyRunBegun{.place = planned.place,
                       .run = one->run,
                       .name = planned.experiment.name,
                       .maxSteps = planned.maxSteps,
                       .resumed = !planned.run.empty()});
    one->recorder = std::make_shared<Recorder>(
        path, one->run,
        RunClaim{.lease = request.lease, .study = study, .studyLease = archive.studyLease(study)});
    auto heard = std::make_shared<RunSink>(
        planned.place,
        [this, run = one->run](const StudyPlace& place, const Event& event) { hear(run, place, event); });
    one->planned = std::move(planned);
    one->session = std::make_unique<Session>(
        std::move(request), std::vector<std::shared_ptr<EventSink>>{one->recorder, std::move(heard)},
        makeEngine);
    live.push_back(std::move(one));
}

/// On the run's own thread.
void StudySession::Impl::hear(const std::string& run, const StudyPlace& place, const Event& event) {
    tell(StudyRunEvent{place, event});
    if (!std::holds_alternative<RunFinished>(event)) return;
    {
        const std::lock_guard lock(mutex);
        ended.emplace(run, std::get<RunFinished>(event));
    }
    changed.notify_all();
}

void StudySession::Impl::waitForOne() {
    constexpr auto progressAgain = std::chrono::seconds(2);
    std::unique_lock lock(mutex);
    const auto until = Clock::now() + progressAgain;
    while (ended.empty()) {
        if (pausing)
            for (const auto& one : live)
                if (!std::exchange(one->stopped, true)) one->session->send(Stop{.interrupted = true});
        if (changed.wait_until(lock, until) == std::cv_status::timeout) return;
    }
}

/// Takes leave of the runs that have ended.
void StudySession::Impl::windUp(Archive& archive, const Study& document) {
    std::map<std::string, RunFinished> done;
    {
        const std::lock_guard lock(mutex);
        done.swap(ended);
    }
    for (const auto& [run, finished] : done) {
        const auto at = std::ranges::find_if(live, [&run = run](const auto& one) { return one->run == run; });
        const std::unique_ptr<Live> one = std::move(*at);
        live.erase(at);
        one->session->wait();
        if (const auto trouble = one->recorder->finish()) throw Error(ErrorKind::archive, *trouble);
        // One that trains in generations is one run, however often it goes on.
        if (executed.insert(run).second) ++outcome.runs;
        if (finished.state == RunState::completed) forgetWorse(archive, document, one->planned.place);
        if (finished.state != RunState::failed) continue;
        ++outcome.failedRuns;
        const std::string message = one->planned.experiment.name + " failed: " + finished.message;
        outcome.dataChanged = finished.dataChanged;
        if (finished.error && endsStudy(*finished.error)) throw Error(*finished.error, message);
        tell(StudyNote{LogLevel::warning, message});
    }
}

/// Of the trials that will not go on the best alone keeps its checkpoint: networks are large and trials many.
void StudySession::Impl::forgetWorse(Archive& archive, const Study& document, const StudyPlace& place) {
    const TunerSpec tuner = experimentOf(document, static_cast<std::size_t>(place.method), place.seed).tuner;
    const TunerTraits& traits = traitsOf(tuner);
    if (!traits.searches() || traits.sideBySide || stopsEarly(tuner)) return;
    std::vector<std::string> worse;
    const StudyRun* best = nullptr;
    double lowest = std::numeric_limits<double>::infinity();
    for (const StudyRun& run : runs(archive)) {
        if (run.place.method != place.method || run.place.seed != place.seed || !run.checkpoint ||
            run.state != RunState::completed)
            continue;
        worse.push_back(run.run);
        for (const EpochResult& epoch : run.epochs)
            if (epoch.validationLoss < lowest) {
                lowest = epoch.validationLoss;
                best = &run;
            }
    }
    if (best == nullptr) return;
    std::erase(worse, best->run);
    if (!worse.empty()) archive.dropCheckpoints(worse);
}

void StudySession::Impl::tellProgress(const StudyPlan& plan, const std::vector<StudyRun>& all) {
    StudyProgress progress{.spent = plan.spent(all), .total = plan.total()};
    if (!spentAtStart) spentAtStart = progress.spent;
    for (const StudyRun& run : all) progress.runsDone += dstn::ended(run.state) ? 1 : 0;
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    const double gained = progress.spent - *spentAtStart;
    if (gained > 0) progress.secondsLeft = (progress.total - progress.spent) * elapsed / gained;
    tell(progress);
}

} // namespace dstn
