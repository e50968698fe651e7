#pragma once

#include "core/export.h"
#include "core/spec/field.h"
#include "core/spec/tuner_spec.h"

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

template <class V>
void fieldsOf(V& v, NamedValues& named) {
    v.text({"name", "A hyperparameter's name.", true}, named.name, {.words = "a hyperparameter's name"});
    v.numbers({"values", "Its values, in natural units.", true}, named.values, {});
}

/// Options that one kind of tuner alone has; the others know nothing of them.
template <class V>
void optionsOf(V& v, TunerSpec& tuner) {
    const std::string& type = tuner.type;
    if (type == "delta-stn") {
        v.flag({"centered", "The response is one to λ' − λ; false: to λ' itself, as the STN's."},
               tuner.centered);
        v.flag({"separate", "w₀ and Θ have losses of their own; false: one joint loss, as the STN's."},
               tuner.separate);
    }
    if (type == "implicit") {
        v.choice({"inverse", "How a vector is multiplied by the inverse Hessian of the training loss."},
                 tuner.inverse, inverseOptions);
        v.integer(
            {"iterations", "Of conjugate gradients at most; terms of the Neumann series beyond the first."},
            tuner.iterations, {.min = 1, .max = largestStepCount});
        v.number({"tolerance", "Of conjugate gradients: the residual's norm over the right-hand side's."},
                 tuner.tolerance, {.min = 0});
        v.number({"damping", "Added to the Hessian's diagonal."}, tuner.damping, {.min = 0});
        v.number({"neumann_step", "α of the Neumann series: below 2 over the Hessian's largest eigenvalue."},
                 tuner.neumannStep, {.min = 0, .minOpen = true});
        v.flag({"warm_start", "Conjugate gradients begin at the last solution."}, tuner.warmStart);
    }
    if (type == "unrolled") {
        v.choice({"mode",
                  "Reverse: back through the last steps; forward: derivatives carried along with training."},
                 tuner.unroll, unrollOptions);
        v.integer({"unroll_steps", "Training steps that reverse mode goes back through."}, tuner.unrollSteps,
                  {.min = 1, .max = 100'000});
    }
    if (type == "grid" || type == "random" || type == "bayesian")
        v.integer({"trials", "Trials at most, each a training of budget.epochs."}, tuner.trials,
                  {.min = 1, .max = 1'000'000});
    if (type == "random")
        v.choice({"sampling", "Points drawn one by one, or a scrambled Sobol sequence."}, tuner.sampling,
                 samplingOptions);
    if (type == "random" || type == "bayesian") {
        v.choice({"early_stopping", "asha: poor trials end early (asynchronous successive halving)."},
                 tuner.earlyStopping, earlyStoppingOptions);
        v.integer({"reduction", "η of successive halving: one trial in so many goes on."}, tuner.reduction,
                  {.min = 2, .max = 1000});
        v.integer({"minimum_epochs", "Epochs of successive halving's lowest rung."}, tuner.minimumEpochs,
                  {.min = 1, .max = largestStepCount});
    }
    if (type == "grid") {
        v.integer({"points", "Along each hyperparameter without values of its own."}, tuner.points,
                  {.min = 1, .max = 10'000});
        v.list({"values", "The values of single hyperparameters, by name."}, tuner.gridValues);
    }
    if (type == "bayesian")
        v.integer({"start_trials", "Random trials before the first model."}, tuner.startTrials,
                  {.min = 2, .max = 1'000'000});
    if (type == "pbt") {
        v.integer({"population", "Trainings that go on side by side."}, tuner.population,
                  {.min = 2, .max = 10'000});
        v.integer({"interval_epochs", "Epochs between two looks at the population."}, tuner.intervalEpochs,
                  {.min = 1, .max = largestStepCount});
        v.number({"quantile", "Share of the population that is replaced by as many of the best."},
                 tuner.quantile, {.min = 0, .max = 0.5, .minOpen = true});
    }
    if (type == "replay") {
        v.numbers({"steps", "Training steps at which the hyperparameters change; the first is 0."},
                  tuner.replaySteps, {.min = 0});
        v.list({"values", "Each hyperparameter's value from each of these steps on."}, tuner.replayValues);
    }
}

template <class V>
void fieldsOf(V& v, TunerSpec& tuner) {
    v.text({"type", "The method that chooses the hyperparameters."}, tuner.type, {.words = "a tuner's name"});
    v.flag({"linearize", "Train the response on the linearised prediction."}, tuner.linearize);
    v.flag({"tune_scales", "Learn the perturbation scales σ."}, tuner.tuneScales);
    v.flag(
        {"share_primal", "One forward pass at λ + ε serves both training steps: faster, another algorithm."},
        tuner.sharePrimal);
    v.choice({"perturbation", "A perturbation for each example, or one for the whole batch."},
             tuner.perExample, perturbationOptions);
    v.number({"entropy_weight", "τ, the weight of the perturbation's entropy in the validation step."},
             tuner.entropyWeight, {.min = 0});
    v.integer({"train_steps", "Training steps in a row."}, tuner.trainSteps,
              {.min = 1, .max = largestStepCount});
    v.integer({"validation_steps", "Validation steps after them."}, tuner.validationSteps,
              {.min = 1, .max = largestStepCount});
    v.integer({"warmup_epochs", "Epochs of training before the hyperparameters move."}, tuner.warmupEpochs,
              {.min = 0, .max = largestStepCount});
    optionsOf(v, tuner);
}

template <class V>
void fieldsOf(V& v, ScheduleSpec& schedule) {
    v.tag({"type", "How the learning rate changes over the epochs."}, schedule.type, scheduleOptions);
    if (schedule.type == ScheduleKind::step)
        v.integer({"every", "Epochs between two changes."}, schedule.every, {.min = 1});
    if (schedule.type == ScheduleKind::step || schedule.type == ScheduleKind::plateau)
        v.number({"factor", "What the learning rate is multiplied by."}, schedule.factor,
                 {.min = 0, .max = 1, .minOpen = true});
    if (schedule.type == ScheduleKind::plateau)
        v.integer({"patience", "Epochs without a better validation loss before a change."}, schedule.patience,
                  {.min = 0});
    if (schedule.type == ScheduleKind::cosine || schedule.type == ScheduleKind::plateau)
        v.number(
            {"minimum", "The lowest learning rate: where a cosine ends, below which a plateau does not go."},
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
    v.number(
        {"clip_norm", "Gradients longer than this, all parameters together, are shortened to it; 0: never."},
        optimizer.clipNorm, {.min = 0});
    v.object({"schedule", "How the learning rate changes."}, optimizer.schedule,
             [](auto& w, ScheduleSpec& schedule) { fieldsOf(w, schedule); });
}

} // namespace dstn
