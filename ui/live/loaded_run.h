#pragma once

#include "core/archive/archive.h"
#include "core/experiment/experiment.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dstn::ui {

/// A run as read from the archive in one go: what it is, and its curves or what was added to them.
struct LoadedRun {
    RunDetails details;
    Experiment experiment;
    std::vector<std::pair<Series, Curve>> metrics;
    std::vector<HyperparameterCurve> hyperparameters; ///< in the experiment's order
};

/// The last steps that are known of a run, by series and by hyperparameter; what is absent is not known at
/// all.
struct KnownSteps {
    std::map<Series, std::int64_t> metrics;
    std::map<std::size_t, std::int64_t> hyperparameters;
};

/// Reads a run from after the steps that are known. Slow for long runs: for the archive's thread. Throws
/// Error.
/// @param wanted asked between curves; once it is false, nothing more is read and nothing is returned
std::optional<LoadedRun> readRun(const Archive& archive, const std::string& run, const KnownSteps& known,
                                 const std::function<bool()>& wanted);

} // namespace dstn::ui
