#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Bytes that are read once, front to back: of a file, of memory, or decompressed from either.
class ByteStream {
  public:
    virtual ~ByteStream() = default;
    /// Fills `into` and returns how many bytes it got: fewer than asked for only at the end of the stream.
    /// Throws Error{data} if the source cannot be read or its compression is damaged.
    virtual std::size_t read(std::span<std::byte> into) = 0;
    /// An upper bound on the bytes left.
    virtual std::uint64_t atMost() const = 0;
    /// Whether that bound is exact: false if they are compressed.
    virtual bool exact() const { return true; }
};

/// A file's bytes; gzip (RFC 1952, one member or several) is recognised by content and decompressed as it
/// is read, checksums verified; refused where more than 1 GiB and 100 times its size comes out of it. Throws
/// Error{data} if there is no such readable regular file.
std::unique_ptr<ByteStream> openFile(const std::filesystem::path& path);

/// The same without decompressing anything.
std::unique_ptr<ByteStream> openRawFile(const std::filesystem::path& path);

/// The same for bytes in memory, which must outlive the stream; `name` appears in messages.
std::unique_ptr<ByteStream> openMemory(std::span<const std::byte> bytes, const std::string& name);

/// Appends the bytes that a header declares to what was read of them, and makes sure that they are the last.
/// @param declared their number
/// @param size     that number in words, for messages: "47040000 bytes (60000 × 28 × 28)"
/// Throws Error{data} if fewer or more follow, Error{interrupted} once `cancelled` says so.
void readDeclared(ByteStream& stream, std::vector<std::uint8_t>& bytes, std::size_t declared,
                  const std::string& size, const std::string& name, const std::function<bool()>& cancelled);

/// An upper bound on the bytes that so many bytes of deflate decompress to.
std::uint64_t inflatedAtMost(std::uint64_t compressed);

/// All of a file's text, plain or gzip. Throws Error{data} as openFile() does, Error{device} if it does
/// not fit in memory, Error{interrupted} once `cancelled` says so.
std::string readText(const std::filesystem::path& path, const std::function<bool()>& cancelled = {});

} // namespace dstn
