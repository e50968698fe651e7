#pragma once

#include "core/engine/layers/affine.h"
#include "core/engine/layers/layer.h"
#include "core/engine/layers/residual.h"
#include "core/export.h"
#include "core/spec/model.h"

#include <functional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A network built from its description: layers applied in order, with their parameters.
///
/// A convolution, linear part or batch norm followed by a ReLU (and a max-pooling) is computed as one layer.
/// Parameters are made in float64 on the CPU from the seed, then converted, so that they are the same
/// everywhere up to rounding.
class Network {
  public:
    struct Options {
        Shape input;                                    ///< one example's shape
        std::int64_t vocabulary = 0;                    ///< of texts; 0: the input is not text
        std::int64_t hyperparameters = 0;               ///< H, the number of tuned ones
        std::function<Setting(const Tunable&)> resolve; ///< names to settings
        std::vector<Tunable> weightDecay = {};          ///< global, on top of the parts' own
        at::ScalarType dtype = at::kFloat;
        at::Device device = at::kCPU;
        std::uint64_t seed = 0;
        bool autocast = false; ///< products and convolutions in bfloat16; the network's outputs are in dtype
        bool fuse = true;      ///< false: every part a layer of its own
    };
    /// Throws Error{usage} if the model does not fit the input, as inspectModel() reports.
    Network(const Model& model, const Options& options);

    Tensor forward(Tensor x, Pass& pass);
    Dual forward(Dual x, Pass& pass);
    /// f(x; w₀) + J_w f(x; w₀) · ΘΔ, differentiable in Θ alone.
    Tensor linearized(const Tensor& x, Pass& pass);
    /// w(Δ) at one Δ [H] in the place of w₀, differentiable in w₀ and Θ.
    Weights moved(const Tensor& delta) const;
    /// ½ decay ‖W(Δ)‖², averaged over examples and summed over layers; undefined without weight decay.
    Tensor penalty(Pass& pass);

    /// w₀, Θ and the buffers in the order of the parts, named "3.weight": the part's place and the tensor.
    const NamedTensors& general() const { return general_; }
    const NamedTensors& response() const { return response_; }
    const NamedTensors& buffers() const { return buffers_; }
    /// Whether products are computed in bfloat16.
    bool autocast() const { return autocast_; }
    /// The recurrent layers' states at the start of a stream, zeros; empty where there are none.
    Carry start(std::int64_t batch) const;

  private:
    /// Converted to the network's own floating-point type.
    Tensor inFull(const Tensor& x) const;

    std::vector<NamedLayer> layers_;
    NamedTensors general_, response_, buffers_;
    std::vector<std::int64_t> recurrent_; ///< hidden units of each recurrent layer
    at::TensorOptions options_;
    bool autocast_;
};

/// The tensors alone, in order.
std::vector<Tensor> tensors(const NamedTensors& named);

} // namespace dstn
