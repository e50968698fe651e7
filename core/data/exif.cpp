#include "core/data/exif.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace dstn {
namespace {

/// Reads numbers of a TIFF file at any place; those beyond its end are 0.
class Tiff {
  public:
    Tiff(std::span<const std::byte> bytes, bool littleEndian) : bytes_(bytes), little_(littleEndian) {}

    std::uint32_t number(std::size_t at, std::size_t size) const {
        if (at > bytes_.size() || size > bytes_.size() - at) return 0;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i)
            value = value << 8U | std::to_integer<std::uint32_t>(bytes_[at + (little_ ? size - 1 - i : i)]);
        return value;
    }

  private:
    std::span<const std::byte> bytes_;
    bool little_;
};

} // namespace

int exifOrientation(std::span<const std::byte> marker) {
    constexpr std::string_view start("Exif\0\0", 6);
    if (marker.size() < start.size() || std::memcmp(marker.data(), start.data(), start.size()) != 0) return 1;
    const auto bytes = marker.subspan(start.size());
    if (bytes.size() < 8) return 1;
    const bool little = bytes[0] == std::byte{'I'};
    const Tiff tiff(bytes, little);
    constexpr std::uint32_t bigOrder = 0x4D4D, littleOrder = 0x4949, version = 42;
    if (tiff.number(0, 2) != (little ? littleOrder : bigOrder) || tiff.number(2, 2) != version) return 1;
    constexpr std::uint32_t orientation = 274, shortNumber = 3, entryBytes = 12;
    const std::size_t directory = tiff.number(4, 4);
    const std::uint32_t entries = tiff.number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + std::size_t{i} * entryBytes;
        if (entry + entryBytes > bytes.size()) break;
        if (tiff.number(entry, 2) != orientation) continue;
        if (tiff.number(entry + 2, 2) != shortNumber || tiff.number(entry + 4, 4) != 1) return 1;
        const std::uint32_t value = tiff.number(entry + 8, 2);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

ImageSize oriented(ImageSize size, int orientation) {
    if (orientation > 4) std::swap(size.width, size.height);
    return size;
}

void orient(std::span<const std::uint8_t> from, ImageSize size, std::int64_t channels, int orientation,
            std::span<std::uint8_t> to) {
    const ImageSize turned = oriented(size, orientation);
    const bool exchanged = orientation > 4;
    // Of the stored rows and columns, which run backwards: 2 mirrors left to right, 3 turns by 180°, 4
    // mirrors top to bottom, 5 exchanges rows and columns, 6 and 8 turn by 90° right and left, 7 mirrors at
    // the other diagonal.
    const bool rowsBack = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool columnsBack = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    std::uint8_t* into = to.data();
    for (std::int64_t y = 0; y < turned.height; ++y)
        for (std::int64_t x = 0; x < turned.width; ++x) {
            std::int64_t row = exchanged ? x : y, column = exchanged ? y : x;
            if (rowsBack) row = size.height - 1 - row;
            if (columnsBack) column = size.width - 1 - column;
            into = std::copy_n(from.data() + (row * size.width + column) * channels, channels, into);
        }
}

} // namespace dstn
