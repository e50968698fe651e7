#include "core/tuners/implicit.h"

#include "core/error.h"
#include "core/own_kernels.h"

#include <utility>

namespace dstn {

Implicit::Implicit(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
    : Fixed(problem, spec, optimizers), validateCost_(Tuner::validateCost()) {
    if (spec.inverse == InverseKind::conjugateGradient && spec.warmStart)
        solution_ = zerosLike(tensors(problem.network.general()));
}

TrainMetrics Implicit::train(const Batch& batch, at::Generator& generator) {
    KeptBatch kept(batch, generator);
    TrainMetrics metrics = Fixed::train(batch, generator);
    latest_ = std::move(kept);
    return metrics;
}

InverseProduct Implicit::solve(const TrainingLoss& loss, const std::vector<Tensor>& v) const {
    const auto damped = [&](const std::vector<Tensor>& p) {
        std::vector<Tensor> image = loss.hessianProduct(p);
        if (spec_.damping > 0) addTo(image, p, spec_.damping);
        return image;
    };
    switch (spec_.inverse) {
    case InverseKind::conjugateGradient:
        return conjugateGradient(damped, v, solution_,
                                 {.iterations = spec_.iterations, .tolerance = spec_.tolerance});
    case InverseKind::neumann:
        return neumannSeries(damped, v, spec_.neumannStep, spec_.iterations);
    case InverseKind::identity:
        break;
    }
    return {.solution = scaled(v, spec_.neumannStep)};
}

Tensor Implicit::hypergradient(const std::vector<Tensor>& v) {
    TORCH_CHECK(latest_, "there is no hypergradient before the first training step");
    const TrainingLoss loss(problem_, *latest_);
    InverseProduct inverse = solve(loss, v);
    // The gradients of both losses, three products a layer each, and six for every second derivative.
    constexpr double gradient = 3, second = 6;
    validateCost_ = (2 * gradient + second * static_cast<double>(inverse.products + 1)) / gradient;
    if (inverse.negativeCurvature && !std::exchange(noted_, true))
        note_ = "The training loss curves downwards along a direction of the conjugate gradients, which were "
                "cut short there after " +
                std::to_string(inverse.products) +
                " products: hypergradients are approximate. A larger tuner.damping prevents it.";
    const Tensor result = -loss.mixedProduct(inverse.solution);
    if (!solution_.empty()) solution_ = std::move(inverse.solution);
    return result;
}

Tensor Implicit::validate(const Batch& batch, at::Generator& generator) {
    if (!latest_) return Fixed::validate(batch, generator);
    const ValidationGradient validation = validationGradient(problem_, batch);
    const Tensor loss = checked(validation.loss, "validation loss");
    optimizers_.hyperparameters.step({checkedHypergradient(hypergradient(validation.gradient))});
    return loss;
}

NamedTensors Implicit::state() const {
    NamedTensors state;
    for (std::size_t i = 0; i < solution_.size(); ++i)
        state.emplace_back("solution." + std::to_string(i), solution_[i]);
    return state;
}

void Implicit::load(const NamedTensors& state) {
    std::vector<Tensor> solution;
    for (std::size_t i = 0; i < solution_.size(); ++i)
        solution.push_back(savedTensor(state, "solution." + std::to_string(i), solution_[i])
                               .to(solution_[i].options())
                               .clone());
    solution_ = std::move(solution);
}

std::optional<std::string> Implicit::takeNote() { return std::exchange(note_, std::nullopt); }

Tensor checkedHypergradient(const Tensor& hypergradient) {
    if (valueAtHand(hypergradient) && !hypergradient.isfinite().all().item<bool>())
        throw Error(ErrorKind::numeric,
                    "the derivative of the validation loss by the hyperparameters is not finite");
    return hypergradient;
}

} // namespace dstn
