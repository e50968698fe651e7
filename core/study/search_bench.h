#pragma once

#include "core/export.h"
#include "core/run/session.h"

#include <string>

namespace DSTN_EXPORT dstn {

/// The overhead of a random search over the plain trainings that it consists of; all archived.
struct SearchBench {
    std::int64_t trials = 0, repetitions = 0;
    double searchSeconds = 0.0, plainSeconds = 0.0; ///< medians
    double ratio = 0.0; ///< search over plain trainings, median of the repetitions'
};

/// Executes a random search of the preset quickstart as a study, then its trials' experiments once more as
/// runs of their own, in turn; archives in a temporary folder, which is removed. Throws Error.
SearchBench benchSearch(const std::string& device, std::int64_t repetitions,
                        const EngineFactory& makeEngine = createEngine);

} // namespace dstn
