#pragma once

#include "core/export.h"

#include <string>

namespace DSTN_EXPORT dstn {

/// A field of a CSV file as RFC 4180 has it: quoted where it must be.
std::string csvField(const std::string& text);

} // namespace dstn
