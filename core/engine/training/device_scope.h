#pragma once

#include "core/export.h"

#include <c10/core/Device.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace DSTN_EXPORT dstn {

/// While it lives, what its thread asks of a CUDA device goes through a stream of LibTorch's pool: the
/// default stream would wait for every other thread's work and make them wait. On the CPU it does nothing.
/// Tensors belong to the stream they were made on, so it outlives them.
///
/// These are c10's faces for any device, which a LibTorch without CUDA has too.
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
