#pragma once

#include "core/engine/torch.h"
#include "core/export.h"
#include "core/spec/hyperparameter.h"
#include "core/spec/model.h"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A value f(x; w₀) with its directional derivative J_w f · ΘΔ, both of one shape.
/// An undefined tangent is zero everywhere.
struct Dual {
    Tensor primal;
    Tensor tangent;
    /// The primal as a constant: derivatives of tangents are taken at a fixed point.
    Tensor point() const { return primal.detach(); }
};

/// A number in the model that is either fixed or the coordinate `index` of the tuned hyperparameters.
struct Setting {
    double value = 0.0;
    std::int64_t index = -1;
    bool tuned() const { return index >= 0; }
};

/// The states that recurrent layers carry from one slice of a stream to the next: h and c [batch, hidden] of
/// each layer, in the order of the network's parts. Constants: gradients end at a slice's border (truncated
/// back-propagation through time).
struct Carry {
    std::vector<Tensor> states;
};

/// General weights that replace the layers' own, keyed by these: w(λ) instead of W₀ where a
/// response is not centred. They may have a graph.
using Weights = std::unordered_map<const c10::TensorImpl*, Tensor>;

/// A recorded matrix product y = x Wᵀ + b, W as a constant: for differentiating with respect to W in
/// factors, ∂L/∂W = (∂L/∂y)ᵀ x.
struct NotedProduct {
    Tensor input;  ///< x [batch, in], used by this product alone
    Tensor output; ///< y [batch, out], with a graph
    Tensor weight; ///< W, the layer's own
    Tensor bias;   ///< b [out]; undefined: none
    Tensor
        decay; ///< of the penalty ½ decay ‖W‖², scalar, with the graph of the pass's values; undefined: none
};

/// The point and the randomness of a forward pass.
struct Pass {
    Tensor delta = {};             ///< Δ [batch, H]; undefined: Δ = 0, so w(Δ) = w₀
    Tensor values = {};            ///< natural hyperparameters [batch or 1, H]; needed by whatever is tuned
    at::Generator generator = {};  ///< of masks; needed while training
    bool training = false;         ///< dropout and batch statistics are on
    bool trackStatistics = false;  ///< batch normalisation updates its running statistics
    bool generalGradient = false;  ///< record derivatives with respect to w₀
    bool responseGradient = false; ///< record derivatives with respect to Θ
    const Weights* weights = nullptr; ///< used as w₀; null: the layers' own
    const Carry* before = nullptr;    ///< states at the slice's start; null: zeros
    Carry* after = nullptr;           ///< receives the states at its end; null: discarded
    /// Where linear layers record their products, if their weights are larger than the factors; null: they
    /// do not.
    std::vector<NotedProduct>* noted = nullptr;

    /// Activation regularisation, summed over the layers passed and averaged over the batch, at the primal
    /// and (in passes of pairs) at primal + tangent; undefined: none.
    Tensor activationPenalty = {}, linearizedActivationPenalty = {};

    /// A general weight at this pass, a constant unless derivatives with respect to w₀ are recorded.
    Tensor general(const Tensor& parameter) const {
        return generalGradient ? taken(parameter) : taken(parameter).detach();
    }
    /// The same as a constant: derivatives of tangents are taken at a fixed point.
    Tensor point(const Tensor& parameter) const { return taken(parameter).detach(); }
    /// A response parameter, a constant unless derivatives with respect to Θ are recorded.
    Tensor responding(const Tensor& parameter) const {
        return responseGradient ? parameter : parameter.detach();
    }

    /// The setting's natural value for each example: [batch] or [1].
    Tensor value(const Setting& setting, const Tensor& like) const {
        return setting.tuned() ? values.select(1, setting.index)
                               : at::full({1}, setting.value, like.options());
    }

  private:
    const Tensor& taken(const Tensor& parameter) const {
        if (weights == nullptr) return parameter;
        const auto found = weights->find(parameter.unsafeGetTensorImpl());
        return found == weights->end() ? parameter : found->second;
    }
};

/// One operation of a network with its value and tangent rules.
class Layer {
  public:
    virtual ~Layer() = default;
    /// f(x; w(Δ)), exact in Δ; at w₀ where the pass has no Δ. x is [batch, …].
    virtual Tensor forward(const Tensor& x, Pass& pass) = 0;
    /// (f(x; w₀), J_x f ẋ + J_w f ΘΔ) for the pass's Δ.
    virtual Dual forward(const Dual& x, Pass& pass) = 0;
    /// Both parts of the pair's sum, f(x; w₀) + J_x f ẋ + J_w f ΘΔ, differentiable in ẋ and Θ only: all that
    /// is needed of a network's last layer if the prediction is linearised.
    virtual Tensor linearized(const Dual& x, Pass& pass) {
        const Dual y = forward(x, pass);
        return y.tangent.defined() ? y.point() + y.tangent : y.point();
    }

    virtual NamedTensors general() { return {}; }
    virtual NamedTensors response() { return {}; }
    /// The general weights at one Δ [H], w(Δ), in the order of general(); differentiable in w₀ and Θ.
    virtual NamedTensors moved(const Tensor&) { return general(); }
    /// State that is not a parameter: running statistics.
    virtual NamedTensors buffers() { return {}; }
    /// Σ over the batch of ½ decay ‖W(Δ)‖², averaged; undefined where the layer has no decay.
    virtual Tensor penalty(Pass&) { return {}; }
};

/// The context in which a layer is created.
struct LayerPlace {
    const Shape& input;                                    ///< of one example
    std::int64_t hyperparameters = 0;                      ///< H, the number of tuned ones
    at::Generator generator;                               ///< of the initial weights
    const std::function<Setting(const Tunable&)>& resolve; ///< a part's number as a setting
};

/// Makes the layer of one type of part. Each type defines its own, next to the layer, except those that a
/// network ties to their neighbours (network.cpp); a missing one is a linker error.
template <class OfPart>
std::shared_ptr<Layer> layerOf(const OfPart& part, const LayerPlace& place);

} // namespace dstn
