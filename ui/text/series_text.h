#pragma once

#include "core/archive/archive.h"

#include <QString>

#include <string>
#include <vector>

namespace dstn::ui {

/// A series as a person reads it: "epoch/validation_loss" -> "Validation loss".
/// @param language of language models alone: what is counted are tokens
QString seriesTitle(const std::string& series, bool language = false);
bool isAccuracy(const std::string& series);       ///< in [0, 1], shown in percent
bool isHyperparameter(const std::string& series); ///< natural units
bool isPerEpoch(const std::string& series);       ///< few points, worth a marker each
/// The series that can be drawn of a run. Of a language model, "epoch/validation_perplexity" and the like are
/// there in place of accuracies.
std::vector<std::string> drawnSeries(const RunDetails& run);
/// "epoch/validation_perplexity" -> "epoch/validation_loss", which it is drawn from; empty for other series.
std::string lossOfPerplexity(const std::string& series);
/// e^loss, point by point. Without the point before training: a network that has learned nothing is as unsure
/// as its vocabulary is large, beside which all that follows would be a flat line.
Curve perplexityOf(const Curve& loss);
/// What compared runs can be drawn by, in the order of interest: losses, accuracies, hyperparameters,
/// scales, the rest. Of hyperparameters and scales only those that two or more runs have (one, if there is
/// but one run).
std::vector<std::string> comparableSeries(const std::vector<std::vector<std::string>>& seriesOfRuns);
/// Drawn unless a person chose otherwise.
bool shownAtFirst(const std::string& series);

} // namespace dstn::ui
