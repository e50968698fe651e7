#include "core/data/idx_reader.h"

#include "core/error.h"

#include <array>
#include <limits>
#include <string_view>

namespace dstn {
namespace {

std::string hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte value : bytes) {
        if (!text.empty()) text += ' ';
        text += digits[std::to_integer<std::size_t>(value) >> 4];
        text += digits[std::to_integer<std::size_t>(value) & 15];
    }
    return text;
}

std::string product(const std::vector<std::int64_t>& shape) {
    std::string text;
    for (const std::int64_t size : shape) text += (text.empty() ? "" : " × ") + std::to_string(size);
    return text;
}

/// The number of bytes that a shape stands for; the largest number where it does not fit.
std::uint64_t byteCount(const std::vector<std::int64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::int64_t size : shape) {
        const auto factor = static_cast<std::uint64_t>(size);
        if (factor != 0 && count > std::numeric_limits<std::uint64_t>::max() / factor)
            return std::numeric_limits<std::uint64_t>::max();
        count *= factor;
    }
    return count;
}

void checkMagic(std::span<const std::byte> magic, const std::string& name) {
    if (magic.empty()) throw Error(ErrorKind::data, name + ": the file is empty. Fetch it again.");
    if (magic.size() < 4 || magic[0] != std::byte{0} || magic[1] != std::byte{0})
        throw Error(
            ErrorKind::data,
            name + ": is not an IDX file: it starts with " + hex(magic) +
                "; an IDX file of unsigned bytes starts with 00 00 08. Name an IDX file, plain or gzip.");
    if (magic[2] != std::byte{0x08})
        throw Error(ErrorKind::data,
                    name + ": the IDX file's element type is " + hex(magic.subspan(2, 1)) +
                        "; only unsigned bytes (08) are supported. Convert it to unsigned bytes.");
    const auto rank = std::to_integer<int>(magic[3]);
    if (rank < 1 || rank > 4)
        throw Error(ErrorKind::data, name + ": the IDX file has " + std::to_string(rank) +
                                         " dimensions; labels have 1, images 3 or 4. Name another file.");
}

} // namespace

IdxFile readIdxHeader(ByteStream& stream, const std::string& name) {
    std::array<std::byte, 4> magic{};
    checkMagic(std::span(magic).first(stream.read(magic)), name);
    const auto rank = std::to_integer<std::size_t>(magic[3]);

    std::array<std::byte, 16> sizes{};
    const std::size_t found = stream.read(std::span(sizes).first(4 * rank));
    if (found < 4 * rank)
        throw Error(ErrorKind::data, name + ": the IDX header is cut short: " + std::to_string(4 + 4 * rank) +
                                         " bytes expected, " + std::to_string(4 + found) +
                                         " found. Fetch the file again.");
    IdxFile file;
    for (std::size_t i = 0; i < rank; ++i) {
        std::int64_t size = 0;
        for (std::size_t j = 0; j < 4; ++j)
            size = size * 256 + std::to_integer<std::int64_t>(sizes[4 * i + j]);
        file.shape.push_back(size);
    }
    const std::uint64_t expected = byteCount(file.shape);
    if (expected == 0)
        throw Error(ErrorKind::data, name + ": holds no examples: its size is " + product(file.shape) +
                                         ". Name another file.");
    if (expected > stream.atMost())
        throw Error(ErrorKind::data, name + ": is truncated: its header declares " + product(file.shape) +
                                         " bytes, but no more than " + std::to_string(stream.atMost()) +
                                         " can follow it. Fetch the file again.");
    return file;
}

void readIdxData(ByteStream& stream, IdxFile& file, const std::string& name,
                 const std::function<bool()>& cancelled) {
    const auto declared = static_cast<std::size_t>(byteCount(file.shape));
    readDeclared(stream, file.bytes, declared,
                 std::to_string(declared) + " bytes (" + product(file.shape) + ")", name, cancelled);
}

IdxFile readIdx(ByteStream& stream, const std::string& name, const std::function<bool()>& cancelled) {
    IdxFile file = readIdxHeader(stream, name);
    readIdxData(stream, file, name, cancelled);
    return file;
}

IdxFile parseIdx(std::span<const std::byte> bytes, const std::string& name) {
    return readIdx(*openMemory(bytes, name), name);
}

} // namespace dstn
