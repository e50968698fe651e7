#include "core/engine/training/training.h"
#include "tests/core/engine/tuners/ridge.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>

using namespace dstn;

namespace {

/// The range of a decay per feature: useless features want an infinite one.
constexpr double lowest = 1e-3, highest = 10;

/// The linear experiment: full batches, so that the inner problem is a fixed quadratic.
Experiment linearExperiment(std::int64_t features, bool perFeature, double noise, std::int64_t epochs) {
    Experiment experiment;
    experiment.name = "ridge";
    experiment.data = {.source = DataSource::syntheticRegression,
                       .validation = 0.5,
                       .examples = 200,
                       .features = features,
                       .noise = noise};
    LinearPart linear{.out = 1};
    if (perFeature) {
        linear.response = ResponseKind::dense;
        for (std::int64_t i = 0; i < features; ++i) {
            const std::string name = "decay" + std::to_string(i);
            linear.weightDecay.push_back({.hyperparameter = name});
            experiment.hyperparameters.push_back(
                {.name = name, .initial = 0.1, .min = lowest, .max = highest, .scale = 0.15, .log = true});
        }
    } else {
        experiment.weightDecay = {{.hyperparameter = "decay"}};
        experiment.hyperparameters = {{.name = "decay", .initial = 0.01, .scale = 0.3, .log = true}};
    }
    experiment.model.parts = {linear};
    experiment.tuner.tuneScales = false;
    experiment.tuner.warmupEpochs = 200;
    for (OptimizerSpec* optimizer : {&experiment.optimizers.general, &experiment.optimizers.response})
        *optimizer = {.type = OptimizerKind::sgd, .lr = 0.05, .momentum = 0.9};
    experiment.optimizers.response.schedule = {.type = ScheduleKind::cosine};
    experiment.optimizers.hyperparameters.lr = 0.02;
    experiment.optimizers.hyperparameters.schedule = {.type = ScheduleKind::cosine};
    experiment.trainBatch = experiment.validationBatch = 100;
    experiment.epochs = epochs;
    experiment.device = "cpu";
    experiment.threads = 1;
    experiment.seed = 3;
    return experiment;
}

/// The same training loss with several perturbations of each example in a step, which average out.
Dataset repeated(const Dataset& dataset, int times) {
    Dataset result = dataset;
    for (int i = 1; i < times; ++i) {
        const auto append = [](std::vector<float>& to, const std::vector<float>& from) {
            to.insert(to.end(), from.begin(), from.end());
        };
        append(result.train.inputs, dataset.train.inputs);
        append(result.train.targets, dataset.train.targets);
    }
    result.train.count *= times;
    result.info.train = result.train.count;
    return result;
}

Tensor lambdaOf(const Training& training) {
    return training.problem().space.lambda().detach().to(at::kDouble);
}

Tensor response(const Training& training, const std::string& name) {
    for (const auto& [key, tensor] : training.problem().network.response())
        if (key == "0." + name) return tensor.detach().to(at::kDouble);
    return {};
}

double cosine(const Tensor& a, const Tensor& b) {
    return ((a * b).sum() / (a.norm() * b.norm())).item<double>();
}

void run(Training& training, std::int64_t epochs) {
    while (training.stepsDone() < epochs) {
        if (training.evaluationDue()) training.accept({.epoch = training.stepsDone()}); // for the schedules
        training.step();
    }
}

} // namespace

class TestRidge : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void theClosedFormIsRight() {
        const Experiment experiment = linearExperiment(8, true, 2.0, 1);
        const Ridge ridge(loadDataset(experiment.data, experiment.seed));
        const Tensor lambda = at::linspace(-3, 1, 8, at::kDouble);
        const Tensor w = ridge.weights(lambda);
        const Tensor gradient =
            2.0 / 100 * at::mm(ridge.x.t(), at::mm(ridge.x, w) - ridge.y) + at::exp(lambda).unsqueeze(1) * w;
        QVERIFY(gradient.abs().max().item<double>() < 1e-12);
        const double h = 1e-6;
        for (std::int64_t i = 0; i < 8; ++i) {
            Tensor step = at::zeros({8}, at::kDouble);
            step[i] = h;
            const Tensor expected =
                (ridge.weights(lambda + step) - ridge.weights(lambda - step)).squeeze(1) / (2 * h);
            QVERIFY(at::allclose(ridge.jacobian(lambda).select(1, i), expected, 1e-5, 1e-9));
        }
    }

    void oneGlobalDecayFindsItsOptimumAndTheResponseItsClosedForm() {
        const Experiment experiment = linearExperiment(40, false, 3.0, 4000);
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const Ridge ridge(dataset);
        Training training(experiment, dataset, at::kCPU);
        const double start = ridge.validationLoss(lambdaOf(training)).item<double>();
        run(training, experiment.epochs);

        double best = INFINITY;
        for (double lambda = -10; lambda <= 6; lambda += 0.001)
            best = std::min(best, ridge.validationLoss(at::full({1}, lambda, at::kDouble)).item<double>());
        const Tensor lambda = lambdaOf(training);
        const double reached = ridge.validationLoss(lambda).item<double>();
        QVERIFY2(start > 1.05 * best,
                 qPrintable(QString("the start is too good: %1 %2").arg(start).arg(best)));
        QVERIFY2(reached < 1.01 * best, qPrintable(QString("%1 against %2").arg(reached).arg(best)));

        // The learned Jacobian of the weights, u R, at the λ where the run ended.
        const Tensor learned =
            response(training, "bottleneck")[0][0] * response(training, "response_weight")[0];
        const double agreement = cosine(learned, ridge.jacobian(lambda).squeeze(1));
        QVERIFY2(agreement > 0.99, qPrintable(QString::number(agreement)));
        const double length = (learned.norm() / ridge.jacobian(lambda).norm()).item<double>();
        QVERIFY2(length > 0.8 && length < 1.2, qPrintable(QString::number(length)));
    }

    void oneDecayPerFeatureFindsItsOptimumWithTheDenseResponse() {
        Experiment experiment = linearExperiment(8, true, 1.0, 8000);
        experiment.data.examples = 40; // few, so that every decay matters
        experiment.validationBatch = 20;
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const Ridge ridge(dataset);
        const Dataset many = repeated(dataset, 25);
        experiment.trainBatch = many.train.count;
        Training training(experiment, many, at::kCPU);
        /// log decay and its derivative by the unconstrained value.
        const auto logDecay = [](const Tensor& u) {
            return std::log(lowest) + std::log(highest / lowest) * at::sigmoid(u);
        };
        const auto slope = [](const Tensor& u) {
            return std::log(highest / lowest) * at::sigmoid(u) * at::sigmoid(-u);
        };
        Tensor u = lambdaOf(training).clone().requires_grad_(true);
        const double start = ridge.validationLoss(logDecay(u)).item<double>();
        run(training, experiment.epochs);

        // Descent on the closed form from where the tuner started.
        Optimizer descent({.type = OptimizerKind::adam, .lr = 0.05}, {u});
        for (int i = 0; i < 3000; ++i)
            descent.step(torch::autograd::grad({ridge.validationLoss(logDecay(u))}, {u}));
        const double best = ridge.validationLoss(logDecay(u)).item<double>();
        const Tensor end = lambdaOf(training);
        const double reached = ridge.validationLoss(logDecay(end)).item<double>();
        QVERIFY2(start > 1.02 * best,
                 qPrintable(QString("the start is too good: %1 %2").arg(start).arg(best)));
        QVERIFY2(reached < 1.01 * best, qPrintable(QString("%1 against %2").arg(reached).arg(best)));

        const Tensor learned = response(training, "response_weight").squeeze(1).t(); // [features, H]
        const double agreement = cosine(learned, ridge.jacobian(logDecay(end)) * slope(end));
        QVERIFY2(agreement > 0.99, qPrintable(QString::number(agreement)));
    }
};

DSTN_TEST(TestRidge)
#include "tst_ridge.moc"
