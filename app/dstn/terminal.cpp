#include "app/dstn/terminal.h"

#include "core/error.h"
#include "core/number_text.h"
#include "core/utf8.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
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

int textWidth(std::string_view text) { return static_cast<int>(countCodePoints(text)); }

std::string shortened(std::string_view text, int width) {
    if (textWidth(text) <= width) return std::string(text);
    return width > 0 ? std::string(firstCodePoints(text, static_cast<std::size_t>(width - 1))) + "…" : "";
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

std::string shortNumber(std::optional<double> value) { return value ? valueText(*value) : "-"; }

} // namespace dstn::cli
