#include "core/spec/step_cost.h"

namespace dstn {

StepCost costOf(const TunerSpec& tuner, std::int64_t tuned) {
    const TunerTraits& traits = traitsOf(tuner);
    return traits.cost != nullptr ? traits.cost(tuner, tuned) : StepCost{};
}

} // namespace dstn
