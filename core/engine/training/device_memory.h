#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace dstn {

/// Bytes that this program's tensors take on the device now, with what is kept for the next ones; 0 where
/// that cannot be asked.
std::int64_t memoryInUse(c10::Device device);

/// Bytes that this program could still take there, 0 where that cannot be asked.
std::int64_t memoryLeft(c10::Device device);

struct CudaDevice {
    std::string name; ///< "NVIDIA H100"
    std::int64_t memoryBytes = 0;
};
/// What is known of a CUDA device, "CUDA device 0" where it is no more.
CudaDevice describeCuda(int index);

} // namespace dstn
