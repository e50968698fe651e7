#include "core/engine/tuners/replay.h"

#include "core/error.h"

#include <algorithm>

namespace dstn {

Replay::Replay(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
    : Fixed(problem, spec, optimizers) {
    for (const Hyperparameter& h : problem.space.tuned()) {
        const auto found = std::ranges::find(spec_.replayValues, h.name, &NamedValues::name);
        if (found == spec_.replayValues.end() || found->values.size() != spec_.replaySteps.size())
            throw Error(ErrorKind::usage, "tuner.values: expected a value of \"" + h.name +
                                              "\" for each of " + std::to_string(spec_.replaySteps.size()) +
                                              " steps.");
        values_.push_back(&found->values);
    }
}

bool Replay::reached(std::int64_t steps) {
    const auto found = std::ranges::lower_bound(spec_.replaySteps, static_cast<double>(steps));
    if (found == spec_.replaySteps.end() || *found != static_cast<double>(steps)) return false;
    const auto place = static_cast<std::size_t>(found - spec_.replaySteps.begin());
    for (std::size_t i = 0; i < values_.size(); ++i)
        problem_.space.set(static_cast<std::int64_t>(i), (*values_[i])[place]);
    return true;
}

} // namespace dstn
