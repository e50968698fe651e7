#include "core/error.h"

#include <array>
#include <cstdio>

namespace dstn {

std::string printable(std::string_view text) {
    std::string shown;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        // U+0080 to U+009F are control characters too, in UTF-8 two bytes.
        const bool late =
            byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (byte >= 0x20 && byte != 0x7F && !late) {
            shown += text[i];
            continue;
        }
        if (late) ++i;
        std::array<char, 8> code{};
        std::snprintf(code.data(), code.size(), "\\x%02x",
                      static_cast<unsigned>(static_cast<unsigned char>(text[i])));
        shown += code.data();
    }
    return shown;
}

} // namespace dstn
