#include "core/experiment/experiment.h"
#include "core/experiment/experiment_checks.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>

using namespace dstn;

namespace {

Experiment network() {
    const ParsedExperiment parsed = parseExperiment(R"({
        "schema": 1, "name": "network",
        "data": {"source": "synthetic-classification", "features": 20, "classes": 4},
        "model": {"parts": [{"type": "dropout", "rate": "rate"}, {"type": "linear", "out": 50}, {"type": "relu"},
                            {"type": "linear", "out": 4}]},
        "regularization": {"weight_decay": "decay"},
        "hyperparameters": [{"name": "rate", "initial": 0.2, "min": 0, "max": 0.9},
                            {"name": "decay", "initial": 0.001, "log": true}],
        "optimizers": {"general": {"type": "sgd", "momentum": 0}, "response": {"type": "sgd", "momentum": 0.9}},
        "batch": {"train": 32, "validation": 32}
    })");
    if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
    return *parsed.experiment;
}

DataInfo data() {
    DataInfo info;
    info.task = TaskKind::classification;
    info.input = {20};
    info.outputs = 4;
    info.train = 800;
    info.validation = 200;
    return info;
}

constexpr std::int64_t parameters = 20 * 50 + 50 + 50 * 4 + 4;

/// The message at the path; empty where there is none.
std::string messageAt(const std::vector<Mistake>& mistakes, const std::string& path) {
    const auto found = std::ranges::find(mistakes, path, &Mistake::path);
    return found == mistakes.end() ? std::string() : found->message;
}

bool says(const std::string& message, std::initializer_list<const char*> words) {
    return std::ranges::all_of(words,
                               [&](const char* word) { return message.find(word) != std::string::npos; });
}

} // namespace

class TestMethodValidation : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void whatHasADerivativeIsTunedAndTheRestHeld() {
        Experiment experiment = network();
        for (const char* tuner : {"implicit", "unrolled"}) {
            chooseTuner(experiment.tuner, tuner);
            QVERIFY2(validate(experiment).empty(), describe(validate(experiment)).c_str());
            QCOMPARE(experiment.tunedNames(), std::vector<std::string>{"decay"});
            QCOMPARE(experiment.heldNames(), std::vector<std::string>{"rate"});
            QCOMPARE(experiment.responseCount(), std::int64_t{0});
        }
        experiment.tuner.options = HypernetworkOptions{};
        QVERIFY(validate(experiment).empty() && validate(experiment, data()).empty());
        QCOMPARE(experiment.tunedNames(), (std::vector<std::string>{"rate", "decay"}));
        QCOMPARE(experiment.responseCount(), std::int64_t{0});
        experiment.tuner.options = StnOptions{};
        QCOMPARE(experiment.responseCount(), std::int64_t{2});
    }

    /// A number that is used where it has a derivative and where it has none has none.
    void oneUseWithoutADerivativeIsEnoughToHold() {
        Experiment experiment = network();
        experiment.labelSmoothing = {.hyperparameter = "rate"};
        experiment.tuner.options = ImplicitOptions{};
        QCOMPARE(experiment.heldNames(), std::vector<std::string>{"rate"});
    }

    void nothingWithADerivativeIsRefused() {
        for (const char* tuner : {"implicit", "unrolled"}) {
            Experiment experiment = network();
            chooseTuner(experiment.tuner, tuner);
            experiment.hyperparameters[1].tune = false;
            const std::string one = messageAt(validate(experiment), "tuner.type");
            QVERIFY2(says(one, {tuner, "\"rate\"", "no derivative with respect to the one hyperparameter",
                                "drops", "weight_decay", "another tuner"}),
                     one.c_str());
            std::get<DropoutPart>(experiment.model.parts[0]).rate = {.value = 0.1};
            experiment.model.parts.insert(experiment.model.parts.begin(),
                                          DropoutPart{{.hyperparameter = "rate"}});
            experiment.model.parts.insert(experiment.model.parts.begin(),
                                          DropoutPart{{.hyperparameter = "other"}});
            experiment.hyperparameters.push_back({.name = "other", .initial = 0.2, .min = 0, .max = 0.9});
            const std::string two = messageAt(validate(experiment), "tuner.type");
            QVERIFY2(says(two, {"\"rate\", \"other\"", "any of the hyperparameters"}), two.c_str());
            // Where nothing is to be tuned at all, that is what is said.
            for (Hyperparameter& h : experiment.hyperparameters) h.tune = false;
            QVERIFY(messageAt(validate(experiment), "tuner.type").empty());
            QVERIFY(says(messageAt(validate(experiment), "hyperparameters"), {"nothing to tune"}));
        }
    }

    void unrollingWantsPlainStepsOfSgd() {
        Experiment experiment = network();
        experiment.tuner.options = UnrolledOptions{};
        experiment.optimizers.general = {.type = OptimizerKind::sgd, .momentum = 0.9, .nesterov = true};
        QVERIFY(validate(experiment).empty());
        experiment.optimizers.general.clipNorm = 2;
        const std::string clipped = messageAt(validate(experiment), "optimizers.general.clip_norm");
        QVERIFY2(says(clipped, {"expected 0", "unrolled", "found 2", "implicit"}), clipped.c_str());
        experiment.optimizers.general = {.type = OptimizerKind::adam};
        const std::string adam = messageAt(validate(experiment), "optimizers.general.type");
        QVERIFY2(says(adam, {"expected \"sgd\"", "unrolled", "implicit"}), adam.c_str());
        experiment.tuner.options = ImplicitOptions{};
        QVERIFY(validate(experiment).empty());
    }

    void aHypernetworksMapThatIsTooLargeIsRefusedWithItsMemory() {
        Experiment experiment = network();
        experiment.tuner.options = HypernetworkOptions{};
        // 1000 · n + n + 4 · n + 4 parameters, two hyperparameters.
        const auto mistakes = [&](std::int64_t width) {
            std::get<LinearPart>(experiment.model.parts[1]).out = width;
            DataInfo wide = data();
            wide.input = {1000};
            return validate(experiment, wide);
        };
        constexpr std::int64_t widest = ((std::int64_t{1} << 27) - 4) / 1005;
        QVERIFY(mistakes(widest).empty());
        const std::string message = messageAt(mistakes(widest + 1), "tuner.type");
        // Map, gradient and momentum: three numbers of 4 bytes for each of 2^28 entries.
        QVERIFY2(says(message, {"268435456", "× 2 tuned hyperparameters", "3.0 GiB", "another tuner"}),
                 message.c_str());
        experiment.tuner.options = DeltaStnOptions{};
        QVERIFY(mistakes(widest + 1).empty());
    }

    void estimatesCountWhatTheMethodsKeep() {
        Experiment experiment = network();
        experiment.tuner.options = FixedOptions{};
        const auto bytes = [&] { return estimate(experiment, data()).memoryBytes; };
        const std::int64_t plain = bytes();
        constexpr std::int64_t inputs = 32 * 20;

        experiment.tuner.options =
            HypernetworkOptions{}; // b with its gradient; Φ with its gradient and momentum
        QCOMPARE(bytes() - plain, 4 * (2 * parameters + 3 * 2 * parameters));

        experiment.tuner.options = UnrolledOptions{.steps = 10};
        const std::int64_t ten = bytes();
        experiment.tuner.options = UnrolledOptions{.steps = 17};
        QCOMPARE(bytes() - ten, 4 * 7 * (parameters + inputs));
        experiment.tuner.options = UnrolledOptions{.mode = UnrollMode::forward};
        const std::int64_t one = bytes();
        std::get<LinearPart>(experiment.model.parts[3]).weightDecay = {{.hyperparameter = "second"}};
        experiment.hyperparameters.push_back({.name = "second", .initial = 0.001, .log = true});
        QCOMPARE(bytes() - one, 4 * 2 * parameters);

        experiment.tuner.options = ImplicitOptions{};
        QVERIFY(bytes() > plain + 4 * 6 * parameters);
    }

    void estimatesCountTheMethodsWork() {
        Experiment experiment = network();
        experiment.tuner.warmupEpochs = 0;
        experiment.tuner.options = FixedOptions{};
        const auto flops = [&] { return estimate(experiment, data()).trainingFlops; };
        const double plain = flops();
        experiment.tuner.options = ImplicitOptions{.inverse = InverseKind::neumann, .iterations = 4};
        const Estimate whole = estimate(experiment, data());
        // Every fifth step a validation step of 2 + 2 · 5 gradients on 32 examples, 6 products each.
        const double steps = static_cast<double>(whole.steps) / 5;
        const double expected = steps * 12 * 6 * static_cast<double>(whole.model.multiplications) * 32;
        QVERIFY(std::abs((flops() - plain) / expected - 1) < 1e-9);
    }
};

DSTN_TEST(TestMethodValidation)
#include "tst_method_validation.moc"
