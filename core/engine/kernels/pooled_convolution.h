#pragma once

#include "core/engine/kernels/kernels.h"
#include "core/export.h"

namespace dstn {
namespace DSTN_EXPORT kernels {

struct ConvShape {
    std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};

/// Whether the two functions below support such a convolution and pool: on the CPU, neither dilated nor
/// in groups, pooled at least two to one, and with enough input channels to fill vector registers.
bool poolsConvolution(const Tensor& x, const Tensor& weight, const ConvShape& conv, const PoolShape& pool);

/// max-pool(relu(W ∗ x + b + s ⊙ (R ∗ x) + t)), and where each maximum came from; differentiable in all.
///
/// The convolution is computed everywhere, because the maxima are not known before. But gradients come from
/// the maxima that the ReLU lets through alone, a quarter of all positions or fewer after a 2 × 2 pool, so
/// the backward pass visits only these: dW[o] = Σ g · patch, dpatch += g · W[o].
/// @param x      [batch, in, height, width]
/// @param weight [out, in, k, k]; response the same, undefined: without
/// @param bias   [out]; undefined: zero
/// @param s, t   [batch, out]; t undefined: zero
Pooled convReluMaxPool(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& response,
                       const Tensor& s, const Tensor& t, const ConvShape& conv, const PoolShape& pool);

/// Its tangent (W ∗ ẋ) + s ⊙ (R ∗ x) + t, computed and differentiated at the maxima alone; differentiable in
/// ẋ, R, s and t, not in W and x: derivatives of tangents are taken at a fixed point.
/// @param carried ẋ, like x; undefined: zero
/// Without a response, s and t are undefined too.
Tensor convReluMaxPoolTangent(const Pooled& pooled, const Tensor& x, const Tensor& carried,
                              const Tensor& weight, const Tensor& response, const Tensor& s, const Tensor& t,
                              const ConvShape& conv);

} // namespace kernels
} // namespace dstn
