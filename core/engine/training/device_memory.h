#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace dstn {

/// Bytes that this program's tensors occupy on the device, including memory kept for reuse; 0 if
/// that is unknown.
std::int64_t memoryInUse(c10::Device device);

/// Bytes that this program could still take there, 0 if that is unknown.
std::int64_t memoryLeft(c10::Device device);

struct CudaDevice {
    std::string name; ///< "NVIDIA H100"
    std::int64_t memoryBytes = 0;
};
/// What is known about a CUDA device; "CUDA device 0" if nothing else is.
CudaDevice describeCuda(int index);

} // namespace dstn
