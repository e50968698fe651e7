#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// One tensor of a safetensors file: its name and where its bytes are.
struct SafetensorsEntry {
    std::string name;
    std::string dtype; ///< "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"
    std::vector<std::int64_t> shape;
    std::span<const std::byte> data; ///< little-endian, row-major; not owned
};

/// A safetensors file in memory: 8 bytes with the header's length, a JSON header with dtype, shape and
/// data_offsets of every tensor and `__metadata__` of strings, then the data.
struct Safetensors {
    std::map<std::string, std::string> metadata;
    std::vector<SafetensorsEntry> entries; ///< in the header's order
};

/// Bytes of one element; 0 for an unknown dtype.
std::size_t safetensorsElementSize(std::string_view dtype);

/// The file's bytes. The data are ordered by decreasing element size, as readers that map the file expect.
/// Throws Error{archive} for a name given twice or reserved, an unknown dtype, data that do not fit the
/// shape, and text that is not UTF-8.
std::string writeSafetensors(const Safetensors& file);

/// Entries point into `bytes`. Throws Error{archive} saying what is wrong, for anything that is not a whole
/// safetensors file: cut short, a header that is not such JSON, unknown dtypes, sizes that disagree with
/// shapes, data that overlap, leave a gap or lie outside.
Safetensors parseSafetensors(std::string_view bytes);

} // namespace dstn
