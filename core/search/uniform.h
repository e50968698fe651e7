#pragma once

#include "core/export.h"
#include "core/search/sampler.h"

namespace DSTN_EXPORT dstn {

/// Random search (Bergstra & Bengio 2012): points uniform on the unit cube and independent. Trial i's follows
/// from the seed and i alone, and is the same with every compiler.
class Uniform : public Sampler {
  public:
    Uniform(SearchSpace space, std::uint64_t seed) : space_(std::move(space)), seed_(seed) {}
    std::optional<Point> next(const std::vector<Trial>& trials) const override;

  private:
    SearchSpace space_;
    std::uint64_t seed_;
};

/// The point of trial i.
Point uniformPoint(const SearchSpace& space, std::uint64_t seed, std::uint64_t trial);

} // namespace dstn
