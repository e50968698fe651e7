#include "core/engine/training/device_memory.h"

#include "core/engine/batches/device_images.h"
#include "core/engine/training/block_cache.h"
#include "core/run/available_memory.h"

#ifdef DSTN_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>
#endif

namespace dstn {

#ifdef DSTN_CUDA
/// Of the allocator's pools together.
static std::int64_t reservedBytes(c10::Device device) {
    constexpr std::size_t allPools = 0;
    return c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).reserved_bytes[allPools].current;
}
#endif

std::int64_t memoryInUse(c10::Device device) {
    if (device.is_cpu()) {
        const BlockCache& cache = BlockCache::install();
        return static_cast<std::int64_t>(cache.usedBytes() + cache.keptBytes());
    }
#ifdef DSTN_CUDA
    return reservedBytes(device);
#else
    return 0;
#endif
}

std::int64_t memoryLeft(c10::Device device) {
    if (device.is_cpu()) return availableMemory();
    return static_cast<std::int64_t>(freeDeviceMemory(device).value_or(0.0));
}

CudaDevice describeCuda(int index) {
    CudaDevice result{.name = "CUDA device " + std::to_string(index)};
#ifdef DSTN_CUDA
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, index) == cudaSuccess) {
        result.name = properties.name;
        result.memoryBytes = static_cast<std::int64_t>(properties.totalGlobalMem);
    }
#endif
    return result;
}

} // namespace dstn
