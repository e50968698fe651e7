#pragma once

#include "core/export.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// How a vector is multiplied by the inverse of the training loss's Hessian (core/engine/tuners/implicit.h).
enum class InverseKind { conjugateGradient, neumann, identity };
/// Which way the derivative of an unrolled training is taken (core/engine/tuners/unrolled.h).
enum class UnrollMode { reverse, forward };
/// How a search draws points that it does not choose.
enum class Sampling { uniform, sobol };
/// Whether poor trials of a search end early.
enum class EarlyStopping { none, asha };

/// Numbers by the name of a hyperparameter.
struct NamedValues {
    std::string name;
    std::vector<double> values; ///< natural
    bool operator==(const NamedValues&) const = default;
};

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

    // delta-stn: what sets it apart from the STN, each for itself.
    bool centered = true; ///< the response is one to λ' − λ; false: to λ' itself, as the STN's
    bool separate = true; ///< w₀ and Θ have losses of their own; false: one joint loss, as the STN's

    // implicit
    InverseKind inverse = InverseKind::conjugateGradient;
    std::int64_t iterations =
        20;                  ///< of conjugate gradients at most; terms of the Neumann series beyond the first
    double tolerance = 1e-6; ///< of conjugate gradients: ‖residual‖ / ‖right-hand side‖
    double damping = 0.0;    ///< added to the Hessian's diagonal
    double neumannStep = 0.01; ///< α of the Neumann series
    bool warmStart = true;     ///< conjugate gradients begin at the last solution

    // unrolled
    UnrollMode unroll = UnrollMode::reverse;
    std::int64_t unrollSteps = 10; ///< K: of reverse mode, the last training steps that are gone back through

    // grid, random, bayesian, pbt: each trial is a plain training of budget.epochs
    std::int64_t trials = 20;                          ///< at most; a study's budget may allow fewer
    Sampling sampling = Sampling::uniform;             ///< random
    EarlyStopping earlyStopping = EarlyStopping::none; ///< random, bayesian
    std::int64_t reduction = 3;                        ///< η of successive halving
    std::int64_t minimumEpochs = 1;                    ///< of successive halving: the lowest rung
    std::int64_t points = 3;                  ///< grid: along each hyperparameter without values of its own
    std::vector<NamedValues> gridValues = {}; ///< grid: by hyperparameter
    std::int64_t startTrials = 8;             ///< bayesian: random ones before the first model
    std::int64_t population = 8;              ///< pbt
    std::int64_t intervalEpochs = 1;          ///< pbt: between two looks at the population
    double quantile = 0.25;                   ///< pbt: share of the population that is replaced

    // replay: what λ was in another run
    std::vector<double> replaySteps = {};       ///< training steps, ascending, the first 0
    std::vector<NamedValues> replayValues = {}; ///< from each of these steps on
    bool operator==(const TunerSpec&) const = default;
};

/// Whether a tuner moves λ within a run.
bool movesHyperparameters(std::string_view tunerType);
/// Whether it samples around λ, with a scale σ for each hyperparameter.
bool perturbs(std::string_view tunerType);
/// Whether its network has response parameters Θ.
bool learnsResponse(std::string_view tunerType);
/// Whether it differentiates the training loss by λ (implicit, unrolled), and so holds what has no
/// derivative.
bool needsDerivatives(std::string_view tunerType);
/// Whether a tuner searches over whole trainings (grid, random, bayesian, pbt): its experiment is carried out
/// as trials, each of them a run.
bool isSearch(std::string_view tunerType);

/// The tuner types of this build, in the order in which a person is offered them.
/// Registered in core/spec/tuner_spec.cpp.
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
