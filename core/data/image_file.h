#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Larger images are refused: training examples are far smaller.
inline constexpr std::int64_t largestImageSide = 16384;
inline constexpr std::int64_t largestImagePixels = std::int64_t{1} << 26;

struct ImageSize {
    std::int64_t width = 0, height = 0;
    bool operator==(const ImageSize&) const = default;
};

struct DecodedImage {
    ImageSize size;
    std::int64_t channels = 0;
    std::vector<std::uint8_t> pixels; ///< [height, width, channels]
};

/// Whether a file's name ends as those of the images that are read, in any case.
bool isImageName(std::string_view name);
/// These endings, for messages: ".jpg, .jpeg, .png or .webp".
std::string imageEndings();

/// What an image's header says.
struct ImageFacts {
    ImageSize size;    ///< as it is to be looked at
    bool deep = false; ///< whether it has 16 bits a channel
};

/// The header of an image; `name` appears in messages. Throws Error{data} if it is of no kind that is read,
/// or too large.
ImageFacts imageFacts(std::span<const std::byte> bytes, const std::string& name);

/// Decodes a JPEG, PNG or WebP image: baseline and progressive JPEG of grey, colours or inks (CMYK), and
/// every kind of PNG and of WebP without animation. An orientation that a camera has stored in a JPEG file
/// (Exif) is applied; transparency is left out; 16 bits become the nearest of 8.
/// @param channels 1: colours become their luminance; 3: grey is repeated
/// Throws Error{data} as imageFacts() does, and if the image is truncated or damaged.
DecodedImage decodeImage(std::span<const std::byte> bytes, std::int64_t channels, const std::string& name);

/// The central square of an image, resized to side × side pixels: a triangle filter as wide as a pixel of the
/// coarser of the two grids, so that shrinking averages over all that falls into a pixel and enlarging
/// interpolates linearly. A square of that size already stays as it is.
DecodedImage squared(const DecodedImage& image, std::int64_t side);

} // namespace dstn
