#pragma once

#include "core/engine/torch.h"
#include "core/export.h"
#include "core/spec/parts.h"

namespace DSTN_EXPORT dstn {

/// How many inputs an output has, and how many outputs an input has.
struct Fans {
    std::int64_t in = 1;  ///< inputs of an output: in / groups · kernel² for a convolution
    std::int64_t out = 1; ///< outputs an input reaches: out / groups · kernel²
};

/// A float64 tensor on the CPU, drawn uniformly from ±bound.
Tensor drawUniform(at::IntArrayRef shape, double bound, at::Generator& generator);

/// Draws a weight tensor [out, …], float64 on the CPU.
///
/// | init           | entries                                               | source               |
/// | -------------- | ----------------------------------------------------- | -------------------- |
/// | standard       | uniform in ±1/√in                                     | PyTorch's default    |
/// | he_normal      | normal, variance 2/in                                 | He et al. 2015       |
/// | he_uniform     | uniform in ±√(6/in)                                   | He et al. 2015       |
/// | xavier_normal  | normal, variance 2/(in + out)                         | Glorot & Bengio 2010 |
/// | xavier_uniform | uniform in ±√(6/(in + out))                           | Glorot & Bengio 2010 |
/// | lecun_normal   | normal, variance 1/in                                 | LeCun et al. 1998    |
/// | orthogonal     | [out, rest], orthonormal rows (or columns, the fewer) | Saxe et al. 2014     |
///
/// He et al. scale by `in` (the forward pass keeps its variance) or by `out` (the backward pass does); here
/// it is `in` for linear layers and convolutions alike. Before a batch norm the scale makes no difference to
/// the outputs.
Tensor drawWeight(Initialization init, at::IntArrayRef shape, const Fans& fans, at::Generator& generator);

/// Draws a bias [out]: uniform in ±1/√in by `standard`, zero otherwise.
Tensor drawBias(Initialization init, std::int64_t out, const Fans& fans, at::Generator& generator);

/// Draws the response r of a bias [out]: uniform in ±1/√in whatever the initialisation. Next to a bottleneck
/// of zeros it must not be zero too, or neither would ever have a gradient.
Tensor drawResponseBias(std::int64_t out, const Fans& fans, at::Generator& generator);

} // namespace dstn
