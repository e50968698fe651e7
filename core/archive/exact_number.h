#pragma once

#include <string>

namespace dstn {

/// The shortest text that reads back as the same number; "NaN", "inf", "-inf".
std::string exactNumber(double value);

} // namespace dstn
