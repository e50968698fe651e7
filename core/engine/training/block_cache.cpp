#include "core/engine/training/block_cache.h"

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>

namespace dstn {

namespace {

/// Stands in front of every block; LibTorch wants data on 64 bytes.
struct Sizes {
    std::size_t block;     ///< of the memory behind it
    std::size_t requested; ///< of it for the tensor it serves
};
constexpr std::size_t header = 64;
/// The C library keeps smaller blocks well enough itself.
constexpr std::size_t smallest = std::size_t{64} << 10;

void* freshBlock(std::size_t bytes) {
    void* block = nullptr;
    if (bytes > SIZE_MAX - header || posix_memalign(&block, header, bytes + header) != 0)
        throw std::bad_alloc();
    new (block) Sizes{.block = bytes, .requested = bytes};
    return block;
}

Sizes& sizesOf(void* block) { return *static_cast<Sizes*>(block); }

BlockCache* installed = nullptr;

} // namespace

BlockCache& BlockCache::install() {
    static const bool once = [] {
        installed = new BlockCache; // outlives every tensor, those of static storage included
        c10::SetCPUAllocator(installed, /*priority=*/1);
        return true;
    }();
    static_cast<void>(once);
    return *installed;
}

at::DataPtr BlockCache::allocate(std::size_t bytes) const {
    if (bytes == 0) return {nullptr, nullptr, &BlockCache::destroy, at::kCPU};
    void* block = bytes < smallest ? freshBlock(bytes) : take(bytes);
    void* data = static_cast<char*>(block) + header;
    return {data, data, &BlockCache::destroy, at::kCPU};
}

void BlockCache::copy_data(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
}

at::DeleterFnPtr BlockCache::raw_deleter() const { return &BlockCache::destroy; }

void BlockCache::destroy(void* data) {
    if (data == nullptr) return;
    void* block = static_cast<char*>(data) - header;
    if (sizesOf(block).block < smallest)
        std::free(block);
    else
        installed->give(block);
}

void* BlockCache::take(std::size_t bytes) const {
    const std::lock_guard lock(mutex_);
    void* block = nullptr;
    const std::size_t requested = bytes;
    // A block that is a little too large is better than a fresh one beside it.
    const auto found = kept_.lower_bound(bytes);
    if (found != kept_.end() && found->first - bytes <= bytes / 4) {
        bytes = found->first;
        block = found->second;
        kept_.erase(found);
        keptBytes_ -= bytes;
    } else {
        evict(bytes);
        block = freshBlock(bytes);
    }
    usedBytes_ += bytes;
    mostUsed_ = std::max(mostUsed_, usedBytes_);
    sizesOf(block).requested = requested;
    tensorBytes_ += requested;
    peakTensorBytes_ = std::max(peakTensorBytes_, tensorBytes_);
    return block;
}

void BlockCache::give(void* block) const {
    const std::lock_guard lock(mutex_);
    const auto [bytes, requested] = sizesOf(block);
    tensorBytes_ -= requested;
    usedBytes_ -= bytes;
    keptBytes_ += bytes;
    kept_.emplace(bytes, block);
}

/// Makes room for a fresh block, the largest first: they bring most room for one page-faulting block less.
void BlockCache::evict(std::size_t wanted) const {
    while (!kept_.empty() && usedBytes_ + keptBytes_ + wanted > mostUsed_ + mostUsed_ / 4) {
        const auto largest = std::prev(kept_.end());
        keptBytes_ -= largest->first;
        std::free(largest->second);
        kept_.erase(largest);
    }
}

void BlockCache::release() {
    const std::lock_guard lock(mutex_);
    for (const auto& [bytes, block] : kept_) std::free(block);
    kept_.clear();
    keptBytes_ = 0;
    mostUsed_ = usedBytes_;
}

std::size_t BlockCache::keptBytes() const {
    const std::lock_guard lock(mutex_);
    return keptBytes_;
}

std::size_t BlockCache::tensorBytes() const {
    const std::lock_guard lock(mutex_);
    return tensorBytes_;
}

std::size_t BlockCache::peakTensorBytes() const {
    const std::lock_guard lock(mutex_);
    return peakTensorBytes_;
}

void BlockCache::restartPeak() {
    const std::lock_guard lock(mutex_);
    peakTensorBytes_ = tensorBytes_;
}

std::size_t BlockCache::usedBytes() const {
    const std::lock_guard lock(mutex_);
    return usedBytes_;
}

} // namespace dstn
