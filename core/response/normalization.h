#pragma once

#include "core/response/layer.h"

namespace dstn {

/// y = γ x̂ + β with x̂ = (x − μ) / √(v + ε) per feature or channel (Ioffe & Szegedy 2015); μ and v (biased) of
/// the batch while training, the running ones otherwise.
///
/// Scale and shift respond entry by entry: γ(Δ) = γ₀ + (U Δ) ⊙ R, β(Δ) = β₀ + (C Δ) ⊙ r. While training
/// the tangent is that of the whole map, statistics included:
///     ẏ = γ₀ (ẋ − mean ẋ − x̂ mean(x̂ ẋ)) / √(v + ε) + γ̇ x̂ + β̇.
/// The running statistics follow passes with `trackStatistics` alone.
class BatchNorm : public Layer {
  public:
    BatchNorm(std::int64_t features, double momentum, double epsilon, std::int64_t hyperparameters,
              at::Generator& generator);
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    NamedTensors general() override;
    NamedTensors response() override;
    NamedTensors buffers() override;

  private:
    struct Normalized {
        Tensor value, scale; ///< x̂; 1 / √(v + ε), [1, features, 1, …]
    };
    Normalized normalize(const Tensor& x, const Pass& pass) const;
    /// (γ̇, β̇), each [batch, features, 1, …]; undefined where nothing responds.
    std::pair<Tensor, Tensor> share(const Tensor& x, const Pass& pass) const;

    double momentum_, epsilon_;
    std::int64_t hyperparameters_;
    Tensor weight_, bias_, responseWeight_, responseBias_, bottleneck_;
    Tensor runningMean_, runningVariance_;
};

/// y = γ x̂ + β, normalised over everything but the batch (Ba et al. 2016); γ and β have an example's shape
/// and do not respond.
class LayerNorm : public Layer {
  public:
    LayerNorm(std::vector<std::int64_t> shape, double epsilon);
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    NamedTensors general() override;

  private:
    std::vector<std::int64_t> shape_;
    double epsilon_;
    Tensor weight_, bias_;
};

} // namespace dstn
