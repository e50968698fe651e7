#include "core/engine/layers/activation_penalty.h"

namespace dstn {

bool ActivationPenalty::off(const Tensor& x, const Pass& pass) const {
    const bool single = kind_ == Kind::changeInTime && x.size(1) < 2; // nothing follows
    return !pass.training || single || (!strength_.tuned() && strength_.value == 0);
}

Tensor ActivationPenalty::of(const Tensor& x, const Pass& pass) const {
    const Tensor values =
        kind_ == Kind::magnitude ? x : x.narrow(1, 1, x.size(1) - 1) - x.narrow(1, 0, x.size(1) - 1);
    return (pass.value(strength_, x.detach()) * values.square().flatten(1).mean(1)).mean();
}

static void add(Tensor& total, const Tensor& term) { total = total.defined() ? total + term : term; }

Tensor ActivationPenalty::forward(const Tensor& x, Pass& pass) {
    if (!off(x, pass)) add(pass.activationPenalty, of(x, pass));
    return x;
}

Dual ActivationPenalty::forward(const Dual& x, Pass& pass) {
    if (off(x.primal, pass)) return x;
    add(pass.activationPenalty, of(x.primal, pass));
    add(pass.linearizedActivationPenalty, of(x.tangent.defined() ? x.primal + x.tangent : x.primal, pass));
    return x;
}

template <>
std::shared_ptr<Layer> layerOf(const ActivationRegularizationPart& part, const LayerPlace& place) {
    return std::make_shared<ActivationPenalty>(place.resolve(part.strength),
                                               ActivationPenalty::Kind::magnitude);
}

template <>
std::shared_ptr<Layer> layerOf(const TemporalActivationRegularizationPart& part, const LayerPlace& place) {
    return std::make_shared<ActivationPenalty>(place.resolve(part.strength),
                                               ActivationPenalty::Kind::changeInTime);
}

} // namespace dstn
