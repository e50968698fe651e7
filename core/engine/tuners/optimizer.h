#pragma once

#include "core/engine/torch.h"
#include "core/export.h"
#include "core/spec/tuner_spec.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// One optimiser over a list of parameters, with the formulas of torch.optim:
///
///     sgd      b ← μ b + g;  w ← w − η b            (nesterov: w ← w − η (g + μ b))
///     adam     m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²
///              w ← w − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///     adamw    w ← (1 − η · decay) w, then as adam   (Loshchilov & Hutter 2019)
///     rmsprop  v ← α v + (1 − α) g²;  b ← μ b + g / (√v + ε);  w ← w − η b
///
/// With `clip_norm` c > 0, gradients whose norm ‖g‖ over all parameters exceeds c are multiplied by c / ‖g‖
/// first (Pascanu et al. 2013).
///
/// An update is memory-bound: on the CPU every parameter is read and written once, all of them in one
/// parallel region, and the result does not depend on the number of threads. Elsewhere it is ATen's
/// multi-tensor operations, with what changes from step to step (t) on the parameters' device: such an update
/// waits for nothing and may be recorded and replayed. A replay keeps the rate η that was recorded.
///
/// The parameters are changed in place, autograd records nothing, and their versions count up, so that a
/// backward pass through an outdated graph fails instead of being wrong.
///
///     Optimizer general({.type = OptimizerKind::sgd, .lr = 0.01, .momentum = 0.9}, {weight, bias});
///     general.step({weightGradient, biasGradient});
class Optimizer {
  public:
    /// The parameters are shared, not copied; floating-point and contiguous.
    Optimizer(const OptimizerSpec& spec, std::vector<Tensor> parameters);

    /// One update. `gradients` in the order of the parameters; where one is undefined, its parameter and
    /// state are left alone. Throws c10::Error if counts or shapes disagree.
    void step(const std::vector<Tensor>& gradients);

    double lr() const { return lr_; }
    void setLr(double lr) { lr_ = lr; }

    /// "lr" (float64), then per parameter i "i.step" (int64) and its moments. The moments are shared with
    /// the optimiser: copy them before the next step.
    NamedTensors state() const;
    /// Continues from state(), bit for bit. Throws Error{archive}, the optimiser unchanged, if it is not the
    /// state of such an optimiser over such parameters.
    void load(const NamedTensors& state);

  private:
    struct Slot {
        Tensor parameter;
        Tensor first;          ///< sgd, rmsprop: momentum; adam, adamw: m; undefined where unused
        Tensor second;         ///< adam, adamw, rmsprop: v; undefined where unused
        std::int64_t step = 0; ///< t; unused where `counts_` has it
        bool fused = true;
    };

    void stepFused(const std::vector<std::size_t>& chosen, const std::vector<Tensor>& gradients);
    void stepAten(const std::vector<std::size_t>& chosen, const std::vector<Tensor>& gradients);

    OptimizerSpec spec_;
    double lr_;
    std::vector<Slot> slots_;
    Tensor counts_; ///< t of each slot, float64 [slots] on the device; undefined where all are fused
};

/// The learning rate η over the epochs of a budget E, as ScheduleSpec names it; e epochs are finished:
///
///     constant  η
///     step      η · factor^⌊e / every⌋
///     cosine    minimum + (η − minimum) (1 + cos(π e / E)) / 2
///     plateau   max(minimum, η · factorʳ), r as in torch's ReduceLROnPlateau: one more whenever more than
///               `patience` observed losses in a row were not better by a relative 1e-4 than the best
class Schedule {
  public:
    Schedule(const ScheduleSpec& spec, double lr, std::int64_t epochs);

    double lr(std::int64_t finishedEpochs) const;
    /// Called once after every epoch; only plateau uses it. A loss that is not finite counts as no better.
    void observe(double validationLoss);

    NamedTensors state() const;
    /// Throws Error{archive} if it is not a schedule's state.
    void load(const NamedTensors& state);

  private:
    ScheduleSpec spec_;
    double lr_;
    std::int64_t epochs_;
    double best_;
    std::int64_t bad_ = 0;
    std::int64_t reductions_ = 0;
};

} // namespace dstn
