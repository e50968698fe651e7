#pragma once

#include "core/export.h"
#include "core/spec/hyperparameter.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
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

// The options that one type of tuner alone has. A tuner is added by a struct here and among the alternatives
// of TunerOptions, its fields in core/experiment/tuner_fields.h, its row in core/spec/tuner_rows.h, and what
// carries it out: a Tuner (core/engine/tuners/tuner.h) or a Search (core/search/search.h).

/// What distinguishes the Δ-STN from the STN, independently of each other.
struct DeltaStnOptions {
    bool centered = true; ///< the response is a function of λ' − λ; false: of λ' itself, as in the STN
    bool separate = true; ///< w₀ and Θ have separate losses; false: one joint loss, as in the STN
    bool operator==(const DeltaStnOptions&) const = default;
};

struct StnOptions {
    bool operator==(const StnOptions&) const = default;
};

struct HypernetworkOptions {
    bool operator==(const HypernetworkOptions&) const = default;
};

struct ImplicitOptions {
    InverseKind inverse = InverseKind::conjugateGradient;
    /// Conjugate gradient iterations, at most; Neumann series terms after the first.
    std::int64_t iterations = 20;
    double tolerance = 1e-6;   ///< of conjugate gradients: ‖residual‖ / ‖right-hand side‖
    double damping = 0.0;      ///< added to the Hessian's diagonal
    double neumannStep = 0.01; ///< α of the Neumann series
    bool warmStart = true;     ///< conjugate gradients start from the last solution
    bool operator==(const ImplicitOptions&) const = default;
};

struct UnrolledOptions {
    UnrollMode mode = UnrollMode::reverse;
    std::int64_t steps = 10; ///< K: the last training steps, through which reverse mode differentiates
    bool operator==(const UnrolledOptions&) const = default;
};

/// When the poor trials of a search end.
struct HalvingOptions {
    EarlyStopping earlyStopping = EarlyStopping::none;
    std::int64_t reduction = 3;     ///< η of successive halving
    std::int64_t minimumEpochs = 1; ///< successive halving: the lowest rung
    bool operator==(const HalvingOptions&) const = default;
};

// Searches: each trial is a plain training of budget.epochs.

/// A study's budget may allow fewer trials than `trials`, here and below.
struct GridOptions {
    std::int64_t trials = 20;             ///< at most
    std::int64_t points = 3;              ///< along each hyperparameter without its own values
    std::vector<NamedValues> values = {}; ///< by hyperparameter
    bool operator==(const GridOptions&) const = default;
};

struct RandomOptions {
    std::int64_t trials = 20; ///< at most
    Sampling sampling = Sampling::uniform;
    HalvingOptions halving = {};
    bool operator==(const RandomOptions&) const = default;
};

struct BayesianOptions {
    std::int64_t trials = 20; ///< at most
    HalvingOptions halving = {};
    std::int64_t startTrials = 8; ///< random ones before the first model
    bool operator==(const BayesianOptions&) const = default;
};

struct PbtOptions {
    std::int64_t population = 8;
    std::int64_t intervalEpochs = 1; ///< between two comparisons of the members
    double quantile = 0.25;          ///< share of the population that is replaced
    bool operator==(const PbtOptions&) const = default;
};

/// What λ was in another run.
struct ReplayOptions {
    std::vector<double> steps = {};       ///< training steps, ascending, the first 0
    std::vector<NamedValues> values = {}; ///< from each of these steps on
    bool operator==(const ReplayOptions&) const = default;
};

/// Every hyperparameter stays at its initial value.
struct FixedOptions {
    bool operator==(const FixedOptions&) const = default;
};

/// The type of a tuner with its own options, in the order of the choices on screen.
using TunerOptions =
    std::variant<DeltaStnOptions, StnOptions, HypernetworkOptions, ImplicitOptions, UnrolledOptions,
                 GridOptions, RandomOptions, BayesianOptions, PbtOptions, ReplayOptions, FixedOptions>;

/// A tuner: options that a document may have with every type, and those of its own type.
struct TunerSpec {
    bool linearize = true;            ///< train Θ on the linearised prediction
    bool tuneScales = true;           ///< learn σ; false: n = 0 in the validation step and no entropy term
    bool sharePrimal = false;         ///< both training steps share one forward pass at λ + ε
    bool perExample = true;           ///< a perturbation per example; false: one per batch
    double entropyWeight = 1e-3;      ///< τ
    std::int64_t trainSteps = 5;      ///< T_train
    std::int64_t validationSteps = 1; ///< T_valid
    std::int64_t warmupEpochs = 2;
    TunerOptions options = {};

    /// Those of a type, or their defaults where the tuner is of another.
    template <class Options>
    Options optionsOr() const {
        const Options* own = std::get_if<Options>(&options);
        return own != nullptr ? *own : Options{};
    }
    bool operator==(const TunerSpec&) const = default;
};

enum class TunerKind {
    plain,     ///< λ does not change
    withinRun, ///< λ changes while the network trains
    search,    ///< over whole trainings: the experiment is a series of trials, each a run
};

struct StepCost;
/// The size of a tuner's problem.
struct TunerLoad {
    double parameters = 0;      ///< of the network
    double tuned = 0;           ///< H, the number of tuned hyperparameters
    double inputs = 0;          ///< numbers of a mini-batch of training
    double generalNumbers = 2;  ///< that one parameter takes: itself, its gradient, its optimiser's state
    double responseNumbers = 2; ///< the same under the optimiser of the response
};

/// The properties of a type of tuner; its row is in core/spec/tuner_rows.h. Where a function may be
/// null, it says so.
struct TunerTraits {
    std::string_view id;    ///< as in an experiment: "delta-stn"
    std::string_view title; ///< as on screen: "Δ-STN"
    std::string_view description;
    TunerKind kind = TunerKind::plain;
    bool perturbs = false;       ///< samples around λ, with a scale σ for each hyperparameter
    bool learnsResponse = false; ///< its network has response parameters Θ
    bool linearizes = false;     ///< may train Θ on the linearised prediction
    /// It differentiates the training loss with respect to λ, and so holds what has no derivative.
    bool needsDerivatives = false;
    bool needsSgd = false; ///< it differentiates through training steps: of sgd, without clip_norm
    bool mapsAllWeights =
        false;                ///< one linear map from λ to all weights, of hypernetworkLimit entries at most
    bool followsRun = false;  ///< λ is what it was in another run
    bool needsRanges = false; ///< every tuned hyperparameter has a range with two ends
    bool sideBySide = false;  ///< of a search: its trials train side by side and copy from each other
    bool usual = false;       ///< a new study begins with it
    /// Whether w₀ is w(λ), the response being a function of λ' − λ; null: it is.
    bool (*centered)(const TunerSpec&) = nullptr;
    /// What its steps cost; null: plain training steps (core/spec/step_cost.h).
    StepCost (*cost)(const TunerSpec&, std::int64_t tuned) = nullptr;
    /// The numbers that it keeps beside a network with its gradients; null: none.
    double (*memory)(const TunerSpec&, const TunerLoad&) = nullptr;
    /// Of a search: its trials, at most. Null for the others alone.
    std::int64_t (*trials)(const TunerSpec&) = nullptr;
    /// The number of points of a search, or `most` if there are more; null: unlimited.
    std::int64_t (*points)(const TunerSpec&, const std::vector<Hyperparameter>&, std::int64_t most) = nullptr;
    /// Whether poor trials end early and may continue later; null: never.
    bool (*stopsEarly)(const TunerSpec&) = nullptr;

    /// Whether λ changes within a run.
    constexpr bool moves() const { return kind == TunerKind::withinRun; }
    constexpr bool searches() const { return kind == TunerKind::search; }
};

/// The rows of all types, in the order of TunerOptions' alternatives.
std::span<const TunerTraits> tunerTypes();
const TunerTraits& traitsOf(const TunerSpec& tuner);
/// Null if there is no such type.
const TunerTraits* findTuner(std::string_view id);
/// The alternative of this type with its defaults; throws std::out_of_range if there is no such type.
TunerOptions tunerOptions(std::string_view id);
/// How many trainings a search over these hyperparameters is at most; 0 if the tuner is not a search. Poor
/// trials that end early count as whole ones.
std::int64_t trainingsOf(const TunerSpec& tuner, const std::vector<Hyperparameter>& hyperparameters);
/// Whether poor trials of this search end early and may continue later.
bool stopsEarly(const TunerSpec& tuner);

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
    double clipNorm = 0.0;    ///< the largest gradient norm over all parameters; 0: no clipping
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
