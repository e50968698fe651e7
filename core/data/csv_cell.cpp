#include "core/data/csv_cell.h"

#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace dstn {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Removes what separates groups of three digits in the part before the decimal mark. False where the groups
/// are others.
bool ungroup(std::string& digits, const std::string& separator) {
    std::string joined;
    std::size_t group = 0;
    for (std::size_t start = 0; start <= digits.size(); ++group) {
        const std::size_t end = std::min(digits.find(separator, start), digits.size());
        const std::size_t size = end - start;
        const bool first = group == 0, only = first && end == digits.size();
        if (!only && (first ? size < 1 || size > 3 : size != 3)) return false;
        joined.append(digits, start, size);
        if (end == digits.size()) break;
        start = end + separator.size();
    }
    digits = std::move(joined);
    return true;
}

/// The text without those of `parts` that it begins or ends with.
std::string_view stripped(std::string_view text, std::span<const std::string_view> parts) {
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view part : parts) {
            const std::size_t before = text.size();
            if (text.starts_with(part)) text.remove_prefix(part.size());
            if (text.ends_with(part)) text.remove_suffix(part.size());
            again = again || text.size() < before;
        }
    }
    return text;
}

/// Whether digits with signs about and between them are what a person reads as one number.
bool looksLikeNumber(std::string_view cell) {
    constexpr std::array<std::string_view, 13> about{"$",      "€",      "£", "¥", "%", "‰", " ",
                                                     "\u00A0", "\u202F", "−", "-", "+", "("};
    constexpr std::array<std::string_view, 1> closing{")"};
    constexpr std::array<std::string_view, 7> between{",", ".", " ", "'", "_", "\u00A0", "\u202F"};
    std::string_view rest = stripped(stripped(stripped(cell, about), closing), about);
    bool digits = false;
    while (!rest.empty()) {
        if (isDigit(rest.front())) {
            digits = true;
            rest.remove_prefix(1);
            continue;
        }
        const auto sign =
            std::ranges::find_if(between, [&](std::string_view one) { return rest.starts_with(one); });
        if (sign == between.end()) break;
        rest.remove_prefix(sign->size());
    }
    // What is left may be an exponent.
    if (digits && rest.size() > 1 && (rest.front() == 'e' || rest.front() == 'E')) {
        rest.remove_prefix(1);
        if (rest.front() == '-' || rest.front() == '+') rest.remove_prefix(1);
        while (!rest.empty() && isDigit(rest.front())) rest.remove_prefix(1);
    }
    return digits && rest.empty();
}

} // namespace

CellReader::CellReader(bool decimalComma, std::string thousands, std::span<const std::string> missing)
    : decimal_(decimalComma ? ',' : '.'),
      thousands_(std::move(thousands)),
      missing_(missing.begin(), missing.end()) {
    std::ranges::sort(missing_);
}

bool CellReader::number(std::string_view cell, Cell& read) const {
    if (cell.starts_with('+') && !cell.substr(1).starts_with('-')) cell.remove_prefix(1);
    std::string rewritten;
    if (decimal_ == ',' || !thousands_.empty()) {
        const std::size_t sign = cell.starts_with('-') ? 1 : 0;
        const std::size_t end = std::min(cell.find_first_of(std::string("eE") + decimal_, sign), cell.size());
        std::string whole(cell.substr(sign, end - sign));
        std::string rest(cell.substr(end));
        if (!thousands_.empty() && !ungroup(whole, thousands_)) return false;
        // Whatever mark is left is none of this file's.
        if (whole.find_first_not_of("0123456789") != whole.npos) return false;
        if (decimal_ == ',' && rest.find('.') != rest.npos) return false;
        std::ranges::replace(rest, ',', '.');
        rewritten = cell.substr(0, sign);
        rewritten.append(whole).append(rest);
        cell = rewritten;
    }
    double value = 0.0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (end != cell.data() + cell.size()) return false;
    // Both extremes are reported alike; what is too small to represent is 0, what is too large is not a
    // number.
    if (error == std::errc::result_out_of_range &&
        (cell.find("e-") != cell.npos || cell.find("E-") != cell.npos))
        value = 0.0;
    else if (error != std::errc{})
        return false;
    if (!std::isfinite(value)) return false;
    const std::string_view digits = cell.substr(cell.starts_with('-') ? 1 : 0);
    read = {.kind = CellKind::number,
            .value = value,
            .fraction = cell.find_first_of(".eE") != cell.npos,
            .leadingZero = digits.size() > 1 && digits[0] == '0' && isDigit(digits[1])};
    return true;
}

Cell CellReader::read(std::string_view cell) const {
    if (cell.empty() || std::ranges::binary_search(missing_, cell)) return {};
    Cell read;
    if (number(cell, read)) return read;
    if (cell.size() <= 5) {
        const std::string lowered = asciiLowered(std::string(cell));
        if (lowered == "true" || lowered == "false")
            return {.kind = CellKind::boolean, .value = lowered == "true" ? 1.0 : 0.0};
    }
    return {.kind = looksLikeNumber(cell) ? CellKind::numberLike : CellKind::text};
}

std::string numberLikeAdvice(std::string_view cell) {
    const std::string alone = "write the number alone, such as 1234";
    if (cell.starts_with('-') || cell.starts_with('+')) cell.remove_prefix(1);
    // The marks between its digits, and how many digits follow each.
    std::string marks;
    std::vector<std::size_t> following;
    for (const char c : cell) {
        if (isDigit(c)) {
            if (!following.empty()) ++following.back();
            continue;
        }
        if (c != ',' && c != '.' && c != ' ' && c != '\'') return alone;
        marks += c;
        following.push_back(0);
    }
    if (marks.empty()) return alone;
    const char first = marks.front(), last = marks.back();
    const auto grouped = [&](std::size_t count) {
        return std::all_of(following.begin(), following.begin() + static_cast<std::ptrdiff_t>(count),
                           [](std::size_t digits) { return digits == 3; }) &&
               marks.substr(0, count) == std::string(count, first);
    };
    const auto thousands = [](char mark) { return std::string("data.thousands to \"") + mark + "\""; };
    if (first != last) {
        if (!grouped(marks.size() - 1) || (last != ',' && last != '.')) return alone;
        return std::string("set data.decimal to \"") + (last == ',' ? "comma" : "point") + "\" and " +
               thousands(first);
    }
    const bool groups = grouped(marks.size()), one = marks.size() == 1;
    if (one && (first == ',' || first == '.')) {
        const std::string mark = first == ',' ? "comma" : "point";
        if (!groups) return "set data.decimal to \"" + mark + "\"";
        return "set " + thousands(first) + " if the " + mark + " separates thousands" +
               (first == '.' ? ", with data.decimal \"comma\"" : "") + "; or data.decimal to \"" + mark +
               "\" if it is the decimal mark";
    }
    if (!groups) return alone;
    return "set " + thousands(first) + (first == '.' ? ", with data.decimal \"comma\"" : "");
}

std::string cellText(std::string_view cell) {
    // Long enough to recognise the cell, short enough for one line.
    constexpr std::size_t longest = 40;
    const std::string_view shown = firstBytes(cell, longest);
    std::string text(1, '"');
    text += printable(shown);
    text += shown.size() < cell.size() ? "…\"" : "\"";
    return text;
}

} // namespace dstn
