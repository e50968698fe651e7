#pragma once

#include "core/export.h"

#include <cstddef>
#include <string_view>

namespace DSTN_EXPORT dstn {

/// A code point and how many bytes stand for it.
struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 0; ///< 0: no well-formed UTF-8
};

/// The code point at the front of a text that is not empty (RFC 3629: no overlong forms, no surrogates,
/// nothing above U+10FFFF).
CodePoint decodeUtf8(std::string_view text);

} // namespace dstn
