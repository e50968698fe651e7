#pragma once

#include "core/tuners/tuner.h"

namespace dstn {

/// Self-Tuning Networks (MacKay et al. 2019): the Δ-STN's ancestor.
///
/// The response is not centred, W(λ) = W₀ + diag(U λ) R, b(λ) = b₀ + (C λ) ⊙ r, and one loss
/// E_ε L_T(λ + ε, w(λ + ε)) trains w₀ and Θ together, without linearisation. The validation step follows
/// ∇ { L_V(f(x; w(λ + ε))) − τ Σ log(σ √(2πe)) }, ε = σ ⊙ n.
class Stn : public Tuner {
  public:
    using Tuner::Tuner;
    TrainMetrics train(const Batch& batch, at::Generator& generator) override;
    Tensor validate(const Batch& batch, at::Generator& generator) override;
    Tensor predict(const Batch& batch) override;

    /// L_T(λ + ε, w(λ + ε)) for a given ε [B, H], differentiable in w₀ and Θ.
    Evaluated trainingLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const;
    /// L_V(f(x; w(λ + σ ⊙ n))) without the entropy term, differentiable in λ and the raw scales.
    Evaluated validationLoss(const Batch& batch, const Tensor& noise) const;
};

} // namespace dstn
