#pragma once

#include "core/engine/kernels/normalization_kernels.h"
#include "core/engine/kernels/tail.h"
#include "core/engine/layers/layer.h"

#include <optional>

namespace dstn {

/// The scale γ and the shift β of a normalisation, one entry for each normalised feature, which respond entry
/// by entry: γ(Δ) = γ₀ + (U Δ) ⊙ R, β(Δ) = β₀ + (C Δ) ⊙ r, [U; C] [2·features, H].
///
/// γ₀ starts at one and β₀ at zero, U and C at zero. R and r start uniformly in ±1: like β₀, at zero, a
/// response next to a bottleneck of zeros would never have a gradient.
class ScaleAndShift {
  public:
    ScaleAndShift(std::int64_t features, std::int64_t hyperparameters, at::Generator& generator);
    NamedTensors general();
    NamedTensors response();
    /// γ(Δ) and β(Δ) at one Δ [H], as general() lists them.
    NamedTensors moved(const Tensor& delta);

    std::int64_t features() const { return weight_.size(0); }
    /// γ₀ and β₀, [features] each.
    std::pair<Tensor, Tensor> point(const Pass& pass) const;
    /// γ(Δ) − γ₀ and β(Δ) − β₀, [batch, features] each; undefined where nothing responds.
    std::pair<Tensor, Tensor> change(const Pass& pass) const;

    /// A penalty of ½ decay ‖γ(Δ)‖².
    void setDecay(Setting decay) { decay_ = decay; }
    /// Its mean over the batch; undefined without one.
    Tensor penalty(const Pass& pass) const;

  private:
    std::int64_t hyperparameters_;
    std::optional<Setting> decay_;
    Tensor weight_, bias_, responseWeight_, responseBias_, bottleneck_; // γ₀, β₀, R, r, [U; C]
};

/// y = γ x̂ + β with x̂ = (x − μ) / √(v + ε) per feature or channel (Ioffe & Szegedy 2015); μ and v (biased) of
/// the batch while training, the running ones otherwise. x is [batch, features, …].
///
/// Scale and shift respond as ScaleAndShift says. While training the tangent is that of the whole map,
/// statistics included:
///     ẏ = γ₀ (ẋ − mean ẋ − x̂ mean(x̂ ẋ)) / √(v + ε) + γ̇ x̂ + β̇.
/// The running statistics follow passes with `trackStatistics` alone.
class BatchNorm : public Layer {
  public:
    BatchNorm(std::int64_t features, double momentum, double epsilon, std::int64_t hyperparameters,
              at::Generator& generator);
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    NamedTensors general() override { return affine_.general(); }
    NamedTensors response() override { return affine_.response(); }
    NamedTensors moved(const Tensor& delta) override { return affine_.moved(delta); }
    NamedTensors buffers() override;
    Tensor penalty(Pass& pass) override { return affine_.penalty(pass); }

    void setTail(Tail tail) { tail_ = tail; }
    void setDecay(Setting decay) { affine_.setDecay(decay); }

  private:
    kernels::Statistics statistics(const Tensor& x, const Pass& pass) const;
    /// Before a pool the ReLU is the pool's.
    bool relu() const { return tail_.relu && !tail_.pool; }

    double momentum_, epsilon_;
    ScaleAndShift affine_;
    Tail tail_;
    Tensor runningMean_, runningVariance_;
};

/// y = γ x̂ + β, each example normalised by its own mean and variance (Ba et al. 2016): over the last
/// dimension of a sequence [batch, steps, features], over everything but the batch otherwise. γ and β have an
/// entry for each number that is normalised together, and respond as ScaleAndShift says;
///     ẏ = γ₀ (ẋ − mean ẋ − x̂ mean(x̂ ẋ)) / √(v + ε) + γ̇ x̂ + β̇.
class LayerNorm : public Layer {
  public:
    /// @param shape an example's
    LayerNorm(const std::vector<std::int64_t>& shape, double epsilon, std::int64_t hyperparameters,
              at::Generator& generator);
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    NamedTensors general() override { return affine_.general(); }
    NamedTensors response() override { return affine_.response(); }
    NamedTensors moved(const Tensor& delta) override { return affine_.moved(delta); }
    Tensor penalty(Pass& pass) override { return affine_.penalty(pass); }

    void setDecay(Setting decay) { affine_.setDecay(decay); }

  private:
    /// γ or β, [features] or [batch, features], as factor of x.
    Tensor beside(const Tensor& values) const;

    std::vector<std::int64_t> shape_; ///< of what is normalised together
    bool sequence_;
    double epsilon_;
    ScaleAndShift affine_;
};

} // namespace dstn
