#include "core/search/asha.h"

#include "core/search/whole_trainings.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dstn {

std::vector<std::int64_t> ashaRungs(std::int64_t minimum, std::int64_t reduction, std::int64_t epochs) {
    std::vector<std::int64_t> rungs;
    std::int64_t rung = minimum;
    while (rung < epochs) {
        rungs.push_back(rung);
        if (rung > epochs / reduction) break; // the next would be beyond, maybe beyond what a number holds
        rung *= reduction;
    }
    rungs.push_back(epochs);
    return rungs;
}

Asha::Asha(std::unique_ptr<Sampler> sampler, std::int64_t trials, std::vector<std::int64_t> rungs,
           std::int64_t reduction)
    : sampler_(std::move(sampler)),
      trials_(trials),
      rungs_(std::move(rungs)),
      reduction_(static_cast<std::size_t>(reduction)) {}

std::optional<Task> Asha::promotion(const std::vector<Trial>& trials, std::size_t rung) const {
    const std::int64_t epochs = rungs_[rung], below = rung > 0 ? rungs_[rung - 1] : 0;
    struct Place {
        double loss;
        const Trial* trial;
    };
    std::vector<Place> places;
    for (const Trial& trial : trials) {
        if (trial.epochs >= epochs)
            places.push_back({trial.best(epochs), &trial});
        else if (trial.failed && trial.epochs >= below)
            places.push_back({std::numeric_limits<double>::infinity(), &trial});
    }
    std::ranges::stable_sort(places, {}, &Place::loss);
    const std::size_t top = places.size() / reduction_;
    for (std::size_t i = 0; i < top; ++i) {
        const Trial& trial = *places[i].trial;
        const bool goneOn = trial.epochs > epochs || trial.running;
        if (std::isfinite(places[i].loss) && !trial.failed && !goneOn)
            return Task{.trial = trial.number, .point = trial.point, .epochs = rungs_[rung + 1]};
    }
    return std::nullopt;
}

std::optional<Task> Asha::next(const std::vector<Trial>& trials) const {
    for (const Trial& trial : trials) {
        const auto rung = std::ranges::lower_bound(rungs_, std::max<std::int64_t>(1, trial.epochs));
        const bool brokenOff =
            !trial.running && !trial.failed && rung != rungs_.end() && *rung != trial.epochs;
        if (brokenOff) return Task{.trial = trial.number, .point = trial.point, .epochs = *rung};
    }
    for (std::size_t rung = rungs_.size() - 1; rung-- > 0;)
        if (auto task = promotion(trials, rung)) return task;
    const auto number = static_cast<std::int64_t>(trials.size());
    if (number >= trials_) return std::nullopt;
    std::optional<Point> point = sampler_->next(trials);
    if (!point) return std::nullopt;
    return Task{.trial = number, .point = std::move(*point), .epochs = rungs_.front()};
}

std::vector<std::int64_t> rungsOf(const HalvingOptions& options, std::int64_t epochs) {
    if (options.earlyStopping == EarlyStopping::none) return {epochs};
    return ashaRungs(options.minimumEpochs, options.reduction, epochs);
}

std::unique_ptr<Search> searchBy(std::unique_ptr<Sampler> sampler, std::int64_t trials,
                                 const HalvingOptions& options, std::int64_t epochs) {
    if (options.earlyStopping == EarlyStopping::none)
        return std::make_unique<WholeTrainings>(std::move(sampler), trials, epochs);
    return std::make_unique<Asha>(std::move(sampler), trials, rungsOf(options, epochs), options.reduction);
}

} // namespace dstn
