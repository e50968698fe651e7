#pragma once

#include "core/export.h"

#include <string>

namespace DSTN_EXPORT dstn {

/// A field of a CSV file as RFC 4180 has it: quoted where it must be. A text that a spreadsheet would take
/// for a formula, because it begins with =, +, -, @, a tab or a carriage return and is no number, gets an
/// apostrophe before it. What steers a display (utf8.h) becomes "\x1b" and the like, but for tabs and line
/// breaks.
std::string csvField(const std::string& text);

} // namespace dstn
