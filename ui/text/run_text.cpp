#include "ui/text/run_text.h"

#include "ui/text/number_text.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

QDateTime momentOf(const std::string& iso) {
    QDateTime moment = QDateTime::fromString(QString::fromStdString(iso), Qt::ISODateWithMs);
    // A stamp without a zone is UTC by the archive's contract, where Qt would take it for local time.
    if (moment.isValid() && moment.timeSpec() == Qt::LocalTime) moment.setTimeSpec(Qt::UTC);
    return moment;
}

QString whenText(const QDateTime& moment) {
    return moment.isValid() ? moment.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm")) : QString();
}

QString secondText(const QDateTime& moment) {
    return moment.isValid() ? moment.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"))
                            : QString();
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

QString stateText(RunState state) {
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
