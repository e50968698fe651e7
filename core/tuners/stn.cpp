#include "core/tuners/stn.h"

namespace dstn {

using torch::autograd::grad;

Evaluated Stn::trainingLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const {
    const Space& space = problem_.space;
    const Tensor perturbed = space.lambda().detach() + epsilon;
    Pass pass{.delta = perturbed,
              .values = space.natural(perturbed),
              .generator = generator,
              .training = true,
              .trackStatistics = true,
              .generalGradient = true,
              .responseGradient = true,
              .before = batch.before,
              .after = batch.after};
    const auto [x, targets] = problem_.augmentation.apply(batch, pass.values, generator);
    const Tensor y = problem_.network.forward(x, pass);
    return {lossWithPenalty(y, targets, pass), y};
}

TrainMetrics Stn::train(const Batch& batch, at::Generator& generator) {
    const Space& space = problem_.space;
    const Tensor epsilon =
        space.perturbation(space.noise(batch.count(), spec_.perExample, generator)).detach();
    const Evaluated evaluated = trainingLoss(batch, epsilon, generator);
    const TrainMetrics metrics{.loss = checked(evaluated.loss, "training loss"),
                               .correct = problem_.objective.correct(evaluated.outputs, batch.targets)};

    std::vector<Tensor> parameters = tensors(problem_.network.general());
    const std::vector<Tensor> response = tensors(problem_.network.response());
    const auto split = static_cast<std::ptrdiff_t>(parameters.size());
    parameters.insert(parameters.end(), response.begin(), response.end());
    const variable_list gradients = grad({evaluated.loss}, parameters);
    optimizers_.general.step({gradients.begin(), gradients.begin() + split});
    optimizers_.response.step({gradients.begin() + split, gradients.end()});
    return metrics;
}

Evaluated Stn::validationLoss(const Batch& batch, const Tensor& noise) const {
    const Space& space = problem_.space;
    Pass pass{.delta = spec_.tuneScales ? space.lambda() + space.perturbation(noise)
                                        : space.lambda().unsqueeze(0).expand({batch.count(), space.size()}),
              .before = batch.before,
              .after = batch.after};
    const Tensor y = problem_.network.forward(batch.inputs, pass);
    return {problem_.objective.loss(y, batch.targets), y};
}

Tensor Stn::validate(const Batch& batch, at::Generator& generator) {
    const Space& space = problem_.space;
    const Tensor loss = validationLoss(batch, space.noise(batch.count(), spec_.perExample, generator)).loss;
    const Tensor value = checked(loss, "validation loss");
    if (!spec_.tuneScales) {
        optimizers_.hyperparameters.step(grad({loss}, {space.lambda()}));
        return value;
    }
    const variable_list gradients =
        grad({loss - spec_.entropyWeight * space.entropy()}, {space.lambda(), space.rawScale()});
    optimizers_.hyperparameters.step({gradients[0]});
    optimizers_.scales.step({gradients[1]});
    return value;
}

Tensor Stn::predict(const Batch& batch) {
    const Space& space = problem_.space;
    Pass pass{.delta = space.lambda().detach().unsqueeze(0).expand({batch.count(), space.size()}),
              .before = batch.before,
              .after = batch.after};
    return problem_.network.forward(batch.inputs, pass);
}

} // namespace dstn
