#include "ui/text/search_size.h"

#include <algorithm>

namespace dstn::ui {

/// Points of the whole grid, or `most` where there are more.
static std::int64_t gridPoints(const Experiment& experiment, std::int64_t most) {
    std::int64_t points = 1;
    for (const Hyperparameter& hyperparameter : experiment.hyperparameters) {
        if (!hyperparameter.tune) continue;
        const auto& given = experiment.tuner.gridValues;
        const auto found = std::ranges::find(given, hyperparameter.name, &NamedValues::name);
        const std::int64_t along =
            found != given.end() ? std::int64_t(found->values.size()) : experiment.tuner.points;
        if (along > 0 && points > most / along) return most;
        points *= std::max<std::int64_t>(along, 0);
    }
    return std::min(points, most);
}

std::int64_t trainingsOf(const Experiment& experiment) {
    const TunerSpec& tuner = experiment.tuner;
    if (!isSearch(tuner.type)) return 0;
    if (tuner.type == "pbt") return tuner.population;
    return tuner.type == "grid" ? gridPoints(experiment, tuner.trials) : tuner.trials;
}

} // namespace dstn::ui
