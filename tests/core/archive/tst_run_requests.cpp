#include "core/archive/run_requests.h"
#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

namespace {

/// A run of ten epochs of ten steps, of which it did some.
struct Begun {
    explicit Begun(std::int64_t epochs, bool checkpoint = true) : archive(folder / "runs.sqlite") {
        RunStarted start = started(runA);
        start.experiment.epochs = 10;
        start.experiment.hyperparameters.pop_back(); // which nothing uses
        start.experiment.tuner.options = DeltaStnOptions{};
        std::vector<Event> events{start};
        for (std::int64_t epoch = 1; epoch <= epochs; ++epoch) {
            const double value = 0.1 + 0.05 * static_cast<double>(epoch);
            events.emplace_back(
                HyperparametersSampled{10 * epoch, static_cast<double>(epoch), {{.value = value}}});
            EpochResult result = epochResult(epoch, 1.0 / static_cast<double>(epoch));
            result.hyperparameters = {{"dropout", value}};
            events.emplace_back(EpochFinished{result, result});
        }
        if (checkpoint)
            events.emplace_back(CheckpointTaken{10 * epochs, std::make_shared<const std::string>("state")});
        archive.append(runA, events);
    }
    void end() {
        archive.append(
            runA,
            {RunFinished{
                .state = RunState::stopped, .best = {}, .hyperparameters = {}, .error = {}, .message = {}}});
    }
    Folder folder;
    Archive archive;
};

} // namespace

class RunRequestsTest : public QObject {
    Q_OBJECT

  private slots:
    void resumptionGoesOnWithTheRunsOwnExperiment() {
        Begun begun(3);
        begun.end();
        const RunRequest request = resumeRequest(begun.archive, runA);
        QCOMPARE(request.run, runA);
        QCOMPARE(*request.checkpoint, std::string("state"));
        QCOMPARE(request.experiment.epochs, std::int64_t{10});
        QCOMPARE(request.maxSteps, std::int64_t{0});
        const RunRequest longer = resumeRequest(begun.archive, runA, {{"budget.epochs", "12"}}, 60);
        QCOMPARE(longer.experiment.epochs, std::int64_t{12});
        QCOMPARE(longer.maxSteps, std::int64_t{60});
    }

    void resumptionThatCannotBeIsRefused() {
        Begun begun(3);
        const auto refused = [&](const Assignments& settings = {}, std::int64_t maxSteps = 0) {
            return refusal([&] { resumeRequest(begun.archive, runA, settings, maxSteps); });
        };
        QVERIFY2(refused() == "2: Run aaaaaaaa (small) is running in another process. Stop it there first.",
                 qPrintable(refused()));
        begun.end();
        QVERIFY2(refused({}, 30).contains("has already done 30 steps"), qPrintable(refused({}, 30)));
        QVERIFY2(refused({{"budget.epochs", "3"}}).contains("has completed its 3 epochs"),
                 qPrintable(refused({{"budget.epochs", "3"}})));
        const QString wrong = refused({{"budget.epochs", "-1"}, {"sede", "1"}});
        QVERIFY2(wrong.startsWith("2: Run aaaaaaaa (small) cannot be run with these settings:\n") &&
                     wrong.contains("\nbudget.epochs: ") && wrong.contains("\nsede: "),
                 qPrintable(wrong));
        for (const auto& [path, value] : {std::pair{"seed", "7"},
                                          {"batch.train", "5"},
                                          {"data.noise", "0.75"},
                                          {"optimizers.general.momentum", "0.5"},
                                          {"tuner.train_steps", "3"},
                                          {"precision", "bfloat16"}}) {
            const QString other = refused({{path, value}});
            QVERIFY2(other.startsWith("2: Run aaaaaaaa (small) cannot be resumed with these settings,") &&
                         other.contains(QString("\n%1 is %2, was ").arg(path, value)),
                     qPrintable(other));
        }
        const RunRequest changed = resumeRequest(begun.archive, runA,
                                                 {{"name", "other"},
                                                  {"device", "cpu"},
                                                  {"threads", "1"},
                                                  {"optimizers.general.schedule", R"({"type": "cosine"})"}});
        QVERIFY(!changed.changes.empty());
        Begun without(1, false);
        without.end();
        const QString none = refusal([&] { resumeRequest(without.archive, runA); });
        QVERIFY2(none.startsWith("2: ") && none.contains("has no checkpoint to resume from"),
                 qPrintable(none));
    }

    void scheduleAndValuesAreFollowedInANewRun() {
        const Begun begun(3);
        const RunRequest replay = followRequest(begun.archive, runA, Follow::schedule);
        QVERIFY(replay.run != runA && replay.run.size() == runA.size());
        QVERIFY(replay.checkpoint == nullptr);
        const auto* schedule = std::get_if<ReplayOptions>(&replay.experiment.tuner.options);
        QVERIFY(schedule != nullptr);
        QVERIFY(schedule->steps == (std::vector<double>{0, 10, 20, 30}));
        const RunRequest retrain = followRequest(begun.archive, runA, Follow::values, {{"seed", "7"}});
        QVERIFY(std::holds_alternative<FixedOptions>(retrain.experiment.tuner.options));
        QVERIFY(retrain.experiment.hyperparameters[0].initial == 0.1 + 0.05 * 3);
        QCOMPARE(retrain.experiment.seed, std::uint64_t{7});
        QVERIFY(followRequest(begun.archive, runA, Follow::values).run != retrain.run);
    }

    void runWithoutAnEvaluationHasNothingToFollow() {
        const Begun begun(0);
        for (const Follow what : {Follow::schedule, Follow::values}) {
            const QString why = refusal([&] { followRequest(begun.archive, runA, what); });
            QVERIFY2(why.startsWith("2: ") && why.contains("no hyperparameters to follow"), qPrintable(why));
        }
    }
};

DSTN_TEST(RunRequestsTest)
#include "tst_run_requests.moc"
