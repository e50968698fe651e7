#include "core/engine/tuners/implicit.h"

#include "core/engine/kernels/dispatch.h"
#include "core/engine/tuners/factored_loss.h"
#include "core/error.h"

#include <utility>

namespace dstn {

Implicit::Implicit(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
    : Fixed(problem, spec, optimizers), validateCost_(Tuner::validateCost()) {
    if (own<ImplicitOptions>().inverse == InverseKind::conjugateGradient && own<ImplicitOptions>().warmStart)
        solution_ = zerosLike(tensors(problem.network.general()));
}

TrainMetrics Implicit::train(const Batch& batch, at::Generator& generator) {
    KeptBatch kept(batch, generator);
    TrainMetrics metrics = Fixed::train(batch, generator);
    latest_ = std::move(kept);
    return metrics;
}

/// (H + γ I) p of a loss's products with H.
template <typename Loss>
static MatrixProduct damped(const Loss& loss, double damping) {
    return [&loss, damping](const std::vector<Tensor>& p) {
        std::vector<Tensor> image = loss.hessianProduct(p);
        if (damping > 0) addTo(image, p, damping);
        return image;
    };
}

Tensor Implicit::hypergradient(const std::vector<Tensor>& v) {
    const auto& options = own<ImplicitOptions>();
    TORCH_CHECK(latest_, "there is no hypergradient before the first training step");
    // The gradients of both losses, three products a layer each, and six for every second derivative: fewer
    // in factors.
    constexpr double gradient = 3;
    double second = 6;
    InverseProduct inverse;
    Tensor mixed;
    if (options.inverse == InverseKind::neumann) {
        // The series is made of powers of H alone, which a layer's factors are enough for.
        const FactoredLoss loss(problem_, *latest_, v);
        inverse = neumannSeries(damped(loss, options.damping), loss.start(), options.neumannStep,
                                options.iterations);
        mixed = loss.mixedProduct(inverse.solution);
        second = loss.products();
    } else {
        const TrainingLoss loss(problem_, *latest_);
        inverse = options.inverse == InverseKind::identity
                      ? InverseProduct{.solution = scaled(v, options.neumannStep)}
                      : conjugateGradient(damped(loss, options.damping), v, solution_,
                                          {.iterations = options.iterations, .tolerance = options.tolerance});
        mixed = loss.mixedProduct(inverse.solution);
    }
    validateCost_ = (2 * gradient + second * static_cast<double>(inverse.products + 1)) / gradient;
    if (inverse.negativeCurvature && !std::exchange(noted_, true))
        note_ = "The training loss has negative curvature along a direction of the conjugate gradients, "
                "which were "
                "stopped there after " +
                std::to_string(inverse.products) +
                " products: hypergradients are approximate. A larger tuner.damping prevents it.";
    if (!solution_.empty()) solution_ = std::move(inverse.solution);
    return -mixed;
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

template <>
std::unique_ptr<Tuner> tunerOf<ImplicitOptions>(Problem& problem, const TunerSpec& spec,
                                                const OptimizersSpec& optimizers) {
    return std::make_unique<Implicit>(problem, spec, optimizers);
}

} // namespace dstn
