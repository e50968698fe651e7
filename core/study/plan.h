#pragma once

#include "core/archive/archive.h"
#include "core/export.h"
#include "core/study/study.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

class Search;

/// Gradient-evaluation equivalents that so many epochs of an experiment's training cost, its warm-up without
/// validation steps; of steps whose cost varies the least.
double gradientsOf(const Experiment& experiment, const DataInfo& data, double epochs);
/// The epochs that cost so many: at the most, where the cost of steps varies.
double epochsOf(const Experiment& experiment, const DataInfo& data, double gradients);

/// The next run of a study.
struct PlannedRun {
    StudyPlace place = {};
    Experiment experiment = {};
    std::string run = {};        ///< UUID of the archived run to resume; empty: a new one
    bool fromCheckpoint = false; ///< it resumes from its checkpoint; false: from the beginning
    std::string inherit = {};    ///< UUID of the run whose weights it copies first; empty: none
    std::int64_t maxSteps = 0;   ///< 0: the experiment's
    double maxSeconds = 0.0, maxGradients = 0.0;
};

/// A study as a sequence of runs: seed by seed, method by method. The next run follows from the study and
/// its runs so far.
class StudyPlan {
  public:
    /// The study must have no mistakes with these data.
    /// @param maxSteps over all runs; 0: no limit
    StudyPlan(Study study, DataInfo data, std::int64_t maxSteps = 0);
    ~StudyPlan();

    /// The next run to begin; nothing: none can start before a running one ends, or, if none is running, at
    /// all.
    /// @param runs of the archive and those just begun; what runs now has a state that has not ended
    std::optional<PlannedRun> next(const std::vector<StudyRun>& runs);

    /// In the budget's unit.
    double spent(const std::vector<StudyRun>& runs) const;
    /// What all methods and seeds may spend.
    double total() const;

  private:
    struct Standing;
    struct Cell;
    std::optional<PlannedRun> nextOf(const Cell& cell, const std::vector<const StudyRun*>& runs,
                                     double stepsLeft) const;
    std::optional<PlannedRun> nextTraining(const Cell& cell, const std::vector<const StudyRun*>& runs) const;
    std::optional<PlannedRun> nextTrial(const Cell& cell, const std::vector<const StudyRun*>& runs) const;
    PlannedRun goneOn(const Cell& cell, const StudyRun& run, std::int64_t maxSteps) const;
    double spentBy(const StudyRun& run) const;
    double reservedBy(const Cell& cell, const StudyRun& run) const;

    Study study_;
    DataInfo data_;
    std::int64_t maxSteps_;
    std::vector<Cell> cells_;
};

} // namespace dstn
