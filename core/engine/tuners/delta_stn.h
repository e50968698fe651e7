#pragma once

#include "core/engine/tuners/tuner.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// The Δ-STN (Bae & Grosse 2020, Algorithm 1), and the variants between it and the STN (MacKay et al. 2019).
///
/// A training step on a mini-batch of B examples, with ε = σ ⊙ n, n ~ N(0, I) [B, H]:
///   1. w₀ ← optimiser step on ∇_{w₀} L_T(λ, w(λ)): no perturbation; dropout, augmentation … at λ.
///   2. Θ ← optimiser step on ∇_Θ L_T(λ + ε, ŷ), ŷ = f(x; w(λ)) + J_w f(x; w(λ)) · Θ ε; dropout,
///      augmentation … at each example's λ + ε.
/// A validation step: (λ, σ) ← optimiser step on ∇ { L_V(f(x; w(λ + σ ⊙ n))) − τ Σ log(σ √(2πe)) }; without
/// `tuneScales` n = 0 and the entropy term is left out.
///
/// Four independent switches:
///
///     centered    w(λ') = w₀ + Θ Δ with Δ = λ' − stop(λ), so that w(λ) = w₀. Otherwise w(λ') = W₀ + Θ λ'.
///     separate    the two steps above. Otherwise one loss, L_T(λ + ε, ŷ), gives the gradients of both.
///     linearize   ŷ as above. Otherwise ŷ = f(x; w(λ + ε)).
///     tuneScales  σ is learned.
///
/// A linearised ŷ is differentiated at a fixed Jacobian: with respect to w(λ), and through it W₀ and Θ, in
/// its first term; with respect to Θ in Θ ε too. With `sharePrimal` both steps of the centred, separate,
/// linearised form use one f(x; w₀), at λ + ε.
class DeltaStn : public Tuner {
  public:
    using Tuner::Tuner;
    TrainMetrics train(const Batch& batch, at::Generator& generator) override;
    Tensor validate(const Batch& batch, at::Generator& generator) override;
    Tensor predict(const Batch& batch) override;

    /// Step 1's loss: L_T(λ, w(λ)), differentiable in w₀.
    Evaluated generalLoss(const Batch& batch, at::Generator& generator) const;
    /// Step 2's loss for a given ε [B, H], differentiable in Θ.
    Evaluated responseLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const;
    /// Both steps' losses from one primal at λ + ε; their outputs are f(x; w₀) and ŷ.
    std::pair<Evaluated, Evaluated> sharedLosses(const Batch& batch, const Tensor& epsilon,
                                                 at::Generator& generator) const;
    /// The one loss of joint training for a given ε [B, H], differentiable in w₀ and Θ.
    Evaluated jointLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const;
    /// L_V(f(x; w(λ + σ ⊙ n))) without the entropy term, for given n [B, H], differentiable in λ and, with
    /// tuneScales, in the raw scales.
    Evaluated validationLoss(const Batch& batch, const Tensor& noise) const;

  private:
    /// w(λ), where it is not w₀ itself.
    Weights weightsAtLambda() const;
    /// L_T(λ + ε, ŷ), differentiable in Θ and, in joint training, in w₀.
    Evaluated perturbedLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator,
                            bool joint) const;
    /// One step of both by one loss.
    TrainMetrics trainJointly(const Batch& batch, const Tensor& epsilon, at::Generator& generator);
    TrainMetrics metrics(const Evaluated& evaluated, const Batch& batch) const;
};

} // namespace dstn
