#include "core/archive/run_requests.h"

#include "core/experiment/replay.h"
#include "core/run/same_data.h"
#include "core/run/session.h"

#include <algorithm>
#include <array>
#include <string_view>

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

/// Whether a run that is resumed may have another value there: nothing that its figures until now depend on.
bool mayChange(const std::string& path) {
    constexpr std::array free{"name", "description", "budget", "device", "threads", "graphs", "data.path"};
    const auto within = [&](std::string_view outer) {
        return path.starts_with(outer) && (path.size() == outer.size() || path[outer.size()] == '.');
    };
    if (std::ranges::any_of(free, within)) return true;
    const std::size_t option = path.find('.', path.find('.') + 1); // optimizers.NAME.OPTION
    if (!within("optimizers") || option == std::string::npos) return false;
    const std::string_view rest = std::string_view(path).substr(option + 1);
    return rest == "lr" || rest == "schedule" || rest.starts_with("schedule.");
}

/// What the settings change of a run's experiment, a sentence each. Throws Error{usage} where that would make
/// it another run.
std::vector<std::string> changesOf(const RunRow& row, const Experiment& before, const Experiment& now) {
    std::vector<std::string> changes, refused;
    for (const Difference& difference : differences({toJson(before), toJson(now)})) {
        const auto text = [&](std::size_t which) {
            const std::string& value = difference.values[which];
            return value.empty() ? std::string("nothing") : value;
        };
        (mayChange(difference.path) ? changes : refused)
            .push_back(difference.path + " is " + text(1) + ", was " + text(0));
    }
    if (refused.empty()) return changes;
    std::string list;
    for (const std::string& each : refused) list += "\n" + each;
    throw Error(ErrorKind::usage,
                titleOf(row) +
                    " cannot be resumed with these settings, under which it would be another run: its name, "
                    "budget, device, threads, learning rates and schedules may change, nothing else. Begin "
                    "another run with them: dstn show " +
                    row.id.substr(0, 8) + " --experiment | dstn run - --set …" + list);
}

} // namespace

void goOnFrom(RunRequest& request, const StoredCheckpoint& stored) {
    request.lease = stored.lease;
    if (stored.bytes == nullptr) return;
    request.checkpoint = stored.bytes;
    request.checkpointStep = stored.step;
    if (!stored.warning.empty()) request.warnings.push_back(stored.warning);
}

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
                       .maxSteps = maxSteps};
    goOnFrom(request, archive.checkpoint(row.id));
    const Experiment original = parsedOrRefused(title, details.experimentJson, {});
    request.changes = changesOf(row, original, request.experiment);
    goOnWithData(request, details.data, original.data);
    if (request.checkpoint == nullptr)
        throw Error(ErrorKind::usage,
                    title + " has no checkpoint to resume from. Run its experiment again: an export as "
                            "JSON contains it.");
    const std::int64_t epochs = request.experiment.epochs;
    // One that was interrupted or failed may have lost its last steps, or lack its end; what lies behind its
    // checkpoint may be an earlier execution's.
    const bool interrupted = row.state == RunState::interrupted || row.state == RunState::failed;
    const std::int64_t steps = interrupted ? *request.checkpointStep : row.steps;
    const bool whole = interrupted ? steps > epochs * row.stepsPerEpoch
                                   : !details.epochs.empty() && details.epochs.back().epoch >= epochs;
    if (whole)
        throw Error(ErrorKind::usage, title + " has completed its " +
                                          (epochs == 1 ? "epoch" : std::to_string(epochs) + " epochs") +
                                          ". To extend it, set budget.epochs to more.");
    if (maxSteps > 0 && steps >= maxSteps)
        throw Error(ErrorKind::usage, title + " has already done " + std::to_string(steps) +
                                          " steps; the limit of " + std::to_string(maxSteps) +
                                          " steps counts the whole run.");
    return request;
}

RunRequest checkpointRequest(const Archive& archive, const std::string& run, const Assignments& settings) {
    const RunDetails details = archive.details(run);
    const std::string title = titleOf(details.row);
    RunRequest request{.experiment = parsedOrRefused(title, details.experimentJson, settings),
                       .run = details.row.id};
    goOnFrom(request, archive.checkpoint(details.row.id));
    if (request.checkpoint == nullptr)
        throw Error(ErrorKind::usage, title + " has no checkpoint. Choose a run that has finished an epoch.");
    goOnWithData(request, details.data, parsedOrRefused(title, details.experimentJson, {}).data);
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
    RunRequest request{.experiment = parsedOrRefused(title, toJson(experiment), settings), .run = newUuid()};
    goOnWithData(request, details.data, original.data);
    return request;
}

} // namespace dstn
