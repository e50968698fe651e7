#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dstn::cli {

/// As long as it lives, a stream shows text and nothing else, whatever it is that is written: what steers a
/// display (core/utf8.h) leaves as "\u001b", with surrogates above U+FFFF, and a byte that is not UTF-8 as
/// U+FFFD. So JSON, where such characters stand in strings alone, keeps its meaning. Tabs, line breaks, and a
/// carriage return before one, which ends a line of CSV, stay.
class TextOnly {
  public:
    explicit TextOnly(std::ostream& stream);
    ~TextOnly();
    TextOnly(const TextOnly&) = delete;
    TextOnly& operator=(const TextOnly&) = delete;

  private:
    class Buffer;
    std::ostream& stream_;
    std::unique_ptr<Buffer> buffer_;
};

/// Clears the line of the terminal on stderr and returns to its start.
void clearTerminalLine();

/// "dstn: message" to stderr, a line for each of the message's.
void complain(std::string_view message);

bool stderrIsTerminal();
/// Columns of the terminal on stderr; 80 if unknown.
int terminalWidth();

/// Columns that a UTF-8 text takes, each code point being one wide.
int textWidth(std::string_view text);
/// The text cut to this many columns, with "…" where something was cut.
std::string shortened(std::string_view text, int width);

/// Columns, aligned: numbers right, the first row being the heads. What a cell holds stays in its line.
struct Table {
    std::vector<std::vector<std::string>> rows;
    std::vector<bool> right; ///< by column; absent: left
    std::string text() const;
};

/// valueText() of it; "-" where absent.
std::string shortNumber(std::optional<double> value);

} // namespace dstn::cli
