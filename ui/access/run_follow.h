#pragma once

#include "core/archive/archive.h"
#include "core/experiment/experiment.h"

#include <string>

namespace dstn::ui {

/// What of a run a plain training takes over: was it the schedule or the value?
enum class Follow {
    schedule, ///< its hyperparameters step by step
    values    ///< their last ones, from the start
};

/// The experiment of such a training. Reads whole curves: for the archive's thread.
/// Throws Error where the run has nothing to follow.
Experiment followed(const Archive& archive, const std::string& run, Follow what);

} // namespace dstn::ui
