#pragma once

#include <QByteArray>

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

/// Makes the images that the data tests read.
namespace imagefiles {

inline void append(void* to, void* data, int size) {
    static_cast<QByteArray*>(to)->append(static_cast<const char*>(data), size);
}

inline QByteArray bigEndian(std::size_t number) {
    QByteArray bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes.append(static_cast<char>((number >> shift) & 255U));
    return bytes;
}

inline QByteArray pngChunk(const QByteArray& type, const QByteArray& data) {
    const QByteArray checked = type + data;
    return bigEndian(static_cast<std::size_t>(data.size())) + checked +
           bigEndian(crc32(0, reinterpret_cast<const Bytef*>(checked.constData()),
                           static_cast<uInt>(checked.size())));
}

/// `pixels` is [height, width, channels], with 1 to 4 channels.
inline QByteArray png(int width, int height, int channels, const std::vector<std::uint8_t>& pixels) {
    constexpr char colourTypes[] = {0, 4, 2, 6};
    QByteArray lines;
    for (int y = 0; y < height; ++y) {
        lines.append('\0'); // no filter
        lines.append(reinterpret_cast<const char*>(pixels.data()) + y * width * channels, width * channels);
    }
    uLongf size = compressBound(static_cast<uLong>(lines.size()));
    QByteArray packed(static_cast<qsizetype>(size), '\0');
    compress(reinterpret_cast<Bytef*>(packed.data()), &size,
             reinterpret_cast<const Bytef*>(lines.constData()), static_cast<uLong>(lines.size()));
    packed.truncate(static_cast<qsizetype>(size));
    QByteArray header =
        bigEndian(static_cast<std::size_t>(width)) + bigEndian(static_cast<std::size_t>(height));
    header.append('\10').append(colourTypes[channels - 1]).append(3, '\0');
    return QByteArray("\x89PNG\r\n\x1a\n", 8) + pngChunk("IHDR", header) + pngChunk("IDAT", packed) +
           pngChunk("IEND", {});
}

inline QByteArray jpeg(int width, int height, int channels, const std::vector<std::uint8_t>& pixels) {
    QByteArray bytes;
    stbi_write_jpg_to_func(append, &bytes, width, height, channels, pixels.data(), 100);
    return bytes;
}

/// An image of one colour.
inline std::vector<std::uint8_t> filled(int width, int height, const std::vector<std::uint8_t>& colour) {
    std::vector<std::uint8_t> pixels;
    for (int i = 0; i < width * height; ++i) pixels.insert(pixels.end(), colour.begin(), colour.end());
    return pixels;
}

} // namespace imagefiles
