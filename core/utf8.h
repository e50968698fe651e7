#pragma once

#include "core/export.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace DSTN_EXPORT dstn {

// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.

/// A code point and how many bytes stand for it.
struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 0; ///< 0: not well-formed UTF-8
};

/// The code point at the front of a text that is not empty.
CodePoint decodeUtf8(std::string_view text);

/// Whether all of a text is well-formed.
bool isUtf8(std::string_view text);

/// How many code points a text has; an invalid byte counts as one.
std::size_t countCodePoints(std::string_view text);

/// The first code points of a text, counted as countCodePoints() does.
std::string_view firstCodePoints(std::string_view text, std::size_t count);

/// The longest prefix of a text of at most this many bytes that does not split a code point.
std::string_view firstBytes(std::string_view text, std::size_t bytes);

/// A message of which no line is longer than 2,000 code points: "…" stands for the rest of one that is.
std::string bounded(std::string_view message);

/// Whether a code point steers what shows it instead of being shown: a control character, a mark of writing
/// direction, a space without width, a separator of lines, a tag. A tab and a line break are such, too.
bool steersDisplay(char32_t value);

/// A text with A to Z in lower case and all else as it is.
std::string asciiLowered(std::string text);

} // namespace dstn
