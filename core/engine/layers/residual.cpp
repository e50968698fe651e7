#include "core/engine/layers/residual.h"

#include "core/engine/kernels/kernels.h"

namespace dstn {

template <typename Value>
static Value through(const std::vector<NamedLayer>& layers, Value x, Pass& pass) {
    for (const NamedLayer& each : layers) x = each.layer->forward(x, pass);
    return x;
}

Tensor Residual::forward(const Tensor& x, Pass& pass) {
    // In sequence: the order of the branches fixes that of the masks drawn.
    const Tensor f = through(branch_, x, pass);
    return kernels::addRelu(f, through(shortcut_, x, pass));
}

Dual Residual::forward(const Dual& x, Pass& pass) {
    const Dual f = through(branch_, x, pass);
    const Dual g = through(shortcut_, x, pass);
    const Tensor y = kernels::addRelu(f.primal, g.primal);
    // Where one branch's tangent is zero, the other's takes the place that must not be empty.
    const Tensor& z = f.tangent.defined() ? f.tangent : g.tangent;
    if (!z.defined()) return {y, {}};
    return {y, kernels::respond(y.detach(), f.tangent.defined() ? g.tangent : Tensor(), z, {}, {})};
}

Tensor Residual::penalty(Pass& pass) {
    Tensor total;
    for (const auto* layers : {&branch_, &shortcut_})
        for (const NamedLayer& each : *layers) {
            const Tensor term = each.layer->penalty(pass);
            if (term.defined()) total = total.defined() ? total + term : term;
        }
    return total;
}

template <typename List>
NamedTensors Residual::collect(const List& list) const {
    NamedTensors result;
    for (const auto* layers : {&branch_, &shortcut_})
        for (const NamedLayer& each : *layers)
            for (const auto& [name, tensor] : list(*each.layer))
                result.emplace_back(each.name + "." + name, tensor);
    return result;
}

NamedTensors Residual::general() {
    return collect([](Layer& layer) { return layer.general(); });
}
NamedTensors Residual::response() {
    return collect([](Layer& layer) { return layer.response(); });
}
NamedTensors Residual::moved(const Tensor& delta) {
    return collect([&](Layer& layer) { return layer.moved(delta); });
}
NamedTensors Residual::buffers() {
    return collect([](Layer& layer) { return layer.buffers(); });
}

} // namespace dstn
