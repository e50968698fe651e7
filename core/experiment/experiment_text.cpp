#include "core/experiment/experiment_text.h"

#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>

namespace dstn {

std::string inQuotes(std::string_view text) {
    const std::string_view shown = firstBytes(text, 60);
    return '"' + printable(shown) + (shown.size() < text.size() ? "…" : "") + '"';
}

std::string found(const Json& value) {
    switch (value.type()) {
    case Json::value_t::object:
        return "found an object";
    case Json::value_t::array:
        return "found a list";
    case Json::value_t::string:
        return "found " + inQuotes(value.get_ref<const std::string&>());
    case Json::value_t::number_float:
        return "found " + numberText(value.get<double>());
    default:
        return "found " + value.dump();
    }
}

std::string words(const Range& range, std::string_view noun) {
    std::string text = "a " + std::string(noun);
    const bool below = std::isfinite(range.max);
    if (std::isfinite(range.min))
        text += (range.minOpen ? " above " : " of at least ") + numberText(range.min) + (below ? " and" : "");
    if (below) text += (range.maxOpen ? " below " : " of at most ") + numberText(range.max);
    return text;
}

std::string notInRange(double value, const Range& range, std::string_view noun) {
    std::string expected = words(range, noun);
    if (std::isfinite(value) && !SinglePrecision::holds(value)) {
        // Its sign or size may be wrong besides; then the range says it.
        const bool within = (range.minOpen ? value > range.min : value >= range.min) &&
                            (range.maxOpen ? value < range.max : value <= range.max);
        if (within && std::abs(value) < 1)
            expected += std::string(" that is ") + (range.holds(0.0) ? "0 or " : "") + "at least " +
                        numberText(SinglePrecision::least) + " in size";
        else if (within)
            expected += " that is at most " + numberText(SinglePrecision::largest) + " in size";
    }
    return "expected " + expected + ", found " + numberText(value);
}

std::string words(const IntegerRange& range) {
    return "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max);
}

std::string alternatives(const std::vector<std::string>& names) {
    // The program's own lists are shorter; those that a document makes need not be.
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
        text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
    return names.size() > most ? text + ", … (" + std::to_string(names.size()) + " in all)" : text;
}

/// Letters to insert, remove, replace or swap with their neighbour (optimal string alignment).
static std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
    constexpr std::size_t longest = 100;
    if (word.size() > longest) return {};
    std::string best;
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& name : names)
        if (const std::size_t d = distance(word, name); d < least) {
            least = d;
            best = name;
        }
    return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
    if (const std::string near = nearest(word, names); !near.empty())
        return " did you mean " + inQuotes(near) + "?";
    return " expected " + alternatives(names);
}

static bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool isTitle(std::string_view text) {
    constexpr std::size_t longest = 200;
    return isUtf8(text) && countCodePoints(text) <= longest && std::ranges::none_of(text, isControl) &&
           std::ranges::any_of(text, [](char c) { return c != ' '; });
}

bool isProse(std::string_view text) {
    return isUtf8(text) &&
           std::ranges::none_of(text, [](char c) { return isControl(c) && c != '\n' && c != '\t'; });
}

bool isPath(std::string_view text) { return std::ranges::none_of(text, isControl); }

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// One character that no number contains.
static bool isMark(std::string_view text) {
    return countCodePoints(text) == 1 && isUtf8(text) && !isDigit(text[0]) && !isLetter(text[0]) &&
           !isControl(text[0]) && text != "+" && text != "-" && text != "\"";
}

bool isDelimiter(std::string_view text) {
    for (const char* name : {"auto", "comma", "semicolon", "tab", "space", "\t"})
        if (text == name) return true;
    return isMark(text) && text != ".";
}

bool isThousandsMark(std::string_view text) { return text.empty() || isMark(text); }

bool isDevice(std::string_view text) {
    if (text == "auto" || text == "cpu" || text == "cuda") return true;
    constexpr std::string_view prefix = "cuda:";
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return !text.empty() && text.size() <= 3 && std::ranges::all_of(text, isDigit);
}

bool isHyperparameterName(std::string_view text) {
    constexpr std::size_t longest = 64;
    return !text.empty() && text.size() <= longest && isLetter(text[0]) &&
           std::ranges::all_of(text,
                               [](char c) { return isLetter(c) || isDigit(c) || c == '_' || c == '-'; });
}

} // namespace dstn
