#pragma once

#include "core/export.h"
#include "core/spec/data_spec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// How many examples each part gets.
struct SplitCounts {
    std::int64_t train = 0, validation = 0, test = 0;
};

/// Indices of the examples in each part, ascending.
struct Split {
    std::vector<std::int64_t> train, validation, test;
};

/// `spec.limit` first, then round(examples × spec.test) for testing unless the source has a test part of its
/// own, then round(rest × spec.validation) for validation. `name` (file or source) and `unit` (what is
/// divided) appear in messages. Throws Error{data} naming the counts where a part would be empty.
SplitCounts countSplit(const DataSpec& spec, std::int64_t examples, bool ownTest, const std::string& name,
                       const std::string& unit = "examples");

/// SplitKind::tail: training, validation, testing in file order. SplitKind::random: drawn by `seed`, the same
/// on every platform.
Split makeSplit(const DataSpec& spec, std::int64_t examples, bool ownTest, std::uint64_t seed,
                const std::string& name);

} // namespace dstn
