#include "app/dstn/json_lines.h"

#include <cmath>

namespace dstn::cli {

using Json = nlohmann::ordered_json;

Json jsonNumber(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
}

Json jsonNumber(const std::optional<double>& value) { return value ? jsonNumber(*value) : Json(); }

Json jsonValues(const std::vector<std::pair<std::string, double>>& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) object[name] = jsonNumber(value);
    return object;
}

static Json bestJson(const std::optional<EpochResult>& best) {
    if (!best) return {};
    return {{"epoch", best->epoch},
            {"validation_loss", jsonNumber(best->validationLoss)},
            {"validation_accuracy", jsonNumber(best->validationAccuracy)},
            {"test_loss", jsonNumber(best->testLoss)},
            {"test_accuracy", jsonNumber(best->testAccuracy)}};
}

std::optional<std::string> JsonLines::line(const Event& event) {
    Json json;
    if (const auto* started = std::get_if<RunStarted>(&event)) {
        json = {{"event", "started"},
                {"run", run_},
                {"state", "running"},
                {"name", started->experiment.name},
                {"steps", started->firstStep},
                {"steps_total", started->stepsTotal},
                {"steps_per_epoch", started->stepsPerEpoch},
                {"parameters", started->parameters},
                {"response_parameters", started->responseParameters},
                {"device", started->environment.device},
                {"device_name", started->environment.deviceName},
                {"torch_version", started->environment.torchVersion},
                {"blas", started->environment.blas},
                {"threads", started->environment.threads},
                {"seed", started->experiment.seed},
                {"series", started->series}};
    } else if (const auto* epoch = std::get_if<EpochFinished>(&event)) {
        const EpochResult& result = epoch->result;
        json = {{"event", "epoch"},
                {"run", run_},
                {"state", "running"},
                {"steps", result.step},
                {"seconds", jsonNumber(result.seconds)},
                {"gradients", jsonNumber(result.gradients)},
                {"best", bestJson(epoch->best)},
                {"hyperparameters", jsonValues(result.hyperparameters)},
                {"scales", jsonValues(result.scales)},
                {"epoch", result.epoch},
                {"train_loss", jsonNumber(result.trainLoss)},
                {"train_accuracy", jsonNumber(result.trainAccuracy)},
                {"validation_loss", jsonNumber(result.validationLoss)},
                {"validation_accuracy", jsonNumber(result.validationAccuracy)},
                {"test_loss", jsonNumber(result.testLoss)},
                {"test_accuracy", jsonNumber(result.testAccuracy)}};
    } else if (const auto* finished = std::get_if<RunFinished>(&event)) {
        json = {{"event", "finished"},
                {"run", run_},
                {"state", std::string(name(finished->state))},
                {"steps", finished->steps},
                {"seconds", jsonNumber(finished->seconds)},
                {"gradients", jsonNumber(finished->gradients)},
                {"best", bestJson(finished->best)},
                {"hyperparameters", jsonValues(finished->hyperparameters)}};
        if (!finished->message.empty()) json["message"] = finished->message;
    } else {
        return std::nullopt;
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace dstn::cli
