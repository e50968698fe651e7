#include "core/engine/tuners/fixed.h"

namespace dstn {

TrainMetrics Fixed::train(const Batch& batch, at::Generator& generator) {
    Pass pass{.values = currentValues(),
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
    optimizers_.general.step(torch::autograd::grad({loss}, tensors(problem_.network.general())));
    return metrics;
}

Tensor Fixed::validate(const Batch& batch, at::Generator&) {
    const at::NoGradGuard guard;
    return checked(problem_.objective.loss(predict(batch), batch.targets), "validation loss");
}

Tensor Fixed::predict(const Batch& batch) {
    Pass pass{.before = batch.before, .after = batch.after};
    return problem_.network.forward(batch.inputs, pass);
}

template <>
std::unique_ptr<Tuner> tunerOf<FixedOptions>(Problem& problem, const TunerSpec& spec,
                                             const OptimizersSpec& optimizers) {
    return std::make_unique<Fixed>(problem, spec, optimizers);
}

} // namespace dstn
