#pragma once

#include "core/export.h"
#include "core/search/gaussian_process.h"
#include "core/search/search_space.h"

#include <cstdint>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The logarithm of E[max(best − f, 0)] for f ~ N(mean, variance), which is σ h(z), z = (best − mean) / σ,
/// h(z) = z Φ(z) + φ(z) (Jones, Schonlau & Welch 1998, Eq. 15), or max(best − mean, 0) with no variance. Also
/// where the improvement itself underflows: for z < −25 by the expansion
/// h(z) ≈ φ(z) / z² (1 − 3/z² + 15/z⁴ − 105/z⁶). −infinity with no variance and no improvement.
double logExpectedImprovement(double mean, double variance, double best);

/// The point of a space with the largest expected improvement that was found.
///
/// Candidates are the points of a scrambled Sobol sequence and normal steps around the best points so far;
/// where a space has few points, all of them. From the best candidates L-BFGS climbs log EI along the
/// continuous coordinates, the discrete ones held. A point that was tried, all coordinates within 1e-9, is
/// returned only if there is no other.
/// @param tried with their values, whichever are known to the model
/// @param around the best points so far
/// @param stream of the random draws
Point maximizeExpectedImprovement(const GaussianProcess& model, double best, const SearchSpace& space,
                                  const std::vector<Point>& tried, const std::vector<Point>& around,
                                  std::uint64_t seed, std::uint64_t stream);

/// Whether all coordinates of two points agree within 1e-9.
bool samePoint(const Point& a, const Point& b);

} // namespace dstn
