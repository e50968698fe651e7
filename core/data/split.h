#pragma once

#include "core/export.h"
#include "core/spec/data_spec.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// How many examples each part gets.
struct SplitCounts {
    std::int64_t train = 0, validation = 0, test = 0;
};

/// Indices of the examples in each part, ascending; empty for a part that the source has of its own.
struct Split {
    std::vector<std::int64_t> train, validation, test;
};

/// A part that a source has beside the one that is split.
struct OwnPart {
    std::int64_t examples = 0;
    std::span<const std::int64_t> labels = {}; ///< [examples]; empty for other tasks, and where not known
};

/// What there is to split.
struct SplitSource {
    std::string name; ///< file or source; appears in messages
    std::int64_t examples = 0;
    TaskKind task = TaskKind::regression;
    std::span<const std::int64_t> labels = {}; ///< [examples]; empty for other tasks, and where not known
    std::int64_t classes = 0;
    std::vector<std::string> classNames = {}; ///< empty where the source has none
    bool classByClass = false; ///< ordered by class: a limit takes its share of each, and at least one
    std::optional<OwnPart> validation = {}, test = {};
    std::string lookedFor =
        {}; ///< what a validation part of its own would be: "the folder val"; may be empty
};

/// `spec.limit` first, then round(examples × spec.test) for testing unless the source has a test part of its
/// own, then round(rest × spec.validation) for validation. `name` (file or source) and `unit` (what is
/// divided) appear in messages. Throws Error{data} naming the counts where a part would be empty.
SplitCounts countShares(const DataSpec& spec, std::int64_t examples, bool ownTest, const std::string& name,
                        const std::string& unit = "examples");

/// What SplitKind::automatic means for a source; any other kind is itself. Throws Error{data} where the kind
/// asks for what the source has not: a validation part, or classes.
SplitKind splitKind(const DataSpec& spec, const SplitSource& source);

/// How many examples each part will have, own ones included; as countShares(), but that a stratified part is
/// smaller where it would take the last example of a class. Throws Error{data} as makeSplit() does.
SplitCounts countSplit(const DataSpec& spec, const SplitSource& source);

/// Divides a source. tail: training, validation, testing in file order. random: drawn by `seed`, the same on
/// every platform. stratified: of each class its share by largest remainders, drawn by `seed`; a class of two
/// examples or more has one at least in the training part, and in the validation part where that is large
/// enough. given: what is not kept for testing is for training. Throws Error{data} as countShares() and
/// splitKind() do, and where the examples are ordered by class and their tail is asked for.
Split makeSplit(const DataSpec& spec, const SplitSource& source, std::uint64_t seed);

} // namespace dstn
