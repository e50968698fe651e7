#include "core/engine/tuners/hypernetwork.h"

#include "core/engine/kernels/dispatch.h"
#include "core/engine/tuners/training_loss.h"

namespace dstn {

using torch::autograd::grad;

static Tensor flat(const std::vector<Tensor>& list) {
    std::vector<Tensor> parts;
    for (const Tensor& tensor : list) parts.push_back(tensor.detach().reshape({-1}));
    return at::cat(parts);
}

Hypernetwork::Hypernetwork(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
    : Tuner(problem, spec, optimizers),
      base_(flat(tensors(problem.network.general()))),
      map_(at::zeros({problem.space.size(), base_.size(0)}, base_.options())),
      baseOptimizer_(optimizers.general, {base_}),
      mapOptimizer_(optimizers.response, {map_}) {}

void Hypernetwork::place(const Tensor& lambda) const {
    const at::NoGradGuard guard;
    settledAt_ = Tensor();
    const Tensor weights = at::addmv(base_, map_.t(), lambda);
    std::int64_t from = 0;
    for (const auto& [name, tensor] : problem_.network.general()) {
        Tensor weight = tensor;
        weight.copy_(weights.narrow(0, from, weight.numel()).view_as(weight));
        from += weight.numel();
    }
}

void Hypernetwork::settle() const {
    const Tensor lambda = problem_.space.lambda().detach();
    // Elsewhere than on the CPU a look at λ would wait for the device.
    if (settledAt_.defined() && valueAtHand(lambda) && at::equal(settledAt_, lambda)) return;
    place(lambda);
    settledAt_ = lambda.clone();
}

Tensor Hypernetwork::gradient(const Tensor& loss) const {
    return flat(grad({loss}, tensors(problem_.network.general())));
}

TrainMetrics Hypernetwork::train(const Batch& batch, at::Generator& generator) {
    const Space& space = problem_.space;
    const Tensor noise = space.noise(1, false, generator).squeeze(0);
    const Tensor lambda = (space.lambda() + space.perturbation(noise)).detach();
    place(lambda);
    Pass pass{.values = space.natural(lambda).unsqueeze(0),
              .generator = generator,
              .training = true,
              .trackStatistics = true,
              .generalGradient = true,
              .before = batch.before,
              .after = batch.after};
    const auto [x, targets] = problem_.augmentation.apply(batch, pass.values, generator);
    const Tensor y = problem_.network.forward(x, pass);
    const Tensor loss = lossWithPenalty(y, targets, pass);
    const TrainMetrics metrics{.loss = checked(loss, "training loss"),
                               .correct = problem_.objective.correct(y, batch.targets)};
    const Tensor g = gradient(loss);
    // The schedules set the rates of the optimisers that every tuner has.
    baseOptimizer_.setLr(optimizers_.general.lr());
    mapOptimizer_.setLr(optimizers_.response.lr());
    baseOptimizer_.step({g});
    mapOptimizer_.step({at::outer(lambda, g)});
    return metrics;
}

Hypernetwork::Slope Hypernetwork::validationSlope(const Batch& batch, const Tensor& lambda) {
    place(lambda);
    const ValidationGradient validation = validationGradient(problem_, batch);
    return {validation.loss, at::mv(map_, flat(validation.gradient))};
}

Tensor Hypernetwork::validate(const Batch& batch, at::Generator& generator) {
    const Space& space = problem_.space;
    // λ' = λ + σ ⊙ n; without tuneScales λ itself.
    const Tensor perturbed =
        spec_.tuneScales ? space.lambda() + space.perturbation(space.noise(1, false, generator).squeeze(0))
                         : space.lambda();
    const Slope slope = validationSlope(batch, perturbed.detach());
    const Tensor loss = checked(slope.loss, "validation loss");
    if (!spec_.tuneScales) {
        optimizers_.hyperparameters.step({slope.lambda});
        return loss;
    }
    // L_V's share of the objective through λ'.
    const Tensor objective = (perturbed * slope.lambda).sum() - spec_.entropyWeight * space.entropy();
    const variable_list gradients = grad({objective}, {space.lambda(), space.rawScale()});
    optimizers_.hyperparameters.step({gradients[0]});
    optimizers_.scales.step({gradients[1]});
    return loss;
}

Tensor Hypernetwork::predict(const Batch& batch) {
    settle();
    Pass pass{.before = batch.before, .after = batch.after};
    return problem_.network.forward(batch.inputs, pass);
}

NamedTensors Hypernetwork::state() const {
    settle();
    NamedTensors state{{"base", base_}, {"map", map_}};
    for (const auto& [name, tensor] : baseOptimizer_.state())
        state.emplace_back("optimizer.base." + name, tensor);
    for (const auto& [name, tensor] : mapOptimizer_.state())
        state.emplace_back("optimizer.map." + name, tensor);
    return state;
}

void Hypernetwork::load(const NamedTensors& state) {
    const at::NoGradGuard guard;
    const Tensor base = savedTensor(state, "base", base_), map = savedTensor(state, "map", map_);
    baseOptimizer_.load(withPrefix(state, "optimizer.base."));
    mapOptimizer_.load(withPrefix(state, "optimizer.map."));
    base_.copy_(base);
    map_.copy_(map);
    settledAt_ = Tensor();
}

template <>
std::unique_ptr<Tuner> tunerOf<HypernetworkOptions>(Problem& problem, const TunerSpec& spec,
                                                    const OptimizersSpec& optimizers) {
    return std::make_unique<Hypernetwork>(problem, spec, optimizers);
}

} // namespace dstn
