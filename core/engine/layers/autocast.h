#pragma once

#include "core/engine/kernels/dispatch.h"

namespace dstn {

/// While it exists and is on, its thread's matrix products and convolutions on `device` take and give
/// bfloat16 (torch.autocast). Parameters stay as they are: their casts are part of the graph, so gradients
/// come back in the parameters' type.
class AutocastScope {
  public:
    AutocastScope(bool on, at::Device device);
    ~AutocastScope();
    AutocastScope(const AutocastScope&) = delete;
    AutocastScope& operator=(const AutocastScope&) = delete;

  private:
    bool on_;
    at::Device device_;
    PortableScope portable_;
};

} // namespace dstn
