#include "core/archive/exact_number.h"

#include <array>
#include <charconv>
#include <cmath>

namespace dstn {

std::string exactNumber(double value) {
    if (std::isnan(value)) return "NaN";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

} // namespace dstn
