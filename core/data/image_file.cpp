#include "core/data/image_file.h"

#include "core/data/image_decoder.h"
#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

namespace dstn {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::array<std::string_view, 4> endings{".jpg", ".jpeg", ".png", ".webp"};

constexpr std::array<unsigned char, 8> pngSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::array<unsigned char, 2> jpegSignature{0xFF, 0xD8};

bool startsWith(Bytes bytes, std::span<const unsigned char> signature) {
    return bytes.size() >= signature.size() &&
           std::memcmp(bytes.data(), signature.data(), signature.size()) == 0;
}

/// "RIFF", four bytes of size, "WEBP".
bool isWebp(Bytes bytes) {
    constexpr std::array<unsigned char, 4> container{'R', 'I', 'F', 'F'}, format{'W', 'E', 'B', 'P'};
    return startsWith(bytes, container) &&
           startsWith(bytes.subspan(std::min<std::size_t>(bytes.size(), 8)), format);
}

/// A decoder by the file's first bytes, for an image that is not too large.
std::unique_ptr<ImageDecoder> decoder(Bytes bytes, const std::string& name) {
    constexpr std::size_t largestFile = std::size_t{1} << 28U;
    if (bytes.empty())
        throw Error(ErrorKind::data, name + ": the file is empty. Fetch it again, or remove it.");
    if (bytes.size() > largestFile)
        throw Error(ErrorKind::data, name + ": is larger than 256 MiB. Use smaller images.");
    auto image = startsWith(bytes, pngSignature)    ? pngDecoder(bytes, name)
                 : startsWith(bytes, jpegSignature) ? jpegDecoder(bytes, name)
                 : isWebp(bytes)                    ? webpDecoder(bytes, name)
                                                    : nullptr;
    if (!image)
        throw Error(ErrorKind::data, name +
                                         ": its content is neither a JPEG, a PNG nor a WebP image. Convert "
                                         "it, or remove it.");
    const auto [width, height] = image->size();
    if (width > largestImageSide || height > largestImageSide || width * height > largestImagePixels)
        throw Error(ErrorKind::data, name + ": the image has " + std::to_string(width) + " × " +
                                         std::to_string(height) +
                                         " pixels, which is too many. Use images of at most " +
                                         std::to_string(largestImagePixels) + " pixels and " +
                                         std::to_string(largestImageSide) + " per side.");
    return image;
}

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

bool isImageName(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return false;
    const std::string ending = asciiLowered(std::string(name.substr(dot)));
    return std::ranges::find(endings, ending) != endings.end();
}

std::string imageEndings() {
    std::string text;
    for (std::size_t i = 0; i < endings.size(); ++i)
        text.append(i == 0 ? "" : i + 1 < endings.size() ? ", " : " or ").append(endings[i]);
    return text;
}

ImageFacts imageFacts(Bytes bytes, const std::string& name) {
    const auto image = decoder(bytes, name);
    return {.size = image->size(), .deep = image->deep()};
}

DecodedImage decodeImage(Bytes bytes, std::int64_t channels, const std::string& name) {
    const auto image = decoder(bytes, name);
    DecodedImage decoded{.size = image->size(), .channels = channels, .pixels = {}};
    decoded.pixels.resize(static_cast<std::size_t>(decoded.size.width * decoded.size.height * channels));
    image->decode(channels, decoded.pixels);
    return decoded;
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
