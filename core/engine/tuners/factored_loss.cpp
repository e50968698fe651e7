#include "core/engine/tuners/factored_loss.h"

#include "core/engine/kernels/dispatch.h"

#include <algorithm>

namespace dstn {

using torch::autograd::grad;

FactoredLoss::FactoredLoss(Problem& problem, const KeptBatch& kept, const std::vector<Tensor>& v)
    : lambda_(problem.space.lambda()) {
    std::vector<NotedProduct> noted;
    // The factors of bfloat16 products are too coarse to be multiplied on: those layers stay as they are.
    const Tensor loss = graphedLoss(problem, kept.batch(), kept.generator(), {},
                                    problem.network.autocast() ? nullptr : &noted)
                            .loss;

    std::vector<Tensor> inputs;
    for (const NotedProduct& product : noted) inputs.push_back(product.output);
    for (const NotedProduct& product : noted)
        if (product.input.requires_grad()) inputs.push_back(product.input);
    const std::vector<Tensor> weights = tensors(problem.network.general());
    const auto layerOf = [&](const Tensor& weight) -> std::optional<std::size_t> {
        const auto found = std::ranges::find_if(
            noted, [&](const NotedProduct& product) { return product.weight.is_same(weight); });
        if (found == noted.end()) return std::nullopt;
        return static_cast<std::size_t>(found - noted.begin());
    };
    for (std::size_t i = 0; i < weights.size(); ++i) {
        places_.push_back({.layer = layerOf(weights[i]), .weight = weights[i], .gradient = {}});
        start_.push_back(places_.back().layer ? Tensor() : v[i]);
        if (!places_.back().layer) inputs.push_back(weights[i]);
    }
    const HigherDerivativesScope scope;
    const variable_list gradients = grad({loss}, inputs, {}, true, true, true);

    auto carried = gradients.begin() + static_cast<std::ptrdiff_t>(noted.size());
    for (std::size_t i = 0; i < noted.size(); ++i)
        layers_.push_back({.input = noted[i].input,
                           .output = noted[i].output,
                           .delta = gradients[i],
                           .inputDerivative = noted[i].input.requires_grad() ? *carried++ : Tensor(),
                           .decay = noted[i].decay});
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!places_[i].layer) {
            places_[i].gradient = *carried++;
            continue;
        }
        const at::NoGradGuard guard;
        Factored& layer = layers_[*places_[i].layer];
        const NotedProduct& product = noted[*places_[i].layer];
        layer.weight = weights[i].detach();
        layer.start = v[i];
        layer.product = product.output.detach();
        if (product.bias.defined()) layer.product = layer.product - product.bias;
        layer.x = layer.input.detach();
        layer.d = layer.delta.detach();
        layer.inputGram = at::mm(layer.x, layer.x.t());
        layer.startProduct = at::mm(layer.x, layer.start.t());
        if (!layer.carries()) continue;
        layer.deltaGram = at::mm(layer.d, layer.d.t());
        layer.startGradient = at::mm(layer.d, layer.start);
    }
}

std::vector<Tensor> FactoredLoss::start() const {
    std::vector<Tensor> p;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (!places_[i].layer) {
            p.push_back(start_[i]);
            continue;
        }
        const Factored& layer = layers_[*places_[i].layer];
        p.push_back(at::ones({1}, layer.x.options()));
        p.push_back(at::zeros_like(layer.d));
        if (layer.carries()) p.push_back(at::zeros_like(layer.x));
    }
    return p;
}

FactoredLoss::Roots FactoredLoss::roots(const std::vector<Tensor>& p) const {
    const at::NoGradGuard guard;
    Roots roots;
    const auto add = [&](const Tensor& of, const Tensor& along) {
        if (!of.defined() || !of.requires_grad()) return;
        roots.of.push_back(of);
        roots.along.push_back(along);
    };
    auto next = p.begin();
    for (const Place& place : places_) {
        if (!place.layer) {
            add(place.gradient, *next++);
            continue;
        }
        const Factored& layer = layers_[*place.layer];
        const Tensor &c = *next++, &a = *next++;
        Tensor along = at::addmm(layer.startProduct * c, layer.inputGram, a); // x Pᵀ
        if (layer.carries()) {
            const Tensor& z = *next++;
            along = at::addmm(along, at::mm(layer.x, z.t()), layer.d);
            Tensor back = at::addmm(layer.startGradient * c, at::mm(layer.d, a.t()), layer.x); // δ P
            add(layer.input, at::addmm(back, layer.deltaGram, z));
        }
        add(layer.delta, along);
    }
    return roots;
}

std::vector<Tensor> FactoredLoss::hessianProduct(const std::vector<Tensor>& p) const {
    const HigherDerivativesScope scope;
    // By δ's argument y and by ∂L/∂x: the derivatives of ⟨g, p⟩ by them are δ̇ and ẋ.
    std::vector<Tensor> inputs;
    for (const Place& place : places_) {
        if (!place.layer) {
            inputs.push_back(place.weight);
            continue;
        }
        inputs.push_back(layers_[*place.layer].output);
        if (layers_[*place.layer].carries()) inputs.push_back(layers_[*place.layer].inputDerivative);
    }
    const auto [of, along] = roots(p);
    variable_list found(inputs.size());
    if (!of.empty()) found = grad(of, inputs, along, true, false, true);

    const at::NoGradGuard guard;
    std::vector<Tensor> image;
    auto from = found.begin();
    auto own = p.begin();
    for (const Place& place : places_) {
        const auto take = [&](const Tensor& decay) {
            const Tensor& moved = *own++;
            const Tensor derivative = *from++;
            Tensor result = derivative.defined() ? derivative : at::zeros_like(moved);
            image.push_back(decay.defined() ? result + decay * moved : result);
        };
        if (!place.layer) {
            take({});
            continue;
        }
        const Factored& layer = layers_[*place.layer];
        const Tensor decay = layer.decay.defined() ? layer.decay.detach() : Tensor();
        const Tensor& c = *own++;
        image.push_back(decay.defined() ? decay * c : at::zeros_like(c));
        take(decay);
        if (layer.carries()) take(decay);
    }
    return image;
}

Tensor FactoredLoss::mixedProduct(const std::vector<Tensor>& p) const {
    const HigherDerivativesScope scope;
    auto [of, along] = roots(p);
    // ⟨P, W⟩ times each decay's own derivative; given x Wᵀ and δ W, P is not needed for it.
    auto next = p.begin();
    for (const Place& place : places_) {
        const Tensor& c = *next++;
        if (!place.layer) continue;
        const Factored& layer = layers_[*place.layer];
        const Tensor& a = *next++;
        const Tensor* z = layer.carries() ? &*next++ : nullptr;
        if (!layer.decay.defined() || !layer.decay.requires_grad()) continue;
        const at::NoGradGuard guard;
        Tensor product = (layer.start * layer.weight).sum() * c + (a * layer.product).sum();
        if (z != nullptr) product = product + (layer.inputDerivative.detach() * *z).sum();
        of.push_back(layer.decay);
        along.push_back(product.reshape(layer.decay.sizes()));
    }
    Tensor result;
    if (!of.empty()) result = grad(of, {lambda_}, along, true, false, true).front();
    return result.defined() ? result : at::zeros_like(lambda_).detach();
}

double FactoredLoss::products() const {
    constexpr double whole = 6;
    // Of one example; the small products of N × N matrices have an N more.
    double multiplications = 0, made = 0;
    for (const Place& place : places_) {
        if (!place.layer) {
            if (place.weight.dim() > 2) return whole;
            const double size = place.weight.dim() == 2 ? static_cast<double>(place.weight.numel()) : 0.0;
            multiplications += size;
            made += whole * size;
            continue;
        }
        const Factored& layer = layers_[*place.layer];
        const double size = static_cast<double>(layer.weight.numel());
        const auto examples = static_cast<double>(layer.x.size(0));
        const auto in = static_cast<double>(layer.weight.size(1));
        const auto out = static_cast<double>(layer.weight.size(0));
        multiplications += size;
        made += layer.carries() ? 2 * size + 3 * examples * (in + out) : examples * out;
    }
    return multiplications > 0 ? made / multiplications : whole;
}

std::vector<Tensor> FactoredLoss::vector(const std::vector<Tensor>& p) const {
    const at::NoGradGuard guard;
    std::vector<Tensor> result;
    auto next = p.begin();
    for (const Place& place : places_) {
        const Tensor& first = *next++;
        if (!place.layer) {
            result.push_back(first);
            continue;
        }
        const Factored& layer = layers_[*place.layer];
        Tensor whole = at::addmm(layer.start * first, (next++)->t(), layer.x);
        if (layer.carries()) whole = at::addmm(whole, layer.d.t(), *next++);
        result.push_back(whole);
    }
    return result;
}

} // namespace dstn
