#pragma once

#include "core/export.h"

#include <cstdint>
#include <span>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Examples of each class, [classes], among those that `examples` names.
/// @param labels each in [0, classes)
std::vector<std::int64_t> countClasses(std::span<const std::int64_t> labels, std::int64_t classes,
                                       std::span<const std::int64_t> examples);
/// Among all.
std::vector<std::int64_t> countClasses(std::span<const std::int64_t> labels, std::int64_t classes);

/// The examples that a limit keeps of a source that gives them class by class: of each class the first ones,
/// n_c · limit / n of its n_c, rounded by largest remainders, and one of each class at least. Exactly `limit`
/// indices, ascending.
/// @param labels [n], each in [0, classes)
/// @param limit at least as many as there are classes, at most n
std::vector<std::int64_t> firstOfEachClass(std::span<const std::int64_t> labels, std::int64_t classes,
                                           std::int64_t limit);

} // namespace dstn
