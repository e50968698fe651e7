#include "ui/live/loaded_run.h"

namespace dstn::ui {

std::optional<LoadedRun> readRun(const Archive& archive, const std::string& run, const KnownSteps& known,
                                 const std::function<bool()>& wanted) {
    if (!wanted()) return std::nullopt;
    LoadedRun loaded;
    loaded.details = archive.details(run);
    ParsedExperiment parsed = parseExperiment(loaded.details.experimentJson);
    if (!parsed.experiment)
        throw Error(ErrorKind::archive,
                    "The experiment of \"" + loaded.details.row.name +
                        "\" cannot be read by this version: " + describe(parsed.mistakes));
    loaded.experiment = std::move(*parsed.experiment);
    const auto from = [](const auto& steps, const auto& key) {
        const auto found = steps.find(key);
        return found == steps.end() ? std::int64_t{-1} : found->second;
    };
    for (const std::string& name : loaded.details.series) {
        if (!wanted()) return std::nullopt;
        if (const SeriesInfo* const info = findSeries(name))
            loaded.metrics.emplace_back(info->series,
                                        archive.curve(run, name, from(known.metrics, info->series)));
    }
    const std::vector<Hyperparameter>& hyperparameters = loaded.experiment.hyperparameters;
    for (std::size_t i = 0; i < hyperparameters.size(); ++i) {
        if (!wanted()) return std::nullopt;
        loaded.hyperparameters.push_back(
            archive.curve(run, hyperparameters[i], from(known.hyperparameters, i)));
    }
    return loaded;
}

} // namespace dstn::ui
