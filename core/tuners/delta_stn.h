#pragma once

#include "core/tuners/tuner.h"

namespace dstn {

/// The Δ-STN (Bae & Grosse 2020, Algorithm 1).
///
/// A training step on a mini-batch of B examples, with ε = σ ⊙ n, n ~ N(0, I) [B, H]:
///   1. w₀ ← optimiser step on ∇_{w₀} L_T(λ, w₀): no perturbation; dropout, augmentation … at λ.
///   2. Θ ← optimiser step on ∇_Θ L_T(λ + ε, y_lin), y_lin = f(x; w₀) + J_w f(x; w₀) · Θ ε; dropout,
///      augmentation … at each example's λ + ε. Without `linearize`, y = f(x; w₀ + Θ ε) in place of y_lin.
///      With `sharePrimal` both steps use one f(x; w₀), at λ + ε.
/// A validation step: (λ, σ) ← optimiser step on ∇ { L_V(f(x; w(Δ))) − τ Σ log(σ √(2πe)) } with
/// Δ = (λ + σ ⊙ n) − stop(λ); without `tuneScales` n = 0 and the entropy term is left out.
class DeltaStn : public Tuner {
  public:
    using Tuner::Tuner;
    TrainMetrics train(const Batch& batch, at::Generator& generator) override;
    Tensor validate(const Batch& batch, at::Generator& generator) override;
    Tensor predict(const Batch& batch) override;

    /// Step 1's loss: L_T(λ, w₀), differentiable in w₀.
    Evaluated generalLoss(const Batch& batch, at::Generator& generator) const;
    /// Step 2's loss for a given ε [B, H], differentiable in Θ.
    Evaluated responseLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const;
    /// Both from one primal at λ + ε; their outputs are f(x; w₀) and y_lin.
    std::pair<Evaluated, Evaluated> sharedLosses(const Batch& batch, const Tensor& epsilon,
                                                 at::Generator& generator) const;
    /// L_V(f(x; w(Δ))) without the entropy term, for given n [B, H], differentiable in λ and, with
    /// tuneScales, in the raw scales.
    Evaluated validationLoss(const Batch& batch, const Tensor& noise) const;
};

} // namespace dstn
