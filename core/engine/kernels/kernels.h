#pragma once

#include "core/engine/torch.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// Fused operations of the training step. On the CPU each is one pass over memory, forward and backward; on
/// other devices, and with `composite`, the same is made of ATen operations, against which the tests compare
/// it.
namespace kernels {

enum class Path { automatic, composite };

/// [gate > 0] · (a + s ⊙ z + t), differentiable in a, z, s and t.
/// @param gate [batch, out, …]; undefined: no gate
/// @param a    [batch, out, …]; undefined: zero
/// @param z    [batch, out, …]
/// @param s    [batch, out]; undefined: one
/// @param t    [batch, out]; undefined: zero
/// Of sequences, flattened to [batch · time, out], s and t have one row for every example: each serves as
/// many consecutive rows as there are steps.
Tensor respond(const Tensor& gate, const Tensor& a, const Tensor& z, const Tensor& s, const Tensor& t,
               Path path = Path::automatic);

/// max(a + b, 0), differentiable in both; a and b of one shape.
Tensor addRelu(const Tensor& a, const Tensor& b, Path path = Path::automatic);

struct PoolShape {
    std::int64_t kernel = 2, stride = 2, padding = 0;
    std::int64_t outputSize(std::int64_t input) const { return (input + 2 * padding - kernel) / stride + 1; }
};

struct Pooled {
    Tensor output; ///< [batch, channels, outputHeight, outputWidth]
    Tensor index;  ///< same shape; the maximum's place in its plane
};

/// max-pool(relu(x)), which equals relu(max-pool(x)), and the place of each maximum. NaN propagates.
Pooled reluMaxPool(const Tensor& x, const PoolShape& shape, Path path = Path::automatic);

/// The tangent of reluMaxPool at (a + s ⊙ z + t), formed at the maxima alone; shapes as in respond(),
/// with a and z [batch, channels, height, width].
Tensor reluMaxPoolTangent(const Pooled& pooled, const Tensor& a, const Tensor& z, const Tensor& s,
                          const Tensor& t, Path path = Path::automatic);

/// A mask of zeros and 1 / (1 − rate): each entry is zero with its example's probability.
/// @param shape its first entry is the batch
/// @param rate  [batch] or [1], in [0, 1)
/// The generator gives one seed; the entries follow from it by a counter-based hash, so that they depend
/// neither on the number of threads nor on what else is drawn.
Tensor dropoutMask(at::IntArrayRef shape, const Tensor& rate, at::Generator& generator,
                   Path path = Path::automatic);

} // namespace kernels
} // namespace dstn
