#pragma once

#include "core/experiment/experiment.h"
#include "core/export.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What a study's budget is counted in.
enum class BudgetUnit {
    epochs,    ///< passes over the training examples, for any method
    gradients, ///< gradient-evaluation equivalents (core/spec/step_cost.h)
    seconds    ///< training time on this machine, evaluations included
};
inline constexpr std::array budgetUnits{BudgetUnit::epochs, BudgetUnit::gradients, BudgetUnit::seconds};
std::string_view name(BudgetUnit unit); ///< "epochs", …

/// One of the methods that a study compares: the study's experiment with some of its options set otherwise.
struct StudyMethod {
    std::string name; ///< "Δ-STN"
    /// path and value as `--set` takes them: {"tuner.type", "random"}.
    std::vector<std::pair<std::string, std::string>> set;
    bool operator==(const StudyMethod&) const = default;
};

/// Of a study, at most.
inline constexpr std::size_t mostMethods = 1'000, mostSeeds = 10'000;

/// Runs made to be compared: every method with every seed on one experiment, each with the same budget. A
/// method that tunes within a training trains once, over the whole budget; a search divides it into trainings
/// of the experiment's `budget.epochs`.
struct Study {
    std::string name = "Untitled study";
    std::string description = {};
    std::string experimentJson;                           ///< the document as written, `set` not yet applied
    std::vector<std::pair<std::string, std::string>> set; ///< for all methods, before their own
    std::vector<StudyMethod> methods;
    std::vector<std::uint64_t> seeds{0};
    BudgetUnit unit = BudgetUnit::epochs;
    double budget = 0.0;       ///< for each method and seed, search trials included
    std::int64_t parallel = 1; ///< runs at once
    bool operator==(const Study&) const = default;
};

struct ParsedStudy {
    std::optional<Study> study; ///< empty if there is any mistake
    std::vector<Mistake> mistakes;
};

/// Reads and validates a study document, with every mistake at once; those in a method's experiment have
/// paths as "methods[1]: tuner.points".
/// @param experimentText of an experiment that the document names instead of containing: a preset's id or a
/// file.
///        It throws Error{usage} where there is none of that name
ParsedStudy parseStudy(std::string_view json,
                       const std::function<std::string(const std::string&)>& experimentText);
/// Every mistake that can be found without the data.
std::vector<Mistake> validate(const Study& study);
/// Every mistake that depends on the data's size: a budget too small for one trial.
std::vector<Mistake> validate(const Study& study, const DataInfo& data);
/// The whole document, its experiment written out.
std::string toJson(const Study& study);

/// The experiment of one of the methods with one of the seeds: seed and name set, everything else as set.
/// Throws Error{usage} where the study has mistakes.
Experiment experimentOf(const Study& study, std::size_t method, std::uint64_t seed);

/// A study whose search is a whole experiment's: what `dstn run` does with a tuner that searches. Its budget
/// is the experiment's own, `tuner.trials` (pbt: `tuner.population`) trainings of `budget.epochs`.
Study studyOf(const Experiment& search);

/// Why a study cannot go on as `after`, if its archive holds runs of `before`: one line for each method or
/// part of the experiment that has changed. Empty where it only grows: a larger budget, more seeds, further
/// methods, another name.
std::vector<std::string> changesBeyondGrowth(const Study& before, const Study& after);

/// A study shipped with the program: a document in resources/studies, compiled in.
const std::vector<Preset>& studyPresets();
const Preset* findStudyPreset(std::string_view id);

} // namespace dstn
