#pragma once

#include "core/data/image_gather.h"
#include "core/engine/torch.h"
#include "core/export.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Where the images of a part are stored while a run uses them.
enum class ImagePlacement {
    resident, ///< on the device; on the CPU where they were read, which may be a mapped file
    streamed  ///< there too, and copied to the device batch by batch, the next one while the current one is
              ///< used
};

/// On the CPU, images are used in place. On another device they are resident if they take no more than
/// half of its free memory, the rest being for the run; also where it is not known how much is free.
ImagePlacement placementFor(double bytes, at::Device device, std::optional<double> freeBytes);

/// Bytes free on a CUDA device; nothing if that is unknown.
std::optional<double> freeDeviceMemory(at::Device device);

/// Images of bytes [n, channels, height, width] as numbers through a table [channels · 256], by operations of
/// the device they are on: the same, bit for bit, as gatherImages().
Tensor mapBytes(const Tensor& images, const Tensor& table);

/// The images of a part, kept as bytes and converted to numbers batch by batch. All calls come from one
/// thread.
class DeviceImages {
  public:
    /// @param channels byte ↦ input, one a channel
    DeviceImages(const ByteImages& images, Shape shape, const std::vector<Scaling>& channels,
                 at::Device device, at::ScalarType dtype, ImagePlacement placement);
    ~DeviceImages();
    DeviceImages(const DeviceImages&) = delete;
    DeviceImages& operator=(const DeviceImages&) = delete;

    std::int64_t count() const;
    ImagePlacement placement() const { return placement_; }
    /// The device on which load() expects indices.
    at::Device placesDevice() const;
    /// The images at `places`, int64 [n]: dtype [n, channels, height, width] on the device.
    Tensor load(const Tensor& places);
    /// Starts to copy these, which load() is expected to need next, if images are streamed.
    void prefetch(const Tensor& places);

  private:
    class Stream;
    Tensor gathered(const Tensor& places) const;
    Tensor staged(const Tensor& places, bool pinned) const;

    ByteImages images_;
    Shape shape_;
    std::vector<ByteTable> tables_;
    at::Device device_;
    at::ScalarType dtype_;
    ImagePlacement placement_;
    Tensor table_;    ///< [channels · 256] on the device
    Tensor resident_; ///< uint8 [count, shape] on another device than the CPU
    std::unique_ptr<Stream> stream_;
};

} // namespace dstn
