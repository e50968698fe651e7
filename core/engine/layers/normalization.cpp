#include "core/engine/layers/normalization.h"

#include <functional>
#include <numeric>

namespace dstn {

ScaleAndShift::ScaleAndShift(std::int64_t features, std::int64_t hyperparameters, at::Generator& generator)
    : hyperparameters_(hyperparameters),
      weight_(at::ones({features}, at::kDouble)),
      bias_(at::zeros({features}, at::kDouble)) {
    if (hyperparameters == 0) return;
    responseWeight_ = at::empty({features}, at::kDouble).uniform_(-1, 1, generator);
    responseBias_ = at::empty({features}, at::kDouble).uniform_(-1, 1, generator);
    bottleneck_ = at::zeros({2 * features, hyperparameters}, at::kDouble);
}

NamedTensors ScaleAndShift::general() { return {{"weight", weight_}, {"bias", bias_}}; }
NamedTensors ScaleAndShift::response() {
    if (hyperparameters_ == 0) return {};
    return {
        {"response_weight", responseWeight_}, {"response_bias", responseBias_}, {"bottleneck", bottleneck_}};
}

NamedTensors ScaleAndShift::moved(const Tensor& delta) {
    if (hyperparameters_ == 0) return general();
    const Tensor factors = at::mv(bottleneck_, delta);
    return {{"weight", weight_ + factors.narrow(0, 0, features()) * responseWeight_},
            {"bias", bias_ + factors.narrow(0, features(), features()) * responseBias_}};
}

std::pair<Tensor, Tensor> ScaleAndShift::point(const Pass& pass) const {
    return {pass.general(weight_), pass.general(bias_)};
}

std::pair<Tensor, Tensor> ScaleAndShift::change(const Pass& pass) const {
    if (!pass.delta.defined() || hyperparameters_ == 0) return {};
    const Tensor factors = at::mm(pass.delta, pass.responding(bottleneck_).t());
    return {factors.narrow(1, 0, features()) * pass.responding(responseWeight_),
            factors.narrow(1, features(), features()) * pass.responding(responseBias_)};
}

Tensor ScaleAndShift::penalty(const Pass& pass) const {
    if (!decay_) return {};
    const Tensor scale = point(pass).first, moved = change(pass).first;
    const Tensor norms = (moved.defined() ? scale + moved : scale.unsqueeze(0)).square().sum(1);
    return 0.5 * (pass.value(*decay_, weight_) * norms).mean();
}

BatchNorm::BatchNorm(std::int64_t features, double momentum, double epsilon, std::int64_t hyperparameters,
                     at::Generator& generator)
    : momentum_(momentum),
      epsilon_(epsilon),
      affine_(features, hyperparameters, generator),
      runningMean_(at::zeros({features}, at::kDouble)),
      runningVariance_(at::ones({features}, at::kDouble)) {}

NamedTensors BatchNorm::buffers() {
    return {{"running_mean", runningMean_}, {"running_variance", runningVariance_}};
}

kernels::Statistics BatchNorm::statistics(const Tensor& x, const Pass& pass) const {
    const at::NoGradGuard guard;
    if (!pass.training)
        return {.mean = runningMean_,
                .inverse = at::rsqrt(runningVariance_ + epsilon_),
                .epsilon = epsilon_,
                .ofBatch = false};
    const auto [mean, variance] = kernels::batchMoments(x);
    if (pass.trackStatistics) {
        const double count = static_cast<double>(x.numel()) / static_cast<double>(x.size(1));
        const double unbiased = count > 1 ? count / (count - 1) : 1.0;
        runningMean_.mul_(1 - momentum_).add_(mean, momentum_);
        runningVariance_.mul_(1 - momentum_).add_(variance, momentum_ * unbiased);
    }
    return {.mean = mean, .inverse = at::rsqrt(variance + epsilon_), .epsilon = epsilon_, .ofBatch = true};
}

Tensor BatchNorm::forward(const Tensor& x, Pass& pass) {
    auto [scale, shift] = affine_.point(pass);
    const auto [scaleChange, shiftChange] = affine_.change(pass);
    if (scaleChange.defined()) {
        scale = scale + scaleChange;
        shift = shift + shiftChange;
    }
    const Tensor y = kernels::batchNormalize(x, statistics(x, pass), scale, shift, relu());
    return tail_.pool ? kernels::reluMaxPool(y, *tail_.pool).output : y;
}

Dual BatchNorm::forward(const Dual& x, Pass& pass) {
    const kernels::Statistics statistics = this->statistics(x.primal, pass);
    const auto [scale, shift] = affine_.point(pass);
    const auto [scaleChange, shiftChange] = affine_.change(pass);
    const Tensor y = kernels::batchNormalize(x.primal, statistics, scale, shift, relu());
    Tensor tangent;
    if (x.tangent.defined() || scaleChange.defined())
        tangent = kernels::batchNormalizeTangent(x.primal, x.tangent, statistics, scale, shift, scaleChange,
                                                 shiftChange, relu());
    if (!tail_.pool) return {y, tangent};
    const kernels::Pooled pooled = kernels::reluMaxPool(y, *tail_.pool);
    return {pooled.output,
            tangent.defined() ? kernels::reluMaxPoolTangent(pooled, {}, tangent, {}, {}) : Tensor()};
}

static bool isSequence(const std::vector<std::int64_t>& shape) { return shape.size() == 2; }

/// The part of an example's shape that is normalised together.
static std::vector<std::int64_t> normalizedShape(const std::vector<std::int64_t>& shape) {
    return isSequence(shape) ? std::vector<std::int64_t>{shape.back()} : shape;
}

static std::int64_t product(const std::vector<std::int64_t>& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

LayerNorm::LayerNorm(const std::vector<std::int64_t>& shape, double epsilon, std::int64_t hyperparameters,
                     at::Generator& generator)
    : shape_(normalizedShape(shape)),
      sequence_(isSequence(shape)),
      epsilon_(epsilon),
      affine_(product(shape_), hyperparameters, generator) {}

Tensor LayerNorm::beside(const Tensor& values) const {
    std::vector<std::int64_t> shape = shape_;
    if (sequence_) shape.insert(shape.begin(), 1);
    shape.insert(shape.begin(), values.dim() == 1 ? 1 : values.size(0));
    return values.reshape(shape);
}

Tensor LayerNorm::forward(const Tensor& x, Pass& pass) {
    const auto [scale, shift] = affine_.point(pass);
    const auto [scaleChange, shiftChange] = affine_.change(pass);
    if (!scaleChange.defined())
        return at::layer_norm(x, shape_, scale.reshape(shape_), shift.reshape(shape_), epsilon_);
    return at::layer_norm(x, shape_, {}, {}, epsilon_) * beside(scale + scaleChange) +
           beside(shift + shiftChange);
}

Dual LayerNorm::forward(const Dual& x, Pass& pass) {
    const auto [scale, shift] = affine_.point(pass);
    const Tensor primal =
        at::layer_norm(x.primal, shape_, scale.reshape(shape_), shift.reshape(shape_), epsilon_);
    const auto [scaleChange, shiftChange] = affine_.change(pass);
    if (!x.tangent.defined() && !scaleChange.defined()) return {primal, {}};

    const Tensor point = x.point();
    std::vector<std::int64_t> dims(shape_.size());
    std::iota(dims.begin(), dims.end(), -static_cast<std::int64_t>(shape_.size()));
    const Tensor centred = point - point.mean(dims, true);
    const Tensor inverse = at::rsqrt(centred.square().mean(dims, true) + epsilon_);
    const Tensor normal = centred * inverse;
    Tensor tangent;
    if (x.tangent.defined()) {
        const Tensor change =
            x.tangent - x.tangent.mean(dims, true) - normal * (normal * x.tangent).mean(dims, true);
        tangent = change * inverse * beside(scale.detach());
    }
    if (scaleChange.defined()) {
        const Tensor own = beside(scaleChange) * normal + beside(shiftChange);
        tangent = tangent.defined() ? tangent + own : own;
    }
    return {primal, tangent};
}

} // namespace dstn
