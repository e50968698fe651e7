#include "ui/text/search_size.h"

namespace dstn::ui {

std::int64_t trainingsOf(const Experiment& experiment) {
    const TunerSpec& tuner = experiment.tuner;
    const TunerTraits& traits = traitsOf(tuner);
    if (traits.trials == nullptr) return 0;
    const std::int64_t most = traits.trials(tuner);
    return traits.points != nullptr ? traits.points(tuner, experiment.hyperparameters, most) : most;
}

} // namespace dstn::ui
