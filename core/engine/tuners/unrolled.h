#pragma once

#include "core/engine/tuners/fixed.h"
#include "core/engine/tuners/training_loss.h"
#include "core/export.h"

#include <deque>

namespace DSTN_EXPORT dstn {

/// Differentiation through training steps. The general optimiser is SGD with momentum μ, with
/// g_t = ∇_w L_T(λ, w_{t−1}) on mini-batch t:
///
///     v_t = μ v_{t−1} + g_t,   w_t = w_{t−1} − η_t v_t        (Nesterov: w_t = w_{t−1} − η_t (g_t + μ v_t)).
///
/// A validation step is an optimiser step of λ on dL_V(w_t)/dλ.
///
/// Reverse (Maclaurin et al. 2015; truncated to the last K = `unroll_steps` steps: Shaban et al. 2019).
/// Training steps are Fixed's; their batches, randomness and the weights before them are kept, and the
/// adjoints of w and v, from ∇_w L_V and 0, go back through them:
///
///     ḡ = v̄_t − η_t w̄_t,   λ̄ += ḡ · ∂²L_T/∂w∂λ,   w̄_{t−1} = w̄_t + H ḡ,   v̄_{t−1} = μ ḡ
///     (Nesterov: ū = v̄_t − η_t μ w̄_t,   ḡ = ū − η_t w̄_t,   v̄_{t−1} = μ ū).
///
/// λ counts as one variable, though each step is taken at the λ that it had. K copies of the weights.
///
/// Forward, real-time (Franceschi et al. 2017): ẇ = dw/dλ and v̇ = dv/dλ, [H, weights], are updated with every
/// training step, from 0 at the start of the run:
///
///     ġ = H ẇ_{t−1} + ∂²L_T/∂w∂λ,   v̇_t = μ v̇_{t−1} + ġ,   ẇ_t = ẇ_{t−1} − η_t v̇_t
///     (Nesterov: ẇ_t = ẇ_{t−1} − η_t (ġ + μ v̇_t)),   dL_V/dλ = ẇ · ∇_w L_V.
///
/// 2 H copies of the weights, and one product with the Hessian a step for each of the H.
class Unrolled : public Fixed {
  public:
    /// `optimizers.general` must be sgd without clip_norm; c10::Error otherwise.
    Unrolled(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers);

    TrainMetrics train(const Batch& batch, at::Generator& generator) override;
    Tensor validate(const Batch& batch, at::Generator& generator) override;
    double validateCost() const override;
    /// The kept steps, or the carried derivatives.
    NamedTensors state() const override;
    void load(const NamedTensors& state) override;

    /// dL_V/dλ [H] for ∇_w L_V at the present weights.
    Tensor hypergradient(const std::vector<Tensor>& validationGradient);

  private:
    /// A training step that can be differentiated through.
    struct Step {
        KeptBatch batch;
        std::vector<Tensor> weights; ///< before it
        Tensor lambda;               ///< at it
        double lr = 0.0;
    };
    bool forward() const { return own<UnrolledOptions>().mode == UnrollMode::forward; }
    Step remember(const Batch& batch, const at::Generator& generator);
    TrainMetrics trainForward(const Batch& batch, at::Generator& generator);
    Tensor goBack(const std::vector<Tensor>& validationGradient);

    double momentum_;
    bool nesterov_;
    std::vector<Tensor> weights_;                           ///< of the network
    std::deque<Step> steps_;                                ///< the last K, oldest first
    std::vector<Tensor> weightTangents_, momentumTangents_; ///< ẇ and v̇, [H, …] for each weight
};

} // namespace dstn
