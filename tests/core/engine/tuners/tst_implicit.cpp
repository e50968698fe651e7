#include "core/engine/tuners/implicit.h"
#include "tests/core/engine/tuners/double_problem.h"
#include "tests/core/engine/tuners/ridge.h"
#include "tests/program.h"

using namespace dstn;

namespace {

/// Ridge regression at its inner optimum.
struct Optimum : DoubleProblem {
    Optimum() : DoubleProblem(ridgeExperiment()), ridge(dataset) {
        const Tensor w = ridge.weights(lambda().detach());
        set({w.t(), ridge.meanY - at::mv(w.t(), ridge.meanX)});
        const Tensor apart =
            at::mv(validation.inputs, w.squeeze(1)) + weights[1].detach() - validation.targets.squeeze(1);
        expected = (2.0 / static_cast<double>(validation.count()) * at::mv(ridge.validationX.t(), apart))
                       .dot(ridge.jacobian(lambda().detach()).squeeze(1))
                       .reshape({1});
    }
    Ridge ridge;
    Tensor expected; ///< dL_V/dλ in closed form
};

/// A tuner that has seen the whole training split at the weights as they are.
std::unique_ptr<Implicit> ready(DoubleProblem& p, const TunerSpec& spec) {
    OptimizersSpec still;
    still.general = {.type = OptimizerKind::sgd, .lr = 1e-300};
    auto tuner = std::make_unique<Implicit>(*p.problem, spec, still);
    at::Generator generator = seeded(1);
    tuner->train(p.train, generator);
    return tuner;
}

Tensor hypergradientOf(DoubleProblem& p, Implicit& tuner) {
    return tuner.hypergradient(validationGradient(*p.problem, p.validation).gradient);
}

double slopeNorm(DoubleProblem& p) {
    return flattened(TrainingLoss(*p.problem, p.train, seeded(1), {}).gradient()).norm().item<double>();
}

/// Goes down the training loss, then by Newton's method until its gradient is nothing.
void settle(DoubleProblem& p, int steps) {
    Optimizer descent({.type = OptimizerKind::sgd, .lr = 0.05, .momentum = 0.9}, p.weights);
    const KeptBatch kept(p.train, seeded(1));
    for (int i = 0; i < steps; ++i) descent.step(TrainingLoss(*p.problem, kept).gradient());
    for (int i = 0; i < 30; ++i) {
        const TrainingLoss loss(*p.problem, kept);
        const Tensor gradient = flattened(loss.gradient());
        if (gradient.norm().item<double>() < 1e-13) return;
        std::vector<Tensor> rows;
        for (std::int64_t k = 0; k < gradient.size(0); ++k) {
            Tensor unit = at::zeros_like(gradient);
            unit[k] = 1.0;
            rows.push_back(flattened(loss.hessianProduct(unflattened(unit, p.weights))));
        }
        // A dead ReLU's bias changes nothing: the Hessian may be singular.
        const Tensor step = at::mv(at::linalg_pinv(at::stack(rows), 1e-10, true), gradient);
        // Away from the minimum a whole step may lead anywhere.
        const Tensor here = flattened(p.copy());
        const double before = gradient.norm().item<double>();
        for (double share = 1.0; share > 1e-6; share /= 2) {
            p.set(unflattened(here - share * step, p.weights));
            if (slopeNorm(p) < before) break;
        }
    }
}

} // namespace

class TestImplicit : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void theClosedFormOfTheHypergradientIsRight() {
        Optimum p;
        QVERIFY(slopeNorm(p) < 1e-12);
        constexpr double h = 1e-5;
        const Tensor at = p.lambda().detach();
        const double slope =
            ((p.ridge.validationLoss(at + h) - p.ridge.validationLoss(at - h)) / (2 * h)).item<double>();
        QVERIFY(std::abs(slope / p.expected.item<double>() - 1) < 1e-6);
    }

    void conjugateGradientsMeetTheClosedForm() {
        Optimum p;
        const auto tuner = ready(p, {.options = ImplicitOptions{.iterations = 100, .tolerance = 1e-9}});
        QVERIFY(relativeDistance(hypergradientOf(p, *tuner), p.expected) < 1e-6);
    }

    void neumannSeriesTendsToTheClosedFormWithItsTerms() {
        Optimum p;
        double last = INFINITY;
        for (const std::int64_t terms : {1, 10, 100, 1000}) {
            const auto tuner =
                ready(p, {.options = ImplicitOptions{
                              .inverse = InverseKind::neumann, .iterations = terms, .neumannStep = 0.2}});
            const double apart = relativeDistance(hypergradientOf(p, *tuner), p.expected);
            QVERIFY2(apart < last, qPrintable(QString::number(apart)));
            last = apart;
        }
        QVERIFY2(last < 1e-9, qPrintable(QString::number(last)));
    }

    void neumannSeriesIsItsSum() {
        DoubleProblem p(classifierExperiment("tanh"));
        const double alpha = 0.3, damping = 0.1;
        const auto tuner = ready(p, {.options = ImplicitOptions{.inverse = InverseKind::neumann,
                                                                .iterations = 3,
                                                                .damping = damping,
                                                                .neumannStep = alpha}});
        const std::vector<Tensor> v = validationGradient(*p.problem, p.validation).gradient;
        const TrainingLoss loss(*p.problem, KeptBatch(p.train, seeded(1)));
        std::vector<Tensor> term = v, sum = zerosLike(v);
        for (int k = 0; k <= 3; ++k) {
            addTo(sum, term, alpha);
            std::vector<Tensor> next = scaled(term, 1 - alpha * damping);
            addTo(next, loss.hessianProduct(term), -alpha);
            term = next;
        }
        QVERIFY(relativeDistance(tuner->hypergradient(v), -loss.mixedProduct(sum)) < 1e-12);
        // Both gradients, three products with the Hessian and one mixed one.
        QCOMPARE(tuner->validateCost(), 2.0 + 2.0 * 4);
    }

    void identityIsItsFormula() {
        DoubleProblem p(classifierExperiment("relu"));
        const auto tuner =
            ready(p, {.options = ImplicitOptions{.inverse = InverseKind::identity, .neumannStep = 0.07}});
        const std::vector<Tensor> v = validationGradient(*p.problem, p.validation).gradient;
        const TrainingLoss loss(*p.problem, KeptBatch(p.train, seeded(1)));
        QVERIFY(relativeDistance(tuner->hypergradient(v), -0.07 * loss.mixedProduct(v)) < 1e-12);
        QCOMPARE(tuner->validateCost(), 4.0);
    }

    void dampingIsAddedToTheDiagonal() {
        Optimum p;
        const double damping = 0.5;
        const auto tuner =
            ready(p, {.options = ImplicitOptions{.iterations = 100, .tolerance = 1e-12, .damping = damping}});
        const std::vector<Tensor> v = validationGradient(*p.problem, p.validation).gradient;
        // The loss of the centred data with one weight vector, b going along: of [w, b] by hand.
        const Tensor ones = at::ones({p.train.count(), 1}, at::kDouble);
        const Tensor x = at::cat({p.train.inputs, ones}, 1);
        Tensor hessian = 2.0 / static_cast<double>(p.train.count()) * at::mm(x.t(), x);
        const double decay = std::exp(p.lambda().item<double>());
        hessian.diagonal().narrow(0, 0, 5).add_(decay);
        hessian.diagonal().add_(damping);
        const Tensor solution = at::linalg_solve(hessian, flattened(v));
        const Tensor expected =
            -(decay * at::dot(solution.narrow(0, 0, 5), flattened({p.weights[0]}))).reshape({1});
        QVERIFY(relativeDistance(tuner->hypergradient(v), expected) < 1e-10);
    }

    /// The derivative of the whole: train to the optimum at λ ± h and look at the validation loss.
    void itIsTheSlopeOfTheValidationLossAtTheOptimum_data() {
        QTest::addColumn<QString>("activation");
        QTest::newRow("tanh") << "tanh";
        QTest::newRow("relu") << "relu";
    }
    void itIsTheSlopeOfTheValidationLossAtTheOptimum() {
        QFETCH(QString, activation);
        DoubleProblem p(classifierExperiment(activation.toStdString()));
        if (activation == "relu") {
            // Minima of ReLU networks like to sit in a kink, where there is no derivative: here all kinks are
            // far from the data, four units on and one off.
            const at::NoGradGuard guard;
            p.weights[1].fill_(5.0);
            p.weights[1][4] = -5.0;
        }
        settle(p, 1000);
        const std::vector<Tensor> optimum = p.copy();
        QVERIFY2(slopeNorm(p) < 1e-10, qPrintable(QString::number(slopeNorm(p))));
        const auto tuner = ready(p, {.options = ImplicitOptions{.iterations = 500, .tolerance = 1e-12}});
        const Tensor hypergradient = hypergradientOf(p, *tuner);
        constexpr double h = 1e-4;
        for (std::int64_t i = 0; i < 2; ++i) {
            const auto lossAt = [&](double by) {
                p.set(optimum);
                p.moveLambda(i, by);
                settle(p, 0);
                const double loss = p.validationLoss();
                p.moveLambda(i, -by);
                return loss;
            };
            const double slope = (lossAt(h) - lossAt(-h)) / (2 * h), got = hypergradient[i].item<double>();
            QVERIFY2(std::abs(got - slope) < 1e-5 * std::abs(slope) + 1e-9,
                     qPrintable(QString("%1 against %2").arg(got).arg(slope)));
        }
    }

    void conjugateGradientsSolveAndCountTheirProducts() {
        const Tensor a = at::diag(at::tensor({1.0, 2.0, 4.0}, at::kDouble));
        const MatrixProduct product = [&](const std::vector<Tensor>& p) {
            return std::vector<Tensor>{at::mv(a, p.front())};
        };
        const std::vector<Tensor> v{at::tensor({1.0, 1.0, 1.0}, at::kDouble)};
        const InverseProduct whole =
            conjugateGradient(product, v, {}, {.iterations = 10, .tolerance = 1e-12});
        QCOMPARE(whole.products, 3); // as many as there are eigenvalues
        QVERIFY(at::allclose(whole.solution.front(), at::tensor({1.0, 0.5, 0.25}, at::kDouble)));
        QCOMPARE(conjugateGradient(product, v, {}, {.iterations = 2, .tolerance = 1e-12}).products, 2);
        QCOMPARE(conjugateGradient(product, v, {}, {.iterations = 10, .tolerance = 0.9}).products, 1);
        // From the solution there is nothing left to do, and a start that is worse than zero is none.
        const InverseProduct warm = conjugateGradient(product, v, whole.solution, {.tolerance = 1e-9});
        QCOMPARE(warm.products, 1);
        const std::vector<Tensor> bad{at::full({3}, 100.0, at::kDouble)};
        QVERIFY(at::allclose(conjugateGradient(product, v, bad, {.tolerance = 1e-12}).solution.front(),
                             whole.solution.front()));
    }

    void negativeCurvatureCutsConjugateGradientsShort() {
        const auto solve = [](std::initializer_list<double> diagonal, std::initializer_list<double> right) {
            const Tensor a = at::tensor(at::ArrayRef<double>(diagonal), at::kDouble);
            return conjugateGradient(
                [&](const std::vector<Tensor>& p) { return std::vector<Tensor>{a * p.front()}; },
                {at::tensor(at::ArrayRef<double>(right), at::kDouble)}, {}, {});
        };
        // The first direction of all: the right-hand side itself.
        const InverseProduct first = solve({-1, 1}, {2, 1});
        QVERIFY(first.negativeCurvature);
        QVERIFY(at::equal(first.solution.front(), at::tensor({2.0, 1.0}, at::kDouble)));
        // A later one: the point before it, ⟨v, v⟩ / ⟨v, A v⟩ · v.
        const InverseProduct later = solve({-1, 3}, {1, 1});
        QVERIFY(later.negativeCurvature);
        QVERIFY(at::allclose(later.solution.front(), at::tensor({1.0, 1.0}, at::kDouble)));
        QVERIFY(!solve({1, 3}, {1, 1}).negativeCurvature);
    }

    void negativeCurvatureIsToldOnce() {
        // Barely trained, a network's loss has negative curvature somewhere.
        Experiment experiment = classifierExperiment("tanh");
        experiment.hyperparameters[0].initial = 1e-6;
        DoubleProblem p(experiment);
        const auto tuner =
            ready(p, {.options = ImplicitOptions{.iterations = 200, .tolerance = 1e-12, .warmStart = false}});
        QVERIFY(!tuner->takeNote().has_value());
        hypergradientOf(p, *tuner);
        const auto note = tuner->takeNote();
        QVERIFY(note.has_value());
        QVERIFY2(note->find("negative curvature") != std::string::npos, note->c_str());
        hypergradientOf(p, *tuner);
        QVERIFY(!tuner->takeNote().has_value());
    }

    void aWarmStartSavesProducts() {
        Optimum p;
        const auto tuner = ready(p, {.options = ImplicitOptions{.iterations = 100, .tolerance = 1e-8}});
        const Tensor cold = hypergradientOf(p, *tuner);
        const double costs = tuner->validateCost();
        const Tensor warm = hypergradientOf(p, *tuner);
        // One product tells that nothing is left to do.
        QCOMPARE(tuner->validateCost(), 2.0 + 2.0 * 2);
        QVERIFY(costs > tuner->validateCost());
        QVERIFY(relativeDistance(warm, cold) < 1e-6);
    }

    void validationStepsMoveTheHyperparametersDownTheHypergradient() {
        Optimum p;
        TunerSpec spec{.options = ImplicitOptions{}};
        OptimizersSpec optimizers;
        optimizers.hyperparameters = {.type = OptimizerKind::sgd, .lr = 0.5};
        Implicit tuner(*p.problem, spec, optimizers);
        at::Generator generator = seeded(1);
        const double before = p.lambda().item<double>();
        // No Hessian before the first training step: the loss alone.
        const double loss = tuner.validate(p.validation, generator).item<double>();
        QCOMPARE(loss, p.validationLoss());
        QCOMPARE(p.lambda().item<double>(), before);
        tuner.train(p.train, generator);
        const double slope = hypergradientOf(p, tuner).item<double>();
        tuner.validate(p.validation, generator);
        QVERIFY(std::abs(p.lambda().item<double>() - (before - 0.5 * slope)) < 1e-6);
    }

    void whatIsNotFiniteIsRefusedBeforeItDoesHarm() {
        Optimum p;
        const auto tuner =
            ready(p, {.options = ImplicitOptions{
                          .inverse = InverseKind::neumann, .iterations = 2000, .neumannStep = 100}});
        at::Generator generator = seeded(1);
        const double before = p.lambda().item<double>();
        QVERIFY_EXCEPTION_THROWN(tuner->validate(p.validation, generator), Error);
        QCOMPARE(p.lambda().item<double>(), before);
    }

    void aStateThatIsNotItsOwnIsRefused() {
        Optimum p;
        const auto tuner = ready(p, {.options = ImplicitOptions{}});
        QVERIFY_EXCEPTION_THROWN(tuner->load({}), Error);
        QVERIFY_EXCEPTION_THROWN(
            tuner->load({{"solution.0", at::zeros({2})}, {"solution.1", at::zeros({1})}}), Error);
    }
};

DSTN_TEST(TestImplicit)
#include "tst_implicit.moc"
