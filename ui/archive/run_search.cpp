#include "ui/archive/run_search.h"

#include "ui/text/number_text.h"
#include "ui/text/run_text.h"

#include <algorithm>

namespace dstn::ui {

RunSearch::RunSearch(const QString& text) {
    RunFilter::Rest rest;
    filter_ = RunFilter(text.toStdString(), rest);
    QStringList problems;
    for (const std::string& each : rest.problems) problems << QString::fromStdString(each);
    problem_ = problems.join(QLatin1Char('\n'));
    for (const std::string& each : rest.words) {
        QString word = QString::fromStdString(each).toLower();
        const bool without = word.size() > 1 && word.startsWith(QLatin1Char('-'));
        if (without) word.remove(0, 1);
        words_.push_back({.text = word, .without = without});
    }
}

bool RunSearch::matches(const RunRow& row, const QString& haystack) const {
    return filter_.matches(row) && std::all_of(words_.begin(), words_.end(), [&](const Word& word) {
               return haystack.contains(word.text) != word.without;
           });
}

QString RunSearch::haystackOf(const RunRow& row) {
    QStringList parts{QString::fromStdString(row.name),
                      QString::fromStdString(row.dataName),
                      QString::fromStdString(row.modelName),
                      QString::fromStdString(row.method),
                      stateText(row.state),
                      QString::fromStdString(row.reason),
                      valueText(row.bestValidationLoss),
                      figureText(validationFigure(row)),
                      figureText(testFigure(row)),
                      whenText(momentOf(row.created)),
                      durationText(row.seconds),
                      tagsText(row),
                      QString::fromStdString(row.note),
                      QString::fromStdString(row.studyName),
                      QString::fromStdString(row.id)};
    return parts.join(QLatin1Char('\n')).toLower();
}

} // namespace dstn::ui
