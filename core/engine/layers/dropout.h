#pragma once

#include "core/engine/layers/layer.h"

namespace dstn {

/// Multiplies by a mask of zeros and 1 / (1 − rate), redrawn in each training pass with each example's own
/// rate (Srivastava et al. 2014); linear in x, so primal and tangent share the mask. Off outside training.
class Dropout : public Layer {
  public:
    /// locked: a sequence [batch, time, features] loses the same features at every step.
    enum class Unit { element, channel, locked };
    Dropout(Setting rate, Unit unit) : rate_(rate), unit_(unit) {}
    Tensor forward(const Tensor& x, Pass& pass) override;
    Dual forward(const Dual& x, Pass& pass) override;

  private:
    Tensor mask(const Tensor& x, Pass& pass) const; ///< undefined: nothing is dropped
    Setting rate_;
    Unit unit_;
};

} // namespace dstn
