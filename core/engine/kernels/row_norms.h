#pragma once

#include "core/engine/kernels/kernels.h"
#include "core/export.h"

namespace dstn {
namespace DSTN_EXPORT kernels {

/// ‖W + diag(u_b) R‖² of every example b, differentiable in all three:
///
///     ‖W‖² + Σ_o (2 u_bo Σ_i W_oi R_oi + u_bo² Σ_i R_oi²)
///
/// @param weight   W [out, …], its rows as vectors
/// @param response R of W's shape; undefined: the result is ‖W‖², [1]
/// @param u        [batch, out]
/// @return [batch]
Tensor rowResponseNorms(const Tensor& weight, const Tensor& response, const Tensor& u,
                        Path path = Path::automatic);

} // namespace kernels
} // namespace dstn
