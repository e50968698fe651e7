#pragma once

#include "core/data/table.h"

#include <cstdint>
#include <vector>

namespace dstn {

/// A linear problem whose answer is known.
struct LinearProblem {
    Table table;
    std::vector<double> weights; ///< [features + 1], in the table's units; the bias comes last
};

/// Throws Error{data} if a count of `spec` is too small or its noise is not a deviation: below one example or
/// feature, fewer than two classes or more than examples.
void checkSynthetic(const DataSpec& spec);

/// y = w·x + b + noise · n with x ~ N(0, I), n ~ N(0, 1), b ~ N(0, 1) and weights of random sign whose sizes
/// fall geometrically from 1 to 0.01: later features are better shrunk more, which one weight decay per
/// feature can learn. Uses `spec.examples`, `features` and `noise`. The same on every platform.
/// Throws as checkSynthetic().
LinearProblem makeSyntheticRegression(const DataSpec& spec, std::uint64_t seed);

/// Isotropic Gaussian classes of standard deviation `spec.noise` around means that are random unit vectors;
/// example i is of class i mod `spec.classes`, so every long stretch is balanced.
/// Throws as checkSynthetic().
Table makeSyntheticClassification(const DataSpec& spec, std::uint64_t seed);

/// The classes of its examples.
std::vector<std::int64_t> syntheticLabels(const DataSpec& spec);

} // namespace dstn
