#pragma once

#include "core/export.h"

#include <optional>
#include <string>
#include <string_view>

namespace DSTN_EXPORT dstn {

enum class PartName { train, validation, test };

/// The part that a name stands for, in any case: train, training; val, valid, validation, dev; test, testing,
/// t10k. Nothing for any other.
std::optional<PartName> partNamed(std::string_view name);

} // namespace dstn
