#include "core/engine/layers/pooling.h"

#include <array>
#include <tuple>

namespace dstn {

static std::array<std::int64_t, 2> both(std::int64_t value) { return {value, value}; }

Tensor MaxPool2d::forward(const Tensor& x, Pass&) {
    return at::max_pool2d(x, both(shape_.kernel), both(shape_.stride), both(shape_.padding));
}

Dual MaxPool2d::forward(const Dual& x, Pass&) {
    const auto [primal, index] =
        at::max_pool2d_with_indices(x.primal, both(shape_.kernel), both(shape_.stride), both(shape_.padding));
    if (!x.tangent.defined()) return {primal, {}};
    return {primal, x.tangent.flatten(2).gather(2, index.flatten(2)).view_as(primal)};
}

Tensor AvgPool2d::forward(const Tensor& x, Pass&) {
    return at::avg_pool2d(x, both(shape_.kernel), both(shape_.stride), both(shape_.padding));
}

Dual AvgPool2d::forward(const Dual& x, Pass& pass) {
    return {forward(x.primal, pass), x.tangent.defined() ? forward(x.tangent, pass) : Tensor()};
}

Dual GlobalAvgPool2d::forward(const Dual& x, Pass& pass) {
    return {forward(x.primal, pass), x.tangent.defined() ? forward(x.tangent, pass) : Tensor()};
}

template <>
std::shared_ptr<Layer> layerOf(const MaxPool2dPart& part, const LayerPlace&) {
    return std::make_shared<MaxPool2d>(poolShape(part));
}

template <>
std::shared_ptr<Layer> layerOf(const AvgPool2dPart& part, const LayerPlace&) {
    return std::make_shared<AvgPool2d>(poolShape(part));
}

template <>
std::shared_ptr<Layer> layerOf(const GlobalAvgPool2dPart&, const LayerPlace&) {
    return std::make_shared<GlobalAvgPool2d>();
}

} // namespace dstn
