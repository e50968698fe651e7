#include "core/search/search_space.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>

namespace dstn {

namespace {

constexpr double edge = 1e-6;

/// The whole numbers n for which n + ½ lies inside the range.
struct Wholes {
    explicit Wholes(const Hyperparameter& h)
        : first(std::floor(*h.min - 0.5) + 1.0), last(std::ceil(*h.max - 0.5) - 1.0) {}
    bool none() const { return last < first; }
    double count() const { return last - first + 1.0; }
    double first, last;
};

/// The steps' share of a logarithmic scale: n stands for [max(n, lower), min(n + 1, upper)].
struct LogSteps {
    LogSteps(const Hyperparameter& h, const Wholes& wholes)
        : lower(std::max(*h.min, wholes.first)), upper(std::min(*h.max, wholes.last + 1.0)) {}
    double at(double u) const { return lower * std::pow(upper / lower, u); }
    double coordinate(double v) const {
        return std::log(std::clamp(v, lower, upper) / lower) / std::log(upper / lower);
    }
    double lower, upper;
};

double toNatural(const Hyperparameter& h, double u) {
    if (h.discrete) {
        const Wholes wholes(h);
        if (wholes.none()) return (*h.min + *h.max) / 2.0;
        const double whole =
            h.log ? std::floor(LogSteps(h, wholes).at(u)) : wholes.first + std::floor(u * wholes.count());
        return std::clamp(whole, wholes.first, wholes.last) + 0.5;
    }
    const double inside = std::clamp(u, edge, 1.0 - edge);
    return h.log ? *h.min * std::pow(*h.max / *h.min, inside) : *h.min + inside * (*h.max - *h.min);
}

double toUnit(const Hyperparameter& h, double natural) {
    if (h.discrete) {
        const Wholes wholes(h);
        if (wholes.none()) return 0.5;
        const double whole = std::clamp(std::floor(natural), wholes.first, wholes.last);
        if (!h.log) return (whole - wholes.first + 0.5) / wholes.count();
        const LogSteps steps(h, wholes);
        return (steps.coordinate(whole) + steps.coordinate(whole + 1.0)) / 2.0;
    }
    const double u = h.log ? std::log(natural / *h.min) / std::log(*h.max / *h.min)
                           : (natural - *h.min) / (*h.max - *h.min);
    return std::clamp(u, edge, 1.0 - edge);
}

} // namespace

SearchSpace::SearchSpace(const std::vector<Hyperparameter>& all) {
    for (const Hyperparameter& h : all) {
        if (!h.tune) continue;
        if (!h.min || !h.max)
            throw Error(ErrorKind::usage, "The hyperparameter \"" + h.name + "\" has no " +
                                              (h.min ? "max" : "min") +
                                              ": a search needs a range with both ends. Declare it.");
        tuned_.push_back(h);
    }
}

std::vector<double> SearchSpace::natural(const Point& point) const {
    std::vector<double> values;
    values.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) values.push_back(toNatural(tuned_[i], point[i]));
    return values;
}

Point SearchSpace::unit(const std::vector<double>& natural) const {
    Point point;
    point.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) point.push_back(toUnit(tuned_[i], natural[i]));
    return point;
}

Point SearchSpace::rounded(const Point& point) const {
    Point result = point;
    for (std::size_t i = 0; i < size(); ++i)
        if (tuned_[i].discrete) result[i] = toUnit(tuned_[i], toNatural(tuned_[i], point[i]));
    return result;
}

std::optional<std::vector<Point>> SearchSpace::all(std::size_t most) const {
    double count = 1.0;
    for (const Hyperparameter& h : tuned_) {
        if (!h.discrete) return std::nullopt;
        count *= std::max(1.0, Wholes(h).count());
    }
    if (count > static_cast<double>(most)) return std::nullopt;
    std::vector<Point> points{{}};
    for (const Hyperparameter& h : tuned_) {
        const Wholes wholes(h);
        std::vector<Point> longer;
        for (const Point& point : points)
            for (std::size_t step = 0; step == 0 || static_cast<double>(step) < wholes.count(); ++step) {
                longer.push_back(point);
                longer.back().push_back(toUnit(h, wholes.first + static_cast<double>(step)));
            }
        points = std::move(longer);
    }
    return points;
}

} // namespace dstn
