#pragma once

#include "core/export.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The options of a comparison of hypergradients.
struct HypergradientOptions {
    std::int64_t fitSteps = 200;       ///< training steps to fit a response if none was saved
    std::int64_t referenceSteps = 200; ///< training steps of the long unrolled reference
    std::int64_t examples =
        1024; ///< of the fixed training and validation batches, at most; of a text, one slice
};

/// dL_V/dλ by one method, λ unconstrained.
struct Hypergradient {
    std::string method; ///< "delta-stn", "implicit, conjugate gradients", …
    std::vector<std::optional<double>> values =
        {};                 ///< [H]; absent if the method holds a hyperparameter fixed
    double gradients = 0.0; ///< what it cost, in gradient-evaluation equivalents
    double milliseconds = 0.0;
    /// Training steps that went before: a response's to fit, those to go back through; 0: none.
    std::int64_t steps = 0;
    double stepGradients = 0.0, stepMilliseconds = 0.0; ///< what they cost
    std::string note = {}; ///< why it has no values, or a remark on them; or empty
};

/// The hypergradients of all methods at one point of a run, side by side. Every method stands at the run's
/// weights and hyperparameters; those that need training steps first continue from there at constant λ.
struct HypergradientReport {
    std::int64_t step = 0;                         ///< of the run
    std::vector<std::string> hyperparameters = {}; ///< [H], those with `tune`
    std::vector<double> at = {};                   ///< [H], their natural values
    std::vector<Hypergradient> methods = {};       ///< the reference is the last
    std::vector<std::string> warnings = {};        ///< in sentences
    /// [methods, methods], by the hyperparameters that both have; absent where they share none, or a
    /// hypergradient is zero or not finite. Of a single hyperparameter it is 1 or −1.
    std::vector<std::vector<std::optional<double>>> cosines = {};
};

/// The cosine of the angle between two hypergradients, by what both have; nothing as above.
std::optional<double> cosine(const std::vector<std::optional<double>>& a,
                             const std::vector<std::optional<double>>& b);

} // namespace dstn
