#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dstn {

/// A tuner and its options; which apply depends on the type.
struct TunerSpec {
    std::string type = "delta-stn";
    bool linearize = true;            ///< train Θ on the linearised prediction
    bool tuneScales = true;           ///< learn σ; false: n = 0 in the validation step and no entropy term
    bool sharePrimal = false;         ///< one forward pass at λ + ε serves both training steps
    bool perExample = true;           ///< a perturbation per example; false: one per batch
    double entropyWeight = 1e-3;      ///< τ
    std::int64_t trainSteps = 5;      ///< T_train
    std::int64_t validationSteps = 1; ///< T_valid
    std::int64_t warmupEpochs = 2;
    bool operator==(const TunerSpec&) const = default;
};

/// The tuner types of this build, in the order in which a person is offered them.
/// Registered in core/tuners/tuner_spec.cpp.
struct TunerType {
    std::string id;    ///< as in an experiment: "delta-stn"
    std::string title; ///< as on screen: "Δ-STN"
    std::string description;
};
const std::vector<TunerType>& tunerTypes();

enum class OptimizerKind { sgd, adam, adamw, rmsprop };
enum class ScheduleKind { constant, step, cosine, plateau };

/// The learning rate over epochs: constant; step: × factor every `every` epochs; cosine: to `minimum` at the
/// budget's end; plateau: × factor after `patience` epochs without a better validation loss, not below
/// `minimum`.
struct ScheduleSpec {
    ScheduleKind type = ScheduleKind::constant;
    std::int64_t every = 10;
    double factor = 0.1;
    std::int64_t patience = 5;
    double minimum = 0.0;
    bool operator==(const ScheduleSpec&) const = default;
};

/// An optimiser with PyTorch's names, meanings and defaults.
struct OptimizerSpec {
    OptimizerKind type = OptimizerKind::sgd;
    double lr = 0.01;
    double momentum = 0.0;    ///< sgd, rmsprop
    bool nesterov = false;    ///< sgd
    double beta1 = 0.9;       ///< adam, adamw
    double beta2 = 0.999;     ///< adam, adamw
    double alpha = 0.99;      ///< rmsprop
    double epsilon = 1e-8;    ///< adam, adamw, rmsprop
    double weightDecay = 0.0; ///< adamw: decoupled decay of w₀, not a tuned quantity
    double clipNorm = 0.0;    ///< the longest gradient, all parameters together; 0: any
    ScheduleSpec schedule = {};
    bool operator==(const OptimizerSpec&) const = default;
};

struct OptimizersSpec {
    OptimizerSpec general{.type = OptimizerKind::sgd, .lr = 0.01, .momentum = 0.9};
    OptimizerSpec response{.type = OptimizerKind::sgd, .lr = 0.01, .momentum = 0.9};
    OptimizerSpec hyperparameters{.type = OptimizerKind::rmsprop, .lr = 0.01};
    OptimizerSpec scales{.type = OptimizerKind::rmsprop, .lr = 0.01};
    bool operator==(const OptimizersSpec&) const = default;
};

} // namespace dstn
