#include "core/engine/tuners/problem.h"

namespace dstn {

Tensor Objective::loss(const Tensor& outputs, const Tensor& targets) const {
    if (!classification) return at::mse_loss(outputs, targets);
    return at::cross_entropy_loss(outputs.flatten(0, -2), targets.flatten());
}

Tensor Objective::loss(const Tensor& outputs, const Targets& targets, const Tensor& smoothing) const {
    if (!classification || (!targets.other.defined() && !smoothing.defined()))
        return loss(outputs, targets.own);
    // Of each class, [batch, K], or [batch, time, K] of texts.
    const Tensor crossEntropies = -at::log_softmax(outputs, -1);
    const auto of = [&](const Tensor& labels) {
        return crossEntropies.gather(-1, labels.unsqueeze(-1)).squeeze(-1);
    };
    const auto beside = [&](const Tensor& numbers) {
        return outputs.dim() == 3 ? numbers.unsqueeze(1) : numbers;
    };
    Tensor losses = of(targets.own);
    if (targets.other.defined()) {
        const Tensor share = beside(targets.share);
        losses = share * losses + (1.0 - share) * of(targets.other);
    }
    if (smoothing.defined()) {
        const Tensor epsilon = beside(smoothing);
        losses = (1.0 - epsilon) * losses + epsilon * crossEntropies.mean(-1);
    }
    return losses.mean();
}

Tensor Objective::correct(const Tensor& outputs, const Tensor& targets) const {
    return classification ? outputs.detach().argmax(-1).eq(targets).sum() : Tensor();
}

Tensor Problem::smoothing(const Pass& pass, const Tensor& like) const {
    const bool none = !labelSmoothing.tuned() && labelSmoothing.value == 0.0;
    return none ? Tensor() : pass.value(labelSmoothing, like);
}

Tensor Problem::penalizedLoss(const Tensor& outputs, const Targets& targets, Pass& pass) {
    Tensor total = objective.loss(outputs, targets, smoothing(pass, outputs));
    for (const Tensor& term : {network.penalty(pass), pass.activationPenalty})
        if (term.defined()) total = total + term;
    return total;
}

} // namespace dstn
