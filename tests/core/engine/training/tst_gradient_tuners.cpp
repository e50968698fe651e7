#include "core/engine/torch_engine.h"
#include "core/engine/training/training.h"
#include "tests/core/engine/training/problems.h"
#include "tests/core/engine/tuners/ridge.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace dstn;

namespace {

/// A method with its options, for any of the problems.
struct Method {
    const char* name;
    void (*choose)(Experiment&);
};

void implicit(Experiment& experiment, InverseKind inverse) {
    experiment.tuner.options = ImplicitOptions{.inverse = inverse, .iterations = 3};
}
void unrolled(Experiment& experiment, UnrollMode mode) {
    experiment.tuner.options = UnrolledOptions{.mode = mode, .steps = 3};
    experiment.optimizers.general = {.type = OptimizerKind::sgd,
                                     .lr = 0.05,
                                     .momentum = 0.9,
                                     .schedule = {.type = ScheduleKind::step, .every = 1, .factor = 0.5}};
}

const Method methods[] = {
    {"conjugate gradients", [](Experiment& e) { implicit(e, InverseKind::conjugateGradient); }},
    {"Neumann series", [](Experiment& e) { implicit(e, InverseKind::neumann); }},
    {"reverse", [](Experiment& e) { unrolled(e, UnrollMode::reverse); }},
    {"forward", [](Experiment& e) { unrolled(e, UnrollMode::forward); }},
    {"hypernetwork", [](Experiment& e) { e.tuner.options = HypernetworkOptions{}; }},
};

void advance(Training& training, std::int64_t until) {
    while (training.stepsDone() < until) {
        if (training.evaluationDue()) training.accept(*training.evaluate([] { return true; }));
        training.step();
    }
}

/// The name of the first tensor in which two checkpoints differ, time apart; empty: none.
std::string difference(const Checkpoint& one, const Checkpoint& other) {
    if (one.tensors.size() != other.tensors.size()) return "the number of tensors";
    const std::map<std::string, Tensor> tensors(other.tensors.begin(), other.tensors.end());
    for (const auto& [name, tensor] : one.tensors) {
        const auto found = tensors.find(name);
        if (found == tensors.end()) return name;
        if (name != "sums" && !at::equal(tensor, found->second)) return name;
    }
    return {};
}

class Events : public EventSink {
  public:
    void publish(const Event& event) override { events.push_back(event); }
    std::string log() const {
        std::string text;
        for (const Event& event : events)
            if (const auto* line = std::get_if<LogLine>(&event)) text += line->text + "\n";
        return text;
    }
    std::vector<Event> events;
};

RunFinished run(const Experiment& experiment, Events& events) {
    CommandQueue commands;
    makeTorchEngine()->run({.experiment = experiment, .run = "r"}, commands, events);
    return std::get<RunFinished>(events.events.back());
}

} // namespace

class TestGradientTuners : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void resumedRunsContinueBitForBit_data() {
        QTest::addColumn<Maker>("make");
        QTest::addColumn<int>("method");
        for (int i = 0; i < static_cast<int>(std::size(methods)); ++i)
            for (const auto& [name, make] :
                 {std::pair{"images", Maker(images)}, {"table", Maker(table)}, {"text", Maker(text)}})
                QTest::addRow("%s, %s", methods[i].name, name) << make << i;
    }
    void resumedRunsContinueBitForBit() {
        QFETCH(Maker, make);
        QFETCH(int, method);
        const QTemporaryDir folder;
        Experiment experiment = make(folder);
        methods[method].choose(experiment);
        QVERIFY2(validate(experiment).empty(), describe(validate(experiment)).c_str());
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        Training whole(experiment, dataset, at::kCPU);
        const auto start = whole.hyperparameters();
        const std::int64_t end = whole.stepsPerEpoch() + 4;
        advance(whole, end);
        QVERIFY(whole.hyperparameters() != start);
        const Checkpoint expected = whole.save();
        // Before anything is kept, while it grows, between a validation step and the next, at an epoch's end.
        for (const std::int64_t pause :
             {std::int64_t{0}, std::int64_t{1}, std::int64_t{3}, end - 4, end - 1}) {
            Training first(experiment, dataset, at::kCPU);
            advance(first, pause);
            const std::string bytes = writeCheckpoint(first.save());
            Training second(experiment, dataset, at::kCPU);
            second.load(readCheckpoint(bytes));
            advance(second, end);
            QCOMPARE(difference(second.save(), expected), std::string());
        }
    }

    void checkpointOfAnotherMethodIsRefused() {
        const QTemporaryDir folder;
        Experiment experiment = table(folder);
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        experiment.tuner.options = FixedOptions{};
        Training plain(experiment, dataset, at::kCPU);
        Checkpoint checkpoint = plain.save();
        for (const Method& method : methods) {
            if (std::string(method.name) == "Neumann series") continue; // keeps nothing
            Experiment other = table(folder);
            method.choose(other);
            other.optimizers.general = experiment.optimizers.general;
            if (std::holds_alternative<UnrolledOptions>(other.tuner.options))
                continue; // its optimiser's state is another one already
            Training training(other, dataset, at::kCPU);
            QVERIFY_EXCEPTION_THROWN(training.load(checkpoint), Error);
        }
    }

    /// What has no derivative stays where it is, and the run says so.
    void heldHyperparametersStayAndAreTold() {
        const QTemporaryDir folder;
        for (const Method& method : methods) {
            Experiment experiment = table(folder);
            method.choose(experiment);
            experiment.epochs = 1;
            Events events;
            const RunFinished finished = run(experiment, events);
            QVERIFY2(finished.state == RunState::completed, finished.message.c_str());
            const bool holds = traitsOf(experiment.tuner).needsDerivatives;
            const bool told =
                events.log().find("\"input\" is held at its initial value: the training loss has no "
                                  "derivative with respect to it.") != std::string::npos;
            QCOMPARE(told, holds);
            for (std::size_t i = 0; i < experiment.hyperparameters.size(); ++i) {
                const Hyperparameter& h = experiment.hyperparameters[i];
                const bool moved = std::abs(finished.hyperparameters[i].second / h.initial - 1) > 1e-4;
                QVERIFY2(moved == (!holds || h.name != "input"), h.name.c_str());
            }
        }
    }

    /// None of the network's weights respond.
    void theirNetworksHaveNoResponse() {
        const QTemporaryDir folder;
        for (const Method& method : methods) {
            Experiment experiment = images(folder);
            method.choose(experiment);
            QVERIFY(!experiment.tunedNames().empty());
            QCOMPARE(experiment.responseCount(), std::int64_t{0});
            const Dataset dataset = loadDataset(experiment.data, experiment.seed);
            const Training training(experiment, dataset, at::kCPU);
            QVERIFY(training.problem().network.response().empty());
            QCOMPARE(estimate(experiment, dataset.info).model.responseParameters, std::int64_t{0});
        }
    }

    /// Conjugate gradients that end early cost less than the most that they may.
    void whatIsSpentIsWhatWasDone() {
        const QTemporaryDir folder;
        Experiment experiment = table(folder);
        experiment.tuner.options = ImplicitOptions{.iterations = 1000, .tolerance = 0.1};
        experiment.tuner.trainSteps = 1;
        Training training(experiment, loadDataset(experiment.data, experiment.seed), at::kCPU);
        advance(training, 5);
        const double most = 5 * (1 + costOf(experiment.tuner, 3).validate);
        QVERIFY(training.gradients() > 5 * (1 + 4));
        QVERIFY(training.gradients() < most / 10);
    }

    /// Runs of the ridge preset end where the validation loss of the closed form is within 1 % of the best
    /// that any decay gives.
    void ridgeEndsNearItsOptimum_data() {
        QTest::addColumn<QString>("tuner");
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("value");
        QTest::newRow("conjugate gradients") << "implicit"
                                             << "tuner.inverse"
                                             << "conjugate-gradient";
        QTest::newRow("Neumann series") << "implicit"
                                        << "tuner.inverse"
                                        << "neumann";
        QTest::newRow("reverse") << "unrolled"
                                 << "tuner.mode"
                                 << "reverse";
        QTest::newRow("forward") << "unrolled"
                                 << "tuner.mode"
                                 << "forward";
        // The map's step grows with ‖λ‖², and λ starts at log 0.01.
        QTest::newRow("hypernetwork") << "hypernetwork"
                                      << "optimizers.response.lr"
                                      << "0.01";
    }
    void ridgeEndsNearItsOptimum() {
        QFETCH(QString, tuner);
        QFETCH(QString, option);
        QFETCH(QString, value);
        const ParsedExperiment parsed =
            parseExperiment(findPreset("ridge")->json, {{"tuner.type", tuner.toStdString()},
                                                        {option.toStdString(), value.toStdString()},
                                                        {"device", "cpu"},
                                                        {"threads", "1"}});
        QVERIFY2(parsed.experiment.has_value(), describe(parsed.mistakes).c_str());
        const Dataset dataset = loadDataset(parsed.experiment->data, parsed.experiment->seed);
        const Ridge ridge(dataset);
        Training training(*parsed.experiment, dataset, at::kCPU);
        const auto lossAt = [&](const Tensor& lambda) { return ridge.validationLoss(lambda).item<double>(); };
        const auto lossNow = [&] {
            return lossAt(training.problem().space.lambda().detach().to(at::kDouble));
        };
        double best = INFINITY;
        for (double lambda = -10; lambda <= 6; lambda += 0.01)
            best = std::min(best, lossAt(at::full({1}, lambda, at::kDouble)));
        QVERIFY(lossNow() > 1.02 * best);
        advance(training, parsed.experiment->epochs);
        QVERIFY2(lossNow() < 1.01 * best, qPrintable(QString("%1 against %2").arg(lossNow()).arg(best)));
    }
};

DSTN_TEST(TestGradientTuners)
#include "tst_gradient_tuners.moc"
