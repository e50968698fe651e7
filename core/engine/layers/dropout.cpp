#include "core/engine/layers/dropout.h"

#include "core/engine/kernels/kernels.h"

namespace dstn {

Tensor Dropout::mask(const Tensor& x, Pass& pass) const {
    if (!pass.training || (!rate_.tuned() && rate_.value == 0)) return {};
    std::vector<std::int64_t> shape = x.sizes().vec();
    if (unit_ == Unit::channel)
        for (std::size_t i = 2; i < shape.size(); ++i) shape[i] = 1;
    if (unit_ == Unit::locked) shape[1] = 1;
    return kernels::dropoutMask(shape, pass.value(rate_, x), pass.generator);
}

Tensor Dropout::forward(const Tensor& x, Pass& pass) {
    const Tensor m = mask(x, pass);
    return m.defined() ? x * m : x;
}

Dual Dropout::forward(const Dual& x, Pass& pass) {
    const Tensor m = mask(x.primal, pass);
    if (!m.defined()) return x;
    return {x.primal * m, x.tangent.defined() ? x.tangent * m : Tensor()};
}

template <>
std::shared_ptr<Layer> layerOf(const DropoutPart& part, const LayerPlace& place) {
    return std::make_shared<Dropout>(place.resolve(part.rate), Dropout::Unit::element);
}

template <>
std::shared_ptr<Layer> layerOf(const Dropout2dPart& part, const LayerPlace& place) {
    return std::make_shared<Dropout>(place.resolve(part.rate), Dropout::Unit::channel);
}

template <>
std::shared_ptr<Layer> layerOf(const LockedDropoutPart& part, const LayerPlace& place) {
    return std::make_shared<Dropout>(place.resolve(part.rate), Dropout::Unit::locked);
}

} // namespace dstn
