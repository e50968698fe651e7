#pragma once

#include "core/export.h"
#include "core/spec/hyperparameter.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A point of a search: a coordinate in [0, 1] for each tuned hyperparameter.
using Point = std::vector<double>;

/// The tuned hyperparameters' ranges as a unit cube. A coordinate u stands for min + u (max − min), or for
/// min (max / min)^u on a logarithmic scale. A discrete one is a whole number plus a half: min, min + 1, …
/// are equally likely (on a logarithmic scale: by their share of it), and what is used, its floor, is a value
/// inside the range. A range without such a number has its middle as only value.
///
/// The ends of a range are not reached: there u is held 1e-6 inside.
class SearchSpace {
  public:
    /// Takes those with `tune`, in their order. Throws Error{usage} where one lacks min or max.
    explicit SearchSpace(const std::vector<Hyperparameter>& all);

    std::size_t size() const { return tuned_.size(); }
    const std::vector<Hyperparameter>& tuned() const { return tuned_; }
    /// Natural values of a point.
    std::vector<double> natural(const Point& point) const;
    /// The point of natural values; natural(unit(v)) == v for values of natural(), up to rounding.
    Point unit(const std::vector<double>& natural) const;
    /// The point itself, with discrete coordinates moved to the middle of their step: points that
    /// have the same effect are then equal.
    Point rounded(const Point& point) const;
    /// Every rounded point, in lexicographic order; nothing where there are more than `most`, as with any
    /// continuous coordinate.
    std::optional<std::vector<Point>> all(std::size_t most) const;

  private:
    std::vector<Hyperparameter> tuned_;
};

} // namespace dstn
