#pragma once

#include "core/engine/torch.h"
#include "core/export.h"

#include <functional>

namespace DSTN_EXPORT dstn {

/// A symmetric matrix A given by its products: p ↦ A p, in a new list of tensors.
using MatrixProduct = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// An approximation of A⁻¹ v.
struct InverseProduct {
    std::vector<Tensor> solution;
    std::int64_t products = 0; ///< with A that it took
    /// Conjugate gradients met a direction d with ⟨d, A d⟩ ≤ 0 and stopped.
    bool negativeCurvature = false;
};

struct ConjugateGradientOptions {
    std::int64_t iterations = 20; ///< at most
    double tolerance = 1e-6;      ///< ends at ‖v − A p‖ ≤ tolerance · ‖v‖
};

/// A⁻¹ v by conjugate gradients (Hestenes & Stiefel 1952), which require A to be positive definite.
///
/// The Hessian of a network need not be. At a direction d with ⟨d, A d⟩ ≤ 0 the iteration stops and
/// its current point is the answer, as in truncated Newton methods (Steihaug 1983; Martens 2010); where that
/// is the very first direction of a cold start, the answer is v itself (Nocedal & Wright 2006,
/// algorithm 7.1).
/// @param start the starting point if its residual is smaller than that of zero; empty: starts at zero
InverseProduct conjugateGradient(const MatrixProduct& product, const std::vector<Tensor>& v,
                                 const std::vector<Tensor>& start, const ConjugateGradientOptions& options);

/// α Σ_{k = 0 … terms} (I − α A)ᵏ v, which tends to A⁻¹ v where 0 < A < 2 / α (Lorraine et al. 2020, theorem
/// 1 and algorithm 3, with their factor α, so that the limit does not depend on it). `terms` products.
InverseProduct neumannSeries(const MatrixProduct& product, const std::vector<Tensor>& v, double alpha,
                             std::int64_t terms);

} // namespace dstn
