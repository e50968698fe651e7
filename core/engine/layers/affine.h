#pragma once

#include "core/engine/kernels/kernels.h"
#include "core/engine/kernels/pooled_convolution.h"
#include "core/engine/kernels/tail.h"
#include "core/engine/layers/initialization.h"
#include "core/engine/layers/layer.h"
#include "core/export.h"
#include "core/spec/parts.h"

namespace DSTN_EXPORT dstn {

/// A layer y = W x + b, W linear in x (matrix product or convolution), whose weights respond to the
/// hyperparameters (Bae & Grosse 2020, section 3.2).
///
/// Structured: W(Δ) = W₀ + diag(U Δ) R, b(Δ) = b₀ + (C Δ) ⊙ r. With s = Δ Uᵀ and t = (Δ Cᵀ) ⊙ r, both
/// [batch, out], an example's output is
///     y(Δ) = W₀ x + b₀ + s ⊙ (R x) + t,      and its tangent      ẏ = W₀ ẋ + s ⊙ (R x) + t.
/// Dense: vec W(Δ) = vec W₀ + Θ Δ. Θ is kept as [H, …W's shape], so that with zₕ = Θₕ x
///     y(Δ) = W₀ x + b₀ + Σₕ Δₕ zₕ + Δ Θ_b,   and   ẏ = W₀ ẋ + Σₕ Δₕ zₕ + Δ Θ_b.
///
/// W₀ and b₀ start as the initialisation says, R and r likewise; U, C and a dense Θ start at zero, so that
/// before training nothing responds.
class Affine : public Layer {
  public:
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    /// Without a tail it is W₀ (x + ẋ) + b₀ + s ⊙ (R x) + t: one product of W₀ instead of two.
    Tensor linearized(const Dual& x, Pass& pass) override;
    NamedTensors general() override;
    NamedTensors response() override;
    NamedTensors moved(const Tensor& delta) override;
    Tensor penalty(Pass& pass) override;

    void setTail(Tail tail) { tail_ = tail; }
    const Tail& tail() const { return tail_; }
    /// ½ decay ‖W‖² per entry of `decays`: one for the layer, or one an input feature. Their sum counts.
    void addDecay(std::vector<Setting> decays) { decays_.push_back(std::move(decays)); }

  protected:
    struct Options {
        std::vector<std::int64_t> weightShape; ///< out first
        Fans fans;
        Initialization init = Initialization::standard;
        bool bias = true;
        ResponseKind kind = ResponseKind::structured;
        std::int64_t hyperparameters = 0; ///< H; 0: the layer has no response
    };
    Affine(Options options, at::Generator& generator);

    /// W x + b.
    virtual Tensor apply(const Tensor& x, const Tensor& weight, const Tensor& bias) const = 0;
    /// The form of a convolution; nothing for any other map.
    virtual std::optional<kernels::ConvShape> convolution() const { return {}; }

  private:
    /// The response's share z, s, t of an output, as in the class comment; z undefined: nothing responds.
    struct Share {
        Tensor z, s, t;
    };
    Share share(const Tensor& x, const Pass& pass) const;
    bool responds(const Pass& pass) const { return pass.delta.defined() && options_.hyperparameters > 0; }
    /// s and t of a structured response.
    std::pair<Tensor, Tensor> factors(const Pass& pass) const;
    bool atMaxima(const Tensor& x) const;
    Tensor finish(const Tensor& y) const;
    Tensor squaredNorms(const Pass& pass, bool perColumn) const;
    /// Whether to record the product: its weight's gradient is larger than its two factors.
    bool notes(const Tensor& x, const Pass& pass) const;
    /// W x + b, noted.
    Tensor noted(const Tensor& x, const Tensor& bias, Pass& pass) const;

    Options options_;
    Tail tail_;
    std::vector<std::vector<Setting>> decays_;
    Tensor weight_, bias_;                 // W₀, b₀
    Tensor responseWeight_, responseBias_; // R, r; or the dense Θ and Θ_b
    Tensor bottleneck_;                    // [U; C], [2·out, H], or U alone without bias
};

/// y = x Wᵀ + b; x [batch, in] or a sequence [batch, time, in], W [out, in].
class Linear : public Affine {
  public:
    Linear(const LinearPart& part, std::int64_t in, std::int64_t hyperparameters, at::Generator& generator);

  protected:
    Tensor apply(const Tensor& x, const Tensor& weight, const Tensor& bias) const override;
};

/// Cross-correlation of x [batch, in, height, width] with W [out, in / groups, kernel, kernel].
class Conv2d : public Affine {
  public:
    Conv2d(const Conv2dPart& part, std::int64_t in, std::int64_t hyperparameters, at::Generator& generator);

  protected:
    Tensor apply(const Tensor& x, const Tensor& weight, const Tensor& bias) const override;
    std::optional<kernels::ConvShape> convolution() const override;

  private:
    Conv2dPart part_;
};

} // namespace dstn
