#pragma once

#include "core/experiment/experiment.h"
#include "core/export.h"

#include <string>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

// Was it the schedule or the value? Trainings without tuning answer that.

/// What a hyperparameter was in a run, natural: `values[i]` when `steps[i]` training steps were done, and
/// until the next; steps in order, of equal ones the last counts.
struct Trajectory {
    std::string name;
    std::vector<double> steps, values;
};

/// The training without tuning (tuner "replay") whose hyperparameters follow those of a run of
/// `original`: those that it tunes by their trajectories, at their initial values before these begin. Only
/// steps at which something changes are kept. A value that rounding brought to an end of its range, which
/// cannot be reached, becomes one right beside it.
/// Throws Error{usage} where a trajectory is missing or has a value that is not finite, or nothing is tuned.
Experiment replayOf(const Experiment& original, const std::vector<Trajectory>& trajectories);

/// The training without tuning (tuner "fixed") with these natural values of hyperparameters; those
/// without one keep their initial value. Throws Error{usage} where a name is not declared or a value is not
/// finite.
Experiment retrainedWith(const Experiment& original,
                         const std::vector<std::pair<std::string, double>>& values);

} // namespace dstn
