#pragma once

#include "core/data/image_file.h"
#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace DSTN_EXPORT dstn {

/// How an image is to be turned that a camera has stored (Exif 2.3, tag 274): 1 to 8, where 1 is as it is,
/// and 5 to 8 exchange width and height.
/// @param marker the content of a JPEG file's marker APP1
/// @return 1 also where it says nothing, or cannot be understood
int exifOrientation(std::span<const std::byte> marker);

/// The size of an image that has been turned.
ImageSize oriented(ImageSize size, int orientation);

/// Turns an image.
/// @param from   [size.height, size.width, channels], as stored
/// @param to     the same as it is to be looked at
void orient(std::span<const std::uint8_t> from, ImageSize size, std::int64_t channels, int orientation,
            std::span<std::uint8_t> to);

} // namespace dstn
