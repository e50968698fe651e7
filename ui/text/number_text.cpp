#include "ui/text/number_text.h"

#include "core/number_text.h"

#include <QLocale>

#include <cmath>

namespace dstn::ui {

/// Integers beyond this are not all representable as a double.
static constexpr double exactIntegers = 9007199254740992.0;

std::optional<double> parseReal(QStringView text) {
    bool ok = false;
    const double value = QLocale::c().toDouble(text.trimmed(), &ok);
    if (!ok || !std::isfinite(value)) return {};
    return value;
}

std::optional<std::int64_t> parseInteger(QStringView text) {
    bool ok = false;
    const qlonglong value = QLocale::c().toLongLong(text.trimmed(), &ok);
    if (ok) return value;
    const auto real = parseReal(text);
    if (!real || std::trunc(*real) != *real || std::abs(*real) > exactIntegers) return {};
    return static_cast<std::int64_t>(*real);
}

std::optional<std::uint64_t> parseUnsigned(QStringView text) {
    bool ok = false;
    const qulonglong value = QLocale::c().toULongLong(text.trimmed(), &ok);
    if (ok) return value;
    const auto integer = parseInteger(text);
    if (!integer || *integer < 0) return {};
    return static_cast<std::uint64_t>(*integer);
}

QString typedText(double value) { return QString::fromStdString(numberText(value)); }
QString typedText(std::int64_t value) { return QString::number(value); }
QString typedText(std::uint64_t value) { return QString::number(value); }

QString roundedText(double value, int digits) {
    return typedText(std::isfinite(value) ? QString::number(value, 'g', digits).toDouble() : value);
}

QString valueText(double value) { return QString::fromStdString(dstn::valueText(value)); }
QString valueText(const std::optional<double>& value) { return value ? valueText(*value) : QString(); }
QString signedText(double value) { return QString::fromStdString(dstn::signedText(value)); }
QString percentText(double fraction) { return QString::fromStdString(dstn::percentText(fraction)); }
QString probabilityText(double p) { return QString::fromStdString(dstn::probabilityText(p)); }
QString countText(std::int64_t count) { return QString::fromStdString(dstn::countText(count)); }
QString decimalText(double value, int decimals) {
    return QString::fromStdString(dstn::decimalText(value, decimals));
}
QString quantityText(double amount) { return QString::fromStdString(dstn::quantityText(amount)); }
QString bytesText(double bytes) { return QString::fromStdString(dstn::bytesText(bytes)); }
QString rateText(double perSecond, std::string_view what) {
    return QString::fromStdString(dstn::rateText(perSecond, what));
}
QString durationText(double seconds) { return QString::fromStdString(dstn::durationText(seconds)); }
QString durationText(const std::optional<double>& seconds) { return durationText(seconds.value_or(-1.0)); }
QString roughDurationText(double seconds) { return QString::fromStdString(dstn::roughDurationText(seconds)); }

} // namespace dstn::ui
