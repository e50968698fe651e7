#pragma once

#include "core/export.h"
#include "core/search/sampler.h"

namespace DSTN_EXPORT dstn {

/// Every combination of each hyperparameter's values, in lexicographic order: the last hyperparameter changes
/// fastest. A hyperparameter's values are those that the options name, in natural units, or else `points`
/// centres (i + ½) / points of equal parts of its unit interval. Values with the same effect count once.
class Grid : public Sampler {
  public:
    Grid(const SearchSpace& space, const GridOptions& options);

    /// How many points there are; as a double, because it may exceed every integer.
    double size() const;
    Point point(std::size_t index) const; ///< index < size()
    std::optional<Point> next(const std::vector<Trial>& trials) const override;

  private:
    std::vector<std::vector<double>> axes_; ///< coordinates, by hyperparameter
};

} // namespace dstn
