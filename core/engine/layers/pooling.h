#pragma once

#include "core/engine/kernels/kernels.h"
#include "core/engine/layers/layer.h"

namespace dstn {

/// The window of a part that pools; a stride of 0 is the window's side.
kernels::PoolShape poolShape(const auto& part) {
    return {part.kernel, part.stride == 0 ? part.kernel : part.stride, part.padding};
}

/// The largest value of each window; the tangent is taken at the maximum's place.
class MaxPool2d : public Layer {
  public:
    explicit MaxPool2d(kernels::PoolShape shape) : shape_(shape) {}
    Tensor forward(const Tensor& x, Pass&) override;
    Dual forward(const Dual& x, Pass&) override;
    const kernels::PoolShape& shape() const { return shape_; }

  private:
    kernels::PoolShape shape_;
};

/// The mean of each window, padding counted as zeros; linear.
class AvgPool2d : public Layer {
  public:
    explicit AvgPool2d(kernels::PoolShape shape) : shape_(shape) {}
    Tensor forward(const Tensor& x, Pass&) override;
    Dual forward(const Dual& x, Pass&) override;

  private:
    kernels::PoolShape shape_;
};

/// The mean of each channel, [batch, channels, height, width] → [batch, channels]; linear.
class GlobalAvgPool2d : public Layer {
  public:
    Tensor forward(const Tensor& x, Pass&) override { return x.mean({2, 3}); }
    Dual forward(const Dual& x, Pass& pass) override;
};

} // namespace dstn
