#pragma once

#include "core/engine/layers/layer.h"
#include "core/spec/parts.h"

namespace dstn {

/// One layer of long short-term memory (Hochreiter & Schmidhuber 1997) over a sequence, x [batch, time, in] →
/// h [batch, time, hidden]:
///
///     a_t = W x_t + V h_{t−1} + b,   (i, f, g, o) = quarters of a_t,
///     c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g),   h_t = σ(o) ⊙ tanh(c_t).
///
/// Both weights and the bias respond, each of the 4·hidden rows along a direction of its own:
/// W(Δ) = W₀ + diag(U Δ) R, V(Δ) = V₀ + diag(U′ Δ) R′, b(Δ) = b₀ + (C Δ) ⊙ r. The bottleneck is [U; U′; C].
/// Everything starts uniformly in ±1/√hidden, the bottleneck at zero.
///
/// The tangent's recurrence ȧ_t = W ẋ_t + s ⊙ (R x_t) + s′ ⊙ (R′ h_{t−1}) + t + V ḣ_{t−1} starts from ḣ = ċ =
/// 0 in every slice: h at its border is a constant. All but its last term are products over whole sequences.
///
/// DropConnect (Wan et al. 2013) on the recurrent weights, as in Merity et al. 2018: while training, one mask
/// for the whole batch multiplies V and R′.
class Lstm : public Layer {
  public:
    /// @param slot the layer's place among the states that are carried
    Lstm(std::int64_t in, std::int64_t hidden, Setting dropConnect, std::size_t slot,
         std::int64_t hyperparameters, at::Generator& generator);
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    NamedTensors general() override;
    NamedTensors response() override;
    NamedTensors moved(const Tensor& delta) override;
    Tensor penalty(Pass& pass) override;

    /// ½ decay (‖W(Δ)‖² + ‖V(Δ)‖²); several add up.
    void addDecay(Setting decay) { decays_.push_back(decay); }

  private:
    bool responds(const Pass& pass) const { return pass.delta.defined() && bottleneck_.defined(); }
    std::int64_t hidden() const { return recurrent_.size(1); }
    /// The mask of the recurrent weights; undefined: nothing is dropped.
    Tensor mask(Pass& pass) const;
    /// h and c before the slice.
    std::pair<Tensor, Tensor> before(const Tensor& x, const Pass& pass) const;
    void keep(const Tensor& output, const Tensor& cells, Pass& pass) const;
    /// s, s′ and t, each [batch, 4·hidden].
    struct Factors {
        Tensor input, recurrent, bias;
    };
    Factors factors(const Pass& pass) const;

    Setting dropConnect_;
    std::size_t slot_;
    std::vector<Setting> decays_;
    Tensor weight_, recurrent_, bias_;                         // W₀, V₀, b₀
    Tensor responseWeight_, responseRecurrent_, responseBias_; // R, R′, r
    Tensor bottleneck_;                                        // [U; U′; C], [12·hidden, H]
};

} // namespace dstn
