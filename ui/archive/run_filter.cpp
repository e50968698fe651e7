#include "ui/archive/run_filter.h"

#include "ui/archive/run_text.h"

#include <QRegularExpression>

#include <algorithm>
#include <map>
#include <optional>

namespace dstn {

namespace {

using Term = std::function<bool(const RunRow&, const QString&)>;

/// Splits at blanks outside quotes; the quotes themselves go.
QStringList wordsOf(const QString& text) {
    QStringList words;
    QString word;
    bool quoted = false;
    for (const QChar c : text) {
        if (c == QLatin1Char('"')) {
            quoted = !quoted;
        } else if (c.isSpace() && !quoted) {
            if (!word.isEmpty()) words << word;
            word.clear();
        } else {
            word += c;
        }
    }
    if (!word.isEmpty()) words << word;
    return words;
}

Term always() {
    return [](const RunRow&, const QString&) { return true; };
}

bool contains(const std::string& text, const QString& part) {
    return QString::fromStdString(text).contains(part, Qt::CaseInsensitive);
}

std::optional<Term> comparison(const QString& word) {
    static const QRegularExpression shape(
        QStringLiteral("^(loss|accuracy|test|epoch|steps|seconds)(<=|>=|<|>|=)(.*)$"),
        QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = shape.match(word);
    if (!match.hasMatch()) return std::nullopt;
    bool number = false;
    const double bound = match.captured(3).toDouble(&number);
    if (!number) return always();
    const QString key = match.captured(1).toLower();
    const QString op = match.captured(2);
    return [=](const RunRow& row, const QString&) {
        std::optional<double> value;
        if (key == QLatin1String("loss")) value = row.bestValidationLoss;
        if (key == QLatin1String("accuracy")) value = row.bestValidationAccuracy;
        if (key == QLatin1String("test")) value = row.testAtBest;
        if (key == QLatin1String("epoch") && row.bestEpoch) value = static_cast<double>(*row.bestEpoch);
        if (key == QLatin1String("steps")) value = static_cast<double>(row.steps);
        if (key == QLatin1String("seconds")) value = row.seconds;
        if (!value) return false;
        if (op == QLatin1String("<")) return *value < bound;
        if (op == QLatin1String("<=")) return *value <= bound;
        if (op == QLatin1String(">")) return *value > bound;
        if (op == QLatin1String(">=")) return *value >= bound;
        return *value == bound;
    };
}

/// The start of the year, month or day written.
std::optional<QDateTime> dateOf(const QString& text) {
    for (const char* form : {"yyyy-MM-dd", "yyyy-MM", "yyyy"}) {
        const QDate date = QDate::fromString(text, QLatin1String(form));
        if (date.isValid()) return date.startOfDay();
    }
    return std::nullopt;
}

std::optional<Term> keyed(const QString& word) {
    const qsizetype colon = word.indexOf(QLatin1Char(':'));
    if (colon <= 0) return std::nullopt;
    const QString key = word.left(colon).toLower();
    const QString value = word.mid(colon + 1).toLower();

    static const std::map<QString, std::string RunRow::*> texts = {
        {QStringLiteral("name"), &RunRow::name},       {QStringLiteral("data"), &RunRow::dataName},
        {QStringLiteral("model"), &RunRow::modelName}, {QStringLiteral("method"), &RunRow::method},
        {QStringLiteral("note"), &RunRow::note},
    };
    if (const auto text = texts.find(key); text != texts.end())
        return [member = text->second, value](const RunRow& row, const QString&) {
            return contains(row.*member, value);
        };
    if (key == QLatin1String("tag"))
        return [value](const RunRow& row, const QString&) {
            return value.isEmpty() ||
                   std::any_of(row.tags.begin(), row.tags.end(),
                               [&](const std::string& tag) { return contains(tag, value); });
        };
    if (key == QLatin1String("state"))
        return [value](const RunRow& row, const QString&) { return stateWord(row.state).startsWith(value); };
    if (key == QLatin1String("id"))
        return [value](const RunRow& row, const QString&) {
            return QString::fromStdString(row.id).startsWith(value, Qt::CaseInsensitive);
        };
    if (key == QLatin1String("is")) {
        if (value == QLatin1String("starred"))
            return [](const RunRow& row, const QString&) { return row.starred; };
        if (value == QLatin1String("resumable"))
            return [](const RunRow& row, const QString&) { return row.resumable; };
        if (value == QLatin1String("deleted"))
            return [](const RunRow& row, const QString&) { return row.deleted; };
        return always();
    }
    if (key == QLatin1String("since") || key == QLatin1String("before")) {
        const std::optional<QDateTime> date = dateOf(value);
        if (!date) return always();
        return [date = *date, since = key == QLatin1String("since")](const RunRow& row, const QString&) {
            const QDateTime created = momentOf(row.created);
            return created.isValid() && (created >= date) == since;
        };
    }
    return std::nullopt;
}

} // namespace

RunFilter::RunFilter(const QString& text) {
    for (QString word : wordsOf(text)) {
        const bool negated = word.size() > 1 && word.startsWith(QLatin1Char('-'));
        if (negated) word.remove(0, 1);
        Term term;
        if (std::optional<Term> special = comparison(word)) {
            term = std::move(*special);
        } else if (std::optional<Term> key = keyed(word)) {
            term = std::move(*key);
        } else {
            term = [needle = word.toLower()](const RunRow&, const QString& haystack) {
                return haystack.contains(needle);
            };
        }
        if (negated)
            terms_.push_back(
                [term](const RunRow& row, const QString& haystack) { return !term(row, haystack); });
        else
            terms_.push_back(std::move(term));
    }
}

bool RunFilter::matches(const RunRow& row, const QString& haystack) const {
    return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) { return term(row, haystack); });
}

QString RunFilter::haystackOf(const RunRow& row) {
    QStringList parts{QString::fromStdString(row.name),
                      QString::fromStdString(row.dataName),
                      QString::fromStdString(row.modelName),
                      QString::fromStdString(row.method),
                      stateWord(row.state),
                      QString::fromStdString(row.reason),
                      valueText(row.bestValidationLoss),
                      row.bestValidationAccuracy ? percentText(*row.bestValidationAccuracy) : QString(),
                      testText(row),
                      whenText(momentOf(row.created)),
                      durationWords(row.seconds),
                      tagsText(row),
                      QString::fromStdString(row.note),
                      QString::fromStdString(row.id)};
    return parts.join(QLatin1Char('\n')).toLower();
}

} // namespace dstn
