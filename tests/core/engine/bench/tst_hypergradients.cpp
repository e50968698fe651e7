#include "core/engine/bench/hypergradient_comparison.h"
#include "core/engine/tuners/delta_stn.h"
#include "tests/core/engine/training/problems.h"
#include "tests/core/engine/tuners/ridge.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace dstn;

namespace {

/// Ridge regression with a decay for each feature, in full batches; λ is the decay's logarithm.
Experiment ridgeExperiment(const std::string& tuner) {
    Experiment experiment;
    experiment.name = "ridge";
    experiment.data = {.source = DataSource::syntheticRegression,
                       .validation = 0.5,
                       .examples = 200,
                       .features = 5,
                       .noise = 1.0};
    LinearPart linear{.out = 1, .response = ResponseKind::dense};
    for (int i = 0; i < 5; ++i) {
        const std::string name = "decay" + std::to_string(i);
        linear.weightDecay.push_back({.hyperparameter = name});
        experiment.hyperparameters.push_back(
            {.name = name, .initial = 0.1 + 0.2 * i, .scale = 0.15, .log = true});
    }
    experiment.model.parts = {linear};
    chooseTuner(experiment.tuner, tuner);
    experiment.tuner.warmupEpochs = 100'000;
    for (OptimizerSpec* optimizer : {&experiment.optimizers.general, &experiment.optimizers.response})
        *optimizer = {.type = OptimizerKind::sgd, .lr = 0.02, .momentum = 0.9};
    // One perturbation for the whole batch: with one for each example their noise would hide the response.
    experiment.tuner.perExample = false;
    experiment.trainBatch = experiment.validationBatch = 100;
    experiment.epochs = 100'000;
    experiment.device = "cpu";
    experiment.threads = 1;
    experiment.seed = 3;
    return experiment;
}

/// A run's checkpoint after so many steps.
Checkpoint trained(const Experiment& experiment, const Dataset& dataset, std::int64_t steps) {
    Training training(experiment, dataset, at::kCPU);
    while (training.stepsDone() < steps) {
        if (training.evaluationDue()) training.accept({.epoch = training.stepsDone()});
        training.step();
    }
    return training.save();
}

const Tensor& saved(const Checkpoint& checkpoint, const std::string& name) {
    for (const auto& [key, tensor] : checkpoint.tensors)
        if (key == name) return tensor;
    qFatal("the checkpoint has no %s", name.c_str());
}

const Hypergradient& method(const HypergradientReport& report, const std::string& name) {
    for (const Hypergradient& one : report.methods)
        if (one.method == name) return one;
    qFatal("there is no method %s", name.c_str());
}

std::vector<std::optional<double>> values(const Tensor& tensor) {
    const Tensor host = tensor.to(at::kDouble).contiguous();
    return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

std::string told(const Hypergradient& one) {
    std::string text = one.method + ":";
    for (const auto& value : one.values) text += " " + (value ? std::to_string(*value) : "-");
    return text + " " + one.note;
}

} // namespace

class TestHypergradients : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void cosinesCountWhatBothHave() {
        const std::optional<double> none;
        QCOMPARE(*cosine({3.0, 4.0}, {3.0, 4.0}), 1.0);
        QCOMPARE(*cosine({3.0, none, 4.0}, {4.0, 100.0, -3.0}), 0.0);
        QCOMPARE(*cosine({2.0}, {-0.5}), -1.0);
        QVERIFY(!cosine({none, 1.0}, {1.0, none}));
        QVERIFY(!cosine({0.0, 0.0}, {1.0, 1.0}));
        QVERIFY(!cosine({std::nan("")}, {1.0}));
    }

    /// At the inner optimum the hypergradient is known. T1-T2 takes the Hessian for a multiple of the
    /// identity, which it is only about.
    void allMethodsMeetTheClosedFormOnRidge() {
        Experiment experiment = ridgeExperiment("implicit");
        experiment.tuner.options = ImplicitOptions{.iterations = 200, .neumannStep = 0.2};
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const Checkpoint checkpoint = trained(experiment, dataset, 800);
        const HypergradientReport report =
            compareHypergradients(experiment, dataset, at::kCPU, checkpoint,
                                  {.fitSteps = 6000, .referenceSteps = 500, .examples = 1000});
        // Options are those of the run's own method: another report for another one.
        Experiment unrolling = experiment;
        unrolling.tuner.options = UnrolledOptions{.steps = 100};
        const HypergradientReport other = compareHypergradients(
            unrolling, dataset, at::kCPU, checkpoint, {.fitSteps = 1, .referenceSteps = 1, .examples = 1000});
        QCOMPARE(method(other, "unrolled").steps, 100);
        QCOMPARE(method(report, "unrolled").steps, UnrolledOptions{}.steps);
        QCOMPARE(report.step, 800);
        QCOMPARE(report.hyperparameters.size(), std::size_t{5});
        QVERIFY(std::abs(report.at[2] - 0.5) < 1e-6);

        const Ridge ridge(dataset);
        std::vector<double> decays;
        for (const Hyperparameter& h : experiment.hyperparameters) decays.push_back(h.initial);
        const Tensor lambda = at::log(at::tensor(decays, at::kDouble));
        const Tensor error = at::mm(ridge.validationX, ridge.weights(lambda)) - ridge.validationY;
        const Tensor byWeights =
            2.0 / static_cast<double>(error.size(0)) * at::mm(ridge.validationX.t(), error);
        const std::vector<std::optional<double>> exact =
            values(at::mm(ridge.jacobian(lambda).t(), byWeights).squeeze(1));
        for (const Hypergradient& each : report.methods) {
            const Hypergradient& one = each.method == "unrolled" ? method(other, "unrolled") : each;
            const std::optional<double> agreement = cosine(one.values, exact);
            QVERIFY2(agreement && *agreement > (one.method == "t1-t2" ? 0.9 : 0.99),
                     (told(one) + " " + std::to_string(agreement.value_or(0))).c_str());
            for (std::size_t i = 0; i < exact.size(); ++i)
                if (std::abs(*exact[i]) > 1e-3) QVERIFY2(*one.values[i] * *exact[i] > 0, told(one).c_str());
            QVERIFY2(one.note.empty(), one.note.c_str());
            QVERIFY(one.gradients > 0 && one.milliseconds > 0);
        }
        // Those without a response at hand say what it took to have one.
        QCOMPARE(method(report, "delta-stn").steps, 6000);
        QVERIFY(std::abs(method(report, "delta-stn").stepGradients - 6000 * 8.0 / 3) < 1e-6);
        QCOMPARE(method(report, "implicit-cg").steps, 0);
        QCOMPARE(method(report, "reference").steps, 500);
        QCOMPARE(method(report, "reference").gradients, 1.0 + 3.0 * 500);
        // Exact methods agree closely.
        const double exactOnes = cosine(method(report, "implicit-cg").values, exact).value_or(0);
        QVERIFY2(exactOnes > 0.9999, std::to_string(exactOnes).c_str());
        for (std::size_t i = 0; i < report.methods.size(); ++i) {
            QVERIFY(std::abs(*report.cosines[i][i] - 1) < 1e-12);
            for (std::size_t k = 0; k < i; ++k) QCOMPARE(*report.cosines[i][k], *report.cosines[k][i]);
        }
    }

    void implicitAndTheLongReferenceAgreeOnAPerceptron() {
        const Experiment experiment = parsed(R"({"schema": 1, "name": "perceptron",
            "data": {"source": "synthetic-classification", "examples": 160, "features": 4, "classes": 3, "validation": 0.5, "split": "random"},
            "model": {"parts": [{"type": "linear", "out": 5, "weight_decay": "first"}, {"type": "tanh"},
                                {"type": "linear", "out": 3, "weight_decay": "second"}]},
            "hyperparameters": [{"name": "first", "initial": 0.02, "log": true}, {"name": "second", "initial": 0.05, "log": true}],
            "tuner": {"type": "implicit", "iterations": 200, "warmup_epochs": 100000},
            "optimizers": {"general": {"type": "sgd", "lr": 0.1, "momentum": 0.9}},
            "batch": {"train": 80, "validation": 80}, "budget": {"epochs": 100000}, "device": "cpu", "threads": 1})");
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const HypergradientReport report =
            compareHypergradients(experiment, dataset, at::kCPU, trained(experiment, dataset, 3000),
                                  {.fitSteps = 1, .referenceSteps = 400, .examples = 1000});
        const auto &implicit = method(report, "implicit-cg"), &reference = method(report, "reference");
        const double agreement = cosine(implicit.values, reference.values).value_or(0);
        QVERIFY2(agreement > 0.99, (told(implicit) + " | " + told(reference)).c_str());
        for (std::size_t i = 0; i < 2; ++i)
            QVERIFY2(std::abs(*implicit.values[i] / *reference.values[i] - 1) < 0.1,
                     (told(implicit) + " | " + told(reference)).c_str());
    }

    /// Of its own kind a run has a response, which needs no fitting, at the weights that it belongs to.
    void aRunsOwnResponseIsTaken_data() {
        QTest::addColumn<QString>("type");
        for (const char* type : {"delta-stn", "stn", "hypernetwork"}) QTest::newRow(type) << type;
    }
    void aRunsOwnResponseIsTaken() {
        QFETCH(QString, type);
        Experiment experiment = ridgeExperiment(type.toStdString());
        experiment.tuner.warmupEpochs = 0;
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const Checkpoint checkpoint = trained(experiment, dataset, 60);
        const HypergradientReport report =
            compareHypergradients(experiment, dataset, at::kCPU, checkpoint,
                                  {.fitSteps = 2, .referenceSteps = 2, .examples = 1000});
        for (const char* each : {"delta-stn", "stn", "hypernetwork"})
            QCOMPARE(method(report, each).steps, type == each ? 0 : 2);

        // w(λ) and ∂w/∂λ of the checkpoint, [features] and [features, H].
        const Tensor lambda = saved(checkpoint, "lambda").to(at::kDouble);
        Tensor w = saved(checkpoint, "general.0.weight").to(at::kDouble).flatten(),
               b = saved(checkpoint, "general.0.bias").to(at::kDouble), jacobian, biasJacobian;
        if (type == "hypernetwork") { // the network's own tensors are at w(λ)
            const Tensor map = saved(checkpoint, "tuner.map").to(at::kDouble);
            jacobian = map.narrow(1, 0, 5).t();
            biasJacobian = map.narrow(1, 5, 1).t();
        } else {
            jacobian = saved(checkpoint, "response.0.response_weight").to(at::kDouble).squeeze(1).t();
            biasJacobian = saved(checkpoint, "response.0.response_bias").to(at::kDouble).t();
            if (type == "stn") {
                w = w + at::mv(jacobian, lambda);
                b = b + at::mv(biasJacobian, lambda);
            }
        }
        const DeviceData data(dataset, at::kCPU, at::kDouble);
        const Tensor x = data.validation.inputs,
                     error = at::mv(x, w) + b - data.validation.targets.squeeze(1);
        const Tensor byWeights = 2.0 / static_cast<double>(error.size(0)) * at::mv(x.t(), error);
        const Tensor byBias = 2.0 * error.mean(0, true);
        const auto near = [](const Hypergradient& found, const Tensor& expected) {
            for (std::int64_t i = 0; i < expected.size(0); ++i) {
                const double value = expected[i].item<double>(), scale = expected.abs().max().item<double>();
                QVERIFY2(std::abs(*found.values[static_cast<std::size_t>(i)] - value) < 1e-4 * scale,
                         (told(found) + " against " + std::to_string(value)).c_str());
            }
        };
        near(method(report, type.toStdString()),
             at::mv(jacobian.t(), byWeights) + at::mv(biasJacobian.t(), byBias));
        // The others stand at w(λ) too: α ∇_w L_V against the derivative of the decay's pull.
        near(method(report, "t1-t2"), -ImplicitOptions{}.neumannStep * byWeights * at::exp(lambda) * w);
    }

    void whatAMethodCannotTuneIsAbsent() {
        const QTemporaryDir folder;
        Experiment experiment = images(folder);
        experiment.tuner.options = DeltaStnOptions{};
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const HypergradientReport report =
            compareHypergradients(experiment, dataset, at::kCPU, trained(experiment, dataset, 4),
                                  {.fitSteps = 2, .referenceSteps = 2, .examples = 16});
        QCOMPARE(report.hyperparameters.size(), std::size_t{7});
        const Hypergradient &whole = method(report, "delta-stn"), &some = method(report, "implicit-cg"),
                            &none = method(report, "unrolled");
        for (std::size_t i = 0; i < 7; ++i) {
            QVERIFY2(whole.values[i].has_value(), told(whole).c_str());
            const std::string& name = report.hyperparameters[i];
            QVERIFY2(some.values[i].has_value() == (name == "decay" || name == "smoothing"),
                     told(some).c_str());
            QVERIFY(!none.values[i]);
        }
        QVERIFY2(some.note.find("no derivative with respect to channels") != std::string::npos,
                 some.note.c_str());
        QVERIFY2(none.note.find("sgd") != std::string::npos, none.note.c_str()); // it trains with adam
        QVERIFY(report.cosines[0][3].has_value() && !report.cosines[0].back().has_value());
    }

    void textsCarryTheirStates() {
        const QTemporaryDir folder;
        Experiment experiment = text(folder);
        experiment.optimizers.general = {.type = OptimizerKind::sgd, .lr = 0.1};
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const HypergradientReport report =
            compareHypergradients(experiment, dataset, at::kCPU, trained(experiment, dataset, 4),
                                  {.fitSteps = 9, .referenceSteps = 9, .examples = 16});
        for (const Hypergradient& one : report.methods)
            QVERIFY2(one.values[2] && std::isfinite(*one.values[2]), told(one).c_str()); // "tar"
    }

    void whatCannotBeComparedIsRefused() {
        const auto kind = [](const Experiment& experiment,
                             const Checkpoint& checkpoint) -> std::optional<ErrorKind> {
            const Dataset dataset = loadDataset(experiment.data, experiment.seed);
            try {
                compareHypergradients(experiment, dataset, at::kCPU, checkpoint, {});
            } catch (const Error& error) {
                return error.kind();
            }
            return {};
        };
        Experiment experiment = ridgeExperiment("implicit");
        experiment.tuner.options = ImplicitOptions{.iterations = 200, .neumannStep = 0.2};
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const Checkpoint checkpoint = trained(experiment, dataset, 2);
        Experiment still = experiment;
        for (Hyperparameter& h : still.hyperparameters) h.tune = false;
        QVERIFY(kind(still, checkpoint) == ErrorKind::usage);
        Experiment other = ridgeExperiment("delta-stn");
        QVERIFY(kind(other, checkpoint) == ErrorKind::archive); // it has no response
    }
};

DSTN_TEST(TestHypergradients)
#include "tst_hypergradients.moc"
