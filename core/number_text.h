#pragma once

#include "core/export.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace DSTN_EXPORT dstn {

// Numbers as the window, the command line and messages show them. A decimal point, commas between thousands
// where a function says so, a plain minus sign: the same in every locale, so that what is read on screen can
// be typed, pasted and searched for. "NaN", "∞" and "-∞" are shown as such.

/// The shortest text that reads back as the same number, for a value that a person set: "0.05", "100000",
/// "1e-5".
std::string numberText(double value);
/// Four significant digits, for a measured value: "0.4213", "61.70", "12346", "1.235e-7". Whole numbers below
/// 10⁶ have no decimals.
std::string valueText(double value);
/// The same with its sign, for a difference: "+0.0123", "-4".
std::string signedText(double value);
/// 0.8813 -> "88.13 %".
std::string percentText(double fraction);
/// "0.4213 ± 0.0021": the error to two significant digits, the mean to as many decimals; "(3.21 ± 0.12)e-5"
/// for numbers that valueText() writes with an exponent. Without an error, or where the mean is not finite,
/// as valueText().
std::string meanText(double mean, const std::optional<double>& error);
/// Fractions: "88.13 ± 0.20 %".
std::string meanPercentText(double mean, const std::optional<double>& error);
/// A p-value to three decimals: "0.041"; "< 0.001" below.
std::string probabilityText(double p);

/// "1,234,567".
std::string countText(std::int64_t count);
/// A count that may have a fraction, as of epochs: "1,200", "36", "3.25"; two decimals at most, none from
/// 100. Less than 0.01 as valueText().
std::string quantityText(double amount);
/// So many decimals, for a figure that changes while it is read and so must not change its width: "3.20".
std::string decimalText(double value, int decimals);
/// "80 KiB", "312 MiB", "1.4 GiB".
std::string bytesText(double bytes);
/// "12,346 examples/s", "4.21 steps/s".
std::string rateText(double perSecond, std::string_view what);

/// "4.3 s", "48 s", "3 min 05 s", "2 h 04 min", "3 d 05 h"; "–" where it is unknown: negative or not finite.
std::string durationText(double seconds);
/// An estimate, rounded: "40 s", "5 min", "2 h 10 min", "3 d".
std::string roughDurationText(double seconds);

} // namespace dstn
