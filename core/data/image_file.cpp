#include "core/data/image_file.h"

#include "core/data/checksum.h"
#include "core/error.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

// The header with its implementation, here alone, but for static analysis, which would find fault with it.
// What is not read is not compiled.
#ifndef __clang_analyzer__
#define STB_IMAGE_IMPLEMENTATION
#endif
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#define STBI_MAX_DIMENSIONS 16384
// Tables that a damaged file uses and does not define must be zeros: what lay in memory before leads far
// astray.
#define STBI_MALLOC(size) std::calloc(1, size)
#define STBI_REALLOC(block, size) std::realloc(block, size)
#define STBI_FREE(block) std::free(block)
#include <stb_image.h>

namespace dstn {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::array<unsigned char, 8> pngSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

unsigned at(Bytes bytes, std::size_t i) { return std::to_integer<unsigned>(bytes[i]); }

bool isPng(Bytes bytes) {
    return bytes.size() >= pngSignature.size() &&
           std::memcmp(bytes.data(), pngSignature.data(), pngSignature.size()) == 0;
}
bool isJpeg(Bytes bytes) { return bytes.size() >= 3 && at(bytes, 0) == 0xFF && at(bytes, 1) == 0xD8; }

[[noreturn]] void damaged(const std::string& name, const std::string& how) {
    throw Error(ErrorKind::data,
                name + ": the image is damaged: " + how + ". Fetch the file again, or remove it.");
}
[[noreturn]] void truncated(const std::string& name) {
    throw Error(ErrorKind::data, name +
                                     ": the image is truncated: its end is missing. Fetch the file again, or "
                                     "remove it.");
}

/// Refuses Huffman tables that are none: of more codes than there are bytes but one, or of more than their
/// lengths leave room for (Kraft's inequality). The decoder writes and reads past their place.
/// @param first where the first table is; @param size of all of them, in bytes
void checkHuffmanTables(Bytes bytes, std::size_t first, std::size_t size, const std::string& name) {
    constexpr std::size_t lengths = 16, mostCodes = 255;
    for (std::size_t i = first; i < first + size && i < bytes.size();) {
        std::size_t codes = 0, taken = 0;
        for (std::size_t k = 1; k <= lengths && i + k < bytes.size(); ++k) {
            codes += at(bytes, i + k);
            taken += std::size_t{at(bytes, i + k)} << (lengths - k);
        }
        if (codes > mostCodes || taken > std::size_t{1} << lengths)
            damaged(name,
                    "a Huffman table has " + std::to_string(codes) + " codes, for which there is no room");
        i += 1 + lengths + codes;
    }
}

/// Follows a JPEG's markers (ITU-T T.81, annex B), as the decoder does. @return whether they go on to the end
/// of the image: decoders fill what is missing with grey and say nothing.
bool checkJpeg(Bytes bytes, const std::string& name) {
    constexpr unsigned endOfImage = 0xD9, huffmanTables = 0xC4;
    const auto standsAlone = [](unsigned marker) {
        return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
    };
    for (std::size_t i = 2; i + 1 < bytes.size();) {
        if (at(bytes, i) != 0xFF || at(bytes, i + 1) == 0xFF) {
            ++i; // bytes of a scan, or that fill the space before a marker
            continue;
        }
        const unsigned marker = at(bytes, i + 1);
        i += 2;
        if (marker == endOfImage) return true;
        // In a scan a zero follows each byte FF that is no marker.
        if (marker == 0 || standsAlone(marker)) continue;
        if (i + 2 > bytes.size()) return false;
        // A scan's data follow its header as bytes that are no marker.
        const std::size_t size = std::max<std::size_t>(2, at(bytes, i) << 8U | at(bytes, i + 1));
        if (marker == huffmanTables) checkHuffmanTables(bytes, i + 2, size - 2, name);
        i += size;
    }
    return false;
}

/// Follows a PNG's chunks to its end and holds their checksums against them, which the decoder does not.
void checkPng(Bytes bytes, const std::string& name) {
    const auto number = [&](std::size_t i) {
        return std::size_t{at(bytes, i)} << 24U | at(bytes, i + 1) << 16U | at(bytes, i + 2) << 8U |
               at(bytes, i + 3);
    };
    constexpr std::size_t around = 12; // length, type and checksum
    for (std::size_t i = pngSignature.size();;) {
        if (bytes.size() - i < around) truncated(name);
        const std::size_t length = number(i);
        if (length > bytes.size() - i - around) truncated(name);
        const auto* type = reinterpret_cast<const Bytef*>(bytes.data() + i + 4);
        if (checksumsCount && crc32(0, type, static_cast<uInt>(length + 4)) != number(i + 8 + length))
            damaged(name, "a checksum does not fit");
        if (std::memcmp(type, "IEND", 4) == 0) return;
        i += length + around;
    }
}

int size32(Bytes bytes, const std::string& name) {
    constexpr std::size_t largest = std::size_t{1} << 28U;
    if (bytes.size() > largest)
        throw Error(ErrorKind::data, name + ": is larger than 256 MiB. Use smaller images.");
    return static_cast<int>(bytes.size());
}

const stbi_uc* data(Bytes bytes) { return reinterpret_cast<const stbi_uc*>(bytes.data()); }

/// What each of `to` pixels is made of, among `from` pixels.
struct Filter {
    struct Window {
        std::int64_t first = 0;
        std::vector<float> weights;
    };
    std::vector<Window> windows;

    Filter(std::int64_t from, std::int64_t to) {
        const double ratio = static_cast<double>(from) / static_cast<double>(to);
        const double reach = std::max(ratio, 1.0);
        for (std::int64_t i = 0; i < to; ++i) {
            const double centre = (static_cast<double>(i) + 0.5) * ratio;
            Window window{.first = std::max<std::int64_t>(0, std::llround(std::floor(centre - reach))),
                          .weights = {}};
            const std::int64_t last =
                std::min(from - 1, static_cast<std::int64_t>(std::llround(std::ceil(centre + reach))) - 1);
            double sum = 0.0;
            std::vector<double> weights;
            for (std::int64_t j = window.first; j <= last; ++j) {
                const double distance = std::abs(static_cast<double>(j) + 0.5 - centre) / reach;
                weights.push_back(std::max(0.0, 1.0 - distance));
                sum += weights.back();
            }
            for (const double weight : weights) window.weights.push_back(static_cast<float>(weight / sum));
            windows.push_back(std::move(window));
        }
    }
};

} // namespace

ImageSize imageSize(Bytes bytes, const std::string& name) {
    if (bytes.empty())
        throw Error(ErrorKind::data, name + ": the file is empty. Fetch it again, or remove it.");
    if (!isPng(bytes) && !isJpeg(bytes))
        throw Error(ErrorKind::data,
                    name + ": is neither a JPEG nor a PNG image by its content. Convert it, or remove it.");
    if (isJpeg(bytes)) checkJpeg(bytes, name);
    int width = 0, height = 0, channels = 0;
    if (stbi_info_from_memory(data(bytes), size32(bytes, name), &width, &height, &channels) == 0)
        damaged(name, stbi_failure_reason());
    if (width < 1 || height < 1) damaged(name, "it has no pixels");
    if (width > largestImageSide || height > largestImageSide ||
        std::int64_t{width} * height > largestImagePixels)
        throw Error(ErrorKind::data, name + ": the image's " + std::to_string(width) + " × " +
                                         std::to_string(height) +
                                         " pixels are too many. Use images of at most " +
                                         std::to_string(largestImagePixels) + " pixels.");
    return {.width = width, .height = height};
}

DecodedImage decodeImage(Bytes bytes, std::int64_t channels, const std::string& name) {
    imageSize(bytes, name);
    if (isPng(bytes))
        checkPng(bytes, name);
    else if (!checkJpeg(bytes, name))
        truncated(name);
    int width = 0, height = 0, found = 0;
    const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
        stbi_load_from_memory(data(bytes), size32(bytes, name), &width, &height, &found,
                              static_cast<int>(channels)),
        stbi_image_free);
    if (!pixels) damaged(name, stbi_failure_reason());
    DecodedImage image{.size = {.width = width, .height = height}, .channels = channels, .pixels = {}};
    image.pixels.assign(pixels.get(), pixels.get() + image.size.width * image.size.height * channels);
    return image;
}

DecodedImage squared(const DecodedImage& image, std::int64_t side) {
    const std::int64_t square = std::min(image.size.width, image.size.height);
    const std::int64_t left = (image.size.width - square) / 2, top = (image.size.height - square) / 2;
    const std::int64_t channels = image.channels;
    const Filter filter(square, side);

    // Rows first, [square, side, channels]; then columns.
    std::vector<float> rows(static_cast<std::size_t>(square * side * channels));
    for (std::int64_t y = 0; y < square; ++y)
        for (std::int64_t x = 0; x < side; ++x) {
            const auto& window = filter.windows[static_cast<std::size_t>(x)];
            const std::uint8_t* from =
                image.pixels.data() + ((top + y) * image.size.width + left + window.first) * channels;
            float* to = rows.data() + (y * side + x) * channels;
            for (const float weight : window.weights)
                for (std::int64_t c = 0; c < channels; ++c) to[c] += weight * static_cast<float>(*from++);
        }
    DecodedImage result{.size = {.width = side, .height = side},
                        .channels = channels,
                        .pixels =
                            std::vector<std::uint8_t>(static_cast<std::size_t>(side * side * channels))};
    std::vector<float> line(static_cast<std::size_t>(side * channels));
    for (std::int64_t y = 0; y < side; ++y) {
        const auto& window = filter.windows[static_cast<std::size_t>(y)];
        std::fill(line.begin(), line.end(), 0.0F);
        const float* from = rows.data() + window.first * side * channels;
        for (const float weight : window.weights)
            for (float& sum : line) sum += weight * *from++;
        std::uint8_t* to = result.pixels.data() + y * side * channels;
        for (const float value : line)
            *to++ = static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
    }
    return result;
}

} // namespace dstn
