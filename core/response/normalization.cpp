#include "core/response/normalization.h"

namespace dstn {

/// All dimensions but the features': what a batch's statistics are taken over.
static std::vector<std::int64_t> batchDimensions(const Tensor& x) {
    std::vector<std::int64_t> dims{0};
    for (std::int64_t d = 2; d < x.dim(); ++d) dims.push_back(d);
    return dims;
}

/// [features] or [batch, features] beside an x of more dimensions.
static Tensor beside(const Tensor& values, const Tensor& x) {
    Tensor result = values.dim() == 1 ? values.unsqueeze(0) : values;
    while (result.dim() < x.dim()) result = result.unsqueeze(-1);
    return result;
}

BatchNorm::BatchNorm(std::int64_t features, double momentum, double epsilon, std::int64_t hyperparameters,
                     at::Generator& generator)
    : momentum_(momentum),
      epsilon_(epsilon),
      hyperparameters_(hyperparameters),
      weight_(at::ones({features}, at::kDouble)),
      bias_(at::zeros({features}, at::kDouble)),
      runningMean_(at::zeros({features}, at::kDouble)),
      runningVariance_(at::ones({features}, at::kDouble)) {
    if (hyperparameters == 0) return;
    // A response like γ₀ = 1, β₀ = 0 would leave β without one: small random factors serve both.
    responseWeight_ = at::empty({features}, at::kDouble).uniform_(-1, 1, generator);
    responseBias_ = at::empty({features}, at::kDouble).uniform_(-1, 1, generator);
    bottleneck_ = at::zeros({2 * features, hyperparameters}, at::kDouble);
}

NamedTensors BatchNorm::general() { return {{"weight", weight_}, {"bias", bias_}}; }
NamedTensors BatchNorm::response() {
    if (hyperparameters_ == 0) return {};
    return {
        {"response_weight", responseWeight_}, {"response_bias", responseBias_}, {"bottleneck", bottleneck_}};
}
NamedTensors BatchNorm::buffers() {
    return {{"running_mean", runningMean_}, {"running_variance", runningVariance_}};
}

BatchNorm::Normalized BatchNorm::normalize(const Tensor& x, const Pass& pass) const {
    if (!pass.training) {
        const Tensor scale = at::rsqrt(beside(runningVariance_, x) + epsilon_);
        return {(x - beside(runningMean_, x)) * scale, scale};
    }
    const auto dims = batchDimensions(x);
    const Tensor mean = x.mean(dims, true);
    const Tensor centred = x - mean;
    const Tensor variance = centred.square().mean(dims, true);
    if (pass.trackStatistics) {
        const at::NoGradGuard guard;
        const double count = static_cast<double>(x.numel()) / static_cast<double>(x.size(1));
        const double unbiased = count > 1 ? count / (count - 1) : 1.0;
        runningMean_.mul_(1 - momentum_).add_(mean.detach().flatten(), momentum_);
        runningVariance_.mul_(1 - momentum_).add_(variance.detach().flatten(), momentum_ * unbiased);
    }
    const Tensor scale = at::rsqrt(variance + epsilon_);
    return {centred * scale, scale};
}

std::pair<Tensor, Tensor> BatchNorm::share(const Tensor& x, const Pass& pass) const {
    if (!pass.delta.defined() || hyperparameters_ == 0) return {};
    const auto parameter = [&](const Tensor& p) { return pass.responseGradient ? p : p.detach(); };
    const std::int64_t features = weight_.size(0);
    const Tensor factors = at::mm(pass.delta, parameter(bottleneck_).t());
    return {beside(factors.narrow(1, 0, features) * parameter(responseWeight_), x),
            beside(factors.narrow(1, features, features) * parameter(responseBias_), x)};
}

Tensor BatchNorm::forward(const Tensor& x, Pass& pass) {
    const auto parameter = [&](const Tensor& p) { return beside(pass.generalGradient ? p : p.detach(), x); };
    const Tensor normal = normalize(x, pass).value;
    const auto [scale, shift] = share(x, pass);
    if (!scale.defined()) return normal * parameter(weight_) + parameter(bias_);
    return normal * (parameter(weight_) + scale) + parameter(bias_) + shift;
}

Dual BatchNorm::forward(const Dual& x, Pass& pass) {
    const auto parameter = [&](const Tensor& p) {
        return beside(pass.generalGradient ? p : p.detach(), x.primal);
    };
    const Normalized normal = normalize(x.primal, pass);
    Dual result{normal.value * parameter(weight_) + parameter(bias_), {}};
    const Tensor value = normal.value.detach(), scale = normal.scale.detach();
    if (x.tangent.defined()) {
        Tensor change = x.tangent;
        if (pass.training) {
            const auto dims = batchDimensions(change);
            change = change - change.mean(dims, true) - value * (value * change).mean(dims, true);
        }
        result.tangent = change * scale * beside(weight_.detach(), x.primal);
    }
    const auto [factor, shift] = share(x.primal, pass);
    if (factor.defined()) {
        const Tensor own = factor * value + shift;
        result.tangent = result.tangent.defined() ? result.tangent + own : own;
    }
    return result;
}

LayerNorm::LayerNorm(std::vector<std::int64_t> shape, double epsilon)
    : shape_(std::move(shape)),
      epsilon_(epsilon),
      weight_(at::ones(shape_, at::kDouble)),
      bias_(at::zeros(shape_, at::kDouble)) {}

NamedTensors LayerNorm::general() { return {{"weight", weight_}, {"bias", bias_}}; }

Tensor LayerNorm::forward(const Tensor& x, Pass& pass) {
    const auto parameter = [&](const Tensor& p) { return pass.generalGradient ? p : p.detach(); };
    return at::layer_norm(x, shape_, parameter(weight_), parameter(bias_), epsilon_);
}

Dual LayerNorm::forward(const Dual& x, Pass& pass) {
    const Tensor primal = forward(x.primal, pass);
    if (!x.tangent.defined()) return {primal, {}};
    const Tensor point = x.point();
    std::vector<std::int64_t> dims;
    for (std::int64_t d = 1; d < point.dim(); ++d) dims.push_back(d);
    const Tensor centred = point - point.mean(dims, true);
    const Tensor scale = at::rsqrt(centred.square().mean(dims, true) + epsilon_);
    const Tensor value = centred * scale;
    const Tensor change =
        x.tangent - x.tangent.mean(dims, true) - value * (value * x.tangent).mean(dims, true);
    return {primal, change * scale * weight_.detach()};
}

} // namespace dstn
