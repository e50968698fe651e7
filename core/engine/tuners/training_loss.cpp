#include "core/engine/tuners/training_loss.h"

#include "core/engine/kernels/dispatch.h"
#include "core/error.h"

#include <algorithm>

namespace dstn {

using torch::autograd::grad;

KeptBatch::KeptBatch(const Batch& batch, const at::Generator& generator)
    : inputs_(batch.inputs), targets_(batch.targets), generator_(generator.clone()) {
    if (batch.before != nullptr) before_ = *batch.before;
}

Batch KeptBatch::batch() const {
    return {.inputs = inputs_, .targets = targets_, .before = before_ ? &*before_ : nullptr};
}

NamedTensors KeptBatch::state() const {
    NamedTensors state{{"inputs", inputs_}, {"targets", targets_}, {"generator", generator_.get_state()}};
    for (std::size_t i = 0; before_ && i < before_->states.size(); ++i)
        state.emplace_back("before." + std::to_string(i), before_->states[i]);
    return state;
}

KeptBatch KeptBatch::load(const NamedTensors& state, at::Device device) {
    const auto there = [&](const std::string& name) { return savedTensor(state, name).to(device).clone(); };
    KeptBatch kept;
    kept.inputs_ = there("inputs");
    kept.targets_ = there("targets");
    kept.generator_ = device.is_cpu() ? at::detail::createCPUGenerator()
                                      : at::globalContext().defaultGenerator(device).clone();
    kept.generator_.set_state(savedTensor(state, "generator").cpu().clone());
    const std::size_t states = withPrefix(state, "before.").size();
    if (states > 0) kept.before_.emplace();
    for (std::size_t i = 0; i < states; ++i)
        kept.before_->states.push_back(there("before." + std::to_string(i)));
    return kept;
}

GraphedLoss graphedLoss(Problem& problem, const Batch& batch, at::Generator generator,
                        TrainingLoss::Options options, std::vector<NotedProduct>* noted) {
    const HigherDerivativesScope scope;
    Pass pass{.values = problem.space.differentiableNatural(problem.space.lambda()).unsqueeze(0),
              .generator = std::move(generator),
              .training = true,
              .trackStatistics = options.trackStatistics,
              .generalGradient = true,
              .before = batch.before,
              .after = options.after,
              .noted = noted};
    const auto [x, targets] = problem.augmentation.apply(batch, pass.values.detach(), pass.generator);
    const Tensor y = problem.network.forward(x, pass);
    return {problem.penalizedLoss(y, targets, pass), y};
}

TrainingLoss::TrainingLoss(Problem& problem, const Batch& batch, at::Generator generator, Options options)
    : weights_(tensors(problem.network.general())), lambda_(problem.space.lambda()) {
    const auto [loss, y] = graphedLoss(problem, batch, std::move(generator), options);
    value_ = loss.detach();
    outputs_ = y.detach();
    std::vector<Tensor> inputs = weights_;
    inputs.push_back(lambda_);
    const HigherDerivativesScope scope;
    gradient_ = grad({loss}, inputs, {}, true, true, true);
    byLambda_ = gradient_.back();
    gradient_.pop_back();
}

std::vector<Tensor> TrainingLoss::gradient() const {
    std::vector<Tensor> result;
    for (std::size_t i = 0; i < weights_.size(); ++i)
        result.push_back(gradient_[i].defined() ? gradient_[i].detach()
                                                : at::zeros_like(weights_[i]).detach());
    return result;
}

std::vector<Tensor> TrainingLoss::back(const std::vector<Tensor>& p, std::int64_t h,
                                       const std::vector<Tensor>& inputs) const {
    const HigherDerivativesScope scope;
    std::vector<Tensor> of, along;
    const auto add = [&](const Tensor& derivative, const Tensor& direction) {
        // One that is constant or missing changes with nothing.
        if (!derivative.defined() || !derivative.requires_grad()) return;
        of.push_back(derivative);
        along.push_back(direction);
    };
    for (std::size_t i = 0; i < gradient_.size(); ++i) add(gradient_[i], p[i]);
    if (h >= 0) {
        Tensor unit = at::zeros_like(lambda_).detach();
        unit[h] = 1.0;
        add(byLambda_, unit);
    }
    variable_list result(inputs.size());
    if (!of.empty()) result = grad(of, inputs, along, true, false, true);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (!result[i].defined()) result[i] = at::zeros_like(inputs[i]).detach();
    return result;
}

TrainingLoss::Products TrainingLoss::products(const std::vector<Tensor>& p) const {
    std::vector<Tensor> inputs = weights_;
    inputs.push_back(lambda_);
    Products result{.hessian = back(p, -1, inputs), .mixed = {}};
    result.mixed = result.hessian.back();
    result.hessian.pop_back();
    return result;
}

std::vector<Tensor> TrainingLoss::hessianProduct(const std::vector<Tensor>& p) const {
    return back(p, -1, weights_);
}

Tensor TrainingLoss::mixedProduct(const std::vector<Tensor>& p) const {
    return back(p, -1, {lambda_}).front();
}

std::vector<Tensor> TrainingLoss::change(const std::vector<Tensor>& p, std::int64_t h) const {
    return back(p, h, weights_);
}

ValidationGradient validationGradient(Problem& problem, const Batch& batch) {
    Pass pass{.generalGradient = true, .before = batch.before, .after = batch.after};
    const Tensor loss = problem.objective.loss(problem.network.forward(batch.inputs, pass), batch.targets);
    const std::vector<Tensor> weights = tensors(problem.network.general());
    variable_list gradient = grad({loss}, weights, {}, {}, false, true);
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (!gradient[i].defined()) gradient[i] = at::zeros_like(weights[i]).detach();
    return {loss.detach(), std::move(gradient)};
}

Tensor dot(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    std::vector<Tensor> terms;
    for (std::size_t i = 0; i < a.size(); ++i)
        terms.push_back(at::dot(a[i].reshape({-1}), b[i].reshape({-1})));
    return at::stack(terms).sum();
}

void addTo(std::vector<Tensor>& a, const std::vector<Tensor>& b, double factor) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i].add_(b[i], factor);
}

std::vector<Tensor> scaled(const std::vector<Tensor>& a, double factor) {
    std::vector<Tensor> result;
    for (const Tensor& tensor : a) result.push_back(tensor * factor);
    return result;
}

std::vector<Tensor> zerosLike(const std::vector<Tensor>& a) {
    std::vector<Tensor> result;
    for (const Tensor& tensor : a) result.push_back(at::zeros_like(tensor).detach());
    return result;
}

const Tensor& savedTensor(const NamedTensors& state, const std::string& name, const Tensor& like) {
    const auto found = std::ranges::find(state, name, &NamedTensors::value_type::first);
    if (found == state.end())
        throw Error(ErrorKind::archive, "The saved state of the tuner has no \"" + name +
                                            "\": it belongs to another experiment or another version. Start "
                                            "a new run.");
    if (like.defined() && found->second.sizes() != like.sizes())
        throw Error(ErrorKind::archive,
                    "The saved state of the tuner has another shape than the experiment's in \"" + name +
                        "\". Start a new run.");
    return found->second;
}

NamedTensors withPrefix(const NamedTensors& state, const std::string& prefix) {
    NamedTensors result;
    for (const auto& [name, tensor] : state)
        if (name.starts_with(prefix)) result.emplace_back(name.substr(prefix.size()), tensor);
    return result;
}

} // namespace dstn
