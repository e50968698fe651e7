#include "app/dstn/json_lines.h"

#include "core/run/json.h"
#include "core/run/overloaded.h"

namespace dstn::cli {

using Json = nlohmann::ordered_json;

static Json jsonBest(const std::optional<EpochResult>& best) { return best ? jsonEpoch(*best) : Json(); }

static Json startedLine(const std::string& run, const RunStarted& started) {
    Json json{{"event", "started"},
              {"run", run},
              {"state", "running"},
              {"name", started.experiment.name},
              {"steps", started.firstStep},
              {"steps_total", started.stepsTotal},
              {"steps_per_epoch", started.stepsPerEpoch},
              {"parameters", started.parameters},
              {"response_parameters", started.responseParameters}};
    json.update(jsonEnvironment(started.environment));
    json["seed"] = started.experiment.seed;
    json["series"] = started.series;
    return json;
}

static Json epochLine(const std::string& run, const EpochFinished& epoch) {
    Json json{{"event", "epoch"}, {"run", run}, {"state", "running"}, {"steps", epoch.result.step}};
    json.update(jsonEpoch(epoch.result));
    json["best"] = jsonEpoch(epoch.best);
    return json;
}

static Json finishedLine(const std::string& run, const RunFinished& finished) {
    Json json{{"event", "finished"},
              {"run", run},
              {"state", std::string(name(finished.state))},
              {"steps", finished.steps},
              {"seconds", jsonNumber(finished.seconds)},
              {"gradients", jsonNumber(finished.gradients)},
              {"best", jsonBest(finished.best)},
              {"hyperparameters", jsonValues(finished.hyperparameters)}};
    if (!finished.message.empty()) json["message"] = finished.message;
    return json;
}

std::optional<std::string> JsonLines::line(const Event& event) {
    Json json;
    std::visit(overloaded{[&](const RunStarted& started) { json = startedLine(run_, started); },
                          [&](const EpochFinished& epoch) { json = epochLine(run_, epoch); },
                          [&](const RunFinished& finished) { json = finishedLine(run_, finished); },
                          ignore<SamplesTaken, HyperparametersSampled, ProgressMade, StateChanged,
                                 HyperparameterSet, LogLine, CheckpointTaken, LoadingProgressed>},
               event);
    if (json.is_null()) return std::nullopt;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace dstn::cli
