#pragma once

#include "core/engine/batches/device_data.h"

namespace dstn {

/// Ridge regression in closed form. The training loss (1/N)‖X w + b − y‖² + ½ Σⱼ exp(λⱼ) wⱼ² has its minimum
/// at w(λ) = A⁻¹ (2/N) X̄ᵀ ȳ with A = (2/N) X̄ᵀX̄ + diag(exp λ), X̄ and ȳ centred, and ∂w/∂λⱼ = −exp(λⱼ) wⱼ
/// A⁻¹eⱼ.
struct Ridge {
    Tensor x, y, validationX, validationY, meanX, meanY;

    explicit Ridge(const Dataset& dataset) {
        const DeviceData data(dataset, at::kCPU, at::kDouble);
        meanX = data.train.inputs.mean(0);
        meanY = data.train.targets.mean(0);
        x = data.train.inputs - meanX;
        y = data.train.targets - meanY;
        validationX = data.validation.inputs - meanX;
        validationY = data.validation.targets - meanY;
    }
    std::int64_t features() const { return x.size(1); }
    Tensor matrix(const Tensor& lambda) const {
        return 2.0 / static_cast<double>(x.size(0)) * at::mm(x.t(), x) +
               at::diag(at::exp(lambda.expand({features()})));
    }
    /// w(λ), [features, 1]; λ [1] or [features].
    Tensor weights(const Tensor& lambda) const {
        return at::linalg_solve(matrix(lambda), 2.0 / static_cast<double>(x.size(0)) * at::mm(x.t(), y));
    }
    Tensor validationLoss(const Tensor& lambda) const {
        return (at::mm(validationX, weights(lambda)) - validationY).square().mean();
    }
    /// ∂w/∂λ, [features, H].
    Tensor jacobian(const Tensor& lambda) const {
        const Tensor w = weights(lambda);
        const Tensor each = -at::linalg_solve(
            matrix(lambda), at::diag((at::exp(lambda.expand({features()})) * w.squeeze(1))));
        return lambda.numel() == 1 ? each.sum(1, true) : each;
    }
};

} // namespace dstn
