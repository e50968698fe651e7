#pragma once

#include "core/data/dataset.h"
#include "core/data/split.h"
#include "core/data/table.h"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dstn {

/// The maps for images [count, channels, pixels] of bytes from the statistics of the images named by
/// `training`. unit: x / 255. standardize: minus the channel's mean over its standard deviation; 0 for a
/// channel that is constant. none: x.
std::vector<Scaling> channelMaps(Normalize how, std::span<const std::uint8_t> images, std::int64_t channels,
                                 std::int64_t pixels, std::span<const std::int64_t> training);

/// A channel's map, tabulated for each of the 256 values of a byte.
std::array<float, 256> tabulated(const Scaling& map);

/// The named images through the maps. Throws Error{interrupted} once `cancelled` says so.
std::vector<float> mapImages(std::span<const std::uint8_t> images, const std::vector<Scaling>& maps,
                             std::int64_t pixels, std::span<const std::int64_t> which,
                             const std::function<bool()>& cancelled);

/// The maps for a table's columns from the rows named by `training`. unit: the column's range to [0, 1].
/// standardize: minus its mean over its (population) standard deviation. Both: 0 for a constant column.
/// none: x. Throws Error{data} naming `name` and the column whose values lie too close together or too far
/// apart for these to be computed.
std::vector<Scaling> columnMaps(Normalize how, const Table& table, std::span<const std::int64_t> training,
                                const std::string& name);

/// The map for the targets: standardised with Normalize::standardize, else x. The table must be of a
/// regression. Throws Error{data} as columnMaps() does, and if the training part's targets are all the same.
Scaling targetMap(Normalize how, const Table& table, std::span<const std::int64_t> training,
                  const std::string& name);

/// The named rows through the maps, with their labels or targets. Throws Error{data} naming `name`, the
/// column and the value where one is beyond the range of a float, Error{interrupted} once `cancelled` says
/// so.
Examples mapRows(const Table& table, const std::vector<Scaling>& columns, const Scaling& target,
                 std::span<const std::int64_t> which, const std::string& name,
                 const std::function<bool()>& cancelled);

} // namespace dstn
