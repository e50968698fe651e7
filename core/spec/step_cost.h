#pragma once

#include "core/export.h"
#include "core/spec/tuner_spec.h"

#include <cstdint>
#include <optional>

namespace DSTN_EXPORT dstn {

/// What a tuner's steps cost in gradient-evaluation equivalents. 1 is a plain training step's forward and
/// backward pass on a mini-batch: three products a layer (W x; the gradients of x and of W).
struct StepCost {
    double train = 1.0;    ///< a training step
    double validate = 0.0; ///< a validation step; where that varies, the most it costs
    double least = 0.0;    ///< the least that a validation step costs
};

/// Products per layer of a product with the Hessian, by the derivative of the gradient.
inline constexpr double hessianProducts = 6.0;

/// From products per layer: of a training step, of a validation step, and the least of a validation step.
constexpr StepCost costOfProducts(double train, double validate, std::optional<double> least = {}) {
    constexpr double plain = 3.0;
    return {train / plain, validate / plain, least.value_or(validate) / plain};
}

/// Counted in products per layer, regardless of order; of a training step, of a validation step:
///
///     fixed, replay, trials  3; none
///     delta-stn              3 + 5: W₀ x, W₀ ẋ, R x, gradients of ẋ and R; 4: W₀ x, R x, the gradient of x
///                            through both
///       not linearised       3 + 5: W₀ x, R x, gradients of R and of x through both; 4
///       linearised off centre  3 + 7: W x, W ẋ, R x, gradients of x, ẋ, W, R; 4
///       primal shared        7: as separate, but W₀ x once; 4
///       joint                7: W x, W ẋ, R x, gradients of x, ẋ, W, R; 4
///       joint, not linearised  6: W₀ x, R x, gradients of both, and of x through both; 4
///     stn                    as the last; 4
///     hypernetwork           3; 3
///     implicit               3; 3 + 3 + 6 a product with the Hessian
///     unrolled, reverse      3; 3 + 9 a step gone back through
///     unrolled, forward      3 + 6 a hyperparameter; 3
///
/// Conjugate gradients that converge early cost less, down to the mixed derivative alone; so does a Neumann
/// series through layers that it keeps in factors (FactoredLoss), nearly nothing but both gradients at the
/// least. The tuner itself reports the actual cost (Tuner::validateCost()).
/// @param tuned H, the number of tuned hyperparameters
StepCost costOf(const TunerSpec& tuner, std::int64_t tuned);

} // namespace dstn
