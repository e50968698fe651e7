#pragma once

#include "core/archive/archive.h"

#include <QString>

#include <string>
#include <vector>

namespace dstn {

/// A series as a person reads it: "epoch/validation_loss" -> "Validation loss".
QString seriesTitle(const std::string& series);
bool isAccuracy(const std::string& series);       ///< in [0, 1], shown in percent
bool isHyperparameter(const std::string& series); ///< natural units
bool isPerEpoch(const std::string& series);       ///< few points, worth a marker each
/// What compared runs can be drawn by, in the order of interest: losses, accuracies, hyperparameters,
/// scales, the rest. Of hyperparameters and scales only those that two or more runs have (one, if there is
/// but one run).
std::vector<std::string> comparableSeries(const std::vector<std::vector<std::string>>& seriesOfRuns);
/// Drawn unless a person chose otherwise.
bool shownAtFirst(const std::string& series);

} // namespace dstn
