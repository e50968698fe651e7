#pragma once

#include "core/archive/archive.h"
#include "core/export.h"

#include <nlohmann/json.hpp>

namespace DSTN_EXPORT dstn {

/// One of a run's documents, the original or the one in force. Throws Error{archive} if that text is damaged.
nlohmann::ordered_json storedExperiment(const RunDetails& details, const std::string& text);

} // namespace dstn
