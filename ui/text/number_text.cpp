#include "ui/text/number_text.h"

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

QString typedText(double value) {
    QString text = QString::number(value, 'g', QLocale::FloatingPointShortest);
    // "1e-03" is how C writes it; people write "1e-3".
    const auto e = text.indexOf(u'e');
    if (e >= 0) {
        const QString exponent = QString::number(QStringView(text).mid(e + 1).toInt());
        text = text.left(e + 1) + exponent;
    }
    return text;
}

QString typedText(std::int64_t value) { return QString::number(value); }
QString typedText(std::uint64_t value) { return QString::number(value); }

QString groupedDigits(std::int64_t value) { return QLocale(QLocale::English).toString(qlonglong(value)); }

QString roughBytes(double bytes) {
    return QLocale(QLocale::English)
        .formattedDataSize(qint64(bytes), bytes < 1e9 ? 0 : 1, QLocale::DataSizeSIFormat);
}

QString roughDuration(double seconds) {
    if (seconds < 90) return QObject::tr("%1 s").arg(std::max(1.0, std::round(seconds)));
    const double minutes = seconds / 60;
    if (minutes < 90) return QObject::tr("%1 min").arg(std::round(minutes));
    const auto total = qint64(std::round(minutes));
    if (total < 48 * 60) return QObject::tr("%1 h %2 min").arg(total / 60).arg(total % 60);
    return QObject::tr("%1 days").arg(std::round(minutes / 1440));
}

} // namespace dstn::ui
