#include "core/experiment/experiment.h"
#include "tests/program.h"

#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

using namespace dstn;
using nlohmann::ordered_json;

namespace {

/// A sound document to spoil.
const ordered_json& sound() {
    static const ordered_json document = ordered_json::parse(R"({
        "schema": 1,
        "name": "Sound",
        "data": {"source": "fashion-mnist", "validation": 0.15, "split": "tail", "normalize": "unit"},
        "model": {"parts": [
            {"type": "dropout2d", "rate": "rate"},
            {"type": "conv2d", "out": 8, "kernel": 3, "padding": 1},
            {"type": "relu"},
            {"type": "max_pool2d", "kernel": 2},
            {"type": "flatten"},
            {"type": "linear", "out": 10, "weight_decay": "decay"}]},
        "regularization": {"weight_decay": 0.001},
        "augmentation": [{"type": "cutout", "holes": "holes", "length": 4}],
        "hyperparameters": [
            {"name": "rate", "initial": 0.05, "min": 0, "max": 0.95},
            {"name": "decay", "initial": 0.01, "log": true},
            {"name": "holes", "initial": 1, "min": 0, "max": 5, "discrete": true}],
        "tuner": {"type": "delta-stn"},
        "optimizers": {"general": {"type": "sgd", "lr": 0.1, "momentum": 0.9}},
        "batch": {"train": 64},
        "budget": {"epochs": 3}
    })");
    return document;
}

/// The sound document with a JSON value at a pointer; "-" removes what is there.
std::string with(const char* pointer, const char* value) {
    ordered_json document = sound();
    const ordered_json::json_pointer place(pointer);
    if (std::string_view(value) == "-")
        document[place.parent_pointer()].erase(place.back());
    else
        document[place] = ordered_json::parse(value);
    return document.dump();
}

QString text(const std::vector<Mistake>& mistakes) { return QString::fromStdString(describe(mistakes)); }

bool hasMistake(const std::vector<Mistake>& mistakes, const char* path, const char* part) {
    return std::ranges::any_of(mistakes, [&](const Mistake& mistake) {
        return mistake.path == path && mistake.message.find(part) != std::string::npos;
    });
}

Experiment soundExperiment() { return parseExperiment(sound().dump()).experiment.value(); }

DataInfo images() {
    return {.input = {1, 28, 28},
            .task = TaskKind::classification,
            .outputs = 10,
            .train = 1000,
            .validation = 200,
            .test = 100,
            .classNames = {},
            .featureNames = {}};
}

/// A small reading of JSON Schema, with the words that ours uses.
bool fits(const ordered_json& schema, const ordered_json& value) {
    const auto count = [&](const ordered_json& choices) {
        return std::ranges::count_if(choices, [&](const ordered_json& one) { return fits(one, value); });
    };
    const auto isOf = [&](const std::string& type) {
        return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
               (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
               (type == "number" && value.is_number()) ||
               (type == "integer" && value.is_number() &&
                value.get<double>() == std::floor(value.get<double>()));
    };
    for (const auto& [word, rule] : schema.items()) {
        bool ok = true;
        if (word == "type")
            ok = rule.is_array() ? std::ranges::any_of(rule, [&](const ordered_json& t) { return isOf(t); })
                                 : isOf(rule);
        else if (word == "const")
            ok = value == rule;
        else if (word == "enum")
            ok = std::ranges::find(rule, value) != rule.end();
        else if (word == "oneOf")
            ok = count(rule) == 1;
        else if (word == "anyOf")
            ok = count(rule) >= 1;
        else if (word == "required")
            ok = std::ranges::all_of(rule, [&](const ordered_json& key) { return value.contains(key); });
        else if (word == "properties") {
            for (const auto& [key, inner] : rule.items())
                if (value.is_object() && value.contains(key)) ok = ok && fits(inner, value[key]);
        } else if (word == "additionalProperties") {
            if (value.is_object())
                for (const auto& [key, inner] : value.items()) ok = ok && schema["properties"].contains(key);
        } else if (word == "items")
            ok = !value.is_array() ||
                 std::ranges::all_of(value, [&](const ordered_json& item) { return fits(rule, item); });
        else if (word == "minItems")
            ok = !value.is_array() || value.size() >= rule.get<std::size_t>();
        else if (word == "maxItems")
            ok = !value.is_array() || value.size() <= rule.get<std::size_t>();
        else if (word == "minLength")
            ok = !value.is_string() || value.get<std::string>().size() >= rule.get<std::size_t>();
        else if (word == "minimum")
            ok = !value.is_number() || value.get<double>() >= rule.get<double>();
        else if (word == "maximum")
            ok = !value.is_number() || value.get<double>() <= rule.get<double>();
        else if (word == "exclusiveMinimum")
            ok = !value.is_number() || value.get<double>() > rule.get<double>();
        else if (word == "exclusiveMaximum")
            ok = !value.is_number() || value.get<double>() < rule.get<double>();
        else if (word == "pattern")
            ok = !value.is_string() || QRegularExpression(QString::fromStdString(rule.get<std::string>()))
                                           .match(QString::fromStdString(value.get<std::string>()))
                                           .hasMatch();
        if (!ok) return false;
    }
    return true;
}

} // namespace

class tst_experiment : public QObject {
    Q_OBJECT

  private slots:
    void everyOptionIsRead();
    void defaultsAreFilledIn();
    void writtenDocumentIsReadAsTheSameExperiment();
    void mistakeIsToldWithItsPlace_data();
    void mistakeIsToldWithItsPlace();
    void nothingElseIsToldBesideAMistake_data();
    void nothingElseIsToldBesideAMistake();
    void allMistakesAreToldInDocumentOrder();
    void brokenJsonIsToldWithLineAndColumn_data();
    void brokenJsonIsToldWithLineAndColumn();
    void cutDocumentNeverCrashes();
    void acceptableDocumentHasNoMistakes_data();
    void acceptableDocumentHasNoMistakes();
    void assignmentChangesTheDocument_data();
    void assignmentChangesTheDocument();
    void assignmentThatLeadsNowhereIsAMistake_data();
    void assignmentThatLeadsNowhereIsAMistake();
    void laterAssignmentWins();
    void anAssignedTypeTakesTheOptionsOfTheEarlierOneAlong_data();
    void anAssignedTypeTakesTheOptionsOfTheEarlierOneAlong();
    void anAssignedTypeExcusesNoOtherOption();
    void assignedValueIsCheckedAsADocumentIs_data();
    void assignedValueIsCheckedAsADocumentIs();
    void longListsOfNamesAreShortened();
    void experimentInMemoryIsCheckedAsADocumentIs();
    void optimizerStartsFromItsOwnDefaults();
    void heldHyperparametersAreNotTuned();
    void dataBringsMistakesToLight_data();
    void dataBringsMistakesToLight();
    void holesAreFilledWithTheMeanOfStandardisedImages();
    void splitIsAlwaysWritten();
    void soundExperimentFitsItsData();
    void everyPresetIsSoundAndSurvivesWriting();
    void theDefaultPresetComesFirst();
    void schemaAcceptsWhatTheReaderAccepts();
    void schemaRefusesWhatTheReaderRefuses_data();
    void schemaRefusesWhatTheReaderRefuses();
    void estimateCountsStepsMemoryAndWork();
    void largestBatchIsTheLastThatFits();
    void estimateFollowsTheOptimisersState();
    void estimateThatNoNumberHoldsIsTheLargest();
};

void tst_experiment::everyOptionIsRead() {
    const auto parsed = parseExperiment(R"({
        "schema": 1, "name": "All", "description": "Every option.\nTwo lines.",
        "data": {"source": "csv", "path": "x.csv", "validation": 0.25, "test": 0.1, "split": "tail",
                 "normalize": "none", "limit": 7, "delimiter": "tab", "header": false, "target": -1,
                 "task": "regression"},
        "model": {"parts": [
            {"type": "linear", "out": 3, "bias": false, "init": "orthogonal", "response": "dense",
             "weight_decay": ["w", 0.5]},
            {"type": "conv2d", "out": 4, "kernel": 5, "stride": 2, "padding": 1, "dilation": 3, "groups": 2,
             "bias": false, "init": "he_normal", "response": "dense", "weight_decay": 0.25},
            {"type": "relu"}, {"type": "gelu"}, {"type": "tanh"},
            {"type": "max_pool2d", "kernel": 3, "stride": 1, "padding": 1},
            {"type": "avg_pool2d", "kernel": 4, "stride": 2, "padding": 2},
            {"type": "flatten"}, {"type": "dropout", "rate": 0.5}, {"type": "dropout2d", "rate": 0.25},
            {"type": "batch_norm", "momentum": 0.2, "epsilon": 0.001, "weight_decay": "w"},
            {"type": "layer_norm", "epsilon": 0.01, "weight_decay": 0.5},
            {"type": "global_avg_pool2d"},
            {"type": "residual_block", "out": 6, "stride": 2, "rate": 0.5, "init": "xavier_uniform",
             "response": "dense", "weight_decay": "w"}]},
        "loss": "mse",
        "regularization": {"weight_decay": "w", "label_smoothing": 0.125},
        "augmentation": [{"type": "cutout", "holes": 2, "length": 6},
                         {"type": "horizontal_flip", "probability": 0.25}, {"type": "brightness", "strength": 0.5},
                         {"type": "contrast", "strength": 0.625}, {"type": "saturation", "strength": 0.75},
                         {"type": "hue", "turns": 0.375}, {"type": "rotation", "degrees": 30},
                         {"type": "translation", "fraction": 0.5}, {"type": "scale", "strength": 0.25},
                         {"type": "shear", "degrees": 15}, {"type": "noise", "deviation": 0.125},
                         {"type": "mixup", "alpha": 0.5}, {"type": "hue"}],
        "hyperparameters": [
            {"name": "w", "initial": 0.5, "min": 0.25, "max": 2, "scale": 0.75, "log": true},
            {"name": "v", "initial": 3, "min": 0, "discrete": true, "tune": false}],
        "tuner": {"type": "stn", "linearize": true, "tune_scales": false, "share_primal": true,
                  "perturbation": "batch", "entropy_weight": 0.5, "train_steps": 4, "validation_steps": 3,
                  "warmup_epochs": 1},
        "optimizers": {
            "general": {"type": "adamw", "lr": 0.5, "betas": [0.8, 0.95], "epsilon": 0.125,
                        "weight_decay": 0.25, "schedule": {"type": "cosine", "minimum": 0.0625}},
            "response": {"type": "sgd", "lr": 0.25, "momentum": 0.5, "nesterov": true,
                         "schedule": {"type": "step", "every": 3, "factor": 0.5}},
            "hyperparameters": {"type": "rmsprop", "lr": 0.125, "momentum": 0.25, "alpha": 0.5,
                                "epsilon": 0.5,
                                "schedule": {"type": "plateau", "factor": 0.25, "patience": 2, "minimum": 0.125}},
            "scales": {"type": "adam", "lr": 0.0625, "betas": [0.5, 0.75], "epsilon": 0.25}},
        "batch": {"train": 3, "validation": 5}, "budget": {"epochs": 11},
        "device": "cuda:1", "threads": 2, "seed": 18446744073709551615
    })",
                                        {{"augmentation[0].length", "v"}});
    QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
    const Tunable w{.hyperparameter = "w"};
    Experiment expected;
    expected.name = "All";
    expected.description = "Every option.\nTwo lines.";
    expected.data = DataSpec{.source = DataSource::csv,
                             .path = "x.csv",
                             .validation = 0.25,
                             .test = 0.1,
                             .split = SplitKind::tail,
                             .normalize = Normalize::none,
                             .limit = 7,
                             .delimiter = "tab",
                             .header = Header::absent,
                             .target = "-1",
                             .task = TaskKind::regression};
    expected.model.parts = {LinearPart{.out = 3,
                                       .bias = false,
                                       .init = Initialization::orthogonal,
                                       .response = ResponseKind::dense,
                                       .weightDecay = {w, Tunable{0.5}}},
                            Conv2dPart{.out = 4,
                                       .kernel = 5,
                                       .stride = 2,
                                       .padding = 1,
                                       .dilation = 3,
                                       .groups = 2,
                                       .bias = false,
                                       .init = Initialization::heNormal,
                                       .response = ResponseKind::dense,
                                       .weightDecay = {Tunable{0.25}}},
                            ReluPart{},
                            GeluPart{},
                            TanhPart{},
                            MaxPool2dPart{.kernel = 3, .stride = 1, .padding = 1},
                            AvgPool2dPart{.kernel = 4, .stride = 2, .padding = 2},
                            FlattenPart{},
                            DropoutPart{Tunable{0.5}},
                            Dropout2dPart{Tunable{0.25}},
                            BatchNormPart{.momentum = 0.2, .epsilon = 0.001, .weightDecay = {w}},
                            LayerNormPart{.epsilon = 0.01, .weightDecay = {Tunable{0.5}}},
                            GlobalAvgPool2dPart{},
                            ResidualBlockPart{.out = 6,
                                              .stride = 2,
                                              .rate = Tunable{0.5},
                                              .init = Initialization::xavierUniform,
                                              .response = ResponseKind::dense,
                                              .weightDecay = {w}}};
    expected.loss = LossKind::mse;
    expected.weightDecay = {w};
    expected.labelSmoothing = Tunable{0.125};
    expected.augmentation = {CutoutSpec{.holes = Tunable{2}, .length = Tunable{.hyperparameter = "v"}},
                             HorizontalFlipSpec{Tunable{0.25}},
                             BrightnessSpec{Tunable{0.5}},
                             ContrastSpec{Tunable{0.625}},
                             SaturationSpec{Tunable{0.75}},
                             HueSpec{Tunable{0.375}},
                             RotationSpec{Tunable{30}},
                             TranslationSpec{Tunable{0.5}},
                             ScaleSpec{Tunable{0.25}},
                             ShearSpec{Tunable{15}},
                             NoiseSpec{Tunable{0.125}},
                             MixupSpec{Tunable{0.5}},
                             HueSpec{}};
    expected.hyperparameters = {
        {.name = "w", .initial = 0.5, .min = 0.25, .max = 2.0, .scale = 0.75, .log = true},
        {.name = "v", .initial = 3, .min = 0.0, .discrete = true, .tune = false}};
    expected.tuner.options = StnOptions{};
    expected.tuner.tuneScales = false;
    expected.tuner.sharePrimal = true;
    expected.tuner.perExample = false;
    expected.tuner.entropyWeight = 0.5;
    expected.tuner.trainSteps = 4;
    expected.tuner.validationSteps = 3;
    expected.tuner.warmupEpochs = 1;
    expected.optimizers.general = {.type = OptimizerKind::adamw,
                                   .lr = 0.5,
                                   .beta1 = 0.8,
                                   .beta2 = 0.95,
                                   .epsilon = 0.125,
                                   .weightDecay = 0.25,
                                   .schedule = {.type = ScheduleKind::cosine, .minimum = 0.0625}};
    expected.optimizers.response = {.type = OptimizerKind::sgd,
                                    .lr = 0.25,
                                    .momentum = 0.5,
                                    .nesterov = true,
                                    .schedule = {.type = ScheduleKind::step, .every = 3, .factor = 0.5}};
    expected.optimizers.hyperparameters = {
        .type = OptimizerKind::rmsprop,
        .lr = 0.125,
        .momentum = 0.25,
        .alpha = 0.5,
        .epsilon = 0.5,
        .schedule = {.type = ScheduleKind::plateau, .factor = 0.25, .patience = 2, .minimum = 0.125}};
    expected.optimizers.scales = {
        .type = OptimizerKind::adam, .lr = 0.0625, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.25};
    expected.trainBatch = 3;
    expected.validationBatch = 5;
    expected.epochs = 11;
    expected.device = "cuda:1";
    expected.threads = 2;
    expected.seed = std::numeric_limits<std::uint64_t>::max();
    QCOMPARE(QString::fromStdString(toJson(*parsed.experiment)), QString::fromStdString(toJson(expected)));
    QVERIFY(*parsed.experiment == expected);
    QVERIFY(parseExperiment(toJson(expected)).experiment == expected);
}

void tst_experiment::defaultsAreFilledIn() {
    const auto parsed = parseExperiment(R"({"schema": 1, "data": {"source": "fashion-mnist"},
        "model": {"parts": [{"type": "linear", "out": 10}]}, "tuner": {"type": "fixed"}})");
    QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
    Experiment expected;
    expected.model.parts = {LinearPart{.out = 10}};
    expected.tuner.options = FixedOptions{};
    QVERIFY(*parsed.experiment == expected);
}

void tst_experiment::writtenDocumentIsReadAsTheSameExperiment() {
    Experiment experiment = soundExperiment();
    // Numbers without a short decimal form, and text that JSON must escape.
    experiment.optimizers.general.lr = 0.1 + 0.2;
    experiment.hyperparameters[1].initial = 1.0 / 3.0;
    experiment.hyperparameters[0].scale = 1e-30;
    experiment.name = "A \"quoted\" \\ näme Δ";
    experiment.seed = (1ULL << 63) + 1;
    const auto parsed = parseExperiment(toJson(experiment));
    QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
    QVERIFY(*parsed.experiment == experiment);
    QCOMPARE(toJson(*parsed.experiment), toJson(experiment));
}

/// What else is to be said of a row of the table of mistakes.
enum Also : unsigned {
    nothing = 0,
    notAlone = 1,    ///< other sentences are due too: a use or a declaration went with it
    beyondSchema = 2 ///< needs several places of the document, or a computation
};

/// The table of mistakes, without the rows that have one of the marks of `without`.
static void mistakeRows(unsigned without) {
    QTest::addColumn<QString>("document");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("part");
    const auto row = [&](const char* pointer, const char* value, const char* path, const char* part,
                         unsigned also = nothing) {
        if ((also & without) == 0)
            QTest::addRow("%s = %s", pointer, value)
                << QString::fromStdString(with(pointer, value)) << path << part;
    };
    // Wrong types
    row("/model/parts/1/kernel", "\"five\"", "model.parts[1].kernel",
        "expected a whole number from 1 to 1000000, found \"five\"");
    row("/model/parts/1/out", "null", "model.parts[1].out", "found null");
    row("/model/parts/1/out", "[8]", "model.parts[1].out", "found a list");
    row("/model/parts/1/out", "{}", "model.parts[1].out", "found an object");
    row("/model/parts/1/out", "true", "model.parts[1].out", "found true");
    row("/model/parts/1/out", "8.5", "model.parts[1].out", "found 8.5");
    row("/model/parts/1/out", "1e30", "model.parts[1].out", "found 1e30");
    row("/model/parts/1/out", "18446744073709551615", "model.parts[1].out", "found 18446744073709551615");
    row("/model/parts/1/bias", "1", "model.parts[1].bias", "expected true or false, found 1");
    row("/model/parts", "{}", "model.parts", "expected a list of objects, found an object");
    row("/model/parts/2", "\"relu\"", "model.parts[2]", "expected an object, found \"relu\"");
    row("/model", "[]", "model", "expected an object, found a list");
    row("/data", "\"fashion-mnist\"", "data", "expected an object, found \"fashion-mnist\"");
    row("/name", "5", "name", "found 5");
    row("/model/parts/0/rate", "[0.5]", "model.parts[0].rate",
        "or the name of a hyperparameter, found a list");
    row("/model/parts/5/weight_decay", "{}", "model.parts[5].weight_decay",
        "or a list of these, found an object", notAlone);
    row("/model/parts/5/weight_decay", "[0.1, null]", "model.parts[5].weight_decay[1]", "found null",
        notAlone);
    row("/model/parts/5/weight_decay", "[]", "model.parts[5].weight_decay", "found an empty list", notAlone);
    row("/model/parts/1/weight_decay", "[0.1]", "model.parts[1].weight_decay", "found a list");
    row("/hyperparameters/0/initial", "\"low\"", "hyperparameters[0].initial",
        "expected a number, found \"low\"");
    row("/hyperparameters/0/max", "null", "hyperparameters[0].max", "expected a number, found null");
    row("/seed", "-1", "seed", "expected a whole number from 0 to 18446744073709551615, found -1");
    row("/seed", "1.5", "seed", "found 1.5");
    row("/seed", "1e17", "seed", "to 18446744073709551615 with all its digits, found 1e17", beyondSchema);
    row("/data/limit", "1e17", "data.limit", "a whole number from 0 to 9007199254740992, found 1e17");
    row("/data/limit", "9007199254740993", "data.limit", "to 9007199254740992, found 9007199254740993",
        beyondSchema);
    row("/optimizers/general/schedule", R"({"type": "plateau", "patience": 1e17})",
        "optimizers.general.schedule.patience", "to 9007199254740992, found 1e17");
    row("/optimizers/general", R"({"type": "adam", "betas": [0.9]})", "optimizers.general.betas",
        "expected a list of two numbers");
    // Missing keys
    row("/schema", "-", "schema", "is missing: expected 1");
    row("/data", "-", "data", "is missing: expected an object");
    row("/data/source", "-", "data.source", "is missing: expected \"fashion-mnist\", \"idx\"");
    row("/model/parts", "-", "model.parts", "is missing");
    row("/model/parts/1/type", "-", "model.parts[1].type", "is missing: expected a type: linear, conv2d");
    row("/model/parts/1/out", "-", "model.parts[1].out", "is missing: expected a whole number");
    row("/model/parts/0/rate", "-", "model.parts[0].rate",
        "is missing: expected a number of at least 0 and below 1");
    row("/hyperparameters/0/name", "-", "hyperparameters[0].name", "is missing");
    row("/hyperparameters/0/initial", "-", "hyperparameters[0].initial", "is missing");
    row("/data", R"({"source": "csv"})", "data.path", "is missing: expected a path");
    row("/data", R"({"source": "idx", "path": ""})", "data.path",
        "expected a path without control characters, found an empty string");
    row("/data", R"({"source": "idx", "path": "a\u0000b"})", "data.path",
        "expected a path without control characters, found \"a\\x00b\"");
    row("/data/path", "\"a\\u001b[2J\"", "data.path", "found \"a\\x1b[2J\"");
    // Unknown keys and names
    row("/modle", "{}", "modle", "did you mean \"model\"?");
    row("/zzz", "{}", "zzz", "unknown key: expected schema, name");
    row("/model/parts/1/kernal", "3", "model.parts[1].kernal",
        "conv2d has no option \"kernal\": did you mean \"kernel\"?");
    row("/model/parts/5/kernel", "3", "model.parts[5].kernel", "linear has no option \"kernel\"");
    row("/model/parts/2/inplace", "true", "model.parts[2].inplace", "relu has no option \"inplace\"");
    row("/model/parts/1/type", "\"conv2\"", "model.parts[1].type", "did you mean \"conv2d\"?");
    row("/model/parts/1/type", "\"attention\"", "model.parts[1].type", "expected linear, conv2d");
    row("/model/parts/1/type", "7", "model.parts[1].type", "found 7");
    row("/augmentation/0/type", "\"cutot\"", "augmentation[0].type", "did you mean \"cutout\"?");
    row("/data/delimiter", "\"comma\"", "data.delimiter", "fashion-mnist has no option \"delimiter\"");
    row("/data/source", "\"mnist\"", "data.source", "found \"mnist\"");
    row("/data/split", "\"tial\"", "data.split",
        "expected \"auto\", \"given\", \"stratified\", \"random\" or \"tail\", found \"tial\"; did you mean "
        "\"tail\"?");
    row("/data", R"({"source": "csv", "path": "x", "header": "yes"})", "data.header",
        "expected \"auto\", true or false, found \"yes\"");
    row("/optimizers/general", R"({"type": "adam", "momentum": 0.9})", "optimizers.general.momentum",
        "adam has no option \"momentum\"");
    row("/optimizers/general/type", "\"sdg\"", "optimizers.general.type", "did you mean \"sgd\"?");
    row("/optimizers/general/schedule", R"({"type": "cosine", "every": 3})",
        "optimizers.general.schedule.every", "cosine has no option \"every\"");
    row("/tuner/type", "\"annealing\"", "tuner.type",
        "there is no tuner \"annealing\" in this program: expected delta-stn, stn, hypernetwork,");
    // Values out of range
    row("/augmentation/1", R"({"type": "horizontal_flip", "probability": 1.5})",
        "augmentation[1].probability", "found 1.5");
    row("/augmentation/1", R"({"type": "brightness", "strength": -0.1})", "augmentation[1].strength",
        "found -0.1");
    row("/augmentation/1", R"({"type": "hue", "turns": 0.6})", "augmentation[1].turns", "found 0.6");
    row("/augmentation/1", R"({"type": "rotation", "degrees": 200})", "augmentation[1].degrees", "found 200");
    row("/augmentation/1", R"({"type": "translation", "fraction": 2})", "augmentation[1].fraction",
        "found 2");
    row("/augmentation/1", R"({"type": "shear", "degrees": 90})", "augmentation[1].degrees", "found 90");
    row("/augmentation/1", R"({"type": "mixup", "alpha": -1})", "augmentation[1].alpha", "found -1");
    row("/augmentation/1", R"({"type": "mixup", "beta": 1})", "augmentation[1].beta",
        "mixup has no option \"beta\"");
    row("/regularization/label_smoothing", "1", "regularization.label_smoothing",
        "expected a number of at least 0 and below 1, found 1");
    row("/regularization/label_smoothing", "\"decay\"", "hyperparameters[1].max",
        "expected an upper end below 1", beyondSchema);
    row("/augmentation/1", R"({"type": "hue", "turns": "rate"})", "hyperparameters[0].max",
        "expected an upper end of at most 0.5: \"rate\" is used at augmentation[1].turns", beyondSchema);
    row("/augmentation/1", R"({"type": "horizontal_flip", "probability": "holes"})",
        "hyperparameters[2].discrete", "which takes fractions", notAlone | beyondSchema);
    row("/augmentation", R"([{"type": "mixup"}, {"type": "noise"}, {"type": "mixup"}])", "augmentation[2]",
        "expected at most one mixup", notAlone | beyondSchema);
    row("/schema", "2", "schema", "expected 1, found 2: the document was made for a newer version");
    row("/schema", "0", "schema", "expected 1, found 0");
    row("/schema", "\"1\"", "schema", "expected 1, found \"1\"");
    row("/model/parts/1/out", "0", "model.parts[1].out", "found 0");
    row("/model/parts/5/out", "-3", "model.parts[5].out", "found -3");
    row("/model/parts/5/out", "1000000000000", "model.parts[5].out", "found 1000000000000");
    row("/model/parts/1/kernel", "0", "model.parts[1].kernel", "found 0");
    row("/model/parts/1/padding", "-1", "model.parts[1].padding", "found -1");
    row("/model/parts/0/rate", "1", "model.parts[0].rate", "of at least 0 and below 1, found 1", notAlone);
    row("/model/parts/0/rate", "-0.1", "model.parts[0].rate", "found -0.1", notAlone);
    row("/model/parts/0/rate", "\"\"", "model.parts[0].rate", "found \"\"");
    row("/regularization/weight_decay", "-1", "regularization.weight_decay", "found -1");
    row("/augmentation/0/length", "2.5", "augmentation[0].length", "expected a whole number, found 2.5",
        beyondSchema);
    row("/augmentation/0/length", "-2", "augmentation[0].length", "found -2");
    row("/data/validation", "0", "data.validation", "expected a number above 0 and below 1, found 0");
    row("/data/validation", "1", "data.validation", "found 1");
    row("/data/limit", "-1", "data.limit", "found -1");
    row("/batch/train", "0", "batch.train", "found 0");
    row("/budget/epochs", "0", "budget.epochs", "found 0");
    row("/device", "\"gpu\"", "device", "expected \"auto\", \"cpu\", \"cuda\" or \"cuda:N\", found \"gpu\"");
    row("/device", "\"cuda:\"", "device", "found \"cuda:\"");
    row("/device", "\"cuda:x\"", "device", "found \"cuda:x\"");
    row("/threads", "-1", "threads", "found -1");
    row("/name", "\"\"", "name", "printable");
    row("/name", "\"a\\nb\"", "name", "printable");
    row("/description", "\"\\u0007\"", "description", "printable", beyondSchema);
    row("/optimizers/general/lr", "0", "optimizers.general.lr", "expected a number above 0, found 0");
    row("/optimizers/general/momentum", "1", "optimizers.general.momentum", "found 1");
    row("/optimizers/general/schedule", R"({"type": "step", "every": 0})",
        "optimizers.general.schedule.every", "found 0");
    row("/optimizers/general", R"({"type": "adam", "betas": [0.9, 1]})", "optimizers.general.betas",
        "found [0.9, 1]");
    row("/tuner/train_steps", "0", "tuner.train_steps", "found 0");
    row("/tuner/entropy_weight", "-1", "tuner.entropy_weight", "found -1");
    row("/tuner/warmup_epochs", "-1", "tuner.warmup_epochs", "found -1");
    // What does not go together
    row("/model/parts", "[]", "model.parts", "expected at least one part", notAlone | beyondSchema);
    row("/model/parts", R"([{"type": "flatten"}, {"type": "dropout", "rate": "rate"}])", "model.parts",
        "there is nothing to learn", notAlone | beyondSchema);
    row("/tuner", R"({"share_primal": true, "linearize": false})", "tuner.share_primal", "expected false",
        beyondSchema);
    row("/tuner", R"({"share_primal": true, "centered": false})", "tuner.share_primal", "tuner.centered",
        beyondSchema);
    row("/tuner", R"({"share_primal": true, "separate": false})", "tuner.share_primal", "tuner.separate",
        beyondSchema);
    const auto replay = [&](const char* steps, const char* values, const char* path, const char* part) {
        const std::string tuner =
            std::string(R"({"type": "replay", "steps": )") + steps + R"(, "values": [)" + values + "]}";
        row("/tuner", tuner.c_str(), path, part, beyondSchema);
    };
    const std::string rate = R"({"name": "rate", "values": [0.1, 0.2]}, )",
                      decay = R"({"name": "decay", "values": [0.1, 0.2]}, )",
                      holes = R"({"name": "holes", "values": [1, 2.5]})", all = rate + decay + holes;
    replay("[1, 5]", all.c_str(), "tuner.steps", "of which the first is 0, found 1 first");
    replay(
        "[]",
        R"({"name": "rate", "values": []}, {"name": "decay", "values": []}, {"name": "holes", "values": []})",
        "tuner.steps", "found an empty list");
    replay("[0, 0]", all.c_str(), "tuner.steps[1]", "a whole number above the one before it, 0, found 0");
    replay("[0, 2.5]", all.c_str(), "tuner.steps[1]", "found 2.5");
    replay("[0, 5]", (rate + decay.substr(0, decay.size() - 2)).c_str(), "tuner.values",
           "those of \"holes\" are missing");
    replay("[0, 5]", (rate + all).c_str(), "tuner.values[1].name", "found \"rate\" a second time");
    replay("[0, 5]", (R"({"name": "rte", "values": [1, 2]}, )" + all).c_str(), "tuner.values[0].name",
           "no hyperparameter \"rte\" is declared with \"tune\": true: did you mean \"rate\"?");
    replay("[0, 5]", (decay + holes + R"(, {"name": "rate", "values": [0.1]})").c_str(),
           "tuner.values[2].values", "a value for each of the 2 tuner.steps, found 1");
    replay("[0, 5]", (decay + holes + R"(, {"name": "rate", "values": [0.1, 0.95]})").c_str(),
           "tuner.values[2].values[1]", "above 0 and below 0.95, found 0.95");
    replay("[0, 5]", (rate + holes + R"(, {"name": "decay", "values": [-1, 2]})").c_str(),
           "tuner.values[2].values[0]", "inside the range of \"decay\", found -1");
    row("/optimizers/general", R"({"type": "sgd", "momentum": 0, "nesterov": true})",
        "optimizers.general.nesterov", "momentum above 0", beyondSchema);
    row("/optimizers/general/schedule", R"({"type": "cosine", "minimum": 0.2})",
        "optimizers.general.schedule.minimum", "at most lr, 0.1, found 0.2", beyondSchema);
    row("/data", R"({"source": "synthetic-classification", "classes": 200, "examples": 100})", "data.classes",
        "at most the 100 examples, found 200", beyondSchema);
    row("/data", R"({"source": "synthetic-regression", "features": 100000, "examples": 100000})",
        "data.examples", "at most 1e9, found 100000 × 100000", beyondSchema);
    row("/augmentation/0/holes", "1001", "augmentation[0].holes", "at most 1000, found 1001", notAlone);
    row("/hyperparameters/2/max", "-", "hyperparameters[2].max", "an upper end of at most 1000",
        beyondSchema);
    row("/hyperparameters/2/max", "2000", "hyperparameters[2].max", "found 2000", beyondSchema);
    // Hyperparameters
    row("/model/parts/0/rate", "\"rat\"", "model.parts[0].rate",
        "no hyperparameter \"rat\" is declared: did you mean \"rate\"?", notAlone | beyondSchema);
    row("/augmentation/0/length", "\"xyz\"", "augmentation[0].length", "expected rate, decay or holes",
        beyondSchema);
    row("/hyperparameters/3", R"({"name": "lonely", "initial": 1})", "hyperparameters[3].name",
        "nothing uses \"lonely\"", beyondSchema);
    row("/hyperparameters/3", R"({"name": "rate", "initial": 1})", "hyperparameters[3].name",
        "found \"rate\" a second time", beyondSchema);
    row("/hyperparameters/0/name", "\"a.b\"", "hyperparameters[0].name", "expected a name of 1 to 64",
        notAlone);
    row("/hyperparameters/0/name", "\"0\"", "hyperparameters[0].name", "beginning with a letter", notAlone);
    row("/hyperparameters/0/min", "0.95", "hyperparameters[0].max", "above min, 0.95, found 0.95",
        beyondSchema);
    row("/hyperparameters/0/min", "0.97", "hyperparameters[0].max", "above min, 0.97, found 0.95",
        beyondSchema);
    row("/hyperparameters/0/initial", "0", "hyperparameters[0].initial",
        "above 0 and below 0.95, found 0: the ends of the range cannot be reached", beyondSchema);
    row("/hyperparameters/0/initial", "0.95", "hyperparameters[0].initial", "found 0.95: the ends",
        beyondSchema);
    row("/hyperparameters/0/initial", "1.2", "hyperparameters[0].initial",
        "above 0 and below 0.95, found 1.2", beyondSchema);
    row("/hyperparameters/1", R"({"name": "decay", "initial": 0, "min": 0})", "hyperparameters[1].initial",
        "above 0, found 0", beyondSchema);
    row("/hyperparameters/0/scale", "0", "hyperparameters[0].scale",
        "expected a number above 0 and of at most 100, found 0");
    row("/hyperparameters/0/scale", "-1", "hyperparameters[0].scale", "found -1");
    row("/hyperparameters/1/initial", "0", "hyperparameters[1].initial",
        "above 0 on a logarithmic scale, found 0", beyondSchema);
    row("/hyperparameters/1/min", "0", "hyperparameters[1].min", "above 0 on a logarithmic scale, found 0",
        beyondSchema);
    row("/hyperparameters/1/max", "-1", "hyperparameters[1].max", "above 0 on a logarithmic scale, found -1",
        beyondSchema);
    row("/hyperparameters/0/max", "1", "hyperparameters[0].max", "expected an upper end below 1",
        beyondSchema);
    row("/hyperparameters/0/max", "-", "hyperparameters[0].max", "\"rate\" is used at model.parts[0].rate",
        beyondSchema);
    row("/hyperparameters/0/min", "-", "hyperparameters[0].min", "expected a lower end of at least 0",
        beyondSchema);
    row("/hyperparameters/0/min", "-0.5", "hyperparameters[0].min", "found -0.5", beyondSchema);
    row("/hyperparameters/0/discrete", "true", "hyperparameters[0].discrete", "which takes fractions",
        beyondSchema);
    row("/hyperparameters/1/log", "false", "hyperparameters[1].min",
        "\"decay\" is used at model.parts[5].weight_decay, where a number of at least 0 is expected",
        beyondSchema);
    row("/hyperparameters/2/min", "-1", "hyperparameters[2].min",
        "\"holes\" is used at augmentation[0].holes", beyondSchema);
    row("/hyperparameters/0", R"({"name": "rate", "initial": 1.5, "tune": false})", "hyperparameters[0].max",
        "below 1", beyondSchema);
}

void tst_experiment::mistakeIsToldWithItsPlace_data() { mistakeRows(nothing); }

void tst_experiment::mistakeIsToldWithItsPlace() {
    QFETCH(QString, document);
    QFETCH(QString, path);
    QFETCH(QString, part);
    const auto parsed = parseExperiment(document.toStdString());
    QVERIFY(!parsed.experiment);
    QVERIFY2(hasMistake(parsed.mistakes, qPrintable(path), part.toUtf8()), qPrintable(text(parsed.mistakes)));
}

void tst_experiment::nothingElseIsToldBesideAMistake_data() { mistakeRows(notAlone); }

void tst_experiment::nothingElseIsToldBesideAMistake() {
    QFETCH(QString, document);
    const auto parsed = parseExperiment(document.toStdString());
    QVERIFY2(parsed.mistakes.size() == 1, qPrintable(text(parsed.mistakes)));
}

void tst_experiment::allMistakesAreToldInDocumentOrder() {
    ordered_json document = sound();
    document["data"]["validation"] = 2;
    document["model"]["parts"][1]["out"] = 0;
    document["model"]["parts"][3]["kernel"] = "two";
    document["model"]["parts"][5].erase("out");
    document["hyperparameters"][0]["initial"] = 3;
    document["tuner"]["steps"] = 1;
    document["budget"]["epochs"] = -1;
    document["nmae"] = 1;
    std::vector<std::string> paths;
    for (const Mistake& mistake : parseExperiment(document.dump()).mistakes) paths.push_back(mistake.path);
    const std::vector<std::string> expected{"data.validation",
                                            "model.parts[1].out",
                                            "model.parts[3].kernel",
                                            "model.parts[5].out",
                                            "hyperparameters[0].initial",
                                            "tuner.steps",
                                            "budget.epochs",
                                            "nmae"};
    QCOMPARE(paths, expected);
}

void tst_experiment::brokenJsonIsToldWithLineAndColumn_data() {
    QTest::addColumn<QByteArray>("document");
    QTest::addColumn<QString>("part");
    QTest::newRow("empty") << QByteArray() << "line 1, column 1";
    QTest::newRow("no colon") << QByteArray("{\"schema\": 1,\n \"name\" 3}") << "line 2, column 9";
    QTest::newRow("cut") << QByteArray("{\"schema\": 1,\n \"name\": \"x") << "line 2, column 12";
    QTest::newRow("trailing comma") << QByteArray("{\"schema\": 1,}") << "line 1, column 14";
    QTest::newRow("NaN") << QByteArray("{\"schema\": NaN}") << "line 1, column 12";
    QTest::newRow("infinity") << QByteArray("{\"schema\": Infinity}") << "line 1, column 12";
    QTest::newRow("overflow") << QByteArray("{\n\"schema\": 1e999}") << "number overflow parsing '1e999'";
    QTest::newRow("two documents") << QByteArray("{} {}") << "line 1, column 4";
    QTest::newRow("invalid UTF-8") << QByteArray("{\"name\": \"\xff\"}") << "line 1, column 11";
    QTest::newRow("comment") << QByteArray("{ // no\n}") << "line 1, column 3";
    QTest::newRow("zero byte") << QByteArray("{\"a\": \0}", 8) << "line 1, column 7";
}

void tst_experiment::brokenJsonIsToldWithLineAndColumn() {
    QFETCH(QByteArray, document);
    QFETCH(QString, part);
    const auto parsed = parseExperiment(document.toStdString());
    QVERIFY(!parsed.experiment);
    QCOMPARE(parsed.mistakes.size(), std::size_t{1});
    QVERIFY2(hasMistake(parsed.mistakes, "", part.toUtf8()), qPrintable(text(parsed.mistakes)));
    QVERIFY(hasMistake(parsed.mistakes, "", "this is not valid JSON"));
}

void tst_experiment::cutDocumentNeverCrashes() {
    const std::string whole = sound().dump();
    for (std::size_t length = 0; length < whole.size(); ++length)
        QVERIFY(!parseExperiment(whole.substr(0, length)).experiment);
    QVERIFY(parseExperiment(whole).experiment);

    const auto twice =
        parseExperiment(R"({"schema": 1, "data": {"source": "idx", "source": "csv"}, "schema": 1})");
    QVERIFY(hasMistake(twice.mistakes, "data.source", "occurs twice"));
    QVERIFY(hasMistake(twice.mistakes, "schema", "occurs twice"));
    QVERIFY(!twice.experiment);
    QVERIFY(hasMistake(parseExperiment("[1]").mistakes, "", "expected an object, found a list"));
    const auto deep = parseExperiment(std::string(100'000, '['));
    QVERIFY(describe(deep.mistakes).find("nested too deeply") != std::string::npos);
}

void tst_experiment::acceptableDocumentHasNoMistakes_data() {
    QTest::addColumn<QString>("document");
    const auto row = [](const char* pointer, const char* value) {
        QTest::addRow("%s = %s", pointer, value) << QString::fromStdString(with(pointer, value));
    };
    row("/name", "\"Sound\"");
    row("/model/parts/1/out", "8.0");
    row("/model/parts/1/out", "1e1");
    row("/seed", "18446744073709551615");
    row("/description", "\"two\\nlines\"");
    row("/device", "\"cuda:12\"");
    row("/hyperparameters/0/tune", "false");
    row("/hyperparameters/0", R"({"name": "rate", "initial": 0.3, "tune": false})");
    row("/hyperparameters/0", R"({"name": "rate", "initial": 0.3, "log": true, "max": 0.9})");
    row("/hyperparameters/1", R"({"name": "decay", "initial": 0.3, "min": 0})");
    row("/hyperparameters/1", R"({"name": "decay", "initial": 0.3, "min": 0.1, "max": 0.5, "log": true})");
    row("/model/parts/5/weight_decay", R"(["decay", 0.5])");
    row("/data", R"({"source": "csv", "path": "x.csv", "target": 3, "header": true})");
    row("/data", R"({"source": "synthetic-classification", "classes": 10})");
    row("/tuner/type", "\"fixed\"");
    row("/tuner/type", "\"stn\"");
}

void tst_experiment::acceptableDocumentHasNoMistakes() {
    QFETCH(QString, document);
    const auto parsed = parseExperiment(document.toStdString());
    QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
    QVERIFY(validate(*parsed.experiment).empty());
    QVERIFY(parseExperiment(toJson(*parsed.experiment)).experiment == parsed.experiment);
}

void tst_experiment::assignmentChangesTheDocument_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("pointer");
    QTest::addColumn<QString>("written");
    QTest::newRow("number") << "budget.epochs"
                            << "12"
                            << "/budget/epochs"
                            << "12";
    QTest::newRow("index") << "model.parts[5].out"
                           << "7"
                           << "/model/parts/5/out"
                           << "7";
    QTest::newRow("bare text") << "name"
                               << "My run"
                               << "/name"
                               << "\"My run\"";
    QTest::newRow("digits as a text") << "name"
                                      << "2024"
                                      << "/name"
                                      << "\"2024\"";
    QTest::newRow("quoted text") << "name"
                                 << "\"x\""
                                 << "/name"
                                 << "\"x\"";
    QTest::newRow("name for a number") << "augmentation[0].length"
                                       << "holes"
                                       << "/augmentation/0/length"
                                       << "\"holes\"";
    QTest::newRow("by name") << "hyperparameters.decay.initial"
                             << "0.5"
                             << "/hyperparameters/1/initial"
                             << "0.5";
    QTest::newRow("by index") << "hyperparameters[1].initial"
                              << "0.5"
                              << "/hyperparameters/1/initial"
                              << "0.5";
    QTest::newRow("absent object") << "optimizers.scales.lr"
                                   << "0.25"
                                   << "/optimizers/scales/lr"
                                   << "0.25";
    QTest::newRow("absent deep object") << "optimizers.response.schedule.type"
                                        << "cosine"
                                        << "/optimizers/response/schedule/type"
                                        << "\"cosine\"";
    QTest::newRow("whole object") << "optimizers.general"
                                  << R"({"type": "adam"})"
                                  << "/optimizers/general/type"
                                  << "\"adam\"";
    QTest::newRow("boolean") << "tuner.tune_scales"
                             << "false"
                             << "/tuner/tune_scales"
                             << "false";
}

void tst_experiment::assignmentChangesTheDocument() {
    QFETCH(QString, path);
    QFETCH(QString, value);
    QFETCH(QString, pointer);
    QFETCH(QString, written);
    const auto parsed = parseExperiment(sound().dump(), {{path.toStdString(), value.toStdString()}});
    QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
    const auto document = ordered_json::parse(toJson(*parsed.experiment));
    const std::string at = document[ordered_json::json_pointer(pointer.toStdString())].dump();
    QCOMPARE(QString::fromStdString(at), written);
}

void tst_experiment::assignmentThatLeadsNowhereIsAMistake_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("mistake");
    QTest::addColumn<QString>("part");
    QTest::newRow("unknown key") << "budgte.epochs"
                                 << "budgte"
                                 << "did you mean \"budget\"?";
    QTest::newRow("unknown inner key") << "budget.epoch"
                                       << "budget.epoch"
                                       << "did you mean \"epochs\"?";
    QTest::newRow("index too large") << "model.parts[6].out"
                                     << "model.parts[6].out"
                                     << "model.parts has 6 entries";
    QTest::newRow("no such name") << "hyperparameters.rat.initial"
                                  << "hyperparameters.rat.initial"
                                  << "did you mean \"rate\"?";
    QTest::newRow("into a list") << "model.parts.out"
                                 << "model.parts.out"
                                 << "write model.parts[0]";
    QTest::newRow("into a number") << "budget.epochs.x"
                                   << "budget.epochs.x"
                                   << "budget.epochs has no entries";
    QTest::newRow("index of an object") << "budget[0]"
                                        << "budget[0]"
                                        << "budget is not a list";
    QTest::newRow("open bracket") << "model.parts["
                                  << "model.parts["
                                  << "expected a path";
    QTest::newRow("no number") << "model.parts[x].out"
                               << "model.parts[x].out"
                               << "expected a path";
    QTest::newRow("negative") << "model.parts[-1].out"
                              << "model.parts[-1].out"
                              << "expected a path";
    QTest::newRow("huge") << "model.parts[99999999999999999999].out"
                          << "model.parts[99999999999999999999].out"
                          << "expected a path";
    QTest::newRow("empty") << ""
                           << ""
                           << "expected a path";
    QTest::newRow("dots") << "budget..epochs"
                          << "budget..epochs"
                          << "expected a path";
    QTest::newRow("wrong type") << "model.parts[5].out"
                                << "model.parts[5].out"
                                << "found \"x\"";
}

void tst_experiment::assignmentThatLeadsNowhereIsAMistake() {
    QFETCH(QString, path);
    QFETCH(QString, mistake);
    QFETCH(QString, part);
    const auto parsed = parseExperiment(sound().dump(), {{path.toStdString(), "x"}});
    QVERIFY(!parsed.experiment);
    QVERIFY2(parsed.mistakes.size() == 1 && hasMistake(parsed.mistakes, qPrintable(mistake), part.toUtf8()),
             qPrintable(text(parsed.mistakes)));
}

void tst_experiment::laterAssignmentWins() {
    const auto parsed = parseExperiment(
        sound().dump(), {{"budget.epochs", "5"}, {"budget.epochs", "6"}, {"name", "7"}, {"name", "eight"}});
    QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
    QCOMPARE(parsed.experiment->epochs, std::int64_t{6});
    QCOMPARE(parsed.experiment->name, std::string("eight"));

    const auto digits = parseExperiment(sound().dump(), {{"name", "eight"}, {"name", "7"}});
    QVERIFY2(digits.experiment, qPrintable(text(digits.mistakes)));
    QCOMPARE(digits.experiment->name, std::string("7"));
    // What was given within a place goes with it.
    const auto whole = parseExperiment(
        sound().dump(),
        {{"data", R"({"source": "csv", "path": "x"})"}, {"data.path", "5"}, {"data.path", "6"}});
    QVERIFY2(whole.experiment, qPrintable(text(whole.mistakes)));
    QCOMPARE(whole.experiment->data.path, std::string("6"));
    const auto replaced =
        parseExperiment(sound().dump(), {{"data.path", "5"}, {"data", R"({"source": "csv", "path": 6})"}});
    QVERIFY2(hasMistake(replaced.mistakes, "data.path", "expected a path"),
             qPrintable(text(replaced.mistakes)));
}

void tst_experiment::anAssignedTypeTakesTheOptionsOfTheEarlierOneAlong_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("type");
    QTest::newRow("tuner") << "tuner.type"
                           << "stn";
    QTest::newRow("optimiser") << "optimizers.general.type"
                               << "adamw";
    QTest::newRow("data") << "data.source"
                          << "synthetic-regression";
    QTest::newRow("part") << "model.parts[0].type"
                          << "relu";
}

/// Of a document as the program writes it, with every option of every type.
void tst_experiment::anAssignedTypeTakesTheOptionsOfTheEarlierOneAlong() {
    QFETCH(QString, path);
    QFETCH(QString, type);
    const std::string written = toJson(*parseExperiment(sound().dump()).experiment);
    const auto parsed = parseExperiment(written, {{path.toStdString(), type.toStdString()}});
    // Other mistakes, such as a loss that does not suit the data, are none of an option that is unknown.
    for (const Mistake& mistake : parsed.mistakes)
        QVERIFY2(!QString::fromStdString(mistake.message).contains("no option") &&
                     !QString::fromStdString(mistake.message).contains("unknown key"),
                 qPrintable(text(parsed.mistakes)));
    if (path != "data.source" && path != "model.parts[0].type")
        QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
}

void tst_experiment::anAssignedTypeExcusesNoOtherOption() {
    const auto misspelt = parseExperiment(with("/tuner/centred", "true"), {{"tuner.type", "stn"}});
    QVERIFY2(hasMistake(misspelt.mistakes, "tuner.centred", "unknown key"),
             qPrintable(text(misspelt.mistakes)));
    const auto given = parseExperiment(with("/tuner/centered", "true"),
                                       {{"tuner.type", "stn"}, {"tuner.separate", "false"}});
    QCOMPARE(given.mistakes.size(), std::size_t{1});
    QVERIFY2(hasMistake(given.mistakes, "tuner.separate", "unknown key"), qPrintable(text(given.mistakes)));
    const auto kept = parseExperiment(with("/tuner/trials", "7"), {{"tuner.type", "delta-stn"}});
    QVERIFY2(hasMistake(kept.mistakes, "tuner.trials", "unknown key"), qPrintable(text(kept.mistakes)));
    const auto unassigned = parseExperiment(with("/tuner/trials", "7"), {{"budget.epochs", "4"}});
    QVERIFY2(hasMistake(unassigned.mistakes, "tuner.trials", "unknown key"),
             qPrintable(text(unassigned.mistakes)));
}

void tst_experiment::assignedValueIsCheckedAsADocumentIs_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("mistake");
    QTest::addColumn<QString>("part");
    QTest::newRow("key twice") << "data"
                               << R"({"source": "csv", "source": "idx"})"
                               << "data.source"
                               << "occurs twice";
    QTest::newRow("key twice in a list") << "model.parts"
                                         << R"([{"type": "relu", "type": "tanh"}])"
                                         << "model.parts[0].type"
                                         << "occurs twice";
    QTest::newRow("key twice below a name") << "hyperparameters.rate"
                                            << R"({"name": "a", "name": "b"})"
                                            << "hyperparameters[0].name"
                                            << "occurs twice";
    const QString deep = QString(100'000, '[') + QString(100'000, ']');
    QTest::newRow("deep") << "data" << deep << "data" + QStringLiteral("[0]").repeated(32)
                          << "nested too deeply";
}

void tst_experiment::assignedValueIsCheckedAsADocumentIs() {
    QFETCH(QString, path);
    QFETCH(QString, value);
    QFETCH(QString, mistake);
    QFETCH(QString, part);
    const auto parsed = parseExperiment(sound().dump(), {{path.toStdString(), value.toStdString()}});
    QVERIFY(!parsed.experiment);
    QVERIFY2(parsed.mistakes.size() == 1 && hasMistake(parsed.mistakes, qPrintable(mistake), part.toUtf8()),
             qPrintable(text(parsed.mistakes)));
}

void tst_experiment::longListsOfNamesAreShortened() {
    ordered_json document = sound();
    for (int i = 0; i < 1000; ++i)
        document["hyperparameters"].push_back({{"name", "h" + std::to_string(i)}, {"initial", 1}});
    const auto parsed = parseExperiment(document.dump(), {{"hyperparameters.zzzzzzzz.initial", "1"}});
    const auto mistake =
        std::ranges::find(parsed.mistakes, "hyperparameters.zzzzzzzz.initial", &Mistake::path);
    QVERIFY(mistake != parsed.mistakes.end());
    QVERIFY2(mistake->message.ends_with("h15, h16, … (1003 in all)"), mistake->message.c_str());
}

void tst_experiment::experimentInMemoryIsCheckedAsADocumentIs() {
    Experiment experiment = soundExperiment();
    QVERIFY(validate(experiment).empty());
    experiment.name.clear();
    experiment.epochs = 0;
    experiment.optimizers.general.lr = std::numeric_limits<double>::quiet_NaN();
    experiment.hyperparameters[0].initial = std::numeric_limits<double>::infinity();
    experiment.hyperparameters[0].max = 0.0;
    experiment.weightDecay = {Tunable{1}, Tunable{2}};
    std::get<LinearPart>(experiment.model.parts[5]).out = 0;
    std::vector<std::string> paths;
    for (const Mistake& mistake : validate(experiment)) paths.push_back(mistake.path);
    const std::vector<std::string> expected{"name",
                                            "model.parts[5].out",
                                            "regularization.weight_decay",
                                            "hyperparameters[0].initial",
                                            "optimizers.general.lr",
                                            "budget.epochs"};
    QCOMPARE(paths, expected);
}

void tst_experiment::optimizerStartsFromItsOwnDefaults() {
    const auto general = [](const char* json) {
        return parseExperiment(with("/optimizers/general", json)).experiment.value().optimizers.general;
    };
    // The place's own optimiser keeps the place's defaults; another one has its own.
    QVERIFY(
        (general("{\"lr\": 0.5}") == OptimizerSpec{.type = OptimizerKind::sgd, .lr = 0.5, .momentum = 0.9}));
    QVERIFY((general("{\"type\": \"adam\"}") == OptimizerSpec{.type = OptimizerKind::adam, .lr = 0.001}));
    QVERIFY(
        (general("{\"type\": \"rmsprop\"}") == OptimizerSpec{.type = OptimizerKind::rmsprop, .lr = 0.01}));
}

void tst_experiment::heldHyperparametersAreNotTuned() {
    Experiment experiment = soundExperiment();
    QCOMPARE(experiment.tunedNames(), (std::vector<std::string>{"rate", "decay", "holes"}));
    experiment.hyperparameters[1].tune = false;
    QCOMPARE(experiment.tunedNames(), (std::vector<std::string>{"rate", "holes"}));
    experiment.tuner.options = FixedOptions{};
    QVERIFY(experiment.tunedNames().empty());
    QVERIFY(validate(experiment).empty());
    experiment.tuner.options = StnOptions{};
    for (Hyperparameter& h : experiment.hyperparameters) h.tune = false;
    QVERIFY(hasMistake(validate(experiment), "hyperparameters", "nothing to tune"));
}

void tst_experiment::dataBringsMistakesToLight_data() {
    QTest::addColumn<QString>("document");
    QTest::addColumn<QString>("data");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("part");
    const auto row = [](const char* pointer, const char* value, const char* data, const char* path,
                        const char* part) {
        QTest::addRow("%s = %s, %s", pointer, value, data)
            << QString::fromStdString(with(pointer, value)) << data << path << part;
    };
    row("/model/parts/5/out", "7", "", "model.parts[5].out",
        "expected 10, one for each class of the data, found 7");
    row("/model/parts/5/out", "11", "", "model.parts[5].out",
        "expected 10, one for each class of the data, found 11");
    row("/model/parts/6", R"({"type": "relu"})", "classes", "model.parts[5].out", "expected 12");
    row("/name", "\"named\"", "named", "model.parts[5].out",
        "expected 7, one for each class of the data, found 10; the classes are cat, dog, eel, fox, gnu, …, "
        "as y "
        "holds words");
    row("/name", "\"not named\"", "not named", "model.parts[5].out",
        "expected 3, one for each class of the data, found 10; data.task says so");
    row("/augmentation/1", R"({"type": "brightness"})", "standardised", "augmentation[1]",
        "brightness needs to know black and white, and the images' numbers, from -3.500 to 4.250, lie "
        "neither "
        "in");
    row("/augmentation/1", R"({"type": "noise"})", "standardised", "augmentation[1]", "noise needs to know");
    row("/augmentation/1", R"({"type": "hue"})", "standardised colours", "augmentation[1]",
        "hue needs to know");
    row("/name", "\"holes\"", "standardised", "augmentation[0]", "cutout needs to know");
    row("/model/parts/1/kernel", "31", "", "model.parts[1].kernel",
        "fits its input [1, 28, 28] with padding 1");
    row("/model/parts/1/dilation", "20", "", "model.parts[1].kernel", "reaches over 41 pixels");
    row("/model/parts/3/kernel", "29", "", "model.parts[3].kernel", "reaches over 29 pixels");
    row("/model/parts/3/padding", "2", "", "model.parts[3].padding", "at most half the kernel, 1, found 2");
    row("/model/parts/1/groups", "2", "", "model.parts[1].groups",
        "a divisor of the 1 input and 8 output channels");
    row("/model/parts/4", R"({"type": "relu"})", "", "model.parts[5]",
        "linear takes [features] or [time, features], found [8, 14, 14]: add a flatten before it");
    row("/model/parts/5", R"({"type": "relu"})", "", "model.parts", "end the model with a linear part");
    row("/model/parts/5/weight_decay", R"(["decay", 0.1])", "", "model.parts[5].weight_decay",
        "one for each of the 1568 input features, found 2");
    row("/model/parts/5/response", "\"dense\"", "huge", "model.parts[5].response", "use \"structured\"");
    row("/batch/train", "1001", "", "batch.train", "at most the 1000 training examples, found 1001");
    row("/batch/validation", "201", "", "batch.validation", "at most the 200 validation examples, found 201");
    row("/loss", "\"mse\"", "", "loss", "for classification data");
    row("/loss", "\"cross-entropy\"", "regression", "loss", "for regression data");
    row("/name", "\"flat data\"", "flat", "model.parts[0]", "dropout2d takes images");
    row("/name", "\"flat data\"", "flat", "augmentation[0]", "cutout needs images");
    row("/augmentation/1", R"({"type": "horizontal_flip"})", "flat", "augmentation[1]",
        "horizontal flip needs images [channels, height, width], and the data's examples are [784]");
    row("/augmentation/1", R"({"type": "hue"})", "", "augmentation[1]",
        "hue needs images with three colour channels");
    row("/augmentation/1", R"({"type": "saturation"})", "", "augmentation[1]",
        "saturation needs images with three colour channels");
    row("/augmentation/1", R"({"type": "mixup"})", "language", "augmentation[1]",
        "a text consists of tokens");
    row("/regularization/label_smoothing", "0.1", "regression", "regularization.label_smoothing",
        "expected 0 for regression data, which has no classes, found 0.1");
    row("/regularization/label_smoothing", "\"rate\"", "regression", "regularization.label_smoothing",
        "found \"rate\"");
    row("/name", "\"no training\"", "no training", "data.validation", "no example is left for training");
    row("/name", "\"no validation\"", "no validation", "data.validation", "no example is held out");
}

void tst_experiment::dataBringsMistakesToLight() {
    QFETCH(QString, document);
    QFETCH(QString, data);
    QFETCH(QString, path);
    QFETCH(QString, part);
    const auto parsed = parseExperiment(document.toStdString());
    // A part of weights may be gone, which leaves a hyperparameter unused; only the data matters here.
    Experiment experiment = parsed.experiment ? *parsed.experiment : soundExperiment();
    if (!parsed.experiment) experiment.model.parts[5] = ReluPart{};
    DataInfo info = images();
    if (data == "classes") info.outputs = 12;
    if (data == "regression") info.task = TaskKind::regression;
    if (data == "language") info.task = TaskKind::language;
    if (data == "flat") info.input = {784};
    if (data == "huge") info.input = {1, 1000, 1000};
    if (data == "named") {
        info.outputs = 7;
        info.classNames = {"cat", "dog", "eel", "fox", "gnu", "hen", "yak"};
        info.taskReason = "y holds words";
    }
    if (data == "not named") {
        info.outputs = 3;
        info.taskReason = "data.task says so";
    }
    if (data.startsWith("standardised")) info.pixels = {.least = -3.5, .most = 4.25, .known = false};
    if (data.endsWith("colours")) info.input = {3, 28, 28};
    if (data == "no training") info.train = 0;
    if (data == "no validation") info.validation = 0;
    const auto mistakes = validate(experiment, info);
    QVERIFY2(hasMistake(mistakes, qPrintable(path), part.toUtf8()), qPrintable(text(mistakes)));
}

void tst_experiment::holesAreFilledWithTheMeanOfStandardisedImages() {
    DataInfo info = images();
    info.pixels = {.least = -3.5, .most = 4.25, .known = false};
    Experiment experiment = soundExperiment();
    QVERIFY(hasMistake(validate(experiment, info), "augmentation[0]", "cutout needs to know"));
    experiment.data.normalize = Normalize::standardize;
    QCOMPARE(text(validate(experiment, info)), QString());
}

void tst_experiment::splitIsAlwaysWritten() {
    // What a document says holds whatever the default of a later version is.
    Experiment experiment = soundExperiment();
    experiment.data.split = SplitKind::automatic;
    QVERIFY(toJson(experiment).find("\"split\": \"auto\"") != std::string::npos);
    for (const Preset& preset : presets()) {
        const auto data = ordered_json::parse(preset.json)["data"];
        QVERIFY2(data["source"] == "text" || data.contains("split"), preset.id.c_str());
    }
}

void tst_experiment::soundExperimentFitsItsData() {
    QCOMPARE(text(validate(soundExperiment(), images())), QString());
}

void tst_experiment::everyPresetIsSoundAndSurvivesWriting() {
    QVERIFY(presets().size() >= 4);
    for (const Preset& preset : presets()) {
        const auto parsed = parseExperiment(preset.json);
        QVERIFY2(parsed.experiment, qPrintable(text(parsed.mistakes)));
        QVERIFY2(!preset.description.empty(), preset.id.c_str());
        QCOMPARE(preset.title, parsed.experiment->name);
        QVERIFY(parseExperiment(toJson(*parsed.experiment)).experiment == parsed.experiment);
        QCOMPARE(findPreset(preset.id), &preset);

        // The data that the preset names, by its own numbers.
        const DataSpec& spec = parsed.experiment->data;
        DataInfo data = images();
        if (const auto declared = declaredDataset(spec)) {
            data = *declared;
        } else if (spec.source == DataSource::csv) {
            data.input = {8};
            data.outputs = 1;
            data.task = TaskKind::regression;
            data.train = 500;
            data.validation = 130;
        } else if (spec.source == DataSource::text) {
            data.input = {spec.sequence};
            data.task = TaskKind::language;
            data.outputs = data.vocabulary = 4'000;
            data.train = 40'000;
            data.validation = 8'000;
        } else {
            data.input = {spec.features};
            data.outputs = spec.source == DataSource::syntheticRegression ? 1 : spec.classes;
            data.task = spec.source == DataSource::syntheticRegression ? TaskKind::regression
                                                                       : TaskKind::classification;
            data.train = static_cast<std::int64_t>(static_cast<double>(spec.examples) * (1 - spec.test) *
                                                   (1 - spec.validation));
            data.validation = static_cast<std::int64_t>(static_cast<double>(spec.examples) * (1 - spec.test) *
                                                        spec.validation);
        }
        QCOMPARE(text(validate(*parsed.experiment, data)), QString());
    }
}

void tst_experiment::theDefaultPresetComesFirst() {
    QCOMPARE(presets().front().id, std::string("fashion-mnist-cnn"));
    QCOMPARE(findPreset("no-such-preset"), nullptr);
    for (const char* id : {"fashion-mnist-cnn", "fashion-mnist-mlp", "fashion-mnist-logistic", "ridge",
                           "quickstart", "uci-linear", "cifar10-alexnet", "cifar10-vgg16", "cifar10-resnet18",
                           "text-lstm", "text-lstm-small"})
        QVERIFY2(findPreset(id) != nullptr, id);
}

void tst_experiment::schemaAcceptsWhatTheReaderAccepts() {
    const auto schema = ordered_json::parse(experimentSchema());
    QCOMPARE(schema["$schema"].get<std::string>(),
             std::string("https://json-schema.org/draft/2020-12/schema"));
    QVERIFY(fits(schema, sound()));
    for (const Preset& preset : presets()) {
        QVERIFY2(fits(schema, ordered_json::parse(preset.json)), preset.id.c_str());
        const Experiment experiment = *parseExperiment(preset.json).experiment;
        QVERIFY2(fits(schema, ordered_json::parse(toJson(experiment))), preset.id.c_str());
    }
}

void tst_experiment::schemaRefusesWhatTheReaderRefuses_data() { mistakeRows(beyondSchema); }

void tst_experiment::schemaRefusesWhatTheReaderRefuses() {
    QFETCH(QString, document);
    const auto schema = ordered_json::parse(experimentSchema());
    QVERIFY(!fits(schema, ordered_json::parse(document.toStdString())));
}

void tst_experiment::estimateCountsStepsMemoryAndWork() {
    Experiment experiment = soundExperiment();
    const Estimate tuned = estimate(experiment, images());
    QVERIFY(tuned.model.ok);
    // 1000 examples in batches of 64: 15 whole ones and a rest.
    QCOMPARE(tuned.stepsPerEpoch, std::int64_t{16});
    QCOMPARE(tuned.steps, std::int64_t{48});
    QCOMPARE(tuned.model.parameters, std::int64_t{8 * 9 + 8 + 1568 * 10 + 10});

    experiment.tuner.options = FixedOptions{};
    const Estimate fixed = estimate(experiment, images());
    QCOMPARE(fixed.model.responseParameters, std::int64_t{0});
    QVERIFY(fixed.memoryBytes < tuned.memoryBytes);
    // Plain: three passes of two operations a multiply-add for training, one for evaluating.
    const double multiplications = static_cast<double>(fixed.model.multiplications);
    QCOMPARE(fixed.trainingFlops, 3 * (6 * multiplications * 1000 + 2 * multiplications * 300));
    QVERIFY(tuned.trainingFlops > 2.4 * fixed.trainingFlops && tuned.trainingFlops < 3 * fixed.trainingFlops);

    DataInfo larger = images();
    larger.train += 1000;
    // Pixels as float and a label.
    QCOMPARE(estimate(experiment, larger).memoryBytes - fixed.memoryBytes,
             std::int64_t{1000 * (784 * 4 + 8)});
}

void tst_experiment::largestBatchIsTheLastThatFits() {
    const Experiment experiment = soundExperiment();
    const auto needed = [&](std::int64_t batch) {
        Experiment with = experiment;
        with.trainBatch = batch;
        with.validationBatch = std::min(experiment.validationBatch, batch);
        return static_cast<double>(estimate(with, images()).memoryBytes);
    };
    QCOMPARE(largestBatch(experiment, images(), needed(37)), std::int64_t{37});
    QCOMPARE(largestBatch(experiment, images(), needed(38) - 1), std::int64_t{37});
    QCOMPARE(largestBatch(experiment, images(), needed(1) - 1), std::int64_t{0});
    // No batch is larger than what there is to train on.
    QCOMPARE(largestBatch(experiment, images(), 1e18), images().train);
}

void tst_experiment::estimateFollowsTheOptimisersState() {
    Experiment experiment = soundExperiment();
    experiment.tuner.options = FixedOptions{};
    const auto memory = [&](OptimizerSpec optimizer) {
        experiment.optimizers.general = optimizer;
        return estimate(experiment, images()).memoryBytes;
    };
    const std::int64_t parameters = estimate(experiment, images()).model.parameters;
    const std::int64_t plain = memory({.type = OptimizerKind::sgd});
    QCOMPARE(memory({.type = OptimizerKind::sgd, .momentum = 0.9}) - plain, 4 * parameters);
    QCOMPARE(memory({.type = OptimizerKind::rmsprop}) - plain, 4 * parameters);
    QCOMPARE(memory({.type = OptimizerKind::rmsprop, .momentum = 0.5}) - plain, 8 * parameters);
    QCOMPARE(memory({.type = OptimizerKind::adam}) - plain, 8 * parameters);
    QCOMPARE(memory({.type = OptimizerKind::adamw}) - plain, 8 * parameters);
}

void tst_experiment::estimateThatNoNumberHoldsIsTheLargest() {
    Experiment experiment = soundExperiment();
    experiment.trainBatch = std::int64_t{1} << 60;
    QCOMPARE(estimate(experiment, images()).memoryBytes, std::numeric_limits<std::int64_t>::max());
}

DSTN_TEST(tst_experiment)
#include "tst_experiment.moc"
