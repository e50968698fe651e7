#include "core/data/csv_reader.h"

#include "core/data/csv_cell.h"
#include "core/data/csv_column.h"
#include "core/data/csv_header.h"
#include "core/data/csv_records.h"
#include "core/data/csv_target.h"
#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace dstn {
namespace {

using Cells = std::vector<std::string_view>;

/// A mistake at a cell, or in a column as a whole: the first of several is told.
struct Fault {
    std::int64_t line = std::numeric_limits<std::int64_t>::max(); ///< that of a column as a whole
    std::string what;
};

std::string separatorOf(std::string_view text, const CsvOptions& options, const std::string& name) {
    const std::string& wanted = options.delimiter;
    const bool decimalComma = options.decimal == DecimalMark::comma;
    if (wanted == "auto") return findSeparator(text, decimalComma, name);
    std::string separator = wanted;
    if (wanted == "comma") separator = ",";
    if (wanted == "semicolon") separator = ";";
    if (wanted == "tab") separator = "\t";
    if (wanted == "space" || wanted == " ") separator = "";
    return separator;
}

class CsvReading {
    using Role = ColumnReport::Role;

  public:
    CsvReading(std::string_view text, const CsvOptions& options, const std::string& name,
               const std::function<bool()>& cancelled, TableReport& report)
        : options_(options),
          name_(name),
          cancelled_(cancelled),
          report_(report),
          reader_(options.decimal == DecimalMark::comma, options.thousands, options.missing),
          separator_(separatorOf(text, options, name)),
          textSize_(text.size()),
          lineCount_(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1),
          records_(text, separator_, name),
          preview_(text, separator_, name) {
        if (options.thousands == (options.decimal == DecimalMark::comma ? "," : "."))
            fail("data.thousands is " + cellText(options.thousands) +
                 ", which is the decimal mark too. Set data.decimal to \"" +
                 (options.decimal == DecimalMark::comma ? "point" : "comma") +
                 "\", or change data.thousands.");
        constexpr std::size_t enough = 200;
        for (Cells cells; first_.size() < enough && preview_.next(cells); first_.push_back(cells))
            if (first_.empty()) firstLine_ = preview_.line();
        if (first_.empty()) fail("the file has no rows. Name a file with data.");
        width_ = first_[0].size();
        report_.separator = separatorName(separator_);
    }

    Table read() {
        if (width_ < 2)
            fail("the file has one column when cells are separated by " + separatorName(separator_) +
                 "; a feature and a target are needed. Set data.delimiter if another character separates the "
                 "cells.");
        decideHeader();
        target_ = findTarget();
        chooseColumns();
        readRows();
        if (rows_ == 0) fail("the file has a header and no rows below it. Name a file with data.");
        leaveOutIndex();
        settleNone();
        describeColumns();
        requireTarget();
        if (options_.decimal == DecimalMark::automatic) checkPoints();
        checkFeatures();
        keepRows();
        makeTable();
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

    void decideHeader() {
        std::string why = "data.header says so";
        if (options_.header != Header::automatic) {
            header_ = options_.header == Header::present;
        } else if (!options_.target.empty() && !indexOf(options_.target) &&
                   std::ranges::find(first_[0], options_.target) != first_[0].end()) {
            header_ = true;
            why = "data.target is one of its cells";
        } else {
            const HeaderDecision decision = findHeader(first_, reader_);
            if (decision.answer == HeaderDecision::Answer::unclear)
                failAt(firstLine_, ": " + lineText(first_[0]) +
                                       " may name the columns or be the first row: " + decision.why +
                                       ". Set data.header to true or false.");
            header_ = decision.answer == HeaderDecision::Answer::header;
            why = decision.why;
        }
        report_.header = header_;
        table_.decisions.push_back("Cells are separated by " + separatorName(separator_) +
                                   (header_ ? ". The first line names the columns: "
                                            : ". There is no header; the first line is a row: ") +
                                   why + ".");
        if (!header_) return;
        Cells cells;
        records_.next(cells);
        names_.assign(cells.begin(), cells.end());
    }

    static std::string lineText(const Cells& cells) {
        constexpr std::size_t most = 4;
        std::string text;
        for (std::size_t i = 0; i < std::min(cells.size(), most); ++i)
            text += (i ? ", " : "") + cellText(cells[i]);
        return cells.size() > most ? text + ", …" : text;
    }

    /// A column's place by a number from 0, or from the end by a negative one; nothing if it is none.
    std::optional<std::size_t> indexOf(const std::string& text) const {
        std::int64_t index = 0;
        const char* end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, index);
        const auto count = static_cast<std::int64_t>(width_);
        if (parsed.ec != std::errc{} || parsed.ptr != end || index < -count || index >= count) return {};
        return static_cast<std::size_t>(index < 0 ? index + count : index);
    }

    std::size_t findColumn(const std::string& wanted, const std::string& option,
                           const std::string& what) const {
        const auto found = std::ranges::find(names_, wanted);
        if (found != names_.end()) {
            if (std::find(found + 1, names_.end(), wanted) != names_.end())
                fail("several columns are named " + cellText(wanted) + ". Name the " + what +
                     " by its index, counted from 0, in " + option + ".");
            return static_cast<std::size_t>(found - names_.begin());
        }
        if (const auto index = indexOf(wanted)) return *index;
        const std::string last = std::to_string(width_ - 1);
        const bool number = !wanted.empty() && wanted.find_first_not_of("-0123456789") == wanted.npos;
        if (number && names_.empty())
            fail("there is no " + what + " " + wanted + ": the file has " + std::to_string(width_) +
                 " columns, 0 to " + last + ". Change " + option + ".");
        if (!header_)
            fail("there is no " + what + " " + cellText(wanted) + ": the file has no header. Set " + option +
                 " to an index from 0 to " + last + ".");
        fail("there is no " + what + " " + cellText(wanted) + " among the file's " + std::to_string(width_) +
             " columns. The columns are: " + columnList() + ". Change " + option + ".");
    }

    std::size_t findTarget() const {
        return options_.target.empty() ? width_ - 1
                                       : findColumn(options_.target, "data.target", "target column");
    }

    void chooseColumns() {
        roles_.assign(width_, Role::feature);
        roles_[target_] = Role::target;
        for (const std::string& column : options_.ignore) {
            const std::size_t at = findColumn(column, "data.ignore", "column");
            if (at == target_)
                fail("data.ignore leaves out the target (" + columnLabel(at) + "). Change one of the two.");
            roles_[at] = Role::ignored;
        }
        columns_.resize(width_);
    }

    void readRows() {
        const std::size_t rows = std::min(lineCount_, textSize_ / (2 * width_) + 1);
        // For no fewer rows than there are: growing would take the memory twice. A cell and what ends it are
        // two bytes, so that blank lines do not count.
        values_.reserve(rows * static_cast<std::size_t>(std::ranges::count(roles_, Role::feature)));
        targets_.reserve(rows);
        lines_.reserve(rows);
        constexpr std::size_t shown = 5;
        for (Cells cells; records_.next(cells); ++rows_) {
            if (cancelled_ && rows_ % 16384 == 0 && cancelled_())
                throw Error(ErrorKind::interrupted, "Reading " + name_ + " was cancelled.");
            if (cells.size() != width_)
                failAt(records_.line(), ": " + std::to_string(cells.size()) +
                                            " cells where the first line has " + std::to_string(width_) +
                                            " (separated by " + separatorName(separator_) +
                                            "). Correct the line, or set data.delimiter.");
            for (std::size_t i = 0; i < width_; ++i) addCell(i, cells[i]);
            lines_.push_back(records_.line());
            if (report_.firstRows.size() == shown) continue;
            auto& row = report_.firstRows.emplace_back();
            for (const std::string_view cell : cells) row.push_back(printable(firstBytes(cell, 40)));
        }
        report_.rows = rows_;
    }

    void addCell(std::size_t column, std::string_view cell) {
        const Cell read = reader_.read(cell);
        columns_[column].add(read, cell, records_.line());
        if (roles_[column] == Role::target) targets_.push_back(cell);
        if (roles_[column] != Role::feature) return;
        const bool value = read.kind == CellKind::number || read.kind == CellKind::boolean;
        values_.push_back(value ? read.value : std::numeric_limits<double>::quiet_NaN());
    }

    /// An index as programs write it: the first column, without a name.
    void leaveOutIndex() {
        for (std::size_t i = 0; i < width_; ++i) {
            const CsvColumn& column = columns_[i];
            if (roles_[i] != Role::feature || rows_ < 2) continue;
            const bool unnamed = header_ && i == 0 && (names_[0].empty() || names_[0] == "Unnamed: 0");
            if (unnamed && column.countsRows()) {
                dropFeature(i);
                roles_[i] = Role::index;
                table_.decisions.push_back(
                    "The first column has no name and counts the rows: it is an index, "
                    "and left out.");
            } else if (unnamed && column.allDifferent()) {
                fail("the first column has no name and holds whole numbers that are all different, like an "
                     "index. Leave it out with data.ignore [\"0\"], or give it a name.");
            } else if (constexpr std::int64_t many = 10; column.countsRows() && rows_ >= many) {
                table_.warnings.push_back(
                    name_ + ": " + columnLabel(i) +
                    " counts the rows. If it is an index, leave it out with data.ignore.");
            }
        }
    }

    void dropFeature(std::size_t column) {
        const auto width = static_cast<std::size_t>(std::ranges::count(roles_, Role::feature));
        const auto at = static_cast<std::size_t>(
            std::count(roles_.begin(), roles_.begin() + static_cast<std::ptrdiff_t>(column), Role::feature));
        std::size_t kept = 0;
        for (std::size_t i = 0; i < values_.size(); ++i)
            if (i % width != at) values_[kept++] = values_[i];
        values_.resize(kept);
    }

    void describeColumns() {
        for (std::size_t i = 0; i < width_; ++i) {
            ColumnReport column = columns_[i].report();
            column.name = header_ ? printable(names_[i]) : "";
            column.role = roles_[i];
            report_.columns.push_back(std::move(column));
        }
    }

    void checkPoints() const {
        for (std::size_t i = 0; i < width_; ++i) {
            const bool used = roles_[i] == Role::feature || roles_[i] == Role::target;
            if (!used || !columns_[i].grouped()) continue;
            const CsvColumn::Place& place = *columns_[i].grouped();
            failAt(place.line,
                   ", " + columnLabel(i) + ": " + cellText(place.cell) +
                       " may be a number with three decimals or one in the thousands: every other "
                       "number of the column is like it or has three digits at most. Set "
                       "data.decimal to \"point\", or to \"comma\" with data.thousands \".\".");
        }
    }

    void checkFeatures() {
        if (std::ranges::find(roles_, Role::feature) == roles_.end())
            fail("no column is left for a feature. Change data.ignore.");
        Fault first;
        for (std::size_t i = 0; i < width_; ++i) {
            if (roles_[i] != Role::feature) continue;
            if (const auto fault = faultOf(i); fault && fault->line < first.line) first = *fault;
        }
        if (!first.what.empty()) failAt(first.line, first.what);
        std::string booleans;
        for (std::size_t i = 0; i < width_; ++i)
            if (roles_[i] == Role::feature && columns_[i].count(CellKind::boolean) > 0)
                booleans += (booleans.empty() ? "" : ", ") + columnLabel(i);
        if (!booleans.empty())
            table_.decisions.push_back("True and false are read as 1 and 0: " + booleans + ".");
    }

    /// Why a column is no feature.
    std::optional<Fault> faultOf(std::size_t column) const {
        const CsvColumn& cells = columns_[column];
        const std::string where = ", " + columnLabel(column) + ": ";
        const auto at = [&](CellKind kind, const std::string& what) {
            const CsvColumn::Place& place = *cells.first(kind);
            return Fault{.line = place.line, .what = where + cellText(place.cell) + " " + what};
        };
        const std::int64_t numbers = cells.count(CellKind::number), booleans = cells.count(CellKind::boolean);
        if (cells.count(CellKind::numberLike) > 0)
            return at(CellKind::numberLike, "is not a number in this file's notation: " +
                                                numberLikeAdvice(cells.first(CellKind::numberLike)->cell) +
                                                ".");
        if (cells.count(CellKind::text) > 0) {
            if (numbers + booleans == 0)
                return at(CellKind::text, "is not a number: the column holds text (" + cells.examples() +
                                              "), and a feature is a number. Leave the column out with "
                                              "data.ignore, or encode it as numbers.");
            return at(CellKind::text,
                      "is not a number, and its column holds numbers. Correct the cell; if it stands for a "
                      "missing value, add it to data.missing; or leave the column out with data.ignore.");
        }
        if (numbers > 0 && booleans > 0)
            return at(CellKind::boolean,
                      "stands in a column of numbers. Write 1 and 0, or leave the column out "
                      "with data.ignore.");
        const auto& hole = cells.first(CellKind::missing);
        if (numbers + booleans == 0)
            return Fault{.line = hole->line,
                         .what =
                             where +
                             (hole->cell.empty() ? "the cell is empty"
                                                 : "the value is missing (" + cellText(hole->cell) + ")") +
                             ", as in every row. Leave the column out with data.ignore."};
        if (cells.count(CellKind::missing) > 0 && options_.onMissing == OnMissing::refuse)
            return Fault{.line = hole->line, .what = where + missingText(hole->cell)};
        return {};
    }

    static std::string missingText(std::string_view cell) {
        return (cell.empty() ? "the cell is empty"
                             : "the value is missing or not finite (" + cellText(cell) + ")") +
               std::string(". Fill it in, or set data.on_missing to \"drop\" to leave such rows out, or to "
                           "\"mean\" to use the mean of the column. If it is a value, change data.missing.");
    }

    /// Whether "None" is a class: it is one among texts, unless data.missing was changed.
    bool noneIsClass() const {
        const CsvColumn& target = columns_[target_];
        return std::ranges::equal(options_.missing, missingWords) && target.count(CellKind::text) > 0 &&
               target.count(CellKind::number) == 0 && std::ranges::any_of(targets_, isNone);
    }
    static bool isNone(std::string_view cell) { return cell == "None" || cell == "none"; }

    void settleNone() {
        if (!noneIsClass()) return;
        none_ = true;
        table_.decisions.push_back("\"None\" is a class: the target's other values are text.");
        CsvColumn& column = columns_[target_] = {};
        for (std::size_t row = 0; row < targets_.size(); ++row)
            column.add(targetAt(row), targets_[row], lines_[row]);
    }

    Cell targetAt(std::size_t row) const {
        Cell cell = reader_.read(targets_[row]);
        if (none_ && isNone(targets_[row])) cell.kind = CellKind::text;
        return cell;
    }

    void requireTarget() const {
        if (columns_[target_].count(CellKind::missing) < rows_) return;
        fail("the target (" + columnLabel(target_) + ") has no value in any row" +
             (options_.target.empty()
                  ? "; it is the last column, which is empty where lines end with a separator"
                  : "") +
             ". Name another column as data.target.");
    }

    /// Which rows remain, and their targets.
    void keepRows() {
        const auto width = static_cast<std::size_t>(std::ranges::count(roles_, Role::feature));
        CsvTarget kept{.file = name_, .label = columnLabel(target_), .column = {}, .cells = {}, .lines = {}};
        std::size_t to = 0;
        for (std::size_t row = 0; row < targets_.size(); ++row) {
            const auto first = values_.begin() + static_cast<std::ptrdiff_t>(row * width);
            const auto last = first + static_cast<std::ptrdiff_t>(width);
            const Cell cell = targetAt(row);
            const bool missing = cell.kind == CellKind::missing;
            if (missing && options_.onMissing != OnMissing::drop) refuseTarget(row);
            const bool holes = options_.onMissing == OnMissing::drop &&
                               std::any_of(first, last, [](double value) { return std::isnan(value); });
            if (missing || holes) continue;
            std::copy(first, last, values_.begin() + static_cast<std::ptrdiff_t>(to));
            to += width;
            kept.cells.push_back(targets_[row]);
            kept.lines.push_back(lines_[row]);
            kept.column.add(cell, targets_[row], lines_[row]);
        }
        values_.resize(to);
        report_.droppedRows = rows_ - static_cast<std::int64_t>(kept.cells.size());
        if (kept.cells.empty())
            fail("each of the " + std::to_string(rows_) +
                 " rows lacks a value, and data.on_missing leaves such rows out. Leave the columns with many "
                 "missing values out with data.ignore.");
        if (report_.droppedRows > 0)
            table_.warnings.push_back(name_ + ": " + std::to_string(report_.droppedRows) + " of " +
                                      std::to_string(rows_) +
                                      " rows lack a value and are left out, as data.on_missing says.");
        kept_ = std::move(kept);
    }

    [[noreturn]] void refuseTarget(std::size_t row) const {
        const std::string where = ", " + columnLabel(target_) + ": ";
        const std::string what = targets_[row].empty()
                                     ? "the cell is empty"
                                     : "the value is missing (" + cellText(targets_[row]) + ")";
        failAt(lines_[row],
               where + what +
                   ", and a row without a target teaches nothing. Fill it in, or set "
                   "data.on_missing to \"drop\" to leave such rows out. If it is a class, change "
                   "data.missing.");
    }

    void makeTable() {
        table_.rows = static_cast<std::int64_t>(kept_.cells.size());
        table_.features = std::ranges::count(roles_, Role::feature);
        table_.targetColumn = static_cast<std::int64_t>(target_);
        table_.targetName = header_ ? names_[target_] : "";
        for (std::size_t i = 0; i < names_.size(); ++i)
            if (roles_[i] == Role::feature)
                table_.featureNames.push_back(names_[i].empty() ? columnLabel(i) : names_[i]);
        table_.inputs = std::move(values_);
        const auto holes =
            std::ranges::count_if(table_.inputs, [](double value) { return std::isnan(value); });
        if (holes > 0)
            table_.warnings.push_back(name_ + ": " + std::to_string(holes) +
                                      " missing values are replaced with the mean of their column over the "
                                      "training part, as data.on_missing says.");
        makeTarget(kept_, options_, reader_, table_);
        if (report_.droppedRows > 0 && table_.task == TaskKind::classification) warnOfLostClasses();
    }

    /// Classes all of whose rows were dropped.
    void warnOfLostClasses() {
        const std::set<std::string_view> left(kept_.cells.begin(), kept_.cells.end());
        std::set<std::string_view> lost;
        for (std::size_t row = 0; row < targets_.size(); ++row)
            if (!left.contains(targets_[row]) && targetAt(row).kind != CellKind::missing)
                lost.insert(targets_[row]);
        if (lost.empty()) return;
        std::string list;
        constexpr std::size_t most = 5;
        for (const std::string_view one : lost) {
            if (std::cmp_greater_equal(std::ranges::count(list, '"') / 2, most)) break;
            list += (list.empty() ? "" : ", ") + cellText(one);
        }
        table_.warnings.push_back(
            name_ + ": no row of " + std::to_string(lost.size()) +
            (lost.size() == 1 ? " class" : " classes") + " is left, as each lacks a value: " + list +
            (lost.size() > most ? ", …" : "") +
            ". Set data.on_missing to \"mean\", or leave columns out with data.ignore.");
    }

    const CsvOptions& options_;
    const std::string& name_;
    const std::function<bool()>& cancelled_;
    TableReport& report_;
    CellReader reader_;
    std::string separator_;
    std::size_t textSize_, lineCount_;
    CsvRecords records_, preview_;
    std::vector<Cells> first_;           ///< lines, the first of the file
    bool header_ = false, none_ = false; ///< none_: "None" is a class
    std::size_t width_ = 0, target_ = 0;
    std::int64_t rows_ = 0, firstLine_ = 0;
    std::vector<std::string> names_; ///< of all columns; empty without a header
    std::vector<Role> roles_;
    std::vector<CsvColumn> columns_;
    std::vector<double> values_; ///< [rows, features]; NaN: none
    Cells targets_;              ///< [rows]
    std::vector<std::int64_t> lines_;
    CsvTarget kept_;
    Table table_;
};

void requireUtf8(std::string_view text, const std::string& name) {
    const auto lineOf = [&](std::size_t at) {
        return std::to_string(1 +
                              std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    };
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        throw Error(ErrorKind::data, name + ": is written in UTF-16. Save it as UTF-8.");
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
        throw Error(
            ErrorKind::data,
            name + ", line " + lineOf(zero) +
                ": holds a zero byte, so it is not a text file. Fetch the file again, or name a CSV file.");
    if (isUtf8(text)) return;
    std::size_t at = 0;
    while (const std::size_t bytes = decodeUtf8(text.substr(at)).bytes) at += bytes;
    throw Error(ErrorKind::data, name + ", line " + lineOf(at) + ": the byte " +
                                     printable(text.substr(at, 1)) +
                                     " is not UTF-8. Save the file as UTF-8.");
}

} // namespace

CsvOptions csvOptions(const DataSpec& spec) {
    return {.delimiter = spec.delimiter,
            .header = spec.header,
            .target = spec.target,
            .task = spec.task,
            .decimal = spec.decimal,
            .thousands = spec.thousands,
            .ignore = spec.ignore,
            .missing = spec.missing,
            .onMissing = spec.onMissing};
}

double csvTableBytes(std::string_view text) {
    const auto count = [&](char c) { return static_cast<double>(std::count(text.begin(), text.end(), c)); };
    const double rows = std::max(count('\n'), count('\r')) + 1.0;
    const double separators = std::max({count(','), count(';'), count('\t'), count('|'), count(' ')});
    // A number for each cell; for each row its target as text, three times, its line, twice, number and
    // class.
    return 8.0 * (rows + separators) + (3 * 16.0 + 2 * 8.0 + 8.0 + 8.0 + 8.0) * rows;
}

Table parseCsv(std::string_view text, const CsvOptions& options, const std::string& name,
               const std::function<bool()>& cancelled, TableReport* report) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    requireUtf8(text, name);
    std::string lines;
    if (text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos) {
        lines = text;
        std::ranges::replace(lines, '\r', '\n');
        text = lines;
    }
    TableReport unread;
    return CsvReading(text, options, name, cancelled, report != nullptr ? *report : unread).read();
}

} // namespace dstn
