#pragma once

#include <QString>
#include <QStringView>

#include <cstdint>
#include <optional>

namespace dstn::ui {

/// Numbers as they are typed and shown in the set-up page: in the C locale, scientific notation welcome.
/// A parser yields nothing where the text is no finite number of its kind.
std::optional<double> parseReal(QStringView text);
/// Whole numbers, "6e4" included.
std::optional<std::int64_t> parseInteger(QStringView text);
std::optional<std::uint64_t> parseUnsigned(QStringView text);

/// The shortest text that reads back as the same number.
QString typedText(double value);
QString typedText(std::int64_t value);
QString typedText(std::uint64_t value);

/// For reading, not for parsing: "1,234,567".
QString groupedDigits(std::int64_t value);
/// "12 MB", "1.4 GB"; decimal units.
QString roughBytes(double bytes);
/// "40 s", "5 min", "2 h 10 min".
QString roughDuration(double seconds);

} // namespace dstn::ui
