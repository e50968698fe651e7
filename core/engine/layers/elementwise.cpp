#include "core/engine/layers/elementwise.h"

#include <cmath>

namespace dstn {

Dual Elementwise::forward(const Dual& x, Pass&) {
    return {value(x.primal), x.tangent.defined() ? x.tangent * derivative(x.point()) : Tensor()};
}

Tensor Relu::value(const Tensor& x) const { return at::relu(x); }
Tensor Relu::derivative(const Tensor& x) const { return (x > 0).to(x.scalar_type()); }

Tensor Gelu::value(const Tensor& x) const { return at::gelu(x); }
Tensor Gelu::derivative(const Tensor& x) const {
    const double rootHalf = std::sqrt(0.5), density = 1.0 / std::sqrt(2.0 * M_PI);
    return 0.5 * (1 + at::erf(x * rootHalf)) + x * density * at::exp(-0.5 * x * x);
}

Tensor Tanh::value(const Tensor& x) const { return at::tanh(x); }
Tensor Tanh::derivative(const Tensor& x) const { return 1 - at::tanh(x).square(); }

Dual Flatten::forward(const Dual& x, Pass&) {
    return {x.primal.flatten(1), x.tangent.defined() ? x.tangent.flatten(1) : Tensor()};
}

template <>
std::shared_ptr<Layer> layerOf(const ReluPart&, const LayerPlace&) {
    return std::make_shared<Relu>();
}

template <>
std::shared_ptr<Layer> layerOf(const GeluPart&, const LayerPlace&) {
    return std::make_shared<Gelu>();
}

template <>
std::shared_ptr<Layer> layerOf(const TanhPart&, const LayerPlace&) {
    return std::make_shared<Tanh>();
}

template <>
std::shared_ptr<Layer> layerOf(const FlattenPart&, const LayerPlace&) {
    return std::make_shared<Flatten>();
}

} // namespace dstn
