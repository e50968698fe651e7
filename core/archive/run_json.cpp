#include "core/archive/run_json.h"

#include "core/archive/stored_experiment.h"
#include "core/run/json.h"

namespace dstn {

using Json = nlohmann::ordered_json;

Json jsonRun(const RunRow& run) {
    return {{"id", run.id},
            {"name", run.name},
            {"data", run.dataName},
            {"model", run.modelName},
            {"method", run.method},
            {"state", std::string(name(run.state))},
            {"reason", run.reason},
            {"created", run.created},
            {"seconds", jsonNumber(run.seconds)},
            {"gradients", jsonNumber(run.gradients)},
            {"study", run.study.empty() ? Json() : Json(run.study)},
            {"steps", run.steps},
            {"steps_total", run.stepsTotal},
            {"steps_per_epoch", run.stepsPerEpoch},
            {"best_epoch", run.bestEpoch ? Json(*run.bestEpoch) : Json()},
            {"best_validation_loss", jsonNumber(run.bestValidationLoss)},
            {"best_validation_accuracy", jsonNumber(run.bestValidationAccuracy)},
            {"best_validation_perplexity", jsonNumber(run.bestValidationPerplexity)},
            {"test_at_best", jsonNumber(run.testAtBest)},
            {"test_perplexity_at_best", jsonNumber(run.testPerplexityAtBest)},
            {"tags", run.tags},
            {"note", run.note},
            {"starred", run.starred},
            {"resumable", run.resumable}};
}

Json jsonRun(const RunDetails& details) {
    Json json = jsonRun(details.row);
    json["parameters"] = details.parameters;
    json["response_parameters"] = details.responseParameters;
    return json;
}

void addHistory(Json& object, const RunDetails& details) {
    object["experiment"] = storedExperiment(details, details.experimentJson);
    object["original_experiment"] =
        details.amendments.empty() ? Json() : storedExperiment(details, details.originalJson);
    Json& amendments = object["amendments"] = Json::array();
    const auto value = [](const std::string& text) {
        Json parsed = Json::parse(text, nullptr, false);
        return parsed.is_discarded() ? Json() : parsed;
    };
    for (const Amendment& each : details.amendments)
        amendments.push_back({{"time", each.time},
                              {"step", each.step},
                              {"path", each.path},
                              {"old", value(each.before)},
                              {"new", value(each.after)}});
    object["data_read"] = jsonIdentity(details.data);
    object["environment"] = jsonEnvironment(details.environment);
    Json& epochs = object["epochs"] = Json::array();
    for (const EpochResult& epoch : details.epochs) epochs.push_back(jsonEpoch(epoch));
    Json& events = object["events"] = Json::array();
    for (const auto& [time, text] : details.events) events.push_back({{"time", time}, {"text", text}});
}

} // namespace dstn
