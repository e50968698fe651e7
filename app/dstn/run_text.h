#pragma once

#include "core/archive/archive.h"

#include <string>
#include <vector>

namespace dstn::cli {

std::string listText(const std::vector<RunRow>& runs);
std::string detailsText(const RunDetails& details);
/// The runs side by side: results, hyperparameters at the end, and what differs in their experiments.
std::string comparisonText(const std::vector<RunDetails>& runs);

} // namespace dstn::cli
