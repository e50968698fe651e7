#include "core/engine/tuners/unrolled.h"
#include "tests/core/engine/tuners/double_problem.h"
#include "tests/core/engine/tuners/ridge.h"
#include "tests/program.h"

using namespace dstn;

namespace {

/// One training step for each seed.
void train(DoubleProblem& p, Tuner& tuner, std::int64_t steps) {
    for (std::int64_t i = 0; i < steps; ++i) {
        at::Generator generator = seeded(static_cast<std::uint64_t>(100 + i));
        tuner.train(p.train, generator);
    }
}

Tensor hypergradientOf(DoubleProblem& p, Unrolled& tuner) {
    return tuner.hypergradient(validationGradient(*p.problem, p.validation).gradient);
}

OptimizersSpec descent(double lr, double momentum, bool nesterov) {
    OptimizersSpec optimizers;
    optimizers.general = {.type = OptimizerKind::sgd, .lr = lr, .momentum = momentum, .nesterov = nesterov};
    return optimizers;
}

void momentumRows() {
    QTest::addColumn<double>("momentum");
    QTest::addColumn<bool>("nesterov");
    QTest::newRow("plain") << 0.0 << false;
    QTest::newRow("momentum") << 0.9 << false;
    QTest::newRow("Nesterov") << 0.9 << true;
}

} // namespace

class TestUnrolled : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    /// From the inner optimum the derivative tends to the closed form with the steps that are gone back.
    void reverseModeTendsToTheClosedFormWithItsSteps_data() { momentumRows(); }
    void reverseModeTendsToTheClosedFormWithItsSteps() {
        QFETCH(double, momentum);
        QFETCH(bool, nesterov);
        double last = INFINITY;
        for (const std::int64_t steps : {10, 40, 160, 640}) {
            DoubleProblem p(ridgeExperiment());
            const Ridge ridge(p.dataset);
            const Tensor w = ridge.weights(p.lambda().detach());
            p.set({w.t(), ridge.meanY - at::mv(w.t(), ridge.meanX)});
            const Tensor v = flattened(validationGradient(*p.problem, p.validation).gradient);
            // b = ȳ − w x̄ goes along with w.
            const Tensor jacobian = ridge.jacobian(p.lambda().detach()).squeeze(1);
            const Tensor expected =
                (at::dot(v.narrow(0, 0, 5), jacobian) - v[5] * at::dot(ridge.meanX, jacobian)).reshape({1});
            Unrolled tuner(*p.problem, {.options = UnrolledOptions{.steps = steps}},
                           descent(0.02, momentum, nesterov));
            train(p, tuner, steps);
            const double apart = relativeDistance(hypergradientOf(p, tuner), expected);
            QVERIFY2(apart < last, qPrintable(QString("%1: %2").arg(steps).arg(apart)));
            last = apart;
        }
        QVERIFY2(last < 1e-6, qPrintable(QString::number(last)));
    }

    void forwardAndReverseModeAgree_data() { momentumRows(); }
    void forwardAndReverseModeAgree() {
        QFETCH(double, momentum);
        QFETCH(bool, nesterov);
        constexpr std::int64_t steps = 12;
        std::vector<Tensor> found, weights;
        for (const UnrollMode mode : {UnrollMode::reverse, UnrollMode::forward}) {
            Experiment experiment = classifierExperiment("tanh");
            experiment.model.parts.insert(experiment.model.parts.begin(), DropoutPart{{.value = 0.2}});
            DoubleProblem p(experiment);
            Unrolled tuner(*p.problem, {.options = UnrolledOptions{.mode = mode, .steps = steps}},
                           descent(0.1, momentum, nesterov));
            train(p, tuner, steps);
            found.push_back(hypergradientOf(p, tuner));
            weights.push_back(flattened(p.copy()));
        }
        QVERIFY(relativeDistance(weights[1], weights[0]) < 1e-12);
        QVERIFY2(relativeDistance(found[1], found[0]) < 1e-10,
                 qPrintable(QString::number(relativeDistance(found[1], found[0]))));
    }

    /// The same with a learning rate and hyperparameters that change on the way.
    void bothModesFollowEachStepsOwnRateAndHyperparameters() {
        constexpr std::int64_t steps = 6;
        std::vector<Tensor> found;
        for (const UnrollMode mode : {UnrollMode::reverse, UnrollMode::forward}) {
            DoubleProblem p(classifierExperiment("tanh"));
            Unrolled tuner(*p.problem, {.options = UnrolledOptions{.mode = mode, .steps = steps}},
                           descent(0.1, 0.9, false));
            for (std::int64_t i = 0; i < steps; ++i) {
                tuner.optimizers().general.setLr(0.1 / static_cast<double>(i + 1));
                train(p, tuner, 1);
                p.moveLambda(0, 0.3);
                p.moveLambda(1, -0.2);
            }
            const Tensor lambda = p.lambda().detach().clone();
            const Tensor weights = flattened(p.copy());
            found.push_back(hypergradientOf(p, tuner));
            // Going back leaves everything where it was.
            QVERIFY(at::equal(p.lambda(), lambda));
            QVERIFY(at::equal(flattened(p.copy()), weights));
        }
        QVERIFY(relativeDistance(found[1], found[0]) < 1e-10);
    }

    /// Against the same steps run anew with λ ± h.
    void itIsTheSlopeOfTheTrainingRunAnew_data() {
        QTest::addColumn<QString>("activation");
        QTest::addColumn<double>("momentum");
        QTest::addColumn<bool>("nesterov");
        QTest::addColumn<bool>("forward");
        for (const char* activation : {"tanh", "relu"})
            for (const bool forward : {false, true}) {
                const auto row = [&](const char* name) -> QTestData& {
                    return QTest::addRow("%s, %s, %s", activation, forward ? "forward" : "reverse", name)
                           << activation;
                };
                row("plain") << 0.0 << false << forward;
                row("momentum") << 0.9 << false << forward;
                row("Nesterov") << 0.9 << true << forward;
            }
    }
    void itIsTheSlopeOfTheTrainingRunAnew() {
        QFETCH(QString, activation);
        QFETCH(double, momentum);
        QFETCH(bool, nesterov);
        QFETCH(bool, forward);
        constexpr std::int64_t steps = 8;
        const TunerSpec spec{
            .options =
                UnrolledOptions{.mode = forward ? UnrollMode::forward : UnrollMode::reverse, .steps = steps}};
        const auto trained = [&](std::int64_t h, double by, const auto& look) {
            DoubleProblem p(classifierExperiment(activation.toStdString()));
            p.moveLambda(h, by);
            Unrolled tuner(*p.problem, spec, descent(0.1, momentum, nesterov));
            train(p, tuner, steps);
            return look(p, tuner);
        };
        const Tensor hypergradient =
            trained(0, 0.0, [](DoubleProblem& p, Unrolled& tuner) { return hypergradientOf(p, tuner); });
        const auto loss = [](DoubleProblem& p, Unrolled&) { return p.validationLoss(); };
        constexpr double h = 1e-5;
        for (std::int64_t i = 0; i < 2; ++i) {
            const double slope = (trained(i, h, loss) - trained(i, -h, loss)) / (2 * h),
                         got = hypergradient[i].item<double>();
            QVERIFY(std::abs(slope) > 1e-6);
            QVERIFY2(std::abs(got / slope - 1) < 1e-5,
                     qPrintable(QString("%1 against %2").arg(got).arg(slope)));
        }
    }

    void onlyTheLastStepsAreGoneBackThrough() {
        const TunerSpec spec{.options = UnrolledOptions{.steps = 3}};
        DoubleProblem p(classifierExperiment("tanh"));
        Unrolled tuner(*p.problem, spec, descent(0.1, 0.9, false));
        QCOMPARE(tuner.validateCost(), 1.0); // nothing to go back through yet
        train(p, tuner, 2);
        QCOMPARE(tuner.validateCost(), 1.0 + 3.0 * 2);
        train(p, tuner, 5);
        QCOMPARE(tuner.validateCost(), 1.0 + 3.0 * 3);
        // The same as of a tuner that saw these three steps alone, momentum apart.
        const Tensor found = hypergradientOf(p, tuner);
        DoubleProblem q(classifierExperiment("tanh"));
        Unrolled other(*q.problem, spec, descent(0.1, 0.9, false));
        train(q, other, 4);
        const NamedTensors all = tuner.state();
        QCOMPARE(savedTensor(all, "steps").item<std::int64_t>(), std::int64_t{3});
        q.set(p.copy());
        other.load(all);
        QVERIFY(at::equal(hypergradientOf(q, other), found));
    }

    void aFailedStepIsNotKept() {
        DoubleProblem p(ridgeExperiment());
        Unrolled tuner(*p.problem, {.options = UnrolledOptions{}}, descent(0.1, 0.0, false));
        train(p, tuner, 2);
        Batch bad = p.train;
        bad.targets = bad.targets * INFINITY;
        at::Generator generator = seeded(1);
        QVERIFY_EXCEPTION_THROWN(tuner.train(bad, generator), Error);
        QCOMPARE(savedTensor(tuner.state(), "steps").item<std::int64_t>(), std::int64_t{2});
    }

    void validationStepsMoveTheHyperparametersDownTheHypergradient() {
        DoubleProblem p(ridgeExperiment());
        OptimizersSpec optimizers = descent(0.1, 0.9, false);
        optimizers.hyperparameters = {.type = OptimizerKind::sgd, .lr = 0.5};
        Unrolled tuner(*p.problem, {.options = UnrolledOptions{}}, optimizers);
        train(p, tuner, 5);
        const double before = p.lambda().item<double>(), slope = hypergradientOf(p, tuner).item<double>();
        at::Generator generator = seeded(1);
        QCOMPARE(tuner.validate(p.validation, generator).item<double>(), p.validationLoss());
        QVERIFY(std::abs(p.lambda().item<double>() - (before - 0.5 * slope)) < 1e-12);
    }

    void statesThatAreNotItsOwnAreRefused() {
        for (const UnrollMode mode : {UnrollMode::reverse, UnrollMode::forward}) {
            DoubleProblem p(ridgeExperiment());
            Unrolled tuner(*p.problem, {.options = UnrolledOptions{.mode = mode}}, descent(0.1, 0.9, false));
            train(p, tuner, 2);
            QVERIFY_EXCEPTION_THROWN(tuner.load({}), Error);
            NamedTensors wrong = tuner.state();
            for (auto& [name, tensor] : wrong)
                if (name.find("weight") != std::string::npos) tensor = at::zeros({7});
            QVERIFY_EXCEPTION_THROWN(tuner.load(wrong), Error);
        }
    }
};

DSTN_TEST(TestUnrolled)
#include "tst_unrolled.moc"
