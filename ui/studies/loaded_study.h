#pragma once

#include "core/archive/archive.h"
#include "core/study/study.h"
#include "core/study/study_results.h"

#include <string>
#include <vector>

namespace dstn::ui {

/// A study as the archive holds it, with what follows from its runs.
struct LoadedStudy {
    StudyRow row;
    Study study;
    std::vector<bool> searches; ///< of each method: it searches over trials
    std::vector<StudyRun> runs;
    StudyResults results;
    /// Of all methods and seeds, in the budget's unit; of those that ended early only what they used.
    double spent = 0.0;
    double total() const {
        return study.budget * static_cast<double>(study.methods.size() * study.seeds.size());
    }
};

/// Slow for many runs: for the archive's thread. Throws Error, also where the document is not understood.
LoadedStudy readStudy(const Archive& archive, const std::string& study);

} // namespace dstn::ui
