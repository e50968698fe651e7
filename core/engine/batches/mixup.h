#pragma once

#include "core/engine/torch.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// Which pairs of a batch mixup blends (Zhang, Cisse, Dauphin & Lopez-Paz 2018).
struct Mixing {
    Tensor share;   ///< m [batch], of the example itself, in [½, 1]
    Tensor partner; ///< π(i), int64 [batch], a permutation
};

/// Draws π uniformly and m_i = max(β, 1 − β), β ~ Beta(α_i, α_i). The larger part is the example's own: over
/// random pairs this mixes as the paper does, it lets each example be governed by its own hyperparameters,
/// and m → 1, no mixing, as α → 0; at α = 0 m is 1. Without gradient, and without waiting for the device.
/// @param alpha [batch] or [1], at least 0
Tensor drawShare(const Tensor& alpha, std::int64_t batch, at::Generator& generator);
Mixing drawMixing(const Tensor& alpha, std::int64_t batch, at::Generator& generator);

/// x_i ← m_i x_i + (1 − m_i) x_π(i) for x [batch, …], any floating-point dtype; exact where m is 1.
Tensor mix(const Tensor& x, const Mixing& mixing);

} // namespace dstn
