#include "app/dstn/whole_number.h"

#include "core/error.h"

#include <algorithm>
#include <charconv>

namespace dstn::cli {

static bool inRange(const std::string& text, std::uint64_t least, std::uint64_t most) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return false;
    if (text.size() > 1 && text[0] == '0') return false;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && number >= least && number <= most;
}

CLI::Validator wholeNumber(std::uint64_t least, std::uint64_t most) {
    const auto check = [=](const std::string& text) -> std::string {
        if (inRange(text, least, most)) return {};
        return "expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
               " without leading zeros, found \"" + printable(text) + "\"";
    };
    return CLI::Validator(check, "");
}

} // namespace dstn::cli
