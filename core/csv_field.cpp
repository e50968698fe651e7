#include "core/csv_field.h"

#include "core/error.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace dstn {

static bool isNumber(std::string_view text) {
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error != std::errc::invalid_argument && end == text.data() + text.size();
}

/// Spreadsheets also take the full-width forms of these signs, and look behind leading spaces. A sign alone
/// is none.
static bool isFormula(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.size() < 2) return false;
    for (const std::string_view sign : {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"})
        if (text.starts_with(sign)) return !isNumber(text);
    return false;
}

/// printable(), but for the breaks that a quoted field may have.
static std::string shown(std::string_view text) {
    std::string result;
    while (true) {
        const std::size_t end = text.find_first_of("\t\r\n");
        result += printable(text.substr(0, end));
        if (end == std::string_view::npos) return result;
        result += text[end];
        text.remove_prefix(end + 1);
    }
}

std::string csvField(const std::string& text) {
    const std::string field = (isFormula(text) ? "'" : "") + shown(text);
    if (field.find_first_of(",\"\r\n\t;") == std::string::npos) return field;
    std::string quoted = "\"";
    for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

} // namespace dstn
