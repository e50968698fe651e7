#pragma once

#include "core/engine/layers/layer.h"

namespace dstn {

/// y = f(x) entry by entry; the tangent is f'(x) ⊙ ẋ.
class Elementwise : public Layer {
  public:
    Tensor forward(const Tensor& x, Pass&) override { return value(x); }
    Dual forward(const Dual& x, Pass&) override;

  protected:
    virtual Tensor value(const Tensor& x) const = 0;
    virtual Tensor derivative(const Tensor& x) const = 0;
};

/// max(x, 0).
class Relu : public Elementwise {
  protected:
    Tensor value(const Tensor& x) const override;
    Tensor derivative(const Tensor& x) const override;
};

/// x Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016), exact form.
class Gelu : public Elementwise {
  protected:
    Tensor value(const Tensor& x) const override;
    Tensor derivative(const Tensor& x) const override;
};

class Tanh : public Elementwise {
  protected:
    Tensor value(const Tensor& x) const override;
    Tensor derivative(const Tensor& x) const override;
};

/// [batch, …] → [batch, product]; linear.
class Flatten : public Layer {
  public:
    Tensor forward(const Tensor& x, Pass&) override { return x.flatten(1); }
    Dual forward(const Dual& x, Pass&) override;
};

} // namespace dstn
