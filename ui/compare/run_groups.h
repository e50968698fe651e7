#pragma once

#include "core/archive/archive.h"

#include <string>
#include <vector>

namespace dstn::ui {

/// Runs of one experiment that differ by nothing but their seed and name.
struct RunGroup {
    std::vector<std::size_t> members; ///< indices into what was grouped, ascending
};

/// Groups experiments (JSON documents) that are equal but for `seed` and `name`, in order of their first
/// member. A document that is not JSON forms a group of its own.
std::vector<RunGroup> groupBySeed(const std::vector<std::string>& experimentJsons);

/// Mean m_t and sample standard deviation s_t = √(Σ (v_it − m_t)² / (n − 1)) of n curves, at each step t
/// that any of them has and all of them reach; between its own points a curve is read linearly. Epoch and
/// seconds are means too. NaN where any curve is not finite. One curve gives itself with s = 0.
struct MeanCurve {
    Curve mean;
    std::vector<double> deviation;
};
MeanCurve meanOf(const std::vector<const Curve*>& curves);

/// Mean and sample standard deviation of the numbers given; deviation 0 for a single one, NaN for none.
struct Moments {
    double mean = 0.0, deviation = 0.0;
    std::size_t count = 0;
};
Moments momentsOf(const std::vector<double>& values);

} // namespace dstn::ui
