#pragma once

#include "core/engine/layers/layer.h"
#include "core/spec/parts.h"

#include <memory>

namespace dstn {

/// A vector for every token: y = E[token], E [vocabulary, width]; tokens [batch, time] of int64, y
/// [batch, time, width].
///
/// E responds as a layer's weights do, row by row: E(Δ) = E₀ + diag(U Δ) R, so that with sᵥ = ⟨Uᵥ, Δ⟩ for
/// each example and each of its tokens v
///     y(Δ) = E₀[v] + sᵥ R[v],      and its tangent      ẏ = sᵥ R[v].
/// E₀ and R start uniformly in ±0.1 (Merity et al. 2018), U at zero.
///
/// While training, whole words are dropped (Gal & Ghahramani 2016): with its own rate an example loses a word
/// at all its places, and the others grow by 1 / (1 − rate).
class Embedding : public Layer {
  public:
    Embedding(const EmbeddingPart& part, std::int64_t vocabulary, Setting dropout,
              std::int64_t hyperparameters, at::Generator& generator);
    Tensor forward(const Tensor& tokens, Pass& pass) override;
    Dual forward(const Dual& tokens, Pass& pass) override;
    NamedTensors general() override;
    NamedTensors response() override;
    NamedTensors moved(const Tensor& delta) override;
    Tensor penalty(Pass& pass) override;

    /// ½ decay ‖E(Δ)‖²; several add up.
    void addDecay(Setting decay) { decays_.push_back(decay); }
    std::int64_t vocabulary() const { return weight_.size(0); }

    /// E₀ xᵀ and the response's factors, for an output that shares E.
    const Tensor& weight() const { return weight_; }
    const Tensor& responseWeight() const { return responseWeight_; }
    const Tensor& bottleneck() const { return bottleneck_; }

  private:
    bool responds(const Pass& pass) const { return pass.delta.defined() && bottleneck_.defined(); }
    /// Each place's factor, [batch, time, 1]; undefined: nothing is dropped.
    Tensor mask(const Tensor& tokens, Pass& pass) const;
    /// sᵥ R[v].
    Tensor change(const Tensor& tokens, const Pass& pass) const;

    Setting dropout_;
    std::vector<Setting> decays_;
    Tensor weight_, responseWeight_, bottleneck_; // E₀, R, U
};

/// y = x Eᵀ + b with the embedding's E (Press & Wolf 2017), x [batch, time, width], y [batch, time,
/// vocabulary]. E's response is the embedding's too; b responds by factors of its own, b(Δ) = b₀ + (C Δ) ⊙ r.
class TiedLinear : public Layer {
  public:
    TiedLinear(std::shared_ptr<Embedding> embedding, std::int64_t hyperparameters, at::Generator& generator);
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    Tensor linearized(const Dual& x, Pass& pass) override;
    NamedTensors general() override;
    NamedTensors response() override;
    NamedTensors moved(const Tensor& delta) override;

  private:
    bool responds(const Pass& pass) const { return pass.delta.defined() && bottleneck_.defined(); }
    /// a + s ⊙ (R x) + t.
    Tensor respond(const Tensor& a, const Tensor& x, const Pass& pass) const;

    std::shared_ptr<Embedding> embedding_;
    Tensor bias_, responseBias_, bottleneck_; // b₀, r, C
};

} // namespace dstn
