#include "core/data/csv_target.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

namespace dstn {
namespace {

constexpr const char* classesIfMeant = "Set data.task to \"classification\" if these are classes";

class Targets {
  public:
    Targets(const CsvTarget& target, const CsvOptions& options, const CellReader& reader, Table& table)
        : target_(target), options_(options), reader_(reader), table_(table) {}

    void make() {
        if (mayBeNumbers()) {
            for (const std::string_view cell : target_.cells) numbers_.push_back(reader_.read(cell).value);
            distinct_ = numbers_;
            std::ranges::sort(distinct_);
            distinct_.erase(std::unique(distinct_.begin(), distinct_.end()), distinct_.end());
        }
        if (isClassification())
            makeLabels();
        else
            makeTargets();
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorKind::data, target_.file + ": " + what);
    }
    [[noreturn]] void failAt(const CsvColumn::Place& place, const std::string& what) const {
        throw Error(ErrorKind::data, target_.file + ", line " + std::to_string(place.line) + ", " +
                                         target_.label + ": " + cellText(place.cell) + " " + what);
    }
    std::int64_t count(CellKind kind) const { return target_.column.count(kind); }
    bool mayBeNumbers() const { return target_.column.count(CellKind::number) == rows(); }
    std::int64_t rows() const { return static_cast<std::int64_t>(target_.cells.size()); }
    std::string theTarget() const { return "the target (" + target_.label + ")"; }

    bool isClassification() {
        if (options_.task == TaskKind::regression)
            return requireNumbers(), decide(false, "data.task says so");
        if (options_.task == TaskKind::classification)
            return requireClasses(), decide(true, "data.task says so");
        if (numbers_.empty()) return wordsAreClasses();
        return numbersAreClasses();
    }

    bool decide(bool classes, const std::string& why) {
        reason_ = why;
        return classes;
    }

    void requireNumbers() const {
        for (const CellKind kind : {CellKind::numberLike, CellKind::text, CellKind::boolean})
            if (const auto& place = target_.column.first(kind)) {
                if (kind == CellKind::numberLike)
                    failAt(*place,
                           "is not a number in this file's notation: " + numberLikeAdvice(place->cell) + ".");
                failAt(*place,
                       "is not a number, and data.task asks for a regression. Correct the cell, or "
                       "leave the row out; if it stands for a missing value, add it to data.missing.");
            }
    }

    void requireClasses() const {
        if (numbers_.empty() || target_.column.whole()) return;
        const auto at = std::ranges::find_if(
            numbers_, [](double value) { return value != std::floor(value) || std::abs(value) >= 0x1p53; });
        const auto row = static_cast<std::size_t>(at - numbers_.begin());
        throw Error(ErrorKind::data,
                    target_.file + ", line " + std::to_string(target_.lines[row]) + ", " + target_.label +
                        ": the target " + cellText(target_.cells[row]) +
                        " is not a class: classes are text or whole numbers. Set data.task to "
                        "regression.");
    }

    bool wordsAreClasses() {
        if (const auto& like = target_.column.first(CellKind::numberLike))
            failAt(*like, "may be a number or a class. If it is a number, " + numberLikeAdvice(like->cell) +
                              ". " + classesIfMeant + ".");
        const auto& text = target_.column.first(CellKind::text);
        if (count(CellKind::number) > 0) {
            const auto& word = text ? text : target_.column.first(CellKind::boolean);
            failAt(*word, "stands among numbers: of the target's " + std::to_string(rows()) + " values " +
                              std::to_string(count(CellKind::number)) +
                              " are numbers. Correct it; if it stands for a missing value, add it to "
                              "data.missing. " +
                              classesIfMeant + ".");
        }
        std::set<std::string_view> words(target_.cells.begin(), target_.cells.end());
        constexpr std::int64_t suspicious = 20;
        if (rows() >= suspicious && mostlyDifferent(words.size()))
            fail(theTarget() + " holds text, and " + std::to_string(words.size()) + " of its " +
                 std::to_string(rows()) + " values are different: " + target_.column.examples() +
                 ". Name another column as data.target. " + classesIfMeant + ".");
        return decide(true, text ? "it holds text" : "it holds true and false");
    }

    bool mostlyDifferent() const { return mostlyDifferent(distinct_.size()); }
    /// More than two, and more than half of all.
    bool mostlyDifferent(std::size_t different) const {
        return different > 2 && std::cmp_greater(different * 2, rows());
    }

    bool numbersAreClasses() {
        const std::string different = std::to_string(distinct_.size()) + " different ";
        if (!target_.column.whole()) return decide(false, "it holds numbers that are not whole");
        const auto unclear = [&](const std::string& what) {
            fail(theTarget() + " " + what + ": " + target_.column.examples() +
                 ". They may be classes or measured numbers. Set data.task to \"classification\" or "
                 "\"regression\".");
        };
        if (target_.column.leadingZero())
            failAt(*target_.column.leadingZero(),
                   "is written with leading zeros, like a code. Set data.task to \"classification\" or "
                   "\"regression\".");
        const double first = distinct_.front(), last = distinct_.back();
        const bool counting =
            (first == 0.0 || first == 1.0) && last - first + 1.0 == static_cast<double>(distinct_.size());
        const bool few = std::cmp_less_equal(distinct_.size(), maxAutomaticClasses);
        if (few && target_.column.fraction()) unclear("holds whole numbers that are written as fractions");
        if (few && mostlyDifferent()) unclear("holds whole numbers, most of them different");
        if (few && distinct_.size() > 2 && !counting)
            unclear("holds " + different + "whole numbers that do not count from 0 or 1");
        if (!few && counting && !mostlyDifferent()) unclear("counts through " + different + "whole numbers");
        return decide(few, "it holds " + different + "whole numbers");
    }

    void makeLabels() {
        table_.task = TaskKind::classification;
        // Words that data.task makes classes may have numbers among them; a code keeps its zeros.
        if (!numbers_.empty() && !target_.column.leadingZero())
            numberLabels();
        else
            textLabels();
        table_.taskReason = reason_;
        table_.classes = static_cast<std::int64_t>(table_.classNames.size());
        if (table_.classes < 2)
            fail("every row's target (" + target_.label + ") is " + cellText(target_.cells[0]) +
                 "; a classifier needs at least two classes. Name another column as data.target.");
        // So few rows may well be of a class each; many are rather names or remarks.
        constexpr std::int64_t suspicious = 20;
        if (table_.rows >= suspicious && table_.classes == table_.rows)
            fail("each of the " + std::to_string(table_.rows) + " rows has a different target (" +
                 target_.label + "), so there is nothing to classify. Name another column as data.target.");
        table_.decisions.push_back("The target, " + target_.label + ", holds " +
                                   std::to_string(table_.classes) + " classes, as " + reason_ + ".");
    }

    void numberLabels() {
        for (const double value : distinct_)
            table_.classNames.push_back(std::to_string(static_cast<std::int64_t>(value)));
        table_.labels.reserve(numbers_.size());
        for (const double value : numbers_)
            table_.labels.push_back(std::ranges::lower_bound(distinct_, value) - distinct_.begin());
    }

    void textLabels() {
        std::vector<std::string_view> values = target_.cells;
        std::ranges::sort(values);
        values.erase(std::unique(values.begin(), values.end()), values.end());
        table_.classNames.assign(values.begin(), values.end());
        table_.labels.reserve(target_.cells.size());
        for (const std::string_view value : target_.cells)
            table_.labels.push_back(std::ranges::lower_bound(values, value) - values.begin());
    }

    void makeTargets() {
        table_.task = TaskKind::regression;
        if (distinct_.size() < 2)
            fail(theTarget() + " is " + cellText(target_.cells[0]) +
                 " in every row; there is nothing to learn. Name another column as data.target.");
        table_.targets = std::move(numbers_);
        table_.decisions.push_back("The target, " + target_.label + ", is a number to predict, as " +
                                   reason_ + ".");
    }

    const CsvTarget& target_;
    const CsvOptions& options_;
    const CellReader& reader_;
    Table& table_;
    std::vector<double> numbers_;  ///< [rows] where all are numbers, else empty
    std::vector<double> distinct_; ///< ascending
    std::string reason_;
};

} // namespace

void makeTarget(const CsvTarget& target, const CsvOptions& options, const CellReader& reader, Table& table) {
    Targets(target, options, reader, table).make();
}

} // namespace dstn
