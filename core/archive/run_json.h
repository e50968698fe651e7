#pragma once

#include "core/archive/archive.h"
#include "core/export.h"

#include <nlohmann/json.hpp>

namespace DSTN_EXPORT dstn {

// The one JSON form of an archived run, on the command line and in exports. What is not known is null.

/// Identity, state, budget and best point.
nlohmann::ordered_json jsonRun(const RunRow& run);
/// The same with "parameters" and "response_parameters".
nlohmann::ordered_json jsonRun(const RunDetails& details);
/// Adds to an object what a run was made of and what it went through: "experiment", which is the
/// one in force, "original_experiment" (null: the same), "amendments" ({"time", "step", "path", "old",
/// "new"}), "environment", "epochs" (jsonEpoch()) and "events" ({"time", "text"}).
void addHistory(nlohmann::ordered_json& object, const RunDetails& details);

} // namespace dstn
