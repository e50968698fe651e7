#pragma once

#include "core/engine/tuners/optimizer.h"
#include "core/engine/tuners/problem.h"
#include "core/export.h"
#include "core/spec/step_cost.h"
#include "core/spec/tuner_spec.h"

#include <memory>
#include <optional>
#include <variant>

namespace DSTN_EXPORT dstn {

/// The four optimisers, one for each kind of quantity that is learned.
struct Optimizers {
    Optimizers(const OptimizersSpec& spec, const Problem& problem);
    Optimizer general, response, hyperparameters, scales;
};

/// A loss with the network's outputs it was computed from.
struct Evaluated {
    Tensor loss;    ///< scalar, with its graph
    Tensor outputs; ///< [batch, outputs]
};

/// What one training step reports, scalars on the device: the mini-batch's figures before the update.
struct TrainMetrics {
    Tensor loss;              ///< L_T(λ, w₀), penalty included
    Tensor correct = {};      ///< correct answers, int64; undefined for regression
    Tensor responseLoss = {}; ///< L_T(λ + ε, …); undefined where no response is trained
};

/// A method that trains a network and chooses its hyperparameters during training.
///
/// How to add one: core/README.md.
class Tuner {
  public:
    Tuner(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
        : problem_(problem), spec_(spec), optimizers_(optimizers, problem) {}
    virtual ~Tuner() = default;

    /// One step on a training mini-batch. On the CPU throws Error{numeric}, before anything has changed by
    /// it, if a loss is not finite. On an asynchronous device a step waits for nothing, and its
    /// losses are checked by whoever reads them.
    virtual TrainMetrics train(const Batch& batch, at::Generator& generator) = 0;
    /// One step of the hyperparameters on a validation mini-batch; the loss without the entropy term, a
    /// scalar on the device. Throws as train() does.
    virtual Tensor validate(const Batch& batch, at::Generator& generator) = 0;
    /// The network's outputs at the current hyperparameters, [batch, outputs] or, of texts,
    /// [batch, time, outputs]; dropout off.
    virtual Tensor predict(const Batch& batch) = 0;

    /// Called with the number of training steps done between any two steps and at the start, before the next
    /// step and before λ is read there. @return whether λ changed
    virtual bool reached(std::int64_t) { return false; }
    /// Whether it takes validation steps.
    virtual bool validates() const { return problem_.space.size() > 0; }

    /// What a step costs in gradient-evaluation equivalents; a study's budget is counted in them.
    virtual double trainCost() const { return costOf(spec_, problem_.space.size()).train; }
    virtual double validateCost() const {
        return costOf(spec_, problem_.space.size()).validate;
    } ///< the last one's
    /// What the tuner keeps besides the problem and the optimisers, under its own names, shared; part of a
    /// checkpoint.
    virtual NamedTensors state() const { return {}; }
    /// Continues from state(), bit for bit. Throws Error{archive} if it is not the state of such a tuner.
    virtual void load(const NamedTensors&) {}
    /// A message about the steps so far, one sentence; returned once.
    virtual std::optional<std::string> takeNote() { return {}; }

    Optimizers& optimizers() { return optimizers_; }
    const Optimizers& optimizers() const { return optimizers_; }

  protected:
    /// The options of this type.
    template <class Options>
    const Options& own() const {
        return std::get<Options>(spec_.options);
    }
    /// λ's natural values, [1, H].
    Tensor currentValues() const { return problem_.space.natural(problem_.space.lambda()).unsqueeze(0); }
    /// The training loss on the outputs, its label smoothing by the pass's values, plus the penalty where
    /// there is one.
    Tensor lossWithPenalty(const Tensor& outputs, const Targets& targets, Pass& pass) const;

    Problem& problem_;
    TunerSpec spec_;
    Optimizers optimizers_;
};

/// The loss without its graph. If its value is on the CPU, throws Error{numeric} if it is NaN or infinite, as
/// a clause to be completed: "the training loss is infinite".
Tensor checked(const Tensor& loss, const char* quantity);
/// The clause alone, for a value that is NaN or infinite.
std::string notFiniteClause(double value, const char* quantity);

/// Makes the tuner of one type. Each type that trains defines its own, next to the tuner; a missing one
/// is a linker error.
/// @param spec of this type
template <class Options>
std::unique_ptr<Tuner> tunerOf(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers);

/// Throws Error{usage} if the tuner searches over whole trainings, which are Fixed's.
std::unique_ptr<Tuner> makeTuner(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers);

} // namespace dstn
