#include "core/engine/tuners/delta_stn.h"
#include "core/engine/tuners/stn.h"
#include "tests/program.h"

#include <nlohmann/json.hpp>

#include <QDir>
#include <QTest>

#include <fstream>

using namespace dstn;
using nlohmann::json;

namespace {

Tensor toTensor(const json& values) {
    if (!values.is_array()) return at::scalar_tensor(values.get<double>(), at::kDouble);
    std::vector<std::int64_t> shape;
    for (const json* level = &values; level->is_array(); level = &level->front())
        shape.push_back(static_cast<std::int64_t>(level->size()));
    std::vector<double> flat;
    const std::function<void(const json&)> collect = [&](const json& level) {
        if (level.is_array())
            for (const json& item : level) collect(item);
        else
            flat.push_back(level.get<double>());
    };
    collect(values);
    return at::tensor(at::ArrayRef<double>(flat), at::kDouble).reshape(shape);
}

/// The spec's layers as parts of a model, and which part each layer's parameters belong to.
std::pair<Model, std::vector<std::size_t>> toModel(const json& spec) {
    Model model;
    std::vector<std::size_t> places;
    bool spatial = false;
    for (const json& layer : spec) {
        const bool conv = layer.at("type") == "conv2d";
        if (!conv && spatial) model.parts.emplace_back(FlattenPart{});
        spatial = conv;
        places.push_back(model.parts.size());
        const bool bias = layer.value("bias", true);
        if (conv)
            model.parts.emplace_back(Conv2dPart{.out = layer.at("out"),
                                                .kernel = layer.at("kernel"),
                                                .stride = layer.value("stride", std::int64_t{1}),
                                                .padding = layer.value("padding", std::int64_t{0}),
                                                .dilation = layer.value("dilation", std::int64_t{1}),
                                                .groups = layer.value("groups", std::int64_t{1}),
                                                .bias = bias});
        else
            model.parts.emplace_back(LinearPart{.out = layer.at("out"), .bias = bias});
        if (layer.value("relu", false)) model.parts.emplace_back(ReluPart{});
        if (layer.contains("max_pool") && layer["max_pool"].is_number() && layer["max_pool"] > 0)
            model.parts.emplace_back(MaxPool2dPart{.kernel = layer["max_pool"]});
    }
    return {model, places};
}

void compare(const Tensor& actual, const json& expected, const std::string& what) {
    const Tensor reference = toTensor(expected);
    QVERIFY2(actual.defined() && actual.sizes() == reference.sizes(), (what + ": another shape").c_str());
    const double scale = std::max(reference.abs().max().item<double>(), 1e-300);
    const double error = (actual.detach() - reference).abs().max().item<double>() / scale;
    QVERIFY2(error < 1e-9, (what + ": relative error " + std::to_string(error * 1e9) + "e-9").c_str());
}

/// A reference file's network, hyperparameters and batch.
struct Case {
    json file;
    std::vector<std::size_t> places;
    std::unique_ptr<Problem> problem;
    Batch batch;
    Tensor noise;
    at::Generator generator = at::detail::createCPUGenerator(0);

    Case(const QString& path, bool fuse) {
        std::ifstream stream(path.toStdString());
        file = json::parse(stream);
        const auto [model, partPlaces] = toModel(file.at("spec"));
        places = partPlaces;
        std::vector<Hyperparameter> hyperparameters;
        const auto bound = [](const json& value) { // "inf": unbounded
            return value.is_number() ? std::optional<double>(value.get<double>()) : std::nullopt;
        };
        for (const json& h : file.at("hyperparameters"))
            hyperparameters.push_back({.name = h.at("name"),
                                       .initial = h.at("value"),
                                       .min = bound(h.at("min")),
                                       .max = bound(h.at("max")),
                                       .scale = h.at("scale")});
        const Tensor input = toTensor(file.at("input"));
        Space space(hyperparameters, at::kDouble, at::kCPU);
        Network network(model, {.input = {input.sizes().begin() + 1, input.sizes().end()},
                                .hyperparameters = space.size(),
                                .resolve = [](const Tunable& t) { return Setting{.value = t.value}; },
                                .dtype = at::kDouble,
                                .fuse = fuse});
        problem = std::make_unique<Problem>(Problem{std::move(network), std::move(space), {true}, {}});
        // The transforms' inverses give the reference's λ and raw σ, before these are set to the last bit.
        compare(problem->space.lambda(), file.at("h"), "h");
        compare(problem->space.rawScale(), file.at("h_scale_raw"), "h_scale_raw");
        load();
        batch = {input, toTensor(file.at("labels")).to(at::kLong)};
        noise = toTensor(file.at("noise"));
    }

    std::string name(std::size_t layer, const char* parameter) const {
        return std::to_string(places[layer]) + "." + parameter;
    }
    static Tensor find(const NamedTensors& tensors, const std::string& wanted) {
        for (const auto& [key, tensor] : tensors)
            if (key == wanted) return tensor;
        return {};
    }
    void load() {
        const at::NoGradGuard guard;
        const NamedTensors &general = problem->network.general(), &response = problem->network.response();
        const auto set = [](Tensor target, const Tensor& value) { target.copy_(value); };
        for (std::size_t layer = 0; layer < places.size(); ++layer) {
            const json& p = file.at("params")[layer];
            set(find(general, name(layer, "weight")), toTensor(p.at("general_weight")));
            set(find(response, name(layer, "response_weight")), toTensor(p.at("response_weight")));
            if (p.contains("general_bias")) {
                set(find(general, name(layer, "bias")), toTensor(p.at("general_bias")));
                set(find(response, name(layer, "response_bias")), toTensor(p.at("response_bias")));
            }
            const Tensor target = find(response, name(layer, "bottleneck"));
            set(target, toTensor(p.at("hyper_bottleneck.weight")).narrow(0, 0, target.size(0)));
        }
        set(problem->space.lambda(), toTensor(file.at("h")));
        set(problem->space.rawScale(), toTensor(file.at("h_scale_raw")));
    }
};

} // namespace

/// Every figure of the reference files, through the classes that training uses.
class TestReference : public QObject {
    Q_OBJECT

    void gradients(const Case& c, const std::string& key, const Tensor& loss, bool general,
                   bool response) const {
        NamedTensors wanted;
        if (general) wanted = c.problem->network.general();
        if (response)
            wanted.insert(wanted.end(), c.problem->network.response().begin(),
                          c.problem->network.response().end());
        const variable_list result = torch::autograd::grad({loss}, tensors(wanted));
        NamedTensors named;
        for (std::size_t i = 0; i < wanted.size(); ++i) named.emplace_back(wanted[i].first, result[i]);
        const auto check = [&](std::size_t layer, const char* ours, const char* theirs) {
            const json& expected = c.file.at(key).at("grad")[layer];
            const Tensor actual = Case::find(named, c.name(layer, ours));
            if (actual.defined()) compare(actual, expected.at(theirs), key + " " + theirs);
        };
        for (std::size_t layer = 0; layer < c.places.size(); ++layer) {
            check(layer, "weight", "general_weight");
            check(layer, "bias", "general_bias");
            check(layer, "response_weight", "response_weight");
            check(layer, "response_bias", "response_bias");
            const Tensor bottleneck = Case::find(named, c.name(layer, "bottleneck"));
            if (!bottleneck.defined()) continue;
            const Tensor expected = toTensor(c.file.at(key).at("grad")[layer].at("hyper_bottleneck.weight"));
            const std::int64_t own = bottleneck.size(0);
            QVERIFY(at::allclose(bottleneck, expected.narrow(0, 0, own), 1e-9, 1e-13));
            // Without a bias the reference keeps the half that would steer it; nothing flows there.
            QCOMPARE(expected.narrow(0, own, expected.size(0) - own).abs().sum().item<double>(), 0.0);
        }
        QCOMPARE(c.file.at(key).at("grad").size(), c.places.size());
    }

    void hyperGradients(const Case& c, const std::string& key, const Evaluated& evaluated,
                        bool scales) const {
        const json& expected = c.file.at(key);
        const Space& space = c.problem->space;
        Tensor objective = evaluated.loss;
        if (scales) objective = objective - c.file.at("entropy_weight").get<double>() * space.entropy();
        compare(objective, expected.at("loss"), key + " loss");
        if (expected.contains("entropy")) compare(space.entropy(), expected.at("entropy"), key + " entropy");
        if (expected.contains("logits")) compare(evaluated.outputs, expected.at("logits"), key + " logits");
        std::vector<Tensor> inputs{space.lambda()};
        if (scales) inputs.push_back(space.rawScale());
        const variable_list result = torch::autograd::grad({objective}, inputs);
        compare(result[0], expected.at("grad_h"), key + " grad_h");
        if (scales) compare(result[1], expected.at("grad_h_scale_raw"), key + " grad_h_scale_raw");
    }

  private Q_SLOTS:
    void everyFigureIsMet_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<bool>("fuse");
        const QDir folder(
            qEnvironmentVariable("DSTN_REFERENCE_DIR", QStringLiteral(DSTN_TEST_DATA "/reference")));
        for (const QString& name : folder.entryList({"*.json"}, QDir::Files)) {
            QTest::newRow(qPrintable(name + " fused")) << folder.filePath(name) << true;
            QTest::newRow(qPrintable(name + " part by part")) << folder.filePath(name) << false;
        }
    }

    void everyFigureIsMet() {
        QFETCH(QString, path);
        QFETCH(bool, fuse);
        Case c(path, fuse);
        const Space& space = c.problem->space;
        const Tensor epsilon = space.perturbation(c.noise).detach();
        TunerSpec spec{.entropyWeight = c.file.at("entropy_weight")};

        const DeltaStn deltaStn(*c.problem, spec, {});
        const Evaluated general = deltaStn.generalLoss(c.batch, c.generator);
        compare(general.loss, c.file.at("delta_general").at("loss"), "delta_general loss");
        compare(general.outputs, c.file.at("delta_general").at("logits"), "delta_general logits");
        gradients(c, "delta_general", general.loss, true, false);

        const Evaluated response = deltaStn.responseLoss(c.batch, epsilon, c.generator);
        const json& expected = c.file.at("delta_response");
        compare(response.loss, expected.at("loss"), "delta_response loss");
        compare(response.outputs, expected.at("linearized_logits"), "delta_response linearized_logits");
        compare(response.outputs - toTensor(expected.at("logits")), expected.at("tangent"),
                "delta_response tangent");
        gradients(c, "delta_response", response.loss, false, true);

        const auto [sharedGeneral, sharedResponse] = deltaStn.sharedLosses(c.batch, epsilon, c.generator);
        compare(sharedGeneral.loss, c.file.at("delta_general").at("loss"), "shared general loss");
        compare(sharedGeneral.outputs, expected.at("logits"), "shared logits");
        compare(sharedResponse.loss, expected.at("loss"), "shared response loss");
        gradients(c, "delta_general", sharedGeneral.loss, true, false);
        gradients(c, "delta_response", sharedResponse.loss, false, true);

        hyperGradients(c, "delta_validation", deltaStn.validationLoss(c.batch, c.noise), true);

        spec.tuneScales = false;
        const DeltaStn still(*c.problem, spec, {});
        hyperGradients(c, "delta_validation_no_scale", still.validationLoss(c.batch, c.noise), false);

        spec.linearize = false;
        const DeltaStn unlinearized(*c.problem, spec, {});
        const Evaluated exact = unlinearized.responseLoss(c.batch, epsilon, c.generator);
        const json& exactExpected = c.file.at("delta_response_unlinearized");
        compare(exact.loss, exactExpected.at("loss"), "delta_response_unlinearized loss");
        compare(exact.outputs, exactExpected.at("logits"), "delta_response_unlinearized logits");
        gradients(c, "delta_response_unlinearized", exact.loss, false, true);

        spec.tuneScales = true;
        const Stn stn(*c.problem, spec, {});
        spec.options = DeltaStnOptions{.centered = false, .separate = false};
        const DeltaStn switchedOff(*c.problem, spec, {});
        for (const DeltaStn* each : {static_cast<const DeltaStn*>(&stn), &switchedOff}) {
            const Evaluated joint = each->jointLoss(c.batch, epsilon, c.generator);
            compare(joint.loss, c.file.at("stn").at("loss"), "stn loss");
            compare(joint.outputs, c.file.at("stn").at("logits"), "stn logits");
            gradients(c, "stn", joint.loss, true, true);
            hyperGradients(c, "stn_validation", each->validationLoss(c.batch, c.noise), true);
        }
    }

    void theFolderHasFiles() {
        const QDir folder(
            qEnvironmentVariable("DSTN_REFERENCE_DIR", QStringLiteral(DSTN_TEST_DATA "/reference")));
        QVERIFY2(!folder.entryList({"*.json"}, QDir::Files).isEmpty(), qPrintable(folder.path()));
    }
};

DSTN_TEST(TestReference)
#include "tst_reference.moc"
