#pragma once

#include "core/export.h"
#include "core/search/sampler.h"

namespace DSTN_EXPORT dstn {

/// The Sobol sequence (direction numbers of Joe & Kuo 2008, as Boost.Random has them) under Owen's nested
/// uniform scrambling ("Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences", 1995) in base 2: bit b of a
/// coordinate is flipped or not depending on the seed, the dimension and the bits above b. Each point is
/// uniform on the cube, and of the first 2^k points each coordinate falls once into each of 2^k equal
/// intervals. The trivial point 0 belongs to the sequence.
class ScrambledSobol {
  public:
    /// Throws Error{usage} for more than largestDimension() dimensions.
    ScrambledSobol(std::size_t dimension, std::uint64_t seed);
    static std::size_t largestDimension();

    Point point(std::uint32_t index) const; ///< coordinates in (0, 1)
    /// The points 0 … count − 1.
    std::vector<Point> first(std::uint32_t count) const;

  private:
    Point scrambled(const std::vector<std::uint32_t>& bits) const;
    std::size_t dimension_;
    std::uint64_t seed_;
};

/// Random search along a scrambled Sobol sequence: trial i trains at point i.
class SobolSearch : public Sampler {
  public:
    SobolSearch(SearchSpace space, std::uint64_t seed)
        : space_(std::move(space)), sequence_(space_.size(), seed) {}
    std::optional<Point> next(const std::vector<Trial>& trials) const override;

  private:
    SearchSpace space_;
    ScrambledSobol sequence_;
};

} // namespace dstn
