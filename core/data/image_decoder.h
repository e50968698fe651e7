#pragma once

#include "core/data/image_file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace dstn {

/// An image opened by a library: its header has been read, its pixels have not.
class ImageDecoder {
  public:
    ImageDecoder() = default;
    ImageDecoder(const ImageDecoder&) = delete;
    ImageDecoder& operator=(const ImageDecoder&) = delete;
    virtual ~ImageDecoder() = default;

    virtual ImageSize size() const = 0;
    virtual bool deep() const { return false; } ///< whether it has 16 bits a channel
    /// Decodes all of the image; at most once.
    /// @param channels 1 or 3
    /// @param pixels [height, width, channels], filled
    virtual void decode(std::int64_t channels, std::span<std::uint8_t> pixels) = 0;
};

/// Decoders by libjpeg-turbo, libpng and libwebp, which read from `bytes`: those must outlive them.
/// Constructing one reads the header. Constructing and decoding throw Error{data}, with `name` in the
/// message, on anything that the library reports about the image, even a warning.
std::unique_ptr<ImageDecoder> jpegDecoder(std::span<const std::byte> bytes, std::string name);
std::unique_ptr<ImageDecoder> pngDecoder(std::span<const std::byte> bytes, std::string name);
std::unique_ptr<ImageDecoder> webpDecoder(std::span<const std::byte> bytes, std::string name);

enum class ImageFault {
    truncated,
    damaged,
    unsupported, ///< possibly valid, but of a kind that the library does not decode
    memory,      ///< memory ran out
};

/// Throws Error{data}, or Error{device} where memory ran out. @param reason the library's name and words
[[noreturn]] void refuseImage(const std::string& name, ImageFault fault, const std::string& reason);

/// Rec. 601's luma in whole numbers: (77 R + 150 G + 29 B) / 256, rounded down. Grey stays as it is.
constexpr std::uint8_t luma(unsigned red, unsigned green, unsigned blue) {
    return static_cast<std::uint8_t>((77 * red + 150 * green + 29 * blue) >> 8U);
}

} // namespace dstn
