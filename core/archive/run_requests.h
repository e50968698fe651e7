#pragma once

#include "core/archive/archive.h"
#include "core/export.h"
#include "core/run/engine.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Of a run's experiment: path and new value each, as `dstn run --set` takes them.
using Assignments = std::vector<std::pair<std::string, std::string>>;

/// Has a request go on from a checkpoint of its run.
void goOnFrom(RunRequest& request, const StoredCheckpoint& stored);

/// Resumes a run from its last checkpoint, or from the one before it where that is damaged.
/// @param run UUID
/// @param maxSteps as in RunRequest
/// The data are read where the run read them, and must be the same ones, unless the settings name others'
/// path. Throws Error{usage} if it is running elsewhere, has no checkpoint or has completed its steps, and if
/// its experiment, with `settings`, is not valid.
RunRequest resumeRequest(const Archive& archive, const std::string& run, const Assignments& settings = {},
                         std::int64_t maxSteps = 0);

/// A run at its last checkpoint, whether it could go on or not, to be looked at.
/// Throws Error{usage} if it has none, and as resumeRequest() for the experiment.
RunRequest checkpointRequest(const Archive& archive, const std::string& run,
                             const Assignments& settings = {});

/// What a run without tuning takes from another: was it the schedule or the value?
enum class Follow {
    schedule, ///< its hyperparameters step by step
    values    ///< their last ones, from the start
};

/// Trains without tuning in a new run of the same experiment. Reads whole curves.
/// Throws Error{usage} where the run has nothing to follow, and as resumeRequest() for the experiment.
RunRequest followRequest(const Archive& archive, const std::string& run, Follow what,
                         const Assignments& settings = {});

} // namespace dstn
