#pragma once

#include "core/engine/tuners/tuner.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// A hypernetwork trained along with λ (Lorraine & Duvenaud 2018, algorithm 3): one linear map to all weights
/// of the network at once,
///
///     w(λ) = b + Φᵀ λ,   b [P], Φ [H, P],
///
/// λ unconstrained. b starts as the network's initial weights and Φ at zero.
///
/// A training step, at λ' = λ + σ ⊙ n with one n ~ N(0, I) [H] for the batch: with g = ∇_w L_T(λ', w(λ')),
/// b follows the general optimiser's rule on g, and Φ the response's on λ' gᵀ. A validation step: (λ, σ) ←
/// optimiser step on ∇ { L_V(w(λ + σ ⊙ n)) − τ Σ log(σ √(2πe)) }, by λ' = λ + σ ⊙ n that of L_V is Φ ∇_w L_V;
/// without `tuneScales` n = 0 there and the entropy term is left out. Predictions are made at w(λ).
///
/// The weights stand in the network's own tensors, at λ' during a step and at λ for predictions and
/// checkpoints.
class Hypernetwork : public Tuner {
  public:
    Hypernetwork(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers);

    TrainMetrics train(const Batch& batch, at::Generator& generator) override;
    Tensor validate(const Batch& batch, at::Generator& generator) override;
    Tensor predict(const Batch& batch) override;
    /// b, Φ and their optimisers. Puts the network at w(λ), so that a checkpoint has these weights.
    NamedTensors state() const override;
    void load(const NamedTensors& state) override;

    const Tensor& base() const { return base_; } ///< b
    const Tensor& map() const { return map_; }   ///< Φ

    /// L_V(w(λ')) and its derivative with respect to λ' [H].
    struct Slope {
        Tensor loss;
        Tensor lambda;
    };
    /// @param lambda λ' [H]
    Slope validationSlope(const Batch& batch, const Tensor& lambda);

  private:
    /// Puts the network at w(λ').
    void place(const Tensor& lambda) const;
    /// The same for λ, where it is not there yet.
    void settle() const;
    /// g of the weights as one vector [P].
    Tensor gradient(const Tensor& loss) const;

    Tensor base_, map_;
    Optimizer baseOptimizer_, mapOptimizer_;
    mutable Tensor settledAt_; ///< the λ whose w(λ) the network has; undefined: of another
};

} // namespace dstn
