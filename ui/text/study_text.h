#pragma once

#include "core/data/dataset.h"
#include "core/study/study.h"
#include "core/study/study_results.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dstn::ui {

/// What of a study is typed and read: the same words on every page.

/// "0-9, 12" -> {0, …, 9, 12}. `problem` is the sentence that says why a text is not a list of seeds.
std::vector<std::uint64_t> parseSeeds(const QString& text, QString& problem);
/// {0, 1, 2, 7} -> "0-2, 7"
QString seedsText(const std::vector<std::uint64_t>& seeds);

using Assignments = std::vector<std::pair<std::string, std::string>>;
/// One `path=value` a line, as `--set` takes them; empty lines are left out. `problem` names the first line
/// that is not one.
Assignments parseAssignments(const QString& lines, QString& problem);
QString assignmentsText(const Assignments& assignments);

QString unitText(BudgetUnit unit);                             ///< "gradient evaluations"
QString shareText(double done, double total, BudgetUnit unit); ///< "9 of 36 epochs"
QString amountText(double amount, BudgetUnit unit); ///< "70 epochs", "1,200 gradient evaluations", "15 min"
/// What a budget is for one of the methods: "7 trainings of 10 epochs", "one training of 70 epochs", and
/// which hyperparameters it holds; or why the method is not available for this experiment.
/// @param data absent: not known yet
QString budgetMeaning(const Study& study, const StudyMethod& method, const std::optional<DataInfo>& data);

/// core's meanText(), or of fractions meanPercentText(): "0.4123 ± 0.0061"; "–" where there is none.
QString meanText(const std::optional<Mean>& mean, bool percent = false);
/// Seconds or counts that are spent: "12 min", "3,400".
QString spentText(const std::optional<Mean>& mean, BudgetUnit unit);
/// "dropout0 0.12 ± 0.03, cutout_length 4.2 ± 0.4"
QString chosenText(const std::vector<std::pair<std::string, Mean>>& hyperparameters);

/// "12 runs, 1 failed"
QString runCountText(std::int64_t runs, std::int64_t failed);

} // namespace dstn::ui
