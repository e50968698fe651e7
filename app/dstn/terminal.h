#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dstn::cli {

/// "dstn: message" to stderr, a line for each of the message's.
void complain(std::string_view message);

bool stderrIsTerminal();
/// Columns of the terminal on stderr; 80 if unknown.
int terminalWidth();

/// Columns that a UTF-8 text takes, each code point being one wide.
int textWidth(std::string_view text);
/// The text cut to this many columns, with "…" where something was cut.
std::string shortened(std::string_view text, int width);

/// Columns, aligned: numbers right, the first row being the heads.
struct Table {
    std::vector<std::vector<std::string>> rows;
    std::vector<bool> right; ///< by column; absent: left
    std::string text() const;
};

/// valueText() of it; "-" where absent.
std::string shortNumber(std::optional<double> value);

} // namespace dstn::cli
