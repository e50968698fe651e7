#pragma once

#include "core/engine/kernels/dispatch.h"
#include "core/engine/kernels/kernels.h"
#include "core/export.h"

namespace dstn {
namespace DSTN_EXPORT kernels {

/// Whether a fused operation uses its own loops, which are differentiable once.
inline bool useFused(const Tensor& tensor, Path path) {
    return path == Path::automatic && ownKernelsServe(tensor) &&
           !(higherDerivatives() && at::GradMode::is_enabled());
}

// LibTorch's functions of several results take no undefined tensors: an empty one stands for what is absent.
inline Tensor orEmpty(const Tensor& tensor, const Tensor& like) {
    return tensor.defined() ? tensor.contiguous() : at::empty({0}, like.options());
}
inline bool present(const Tensor& tensor) { return tensor.numel() > 0; }

} // namespace kernels
} // namespace dstn
