#pragma once

#include "core/archive/archive.h"
#include "core/export.h"
#include "core/study/study.h"

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The lowest validation loss so far against what was spent: a step function, from each point to the next.
/// Its points are the first loss and those that are lower than all before, and last the amount spent so far.
struct Progress {
    std::vector<double> spent; ///< ascending, in one unit
    std::vector<double> best;  ///< descending
    /// Its value at a point; nothing before its first.
    std::optional<double> at(double spent) const;
};

/// One method with one seed: its run, or all trials of its search.
struct SeedResult {
    std::uint64_t seed = 0;
    std::optional<EpochResult>
        best;            ///< lowest validation loss over its runs; none where all failed untrained
    std::string bestRun; ///< UUID
    double epochs = 0.0, gradients = 0.0, seconds = 0.0; ///< spent, all trials together
    std::int64_t runs = 0, failedRuns = 0;
    /// Against epochs, gradients and seconds, indexed by BudgetUnit.
    std::vector<Progress> progress;
    std::vector<std::string> improvedBy; ///< UUID of the run that each fall of the best loss is due to
};

/// The median over seeds with the quartiles, at every point where one of them changes. Seeds that have not
/// reached it are left out; if fewer than half have, the band ends.
struct Band {
    std::vector<double> spent, lower, median, upper;
};

/// Mean and standard error s/√n; the latter absent for one value.
struct Mean {
    double mean = 0.0;
    std::optional<double> error = {};
    std::int64_t count = 0;
};

struct MethodResult {
    std::string name;
    std::vector<SeedResult> seeds; ///< in the study's order; without `best` where nothing has run yet
    std::vector<Band> bands;       ///< indexed by BudgetUnit
    std::optional<Mean> validationLoss, validationAccuracy, testLoss,
        testAccuracy; ///< at the best validation point
    std::optional<Mean> epochs, gradients, seconds;
    std::vector<std::pair<std::string, Mean>> hyperparameters; ///< chosen, natural
};

/// Two methods on the seeds that both have: Student's paired t-test of the differences of their best
/// validation losses (and test losses), two-sided: t = mean / (s / √n) with n − 1 degrees of freedom. Where
/// all differences are equal, p is 1 if they are 0, and else 0.
struct PairedTest {
    std::size_t first = 0, second = 0; ///< methods
    std::int64_t pairs = 0;
    double difference = 0.0;      ///< mean of first − second
    std::optional<double> p = {}; ///< absent for fewer than two pairs
    std::optional<double> testDifference = {}, testP = {};
};

struct StudyResults {
    std::vector<MethodResult> methods;
    std::vector<PairedTest> tests; ///< of every pair
};

/// Sequential accounting: the trials of a search are placed one after the other, in order, as if they had
/// run one by one.
StudyResults studyResults(const Study& study, const std::vector<StudyRun>& runs);

/// Mean and standard error of values; nothing for none.
std::optional<Mean> meanOf(const std::vector<double>& values);
/// The p value of the paired test for these differences; nothing for fewer than two.
std::optional<double> pairedP(const std::vector<double>& differences);
/// The band over the seeds that have run.
Band bandOf(const std::vector<Progress>& seeds);

/// The table as text for a terminal, and as Markdown.
std::string resultsText(const Study& study, const StudyResults& results);
std::string resultsMarkdown(const Study& study, const StudyResults& results);
/// One row per method, seed and change of the best loss:
/// method,seed,epochs,gradients,seconds,validation_loss,run.
void exportCsv(const Study& study, const StudyResults& results, std::ostream& out);
/// Everything: the document, results, bands, tests.
std::string exportJson(const Study& study, const StudyResults& results);

} // namespace dstn
