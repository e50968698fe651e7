#pragma once

#include "core/archive/archive.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace dstn::cli {

/// A run as one JSON object, as `list --json` prints it.
nlohmann::ordered_json rowJson(const RunRow& run);
/// The same with experiment, environment, epochs, series' names and events.
nlohmann::ordered_json detailsJson(const RunDetails& details);

std::string listText(const std::vector<RunRow>& runs);
std::string detailsText(const RunDetails& details);
/// The runs side by side: results, hyperparameters at the end, and what differs in their experiments.
std::string comparisonText(const std::vector<RunDetails>& runs);

} // namespace dstn::cli
