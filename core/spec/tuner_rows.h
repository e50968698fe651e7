#pragma once

#include "core/spec/step_cost.h"
#include "core/spec/tuner_spec.h"

#include <algorithm>

namespace dstn {

// The traits of every type of tuner, one row each. A type without a row does not compile.

template <class Options>
inline constexpr TunerTraits tunerRow = Options::thisTypeHasNoRow;

template <>
inline constexpr TunerTraits tunerRow<DeltaStnOptions>{
    .id = "delta-stn",
    .title = "Δ-STN",
    .description =
        "Learns, while training, how the best weights respond to the hyperparameters around their current "
        "value, and moves the hyperparameters down the validation loss (Bae & Grosse 2020).",
    .kind = TunerKind::withinRun,
    .perturbs = true,
    .learnsResponse = true,
    .linearizes = true,
    .usual = true,
    .centered = [](const TunerSpec& tuner) { return std::get<DeltaStnOptions>(tuner.options).centered; },
    .cost =
        [](const TunerSpec& tuner, std::int64_t) {
            const auto& own = std::get<DeltaStnOptions>(tuner.options);
            constexpr double plain = 3.0, validation = 4.0;
            if (!own.separate) return costOfProducts(tuner.linearize ? 7.0 : 6.0, validation);
            if (tuner.sharePrimal) return costOfProducts(7.0, validation);
            return costOfProducts(plain + (tuner.linearize && !own.centered ? 7.0 : 5.0), validation);
        }};

template <>
inline constexpr TunerTraits tunerRow<StnOptions>{
    .id = "stn",
    .title = "STN",
    .description =
        "The Δ-STN's predecessor: the weights as one affine function of the hyperparameters, without "
        "centring or linearisation (MacKay et al. 2019).",
    .kind = TunerKind::withinRun,
    .perturbs = true,
    .learnsResponse = true,
    .usual = true,
    .centered = [](const TunerSpec&) { return false; },
    .cost = [](const TunerSpec&, std::int64_t) { return costOfProducts(6.0, 4.0); }};

template <>
inline constexpr TunerTraits tunerRow<HypernetworkOptions>{
    .id = "hypernetwork",
    .title = "Hypernetwork",
    .description =
        "One linear map from the hyperparameters to all weights, trained on samples around the current value "
        "(Lorraine & Duvenaud 2018). Its memory grows as weights × hyperparameters.",
    .kind = TunerKind::withinRun,
    .perturbs = true,
    .mapsAllWeights = true,
    .cost = [](const TunerSpec&, std::int64_t) { return costOfProducts(3.0, 3.0); },
    .memory =
        [](const TunerSpec&, const TunerLoad& load) {
            // b with its gradient and state, and the map.
            return load.parameters * (load.generalNumbers + load.tuned * load.responseNumbers);
        }};

/// Vectors as long as the weights: the validation gradient and what is made of it, of conjugate gradients the
/// solution, its start, the residual, a direction and its product.
inline constexpr double hypergradientVectors = 6;

template <>
inline constexpr TunerTraits tunerRow<ImplicitOptions>{
    .id = "implicit",
    .title = "Implicit differentiation",
    .description =
        "Differentiates the validation loss through the optimality of the weights, with the inverse Hessian "
        "of the training loss (Larsen et al. 1996; Pedregosa 2016; Lorraine et al. 2020). Tunes what the "
        "training loss is differentiable in.",
    .kind = TunerKind::withinRun,
    .needsDerivatives = true,
    .cost =
        [](const TunerSpec& tuner, std::int64_t) {
            const auto& own = std::get<ImplicitOptions>(tuner.options);
            constexpr double plain = 3.0, gradients = 2.0 * plain;
            if (own.inverse == InverseKind::identity)
                return costOfProducts(plain, gradients + hessianProducts);
            return costOfProducts(
                plain, gradients + hessianProducts * (static_cast<double>(own.iterations) + 1.0),
                own.inverse == InverseKind::neumann ? gradients : gradients + hessianProducts);
        },
    .memory = [](const TunerSpec&, const TunerLoad& load) { return load.parameters * hypergradientVectors; }};

template <>
inline constexpr TunerTraits tunerRow<UnrolledOptions>{
    .id = "unrolled",
    .title = "Unrolling",
    .description =
        "Differentiates the validation loss through the last training steps (Maclaurin et al. 2015; Shaban "
        "et al. 2019) or along with all of them (Franceschi et al. 2017). Tunes what the training loss is "
        "differentiable in.",
    .kind = TunerKind::withinRun,
    .needsDerivatives = true,
    .needsSgd = true,
    .cost =
        [](const TunerSpec& tuner, std::int64_t tuned) {
            const auto& own = std::get<UnrolledOptions>(tuner.options);
            constexpr double plain = 3.0;
            if (own.mode == UnrollMode::forward)
                return costOfProducts(plain + hessianProducts * static_cast<double>(tuned), plain);
            return costOfProducts(plain, plain + (plain + hessianProducts) * static_cast<double>(own.steps));
        },
    .memory =
        [](const TunerSpec& tuner, const TunerLoad& load) {
            const auto& own = std::get<UnrolledOptions>(tuner.options);
            const bool forward = own.mode == UnrollMode::forward;
            const double copies = forward ? 2 * load.tuned : static_cast<double>(own.steps);
            return load.parameters * (copies + hypergradientVectors) + load.inputs * (forward ? 1 : copies);
        }};

template <>
inline constexpr TunerTraits tunerRow<GridOptions>{
    .id = "grid",
    .title = "Grid search",
    .description = "Trains once for each point of a grid.",
    .kind = TunerKind::search,
    .needsRanges = true,
    .trials = [](const TunerSpec& tuner) { return std::get<GridOptions>(tuner.options).trials; },
    .points =
        [](const TunerSpec& tuner, const std::vector<Hyperparameter>& hyperparameters, std::int64_t most) {
            const auto& own = std::get<GridOptions>(tuner.options);
            std::int64_t points = 1;
            for (const Hyperparameter& hyperparameter : hyperparameters) {
                if (!hyperparameter.tune) continue;
                const auto found = std::ranges::find(own.values, hyperparameter.name, &NamedValues::name);
                const std::int64_t along =
                    found != own.values.end() ? static_cast<std::int64_t>(found->values.size()) : own.points;
                if (along > 0 && points > most / along) return most;
                points *= std::max<std::int64_t>(along, 0);
            }
            return std::min(points, most);
        }};

template <>
inline constexpr TunerTraits tunerRow<RandomOptions>{
    .id = "random",
    .title = "Random search",
    .description = "Trains once for each of many random points (Bergstra & Bengio 2012).",
    .kind = TunerKind::search,
    .needsRanges = true,
    .usual = true,
    .trials = [](const TunerSpec& tuner) { return std::get<RandomOptions>(tuner.options).trials; },
    .stopsEarly =
        [](const TunerSpec& tuner) {
            return std::get<RandomOptions>(tuner.options).halving.earlyStopping != EarlyStopping::none;
        }};

template <>
inline constexpr TunerTraits tunerRow<BayesianOptions>{
    .id = "bayesian",
    .title = "Bayesian optimisation",
    .description = "Trains where a Gaussian process fitted to the trials so far expects the most improvement "
                   "(Snoek et al. "
                   "2012).",
    .kind = TunerKind::search,
    .needsRanges = true,
    .usual = true,
    .trials = [](const TunerSpec& tuner) { return std::get<BayesianOptions>(tuner.options).trials; },
    .stopsEarly =
        [](const TunerSpec& tuner) {
            return std::get<BayesianOptions>(tuner.options).halving.earlyStopping != EarlyStopping::none;
        }};

template <>
inline constexpr TunerTraits tunerRow<PbtOptions>{
    .id = "pbt",
    .title = "Population based training",
    .description =
        "Trains many at once; the worst copy the weights of the best and change their hyperparameters a "
        "little (Jaderberg et al. 2017).",
    .kind = TunerKind::search,
    .needsRanges = true,
    .sideBySide = true,
    .trials = [](const TunerSpec& tuner) { return std::get<PbtOptions>(tuner.options).population; }};

template <>
inline constexpr TunerTraits tunerRow<ReplayOptions>{
    .id = "replay",
    .title = "Replay",
    .description = "Plain training with the hyperparameters following the schedule of another run.",
    .kind = TunerKind::withinRun,
    .followsRun = true};

template <>
inline constexpr TunerTraits tunerRow<FixedOptions>{
    .id = "fixed",
    .title = "Fixed",
    .description = "Plain training: every hyperparameter stays at its initial value."};

} // namespace dstn
