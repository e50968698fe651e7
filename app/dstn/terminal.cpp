#include "app/dstn/terminal.h"

#include "core/error.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

namespace dstn::cli {

void complain(std::string_view message) {
    while (!message.empty()) {
        const auto end = message.find('\n');
        std::cerr << "dstn: " << printable(message.substr(0, end)) << '\n';
        message = end == std::string_view::npos ? "" : message.substr(end + 1);
    }
    std::cerr.flush();
}

bool stderrIsTerminal() { return isatty(STDERR_FILENO) == 1; }

int terminalWidth() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

static bool beginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

int textWidth(std::string_view text) {
    return static_cast<int>(std::count_if(text.begin(), text.end(), beginsCharacter));
}

std::string shortened(std::string_view text, int width) {
    if (textWidth(text) <= width) return std::string(text);
    std::string result;
    int columns = 0;
    for (const char byte : text) {
        if (beginsCharacter(byte) && ++columns >= width) break;
        result += byte;
    }
    return width > 0 ? result + "…" : "";
}

std::string Table::text() const {
    std::vector<int> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], textWidth(row[i]));
    }
    std::string result;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(static_cast<std::size_t>(widths[i] - textWidth(row[i])), ' ');
            const bool toTheRight = i < right.size() && right[i];
            line += (i == 0 ? "" : "  ") + (toTheRight ? space + row[i] : row[i] + space);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        result += line + '\n';
    }
    return result;
}

std::string shortNumber(std::optional<double> value) {
    if (!value) return "-";
    if (std::isnan(*value)) return "NaN";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g", *value);
    return text.data();
}

std::string duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return "-";
    const auto whole = static_cast<long long>(std::llround(seconds));
    std::array<char, 48> text{};
    if (whole >= 3600)
        std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                      whole % 60);
    else
        std::snprintf(text.data(), text.size(), "%lld:%02lld", whole / 60, whole % 60);
    return text.data();
}

} // namespace dstn::cli
