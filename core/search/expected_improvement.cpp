#include "core/search/expected_improvement.h"

#include "core/search/minimize.h"
#include "core/search/sobol.h"
#include "core/spec/portable_random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace dstn {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double farBelow = -25.0; // beyond it h(z) loses its digits, then its exponent

double logDensity(double z) { return -0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi); }
double below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

struct LogH {
    double value, slope;
};
/// log h(z) and its derivative Φ(z) / h(z).
LogH logH(double z) {
    if (z > farBelow) {
        const double h = z * below(z) + std::exp(logDensity(z));
        return {std::log(h), below(z) / h};
    }
    const double s = 1.0 / (z * z);
    const double series = 1.0 - s * (3.0 - s * (15.0 - s * 105.0));
    const double ratio = 1.0 - s * (1.0 - s * (3.0 - s * 15.0)); // of Φ(z) to φ(z) / −z
    return {logDensity(z) + std::log(s * series), -z * ratio / series};
}

VectorXd vectorOf(const Point& point) {
    return Eigen::Map<const VectorXd>(point.data(), static_cast<Eigen::Index>(point.size()));
}

std::vector<Point> candidatesOf(const SearchSpace& space, const std::vector<Point>& around,
                                std::uint64_t seed, std::uint64_t stream) {
    constexpr std::size_t fewPoints = 2048;
    if (auto all = space.all(fewPoints)) return *std::move(all);
    constexpr std::uint32_t sobolCount = 512;
    PortableRandom random(seed, stream);
    const std::uint64_t scrambling = random.below(std::numeric_limits<std::uint64_t>::max());
    std::vector<Point> candidates = ScrambledSobol(space.size(), scrambling).first(sobolCount);
    constexpr int steps = 24; // around each, of each width
    for (const Point& centre : around)
        for (const double width : {0.1, 0.02})
            for (int i = 0; i < steps; ++i) {
                Point& point = candidates.emplace_back(centre);
                for (double& u : point) u = std::clamp(u + width * random.normal(), 0.0, 1.0);
            }
    for (Point& point : candidates) point = space.rounded(point);
    return candidates;
}

/// Climbs log EI along the continuous coordinates.
Point climbed(const GaussianProcess& model, double best, const std::vector<std::size_t>& continuous,
              const Point& start) {
    const auto count = static_cast<Eigen::Index>(continuous.size());
    VectorXd at = vectorOf(start), from(count);
    for (Eigen::Index i = 0; i < count; ++i) from[i] = start[continuous[static_cast<std::size_t>(i)]];
    const auto put = [&](const VectorXd& x) {
        for (Eigen::Index i = 0; i < count; ++i)
            at[static_cast<Eigen::Index>(continuous[static_cast<std::size_t>(i)])] = x[i];
    };
    const DifferentiableFunction objective = [&](const VectorXd& x, VectorXd& gradient) {
        put(x);
        const GaussianProcess::Prediction p = model.predict(at);
        // At an observed point without noise: there is nothing to gain, whatever the slope.
        constexpr double least = 1e-14;
        const double sigma = std::sqrt(std::max(p.variance, least));
        const double z = (best - p.mean) / sigma;
        const LogH h = logH(z);
        const VectorXd sigmaSlope = p.varianceSlope / (2.0 * sigma);
        const VectorXd slope = sigmaSlope / sigma - h.slope * (p.meanSlope + z * sigmaSlope) / sigma;
        for (Eigen::Index i = 0; i < count; ++i)
            gradient[i] = -slope[static_cast<Eigen::Index>(continuous[static_cast<std::size_t>(i)])];
        return -(std::log(sigma) + h.value);
    };
    constexpr int evaluations = 40;
    put(minimize(objective, from, VectorXd::Zero(count), VectorXd::Ones(count), evaluations).at);
    return {at.begin(), at.end()};
}

} // namespace

double logExpectedImprovement(double mean, double variance, double best) {
    if (variance <= 0.0) return std::log(std::max(best - mean, 0.0));
    const double sigma = std::sqrt(variance);
    return std::log(sigma) + logH((best - mean) / sigma).value;
}

bool samePoint(const Point& a, const Point& b) {
    constexpr double tolerance = 1e-9;
    return std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) <= tolerance; });
}

Point maximizeExpectedImprovement(const GaussianProcess& model, double best, const SearchSpace& space,
                                  const std::vector<Point>& tried, const std::vector<Point>& around,
                                  std::uint64_t seed, std::uint64_t stream) {
    struct Candidate {
        Point point;
        double gain;
    };
    std::vector<Point> points = candidatesOf(space, around, seed, stream);
    MatrixXd columns(static_cast<Eigen::Index>(space.size()), static_cast<Eigen::Index>(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i)
        columns.col(static_cast<Eigen::Index>(i)) = vectorOf(points[i]);
    VectorXd means, variances;
    model.predict(columns, means, variances);
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(i);
        candidates.push_back({std::move(points[i]), logExpectedImprovement(means[at], variances[at], best)});
    }
    std::ranges::stable_sort(candidates, std::greater{}, &Candidate::gain);

    std::vector<std::size_t> continuous;
    for (std::size_t i = 0; i < space.size(); ++i)
        if (!space.tuned()[i].discrete) continuous.push_back(i);
    if (!continuous.empty()) {
        constexpr std::size_t climbs = 4;
        for (std::size_t i = 0; i < std::min(climbs, candidates.size()); ++i) {
            candidates[i].point = climbed(model, best, continuous, candidates[i].point);
            const GaussianProcess::Prediction p = model.predict(vectorOf(candidates[i].point));
            candidates[i].gain = logExpectedImprovement(p.mean, p.variance, best);
        }
        std::ranges::stable_sort(candidates, std::greater{}, &Candidate::gain);
    }
    const auto isNew = [&](const Candidate& candidate) {
        return std::ranges::none_of(tried, [&](const Point& p) { return samePoint(p, candidate.point); });
    };
    const auto first = std::ranges::find_if(candidates, isNew);
    return first == candidates.end() ? candidates.front().point : first->point;
}

} // namespace dstn
