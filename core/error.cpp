#include "core/error.h"

#include "core/utf8.h"

#include <array>
#include <cstdio>

namespace dstn {

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const auto [value, bytes] = decodeUtf8(text);
        const std::size_t taken = bytes == 0 ? 1 : bytes;
        if (bytes > 0 && !steersDisplay(value)) {
            shown += text.substr(0, taken);
        } else {
            const auto number =
                static_cast<unsigned>(bytes > 0 ? value : static_cast<unsigned char>(text.front()));
            std::array<char, 12> code{};
            std::snprintf(code.data(), code.size(),
                          number < 0x100     ? "\\x%02x"
                          : number < 0x10000 ? "\\u%04x"
                                             : "\\U%08x",
                          number);
            shown += code.data();
        }
        text.remove_prefix(taken);
    }
    return shown;
}

} // namespace dstn
