#pragma once

#include "core/data/dataset.h"
#include "core/data/split.h"
#include "core/export.h"

#include <cstdint>
#include <optional>

namespace DSTN_EXPORT dstn {

/// The split of a source as far as it can be known without the seed: all of it with one.
std::optional<Split> probedSplit(const DataSpec& spec, const SplitSource& source,
                                 std::optional<std::uint64_t> seed);

/// Says of a data set how it is divided: the counts, those of each class, the decision on where the
/// validation part comes from, and warnings of a part that is not used and of classes without examples.
/// @param split empty: only the counts are known
void describeSplit(DataInfo& info, const DataSpec& spec, const SplitSource& source,
                   const std::optional<Split>& split);

} // namespace dstn
