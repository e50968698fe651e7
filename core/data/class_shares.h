#pragma once

#include "core/data/split.h"
#include "core/export.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The examples that a limit keeps of a source that gives them class by class: of each class the first ones,
/// n_c · limit / n of its n_c, rounded by largest remainders, and one of each class at least. Exactly `limit`
/// indices, ascending.
/// @param labels [n], each in [0, classes)
/// @param limit at least as many as there are classes, at most n
std::vector<std::int64_t> firstOfEachClass(std::span<const std::int64_t> labels, std::int64_t classes,
                                           std::int64_t limit);

/// What a user should know about a split: that a class of the source has no example among those that
/// `spec.limit` keeps, or none in the training part. Nothing where each class has one there.
/// @param labels all of the source's training examples, of which `split` holds indices
/// @param classNames empty where the source has none
std::optional<std::string> absentClasses(const DataSpec& spec, std::span<const std::int64_t> labels,
                                         const std::vector<std::string>& classNames, const Split& split,
                                         const std::string& name);

} // namespace dstn
