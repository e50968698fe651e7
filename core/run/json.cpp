#include "core/run/json.h"

#include <cmath>
#include <limits>

namespace dstn {

using Json = nlohmann::ordered_json;

Json jsonNumber(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
}
Json jsonNumber(const std::optional<double>& value) { return value ? jsonNumber(*value) : Json(); }

Json jsonNumbers(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(jsonNumber(value));
    return list;
}

Json jsonValues(const std::vector<std::pair<std::string, double>>& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) object[name] = jsonNumber(value);
    return object;
}

Json jsonEpoch(const EpochResult& result) {
    return {{"epoch", result.epoch},
            {"step", result.step},
            {"seconds", jsonNumber(result.seconds)},
            {"gradients", jsonNumber(result.gradients)},
            {"train_loss", jsonNumber(result.trainLoss)},
            {"train_accuracy", jsonNumber(result.trainAccuracy)},
            {"validation_loss", jsonNumber(result.validationLoss)},
            {"validation_accuracy", jsonNumber(result.validationAccuracy)},
            {"test_loss", jsonNumber(result.testLoss)},
            {"test_accuracy", jsonNumber(result.testAccuracy)},
            {"hyperparameters", jsonValues(result.hyperparameters)},
            {"scales", jsonValues(result.scales)}};
}

Json jsonEnvironment(const Environment& environment) {
    return {{"device", environment.device},
            {"device_name", environment.deviceName},
            {"torch_version", environment.torchVersion},
            {"blas", environment.blas},
            {"program_version", environment.programVersion},
            {"host", environment.host},
            {"threads", environment.threads}};
}

Json jsonIdentity(const DataIdentity& data) {
    return {{"path", data.path},
            {"files", data.files},
            {"bytes", data.bytes},
            {"hash", data.hash},
            {"split", data.split}};
}

double numberFromJson(const Json& json) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (json == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (json == "Infinity") return infinity;
    if (json == "-Infinity") return -infinity;
    return json.get<double>();
}

static std::vector<std::pair<std::string, double>> valuesFromJson(const Json& json) {
    std::vector<std::pair<std::string, double>> values;
    if (json.is_array()) { // of earlier versions
        for (const Json& pair : json)
            values.emplace_back(pair.at(0).get<std::string>(), numberFromJson(pair.at(1)));
        return values;
    }
    for (const auto& [name, value] : json.get_ref<const Json::object_t&>())
        values.emplace_back(name, numberFromJson(value));
    return values;
}

EpochResult epochFromJson(const Json& json) {
    const auto optional = [&](const char* key) {
        const Json& value = json.at(key);
        return value.is_null() ? std::nullopt : std::optional(numberFromJson(value));
    };
    EpochResult result;
    result.epoch = json.at("epoch").get<std::int64_t>();
    result.step = json.at("step").get<std::int64_t>();
    result.seconds = numberFromJson(json.at("seconds"));
    if (json.contains("gradients")) result.gradients = numberFromJson(json.at("gradients"));
    result.trainLoss = optional("train_loss");
    result.trainAccuracy = optional("train_accuracy");
    result.validationLoss = numberFromJson(json.at("validation_loss"));
    result.validationAccuracy = optional("validation_accuracy");
    result.testLoss = optional("test_loss");
    result.testAccuracy = optional("test_accuracy");
    result.hyperparameters = valuesFromJson(json.at("hyperparameters"));
    result.scales = valuesFromJson(json.at("scales"));
    return result;
}

} // namespace dstn
