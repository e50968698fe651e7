#include "core/search/bayesian.h"

#include "core/search/asha.h"
#include "core/search/expected_improvement.h"
#include "core/search/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dstn {

namespace {

/// Streams of the maximiser's draws; those below belong to the trials' own points.
constexpr std::uint64_t maximizerStreams = std::uint64_t{1} << 40;

std::size_t finiteAt(const std::vector<Trial>& trials, std::int64_t rung) {
    return static_cast<std::size_t>(std::ranges::count_if(
        trials, [&](const Trial& trial) { return trial.epochs >= rung && std::isfinite(trial.best(rung)); }));
}

std::int64_t rungToModel(const std::vector<Trial>& trials, const std::vector<std::int64_t>& rungs,
                         std::size_t dimension) {
    for (std::size_t i = rungs.size(); i-- > 0;)
        if (finiteAt(trials, rungs[i]) >= std::max<std::size_t>(2, dimension + 1)) return rungs[i];
    return rungs.front();
}

/// With linear interpolation between order statistics.
double quantile(const std::vector<double>& sorted, double q) {
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Indices of the losses that the model sees, in the order of the trials.
std::vector<std::size_t> chosen(const std::vector<double>& losses) {
    constexpr std::size_t best = 200, latest = 200;
    std::vector<std::size_t> order(losses.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (order.size() <= best + latest) return order;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return losses[i]; });
    std::ranges::sort(order.begin() + best, order.end(), std::greater{});
    order.resize(best + latest);
    std::ranges::sort(order);
    return order;
}

} // namespace

std::vector<double> fenced(std::vector<double> losses) {
    std::vector<double> sorted = losses;
    std::ranges::sort(sorted);
    const double upper = quantile(sorted, 0.75);
    const double fence = upper + 1.5 * (upper - quantile(sorted, 0.25));
    for (double& loss : losses) loss = std::min(loss, fence);
    return losses;
}

Observations observationsOf(const std::vector<Trial>& trials, const std::vector<std::int64_t>& rungs,
                            std::size_t dimension) {
    const std::int64_t rung = rungToModel(trials, rungs, dimension);
    if (finiteAt(trials, rung) < 2) return {};
    double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
    for (const Trial& trial : trials)
        if (const double loss = trial.best(rung); trial.epochs >= rung && std::isfinite(loss)) {
            lowest = std::min(lowest, loss);
            highest = std::max(highest, loss);
        }
    Observations result;
    for (const Trial& trial : trials) {
        const bool came = trial.epochs >= rung;
        if (!came && !trial.failed && !trial.running) continue;
        const double loss = trial.best(rung);
        result.points.push_back(trial.point);
        result.losses.push_back(came && std::isfinite(loss) ? loss : came || trial.failed ? highest : lowest);
    }
    return result;
}

Bayesian::Bayesian(SearchSpace space, std::int64_t startTrials, std::vector<std::int64_t> rungs,
                   std::uint64_t seed)
    : space_(std::move(space)),
      start_(space_.size(), seed),
      startTrials_(startTrials),
      rungs_(std::move(rungs)),
      seed_(seed) {}

Point Bayesian::startPoint(const std::vector<Point>& tried) const {
    constexpr std::uint32_t attempts = 256;
    const auto number = static_cast<std::uint32_t>(tried.size());
    for (std::uint32_t i = number; i < number + attempts; ++i) {
        Point point = space_.rounded(start_.point(i));
        if (std::ranges::none_of(tried, [&](const Point& p) { return samePoint(p, point); })) return point;
    }
    return space_.rounded(start_.point(number));
}

std::optional<Point> Bayesian::next(const std::vector<Trial>& trials) const {
    std::vector<Point> tried;
    for (const Trial& trial : trials) tried.push_back(space_.rounded(trial.point));
    if (static_cast<std::int64_t>(trials.size()) < startTrials_) return startPoint(tried);
    const Observations observed = observationsOf(trials, rungs_, space_.size());
    if (observed.points.empty()) return startPoint(tried);

    const std::vector<std::size_t> order = chosen(observed.losses);
    const auto count = static_cast<Eigen::Index>(order.size());
    Eigen::MatrixXd points(static_cast<Eigen::Index>(space_.size()), count);
    Eigen::VectorXd values(count);
    const std::vector<double> losses = fenced(observed.losses);
    for (Eigen::Index i = 0; i < count; ++i) {
        const std::size_t from = order[static_cast<std::size_t>(i)];
        const Point point = space_.rounded(observed.points[from]);
        points.col(i) = Eigen::Map<const Eigen::VectorXd>(point.data(), points.rows());
        values[i] = losses[from];
    }
    values.array() -= values.mean();
    const double deviation = std::sqrt(values.squaredNorm() / static_cast<double>(count));
    if (deviation > 0.0) values /= deviation;

    std::vector<std::size_t> ranked(order.size());
    std::iota(ranked.begin(), ranked.end(), std::size_t{0});
    std::ranges::stable_sort(ranked, {}, [&](std::size_t i) { return values[static_cast<Eigen::Index>(i)]; });
    constexpr std::size_t centres = 5;
    std::vector<Point> around;
    for (std::size_t i = 0; i < std::min(centres, ranked.size()); ++i)
        around.push_back(space_.rounded(observed.points[order[ranked[i]]]));
    const GaussianProcess model(std::move(points), values);
    return maximizeExpectedImprovement(model, values.minCoeff(), space_, tried, around, seed_,
                                       maximizerStreams + trials.size());
}

template <>
std::unique_ptr<Search> searchOf(const BayesianOptions& own, SearchSpace space, std::int64_t epochs,
                                 std::uint64_t seed) {
    auto sampler =
        std::make_unique<Bayesian>(std::move(space), own.startTrials, rungsOf(own.halving, epochs), seed);
    return searchBy(std::move(sampler), own.trials, own.halving, epochs);
}

} // namespace dstn
