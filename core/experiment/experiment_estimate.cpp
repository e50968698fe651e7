#include "core/experiment/experiment.h"

#include "core/experiment/experiment_checks.h"
#include "core/spec/step_cost.h"

#include <algorithm>
#include <limits>

namespace dstn {

/// Numbers that an optimiser keeps for each parameter.
static std::int64_t stateNumbers(const OptimizerSpec& optimizer) {
    switch (optimizer.type) {
    case OptimizerKind::sgd:
        return optimizer.momentum > 0 ? 1 : 0;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
        return 2;
    case OptimizerKind::rmsprop:
        return optimizer.momentum > 0 ? 2 : 1;
    }
    return 0;
}

constexpr double numberBytes = 4;

double hypernetworkBytes(const Experiment& experiment, std::int64_t parameters) {
    const auto entries =
        static_cast<double>(parameters) * static_cast<double>(experiment.tunedNames().size());
    return numberBytes * entries * static_cast<double>(2 + stateNumbers(experiment.optimizers.response));
}

/// What the tuner keeps beside a network with its gradients, in bytes.
/// @param inputs numbers of a mini-batch of training
static double tunerBytes(const Experiment& experiment, std::int64_t parameters, double inputs) {
    const TunerTraits& traits = traitsOf(experiment.tuner);
    if (traits.memory == nullptr) return 0.0;
    const OptimizersSpec& optimizers = experiment.optimizers;
    return numberBytes *
           traits.memory(experiment.tuner,
                         {.parameters = static_cast<double>(parameters),
                          .tuned = static_cast<double>(experiment.tunedNames().size()),
                          .inputs = inputs,
                          .generalNumbers = static_cast<double>(2 + stateNumbers(optimizers.general)),
                          .responseNumbers = static_cast<double>(2 + stateNumbers(optimizers.response))});
}

Estimate estimate(const Experiment& experiment, const DataInfo& data) {
    Estimate result;
    const auto tuned = static_cast<std::int64_t>(experiment.tunedNames().size());
    const bool responds = experiment.responseCount() > 0;
    result.model = inspectModel(experiment.model, data.input, experiment.responseCount(), data.vocabulary);
    // The last, smaller batch of an epoch counts too.
    const bool language = data.task == TaskKind::language;
    const std::int64_t time = language ? data.input[0] : 1;
    // Of a text each row of a batch has its stretch, read `time` tokens a step.
    result.stepsPerEpoch =
        language ? (std::max<std::int64_t>(data.train / experiment.trainBatch, 2) - 1 + time - 1) / time
                 : (data.train + experiment.trainBatch - 1) / experiment.trainBatch;
    result.steps = result.stepsPerEpoch * experiment.epochs;

    std::int64_t inputs = 1;
    for (const std::int64_t size : data.input) inputs *= size;
    const double batch = static_cast<double>(std::max(experiment.trainBatch, experiment.validationBatch));
    const double examples = static_cast<double>(data.train + data.validation + data.test);
    // A label is one number of 8 bytes, a regression target `outputs` numbers of 4.
    const double answer =
        data.task == TaskKind::regression ? numberBytes * static_cast<double>(data.outputs) : 2 * numberBytes;
    // A token is a number of 8 bytes, and its own answer.
    const double storedInput = language ? 0.0 : static_cast<double>(data.inputBytes * inputs);

    // Each parameter has a gradient and its optimiser's state beside it.
    const double weights = static_cast<double>(result.model.parameters) *
                           static_cast<double>(2 + stateNumbers(experiment.optimizers.general));
    const double responses = static_cast<double>(result.model.responseParameters) *
                             static_cast<double>(2 + stateNumbers(experiment.optimizers.response));
    // Of each activation a plain step keeps the value; a response step its tangent and the response's own
    // product R x too; a gradient that is differentiated again keeps its own way back, and goes it twice. The
    // gradient on the way back takes about as much again as the values.
    const double copies = traitsOf(experiment.tuner).needsDerivatives && tuned > 0 ? 6 : responds ? 4 : 2;
    const double activations =
        batch * (static_cast<double>(result.model.activations) * copies + static_cast<double>(inputs) * 2);
    const double kept = tunerBytes(experiment, result.model.parameters,
                                   static_cast<double>(experiment.trainBatch) * static_cast<double>(inputs));
    const double total =
        numberBytes * (weights + responses + activations) + kept + examples * (storedInput + answer);
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    result.memoryBytes = total < static_cast<double>(most) ? static_cast<std::int64_t>(total) : most;

    // A multiply-add is two operations; the way back costs twice the way there.
    const double forward = 2.0 * static_cast<double>(result.model.multiplications);
    const double plainStep = 3.0 * forward;
    const double epochs = static_cast<double>(experiment.epochs);
    // What passes through the model at once is an example, or a row's share of a text.
    const double passes = static_cast<double>(data.train) / static_cast<double>(time);
    const double evaluated = static_cast<double>(data.validation + data.test) / static_cast<double>(time);
    result.trainingFlops = plainStep * passes * epochs + forward * evaluated * epochs;
    const double tuningSteps =
        static_cast<double>(result.stepsPerEpoch) *
        static_cast<double>(std::max<std::int64_t>(0, experiment.epochs - experiment.tuner.warmupEpochs)) *
        static_cast<double>(experiment.tuner.validationSteps) /
        static_cast<double>(experiment.tuner.trainSteps);
    if (responds) {
        // The response step differentiates tangents alone: counting matrix products, 1.65 plain steps on top.
        constexpr double responseStep = 1.65;
        result.trainingFlops += responseStep * plainStep * passes * epochs;
        // A validation step has two products a layer, W₀ x and R x, and no gradient for the weights.
        result.trainingFlops += tuningSteps * 4.0 * forward * static_cast<double>(experiment.validationBatch);
    } else if (tuned > 0) {
        const StepCost cost = costOf(experiment.tuner, tuned);
        result.trainingFlops +=
            plainStep * ((cost.train - 1.0) * passes * epochs +
                         cost.validate * tuningSteps * static_cast<double>(experiment.validationBatch));
    }
    return result;
}

std::int64_t largestBatch(const Experiment& experiment, const DataInfo& data, double bytes) {
    const auto fits = [&](std::int64_t batch) {
        Experiment with = experiment;
        with.trainBatch = batch;
        with.validationBatch = std::min(experiment.validationBatch, batch);
        return static_cast<double>(estimate(with, data).memoryBytes) <= bytes;
    };
    // What fits is known below `low`, what does not from `high` on.
    std::int64_t low = 0, high = std::max<std::int64_t>(data.train, 1) + 1;
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        (fits(middle) ? low : high) = middle;
    }
    return low;
}

} // namespace dstn
