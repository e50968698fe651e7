#include "core/engine/tuners/optimizer.h"

#include "core/engine/kernels/dispatch.h"
#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dstn {

namespace {

/// Elements below which a second thread costs more than it brings.
constexpr std::int64_t updateGrain = 16384;

/// One parameter's update on the CPU. The rates are those of this parameter's step.
template <typename T>
struct Update {
    T* weight;
    T* first;
    T* second;
    const T* gradient;
    T lr;         ///< η; adam: η / (1 − β₁ᵗ)
    T correction; ///< adam: √(1 − β₂ᵗ)
};

template <typename T>
void sgdUpdate(const Update<T>& u, std::int64_t begin, std::int64_t end, T momentum, bool nesterov) {
    T* __restrict w = u.weight;
    T* __restrict b = u.first;
    const T* __restrict g = u.gradient;
    const T lr = u.lr;
    if (!b) {
        for (std::int64_t i = begin; i < end; ++i) w[i] -= lr * g[i];
    } else if (nesterov) {
        for (std::int64_t i = begin; i < end; ++i) {
            b[i] = momentum * b[i] + g[i];
            w[i] -= lr * (g[i] + momentum * b[i]);
        }
    } else {
        for (std::int64_t i = begin; i < end; ++i) {
            b[i] = momentum * b[i] + g[i];
            w[i] -= lr * b[i];
        }
    }
}

/// `keep` is 1 − η · decay, 1 for plain Adam.
template <typename T>
void adamUpdate(const Update<T>& u, std::int64_t begin, std::int64_t end, const OptimizerSpec& spec, T keep) {
    T* __restrict w = u.weight;
    T* __restrict m = u.first;
    T* __restrict v = u.second;
    const T* __restrict g = u.gradient;
    const T lr = u.lr, correction = u.correction, epsilon = T(spec.epsilon);
    const T beta1 = T(spec.beta1), rest1 = T(1.0 - spec.beta1);
    const T beta2 = T(spec.beta2), rest2 = T(1.0 - spec.beta2);
    for (std::int64_t i = begin; i < end; ++i) {
        m[i] = beta1 * m[i] + rest1 * g[i];
        v[i] = beta2 * v[i] + rest2 * g[i] * g[i];
        w[i] = keep * w[i] - lr * m[i] / (std::sqrt(v[i]) / correction + epsilon);
    }
}

template <typename T>
void rmspropUpdate(const Update<T>& u, std::int64_t begin, std::int64_t end, const OptimizerSpec& spec) {
    T* __restrict w = u.weight;
    T* __restrict b = u.first;
    T* __restrict v = u.second;
    const T* __restrict g = u.gradient;
    const T lr = u.lr, epsilon = T(spec.epsilon), momentum = T(spec.momentum);
    const T alpha = T(spec.alpha), rest = T(1.0 - spec.alpha);
    if (b) {
        for (std::int64_t i = begin; i < end; ++i) {
            v[i] = alpha * v[i] + rest * g[i] * g[i];
            b[i] = momentum * b[i] + g[i] / (std::sqrt(v[i]) + epsilon);
            w[i] -= lr * b[i];
        }
    } else {
        for (std::int64_t i = begin; i < end; ++i) {
            v[i] = alpha * v[i] + rest * g[i] * g[i];
            w[i] -= lr * g[i] / (std::sqrt(v[i]) + epsilon);
        }
    }
}

template <typename T>
T* pointer(const Tensor& tensor) {
    return tensor.defined() ? tensor.data_ptr<T>() : nullptr;
}

bool usesFirst(const OptimizerSpec& spec) {
    return spec.type == OptimizerKind::adam || spec.type == OptimizerKind::adamw || spec.momentum != 0.0;
}

bool usesSecond(const OptimizerSpec& spec) { return spec.type != OptimizerKind::sgd; }

bool isAdam(const OptimizerSpec& spec) {
    return spec.type == OptimizerKind::adam || spec.type == OptimizerKind::adamw;
}

/// The factor of decoupled weight decay.
double keepFactor(const OptimizerSpec& spec, double lr) {
    return spec.type == OptimizerKind::adamw ? 1.0 - lr * spec.weightDecay : 1.0;
}

bool fusable(const Tensor& parameter) { return ownKernelsServe(parameter) && parameter.is_contiguous(); }

Tensor scalarState(double value) { return at::scalar_tensor(value, at::kDouble); }
Tensor scalarState(std::int64_t value) { return at::scalar_tensor(value, at::kLong); }

const Tensor* findNamed(const NamedTensors& tensors, const std::string& name) {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const auto& entry) { return entry.first == name; });
    return found == tensors.end() || !found->second.defined() ? nullptr : &found->second;
}

std::string dtypeAndShape(const Tensor& tensor) {
    std::string text = std::string(c10::toString(tensor.scalar_type())) + " [";
    for (std::int64_t i = 0; i < tensor.dim(); ++i) text += (i ? ", " : "") + std::to_string(tensor.size(i));
    return text + "]";
}

/// Throws Error{archive} unless `tensors` has `name` like `expected`.
const Tensor& require(const NamedTensors& tensors, const std::string& name, const Tensor& expected) {
    const Tensor* found = findNamed(tensors, name);
    if (!found)
        throw Error(ErrorKind::archive,
                    "The saved optimiser state has no \"" + name + "\": it belongs to another experiment.");
    if (found->scalar_type() != expected.scalar_type() || found->sizes() != expected.sizes())
        throw Error(ErrorKind::archive, "The saved optimiser state's \"" + name + "\" is " +
                                            dtypeAndShape(*found) + ", expected " + dtypeAndShape(expected) +
                                            ": it belongs to another experiment.");
    return *found;
}

} // namespace

Optimizer::Optimizer(const OptimizerSpec& spec, std::vector<Tensor> parameters) : spec_(spec), lr_(spec.lr) {
    const at::NoGradGuard noGrad;
    slots_.reserve(parameters.size());
    for (Tensor& parameter : parameters) {
        TORCH_CHECK(parameter.is_floating_point(), "an optimiser's parameter must be floating-point");
        Slot slot;
        // Moments start at zero, which makes the first step b = g without a case of its own.
        if (usesFirst(spec_)) slot.first = at::zeros_like(parameter);
        if (usesSecond(spec_)) slot.second = at::zeros_like(parameter);
        slot.fused = fusable(parameter);
        slot.parameter = std::move(parameter);
        slots_.push_back(std::move(slot));
    }
    const auto other = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.fused; });
    if (other != slots_.end())
        counts_ = at::zeros({static_cast<std::int64_t>(slots_.size())},
                            other->parameter.options().dtype(at::kDouble).requires_grad(false));
}

/// The gradients, shortened to the norm `longest` if they are longer together. The factor stays on the
/// device.
static std::vector<Tensor> shortened(const std::vector<Tensor>& gradients, double longest) {
    std::vector<Tensor> norms;
    for (const Tensor& gradient : gradients)
        if (gradient.defined()) norms.push_back(gradient.norm());
    if (norms.empty()) return gradients;
    // The small number is torch.nn.utils.clip_grad_norm_'s: it keeps a gradient of zeros from dividing by 0.
    constexpr double small = 1e-6;
    const Tensor factor = (longest / (at::stack(norms).norm() + small)).clamp_max(1.0);
    if (valueAtHand(factor) && factor.item<double>() == 1.0) return gradients;
    std::vector<Tensor> result;
    for (const Tensor& gradient : gradients)
        result.push_back(gradient.defined() ? gradient * factor : gradient);
    return result;
}

void Optimizer::step(const std::vector<Tensor>& all) {
    const at::NoGradGuard guard;
    const std::vector<Tensor> gradients = spec_.clipNorm > 0 ? shortened(all, spec_.clipNorm) : all;
    TORCH_CHECK(gradients.size() == slots_.size(), "an optimiser over ", slots_.size(), " parameters got ",
                gradients.size(), " gradients");
    std::vector<std::size_t> fused, other;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!gradients[i].defined()) continue;
        const Tensor& parameter = slots_[i].parameter;
        TORCH_CHECK(gradients[i].sizes() == parameter.sizes() &&
                        gradients[i].scalar_type() == parameter.scalar_type() &&
                        gradients[i].device() == parameter.device(),
                    "gradient ", i, " does not match its parameter");
        (slots_[i].fused ? fused : other).push_back(i);
    }
    for (const std::size_t i : fused) ++slots_[i].step;
    if (!other.empty() && other.size() == slots_.size())
        counts_.add_(1);
    else
        for (const std::size_t i : other) counts_.select(0, static_cast<std::int64_t>(i)).add_(1);
    if (!fused.empty()) stepFused(fused, gradients);
    if (!other.empty()) stepAten(other, gradients);
}

void Optimizer::stepFused(const std::vector<std::size_t>& chosen, const std::vector<Tensor>& gradients) {
    const auto updateAll = [&]<typename T>(at::ScalarType type, T) {
        std::vector<Update<T>> updates;
        std::vector<std::int64_t> ends;
        std::vector<Tensor> alive; // contiguous copies of gradients
        std::int64_t total = 0;
        for (const std::size_t i : chosen) {
            const Slot& slot = slots_[i];
            if (slot.parameter.scalar_type() != type || slot.parameter.numel() == 0) continue;
            alive.push_back(gradients[i].contiguous());
            const auto t = static_cast<double>(slot.step);
            updates.push_back(
                {.weight = pointer<T>(slot.parameter),
                 .first = pointer<T>(slot.first),
                 .second = pointer<T>(slot.second),
                 .gradient = pointer<T>(alive.back()),
                 .lr = T(isAdam(spec_) ? lr_ / (1.0 - std::pow(spec_.beta1, t)) : lr_),
                 .correction = T(isAdam(spec_) ? std::sqrt(1.0 - std::pow(spec_.beta2, t)) : 1.0)});
            ends.push_back(total += slot.parameter.numel());
        }
        const T keep = T(keepFactor(spec_, lr_));
        // One range over all parameters laid end to end: many small ones share a parallel region.
        at::parallel_for(0, total, updateGrain, [&](std::int64_t begin, std::int64_t end) {
            auto k =
                static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin());
            while (begin < end) {
                const std::int64_t start = k == 0 ? 0 : ends[k - 1];
                const std::int64_t stop = std::min(end, ends[k]);
                switch (spec_.type) {
                case OptimizerKind::sgd:
                    sgdUpdate(updates[k], begin - start, stop - start, T(spec_.momentum), spec_.nesterov);
                    break;
                case OptimizerKind::adam:
                case OptimizerKind::adamw:
                    adamUpdate(updates[k], begin - start, stop - start, spec_, keep);
                    break;
                case OptimizerKind::rmsprop:
                    rmspropUpdate(updates[k], begin - start, stop - start, spec_);
                    break;
                }
                begin = stop;
                ++k;
            }
        });
    };
    updateAll(at::kFloat, float{});
    updateAll(at::kDouble, double{});
    // Raw writes are invisible to autograd's check of outdated graphs; this makes them visible.
    for (const std::size_t i : chosen)
        if (!slots_[i].parameter.is_inference()) slots_[i].parameter.unsafeGetTensorImpl()->bump_version();
}

void Optimizer::stepAten(const std::vector<std::size_t>& chosen, const std::vector<Tensor>& gradients) {
    std::vector<Tensor> w, g, first, second;
    for (const std::size_t i : chosen) {
        const Slot& slot = slots_[i];
        w.push_back(slot.parameter);
        g.push_back(gradients[i]);
        first.push_back(slot.first);
        second.push_back(slot.second);
    }
    /// Each of the list times, or over, its slot's number of a [slots] tensor.
    const auto scale = [&](std::vector<Tensor>& list, const Tensor& numbers, bool over) {
        const std::vector<Tensor> each = numbers.unbind();
        for (std::size_t i = 0; i < chosen.size(); ++i)
            over ? list[i].div_(each[chosen[i]]) : list[i].mul_(each[chosen[i]]);
    };
    const bool momentum = spec_.momentum != 0.0;
    switch (spec_.type) {
    case OptimizerKind::sgd:
        if (!momentum) {
            at::_foreach_add_(w, g, -lr_);
            return;
        }
        at::_foreach_mul_(first, spec_.momentum);
        at::_foreach_add_(first, g, 1.0);
        if (spec_.nesterov) {
            at::_foreach_add_(w, g, -lr_);
            at::_foreach_add_(w, first, -lr_ * spec_.momentum);
        } else {
            at::_foreach_add_(w, first, -lr_);
        }
        return;
    case OptimizerKind::adam:
    case OptimizerKind::adamw: {
        if (const double keep = keepFactor(spec_, lr_); keep != 1.0) at::_foreach_mul_(w, keep);
        at::_foreach_mul_(first, spec_.beta1);
        at::_foreach_add_(first, g, 1.0 - spec_.beta1);
        at::_foreach_mul_(second, spec_.beta2);
        at::_foreach_addcmul_(second, g, g, 1.0 - spec_.beta2);
        std::vector<Tensor> root = at::_foreach_sqrt(second);
        scale(root, (1.0 - at::pow(spec_.beta2, counts_)).sqrt_(), true);
        at::_foreach_add_(root, spec_.epsilon);
        std::vector<Tensor> change = at::_foreach_div(first, root);
        scale(change, lr_ / (1.0 - at::pow(spec_.beta1, counts_)), false);
        at::_foreach_sub_(w, change);
        return;
    }
    case OptimizerKind::rmsprop: {
        at::_foreach_mul_(second, spec_.alpha);
        at::_foreach_addcmul_(second, g, g, 1.0 - spec_.alpha);
        std::vector<Tensor> root = at::_foreach_sqrt(second);
        at::_foreach_add_(root, spec_.epsilon);
        if (momentum) {
            at::_foreach_mul_(first, spec_.momentum);
            at::_foreach_addcdiv_(first, g, root, 1.0);
            at::_foreach_add_(w, first, -lr_);
        } else {
            at::_foreach_addcdiv_(w, g, root, -lr_);
        }
        return;
    }
    }
}

NamedTensors Optimizer::state() const {
    NamedTensors state{{"lr", scalarState(lr_)}};
    const Tensor counts = counts_.defined() ? counts_.to(at::kCPU, at::kLong) : Tensor();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const std::string prefix = std::to_string(i) + ".";
        state.emplace_back(prefix + "step", slots_[i].fused
                                                ? scalarState(slots_[i].step)
                                                : counts.select(0, static_cast<std::int64_t>(i)).clone());
        if (slots_[i].first.defined()) state.emplace_back(prefix + "first_moment", slots_[i].first);
        if (slots_[i].second.defined()) state.emplace_back(prefix + "second_moment", slots_[i].second);
    }
    return state;
}

void Optimizer::load(const NamedTensors& state) {
    const NamedTensors own = this->state();
    if (state.size() != own.size())
        throw Error(ErrorKind::archive, "The saved optimiser state has " + std::to_string(state.size()) +
                                            " tensors, expected " + std::to_string(own.size()) +
                                            ": it belongs to another experiment.");
    for (const auto& [name, tensor] : own) require(state, name, tensor);

    const at::NoGradGuard noGrad;
    lr_ = findNamed(state, "lr")->item<double>();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const std::string prefix = std::to_string(i) + ".";
        const std::int64_t step = findNamed(state, prefix + "step")->item<std::int64_t>();
        slots_[i].step = step;
        if (!slots_[i].fused) counts_.select(0, static_cast<std::int64_t>(i)).fill_(step);
        if (slots_[i].first.defined()) slots_[i].first.copy_(*findNamed(state, prefix + "first_moment"));
        if (slots_[i].second.defined()) slots_[i].second.copy_(*findNamed(state, prefix + "second_moment"));
    }
}

Schedule::Schedule(const ScheduleSpec& spec, double lr, std::int64_t epochs)
    : spec_(spec), lr_(lr), epochs_(epochs), best_(std::numeric_limits<double>::infinity()) {}

double Schedule::lr(std::int64_t finishedEpochs) const {
    switch (spec_.type) {
    case ScheduleKind::constant:
        return lr_;
    case ScheduleKind::step: {
        const std::int64_t drops = finishedEpochs / std::max<std::int64_t>(spec_.every, 1);
        return lr_ * std::pow(spec_.factor, static_cast<double>(drops));
    }
    case ScheduleKind::cosine: {
        if (epochs_ <= 0) return lr_;
        const double done = static_cast<double>(std::clamp<std::int64_t>(finishedEpochs, 0, epochs_)) /
                            static_cast<double>(epochs_);
        return spec_.minimum + (lr_ - spec_.minimum) * (1.0 + std::cos(std::acos(-1.0) * done)) / 2.0;
    }
    case ScheduleKind::plateau:
        return std::max(std::min(spec_.minimum, lr_),
                        lr_ * std::pow(spec_.factor, static_cast<double>(reductions_)));
    }
    return lr_;
}

void Schedule::observe(double validationLoss) {
    if (spec_.type != ScheduleKind::plateau) return;
    constexpr double threshold = 1e-4;
    if (validationLoss < best_ * (1.0 - threshold)) {
        best_ = validationLoss;
        bad_ = 0;
        return;
    }
    if (++bad_ > spec_.patience) {
        ++reductions_;
        bad_ = 0;
    }
}

NamedTensors Schedule::state() const {
    return {{"best", scalarState(best_)},
            {"bad_epochs", scalarState(bad_)},
            {"reductions", scalarState(reductions_)}};
}

void Schedule::load(const NamedTensors& state) {
    for (const auto& [name, tensor] : this->state()) require(state, name, tensor);
    best_ = findNamed(state, "best")->item<double>();
    bad_ = findNamed(state, "bad_epochs")->item<std::int64_t>();
    reductions_ = findNamed(state, "reductions")->item<std::int64_t>();
}

} // namespace dstn
