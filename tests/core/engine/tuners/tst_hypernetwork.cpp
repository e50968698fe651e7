#include "core/engine/tuners/hypernetwork.h"
#include "tests/core/engine/tuners/double_problem.h"
#include "tests/core/engine/tuners/ridge.h"
#include "tests/program.h"

using namespace dstn;
using torch::autograd::grad;

namespace {

Experiment classifier() {
    Experiment experiment = classifierExperiment("tanh");
    experiment.tuner.options = HypernetworkOptions{};
    return experiment;
}

OptimizersSpec plain(double general, double response) {
    OptimizersSpec optimizers;
    optimizers.general = {.type = OptimizerKind::sgd, .lr = general};
    optimizers.response = {.type = OptimizerKind::sgd, .lr = response};
    optimizers.hyperparameters = optimizers.scales = {.type = OptimizerKind::sgd, .lr = 1.0};
    return optimizers;
}

/// The map written out with its losses, by autograd: the classifier above as functions of (b, Φ, λ').
struct Explicit {
    explicit Explicit(const Hypernetwork& tuner)
        : base(tuner.base().clone().requires_grad_(true)), map(tuner.map().clone().requires_grad_(true)) {}
    Tensor base, map;

    static Tensor outputs(const Tensor& w, const Tensor& x) {
        const Tensor first = w.narrow(0, 0, 20).view({5, 4}), bias = w.narrow(0, 20, 5),
                     second = w.narrow(0, 25, 15).view({3, 5}), last = w.narrow(0, 40, 3);
        return at::linear(at::tanh(at::linear(x, first, bias)), second, last);
    }
    Tensor weights(const Tensor& lambda) const { return base + at::mv(map.t(), lambda); }
    Tensor trainingLoss(const Tensor& lambda, const Batch& batch) const {
        const Tensor w = weights(lambda);
        const Tensor decay = at::exp(lambda[0]), smoothing = 0.5 * at::sigmoid(lambda[1]);
        const Tensor logs = -at::log_softmax(outputs(w, batch.inputs), 1);
        const Tensor right = logs.gather(1, batch.targets.unsqueeze(1)).squeeze(1);
        const Tensor squares = w.narrow(0, 0, 20).square().sum() + w.narrow(0, 25, 15).square().sum();
        return ((1 - smoothing) * right + smoothing * logs.mean(1)).mean() + 0.5 * decay * squares;
    }
    Tensor validationLoss(const Tensor& lambda, const Batch& batch) const {
        return at::cross_entropy_loss(outputs(weights(lambda), batch.inputs), batch.targets);
    }
};

/// n as a step with this generator draws it.
Tensor noiseOf(const Space& space, std::uint64_t seed) {
    at::Generator generator = seeded(seed);
    return space.noise(1, false, generator).squeeze(0);
}

} // namespace

class TestHypernetwork : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void itStartsAtTheNetworksWeights() {
        DoubleProblem p(classifier());
        const Tensor start = flattened(p.copy());
        Hypernetwork tuner(*p.problem, p.experiment.tuner, plain(0.1, 0.1));
        QVERIFY(at::equal(tuner.base(), start));
        QCOMPARE(tuner.map().abs().max().item<double>(), 0.0);
        QVERIFY(tuner.map().sizes() == at::IntArrayRef({2, 43}));
        QVERIFY(tuner.predict(p.validation).isfinite().all().item<bool>());
        QVERIFY(at::equal(flattened(p.copy()), start));
    }

    /// Two steps, so that the map is no longer zero in the second.
    void trainingStepsAreThoseOfTheMapWrittenOut() {
        DoubleProblem p(classifier());
        const double general = 0.2, response = 0.05;
        Hypernetwork tuner(*p.problem, p.experiment.tuner, plain(general, response));
        const Space& space = p.problem->space;
        for (const std::uint64_t seed : {1, 2, 3}) {
            const Explicit before(tuner);
            const Tensor lambda = (space.lambda() + space.perturbation(noiseOf(space, seed))).detach();
            const Tensor loss = before.trainingLoss(lambda, p.train);
            const variable_list expected = grad({loss}, {before.base, before.map});
            at::Generator generator = seeded(seed);
            const TrainMetrics metrics = tuner.train(p.train, generator);
            QVERIFY(std::abs(metrics.loss.item<double>() - loss.item<double>()) < 1e-12);
            QVERIFY(relativeDistance(before.base.detach() - tuner.base(), general * expected[0]) < 1e-10);
            QVERIFY(relativeDistance(before.map.detach() - tuner.map(), response * expected[1]) < 1e-10);
        }
        QVERIFY(tuner.map().abs().max().item<double>() > 1e-3);
    }

    void validationStepsAreThoseOfTheMapWrittenOut_data() {
        QTest::addColumn<bool>("tuneScales");
        QTest::newRow("σ learned") << true;
        QTest::newRow("σ fixed") << false;
    }
    void validationStepsAreThoseOfTheMapWrittenOut() {
        QFETCH(bool, tuneScales);
        DoubleProblem p(classifier());
        p.experiment.tuner.tuneScales = tuneScales;
        p.experiment.tuner.entropyWeight = 0.03;
        Hypernetwork tuner(*p.problem, p.experiment.tuner, plain(0.2, 0.05));
        for (const std::uint64_t seed : {1, 2, 3}) {
            at::Generator generator = seeded(seed);
            tuner.train(p.train, generator);
        }
        const Space& space = p.problem->space;
        const Explicit map(tuner);
        const Tensor noise = tuneScales ? noiseOf(space, 9) : at::zeros_like(space.lambda()).detach();
        const Tensor loss = map.validationLoss(space.lambda() + space.perturbation(noise), p.validation);
        const variable_list expected =
            tuneScales ? grad({loss - 0.03 * space.entropy()}, {space.lambda(), space.rawScale()})
                       : grad({loss}, {space.lambda()});
        const Tensor lambda = space.lambda().detach().clone(), raw = space.rawScale().detach().clone();
        at::Generator generator = seeded(9);
        const Tensor told = tuner.validate(p.validation, generator);
        QVERIFY(std::abs(told.item<double>() - loss.item<double>()) < 1e-12);
        QVERIFY(relativeDistance(lambda - space.lambda().detach(), expected[0]) < 1e-10);
        if (tuneScales)
            QVERIFY(relativeDistance(raw - space.rawScale().detach(), expected[1]) < 1e-10);
        else
            QVERIFY(at::equal(raw, space.rawScale().detach()));
    }

    void predictionsAreMadeAtTheHyperparametersAsTheyAre() {
        DoubleProblem p(classifier());
        Hypernetwork tuner(*p.problem, p.experiment.tuner, plain(0.2, 0.05));
        at::Generator generator = seeded(1);
        const auto expected = [&] {
            const Explicit map(tuner);
            return Explicit::outputs(map.weights(p.lambda().detach()), p.validation.inputs);
        };
        for (int i = 0; i < 3; ++i) tuner.train(p.train, generator);
        QVERIFY(at::allclose(tuner.predict(p.validation), expected(), 1e-12, 1e-14));
        p.moveLambda(0, 0.7); // by hand
        QVERIFY(at::allclose(tuner.predict(p.validation), expected(), 1e-12, 1e-14));
        tuner.validate(p.validation, generator);
        QVERIFY(at::allclose(tuner.predict(p.validation), expected(), 1e-12, 1e-14));
        // A checkpoint's weights are those too.
        tuner.train(p.train, generator);
        tuner.state();
        QVERIFY(at::allclose(Explicit::outputs(flattened(p.copy()), p.validation.inputs), expected(), 1e-12,
                             1e-14));
    }

    void learningRatesFollowTheSchedules() {
        DoubleProblem p(classifier());
        Hypernetwork tuner(*p.problem, p.experiment.tuner, plain(0.2, 0.05));
        at::Generator generator = seeded(1);
        tuner.train(p.train, generator);
        tuner.optimizers().general.setLr(1e-300);
        tuner.optimizers().response.setLr(1e-300);
        const Tensor base = tuner.base().clone(), map = tuner.map().clone();
        tuner.train(p.train, generator);
        QVERIFY(at::equal(tuner.base(), base));
        QVERIFY(at::equal(tuner.map(), map));
    }

    /// On ridge regression the map learns the tangent of the best response, and its slope is the closed
    /// form's.
    void onRidgeRegressionTheHypergradientTendsToTheClosedForm() {
        Experiment experiment = ridgeExperiment(1.0); // λ = 0
        experiment.tuner.options = HypernetworkOptions{};
        experiment.hyperparameters[0].scale = 0.1;
        DoubleProblem p(experiment);
        const Ridge ridge(p.dataset);
        const Tensor lambda = p.lambda().detach().clone();
        Hypernetwork tuner(*p.problem, experiment.tuner, plain(0.05, 2.0));
        constexpr double h = 1e-5;
        const double expected =
            ((ridge.validationLoss(lambda + h) - ridge.validationLoss(lambda - h)) / (2 * h)).item<double>();
        at::Generator generator = seeded(1);
        const auto apart = [&] {
            const double got = tuner.validationSlope(p.validation, lambda).lambda.item<double>();
            return std::abs(got / expected - 1);
        };
        for (int i = 0; i < 50; ++i) tuner.train(p.train, generator);
        const double early = apart();
        for (int i = 0; i < 3000; ++i) tuner.train(p.train, generator);
        const double late = apart();
        QVERIFY2(late < 0.03 && late < 0.3 * early, qPrintable(QString("%1 then %2").arg(early).arg(late)));
    }

    void statesThatAreNotItsOwnAreRefused() {
        DoubleProblem p(classifier());
        Hypernetwork tuner(*p.problem, p.experiment.tuner, plain(0.2, 0.05));
        QVERIFY_EXCEPTION_THROWN(tuner.load({}), Error);
        NamedTensors wrong = tuner.state();
        wrong[1].second = at::zeros({1, 43}, at::kDouble);
        QVERIFY_EXCEPTION_THROWN(tuner.load(wrong), Error);
    }
};

DSTN_TEST(TestHypernetwork)
#include "tst_hypernetwork.moc"
