#include "core/engine/tuners/fixed.h"
#include "tests/core/engine/training/problems.h"
#include "tests/core/engine/tuners/double_problem.h"
#include "tests/program.h"

using namespace dstn;

namespace {

/// What every classifier of images here ends with.
Experiment imagesOf(const QTemporaryDir& folder, const std::string& parts) {
    Experiment experiment = images(folder);
    const Experiment other = described(R"({"schema": 1, "name": "parts",
        "data": {"source": "synthetic-classification", "split": "random"}, "model": {"parts": [)" +
                                       parts + R"(]}, "tuner": {"type": "fixed"}})");
    experiment.model = other.model;
    experiment.augmentation.clear();
    std::erase_if(experiment.hyperparameters,
                  [](const Hyperparameter& h) { return h.name != "decay" && h.name != "smoothing"; });
    experiment.tuner.options = ImplicitOptions{};
    return experiment;
}

Experiment tanhNet(const QTemporaryDir&) { return classifierExperiment("tanh"); }
Experiment reluNet(const QTemporaryDir&) { return classifierExperiment("relu"); }
Experiment geluNet(const QTemporaryDir&) { return classifierExperiment("gelu"); }
Experiment columnDecays(const QTemporaryDir& folder) {
    Experiment experiment = table(folder);
    experiment.tuner.options = ImplicitOptions{};
    return experiment;
}
Experiment pooledConvolution(const QTemporaryDir& folder) {
    return imagesOf(folder, R"({"type": "conv2d", "out": 4, "kernel": 3, "padding": 1}, {"type": "relu"},
        {"type": "max_pool2d"}, {"type": "dropout2d", "rate": 0.2},
        {"type": "conv2d", "out": 5, "kernel": 3, "padding": 1}, {"type": "relu"}, {"type": "max_pool2d"},
        {"type": "flatten"}, {"type": "dropout", "rate": 0.2}, {"type": "linear", "out": 3})");
}
Experiment normalisedConvolution(const QTemporaryDir& folder) {
    return imagesOf(folder,
                    R"({"type": "conv2d", "out": 4, "kernel": 3, "padding": 1}, {"type": "batch_norm"},
        {"type": "relu"}, {"type": "max_pool2d"}, {"type": "layer_norm"}, {"type": "avg_pool2d"},
        {"type": "flatten"}, {"type": "linear", "out": 6}, {"type": "batch_norm"}, {"type": "tanh"},
        {"type": "linear", "out": 3})");
}
Experiment residualNet(const QTemporaryDir& folder) {
    return imagesOf(folder, R"({"type": "conv2d", "out": 4, "kernel": 3, "padding": 1, "groups": 1},
        {"type": "residual_block", "out": 5, "stride": 2, "rate": 0.1}, {"type": "global_avg_pool2d"},
        {"type": "flatten"}, {"type": "linear", "out": 3})");
}
Experiment languageNet(const QTemporaryDir& folder) {
    Experiment experiment = text(folder);
    experiment.tuner.options = ImplicitOptions{};
    experiment.weightDecay = {{.hyperparameter = "decay"}};
    experiment.labelSmoothing = {.hyperparameter = "smoothing"};
    experiment.hyperparameters.push_back({.name = "decay", .initial = 0.01, .log = true});
    experiment.hyperparameters.push_back({.name = "smoothing", .initial = 0.1, .min = 0, .max = 0.5});
    return experiment;
}

} // namespace

class TestTrainingLoss : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void productsAreDerivativesOfTheGradient_data() {
        QTest::addColumn<Maker>("make");
        QTest::newRow("tanh") << Maker(tanhNet);
        QTest::newRow("relu") << Maker(reluNet);
        QTest::newRow("gelu") << Maker(geluNet);
        QTest::newRow("a decay for each feature") << Maker(columnDecays);
        QTest::newRow("convolution, ReLU and pool") << Maker(pooledConvolution);
        QTest::newRow("batch and layer norm") << Maker(normalisedConvolution);
        QTest::newRow("residual block") << Maker(residualNet);
        QTest::newRow("embedding and LSTM") << Maker(languageNet);
    }
    /// H p, p ∂²L/∂w∂λ and their mixture against central differences of the gradient, all dropout included.
    void productsAreDerivativesOfTheGradient() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        DoubleProblem p(make(folder));
        const KeptBatch kept(p.train, seeded(5));
        const std::vector<Tensor> direction = randomLike(p.weights, 1), start = p.copy();
        const auto gradientAt = [&](double alongW, std::int64_t h, double alongLambda) {
            std::vector<Tensor> moved = start;
            for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = moved[i] + alongW * direction[i];
            p.set(moved);
            if (alongLambda != 0) p.moveLambda(h, alongLambda);
            const Tensor gradient = flattened(TrainingLoss(*p.problem, kept).gradient());
            if (alongLambda != 0) p.moveLambda(h, -alongLambda);
            p.set(start);
            return gradient;
        };
        // All of it at the weights as they are, before they are moved for the differences.
        const TrainingLoss loss(*p.problem, kept);
        const auto [hessian, mixed] = loss.products(direction);
        QVERIFY(at::allclose(flattened(loss.hessianProduct(direction)), flattened(hessian), 1e-12, 1e-14));
        QVERIFY(at::allclose(loss.mixedProduct(direction), mixed, 1e-10, 1e-12));
        std::vector<Tensor> changes;
        for (std::int64_t h = 0; h < p.problem->space.size(); ++h)
            changes.push_back(flattened(loss.change(direction, h)));

        constexpr double step = 1e-5, near = 1e-6;
        const Tensor expected = (gradientAt(step, 0, 0) - gradientAt(-step, 0, 0)) / (2 * step);
        QVERIFY(expected.norm().item<double>() > 1e-3);
        const double apart = relativeDistance(flattened(hessian), expected);
        QVERIFY2(apart < near, qPrintable(QString::number(apart)));

        const Tensor flat = flattened(direction);
        for (std::int64_t h = 0; h < p.problem->space.size(); ++h) {
            const Tensor byLambda = (gradientAt(0, h, step) - gradientAt(0, h, -step)) / (2 * step);
            const double want = at::dot(byLambda, flat).item<double>(), got = mixed[h].item<double>();
            QVERIFY2(std::abs(got - want) < near * (std::abs(want) + byLambda.norm().item<double>()),
                     qPrintable(QString("%1: %2 against %3").arg(h).arg(got).arg(want)));
            const double off = relativeDistance(changes[static_cast<std::size_t>(h)], expected + byLambda);
            QVERIFY2(off < near, qPrintable(QString::number(off)));
        }
        QVERIFY(mixed.abs().max().item<double>() > 1e-6);
    }

    /// The same masks, loss and gradient as in the step that the batch was kept of, whose loops are others.
    void itIsTheLossOfTheStepItself_data() { productsAreDerivativesOfTheGradient_data(); }
    void itIsTheLossOfTheStepItself() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        const Experiment experiment = make(folder);
        DoubleProblem p(experiment);
        OptimizersSpec optimizers;
        optimizers.general = {.type = OptimizerKind::sgd, .lr = 1.0};
        Fixed tuner(*p.problem, experiment.tuner, optimizers);
        const KeptBatch kept(p.train, seeded(5));
        const std::vector<Tensor> before = p.copy();
        const TrainingLoss loss(*p.problem, kept);
        const std::vector<Tensor> gradient = loss.gradient();
        at::Generator generator = kept.generator();
        const TrainMetrics metrics = tuner.train(p.train, generator);
        QVERIFY(std::abs(metrics.loss.item<double>() - loss.value().item<double>()) < 1e-10);
        const Tensor step = flattened(before) - flattened(p.copy());
        QVERIFY2(relativeDistance(step, flattened(gradient)) < 1e-8,
                 qPrintable(QString::number(relativeDistance(step, flattened(gradient)))));
    }

    void runningStatisticsFollowTheStepsOwnPassAlone() {
        const QTemporaryDir folder;
        DoubleProblem p(normalisedConvolution(folder));
        const auto statistics = [&] {
            std::vector<Tensor> values;
            for (const auto& [name, tensor] : p.problem->network.buffers()) values.push_back(tensor.clone());
            return flattened(values);
        };
        const Tensor start = statistics();
        const KeptBatch kept(p.train, seeded(5));
        TrainingLoss(*p.problem, kept).products(randomLike(p.weights, 2));
        QVERIFY(at::equal(statistics(), start));
        const TrainingLoss tracked(*p.problem, kept.batch(), kept.generator(), {.trackStatistics = true});
        const Tensor once = statistics();
        QVERIFY(!at::equal(once, start));
        tracked.products(randomLike(p.weights, 2));
        QVERIFY(at::equal(statistics(), once));
    }

    void aKeptBatchComesBackFromItsState() {
        const QTemporaryDir folder;
        DoubleProblem p(languageNet(folder));
        Carry carry = p.problem->network.start(p.train.count());
        for (Tensor& state : carry.states) state.uniform_(-1, 1);
        p.train.before = &carry;
        const KeptBatch kept(p.train, seeded(5));
        for (Tensor& state : carry.states) state = at::zeros_like(state); // it has states of its own
        const KeptBatch again = KeptBatch::load(kept.state(), at::kCPU);
        const Tensor one = TrainingLoss(*p.problem, kept).value(),
                     two = TrainingLoss(*p.problem, again).value();
        QVERIFY(at::equal(one, two));
        QVERIFY(!at::equal(one, TrainingLoss(*p.problem, KeptBatch(p.train, seeded(5))).value()));
        NamedTensors damaged = kept.state();
        damaged.pop_back();
        damaged.erase(damaged.begin());
        QVERIFY_EXCEPTION_THROWN(KeptBatch::load(damaged, at::kCPU), Error);
    }

    void naturalValuesAreDifferentiable() {
        const std::vector<Hyperparameter> all{
            {.name = "free", .initial = 200},
            {.name = "low", .initial = 2, .min = 1},
            {.name = "high", .initial = 2, .max = 3},
            {.name = "unit", .initial = 0.3, .min = 0, .max = 0.5},
            {.name = "log", .initial = 1e-3, .log = true},
            {.name = "both", .initial = 0.1, .min = 1e-3, .max = 10, .log = true}};
        const Space space(all, at::kDouble, at::kCPU);
        const Tensor values = space.differentiableNatural(space.lambda());
        QVERIFY(at::allclose(values, space.natural(space.lambda()), 1e-14, 0));
        QVERIFY(!space.natural(space.lambda()).requires_grad());
        const Tensor slope = torch::autograd::grad({values.sum()}, {space.lambda()}).front();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto at = static_cast<std::int64_t>(i);
            const double expected = Transform(all[i]).derivative(space.lambda()[at].item<double>());
            QVERIFY(std::abs(slope[at].item<double>() / expected - 1) < 1e-12);
        }
        // An exponential that is not wanted overflows without a trace.
        const Space far({{.name = "far", .initial = 1e4}, {.name = "log", .initial = 1.0, .log = true}},
                        at::kFloat, at::kCPU);
        const Tensor there = far.differentiableNatural(far.lambda());
        QVERIFY(torch::autograd::grad({there.sum()}, {far.lambda()}).front().isfinite().all().item<bool>());
    }
};

DSTN_TEST(TestTrainingLoss)
#include "tst_training_loss.moc"
