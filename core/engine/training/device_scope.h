#pragma once

#include "core/export.h"

#include <c10/core/Device.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace DSTN_EXPORT dstn {

/// While it exists, its thread uses a stream of LibTorch's pool on a CUDA device: the
/// default stream would wait for every other thread's work and make them wait. On the CPU it does nothing.
/// Tensors belong to the stream on which they were made, so it must outlive them.
///
/// These are c10's interfaces for any device, which a LibTorch without CUDA has too.
class DeviceScope {
  public:
    explicit DeviceScope(c10::Device device) {
        if (device.is_cuda())
            stream_.reset_stream(c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device));
    }

  private:
    c10::OptionalStreamGuard stream_;
};

} // namespace dstn
