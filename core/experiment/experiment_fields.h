#pragma once

#include "core/experiment/data_fields.h"
#include "core/experiment/experiment.h"
#include "core/experiment/experiment_text.h"
#include "core/experiment/part_fields.h"
#include "core/experiment/tuner_fields.h"
#include "core/spec/field.h"

namespace dstn {

/// The version of the document's format.
inline constexpr std::int64_t experimentFormat = 1;

inline constexpr Option<LossKind> lossOptions[] = {
    {LossKind::automatic, "auto"}, {LossKind::crossEntropy, "cross-entropy"}, {LossKind::mse, "mse"}};

inline constexpr Option<Precision> precisionOptions[] = {
    {Precision::float32, "float32"}, {Precision::tf32, "tf32"}, {Precision::bfloat16, "bfloat16"}};

inline constexpr TextRule nameRule{.words = "a line of 1 to 200 printable characters",
                                   .pattern = "^[^\\x00-\\x1f\\x7f]{1,200}$",
                                   .fits = isTitle};
inline constexpr TextRule descriptionRule{.words = "printable text", .fits = isProse};
inline constexpr TextRule deviceRule{.words = "\"auto\", \"cpu\", \"cuda\" or \"cuda:N\"",
                                     .pattern = "^(auto|cpu|cuda(:[0-9]{1,3})?)$",
                                     .fits = isDevice};
inline constexpr TextRule hyperparameterNameRule{
    .words = "a name of 1 to 64 letters, digits, _ or -, beginning with a letter",
    .pattern = "^[A-Za-z][A-Za-z0-9_-]{0,63}$",
    .fits = isHyperparameterName};

/// Of σ: e^1000 and the like are beyond every number.
inline constexpr double largestScale = 100;

template <class V>
void fieldsOf(V& v, Hyperparameter& hyperparameter) {
    v.text({"name", "The name that parts and augmentations use for it.", true}, hyperparameter.name,
           hyperparameterNameRule);
    v.number({"initial", "Value at the start, in natural units.", true}, hyperparameter.initial, {});
    v.number({"min", "Lower end of its range, exclusive."}, hyperparameter.min, {});
    v.number({"max", "Upper end of its range, exclusive."}, hyperparameter.max, {});
    v.number({"scale", "Initial perturbation scale σ, in unconstrained units."}, hyperparameter.scale,
             {.min = 0, .max = largestScale, .minOpen = true});
    v.flag({"discrete", "Rounded down to a whole number where it is used."}, hyperparameter.discrete);
    v.flag({"log", "Tuned on a logarithmic scale."}, hyperparameter.log);
    v.flag({"tune", "false: held at its initial value."}, hyperparameter.tune);
}

template <class V>
void fieldsOf(V& v, OptimizersSpec& optimizers) {
    const auto fields = [](auto& w, OptimizerSpec& optimizer) { fieldsOf(w, optimizer); };
    v.object({"general", "For the weights w₀."}, optimizers.general, fields);
    v.object({"response", "For the response parameters Θ."}, optimizers.response, fields);
    v.object({"hyperparameters", "For the hyperparameters λ."}, optimizers.hyperparameters, fields);
    v.object({"scales", "For the perturbation scales σ."}, optimizers.scales, fields);
}

template <class V>
void fieldsOf(V& v, Experiment& experiment) {
    v.version({"schema", "Version of this format.", true}, experimentFormat);
    v.text({"name", "The run's name in lists."}, experiment.name, nameRule);
    v.text({"description", "What the experiment shows."}, experiment.description, descriptionRule);
    v.object({"data", "The examples and how they are split.", true}, experiment.data,
             [](auto& w, DataSpec& data) { fieldsOf(w, data); });
    v.object({"model", "The network; input shape and number of outputs come from the data.", true},
             experiment.model, [](auto& w, Model& model) {
                 w.variants({"parts", "Layers, applied in order.", true}, model.parts, partTypes());
             });
    v.choice({"loss", "The loss to minimise; auto: cross-entropy for classification, mse for regression."},
             experiment.loss, lossOptions);
    v.object({"regularization", "Regularisation of the whole network or of its loss."}, experiment,
             [](auto& w, Experiment& e) {
                 w.tunables({"weight_decay", "L2 penalty ½ · decay · ‖W‖² on the weights, not the biases, of "
                                             "every part but normalisations."},
                            e.weightDecay, decayKind, false);
                 w.tunable(
                     {"label_smoothing",
                      "Share of each training target that is spread evenly over all classes; classification "
                      "only."},
                     e.labelSmoothing, smoothingKind);
             });
    v.variants({"augmentation", "Augmentations of the training examples, in this order."},
               experiment.augmentation, augmentationTypes);
    v.list({"hyperparameters", "The hyperparameters, tuned or held fixed, by name."},
           experiment.hyperparameters);
    v.object({"tuner", "The method that chooses the hyperparameters."}, experiment.tuner,
             [](auto& w, TunerSpec& tuner) { fieldsOf(w, tuner); });
    v.object({"optimizers", "One optimiser for each kind of learned quantity."}, experiment.optimizers,
             [](auto& w, OptimizersSpec& optimizers) { fieldsOf(w, optimizers); });
    v.object({"batch", "Sizes of the mini-batches."}, experiment, [](auto& w, Experiment& e) {
        w.integer({"train", "Examples in a training step."}, e.trainBatch, {.min = 1, .max = largestOption});
        w.integer({"validation", "Examples in a validation step."}, e.validationBatch,
                  {.min = 1, .max = largestOption});
    });
    v.object({"budget", "When the run ends."}, experiment, [](auto& w, Experiment& e) {
        w.integer({"epochs", "Passes over the training examples."}, e.epochs,
                  {.min = 1, .max = largestOption});
    });
    v.text({"device", "Where the run computes: auto, cpu, cuda or cuda:N."}, experiment.device, deviceRule);
    v.integer({"threads", "CPU threads of the engine, 0: all cores."}, experiment.threads,
              {.min = 0, .max = 4096});
    v.choice({"precision",
              "For matrix products and convolutions: float32; tf32, on GPUs that have it; bfloat16, by "
              "autocast."},
             experiment.precision, precisionOptions);
    v.flag(
        {"graphs", "On a GPU, record each kind of step once and replay it; false: launch every operation."},
        experiment.graphs);
    v.seed({"seed", "For everything random: split, initial weights, order of examples, perturbations."},
           experiment.seed);
}

} // namespace dstn
