#include "core/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace dstn {

namespace {

/// std::to_chars() ignores the locale, unlike std::printf(), for which Qt's programs set one.
template <typename... Format>
std::string characters(double value, Format... format) {
    std::array<char, 400> text{}; // 1.8e308 has 309 digits
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format...).ptr;
    return {text.data(), end};
}

std::string fixedText(double value, int decimals) {
    return characters(value, std::chars_format::fixed, decimals);
}

/// "1.235e-07" -> "1.235e-7".
std::string shortExponent(const std::string& text) {
    const auto e = text.find('e');
    if (e == std::string::npos) return text;
    return text.substr(0, e + 1) + std::to_string(std::stoi(text.substr(e + 1)));
}

/// Empty for a finite number.
std::string notFiniteText(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "∞" : "-∞";
    return {};
}

/// Of the leading digit.
int exponentOf(double value) {
    return value == 0.0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value))));
}

/// Beyond these, values are written with an exponent.
constexpr double small = 1e-4, large = 1e6;
constexpr int largeExponent = 6;

std::string twoDigits(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

} // namespace

std::string numberText(double value) {
    if (std::string text = notFiniteText(value); !text.empty()) return text;
    const double size = std::abs(value);
    std::string fixed = value == 0.0 ? "0" : characters(value, std::chars_format::fixed);
    constexpr double smallTyped = 1e-3; // people type 1e-4, a usual weight decay, and 0.001
    if (value == 0.0 || (size >= smallTyped && size < large)) return fixed;
    std::string scientific = shortExponent(characters(value, std::chars_format::scientific));
    return scientific.size() < fixed.size() ? scientific : fixed;
}

std::string valueText(double value) {
    if (std::string text = notFiniteText(value); !text.empty()) return text;
    const double size = std::abs(value);
    if (value == 0.0) return "0";
    if (value == std::round(value) && size < large) return fixedText(value, 0);
    constexpr int digits = 4;
    const std::string scientific =
        shortExponent(characters(value, std::chars_format::scientific, digits - 1));
    const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1)); // after rounding
    if (size < small || exponent >= largeExponent) return scientific;
    return fixedText(value, std::max(0, digits - 1 - exponent));
}

std::string signedText(double value) { return (value > 0.0 ? "+" : "") + valueText(value); }

std::string percentText(double fraction) {
    if (!std::isfinite(fraction)) return valueText(fraction);
    return fixedText(100.0 * fraction, 2) + " %";
}

std::string meanText(double mean, const std::optional<double>& error) {
    if (!error || !std::isfinite(mean)) return valueText(mean);
    if (!std::isfinite(*error) || *error == 0.0) return valueText(mean) + " ± " + valueText(*error);
    const double largest = std::max(std::abs(mean), *error);
    const bool scaled = largest < small || largest >= large;
    const int exponent = exponentOf(largest);
    const double scale = scaled ? std::pow(10.0, exponent) : 1.0;
    constexpr int digits = 2, mostDecimals = 9;
    const int decimals = std::clamp(digits - 1 - exponentOf(*error / scale), 0, mostDecimals);
    const std::string text = fixedText(mean / scale, decimals) + " ± " + fixedText(*error / scale, decimals);
    return scaled ? "(" + text + ")e" + std::to_string(exponent) : text;
}

std::string meanPercentText(double mean, const std::optional<double>& error) {
    if (!error || !std::isfinite(mean)) return percentText(mean);
    return meanText(100.0 * mean, 100.0 * *error) + " %";
}

std::string probabilityText(double p) {
    if (!std::isfinite(p)) return valueText(p);
    constexpr double smallest = 1e-3;
    return p < smallest ? "< 0.001" : fixedText(p, 3);
}

std::string quantityText(double amount) {
    constexpr double least = 0.01, few = 100.0, most = 1e15;
    if (!(std::abs(amount) < most) || (amount != 0.0 && std::abs(amount) < least)) return valueText(amount);
    if (std::abs(amount) < few) return numberText(std::round(amount * 100.0) / 100.0);
    return countText(std::llround(amount));
}

std::string decimalText(double value, int decimals) {
    const std::string text = notFiniteText(value);
    return text.empty() ? fixedText(value, decimals) : text;
}

std::string countText(std::int64_t count) {
    std::string text = std::to_string(count);
    const std::size_t first = count < 0 ? 1 : 0;
    for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, ",");
    return text;
}

std::string bytesText(double bytes) {
    constexpr double kibi = 1 << 10, mebi = 1 << 20, gibi = 1 << 30;
    if (bytes < mebi) return fixedText(bytes / kibi, 0) + " KiB";
    return bytes < gibi ? fixedText(bytes / mebi, 0) + " MiB" : fixedText(bytes / gibi, 1) + " GiB";
}

std::string rateText(double perSecond, std::string_view what) {
    return quantityText(perSecond) + ' ' + std::string(what) + "/s";
}

std::string durationText(double seconds) {
    constexpr double longest = 1e12, precise = 10.0;
    if (!(seconds >= 0.0) || seconds > longest) return "–";
    if (seconds < precise) return fixedText(seconds, 1) + " s";
    const auto total = static_cast<std::int64_t>(std::llround(seconds));
    if (total < 60) return std::to_string(total) + " s";
    if (total < 3600) return std::to_string(total / 60) + " min " + twoDigits(total % 60) + " s";
    if (total < 86400) return std::to_string(total / 3600) + " h " + twoDigits(total / 60 % 60) + " min";
    return std::to_string(total / 86400) + " d " + twoDigits(total / 3600 % 24) + " h";
}

std::string roughDurationText(double seconds) {
    constexpr double longest = 1e12, few = 90.0;
    if (!(seconds >= 0.0) || seconds > longest) return "–";
    if (seconds < few) return fixedText(std::max(1.0, std::round(seconds)), 0) + " s";
    const auto minutes = static_cast<std::int64_t>(std::llround(seconds / 60.0));
    if (minutes < 90) return std::to_string(minutes) + " min";
    if (minutes < 48 * 60) return std::to_string(minutes / 60) + " h " + twoDigits(minutes % 60) + " min";
    return std::to_string((minutes + 720) / 1440) + " d";
}

} // namespace dstn
