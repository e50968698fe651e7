#pragma once

#include "core/archive/archive.h"
#include "core/export.h"

#include <nlohmann/json.hpp>

namespace DSTN_EXPORT dstn {

/// The experiment of a run as the archive holds it. Throws Error{archive} if that text is damaged.
nlohmann::ordered_json storedExperiment(const RunDetails& details);

} // namespace dstn
