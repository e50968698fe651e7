#pragma once

#include "core/engine/torch.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// Whether the CPU loops apply to this tensor: float32 or float64 on the CPU, outside any
/// PortableScope. Everything else is composed of LibTorch's operations, which every device has.
bool ownKernelsServe(const Tensor& tensor);

/// Whether a tensor's value can be read without waiting for a device: on the CPU, outside any PortableScope.
bool valueAtHand(const Tensor& tensor);

/// While it exists, its thread computes with LibTorch's operations only, on the CPU too, as it
/// is on other devices: under autocast, whose tensors of several types our loops do not read, and in tests.
class PortableScope {
  public:
    explicit PortableScope(bool on = true);
    ~PortableScope();
    PortableScope(const PortableScope&) = delete;
    PortableScope& operator=(const PortableScope&) = delete;

  private:
    bool before_;
};

/// Whether the result must be differentiable any number of times: the CPU loops provide
/// the first derivative only.
bool higherDerivatives();

/// While it exists, its thread records graphs of LibTorch's operations only, whose
/// derivatives can be differentiated again. What draws or changes data keeps its own loops, so that masks and
/// augmented inputs are those of a training step.
class HigherDerivativesScope {
  public:
    HigherDerivativesScope();
    ~HigherDerivativesScope();
    HigherDerivativesScope(const HigherDerivativesScope&) = delete;
    HigherDerivativesScope& operator=(const HigherDerivativesScope&) = delete;

  private:
    bool before_;
};

} // namespace dstn
