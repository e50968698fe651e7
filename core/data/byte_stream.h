#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

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
/// is read, checksums verified. Throws Error{data} if there is no such readable regular file.
std::unique_ptr<ByteStream> openFile(const std::filesystem::path& path);

/// The same for bytes in memory, which must outlive the stream; `name` appears in messages.
std::unique_ptr<ByteStream> openMemory(std::span<const std::byte> bytes, const std::string& name);

/// All of a file's text, plain or gzip. Throws Error{data} as openFile() does, Error{device} if it does
/// not fit in memory, Error{interrupted} once `cancelled` says so.
std::string readText(const std::filesystem::path& path, const std::function<bool()>& cancelled = {});

} // namespace dstn
