#include "core/engine/torch_engine.h"
#include "core/engine/training/training.h"
#include "core/experiment/replay.h"
#include "tests/core/engine/training/problems.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace dstn;

namespace {

class Collector : public EventSink {
  public:
    void publish(const Event& event) override {
        if (const auto* start = std::get_if<RunStarted>(&event)) started = *start;
        if (const auto* one = std::get_if<HyperparametersSampled>(&event)) sampled.push_back(*one);
        if (const auto* end = std::get_if<RunFinished>(&event)) finished = *end;
    }
    /// What the archive would have of each hyperparameter.
    std::vector<Trajectory> trajectories() const {
        std::vector<Trajectory> result;
        for (std::size_t i = 0; i < started.experiment.hyperparameters.size(); ++i) {
            Trajectory one{.name = started.experiment.hyperparameters[i].name, .steps = {}, .values = {}};
            for (const HyperparametersSampled& each : sampled) {
                one.steps.push_back(static_cast<double>(each.step));
                one.values.push_back(each.points.at(i).value);
            }
            result.push_back(std::move(one));
        }
        return result;
    }
    RunStarted started;
    std::vector<HyperparametersSampled> sampled;
    RunFinished finished;
};

Collector runToEnd(const Experiment& experiment) {
    Collector collector;
    CommandQueue commands;
    makeTorchEngine()->run({.experiment = experiment, .run = "a"}, commands, collector);
    return collector;
}

void advance(Training& training, std::int64_t until) {
    while (training.stepsDone() < until) {
        if (training.evaluationDue()) training.accept(*training.evaluate([] { return true; }));
        training.step();
    }
}

const ReplayOptions& scheduleOf(const Experiment& experiment) {
    return std::get<ReplayOptions>(experiment.tuner.options);
}

/// An experiment whose two hyperparameters are tuned and one held, without anything that uses them.
Experiment declared() {
    Experiment experiment;
    experiment.name = "original";
    experiment.hyperparameters = {{.name = "rate", .initial = 0.1, .min = 0, .max = 0.9},
                                  {.name = "decay", .initial = 0.01, .log = true},
                                  {.name = "held", .initial = 3, .tune = false}};
    experiment.tuner.options = ImplicitOptions{.damping = 0.5};
    return experiment;
}

template <typename F>
std::string message(const F& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.kind() == ErrorKind::usage ? error.what() : "another kind of error";
    }
    return "no error";
}

} // namespace

class TestReplay : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void aRunsScheduleIsReplayedAtEveryStep_data() { addProblems(); }
    void aRunsScheduleIsReplayedAtEveryStep() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        Experiment experiment = make(folder);
        experiment.epochs = 2;
        const Collector original = runToEnd(experiment);
        const Experiment replay = replayOf(experiment, original.trajectories());
        QVERIFY2(validate(replay).empty(), describe(validate(replay)).c_str());
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        Training one(experiment, dataset, at::kCPU), other(replay, dataset, at::kCPU);
        const std::int64_t end = experiment.epochs * one.stepsPerEpoch();
        QVERIFY(scheduleOf(replay).steps.size() > static_cast<std::size_t>(end / 3));
        const auto same = [&] {
            const Tensor &expected = one.problem().space.lambda(), &found = other.problem().space.lambda();
            constexpr double rounding = 1.3e-7; // of float32
            return ((expected - found).abs() <= rounding * expected.abs().clamp_min(1.0)).all().item<bool>();
        };
        QVERIFY(same());
        for (std::int64_t step = 1; step <= end; ++step) {
            advance(one, step);
            advance(other, step);
            QVERIFY2(same(), qPrintable(QString::number(step)));
        }
        // Nothing but w₀ is learned.
        QVERIFY(other.problem().network.response().empty());
        QVERIFY(other.scales().empty());
        QCOMPARE(other.gradients(), static_cast<double>(end));
        for (const Training::Step& step : other.finished(true)) {
            QVERIFY(!step.validationLoss && !step.responseLoss);
            QVERIFY(std::ranges::none_of(step.hyperparameters,
                                         [](const auto& p) { return p.spread.has_value(); }));
            const bool changes =
                std::ranges::find(scheduleOf(replay).steps, static_cast<double>(step.number)) !=
                scheduleOf(replay).steps.end();
            QVERIFY(!changes || !step.hyperparameters.empty());
        }
    }

    /// What is read in the archive of a replay is what was read of the original.
    void aReplaysSeriesAreTheOriginals() {
        const QTemporaryDir folder;
        const Experiment experiment = table(folder);
        const Collector original = runToEnd(experiment);
        const Experiment replay = replayOf(experiment, original.trajectories());
        const Collector replayed = runToEnd(replay);
        QVERIFY2(replayed.finished.state == RunState::completed, replayed.finished.message.c_str());
        const Experiment again = replayOf(replay, replayed.trajectories());
        QCOMPARE(scheduleOf(again).steps, scheduleOf(replay).steps);
        for (std::size_t i = 0; i < scheduleOf(again).values.size(); ++i)
            for (std::size_t k = 0; k < scheduleOf(again).steps.size(); ++k) {
                const double value = scheduleOf(replay).values[i].values[k];
                QVERIFY(std::abs(scheduleOf(again).values[i].values[k] - value) < 1e-6 * value);
            }
        QVERIFY(std::ranges::none_of(replayed.started.series, [](const std::string& name) {
            return hyperparameterOfScale(name).has_value();
        }));
        for (const HyperparametersSampled& each : replayed.sampled)
            QVERIFY(std::ranges::none_of(each.points, [](const auto& p) { return p.spread.has_value(); }));
    }

    void aReplayResumesBitForBit() {
        const QTemporaryDir folder;
        const Experiment experiment = table(folder);
        const Experiment replay = replayOf(experiment, runToEnd(experiment).trajectories());
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        Training whole(replay, dataset, at::kCPU);
        const std::int64_t end = 2 * whole.stepsPerEpoch() + 3;
        advance(whole, end);
        const Checkpoint expected = whole.save();
        for (std::int64_t pause = 0; pause < end; ++pause) {
            Training first(replay, dataset, at::kCPU);
            advance(first, pause);
            const std::string bytes = writeCheckpoint(first.save());
            Training second(replay, dataset, at::kCPU);
            second.load(readCheckpoint(bytes));
            advance(second, end);
            const Checkpoint found = second.save();
            for (std::size_t i = 0; i < found.tensors.size(); ++i)
                if (found.tensors[i].first != "sums") // time is among them
                    QVERIFY2(at::equal(found.tensors[i].second, expected.tensors[i].second),
                             found.tensors[i].first.c_str());
        }
    }

    void onlyStepsWhereSomethingChangesAreKept() {
        const Experiment replay =
            replayOf(declared(), {{"decay", {0, 4, 8, 12, 12}, {0.01, 0.01, 0.02, 0.5, 0.03}},
                                  {"held", {0}, {3}},
                                  {"rate", {2, 8, 10}, {0.1, 0.3, 0.4}}});
        QCOMPARE(traitsOf(replay.tuner).id, std::string_view("replay"));
        QCOMPARE(scheduleOf(replay).steps, (std::vector<double>{0, 8, 10, 12}));
        QCOMPARE(scheduleOf(replay).values.size(), std::size_t{2});
        QCOMPARE(scheduleOf(replay).values[0].name, std::string("rate"));
        QCOMPARE(scheduleOf(replay).values[0].values, (std::vector<double>{0.1, 0.3, 0.4, 0.4}));
        QCOMPARE(scheduleOf(replay).values[1].values, (std::vector<double>{0.01, 0.02, 0.02, 0.03}));
        QCOMPARE(replay.name, std::string("original, replayed"));
        QVERIFY(replay.hyperparameters == declared().hyperparameters);
    }

    /// Far out, a sigmoid in float64 is an end of its range, where no value may be.
    void valuesAtAnEndOfTheRangeAreMovedInside() {
        const Experiment replay =
            replayOf(declared(), {{"rate", {0, 1}, {0.9, 0.0}}, {"decay", {0}, {0.01}}});
        const std::vector<double>& values = scheduleOf(replay).values[0].values;
        QVERIFY(values[0] < 0.9 && values[0] > 0.9 - 1e-9);
        QVERIFY(values[1] > 0.0 && values[1] < 1e-9);
        for (const double value : values)
            QVERIFY(std::isfinite(Transform(replay.hyperparameters[0]).toUnconstrained(value)));
    }

    void whatCannotBeReplayedIsRefused() {
        QVERIFY(message([] {
                    replayOf(declared(), {{"rate", {0}, {0.1}}});
                }).find("no values for \"decay\"") != std::string::npos);
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const std::string broken = message([&] {
            replayOf(declared(), {{"rate", {0}, {nan}}, {"decay", {0}, {0.01}}});
        });
        QVERIFY2(broken.find("its value of \"rate\" is") != std::string::npos, broken.c_str());
        Experiment held = declared();
        for (Hyperparameter& h : held.hyperparameters) h.tune = false;
        QVERIFY(message([&] { replayOf(held, {}); }).find("none of its hyperparameters") !=
                std::string::npos);
        QVERIFY(message([] {
                    retrainedWith(declared(), {{"depth", 1}});
                }).find("no hyperparameter \"depth\"") != std::string::npos);
    }

    void finalValuesAreRetrainedFromTheStart() {
        const Experiment retrained = retrainedWith(declared(), {{"decay", 0.5}, {"rate", 0.9}});
        QCOMPARE(traitsOf(retrained.tuner).id, std::string_view("fixed"));
        QCOMPARE(retrained.hyperparameters[1].initial, 0.5);
        QVERIFY(retrained.hyperparameters[0].initial < 0.9 && retrained.hyperparameters[0].initial > 0.89);
        QCOMPARE(retrained.hyperparameters[2].initial, 3.0);
        QCOMPARE(retrained.name, std::string("original, retrained"));
        QCOMPARE(retrained.epochs, declared().epochs);

        const QTemporaryDir folder;
        const Experiment experiment = table(folder);
        const Collector original = runToEnd(experiment);
        const Collector run = runToEnd(retrainedWith(experiment, original.finished.hyperparameters));
        QVERIFY2(run.finished.state == RunState::completed, run.finished.message.c_str());
        QVERIFY(run.finished.hyperparameters == original.finished.hyperparameters);
    }
};

DSTN_TEST(TestReplay)
#include "tst_replay.moc"
