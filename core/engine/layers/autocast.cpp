#include "core/engine/layers/autocast.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace dstn {

static void setAutocast(at::Device device, bool on) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(device.type(), at::kBFloat16);
    at::autocast::set_autocast_enabled(device.type(), on);
#else
    if (device.is_cpu()) {
        at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
        at::autocast::set_cpu_enabled(on);
    } else {
        at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
        at::autocast::set_enabled(on);
    }
#endif
    // Weights change from step to step, and a recorded step must make its casts anew.
    at::autocast::set_autocast_cache_enabled(!on);
}

AutocastScope::AutocastScope(bool on, at::Device device) : on_(on), device_(device), portable_(on) {
    if (on_) setAutocast(device_, true);
}

AutocastScope::~AutocastScope() {
    if (on_) setAutocast(device_, false);
}

} // namespace dstn
