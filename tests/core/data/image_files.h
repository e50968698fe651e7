#pragma once

#include <QByteArray>

#include <cstddef>
#include <cstdint>
#include <cstdio> // jpeglib.h needs it
#include <cstdlib>
#include <vector>

#include <jpeglib.h>
#include <zlib.h>

/// Makes the images that the data tests read.
namespace imagefiles {

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

inline QByteArray pngFile(const QByteArray& header, const QByteArray& chunks) {
    return QByteArray("\x89PNG\r\n\x1a\n", 8) + pngChunk("IHDR", header) + chunks + pngChunk("IEND", {});
}

/// @param colourType 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
inline QByteArray pngHeader(int width, int height, int bits, int colourType, bool interlaced = false) {
    QByteArray header =
        bigEndian(static_cast<std::size_t>(width)) + bigEndian(static_cast<std::size_t>(height));
    header.append(static_cast<char>(bits)).append(static_cast<char>(colourType)).append(2, '\0');
    return header.append(interlaced ? '\1' : '\0');
}

/// A PNG's data, from the bytes of its lines, each after the number of its filter.
inline QByteArray pngData(const QByteArray& lines) {
    uLongf size = compressBound(static_cast<uLong>(lines.size()));
    QByteArray packed(static_cast<qsizetype>(size), '\0');
    compress(reinterpret_cast<Bytef*>(packed.data()), &size,
             reinterpret_cast<const Bytef*>(lines.constData()), static_cast<uLong>(lines.size()));
    packed.truncate(static_cast<qsizetype>(size));
    return pngChunk("IDAT", packed);
}

/// `pixels` is [height, width, channels], with 1 to 4 channels.
inline QByteArray png(int width, int height, int channels, const std::vector<std::uint8_t>& pixels) {
    constexpr int colourTypes[] = {0, 4, 2, 6};
    QByteArray lines;
    for (int y = 0; y < height; ++y) {
        lines.append('\0'); // no filter
        lines.append(reinterpret_cast<const char*>(pixels.data()) + y * width * channels, width * channels);
    }
    return pngFile(pngHeader(width, height, 8, colourTypes[channels - 1]), pngData(lines));
}

struct JpegOptions {
    bool progressive = false;
    bool adobeMarker = true; ///< of images of 4 channels
};

/// `pixels` is [height, width, channels]: grey, RGB, or 4 inks. Of the best quality, with 2 × 2 pixels to a
/// colour.
inline QByteArray jpeg(int width, int height, int channels, std::vector<std::uint8_t> pixels,
                       const JpegOptions& options = {}) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = static_cast<JDIMENSION>(width);
    info.image_height = static_cast<JDIMENSION>(height);
    info.input_components = channels;
    info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 100, TRUE);
    if (options.progressive) jpeg_simple_progression(&info);
    if (!options.adobeMarker) info.write_Adobe_marker = FALSE;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = pixels.data() + static_cast<int>(info.next_scanline) * width * channels;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    const QByteArray file(reinterpret_cast<const char*>(bytes), static_cast<qsizetype>(size));
    std::free(bytes); // NOLINT: libjpeg has asked for it by malloc()
    return file;
}

/// An image of one colour.
inline std::vector<std::uint8_t> filled(int width, int height, const std::vector<std::uint8_t>& colour) {
    std::vector<std::uint8_t> pixels;
    for (int i = 0; i < width * height; ++i) pixels.insert(pixels.end(), colour.begin(), colour.end());
    return pixels;
}

} // namespace imagefiles
