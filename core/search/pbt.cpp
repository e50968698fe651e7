#include "core/search/pbt.h"

#include "core/search/uniform.h"
#include "core/spec/portable_random.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dstn {

namespace {

constexpr double resampling = 0.25, shrinking = 0.8, growing = 1.2;

/// The stream of a member's draws at the end of a generation. Generation 0 is the first points' (uniform.h).
enum class Draw { donor, exploration };
PortableRandom draws(std::uint64_t seed, std::int64_t generation, std::int64_t member, Draw draw) {
    const auto stream = (static_cast<std::uint64_t>(generation) << 32) | static_cast<std::uint64_t>(member);
    return {seed, draw == Draw::donor ? stream : ~stream};
}

double lossAt(const Trial& trial, std::int64_t epoch) {
    const auto found = std::ranges::find(trial.losses, epoch, &std::pair<std::int64_t, double>::first);
    const bool usable = found != trial.losses.end() && std::isfinite(found->second);
    return usable ? found->second : std::numeric_limits<double>::infinity();
}

} // namespace

PopulationBasedTraining::PopulationBasedTraining(SearchSpace space, const PbtOptions& options,
                                                 std::int64_t epochs, std::uint64_t seed)
    : space_(std::move(space)),
      population_(options.population),
      interval_(options.intervalEpochs),
      epochs_(epochs),
      quantile_(options.quantile),
      seed_(seed) {}

std::optional<std::int64_t> PopulationBasedTraining::exploited(const std::vector<Trial>& trials,
                                                               std::int64_t member,
                                                               std::int64_t epochs) const {
    struct Place {
        double loss;
        std::int64_t member;
    };
    std::vector<Place> places;
    // Also those that have gone on meanwhile, or failed there: the ranking is the same whenever it is asked.
    for (const Trial& trial : trials)
        if (trial.epochs >= epochs) places.push_back({lossAt(trial, epochs), trial.number});
    std::ranges::stable_sort(places, {}, &Place::loss);
    const auto replaced =
        static_cast<std::size_t>(std::floor(quantile_ * static_cast<double>(places.size()) + 1e-9));
    const auto worst = std::ranges::find(places, member, &Place::member);
    if (worst < places.end() - static_cast<std::ptrdiff_t>(replaced)) return std::nullopt;
    std::size_t donors = 0;
    while (donors < replaced && std::isfinite(places[donors].loss)) ++donors;
    if (donors == 0) return std::nullopt;
    return places[draws(seed_, epochs / interval_, member, Draw::donor).below(donors)].member;
}

Point PopulationBasedTraining::explored(const Point& donor, std::int64_t member, std::int64_t epochs) const {
    PortableRandom random = draws(seed_, epochs / interval_, member, Draw::exploration);
    std::vector<double> natural = space_.natural(donor);
    const Point anew = [&] {
        Point point(space_.size());
        for (double& coordinate : point) coordinate = random.uniform();
        return point;
    }();
    std::vector<bool> resampled(space_.size());
    for (std::size_t i = 0; i < space_.size(); ++i) {
        resampled[i] = random.uniform() < resampling;
        const bool up = random.below(2) == 1;
        if (space_.tuned()[i].discrete)
            natural[i] += up ? 1.0 : -1.0;
        else
            natural[i] *= up ? growing : shrinking;
        natural[i] = std::clamp(natural[i], *space_.tuned()[i].min, *space_.tuned()[i].max);
    }
    Point point = space_.unit(natural);
    for (std::size_t i = 0; i < space_.size(); ++i)
        if (resampled[i]) point[i] = anew[i];
    return space_.rounded(point);
}

std::optional<Task> PopulationBasedTraining::next(const std::vector<Trial>& trials) const {
    const auto count = static_cast<std::int64_t>(trials.size());
    for (const Trial& trial : trials) {
        const bool between = trial.epochs % interval_ != 0 || trial.epochs == 0;
        if (trial.running || trial.failed || trial.epochs >= epochs_ || !between) continue;
        const std::int64_t end = (trial.epochs / interval_ + 1) * interval_;
        return Task{.trial = trial.number, .point = trial.point, .epochs = std::min(end, epochs_)};
    }
    if (count < population_)
        return Task{.trial = count,
                    .point = uniformPoint(space_, seed_, static_cast<std::uint64_t>(count)),
                    .epochs = std::min(interval_, epochs_)};

    std::optional<Task> unchanged;
    for (const Trial& trial : trials) {
        if (trial.running || trial.failed || trial.epochs >= epochs_) continue;
        const bool allCame = std::ranges::all_of(
            trials, [&](const Trial& other) { return other.failed || other.epochs >= trial.epochs; });
        if (!allCame) continue;
        Task task{.trial = trial.number,
                  .point = trial.point,
                  .epochs = std::min(trial.epochs + interval_, epochs_),
                  .inherit = exploited(trials, trial.number, trial.epochs)};
        if (task.inherit) {
            task.point =
                explored(trials[static_cast<std::size_t>(*task.inherit)].point, trial.number, trial.epochs);
            return task;
        }
        if (!unchanged) unchanged = std::move(task);
    }
    return unchanged;
}

template <>
std::unique_ptr<Search> searchOf(const PbtOptions& own, SearchSpace space, std::int64_t epochs,
                                 std::uint64_t seed) {
    return std::make_unique<PopulationBasedTraining>(std::move(space), own, epochs, seed);
}

} // namespace dstn
