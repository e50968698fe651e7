#include "core/engine/tuners/space.h"

#include <algorithm>
#include <cmath>

namespace dstn {

Space::Space(const std::vector<Hyperparameter>& all, at::ScalarType dtype, at::Device device,
             const std::set<std::string>& perBatch) {
    std::vector<double> lambda, raw, lower, upper;
    std::vector<bool> isLower, isUpper, isInterval, isLog;
    for (const Hyperparameter& h : all) {
        if (!h.tune) continue;
        const Transform transform(h);
        tuned_.push_back(h);
        lambda.push_back(transform.toUnconstrained(h.initial));
        raw.push_back(inverseSoftplus(h.scale));
        lower.push_back(transform.lower());
        upper.push_back(transform.upper());
        isLower.push_back(transform.shape() == Transform::Shape::lower);
        isUpper.push_back(transform.shape() == Transform::Shape::upper);
        isInterval.push_back(transform.shape() == Transform::Shape::interval);
        isLog.push_back(transform.log());
    }
    const auto real = [&](const std::vector<double>& values) {
        return at::tensor(at::ArrayRef<double>(values), at::kDouble).to(device, dtype);
    };
    const auto flags = [&](const std::vector<bool>& values) {
        if (std::find(values.begin(), values.end(), true) == values.end()) return Tensor();
        Tensor result = at::empty({size()}, at::kBool);
        for (std::int64_t i = 0; i < size(); ++i)
            result.data_ptr<bool>()[i] = values[static_cast<std::size_t>(i)];
        return result.to(device);
    };
    lambda_ = real(lambda).requires_grad_(true);
    rawScale_ = real(raw).requires_grad_(true);
    lower_ = real(lower);
    upper_ = real(upper);
    isLower_ = flags(isLower);
    isUpper_ = flags(isUpper);
    isInterval_ = flags(isInterval);
    isLog_ = flags(isLog);
    std::vector<bool> shared;
    for (const Hyperparameter& h : tuned_) shared.push_back(perBatch.contains(h.name));
    perBatch_ = flags(shared);
}

Tensor Space::sigma() const { return at::softplus(rawScale_); }

Tensor Space::noise(std::int64_t batch, bool perExample, at::Generator& generator) const {
    const at::NoGradGuard guard;
    const Tensor n = at::empty({perExample ? batch : 1, size()}, lambda_.options()).normal_(0, 1, generator);
    if (perExample && perBatch_.defined()) return at::where(perBatch_, n.narrow(0, 0, 1), n);
    return n.expand({batch, size()}).contiguous();
}

Tensor Space::natural(const Tensor& unconstrained) const {
    const at::NoGradGuard guard;
    return differentiableNatural(unconstrained.detach());
}

Tensor Space::differentiableNatural(const Tensor& u) const {
    Tensor v = u;
    // A small network's step notices operations that change nothing.
    if (isInterval_.defined()) v = at::where(isInterval_, lower_ + (upper_ - lower_) * at::sigmoid(u), v);
    if (isLower_.defined()) v = at::where(isLower_, lower_ + at::softplus(u), v);
    if (isUpper_.defined()) v = at::where(isUpper_, upper_ - at::softplus(-u), v);
    if (!isLog_.defined()) return v;
    // Where the exponential is not wanted it is taken of 0: an infinite one would make the derivative NaN.
    return at::where(isLog_, at::exp(at::where(isLog_, v, at::zeros_like(v))), v);
}

Tensor Space::entropy() const {
    // √(2πe): a normal distribution's entropy is log(σ √(2πe)).
    return at::log(sigma() * std::sqrt(2.0 * M_PI * M_E)).sum();
}

static std::vector<double> toVector(const Tensor& tensor) {
    const Tensor values = tensor.detach().to(at::kCPU, at::kDouble).contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

std::vector<double> Space::unconstrained() const { return toVector(lambda_); }

std::vector<double> Space::naturalValues() const {
    std::vector<double> values = unconstrained();
    // In float64 by the scalar transform: what is shown must not depend on the network's precision.
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = Transform(tuned_[i]).toNatural(values[i]);
    return values;
}

std::vector<double> Space::sigmas() const { return toVector(sigma()); }

void Space::set(std::int64_t index, double natural) {
    const at::NoGradGuard guard;
    lambda_.select(0, index).fill_(
        Transform(tuned_[static_cast<std::size_t>(index)]).toUnconstrained(natural));
}

} // namespace dstn
