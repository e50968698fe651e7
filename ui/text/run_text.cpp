#include "ui/text/run_text.h"

#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

QString valueText(double value) {
    if (std::isnan(value)) return QStringLiteral("NaN");
    if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
    const double size = std::abs(value);
    if (value == std::round(value) && size < 1e6) return QString::number(value, 'f', 0);
    if (size >= 1e6 || size < 1e-4) return QString::number(value, 'e', 3);
    const int magnitude = static_cast<int>(std::floor(std::log10(size)));
    return QString::number(value, 'f', std::max(1, 3 - magnitude));
}

QString valueText(const std::optional<double>& value) { return value ? valueText(*value) : QString(); }

QString percentText(double fraction) {
    if (!std::isfinite(fraction)) return valueText(fraction);
    return QString::number(100.0 * fraction, 'f', 2) + QStringLiteral(" %");
}

QString durationWords(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0.0) return {};
    if (seconds < 10.0) return QString::number(seconds, 'f', 1) + QStringLiteral(" s");
    const auto total = static_cast<std::int64_t>(std::llround(seconds));
    const auto two = [](std::int64_t n) { return QString::number(n).rightJustified(2, QLatin1Char('0')); };
    if (total < 60) return QStringLiteral("%1 s").arg(total);
    if (total < 3600) return QStringLiteral("%1 min %2 s").arg(total / 60).arg(two(total % 60));
    if (total < 86400) return QStringLiteral("%1 h %2 min").arg(total / 3600).arg(two(total / 60 % 60));
    return QStringLiteral("%1 d %2 h").arg(total / 86400).arg(two(total / 3600 % 24));
}

QDateTime momentOf(const std::string& iso) {
    QDateTime moment = QDateTime::fromString(QString::fromStdString(iso), Qt::ISODateWithMs);
    // A stamp without a zone is UTC by the archive's contract, where Qt would take it for local time.
    if (moment.isValid() && moment.timeSpec() == Qt::LocalTime) moment.setTimeSpec(Qt::UTC);
    return moment;
}

QString whenText(const QDateTime& moment) {
    return moment.isValid() ? moment.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm")) : QString();
}

QString relativeText(const QDateTime& moment, const QDateTime& now) {
    if (!moment.isValid()) return {};
    const qint64 seconds = moment.secsTo(now);
    const auto ago = [](qint64 count, const char* unit) {
        return QStringLiteral("%1 %2%3 ago")
            .arg(count)
            .arg(QLatin1String(unit), count == 1 ? QString() : QStringLiteral("s"));
    };
    if (seconds < 45) return QStringLiteral("just now");
    if (seconds < 3600) return ago(std::max<qint64>(1, seconds / 60), "minute");
    const qint64 days = moment.toLocalTime().date().daysTo(now.toLocalTime().date());
    if (days == 0) return ago(seconds / 3600, "hour");
    if (days == 1) return QStringLiteral("yesterday");
    if (days < 31) return ago(days, "day");
    if (days < 365) return ago(days / 30, "month");
    return ago(days / 365, "year");
}

QString stateWord(RunState state) {
    const std::string_view text = name(state);
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

std::optional<double> progressOf(const RunRow& row) {
    if (row.stepsTotal <= 0) return std::nullopt;
    return std::clamp(static_cast<double>(row.steps) / static_cast<double>(row.stepsTotal), 0.0, 1.0);
}

static std::optional<Figure> figure(FigureKind kind, const std::optional<double>& value) {
    return value ? std::optional(Figure{.kind = kind, .value = *value}) : std::nullopt;
}

std::optional<Figure> validationFigure(const RunRow& row) {
    return row.language ? figure(FigureKind::perplexity, row.bestValidationPerplexity)
                        : figure(FigureKind::accuracy, row.bestValidationAccuracy);
}

std::optional<Figure> testFigure(const RunRow& row) {
    if (row.language) return figure(FigureKind::perplexity, row.testPerplexityAtBest);
    return figure(row.bestValidationAccuracy ? FigureKind::accuracy : FigureKind::loss, row.testAtBest);
}

QString figureText(const std::optional<Figure>& figure) {
    if (!figure) return {};
    switch (figure->kind) {
    case FigureKind::accuracy:
        return percentText(figure->value);
    case FigureKind::perplexity:
        return valueText(figure->value) + QStringLiteral(" ppl");
    case FigureKind::loss:
        return valueText(figure->value);
    }
    return {};
}

double perplexityOf(double loss) { return std::exp(loss); }

QString tagsText(const RunRow& row) {
    QStringList tags;
    for (const std::string& tag : row.tags) tags << QString::fromStdString(tag);
    return tags.join(QStringLiteral(", "));
}

std::vector<std::string> tagsFromText(const QString& text) {
    std::vector<std::string> tags;
    static const QRegularExpression separator(QStringLiteral("[,;\\n]"));
    for (const QString& part : text.split(separator)) {
        const std::string tag = part.simplified().toStdString();
        if (!tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    }
    return tags;
}

QString shortId(const std::string& id) { return QString::fromStdString(id.substr(0, 8)); }

} // namespace dstn::ui
