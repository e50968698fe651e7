#pragma once

#include "core/engine/layers/layer.h"
#include "core/export.h"

#include <memory>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A layer with the prefix of its tensors' names.
struct NamedLayer {
    std::string name;
    std::shared_ptr<Layer> layer; ///< shared, since an output may use the embedding's weights
};

/// y = max(f(x) + g(x), 0), f and g sequences of layers, g the identity where it has none (He et al. 2016).
/// The tangent is that of both branches and the sum: ẏ = [y > 0] ⊙ (ḟ + ġ), each with its own response.
/// Its tensors are named after the layers: "conv1.weight", "shortcut.bn.bias".
class Residual : public Layer {
  public:
    Residual(std::vector<NamedLayer> branch, std::vector<NamedLayer> shortcut)
        : branch_(std::move(branch)), shortcut_(std::move(shortcut)) {}
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;
    NamedTensors general() override;
    NamedTensors response() override;
    NamedTensors moved(const Tensor& delta) override;
    NamedTensors buffers() override;
    Tensor penalty(Pass& pass) override;

  private:
    /// What `list` returns for each layer, under the layers' names.
    template <typename List>
    NamedTensors collect(const List& list) const;
    std::vector<NamedLayer> branch_, shortcut_;
};

} // namespace dstn
