#pragma once

#include "core/engine/kernels/kernels.h"
#include "core/export.h"

namespace dstn {
namespace DSTN_EXPORT kernels {

/// What batch normalisation subtracts and multiplies with, [channels] each.
struct Statistics {
    Tensor mean;    ///< μ
    Tensor inverse; ///< 1 / √(v + ε)
    double epsilon = 0;
    /// Taken over the current batch, so that derivatives go through them too.
    bool ofBatch = false;
};

struct Moments {
    Tensor mean;     ///< [channels]
    Tensor variance; ///< [channels], biased
};
/// Mean and variance of each channel over the batch and the plane, as constants.
/// @param x [batch, channels, …]
Moments batchMoments(const Tensor& x, Path path = Path::automatic);

/// y = κ ⊙ x̂ + τ with x̂ = (x − μ) / √(v + ε), then a ReLU where one is asked for (Ioffe & Szegedy 2015);
/// differentiable in x, κ and τ.
///
/// The composition reads and writes an array of x's size some fifteen times; here it is two reads and a write
/// forward, moments included, and four reads and a write backward, the ReLU's gate recomputed from x.
/// @param x      [batch, channels, …]
/// @param scale  κ, [channels], or [batch, channels]: each example's own; shift, τ, the same
Tensor batchNormalize(const Tensor& x, const Statistics& statistics, const Tensor& scale, const Tensor& shift,
                      bool relu, Path path = Path::automatic);

/// Its tangent at x along ẋ and (κ̇, τ̇), the statistics' change included where they are the batch's:
///     ẏ = κ (ẋ − mean ẋ − x̂ mean(x̂ ẋ)) / √(v + ε) + κ̇ x̂ + τ̇,   zero where the ReLU holds y.
/// Differentiable in ẋ, κ̇ and τ̇, not in x, κ and τ: derivatives of tangents are taken at a fixed point.
/// @param x            like carried
/// @param carried      ẋ [batch, channels, …]; undefined: zero
/// @param scale, shift κ and τ, [channels]
/// @param scaleChange, shiftChange κ̇ and τ̇, [batch, channels]; both undefined: zero, and then ẋ is not
Tensor batchNormalizeTangent(const Tensor& x, const Tensor& carried, const Statistics& statistics,
                             const Tensor& scale, const Tensor& shift, const Tensor& scaleChange,
                             const Tensor& shiftChange, bool relu, Path path = Path::automatic);

} // namespace kernels
} // namespace dstn
