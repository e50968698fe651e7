#include "core/search/whole_trainings.h"

namespace dstn {

std::optional<Task> WholeTrainings::next(const std::vector<Trial>& trials) const {
    for (const Trial& trial : trials)
        if (!trial.running && !trial.failed && trial.epochs < epochs_)
            return Task{.trial = trial.number, .point = trial.point, .epochs = epochs_};
    const auto number = static_cast<std::int64_t>(trials.size());
    if (number >= trials_) return std::nullopt;
    std::optional<Point> point = sampler_->next(trials);
    if (!point) return std::nullopt;
    return Task{.trial = number, .point = std::move(*point), .epochs = epochs_};
}

} // namespace dstn
