#include "core/engine/tuners/replay.h"

#include "core/error.h"

#include <algorithm>

namespace dstn {

Replay::Replay(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
    : Fixed(problem, spec, optimizers) {
    const auto& schedule = own<ReplayOptions>();
    for (const Hyperparameter& h : problem.space.tuned()) {
        const auto found = std::ranges::find(schedule.values, h.name, &NamedValues::name);
        if (found == schedule.values.end() || found->values.size() != schedule.steps.size())
            throw Error(ErrorKind::usage, "tuner.values: expected a value of \"" + h.name +
                                              "\" for each of " + std::to_string(schedule.steps.size()) +
                                              " steps.");
        values_.push_back(&found->values);
    }
}

bool Replay::reached(std::int64_t steps) {
    const auto& schedule = own<ReplayOptions>();
    const auto found = std::ranges::lower_bound(schedule.steps, static_cast<double>(steps));
    if (found == schedule.steps.end() || *found != static_cast<double>(steps)) return false;
    const auto place = static_cast<std::size_t>(found - schedule.steps.begin());
    for (std::size_t i = 0; i < values_.size(); ++i)
        problem_.space.set(static_cast<std::int64_t>(i), (*values_[i])[place]);
    return true;
}

template <>
std::unique_ptr<Tuner> tunerOf<ReplayOptions>(Problem& problem, const TunerSpec& spec,
                                              const OptimizersSpec& optimizers) {
    return std::make_unique<Replay>(problem, spec, optimizers);
}

} // namespace dstn
