#pragma once

#include <QByteArray>

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// Makes the arrays and archives that the data tests read.
namespace numpyfiles {

inline QByteArray littleEndian(std::uint64_t number, int bytes) {
    QByteArray result;
    for (int i = 0; i < bytes; ++i) result.append(static_cast<char>((number >> (8 * i)) & 255U));
    return result;
}

/// The numbers as they lie in memory.
template <typename T>
QByteArray raw(const std::vector<T>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()),
            static_cast<qsizetype>(numbers.size() * sizeof(T))};
}

/// An NPY file: `shape` as Python writes it, for instance "(2, 3)".
inline QByteArray npy(const char* descr, const char* shape, const QByteArray& data, bool byColumns = false,
                      int version = 1) {
    QByteArray header = QByteArray("{'descr': '") + descr +
                        "', 'fortran_order': " + (byColumns ? "True" : "False") + ", 'shape': " + shape +
                        ", }\n";
    return QByteArray("\x93NUMPY", 6) + static_cast<char>(version) + '\0' +
           littleEndian(static_cast<std::uint64_t>(header.size()), version == 1 ? 2 : 4) + header + data;
}

inline QByteArray deflated(const QByteArray& plain) {
    z_stream stream = {};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
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

/// A ZIP archive of these members; `large`: with sizes of 64 bits in extra fields, as NumPy writes them.
inline QByteArray zip(const std::vector<std::pair<QByteArray, QByteArray>>& members, bool pack = false,
                      bool large = false) {
    QByteArray file, directory;
    for (const auto& [name, content] : members) {
        const QByteArray data = pack ? deflated(content) : content;
        const auto crc =
            crc32(0, reinterpret_cast<const Bytef*>(content.constData()), static_cast<uInt>(content.size()));
        const auto size = static_cast<std::uint64_t>(content.size());
        const auto packedSize = static_cast<std::uint64_t>(data.size());
        const QByteArray extra = large ? littleEndian(1, 2) + littleEndian(16, 2) + littleEndian(size, 8) +
                                             littleEndian(packedSize, 8)
                                       : QByteArray();
        const auto offset = static_cast<std::uint64_t>(file.size());
        const QByteArray common = littleEndian(20, 2) + littleEndian(0, 2) + littleEndian(pack ? 8 : 0, 2) +
                                  littleEndian(0, 4) + littleEndian(crc, 4) +
                                  littleEndian(large ? 0xFFFFFFFFU : packedSize, 4) +
                                  littleEndian(large ? 0xFFFFFFFFU : size, 4) +
                                  littleEndian(static_cast<std::uint64_t>(name.size()), 2) +
                                  littleEndian(static_cast<std::uint64_t>(extra.size()), 2);
        file += littleEndian(0x04034B50, 4) + common + name + extra + data;
        directory += littleEndian(0x02014B50, 4) + littleEndian(20, 2) + common + QByteArray(10, '\0') +
                     littleEndian(offset, 4) + name + extra;
    }
    const auto offset = static_cast<std::uint64_t>(file.size());
    return file + directory + littleEndian(0x06054B50, 4) + QByteArray(4, '\0') +
           littleEndian(members.size(), 2) + littleEndian(members.size(), 2) +
           littleEndian(static_cast<std::uint64_t>(directory.size()), 4) + littleEndian(offset, 4) +
           QByteArray(2, '\0');
}

} // namespace numpyfiles
