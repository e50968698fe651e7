#pragma once

#include "core/engine/tuners/fixed.h"
#include "core/engine/tuners/inverse_hessian.h"
#include "core/engine/tuners/training_loss.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// Implicit differentiation (Larsen et al. 1996; Pedregosa 2016; Lorraine et al. 2020).
///
/// Training steps are Fixed's. Where w₀ is a minimum of L_T(λ, ·), the implicit function theorem gives its
/// derivative with respect to λ, and a validation step is an optimiser step of λ on
///
///     dL_V/dλ = − p · ∂²L_T/∂w∂λ,   (H + γ I) p = ∇_w L_V(w₀),   H = ∂²L_T/∂w∂w,
///
/// H and the mixed derivative those of the latest training step's mini-batch, masks and augmentation, at the
/// present w₀; γ the damping. p by `inverse`:
///
///     conjugateGradient   to `tolerance` or in so many `iterations`, from the last p with `warmStart`; cut
///                         short at negative curvature (core/engine/tuners/inverse_hessian.h),
///                         which is reported once
///     neumann             α Σ_{k = 0 … iterations} (I − α (H + γ I))ᵏ ∇_w L_V, α = `neumannStep`
///     identity            α ∇_w L_V: H ≈ I / α, T1–T2 (Luketina et al. 2016)
///
/// The factor α, which the papers absorb into the learning rate or omit, keeps all three on one scale.
/// Before the first training step there is no Hessian, and a validation step gives the loss alone.
class Implicit : public Fixed {
  public:
    Implicit(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers);

    TrainMetrics train(const Batch& batch, at::Generator& generator) override;
    Tensor validate(const Batch& batch, at::Generator& generator) override;
    double validateCost() const override { return validateCost_; }
    /// The last solution, if conjugate gradients start from it.
    NamedTensors state() const override;
    void load(const NamedTensors& state) override;
    std::optional<std::string> takeNote() override;

    /// dL_V/dλ [H] for v = ∇_w L_V(w₀), with the latest training batch.
    Tensor hypergradient(const std::vector<Tensor>& v);

  private:
    std::optional<KeptBatch> latest_;
    std::vector<Tensor> solution_; ///< the last p; zeros before there is one; empty without a warm start
    double validateCost_;
    bool noted_ = false;
    std::optional<std::string> note_;
};

/// Returns the hypergradient. If its values are on the CPU, throws Error{numeric} if one is not finite.
Tensor checkedHypergradient(const Tensor& hypergradient);

} // namespace dstn
