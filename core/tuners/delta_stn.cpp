#include "core/tuners/delta_stn.h"

namespace dstn {

using torch::autograd::grad;

Evaluated DeltaStn::generalLoss(const Batch& batch, at::Generator& generator) const {
    Pass pass{.values = currentValues(),
              .generator = generator,
              .training = true,
              .trackStatistics = true,
              .generalGradient = true,
              .before = batch.before,
              .after = batch.after};
    const auto [x, targets] = problem_.augmentation.apply(batch, pass.values, generator);
    const Tensor y = problem_.network.forward(x, pass);
    return {lossWithPenalty(y, targets, pass), y};
}

Evaluated DeltaStn::responseLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const {
    const Space& space = problem_.space;
    Pass pass{.delta = epsilon,
              .values = space.natural(space.lambda().detach() + epsilon),
              .generator = generator,
              .training = true,
              .responseGradient = true,
              .before = batch.before};
    const auto [x, targets] = problem_.augmentation.apply(batch, pass.values, generator);
    // f(x; w₀) + J_w f(x; w₀) · Θ ε, or f(x; w₀ + Θ ε).
    const Tensor y =
        spec_.linearize ? problem_.network.linearized(x, pass) : problem_.network.forward(x, pass);
    if (spec_.linearize) pass.activationPenalty = pass.linearizedActivationPenalty;
    return {lossWithPenalty(y, targets, pass), y};
}

std::pair<Evaluated, Evaluated> DeltaStn::sharedLosses(const Batch& batch, const Tensor& epsilon,
                                                       at::Generator& generator) const {
    const Space& space = problem_.space;
    Pass pass{.delta = epsilon,
              .values = space.natural(space.lambda().detach() + epsilon),
              .generator = generator,
              .training = true,
              .trackStatistics = true,
              .generalGradient = true,
              .responseGradient = true,
              .before = batch.before,
              .after = batch.after};
    const auto [x, targets] = problem_.augmentation.apply(batch, pass.values, generator);
    const Dual f = problem_.network.forward(Dual{x, {}}, pass);
    const Tensor linearized = f.point() + f.tangent;

    // Penalties and label smoothing are exact at either point and need no forward pass to share.
    Pass atLambda{.values = currentValues(), .generalGradient = true};
    atLambda.activationPenalty = pass.activationPenalty;
    Pass atPerturbed{.delta = epsilon, .values = pass.values, .responseGradient = true};
    atPerturbed.activationPenalty = pass.linearizedActivationPenalty;
    return {{lossWithPenalty(f.primal, targets, atLambda), f.primal},
            {lossWithPenalty(linearized, targets, atPerturbed), linearized}};
}

TrainMetrics DeltaStn::train(const Batch& batch, at::Generator& generator) {
    const Space& space = problem_.space;
    const std::vector<Tensor> general = tensors(problem_.network.general());
    const std::vector<Tensor> response = tensors(problem_.network.response());
    const auto perturb = [&] {
        return space.perturbation(space.noise(batch.count(), spec_.perExample, generator)).detach();
    };

    TrainMetrics metrics;
    const auto note = [&](const Evaluated& evaluated) {
        metrics.loss = checked(evaluated.loss, "training loss");
        metrics.correct = problem_.objective.correct(evaluated.outputs, batch.targets);
    };
    if (spec_.sharePrimal) {
        const auto [first, second] = sharedLosses(batch, perturb(), generator);
        note(first);
        metrics.responseLoss = checked(second.loss, "response loss");
        // Both gradients before either step: the second still needs the w₀ of the forward pass.
        const variable_list generalGradient = grad({first.loss}, general);
        const variable_list responseGradient = grad({second.loss}, response);
        optimizers_.general.step(generalGradient);
        optimizers_.response.step(responseGradient);
        return metrics;
    }
    const Evaluated first = generalLoss(batch, generator);
    note(first);
    optimizers_.general.step(grad({first.loss}, general));
    // The paper's order: the response is trained at the w₀ that step 1 has just reached.
    const Evaluated second = responseLoss(batch, perturb(), generator);
    metrics.responseLoss = checked(second.loss, "response loss");
    optimizers_.response.step(grad({second.loss}, response));
    return metrics;
}

Evaluated DeltaStn::validationLoss(const Batch& batch, const Tensor& noise) const {
    const Space& space = problem_.space;
    const Tensor& lambda = space.lambda();
    const Tensor perturbed = spec_.tuneScales ? lambda + space.perturbation(noise)
                                              : lambda.unsqueeze(0).expand({batch.count(), space.size()});
    // Δ = (λ + σ ⊙ n) − stop(λ)
    Pass pass{.delta = perturbed - lambda.detach(), .before = batch.before, .after = batch.after};
    const Tensor y = problem_.network.forward(batch.inputs, pass);
    return {problem_.objective.loss(y, batch.targets), y};
}

Tensor DeltaStn::validate(const Batch& batch, at::Generator& generator) {
    const Space& space = problem_.space;
    const Tensor noise = space.noise(batch.count(), spec_.perExample, generator);
    const Tensor loss = validationLoss(batch, noise).loss;
    const Tensor value = checked(loss, "validation loss");
    if (!spec_.tuneScales) {
        optimizers_.hyperparameters.step(grad({loss}, {space.lambda()}));
        return value;
    }
    const Tensor objective = loss - spec_.entropyWeight * space.entropy();
    const variable_list gradients = grad({objective}, {space.lambda(), space.rawScale()});
    optimizers_.hyperparameters.step({gradients[0]});
    optimizers_.scales.step({gradients[1]});
    return value;
}

Tensor DeltaStn::predict(const Batch& batch) {
    Pass pass{.before = batch.before, .after = batch.after};
    return problem_.network.forward(batch.inputs, pass);
}

} // namespace dstn
