#pragma once

#include "core/export.h"
#include "core/spec/field.h"
#include "core/spec/tuner_spec.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace DSTN_EXPORT dstn {

// The options of tuners, optimisers and learning-rate schedules.

inline constexpr Option<bool> perturbationOptions[] = {{true, "example"}, {false, "batch"}};
inline constexpr Option<OptimizerKind> optimizerOptions[] = {{OptimizerKind::sgd, "sgd"},
                                                             {OptimizerKind::adam, "adam"},
                                                             {OptimizerKind::adamw, "adamw"},
                                                             {OptimizerKind::rmsprop, "rmsprop"}};
inline constexpr Option<ScheduleKind> scheduleOptions[] = {{ScheduleKind::constant, "constant"},
                                                           {ScheduleKind::step, "step"},
                                                           {ScheduleKind::cosine, "cosine"},
                                                           {ScheduleKind::plateau, "plateau"}};
inline constexpr Option<InverseKind> inverseOptions[] = {
    {InverseKind::conjugateGradient, "conjugate-gradient"},
    {InverseKind::neumann, "neumann"},
    {InverseKind::identity, "identity"}};
inline constexpr Option<UnrollMode> unrollOptions[] = {{UnrollMode::reverse, "reverse"},
                                                       {UnrollMode::forward, "forward"}};
inline constexpr Option<Sampling> samplingOptions[] = {{Sampling::uniform, "uniform"},
                                                       {Sampling::sobol, "sobol"}};
inline constexpr Option<EarlyStopping> earlyStoppingOptions[] = {{EarlyStopping::none, "none"},
                                                                 {EarlyStopping::asha, "asha"}};
inline constexpr Range halfOpenUnit{.min = 0, .max = 1, .maxOpen = true};
inline constexpr std::int64_t largestStepCount = 1'000'000'000;
inline constexpr std::int64_t largestGridAxis = 10'000;

template <class V>
void fieldsOf(V& v, NamedValues& named) {
    v.text({"name", "A hyperparameter's name.", true}, named.name, {.words = "a hyperparameter's name"});
    v.numbers({"values", "Its values, in natural units.", true}, named.values, {});
}

template <class V>
void fieldsOf(V& v, DeltaStnOptions& own) {
    v.flag({"centered", "The response is a function of λ' − λ; false: of λ' itself, as in the STN."},
           own.centered);
    v.flag({"separate", "w₀ and Θ have separate losses; false: one joint loss, as in the STN."},
           own.separate);
}
template <class V>
void fieldsOf(V&, StnOptions&) {}
template <class V>
void fieldsOf(V&, HypernetworkOptions&) {}

template <class V>
void fieldsOf(V& v, ImplicitOptions& own) {
    v.choice({"inverse", "How a vector is multiplied by the inverse Hessian of the training loss."},
             own.inverse, inverseOptions);
    v.integer({"iterations", "Conjugate gradient iterations, at most; Neumann series terms after the first."},
              own.iterations, {.min = 1, .max = largestStepCount});
    v.number({"tolerance", "Conjugate gradients stop at this residual norm relative to the right-hand side."},
             own.tolerance, {.min = 0});
    v.number({"damping", "Added to the Hessian's diagonal."}, own.damping, {.min = 0});
    v.number({"neumann_step", "α of the Neumann series: below 2 over the Hessian's largest eigenvalue."},
             own.neumannStep, {.min = 0, .minOpen = true});
    v.flag({"warm_start", "Conjugate gradients start from the last solution."}, own.warmStart);
}

template <class V>
void fieldsOf(V& v, UnrolledOptions& own) {
    v.choice({"mode", "reverse: back-propagate through the last steps; forward: carry derivatives along."},
             own.mode, unrollOptions);
    v.integer({"unroll_steps", "Training steps through which reverse mode differentiates."}, own.steps,
              {.min = 1, .max = 100'000});
}

template <class V>
void trialsField(V& v, std::int64_t& trials) {
    v.integer({"trials", "Largest number of trials, each of budget.epochs."}, trials,
              {.min = 1, .max = 1'000'000});
}
template <class V>
void halvingFields(V& v, HalvingOptions& halving) {
    v.choice({"early_stopping", "asha: poor trials end early (asynchronous successive halving)."},
             halving.earlyStopping, earlyStoppingOptions);
    v.integer({"reduction", "η of successive halving: one trial in η continues."}, halving.reduction,
              {.min = 2, .max = 1000});
    v.integer({"minimum_epochs", "Epochs of successive halving's lowest rung."}, halving.minimumEpochs,
              {.min = 1, .max = largestStepCount});
}

template <class V>
void fieldsOf(V& v, GridOptions& own) {
    trialsField(v, own.trials);
    v.integer({"points", "Grid points along each hyperparameter without its own values."}, own.points,
              {.min = 1, .max = largestGridAxis});
    v.list({"values", "Grid values of individual hyperparameters, by name."}, own.values);
}
template <class V>
void fieldsOf(V& v, RandomOptions& own) {
    trialsField(v, own.trials);
    v.choice({"sampling", "uniform: independent random points; sobol: a scrambled Sobol sequence."},
             own.sampling, samplingOptions);
    halvingFields(v, own.halving);
}
template <class V>
void fieldsOf(V& v, BayesianOptions& own) {
    trialsField(v, own.trials);
    halvingFields(v, own.halving);
    v.integer({"start_trials", "Random trials before the first model."}, own.startTrials,
              {.min = 2, .max = 1'000'000});
}
template <class V>
void fieldsOf(V& v, PbtOptions& own) {
    v.integer({"population", "Number of members trained side by side."}, own.population,
              {.min = 2, .max = 10'000});
    v.integer({"interval_epochs", "Epochs between two comparisons of the members."}, own.intervalEpochs,
              {.min = 1, .max = largestStepCount});
    v.number({"quantile", "Share of the population, the worst, that copies as many of the best."},
             own.quantile, {.min = 0, .max = 0.5, .minOpen = true});
}

template <class V>
void fieldsOf(V& v, ReplayOptions& own) {
    v.numbers({"steps", "Training steps at which the hyperparameters change; the first is 0."}, own.steps,
              {.min = 0});
    v.list({"values", "Each hyperparameter's value from each of these steps on."}, own.values);
}
template <class V>
void fieldsOf(V&, FixedOptions&) {}

/// The ids of all types, in the order of TunerOptions' alternatives.
std::vector<std::string> tunerIds();

template <class V>
void fieldsOf(V& v, TunerSpec& tuner) {
    const bool known = v.alternative({"type", "The method that chooses the hyperparameters."}, tuner.options,
                                     tunerIds(), "tuner");
    v.flag({"linearize", "Train the response on the linearised prediction."}, tuner.linearize);
    v.flag({"tune_scales", "Learn the perturbation scales σ."}, tuner.tuneScales);
    v.flag(
        {"share_primal", "Both training steps share a forward pass at λ + ε: faster, a different algorithm."},
        tuner.sharePrimal);
    v.choice({"perturbation", "A perturbation for each example, or one for the whole batch."},
             tuner.perExample, perturbationOptions);
    v.number({"entropy_weight", "τ, the weight of the perturbation's entropy in the validation step."},
             tuner.entropyWeight, {.min = 0});
    v.integer({"train_steps", "Consecutive training steps."}, tuner.trainSteps,
              {.min = 1, .max = largestStepCount});
    v.integer({"validation_steps", "Validation steps that follow them."}, tuner.validationSteps,
              {.min = 1, .max = largestStepCount});
    v.integer({"warmup_epochs", "Epochs of training before the hyperparameters change."}, tuner.warmupEpochs,
              {.min = 0, .max = largestStepCount});
    if (known) std::visit([&v](auto& own) { fieldsOf(v, own); }, tuner.options);
}

template <class V>
void fieldsOf(V& v, ScheduleSpec& schedule) {
    v.tag({"type", "How the learning rate changes over the epochs."}, schedule.type, scheduleOptions);
    if (schedule.type == ScheduleKind::step)
        v.integer({"every", "Epochs between two changes."}, schedule.every, {.min = 1});
    if (schedule.type == ScheduleKind::step || schedule.type == ScheduleKind::plateau)
        v.number({"factor", "Factor by which the learning rate is multiplied."}, schedule.factor,
                 {.min = 0, .max = 1, .minOpen = true});
    if (schedule.type == ScheduleKind::plateau)
        v.integer({"patience", "Epochs without a better validation loss before a change."}, schedule.patience,
                  {.min = 0});
    if (schedule.type == ScheduleKind::cosine || schedule.type == ScheduleKind::plateau)
        v.number({"minimum", "The lowest learning rate: the end of a cosine, the lower bound of a plateau."},
                 schedule.minimum, {.min = 0});
}

/// What an optimiser starts from where its type is not the one that its place has by default.
inline OptimizerSpec defaultOptimizer(OptimizerKind type) {
    const bool adam = type == OptimizerKind::adam || type == OptimizerKind::adamw;
    return {.type = type, .lr = adam ? 0.001 : 0.01};
}

template <class V>
void fieldsOf(V& v, OptimizerSpec& optimizer) {
    if (v.tag({"type", "The optimiser."}, optimizer.type, optimizerOptions))
        optimizer = defaultOptimizer(optimizer.type);
    const bool adaptive = optimizer.type == OptimizerKind::adam || optimizer.type == OptimizerKind::adamw;
    v.number({"lr", "Learning rate."}, optimizer.lr, {.min = 0, .minOpen = true});
    if (!adaptive) v.number({"momentum", "Momentum."}, optimizer.momentum, halfOpenUnit);
    if (optimizer.type == OptimizerKind::sgd)
        v.flag({"nesterov", "Nesterov's momentum."}, optimizer.nesterov);
    if (adaptive)
        v.pair({"betas", "Decay of the running means of the gradient and of its square."}, optimizer.beta1,
               optimizer.beta2, halfOpenUnit);
    if (optimizer.type == OptimizerKind::rmsprop)
        v.number({"alpha", "Decay of the running mean of the squared gradient."}, optimizer.alpha,
                 halfOpenUnit);
    if (optimizer.type != OptimizerKind::sgd)
        v.number({"epsilon", "Added to the denominator."}, optimizer.epsilon, {.min = 0, .minOpen = true});
    if (optimizer.type == OptimizerKind::adamw)
        v.number({"weight_decay", "Decoupled weight decay, not tuned."}, optimizer.weightDecay, {.min = 0});
    v.number({"clip_norm", "Largest norm of the gradient of all parameters, by clipping; 0: no clipping."},
             optimizer.clipNorm, {.min = 0});
    v.object({"schedule", "How the learning rate changes."}, optimizer.schedule,
             [](auto& w, ScheduleSpec& schedule) { fieldsOf(w, schedule); });
}

} // namespace dstn
