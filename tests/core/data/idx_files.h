#pragma once

#include <QByteArray>
#include <QString>
#include <QTemporaryDir>

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

/// Makes the files that the data tests read.
namespace idxfiles {

/// An IDX file of bytes: header for `shape`, then `data`.
inline QByteArray idx(const std::vector<std::uint32_t>& shape, const std::vector<std::uint8_t>& data) {
    QByteArray bytes("\0\0\x08", 3);
    bytes.append(static_cast<char>(shape.size()));
    for (const std::uint32_t size : shape)
        for (int shift = 24; shift >= 0; shift -= 8) bytes.append(static_cast<char>((size >> shift) & 255));
    bytes.append(reinterpret_cast<const char*>(data.data()), static_cast<qsizetype>(data.size()));
    return bytes;
}

inline QByteArray gzip(const QByteArray& plain) {
    z_stream stream = {};
    deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY);
    QByteArray packed(static_cast<qsizetype>(deflateBound(&stream, static_cast<uLong>(plain.size()))), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.constData()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(static_cast<qsizetype>(stream.total_out));
    deflateEnd(&stream);
    return packed;
}

inline std::span<const std::byte> span(const QByteArray& bytes) {
    return std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

inline std::string write(const QTemporaryDir& folder, const char* name, const QByteArray& content) {
    const std::string path = folder.filePath(QString::fromUtf8(name)).toStdString();
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return {};
    std::fwrite(content.constData(), 1, static_cast<std::size_t>(content.size()), file);
    std::fclose(file);
    return path;
}

} // namespace idxfiles
