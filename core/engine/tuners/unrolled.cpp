#include "core/engine/tuners/unrolled.h"

#include "core/engine/tuners/implicit.h"

#include <utility>

namespace dstn {

namespace {

void copyInto(const std::vector<Tensor>& to, const std::vector<Tensor>& from) {
    const at::NoGradGuard guard;
    for (std::size_t i = 0; i < to.size(); ++i) {
        Tensor target = to[i];
        target.copy_(from[i]);
    }
}

/// Puts values back in place when it ends.
class Restoring {
  public:
    explicit Restoring(std::vector<Tensor> places) : places_(std::move(places)) {
        for (const Tensor& place : places_) values_.push_back(place.detach().clone());
    }
    ~Restoring() { copyInto(places_, values_); }
    Restoring(const Restoring&) = delete;
    Restoring& operator=(const Restoring&) = delete;

  private:
    std::vector<Tensor> places_, values_;
};

} // namespace

Unrolled::Unrolled(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
    : Fixed(problem, spec, optimizers),
      momentum_(optimizers.general.momentum),
      nesterov_(optimizers.general.nesterov),
      weights_(tensors(problem.network.general())) {
    TORCH_CHECK(optimizers.general.type == OptimizerKind::sgd && optimizers.general.clipNorm == 0,
                "unrolling supports only sgd without clip_norm");
    if (!forward()) return;
    for (const Tensor& weight : weights_) {
        std::vector<std::int64_t> shape = weight.sizes().vec();
        shape.insert(shape.begin(), problem.space.size());
        for (std::vector<Tensor>* tangents : {&weightTangents_, &momentumTangents_})
            tangents->push_back(at::zeros(shape, weight.options().requires_grad(false)));
    }
}

Unrolled::Step Unrolled::remember(const Batch& batch, const at::Generator& generator) {
    Step step{.batch = KeptBatch(batch, generator),
              .weights = {},
              .lambda = problem_.space.lambda().detach().clone(),
              .lr = optimizers_.general.lr()};
    if (static_cast<std::int64_t>(steps_.size()) >= own<UnrolledOptions>().steps) {
        step.weights = std::move(steps_.front().weights);
        steps_.pop_front();
        copyInto(step.weights, weights_);
    } else {
        for (const Tensor& weight : weights_) step.weights.push_back(weight.detach().clone());
    }
    return step;
}

TrainMetrics Unrolled::train(const Batch& batch, at::Generator& generator) {
    if (forward()) return trainForward(batch, generator);
    steps_.push_back(remember(batch, generator));
    try {
        return Fixed::train(batch, generator);
    } catch (...) {
        steps_.pop_back(); // a step that was not taken
        throw;
    }
}

TrainMetrics Unrolled::trainForward(const Batch& batch, at::Generator& generator) {
    const TrainingLoss loss(problem_, batch, generator, {.trackStatistics = true, .after = batch.after});
    const TrainMetrics metrics{.loss = checked(loss.value(), "training loss"),
                               .correct = problem_.objective.correct(loss.outputs(), batch.targets)};
    const double lr = optimizers_.general.lr();
    const std::vector<Tensor> gradient = loss.gradient();
    const auto at = [](const std::vector<Tensor>& tangents, std::int64_t h) {
        std::vector<Tensor> rows;
        for (const Tensor& tangent : tangents) rows.push_back(tangent.select(0, h));
        return rows;
    };
    for (std::int64_t h = 0; h < problem_.space.size(); ++h) {
        std::vector<Tensor> w = at(weightTangents_, h), v = at(momentumTangents_, h);
        const std::vector<Tensor> change = loss.change(w, h);
        for (Tensor& each : v) each.mul_(momentum_);
        addTo(v, change, 1.0);
        addTo(w, v, nesterov_ ? -lr * momentum_ : -lr);
        if (nesterov_) addTo(w, change, -lr);
    }
    optimizers_.general.step(gradient);
    return metrics;
}

Tensor Unrolled::goBack(const std::vector<Tensor>& validationGradient) {
    std::vector<Tensor> places = weights_;
    places.push_back(problem_.space.lambda());
    const Restoring present(places);

    Tensor total = at::zeros_like(problem_.space.lambda()).detach();
    std::vector<Tensor> w, v = zerosLike(validationGradient); // adjoints of the weights and of the momentum
    for (const Tensor& gradient : validationGradient) w.push_back(gradient.clone());
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
        copyInto(weights_, step->weights);
        copyInto({problem_.space.lambda()}, {step->lambda});
        addTo(v, w, nesterov_ ? -step->lr * momentum_ : -step->lr);
        std::vector<Tensor> g = scaled(v, 1.0);
        if (nesterov_) addTo(g, w, -step->lr);
        const auto [hessian, mixed] = TrainingLoss(problem_, step->batch).products(g);
        total.add_(mixed);
        addTo(w, hessian, 1.0);
        for (Tensor& each : v) each.mul_(momentum_);
    }
    return total;
}

Tensor Unrolled::hypergradient(const std::vector<Tensor>& validationGradient) {
    if (!forward()) return goBack(validationGradient);
    Tensor total = at::zeros_like(problem_.space.lambda()).detach();
    for (std::size_t i = 0; i < validationGradient.size(); ++i)
        total.add_(at::mv(weightTangents_[i].flatten(1), validationGradient[i].reshape({-1})));
    return total;
}

Tensor Unrolled::validate(const Batch& batch, at::Generator&) {
    const ValidationGradient validation = validationGradient(problem_, batch);
    const Tensor loss = checked(validation.loss, "validation loss");
    optimizers_.hyperparameters.step({checkedHypergradient(hypergradient(validation.gradient))});
    return loss;
}

double Unrolled::validateCost() const {
    TunerSpec taken = spec_;
    if (!forward()) std::get<UnrolledOptions>(taken.options).steps = static_cast<std::int64_t>(steps_.size());
    return costOf(taken, problem_.space.size()).validate;
}

NamedTensors Unrolled::state() const {
    NamedTensors state;
    const auto add = [&](const std::string& prefix, const std::vector<Tensor>& list) {
        for (std::size_t i = 0; i < list.size(); ++i) state.emplace_back(prefix + std::to_string(i), list[i]);
    };
    add("weight_tangent.", weightTangents_);
    add("momentum_tangent.", momentumTangents_);
    if (forward()) return state;
    state.emplace_back("steps", at::scalar_tensor(static_cast<std::int64_t>(steps_.size()), at::kLong));
    for (std::size_t k = 0; k < steps_.size(); ++k) {
        const std::string prefix = std::to_string(k) + ".";
        const Step& step = steps_[k];
        add(prefix + "weight.", step.weights);
        state.emplace_back(prefix + "lambda", step.lambda);
        state.emplace_back(prefix + "lr", at::scalar_tensor(step.lr, at::kDouble));
        for (const auto& [name, tensor] : step.batch.state())
            state.emplace_back(prefix + "batch." + name, tensor);
    }
    return state;
}

void Unrolled::load(const NamedTensors& state) {
    const auto read = [&](const std::string& prefix, const std::vector<Tensor>& like) {
        std::vector<Tensor> list;
        for (std::size_t i = 0; i < like.size(); ++i)
            list.push_back(savedTensor(state, prefix + std::to_string(i), like[i])
                               .to(like[i].options().requires_grad(false))
                               .clone());
        return list;
    };
    if (forward()) {
        std::vector<Tensor> weight = read("weight_tangent.", weightTangents_);
        momentumTangents_ = read("momentum_tangent.", momentumTangents_);
        weightTangents_ = std::move(weight);
        return;
    }
    const Tensor& lambda = problem_.space.lambda();
    std::deque<Step> steps;
    const auto count = savedTensor(state, "steps").item<std::int64_t>();
    for (std::int64_t k = 0; k < count; ++k) {
        const std::string prefix = std::to_string(k) + ".";
        steps.push_back({.batch = KeptBatch::load(withPrefix(state, prefix + "batch."), lambda.device()),
                         .weights = read(prefix + "weight.", weights_),
                         .lambda = savedTensor(state, prefix + "lambda", lambda)
                                       .to(lambda.options().requires_grad(false))
                                       .clone(),
                         .lr = savedTensor(state, prefix + "lr").item<double>()});
    }
    steps_ = std::move(steps);
}

template <>
std::unique_ptr<Tuner> tunerOf<UnrolledOptions>(Problem& problem, const TunerSpec& spec,
                                                const OptimizersSpec& optimizers) {
    return std::make_unique<Unrolled>(problem, spec, optimizers);
}

} // namespace dstn
