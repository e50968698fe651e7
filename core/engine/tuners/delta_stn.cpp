#include "core/engine/tuners/delta_stn.h"

namespace dstn {

using torch::autograd::grad;

Weights DeltaStn::weightsAtLambda() const {
    return own<DeltaStnOptions>().centered ? Weights{}
                                           : problem_.network.moved(problem_.space.lambda().detach());
}

Evaluated DeltaStn::generalLoss(const Batch& batch, at::Generator& generator) const {
    const Weights weights = weightsAtLambda();
    Pass pass{.values = currentValues(),
              .generator = generator,
              .training = true,
              .trackStatistics = true,
              .generalGradient = true,
              .weights = &weights,
              .before = batch.before,
              .after = batch.after};
    const auto [x, targets] = problem_.augmentation.apply(batch, pass.values, generator);
    const Tensor y = problem_.network.forward(x, pass);
    return {lossWithPenalty(y, targets, pass), y};
}

Evaluated DeltaStn::perturbedLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator,
                                  bool joint) const {
    const Space& space = problem_.space;
    const Tensor perturbed = space.lambda().detach() + epsilon;
    // A linearised pass goes from w(λ) along Θ ε, as a centred one does; any other from w₀.
    const Weights weights = spec_.linearize ? weightsAtLambda() : Weights{};
    Pass pass{.delta = own<DeltaStnOptions>().centered || spec_.linearize ? epsilon : perturbed,
              .values = space.natural(perturbed),
              .generator = generator,
              .training = true,
              .trackStatistics = joint,
              .generalGradient = joint || !weights.empty(), // w(λ) depends on Θ
              .responseGradient = true,
              .weights = &weights,
              .before = batch.before,
              .after = joint ? batch.after : nullptr};
    const auto [x, targets] = problem_.augmentation.apply(batch, pass.values, generator);
    Tensor y;
    if (!spec_.linearize) {
        y = problem_.network.forward(x, pass);
    } else if (!pass.generalGradient) {
        y = problem_.network.linearized(x, pass);
    } else {
        const Dual f = problem_.network.forward(Dual{x, {}}, pass);
        y = f.primal + f.tangent;
    }
    if (spec_.linearize) pass.activationPenalty = pass.linearizedActivationPenalty;
    return {lossWithPenalty(y, targets, pass), y};
}

Evaluated DeltaStn::responseLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const {
    return perturbedLoss(batch, epsilon, generator, false);
}

Evaluated DeltaStn::jointLoss(const Batch& batch, const Tensor& epsilon, at::Generator& generator) const {
    return perturbedLoss(batch, epsilon, generator, true);
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

TrainMetrics DeltaStn::metrics(const Evaluated& evaluated, const Batch& batch) const {
    return {.loss = checked(evaluated.loss, "training loss"),
            .correct = problem_.objective.correct(evaluated.outputs, batch.targets)};
}

TrainMetrics DeltaStn::trainJointly(const Batch& batch, const Tensor& epsilon, at::Generator& generator) {
    const Evaluated evaluated = jointLoss(batch, epsilon, generator);
    const TrainMetrics figures = metrics(evaluated, batch);
    std::vector<Tensor> parameters = tensors(problem_.network.general());
    const std::vector<Tensor> response = tensors(problem_.network.response());
    const auto split = static_cast<std::ptrdiff_t>(parameters.size());
    parameters.insert(parameters.end(), response.begin(), response.end());
    const variable_list gradients = grad({evaluated.loss}, parameters);
    optimizers_.general.step({gradients.begin(), gradients.begin() + split});
    optimizers_.response.step({gradients.begin() + split, gradients.end()});
    return figures;
}

TrainMetrics DeltaStn::train(const Batch& batch, at::Generator& generator) {
    const Space& space = problem_.space;
    const std::vector<Tensor> general = tensors(problem_.network.general());
    const std::vector<Tensor> response = tensors(problem_.network.response());
    const auto perturb = [&] {
        return space.perturbation(space.noise(batch.count(), spec_.perExample, generator)).detach();
    };
    if (!own<DeltaStnOptions>().separate) return trainJointly(batch, perturb(), generator);

    if (spec_.sharePrimal) {
        const auto [first, second] = sharedLosses(batch, perturb(), generator);
        TrainMetrics figures = metrics(first, batch);
        figures.responseLoss = checked(second.loss, "response loss");
        // Both gradients before either step: the second still needs the w₀ of the forward pass.
        const variable_list generalGradient = grad({first.loss}, general);
        const variable_list responseGradient = grad({second.loss}, response);
        optimizers_.general.step(generalGradient);
        optimizers_.response.step(responseGradient);
        return figures;
    }
    const Evaluated first = generalLoss(batch, generator);
    TrainMetrics figures = metrics(first, batch);
    optimizers_.general.step(grad({first.loss}, general));
    // The paper's order: the response is trained at the w₀ that step 1 has just reached.
    const Evaluated second = responseLoss(batch, perturb(), generator);
    figures.responseLoss = checked(second.loss, "response loss");
    optimizers_.response.step(grad({second.loss}, response));
    return figures;
}

Evaluated DeltaStn::validationLoss(const Batch& batch, const Tensor& noise) const {
    const Space& space = problem_.space;
    const Tensor& lambda = space.lambda();
    const Tensor perturbed = spec_.tuneScales ? lambda + space.perturbation(noise)
                                              : lambda.unsqueeze(0).expand({batch.count(), space.size()});
    // Δ = (λ + σ ⊙ n) − stop(λ), or without centring λ + σ ⊙ n itself.
    Pass pass{.delta = own<DeltaStnOptions>().centered ? perturbed - lambda.detach() : perturbed,
              .before = batch.before,
              .after = batch.after};
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
    const Weights weights = weightsAtLambda();
    Pass pass{.weights = &weights, .before = batch.before, .after = batch.after};
    return problem_.network.forward(batch.inputs, pass);
}

template <>
std::unique_ptr<Tuner> tunerOf<DeltaStnOptions>(Problem& problem, const TunerSpec& spec,
                                                const OptimizersSpec& optimizers) {
    return std::make_unique<DeltaStn>(problem, spec, optimizers);
}

} // namespace dstn
