#pragma once

#include "core/archive/archive.h"
#include "core/experiment/experiment.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dstn::ui {

/// A run as read from the archive in one go: what it is, and its curves or what was added to them.
struct LoadedRun {
    RunDetails details;
    Experiment experiment;
    std::vector<std::pair<std::string, Curve>> curves; ///< by series, in the run's order
    std::int64_t dataVersion = 0;
};

/// Reads a run, each series from after the step given for it (all of it where none is). Slow for long runs:
/// call it on a thread. Throws Error.
LoadedRun readRun(const std::filesystem::path& archive, const std::string& run,
                  const std::map<std::string, std::int64_t>& after = {});

} // namespace dstn::ui
