#include "core/archive/run_requests.h"

#include "core/experiment/replay.h"
#include "core/run/session.h"

namespace dstn {

namespace {

/// "Run 3f2a0001 (SimpleCNN)"
std::string titleOf(const RunRow& row) { return "Run " + row.id.substr(0, 8) + " (" + row.name + ")"; }

/// Throws Error{usage} with a line for every mistake: of the document, or else of the settings.
Experiment parsedOrRefused(const std::string& title, const std::string& json, const Assignments& settings) {
    ParsedExperiment parsed = parseExperiment(json, settings);
    if (parsed.experiment) return std::move(*parsed.experiment);
    const bool readable = !settings.empty() && parseExperiment(json).experiment;
    throw Error(
        ErrorKind::usage,
        title + (readable ? " cannot be run with these settings:\n" : " cannot be run by this version:\n") +
            describe(parsed.mistakes));
}

} // namespace

RunRequest resumeRequest(const Archive& archive, const std::string& run, const Assignments& settings,
                         std::int64_t maxSteps) {
    const RunDetails details = archive.details(run);
    const RunRow& row = details.row;
    const std::string title = titleOf(row);
    if (!ended(row.state))
        throw Error(ErrorKind::usage, title + " is " + std::string(name(row.state)) +
                                          " in another process. Stop it there first.");
    RunRequest request{.experiment = parsedOrRefused(title, details.experimentJson, settings),
                       .run = row.id,
                       .checkpoint = archive.checkpoint(row.id),
                       .maxSteps = maxSteps};
    if (request.checkpoint == nullptr)
        throw Error(ErrorKind::usage,
                    title + " has no checkpoint to resume from. Run its experiment again: an export as "
                            "JSON contains it.");
    const std::int64_t epochs = request.experiment.epochs;
    if (row.steps >= epochs * row.stepsPerEpoch)
        throw Error(ErrorKind::usage, title + " has completed its " + std::to_string(epochs) +
                                          " epochs. To extend it, set budget.epochs to more.");
    if (maxSteps > 0 && row.steps >= maxSteps)
        throw Error(ErrorKind::usage, title + " has already done " + std::to_string(row.steps) +
                                          " steps; the limit of " + std::to_string(maxSteps) +
                                          " steps counts the whole run.");
    return request;
}

RunRequest followRequest(const Archive& archive, const std::string& run, Follow what,
                         const Assignments& settings) {
    const RunDetails details = archive.details(run);
    const std::string title = titleOf(details.row);
    const Experiment original = parsedOrRefused(title, details.experimentJson, {});
    if (details.epochs.empty())
        throw Error(ErrorKind::usage, title + " has no hyperparameters to follow: it ended before its first "
                                              "evaluation.");
    Experiment experiment;
    switch (what) {
    case Follow::schedule: {
        std::vector<Trajectory> trajectories;
        for (const Hyperparameter& each : original.hyperparameters) {
            const Curve curve = archive.curve(run, hyperparameterSeries(each.name));
            trajectories.push_back({.name = each.name, .steps = curve.step, .values = curve.value});
        }
        experiment = replayOf(original, trajectories);
        break;
    }
    case Follow::values:
        experiment = retrainedWith(original, details.epochs.back().hyperparameters);
        break;
    }
    return {.experiment = parsedOrRefused(title, toJson(experiment), settings), .run = newUuid()};
}

} // namespace dstn
