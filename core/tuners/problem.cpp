#include "core/tuners/problem.h"

namespace dstn {

Tensor Objective::loss(const Tensor& outputs, const Tensor& targets) const {
    return classification ? at::cross_entropy_loss(outputs, targets) : at::mse_loss(outputs, targets);
}

Tensor Objective::loss(const Tensor& outputs, const Targets& targets, const Tensor& smoothing) const {
    if (!classification || (!targets.other.defined() && !smoothing.defined()))
        return loss(outputs, targets.own);
    const Tensor crossEntropies = -at::log_softmax(outputs, 1); // of each class, [batch, K]
    const auto of = [&](const Tensor& labels) {
        return crossEntropies.gather(1, labels.unsqueeze(1)).squeeze(1);
    };
    Tensor losses = of(targets.own);
    if (targets.other.defined()) losses = targets.share * losses + (1.0 - targets.share) * of(targets.other);
    if (smoothing.defined()) losses = (1.0 - smoothing) * losses + smoothing * crossEntropies.mean(1);
    return losses.mean();
}

Tensor Objective::correct(const Tensor& outputs, const Tensor& targets) const {
    return classification ? outputs.detach().argmax(1).eq(targets).sum() : Tensor();
}

Tensor Problem::smoothing(const Pass& pass, const Tensor& like) const {
    const bool none = !labelSmoothing.tuned() && labelSmoothing.value == 0.0;
    return none ? Tensor() : pass.value(labelSmoothing, like);
}

} // namespace dstn
