#pragma once

#include "core/study/study.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace dstn::cli {

/// How the command line executes a study.
struct StudyExecution {
    std::filesystem::path archive;
    std::string study;         ///< UUID of a study in the archive
    std::int64_t maxSteps = 0; ///< over all its runs; 0: no limit
    bool acceptChangedData = false;
    bool json = false, quiet = false;
};

/// Executes a study of the archive: progress to stderr, the table of results to stdout, or with `json` a line
/// for each run and one for the end. SIGINT pauses it as interrupted. @return the exit code
int executeStudy(const StudyExecution& execution);

} // namespace dstn::cli
