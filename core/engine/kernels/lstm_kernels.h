#pragma once

#include "core/engine/kernels/kernels.h"
#include "core/export.h"

namespace dstn {
namespace DSTN_EXPORT kernels {

/// What an LSTM's forward pass keeps for its tangent and its backward pass; constants.
struct LstmPoint {
    Tensor gates;          ///< [batch, time, 4·hidden]: σ(i), σ(f), tanh(g), σ(o), side by side
    Tensor cells;          ///< [batch, time, hidden]: c
    Tensor cellTangents;   ///< [batch, time, hidden]: tanh(c)
    Tensor initialCell;    ///< [batch, hidden]: c before the first step
    Tensor previousHidden; ///< [batch, time, hidden]: h before each step
};

struct LstmPass {
    Tensor output; ///< [batch, time, hidden]: h
    LstmPoint point;
};

/// The recurrence of an LSTM (Hochreiter & Schmidhuber 1997; gates in the order i, f, g, o):
///
///     a_t = x_t + W h_{t−1} + s ⊙ (R h_{t−1}),
///     c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g),   h_t = σ(o) ⊙ tanh(c_t)
///
/// with (i, f, g, o) the quarters of a_t; differentiable in x, W, R and s. Examples are independent of each
/// other, so on the CPU each thread takes its share of the batch through all steps: one parallel region
/// per layer instead of several per step.
/// @param x       [batch, time, 4·hidden]: what each step's input gives to the gates, biases included
/// @param weight  W [4·hidden, hidden]
/// @param response R, like W; undefined: without, and so is s
/// @param s       [batch, 4·hidden]
/// @param h, c    [batch, hidden]: the states before the first step; constants
LstmPass lstm(const Tensor& x, const Tensor& weight, const Tensor& response, const Tensor& s, const Tensor& h,
              const Tensor& c, Path path = Path::automatic);

/// ḣ [batch, time, hidden] for the tangents `x` [batch, time, 4·hidden] of everything that reaches the gates
/// except W ḣ:
///
///     ȧ_t = ẋ_t + W ḣ_{t−1},   ċ_t = f ⊙ ċ_{t−1} + c_{t−1} ⊙ ḟ + g ⊙ i̇ + i ⊙ ġ,
///     ḣ_t = tanh(c) ⊙ ȯ + o (1 − tanh²(c)) ⊙ ċ_t
///
/// from ḣ = ċ = 0 before the first step; differentiable in `x` alone.
Tensor lstmTangent(const LstmPoint& point, const Tensor& x, const Tensor& weight,
                   Path path = Path::automatic);

} // namespace kernels
} // namespace dstn
