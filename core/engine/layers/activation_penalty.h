#pragma once

#include "core/engine/layers/layer.h"

namespace dstn {

/// Leaves activations as they are and adds to the training loss, with each example's own strength α
/// (Merity et al. 2018):
///
///     magnitude: α · mean x²,      change in time: α · mean (x_{t+1} − x_t)².
///
/// x [batch, …], for the change [batch, time, features]. Off outside training.
class ActivationPenalty : public Layer {
  public:
    enum class Kind { magnitude, changeInTime };
    ActivationPenalty(Setting strength, Kind kind) : strength_(strength), kind_(kind) {}
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;

  private:
    bool off(const Tensor& x, const Pass& pass) const;
    Tensor of(const Tensor& x, const Pass& pass) const; ///< scalar
    Setting strength_;
    Kind kind_;
};

} // namespace dstn
