#include "core/error.h"

#include "core/utf8.h"

#include <array>
#include <cstdio>

namespace dstn {

static bool isControl(char32_t value) { return value < 0x20 || (value >= 0x7F && value < 0xA0); }

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const auto [value, bytes] = decodeUtf8(text);
        const std::size_t taken = bytes == 0 ? 1 : bytes;
        if (bytes > 0 && !isControl(value)) {
            shown += text.substr(0, taken);
        } else {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "\\x%02x",
                          bytes > 0 ? static_cast<unsigned>(value)
                                    : static_cast<unsigned char>(text.front()));
            shown += code.data();
        }
        text.remove_prefix(taken);
    }
    return shown;
}

} // namespace dstn
