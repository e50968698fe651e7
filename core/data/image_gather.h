#pragma once

#include "core/data/dataset.h"
#include "core/export.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A channel's map, tabulated for each of the 256 values of a byte.
using ByteTable = std::array<float, 256>;
std::vector<ByteTable> tabulated(const std::vector<Scaling>& channels);

/// Images [rows.size(), channels, pixels], from those of a source [source images, channels, pixels] of bytes,
/// each channel through its table: into[i] = table(source[rows[i]]).
void gatherImages(std::span<const std::uint8_t> source, std::span<const std::int64_t> rows,
                  std::span<const ByteTable> tables, std::int64_t pixels, float* into);

} // namespace dstn
