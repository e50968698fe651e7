#include "app/dstn/terminal.h"

#include "core/error.h"
#include "core/number_text.h"
#include "core/utf8.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <streambuf>
#include <utility>

namespace dstn::cli {

/// Hands on what may be shown to the buffer that it stands before. What has come of a character that is not
/// complete waits for the rest.
class TextOnly::Buffer : public std::streambuf {
  public:
    explicit Buffer(std::streambuf& behind) : behind_(behind) {}
    std::streambuf& behind() const { return behind_; }
    /// Hands on what waits, as nothing more comes.
    bool finish() {
        bool good = true;
        for (; good && !waiting_.empty(); waiting_.erase(0, 1))
            good = put(waiting_[0] == '\r' ? "\\u000d" : replacement);
        return good;
    }

  protected:
    int_type overflow(int_type byte) override {
        if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
        const char c = traits_type::to_char_type(byte);
        return xsputn(&c, 1) == 1 ? byte : traits_type::eof();
    }
    std::streamsize xsputn(const char* bytes, std::streamsize count) override {
        const std::string_view added(bytes, static_cast<std::size_t>(count));
        if (waiting_.empty()) return take(added) ? count : 0;
        const std::string all = std::exchange(waiting_, {}) + std::string(added);
        return take(all) ? count : 0;
    }
    int sync() override { return behind_.pubsync(); }

  private:
    static constexpr std::string_view replacement = "\uFFFD";

    bool put(std::string_view text) {
        const auto size = static_cast<std::streamsize>(text.size());
        return behind_.sputn(text.data(), size) == size;
    }
    static bool isPlain(char c) { return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t'; }

    bool take(std::string_view text) {
        while (!text.empty()) {
            const auto plain =
                static_cast<std::size_t>(std::ranges::find_if_not(text, isPlain) - text.begin());
            if (plain > 0 && !put(text.substr(0, plain))) return false;
            text.remove_prefix(plain);
            if (text.empty()) return true;
            if (isBegun(text)) {
                waiting_ = text;
                return true;
            }
            if (!special(text)) return false;
        }
        return true;
    }
    /// Whether more bytes may make a whole character, or the end of a line, of this.
    static bool isBegun(std::string_view text) {
        if (text.front() == '\r') return text.size() == 1;
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
        return text.size() < bytes && first <= 0xF4 &&
               std::ranges::all_of(text.substr(1), [](char c) { return (c & 0xC0) == 0x80; });
    }
    /// Hands on the first character, which isPlain() has not, and removes it from the text.
    bool special(std::string_view& text) {
        if (text.starts_with("\r\n")) {
            text.remove_prefix(2);
            return put("\r\n");
        }
        const auto [value, bytes] = decodeUtf8(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(1, bytes));
        text.remove_prefix(character.size());
        if (bytes == 0) return put(replacement);
        if (!steersDisplay(value)) return put(character);
        if (value < 0x10000) return escape(value);
        return escape(0xD800 + ((value - 0x10000) >> 10U)) && escape(0xDC00 + (value & 0x3FFU));
    }
    bool escape(char32_t unit) {
        std::array<char, 12> code{};
        std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(unit));
        return put(code.data());
    }

    std::streambuf& behind_;
    std::string waiting_;
};

TextOnly::TextOnly(std::ostream& stream)
    : stream_(stream), buffer_(std::make_unique<Buffer>(*stream.rdbuf())) {
    const auto state = stream_.rdstate();
    stream_.rdbuf(buffer_.get()); // clears the state
    stream_.setstate(state);
}

TextOnly::~TextOnly() {
    const bool finished = buffer_->finish();
    const auto state = stream_.rdstate() | (finished ? std::ios::goodbit : std::ios::badbit);
    stream_.rdbuf(&buffer_->behind());
    stream_.setstate(state);
}

void clearTerminalLine() {
    std::cerr.flush();
    std::fputs("\r\033[K", stderr);
}

void complain(std::string_view message) {
    const std::string text = bounded(message);
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        std::cerr << "dstn: " << printable(line) << '\n';
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
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
    auto shown = rows;
    for (auto& row : shown) {
        for (std::string& cell : row) cell = printable(cell);
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], textWidth(row[i]));
    }
    std::string result;
    for (const auto& row : shown) {
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
