#include "ui/access/run_follow.h"

#include "core/experiment/replay.h"

namespace dstn::ui {

Experiment followed(const Archive& archive, const std::string& run, Follow what) {
    const RunDetails details = archive.details(run);
    const ParsedExperiment parsed = parseExperiment(details.experimentJson);
    if (!parsed.experiment)
        throw Error(ErrorKind::archive,
                    "The experiment of \"" + details.row.name +
                        "\" is not understood by this version: " + describe(parsed.mistakes));
    if (details.epochs.empty())
        throw Error(ErrorKind::usage, "\"" + details.row.name +
                                          "\" has no hyperparameters to follow: it ended before its first "
                                          "evaluation.");
    if (what == Follow::values)
        return retrainedWith(*parsed.experiment, details.epochs.back().hyperparameters);
    std::vector<Trajectory> trajectories;
    for (const Hyperparameter& each : parsed.experiment->hyperparameters) {
        const Curve curve = archive.curve(run, std::string(series::hyperparameterPrefix) + each.name);
        trajectories.push_back({.name = each.name, .steps = curve.step, .values = curve.value});
    }
    return replayOf(*parsed.experiment, trajectories);
}

} // namespace dstn::ui
