#pragma once

#include "core/data/byte_stream.h"
#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// An IDX file of unsigned bytes (LeCun, Cortes & Burges, "The MNIST database"): magic 00 00 08 RANK, then
/// RANK big-endian 32-bit sizes, then the bytes, the last dimension running fastest.
struct IdxFile {
    std::vector<std::int64_t> shape; ///< [count], [count, height, width] or [count, channels, height, width]
    std::vector<std::uint8_t> bytes; ///< as many as the shape says; empty if only the header was read
};

/// Reads the header alone. `name` appears in messages.
/// Throws Error{data} if it is not an IDX file of bytes, is empty, or declares more than the file can hold.
IdxFile readIdxHeader(ByteStream& stream, const std::string& name);

/// Reads the bytes that follow the header, which `file` holds; memory grows with what is read, not with what
/// the header declares. Throws Error{data} also if the file is truncated or continues after its data,
/// Error{interrupted} once `cancelled` says so.
void readIdxData(ByteStream& stream, IdxFile& file, const std::string& name,
                 const std::function<bool()>& cancelled = {});

/// Header and data.
IdxFile readIdx(ByteStream& stream, const std::string& name, const std::function<bool()>& cancelled = {});

/// The same of a file in memory, plain or gzip.
IdxFile parseIdx(std::span<const std::byte> bytes, const std::string& name);

} // namespace dstn
