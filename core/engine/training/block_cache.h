#pragma once

#include "core/engine/torch.h"
#include "core/export.h"

#include <c10/core/Allocator.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

namespace DSTN_EXPORT dstn {

/// LibTorch's CPU memory, with large freed blocks kept for the next tensor of about their size.
///
/// A training step asks for the same sizes again and again. The C library hands blocks of this size back to
/// the system at once, and getting them anew costs a page fault every 4 KiB: up to a sixth of a small
/// network's step. Kept and used blocks together stay below the peak use plus a
/// quarter, so that the program's footprint is that of its peak.
class BlockCache final : public at::Allocator {
  public:
    /// Makes the cache the process's CPU allocator, once; it lives to the end, as tensors may.
    static BlockCache& install();

    // One of the two overrides LibTorch's, which lost its const in 2.3; so with copy_data, pure since then.
    at::DataPtr allocate(std::size_t bytes) const;
    at::DataPtr allocate(std::size_t bytes) { return std::as_const(*this).allocate(bytes); }
    void copy_data(void* to, const void* from, std::size_t bytes) const;
    at::DeleterFnPtr raw_deleter() const override;

    /// Returns all kept blocks to the system.
    void release();
    std::size_t keptBytes() const;
    std::size_t usedBytes() const; ///< in blocks large enough to be kept

    /// Bytes requested in such blocks, which may be larger: now, and the peak since restartPeak().
    std::size_t tensorBytes() const;
    std::size_t peakTensorBytes() const;
    void restartPeak();

  private:
    BlockCache() = default;
    void* take(std::size_t bytes) const;
    void give(void* block) const;
    void evict(std::size_t wanted) const;
    static void destroy(void* data);

    mutable std::mutex mutex_;
    mutable std::multimap<std::size_t, void*> kept_; // by size
    mutable std::size_t keptBytes_ = 0, usedBytes_ = 0, mostUsed_ = 0;
    mutable std::size_t tensorBytes_ = 0, peakTensorBytes_ = 0;
};

} // namespace dstn
