#pragma once

#include "core/archive/archive.h"

#include <QDateTime>
#include <QString>

#include <optional>

namespace dstn::ui {

/// Facts of a run as a person reads them; the same words in every list, table and export.

/// An ISO 8601 moment in UTC; invalid if it is none.
QDateTime momentOf(const std::string& iso);
QString whenText(const QDateTime& moment);   ///< local time, "2024-05-01 14:03"
QString secondText(const QDateTime& moment); ///< "2024-05-01 14:03:59"
/// "just now", "5 minutes ago", "yesterday", …
QString relativeText(const QDateTime& moment, const QDateTime& now);
QString stateText(RunState state); ///< "completed"
/// Share of the steps that are done, in [0, 1]; none where the total is not known.
std::optional<double> progressOf(const RunRow& row);
/// What a run is judged by beside its loss. In this order kinds stand in a sorted column.
enum class FigureKind { accuracy, perplexity, loss };
struct Figure {
    FigureKind kind = FigureKind::accuracy;
    double value = 0.0;
};
/// Validation accuracy, or perplexity of a language model, at the epoch of the lowest validation loss; none
/// in regression.
std::optional<Figure> validationFigure(const RunRow& row);
/// The same on the test split; a loss in regression.
std::optional<Figure> testFigure(const RunRow& row);
/// "88.13 %", "61.70 ppl", "0.4123": each with its unit; empty if there is none.
QString figureText(const std::optional<Figure>& figure);
/// exp(loss): how many tokens the model is as unsure between, for a mean cross-entropy in nats.
double perplexityOf(double loss);
QString tagsText(const RunRow& row); ///< "paper, baseline"
/// "a, b,, b" -> {a, b}: trimmed, without blanks and repetitions.
std::vector<std::string> tagsFromText(const QString& text);
/// Enough of a UUID to tell runs apart.
QString shortId(const std::string& id);

} // namespace dstn::ui
