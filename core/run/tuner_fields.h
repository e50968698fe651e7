#pragma once

#include "core/run/field.h"
#include "core/tuners/tuner_spec.h"

namespace dstn {

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
inline constexpr Range halfOpenUnit{.min = 0, .max = 1, .maxOpen = true};
inline constexpr std::int64_t largestStepCount = 1'000'000'000;

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
