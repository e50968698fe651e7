#pragma once

#include "core/data/dataset.h"
#include "core/data/split.h"
#include "core/data/table.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dstn {

/// What a message about targets names.
struct TargetNames {
    std::string source; ///< file or folder
    std::string target; ///< the column's name; empty where it has none
};

/// The maps for images [count, channels, pixels] of bytes from the statistics of the images named by
/// `training`. unit: x / 255. standardize: minus the channel's mean over its standard deviation; 0 for a
/// channel that is constant. none: x.
std::vector<Scaling> channelMaps(Normalize how, std::span<const std::uint8_t> images, std::int64_t channels,
                                 std::int64_t pixels, std::span<const std::int64_t> training);

/// The same for images of numbers. unit: from black to white, or where those are not known from the least to
/// the largest value, to [0, 1]. standardize: as above. `name` appears in messages. Throws Error{data} as
/// columnMaps() does.
std::vector<Scaling> channelMaps(Normalize how, std::span<const float> images, const PixelValues& values,
                                 std::int64_t channels, std::int64_t pixels,
                                 std::span<const std::int64_t> training, const std::string& name);

/// What a channel's black and white are taken to be.
struct BlackAndWhite {
    double black = 0.0, white = 1.0;
};

/// Those of images of numbers, [channels]. Where they are not known, black is the channel's mean over the
/// training part, which fills what an augmentation leaves empty, and white a standard deviation above it.
std::vector<BlackAndWhite> blackAndWhite(std::span<const float> images, const PixelValues& values,
                                         std::int64_t channels, std::int64_t pixels,
                                         std::span<const std::int64_t> training, const std::string& name);

/// The maps for a table's columns from the rows named by `training`. unit: the column's range to [0, 1].
/// standardize: minus its mean over its (population) standard deviation. Both: 0 for a constant column.
/// none: x. Throws Error{data} naming `name` and the column whose values lie too close together or too far
/// apart for these to be computed.
std::vector<Scaling> columnMaps(Normalize how, const Table& table, std::span<const std::int64_t> training,
                                const std::string& name);

/// Each column's mean over the training part, to stand for missing values (NaN), which have no part in it;
/// empty where none is missing. Throws Error{data} naming the column of which the training part has no value.
std::vector<double> columnMeans(const Table& table, std::span<const std::int64_t> training,
                                const std::string& name);

/// The maps for the columns of targets [rows, outputs]: standardised with Normalize::standardize, else x.
/// Throws Error{data} as columnMaps() does, and if all the training part's targets of a column are the same.
/// @param names whom a message names: the file, and the target
std::vector<Scaling> targetMaps(Normalize how, std::span<const double> targets, std::int64_t outputs,
                                std::span<const std::int64_t> training, const TargetNames& names);

/// The named rows of targets through the maps. Throws Error{data} as mapRows() does.
std::vector<float> mapTargets(std::span<const double> targets, const std::vector<Scaling>& maps,
                              std::span<const std::int64_t> which, const TargetNames& names);

/// The named rows through the maps, with their labels or targets. Throws Error{data} naming `name`, the
/// column and the value where one is beyond the range of a float, Error{interrupted} once `cancelled` says
/// so.
/// @param means what stands for missing values; empty: none is missing
Examples mapRows(const Table& table, const std::vector<Scaling>& columns, std::span<const double> means,
                 const std::vector<Scaling>& targets, std::span<const std::int64_t> which,
                 const std::string& name, const std::function<bool()>& cancelled);

} // namespace dstn
