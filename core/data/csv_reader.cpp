#include "core/data/csv_reader.h"

#include "core/data/csv_records.h"
#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

namespace dstn {
namespace {

using Cells = std::vector<std::string_view>;

std::optional<double> number(std::string_view cell) {
    if (cell.starts_with('+') && !cell.substr(1).starts_with('-')) cell.remove_prefix(1);
    double value = 0.0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (end != cell.data() + cell.size()) return std::nullopt;
    // Both extremes are reported alike; what is too small to represent is 0, what is too large is not a
    // number.
    if (error == std::errc::result_out_of_range &&
        (cell.find("e-") != cell.npos || cell.find("E-") != cell.npos))
        return 0.0;
    if (error != std::errc{}) return std::nullopt;
    return value;
}

/// Words by which programs write that there is no value.
bool missing(std::string_view cell) {
    constexpr std::array words{"",     "?",    "NA",   "N/A", "n/a", "na",
                               "null", "NULL", "None", "NaN", "nan", "-nan"};
    return std::find(words.begin(), words.end(), cell) != words.end();
}

std::string cellText(std::string_view cell) {
    // Long enough to recognise the cell, short enough for one line.
    constexpr std::size_t longest = 40;
    const std::string_view shown = firstBytes(cell, longest);
    std::string text(1, '"');
    text += printable(shown);
    text += shown.size() < cell.size() ? "…\"" : "\"";
    return text;
}

std::string_view delimiterName(Delimiter delimiter) {
    switch (delimiter) {
    case Delimiter::comma:
        return "comma";
    case Delimiter::semicolon:
        return "semicolon";
    case Delimiter::tab:
        return "tab";
    case Delimiter::space:
    case Delimiter::automatic:
        break;
    }
    return "space";
}

/// The first records under a delimiter, as many as tell how the file is written.
std::vector<Cells> sample(CsvRecords& records) {
    constexpr std::size_t enough = 20;
    std::vector<Cells> rows;
    for (Cells cells; rows.size() < enough && records.next(cells);) rows.push_back(cells);
    return rows;
}

Delimiter findDelimiter(std::string_view text, const std::string& name) {
    // Space comes last: commas and the like are often followed by one.
    constexpr std::array candidates{Delimiter::tab, Delimiter::semicolon, Delimiter::comma, Delimiter::space};
    std::optional<Delimiter> usable;
    for (const Delimiter candidate : candidates) {
        CsvRecords records(text, candidate, name);
        std::vector<Cells> rows;
        try {
            rows = sample(records);
        } catch (const Error&) {
            continue; // the quotes make sense under another delimiter, or the reading proper complains
        }
        if (rows.empty() || rows[0].size() < 2) continue;
        const bool even = std::all_of(rows.begin(), rows.end(),
                                      [&](const Cells& row) { return row.size() == rows[0].size(); });
        if (even) return candidate;
        if (!usable) usable = candidate;
    }
    return usable.value_or(Delimiter::comma);
}

bool hasHeader(const std::vector<Cells>& rows) {
    const auto text = [](std::string_view cell) { return !missing(cell) && !number(cell); };
    const Cells& first = rows[0];
    if (rows.size() > 1)
        for (std::size_t i = 0; i < std::min(first.size(), rows[1].size()); ++i)
            if (text(first[i]) && number(rows[1][i])) return true;
    return std::none_of(first.begin(), first.end(),
                        [](std::string_view cell) { return number(cell).has_value(); }) &&
           std::any_of(first.begin(), first.end(), text);
}

class Reading {
  public:
    Reading(std::string_view text, const CsvOptions& options, const std::string& name,
            const std::function<bool()>& cancelled)
        : options_(options),
          name_(name),
          cancelled_(cancelled),
          delimiter_(options.delimiter == Delimiter::automatic ? findDelimiter(text, name)
                                                               : options.delimiter),
          textSize_(text.size()),
          lineCount_(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1),
          records_(text, delimiter_, name) {
        CsvRecords preview(text, delimiter_, name);
        const std::vector<Cells> rows = sample(preview);
        if (rows.empty()) fail("the file has no rows. Name a file with data.");
        columns_ = rows[0].size();
        header_ = options.header == Header::automatic ? hasHeader(rows) : options.header == Header::present;
    }

    Table read() {
        if (header_) {
            Cells cells;
            records_.next(cells);
            names_.assign(cells.begin(), cells.end());
        }
        if (columns_ < 2)
            fail("the file has one column when cells are separated by " +
                 std::string(delimiterName(delimiter_)) +
                 "; a feature and a target are needed. Set data.delimiter if another character separates the "
                 "cells.");
        target_ = findTarget();
        table_.features = static_cast<std::int64_t>(columns_ - 1);
        table_.targetColumn = static_cast<std::int64_t>(target_);
        table_.targetName = header_ ? names_[target_] : "";
        for (std::size_t i = 0; i < names_.size(); ++i)
            if (i != target_) table_.featureNames.push_back(names_[i].empty() ? columnLabel(i) : names_[i]);
        readRows();
        if (table_.rows == 0) fail("the file has a header and no rows below it. Name a file with data.");
        if (isClassification())
            makeLabels();
        else
            makeTargets();
        return std::move(table_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorKind::data, name_ + ": " + what);
    }
    [[noreturn]] void failAt(std::int64_t line, const std::string& what) const {
        throw Error(ErrorKind::data, name_ + ", line " + std::to_string(line) + what);
    }

    std::string columnLabel(std::size_t column) const {
        if (header_ && !names_[column].empty()) return "column " + cellText(names_[column]);
        return "column " + std::to_string(column);
    }

    std::string columnList() const {
        constexpr std::size_t longest = 30;
        std::string list;
        for (std::size_t i = 0; i < std::min(names_.size(), longest); ++i)
            list += (i ? ", " : "") + cellText(names_[i]);
        return names_.size() > longest ? list + ", …" : list;
    }

    std::size_t findTarget() const {
        if (options_.target.empty()) return columns_ - 1;
        const auto found = std::find(names_.begin(), names_.end(), options_.target);
        if (found != names_.end()) {
            if (std::find(found + 1, names_.end(), options_.target) != names_.end())
                fail("several columns are named " + cellText(options_.target) +
                     ". Name the target by its index, counted from 0.");
            return static_cast<std::size_t>(found - names_.begin());
        }
        std::int64_t index = 0;
        const char* end = options_.target.data() + options_.target.size();
        const auto parsed = std::from_chars(options_.target.data(), end, index);
        const auto count = static_cast<std::int64_t>(columns_);
        if (parsed.ec == std::errc{} && parsed.ptr == end) {
            if (index < -count || index >= count)
                fail("there is no target column " + options_.target + ": the file has " +
                     std::to_string(count) + " columns, 0 to " + std::to_string(count - 1) +
                     ". Change data.target.");
            return static_cast<std::size_t>(index < 0 ? index + count : index);
        }
        if (!header_)
            fail("there is no target column " + cellText(options_.target) +
                 ": the file has no header. Set "
                 "data.target to an index from 0 to " +
                 std::to_string(count - 1) + ".");
        fail("there is no target column " + cellText(options_.target) + ". The columns are: " + columnList() +
             ". Change data.target.");
    }

    void readRows() {
        reserve();
        Cells cells;
        while (records_.next(cells)) {
            if (cancelled_ && table_.rows % 16384 == 0 && cancelled_())
                throw Error(ErrorKind::interrupted, "Reading " + name_ + " was cancelled.");
            if (cells.size() != columns_)
                failAt(records_.line(), ": " + std::to_string(cells.size()) +
                                            " cells where the first line has " + std::to_string(columns_) +
                                            " (separated by " + std::string(delimiterName(delimiter_)) +
                                            "). Correct the line, or set data.delimiter.");
            for (std::size_t i = 0; i < columns_; ++i) {
                if (i == target_)
                    addTarget(cells[i]);
                else
                    table_.inputs.push_back(feature(cells[i], i));
            }
            ++table_.rows;
        }
    }

    /// For no fewer rows than there are: growing would take the memory twice. A cell and what ends it are two
    /// bytes, so that blank lines do not count.
    void reserve() {
        const std::size_t rows = std::min(lineCount_, textSize_ / (2 * columns_) + 1);
        table_.inputs.reserve(rows * (columns_ - 1));
        targetCells_.reserve(rows);
        lines_.reserve(rows);
    }

    double feature(std::string_view cell, std::size_t column) const {
        const auto value = number(cell);
        if (value && std::isfinite(*value)) return *value;
        badNumber(cell, column, records_.line());
    }

    [[noreturn]] void badNumber(std::string_view cell, std::size_t column, std::int64_t line) const {
        const std::string where = ", " + columnLabel(column) + ": ";
        if (cell.empty()) failAt(line, where + "the cell is empty. Fill it in or leave the row out.");
        if (missing(cell) || number(cell))
            failAt(line, where + "the value is missing or not finite (" + cellText(cell) +
                             "). Fill it in or leave the row out.");
        const bool decimalComma = std::count(cell.begin(), cell.end(), ',') == 1;
        failAt(line, where + cellText(cell) + " is not a number. " +
                         (decimalComma ? "Write decimals with a point."
                                       : "Correct the cell, or leave the column out."));
    }

    void addTarget(std::string_view cell) {
        if (missing(cell)) badNumber(cell, target_, records_.line());
        targetCells_.push_back(cell);
        lines_.push_back(records_.line());
    }

    /// Whether to classify; fills targets_ where every target is a number.
    bool isClassification() {
        targets_.reserve(targetCells_.size());
        std::set<double> distinct;
        bool whole = true;
        std::size_t texts = 0, firstText = 0;
        for (std::size_t i = 0; i < targetCells_.size(); ++i) {
            const auto value = number(targetCells_[i]);
            if (!value) {
                if (texts++ == 0) firstText = i;
                continue;
            }
            if (!std::isfinite(*value)) badNumber(targetCells_[i], target_, lines_[i]);
            targets_.push_back(*value);
            whole = whole && *value == std::floor(*value) && std::abs(*value) < 0x1p53;
            if (std::cmp_less_equal(distinct.size(), maxAutomaticClasses)) distinct.insert(*value);
        }
        const bool few = std::cmp_less_equal(distinct.size(), maxAutomaticClasses);
        if (options_.task == TaskKind::regression && texts > 0)
            badNumber(targetCells_[firstText], target_, lines_[firstText]);
        if (options_.task == TaskKind::classification && texts == 0 && !whole) failFraction();
        if (options_.task != TaskKind::automatic) return options_.task == TaskKind::classification;
        if (texts == 0) return whole && few;
        // Hundreds of different numbers and a few texts are a measured quantity with slips in it.
        if (!few) badNumber(targetCells_[firstText], target_, lines_[firstText]);
        return true;
    }

    [[noreturn]] void failFraction() const {
        const auto at = std::find_if(targets_.begin(), targets_.end(), [](double value) {
            return value != std::floor(value) || std::abs(value) >= 0x1p53;
        });
        const auto row = static_cast<std::size_t>(at - targets_.begin());
        failAt(lines_[row],
               ", " + columnLabel(target_) + ": the target " + cellText(targetCells_[row]) +
                   " is not a class: classes are text or whole numbers. Set data.task to regression.");
    }

    void makeLabels() {
        table_.task = TaskKind::classification;
        // All numbers: 2 comes before 10, and 1.0 is 1.
        if (targets_.size() == targetCells_.size())
            numberLabels();
        else
            textLabels();
        table_.classes = static_cast<std::int64_t>(table_.classNames.size());
        if (table_.classes < 2)
            fail("every row's target (" + columnLabel(target_) + ") is " + cellText(targetCells_[0]) +
                 "; a classifier needs at least two classes. Name another column as data.target.");
        // So few rows may well be of a class each; many are rather names or remarks.
        constexpr std::int64_t suspicious = 20;
        if (table_.rows >= suspicious && table_.classes == table_.rows)
            fail("each of the " + std::to_string(table_.rows) + " rows has a different target (" +
                 columnLabel(target_) +
                 "), so there is nothing to classify. Name another column as data.target.");
    }

    void numberLabels() {
        std::vector<double> values = targets_;
        std::sort(values.begin(), values.end());
        values.erase(std::unique(values.begin(), values.end()), values.end());
        for (const double value : values)
            table_.classNames.push_back(std::to_string(static_cast<std::int64_t>(value)));
        table_.labels.reserve(targets_.size());
        for (const double value : targets_)
            table_.labels.push_back(std::lower_bound(values.begin(), values.end(), value) - values.begin());
    }

    void textLabels() {
        Cells values = targetCells_;
        std::sort(values.begin(), values.end());
        values.erase(std::unique(values.begin(), values.end()), values.end());
        table_.classNames.assign(values.begin(), values.end());
        table_.labels.reserve(targetCells_.size());
        for (const std::string_view value : targetCells_)
            table_.labels.push_back(std::lower_bound(values.begin(), values.end(), value) - values.begin());
    }

    void makeTargets() {
        table_.task = TaskKind::regression;
        const auto [least, most] = std::minmax_element(targets_.begin(), targets_.end());
        if (*least == *most)
            fail("the target (" + columnLabel(target_) + ") is " + cellText(targetCells_[0]) +
                 " in every row; there is nothing to learn. Name another column as data.target.");
        table_.targets = std::move(targets_);
    }

    const CsvOptions& options_;
    const std::string& name_;
    const std::function<bool()>& cancelled_;
    Delimiter delimiter_;
    std::size_t textSize_, lineCount_;
    CsvRecords records_;
    bool header_ = false;
    std::size_t columns_ = 0, target_ = 0;
    std::vector<std::string> names_; ///< of all columns; empty without a header
    Cells targetCells_;
    std::vector<std::int64_t> lines_; ///< of each row, for messages about its target
    std::vector<double> targets_;
    Table table_;
};

} // namespace

double csvTableBytes(std::string_view text) {
    const auto count = [&](char c) { return static_cast<double>(std::count(text.begin(), text.end(), c)); };
    const double rows = count('\n') + 1.0;
    const double separators = std::max({count(','), count(';'), count('\t'), count(' ')});
    // A number for each cell; for each row its target as text, twice, its line, number and class.
    return 8.0 * (rows + separators) + (16.0 + 8.0 + 8.0 + 8.0 + 16.0) * rows;
}

Table parseCsv(std::string_view text, const CsvOptions& options, const std::string& name,
               const std::function<bool()>& cancelled) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        throw Error(ErrorKind::data, name + ": is written in UTF-16. Save it as UTF-8.");
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
        throw Error(
            ErrorKind::data,
            name + ", line " + std::to_string(1 + std::count(text.begin(), text.begin() + zero, '\n')) +
                ": holds a zero byte, so it is not a text file. Fetch the file again, or name a CSV file.");
    return Reading(text, options, name, cancelled).read();
}

} // namespace dstn
