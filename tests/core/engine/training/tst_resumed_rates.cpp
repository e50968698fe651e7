#include "core/engine/training/training.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace dstn;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// An epoch is five steps; every rate is plain gradient descent's.
Experiment fiveSteps(const Settings& settings) {
    const ParsedExperiment parsed = parseExperiment(R"({
        "schema": 1, "name": "five steps",
        "data": {"source": "synthetic-regression", "examples": 100, "features": 4, "validation": 0.2},
        "model": {"parts": [{"type": "linear", "out": 1}]},
        "regularization": {"weight_decay": "decay"},
        "hyperparameters": [{"name": "decay", "initial": 0.001, "log": true}],
        "tuner": {"type": "delta-stn", "train_steps": 2, "warmup_epochs": 0},
        "optimizers": {"general": {"type": "sgd", "lr": 0.04, "momentum": 0},
                       "response": {"type": "sgd", "lr": 0.04, "momentum": 0}},
        "batch": {"train": 16, "validation": 20}, "budget": {"epochs": 2}, "device": "cpu", "threads": 1
    })",
                                                    settings);
    if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
    return *parsed.experiment;
}

Settings with(Settings settings, const Settings& more) {
    settings.insert(settings.end(), more.begin(), more.end());
    return settings;
}

Training trainingOf(const Experiment& experiment) {
    return {experiment, loadDataset(experiment.data, experiment.seed), at::kCPU};
}

Tensor saved(const Checkpoint& checkpoint, const std::string& name) {
    for (const auto& [key, tensor] : checkpoint.tensors)
        if (key == name) return tensor.clone();
    qFatal("no %s", name.c_str());
}

double rate(Training& training, const std::string& learned = "general") {
    return saved(training.save(), "optimizer." + learned + ".lr").item<double>();
}

void evaluateIfDue(Training& training) {
    if (training.evaluationDue()) training.accept(*training.evaluate([] { return true; }));
}

/// The rate of every step from the present one to `until`.
std::vector<double> ratesUntil(Training& training, std::int64_t until) {
    std::vector<double> rates;
    while (training.stepsDone() < until) {
        evaluateIfDue(training);
        rates.push_back(rate(training));
        training.step();
    }
    return rates;
}

constexpr std::int64_t perEpoch = 5;

} // namespace

class TestResumedRates : public QObject {
    Q_OBJECT

    static void addSchedules() {
        QTest::addColumn<Settings>("schedule");
        const std::string path = "optimizers.general.schedule";
        QTest::newRow("constant") << Settings{};
        QTest::newRow("step") << Settings{{path, R"({"type": "step", "every": 3, "factor": 0.5})"}};
        QTest::newRow("cosine") << Settings{{path, R"({"type": "cosine", "minimum": 0.001})"}};
        QTest::newRow("plateau") << Settings{{path, R"({"type": "plateau", "factor": 0.5, "patience": 0})"},
                                             {"optimizers.general.lr", "0.3"}};
        QTest::newRow("response's") << Settings{{"optimizers.response.schedule", R"({"type": "cosine"})"}};
    }

  private Q_SLOTS:
    /// A run of two epochs that is given ten has, from there on, the rates of one that had ten at once.
    void prolongedRunHasTheLongerSchedulesRates_data() { addSchedules(); }
    void prolongedRunHasTheLongerSchedulesRates() {
        QFETCH(Settings, schedule);
        const Experiment brief = fiveSteps(schedule);
        const Experiment prolonged = fiveSteps(with(schedule, {{"budget.epochs", "10"}}));
        Training whole = trainingOf(prolonged);
        QCOMPARE(whole.stepsPerEpoch(), perEpoch);
        const std::vector<double> expected = ratesUntil(whole, 10 * perEpoch);
        // Within an epoch, at its end before the evaluation, and after it.
        for (const std::int64_t pause : {perEpoch + 2, 2 * perEpoch, 2 * perEpoch + 1}) {
            const bool evaluated = pause > 2 * perEpoch;
            Training first = trainingOf(brief);
            ratesUntil(first, std::min(pause, 2 * perEpoch));
            if (evaluated) evaluateIfDue(first);
            Training second = trainingOf(prolonged);
            second.load(readCheckpoint(writeCheckpoint(first.save())));
            const auto done = static_cast<std::ptrdiff_t>(second.stepsDone());
            const std::vector<double> rates = ratesUntil(second, 10 * perEpoch);
            QVERIFY(std::ranges::equal(rates, std::span(expected).subspan(static_cast<std::size_t>(done))));
        }
    }

    void cosineGoesOnWhereTheLongerOneIs() {
        const Settings cosine{{"optimizers.general.schedule", R"({"type": "cosine"})"}};
        Training first = trainingOf(fiveSteps(cosine));
        ratesUntil(first, 2 * perEpoch);
        evaluateIfDue(first);
        QCOMPARE(rate(first), 0.0);
        Training second = trainingOf(fiveSteps(with(cosine, {{"budget.epochs", "10"}})));
        second.load(first.save());
        QVERIFY(std::abs(rate(second) - 0.02 * (1 + std::cos(std::numbers::pi * 0.2))) < 1e-15);
    }

    /// The next step is as long as the new rate makes it.
    void changedRateActsWithTheNextStep_data() {
        QTest::addColumn<QString>("tuner");
        QTest::addColumn<QString>("tensor");
        QTest::newRow("fixed") << "fixed"
                               << "general.0.weight";
        QTest::newRow("delta-stn") << "delta-stn"
                                   << "general.0.weight";
        QTest::newRow("unrolled") << "unrolled"
                                  << "general.0.weight";
        QTest::newRow("hypernetwork") << "hypernetwork"
                                      << "tuner.base";
    }
    void changedRateActsWithTheNextStep() {
        QFETCH(QString, tuner);
        QFETCH(QString, tensor);
        const Settings settings{{"tuner.type", tuner.toStdString()}, {"budget.epochs", "9"}};
        const std::string name = tensor.toStdString();
        for (const std::int64_t pause : {std::int64_t{3}, 2 * perEpoch}) {
            Training first = trainingOf(fiveSteps(settings));
            ratesUntil(first, pause);
            evaluateIfDue(first);
            const Checkpoint checkpoint = first.save();
            const Tensor before = saved(checkpoint, name);
            const auto moved = [&](const char* lr) {
                Training second = trainingOf(fiveSteps(with(settings, {{"optimizers.general.lr", lr}})));
                second.load(checkpoint);
                second.step();
                return Tensor((saved(second.save(), name) - before).to(at::kDouble));
            };
            const Tensor same = moved("0.04"), twice = moved("0.08");
            QVERIFY(same.abs().max().item<double>() > 1e-4);
            QVERIFY(at::allclose(twice, 2 * same, 1e-3, 1e-6));
        }
    }

    /// Of other data, once accepted, epochs may be longer: those before count, the next one begins at once.
    void epochsOfOtherDataFollowTheEarlierOnes() {
        const Settings cosine{{"optimizers.general.schedule", R"({"type": "cosine"})"},
                              {"budget.epochs", "10"}};
        const Settings larger = with(cosine, {{"data.examples", "200"}});
        for (const std::int64_t pause : {2 * perEpoch, 2 * perEpoch + 3}) {
            Training first = trainingOf(fiveSteps(cosine));
            ratesUntil(first, pause);
            evaluateIfDue(first);
            Training second = trainingOf(fiveSteps(larger));
            const std::int64_t longer = second.stepsPerEpoch();
            QCOMPARE(longer, std::int64_t{10});
            second.load(first.save());
            QCOMPARE(rate(second), Schedule({.type = ScheduleKind::cosine}, 0.04, 10).lr(2));
            QCOMPARE(second.stepsAfter(10), pause + 8 * longer);
            // Again from a checkpoint in the midst of it.
            ratesUntil(second, pause + 4);
            Training third = trainingOf(fiveSteps(larger));
            third.load(readCheckpoint(writeCheckpoint(second.save())));
            QCOMPARE(third.stepsAfter(10), pause + 8 * longer);
            QCOMPARE(third.epochs(), 2.4);
            ratesUntil(third, pause + longer);
            QVERIFY(third.evaluationDue());
            const EpochResult result = *third.evaluate([] { return true; });
            QCOMPARE(result.epoch, std::int64_t{3});
            QCOMPARE(result.step, pause + longer);
        }
    }

    void everyOptimizerTakesItsNewRate() {
        Training first = trainingOf(fiveSteps({}));
        ratesUntil(first, 3);
        Settings settings;
        for (const char* learned : {"general", "response", "hyperparameters", "scales"})
            settings.emplace_back(std::string("optimizers.") + learned + ".lr", "0.125");
        Training second = trainingOf(fiveSteps(settings));
        second.load(first.save());
        for (const char* learned : {"general", "response", "hyperparameters", "scales"})
            QCOMPARE(rate(second, learned), 0.125);
    }

    /// What a plateau has taken back stays so, of whatever rate it is taken from.
    void plateausReductionsApplyToTheNewRate() {
        // Nothing is better than the first loss by so much.
        const Settings plateau{
            {"optimizers.general.schedule", R"({"type": "plateau", "factor": 0.5, "patience": 0})"},
            {"optimizers.general.lr", "1e-9"},
            {"budget.epochs", "9"}};
        Training first = trainingOf(fiveSteps(plateau));
        ratesUntil(first, 3 * perEpoch);
        evaluateIfDue(first);
        QCOMPARE(rate(first), 1e-9 / 4);
        Training second = trainingOf(fiveSteps(with(plateau, {{"optimizers.general.lr", "0.08"}})));
        second.load(first.save());
        QCOMPARE(rate(second), 0.02);
    }

    /// A run that becomes one with plateaus has had none.
    void plateauBeginsWithoutReductions() {
        const Settings still{{"optimizers.general.lr", "1e-9"}, {"budget.epochs", "9"}};
        Training first = trainingOf(fiveSteps(still));
        ratesUntil(first, 4 * perEpoch);
        Checkpoint checkpoint = first.save();
        // As earlier versions counted them, whatever the schedule was.
        for (auto& [name, tensor] : checkpoint.tensors)
            if (name == "schedule.general.reductions") tensor = tensor + 3;
        Training second = trainingOf(fiveSteps(with(
            still, {{"optimizers.general.schedule", R"({"type": "plateau", "factor": 0.5, "patience": 0})"},
                    {"optimizers.general.lr", "0.08"}})));
        second.load(checkpoint);
        QCOMPARE(rate(second), 0.08);
    }
};

DSTN_TEST(TestResumedRates)
#include "tst_resumed_rates.moc"
