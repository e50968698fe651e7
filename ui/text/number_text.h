#pragma once

#include <QString>
#include <QStringView>

#include <cstdint>
#include <optional>
#include <string_view>

namespace dstn::ui {

// Numbers on screen: core/number_text.h as QString, with its rules, and the parsers of what is typed. All
// are in the C locale, whatever the user's: see there.

/// Numbers as they are typed, scientific notation welcome. A parser yields nothing where the text is not a
/// finite number of its kind.
std::optional<double> parseReal(QStringView text);
/// Whole numbers, "6e4" included.
std::optional<std::int64_t> parseInteger(QStringView text);
std::optional<std::uint64_t> parseUnsigned(QStringView text);

/// As it is typed, numberText(): the shortest text that reads back as the same number.
QString typedText(double value);
QString typedText(std::int64_t value);
QString typedText(std::uint64_t value);
/// The same of the value rounded to so many significant digits, for axes and fields: "0.05", "1.2e-5".
QString roundedText(double value, int digits);

/// Four significant digits, for a measured value in a table or a sentence.
QString valueText(double value);
QString valueText(const std::optional<double>& value);     ///< empty if there is none
QString signedText(double value);                          ///< "+0.01230"
QString percentText(double fraction);                      ///< 0.8813 -> "88.13 %"
QString probabilityText(double p);                         ///< "0.041", "< 0.001"
QString countText(std::int64_t count);                     ///< "1,234,567"
QString decimalText(double value, int decimals);           ///< "3.20"
QString quantityText(double amount);                       ///< a count that may have a fraction: "3.25"
QString bytesText(double bytes);                           ///< "312 MiB"
QString rateText(double perSecond, std::string_view what); ///< "12,346 examples/s"
QString durationText(double seconds);                      ///< "3 min 05 s"; "–" where it is unknown
QString durationText(const std::optional<double>& seconds);
QString roughDurationText(double seconds); ///< an estimate: "5 min"

} // namespace dstn::ui
