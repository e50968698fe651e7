#include "core/spec/step_cost.h"
#include "core/study/study_runner.h"
#include "tests/core/archive/archive_fixture.h"
#include "tests/core/study/sample_study.h"
#include "tests/program.h"

#include <QTest>

#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <set>

using namespace dstn;

namespace {

const std::string id = "dddddddd-0000-4000-8000-000000000004";
constexpr std::int64_t stepsPerEpoch = 10;

/// What the engines of one test have been asked for, and how they behave.
struct World {
    std::mutex mutex;
    std::vector<RunRequest> requests;
    std::set<std::int64_t> failing = {}; ///< trials that turn NaN in their second epoch
    std::optional<ErrorKind> error = {}; ///< of every run
    std::atomic<int> atOnce = 0, mostAtOnce = 0;
    std::atomic<std::int64_t> blockedAt = -1; ///< steps at which runs wait to be stopped
    std::atomic<bool> blocked = false;
};

/// Trains nothing: an epoch's loss follows from the hyperparameters, the seed and the epoch. A checkpoint
/// holds the step.
class FakeEngine : public Engine {
  public:
    explicit FakeEngine(World& world) : world_(world) {}
    EngineInfo info() override { return {}; }
    BenchReport bench(const Experiment&, const BenchOptions&) override { return {}; }
    TunerBenchReport benchTuners(const Experiment&, const BenchOptions&) override { return {}; }
    HypergradientReport hypergradients(const RunRequest&, const HypergradientOptions&) override { return {}; }

    void run(const RunRequest& request, CommandQueue& commands, EventSink& events) override {
        {
            const std::lock_guard lock(world_.mutex);
            world_.requests.push_back(request);
        }
        const int now = ++world_.atOnce;
        int most = world_.mostAtOnce;
        while (now > most && !world_.mostAtOnce.compare_exchange_weak(most, now)) {
        }
        RunFinished finished = train(request, commands, events);
        --world_.atOnce;
        events.publish(StateChanged{finished.state, finished.message});
        events.publish(finished);
    }

  private:
    RunFinished train(const RunRequest& request, CommandQueue& commands, EventSink& events) const {
        const Experiment& experiment = request.experiment;
        RunFinished finished;
        if (world_.error) {
            finished.state = RunState::failed;
            finished.error = world_.error;
            finished.message = "the files are gone";
            return finished;
        }
        std::int64_t step = request.checkpoint ? std::stoll(*request.checkpoint) : 0;
        std::int64_t total = experiment.epochs * stepsPerEpoch;
        if (request.maxSteps > 0) total = std::min(total, request.maxSteps);
        RunStarted begun = started(request.run, step);
        begun.experiment = experiment;
        begun.place = request.place;
        begun.stepsTotal = total;
        begun.stepsPerEpoch = stepsPerEpoch;
        events.publish(begun);
        const auto save = [&] {
            events.publish(CheckpointTaken{step, std::make_shared<const std::string>(std::to_string(step))});
        };
        const bool bad = request.place && world_.failing.contains(request.place->trial);
        // What the real engine counts: five training steps and a validation step after them.
        const StepCost each = costOf(experiment.tuner, 2);
        const double cost = each.train + each.validate / 5;
        while (step < total) {
            if (request.maxGradients > 0 && cost * static_cast<double>(step) >= request.maxGradients) break;
            if (step == world_.blockedAt) world_.blocked = true;
            const std::optional<Command> command = world_.blocked ? commands.wait() : commands.poll();
            if (command && std::holds_alternative<Stop>(*command)) {
                save();
                finished.state = RunState::interrupted;
                finished.steps = step;
                return finished;
            }
            ++step;
            finished.steps = step;
            finished.seconds = 0.1 * static_cast<double>(step);
            finished.gradients = cost * static_cast<double>(step);
            if (step % stepsPerEpoch != 0) continue;
            if (bad && step >= 2 * stepsPerEpoch) {
                finished.state = RunState::failed;
                finished.error = ErrorKind::numeric;
                finished.message = "the loss is not a number (NaN)";
                return finished;
            }
            const double rate = experiment.hyperparameters[0].initial;
            EpochResult result{.epoch = step / stepsPerEpoch,
                               .step = step,
                               .seconds = finished.seconds,
                               .gradients = finished.gradients,
                               .validationLoss = std::abs(rate - 0.4) + 1.0 / static_cast<double>(step)};
            if (!finished.best || result.validationLoss < finished.best->validationLoss)
                finished.best = result;
            events.publish(EpochFinished{result, *finished.best});
            save();
        }
        save();
        return finished;
    }

    World& world_;
};

struct Executed {
    StudyFinished finished;
    std::vector<std::string> notes;
    std::vector<StudyRunBegun> begun;
    StudyProgress progress;
};

/// Executes the archived study to its end, or, with `pauseWhenBlocked`, until its runs have come to the
/// block.
Executed execute(const std::filesystem::path& path, World& world, bool pauseWhenBlocked = false,
                 std::int64_t maxSteps = 0) {
    Executed executed;
    std::mutex mutex;
    std::atomic<bool> ended = false;
    StudySession session(
        path, id,
        [&](const StudyEvent& event) {
            const std::lock_guard lock(mutex);
            if (const auto* begun = std::get_if<StudyRunBegun>(&event)) executed.begun.push_back(*begun);
            if (const auto* note = std::get_if<StudyNote>(&event)) executed.notes.push_back(note->text);
            if (const auto* progress = std::get_if<StudyProgress>(&event)) executed.progress = *progress;
            if (const auto* finished = std::get_if<StudyFinished>(&event)) {
                executed.finished = *finished;
                ended = true;
            }
        },
        [&world] { return std::make_unique<FakeEngine>(world); }, maxSteps);
    while (pauseWhenBlocked && !world.blocked && !ended) QTest::qSleep(1);
    if (pauseWhenBlocked) session.pause();
    session.wait();
    return executed;
}

/// What tells a study's outcome: place, state, steps and starting values of every run.
QStringList outcome(const std::filesystem::path& path) {
    const Archive archive(path, Archive::Mode::readOnly);
    QStringList lines;
    for (const StudyRun& run : archive.studyRuns(id)) {
        const Experiment experiment = *parseExperiment(run.experimentJson).experiment;
        lines << QStringLiteral("%1/%2/%3 %4 %5 %6 %7")
                     .arg(run.place.method)
                     .arg(run.place.seed)
                     .arg(run.place.trial)
                     .arg(QString::fromStdString(std::string(name(run.state))))
                     .arg(run.steps)
                     .arg(experiment.hyperparameters[0].initial)
                     .arg(run.epochs.size());
    }
    return lines;
}

std::filesystem::path archiveWith(const Folder& folder, const Study& study,
                                  const char* file = "runs.sqlite") {
    const std::filesystem::path path = folder / file;
    Archive archive(path);
    archive.createStudy(id, study.name, toJson(study));
    return path;
}

} // namespace

class StudyRunnerTest : public QObject {
    Q_OBJECT

  private slots:
    void everyMethodSpendsTheSameBudget() {
        const Folder folder;
        World world;
        const auto path = archiveWith(folder, sampleStudy({"delta-stn", "random", "grid"}, 12, {0, 1}));
        const Executed executed = execute(path, world);
        QCOMPARE(executed.finished.message, std::string());
        QCOMPARE(executed.finished.state, RunState::completed);
        std::map<std::pair<std::int64_t, std::uint64_t>, std::int64_t> steps;
        const Archive archive(path, Archive::Mode::readOnly);
        for (const StudyRun& run : archive.studyRuns(id))
            steps[{run.place.method, run.place.seed}] += run.steps;
        QCOMPARE(steps.size(), std::size_t{6});
        for (const auto& [cell, sum] : steps) QCOMPARE(sum, 12 * stepsPerEpoch);
        QCOMPARE(executed.progress.spent, 72.0);
        QCOMPARE(executed.progress.total, 72.0);
        QCOMPARE(archive.study(id).state, RunState::completed);
        // A method that tunes within a training trains once, over the whole budget; a search's trials are
        // plain.
        for (const RunRequest& request : world.requests) {
            const bool tunes = request.place->method == 0;
            QCOMPARE(request.experiment.epochs, std::int64_t{tunes ? 12 : 4});
            QCOMPARE(traitsOf(request.experiment.tuner).id, std::string_view(tunes ? "delta-stn" : "fixed"));
        }
    }

    void gradientsAreCountedByWhatEachMethodCosts() {
        const Folder folder;
        World world;
        Study study = sampleStudy({"delta-stn", "random"}, 100, {0});
        study.unit = BudgetUnit::gradients;
        const auto path = archiveWith(folder, study);
        QCOMPARE(execute(path, world).finished.state, RunState::completed);
        const Archive archive(path, Archive::Mode::readOnly);
        std::vector<std::int64_t> steps(2, 0);
        for (const StudyRun& run : archive.studyRuns(id)) steps[std::size_t(run.place.method)] += run.steps;
        QCOMPARE(steps[0], std::int64_t{35}); // 44 / 15 a step
        QCOMPARE(steps[1], std::int64_t{80}); // two trials of 40; a third would not fit
    }

    /// The training is so long that its own count of gradients ends it: through a warm-up without validation
    /// steps, and where these take the least they can.
    void trainingIsLongEnoughForItsGradients() {
        const Folder folder;
        World world;
        Study study = sampleStudy({"delta-stn", "implicit", "implicit"}, 100, {0});
        study.unit = BudgetUnit::gradients;
        for (StudyMethod& method : study.methods) method.set.emplace_back("tuner.warmup_epochs", "2");
        study.methods[1].name = "neumann";
        study.methods[1].set.emplace_back("tuner.inverse", "neumann");
        const auto path = archiveWith(folder, study);
        const StudyFinished finished = execute(path, world).finished;
        QVERIFY2(finished.state == RunState::completed, finished.message.c_str());
        std::map<std::int64_t, std::int64_t> epochs;
        for (const RunRequest& request : world.requests)
            epochs[request.place->method] = request.experiment.epochs;
        // Of ten training and two validation steps: 26.7 and 29.3 gradients an epoch; 10 and 14; 10 and 18.
        QCOMPARE(epochs[0], std::int64_t{2 + 2});
        QCOMPARE(epochs[1], std::int64_t{2 + 6});
        QCOMPARE(epochs[2], std::int64_t{2 + 5});
    }

    void pausedStudyGoesOnAsIfNothingHadHappened() {
        const Folder folder;
        for (const char* tuner : {"random", "bayesian", "pbt", "delta-stn"}) {
            Study study = sampleStudy({tuner}, 24, {0});
            if (std::string(tuner) == "pbt") study.methods[0].set.emplace_back("tuner.population", "6");
            if (std::string(tuner) == "bayesian")
                study.methods[0].set.emplace_back("tuner.start_trials", "3");
            World whole, first, second;
            const auto straight = archiveWith(folder, study, (std::string(tuner) + "1.sqlite").c_str());
            QCOMPARE(execute(straight, whole).finished.state, RunState::completed);

            const auto broken = archiveWith(folder, study, (std::string(tuner) + "2.sqlite").c_str());
            first.blockedAt = 23; // of the first run that comes so far
            if (std::string(tuner) == "pbt") first.blockedAt = 13;
            QCOMPARE(execute(broken, first, true).finished.state, RunState::paused);
            QCOMPARE(Archive(broken).study(id).state, RunState::paused);
            QVERIFY(outcome(broken) != outcome(straight));
            const Executed rest = execute(broken, second);
            QCOMPARE(rest.finished.state, RunState::completed);
            QVERIFY(rest.begun.front().resumed);
            QCOMPARE(outcome(broken), outcome(straight));
        }
    }

    void extendedStudyAddsToWhatIsThere() {
        const Folder folder;
        World world;
        Study study = sampleStudy({"delta-stn", "random"}, 8, {0});
        const auto path = archiveWith(folder, study);
        execute(path, world);
        const QStringList before = outcome(path);
        study.budget = 16;
        Archive(path).setStudyDocument(id, study.name, toJson(study));
        world.requests.clear();
        execute(path, world);
        const QStringList after = outcome(path);
        QCOMPARE(after.size(), before.size() + 2); // two more trials; the tuned run is prolonged
        QCOMPARE(world.requests.size(), std::size_t{3});
        QVERIFY(world.requests[0].checkpoint != nullptr);
        QCOMPARE(world.requests[0].experiment.epochs, std::int64_t{16});
        for (const QString& line : before)
            if (!line.startsWith("0/")) QVERIFY2(after.contains(line), qPrintable(line));
    }

    void failedTrialCostsItselfOnly() {
        const Folder folder;
        World world;
        world.failing = {1};
        const auto path = archiveWith(folder, sampleStudy({"random"}, 16, {0}));
        const Executed executed = execute(path, world);
        QCOMPARE(executed.finished.state, RunState::completed);
        QCOMPARE(executed.finished.failedRuns, std::int64_t{1});
        QCOMPARE(executed.notes.size(), std::size_t{1});
        QVERIFY(executed.notes[0].ends_with("seed 0, trial 1 failed: the loss is not a number (NaN)"));
        const QStringList lines = outcome(path);
        QCOMPARE(lines.size(), 4);
        QVERIFY(lines[1].startsWith("0/0/1 failed 20 "));
        QVERIFY(lines[3].startsWith("0/0/3 completed 40 "));
    }

    void studyOfFailuresAloneHasFailed() {
        const Folder folder;
        World world;
        for (std::int64_t trial = 0; trial < 100; ++trial) world.failing.insert(trial);
        const auto path = archiveWith(folder, sampleStudy({"random"}, 16, {0}));
        const Executed executed = execute(path, world);
        QCOMPARE(executed.finished.state, RunState::failed);
        QCOMPARE(executed.finished.error, std::optional(ErrorKind::numeric));
        const QString told = QString::fromStdString(executed.finished.message);
        QVERIFY2(told.contains("runs failed, so there is no result. The last one: the loss is not a number"),
                 qPrintable(told));
        QCOMPARE(executed.finished.failedRuns, executed.finished.runs);
        QCOMPARE(Archive(path).study(id).state, RunState::failed);
    }

    void memberThatTrainsInGenerationsIsOneRun() {
        const Folder folder;
        World world;
        Study study = sampleStudy({"pbt"}, 48, {0});
        study.methods[0].set.emplace_back("tuner.population", "6");
        const auto path = archiveWith(folder, study);
        const Executed executed = execute(path, world);
        QCOMPARE(executed.finished.state, RunState::completed);
        QVERIFY(world.requests.size() > 6); // each of them goes on
        QCOMPARE(executed.finished.runs, std::int64_t{6});
        QCOMPARE(executed.progress.runsDone, std::int64_t{6});
        QCOMPARE(outcome(path).size(), 6);
    }

    void errorThatEveryRunWouldMeetEndsTheStudy() {
        const Folder folder;
        World world;
        world.error = ErrorKind::data;
        const auto path = archiveWith(folder, sampleStudy({"random"}, 16, {0}));
        const Executed executed = execute(path, world);
        QCOMPARE(executed.finished.state, RunState::failed);
        QCOMPARE(executed.finished.error, std::optional(ErrorKind::data));
        QVERIFY(executed.finished.message.ends_with("the files are gone"));
        QCOMPARE(world.requests.size(), std::size_t{1});
        QCOMPARE(Archive(path).study(id).state, RunState::failed);
        world.error.reset();
        QCOMPARE(execute(path, world).finished.state, RunState::completed); // once they are back
    }

    void severalRunAtOnceAndSpendNoMore() {
        const Folder folder;
        World world;
        Study study = sampleStudy({"random"}, 24, {0, 1});
        study.parallel = 3;
        const auto path = archiveWith(folder, study);
        QCOMPARE(execute(path, world).finished.state, RunState::completed);
        QVERIFY(world.mostAtOnce <= 3);
        World alone;
        study.parallel = 1;
        const auto other = archiveWith(folder, study, "alone.sqlite");
        execute(other, alone);
        QCOMPARE(alone.mostAtOnce.load(), 1);
        QCOMPARE(outcome(path), outcome(other)); // random points do not depend on the order
    }

    void poorTrialsEndEarlyWithSuccessiveHalving() {
        const Folder folder;
        World world;
        Study study = sampleStudy({"random"}, 24, {0});
        study.methods[0].set.emplace_back("tuner.early_stopping", "asha");
        study.methods[0].set.emplace_back("tuner.reduction", "2");
        const auto path = archiveWith(folder, study);
        QCOMPARE(execute(path, world).finished.state, RunState::completed);
        std::map<std::int64_t, int> reached;
        double spent = 0;
        const Archive archive(path, Archive::Mode::readOnly);
        for (const StudyRun& run : archive.studyRuns(id)) {
            ++reached[run.steps / stepsPerEpoch];
            spent += static_cast<double>(run.steps) / stepsPerEpoch;
        }
        QVERIFY(spent <= 24);
        QVERIFY(reached[1] > reached[4] && reached[4] > 0); // rungs of 1, 2 and 4 epochs
        QCOMPARE(reached[3], 0);
    }

    void populationInheritsWeightsFromItsBest() {
        const Folder folder;
        World world;
        Study study = sampleStudy({"pbt"}, 16, {0});
        study.methods[0].set.emplace_back("tuner.population", "4");
        const auto path = archiveWith(folder, study);
        QCOMPARE(execute(path, world).finished.state, RunState::completed);
        int inherited = 0;
        for (const RunRequest& request : world.requests) inherited += request.inherit ? 1 : 0;
        QCOMPARE(inherited, 3); // the worst of four, at each of three looks
        const Archive archive(path, Archive::Mode::readOnly);
        QCOMPARE(archive.studyRuns(id).size(), std::size_t{4});
        for (const StudyRun& run : archive.studyRuns(id)) QCOMPARE(run.steps, 4 * stepsPerEpoch);
    }

    void onlyTheBestOfFinishedTrialsKeepsItsCheckpoint() {
        const Folder folder;
        World world;
        const auto path = archiveWith(folder, sampleStudy({"random"}, 20, {0}));
        execute(path, world);
        const Archive archive(path, Archive::Mode::readOnly);
        int kept = 0;
        double best = INFINITY, ofKept = INFINITY;
        for (const StudyRun& run : archive.studyRuns(id)) {
            best = std::min(best, run.epochs.back().validationLoss);
            if (!run.checkpoint) continue;
            ++kept;
            ofKept = run.epochs.back().validationLoss;
        }
        QCOMPARE(kept, 1);
        QCOMPARE(ofKept, best);
    }

    void stepsBoundAllRunsTogether() {
        const Folder folder;
        World world;
        const auto path = archiveWith(folder, sampleStudy({"random"}, 20, {0}));
        QCOMPARE(execute(path, world, false, 55).finished.state, RunState::completed);
        QCOMPARE(outcome(path).size(), 2);
        QVERIFY(outcome(path)[1].startsWith("0/0/1 completed 15 "));
    }

    void studyThatDoesNotExistOrIsBrokenFailsWithASentence() {
        const Folder folder;
        World world;
        const auto path = folder / "runs.sqlite";
        Archive archive(path);
        const Executed none = execute(path, world);
        QCOMPARE(none.finished.state, RunState::failed);
        QCOMPARE(none.finished.error, std::optional(ErrorKind::archive));
        QVERIFY(none.finished.message.find("has no study dddddddd") != std::string::npos);
        archive.createStudy(id, "broken", R"({"schema": 1})");
        const Executed broken = execute(path, world);
        QCOMPARE(broken.finished.error, std::optional(ErrorKind::usage));
        QVERIFY(broken.finished.message.find("experiment: is missing") != std::string::npos);
    }
};

DSTN_TEST(StudyRunnerTest)
#include "tst_study_runner.moc"
