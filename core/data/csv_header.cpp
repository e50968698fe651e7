#include "core/data/csv_header.h"

#include <algorithm>
#include <limits>
#include <set>

namespace dstn {
namespace {

/// A column as the lines below the first show it, and the first line's cell.
struct Below {
    Cell first;
    std::string_view text;
    bool numeric = true;     ///< numbers, or true and false, and nothing else but missing values
    bool fractions = true;   ///< every number is written as a fraction
    bool texts = true;       ///< no value is a number
    bool repeated = false;   ///< the first line's cell occurs again
    std::int64_t values = 0; ///< that are not missing
    double least = std::numeric_limits<double>::infinity(), most = -least;

    bool holdsValues() const { return values > 0 && numeric; }
    /// Enough values to say what the column's numbers are like.
    bool onlyFractions() const { return values > 2 && numeric && fractions; }
    bool mayHold(double value) const { return value >= least && value <= most; }
};

std::vector<Below> columnsOf(const std::vector<std::vector<std::string_view>>& lines,
                             const CellReader& reader) {
    std::vector<Below> columns(lines[0].size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        Below& column = columns[i];
        column.text = lines[0][i];
        column.first = reader.read(column.text);
        for (std::size_t row = 1; row < lines.size(); ++row) {
            if (i >= lines[row].size()) continue;
            const Cell cell = reader.read(lines[row][i]);
            if (cell.kind == CellKind::missing) continue;
            ++column.values;
            column.repeated = column.repeated || lines[row][i] == column.text;
            const bool number = cell.kind == CellKind::number;
            column.texts = column.texts && cell.kind == CellKind::text;
            column.numeric = column.numeric && (number || cell.kind == CellKind::boolean);
            if (!number) continue;
            column.fractions = column.fractions && cell.fraction;
            column.least = std::min(column.least, cell.value);
            column.most = std::max(column.most, cell.value);
        }
    }
    return columns;
}

bool isYear(double value) { return value >= 1800.0 && value <= 2200.0; }
bool isNumber(const Below& column) { return column.first.kind == CellKind::number; }

/// A cell of the first line that its column may well hold further down.
bool mayBeValue(const Below& column) {
    if (!isNumber(column)) return column.first.kind == CellKind::text && column.repeated;
    return column.first.fraction || column.first.value < 0.0 ||
           (column.holdsValues() && column.mayHold(column.first.value));
}

/// Numbers that may be names: what speaks for it, or an empty text.
std::string suspicion(const std::vector<Below>& columns) {
    std::vector<const Below*> numbers;
    for (const Below& column : columns)
        if (isNumber(column)) numbers.push_back(&column);
    std::set<double> distinct;
    bool whole = true, years = true, yearsBelow = true, consecutive = true;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Cell& cell = numbers[i]->first;
        distinct.insert(cell.value);
        whole = whole && !cell.fraction && cell.value >= 0.0;
        years = years && isYear(cell.value);
        consecutive = consecutive && cell.value == numbers[0]->first.value + static_cast<double>(i);
        yearsBelow =
            yearsBelow && numbers[i]->holdsValues() && isYear(numbers[i]->least) && isYear(numbers[i]->most);
    }
    if (std::ranges::any_of(numbers, [](const Below* column) {
            return column->values > 2 && column->texts && !column->first.fraction;
        }))
        return "holds a number above texts";
    if (numbers.empty() || !whole || distinct.size() < numbers.size()) return "";
    const bool all = numbers.size() == columns.size();
    const bool fromStart = numbers[0]->first.value < 2.0;
    if (all && consecutive && (fromStart || columns.size() > 2)) return "counts the columns";
    if (numbers.size() > 1 && years && !yearsBelow) return "looks like years above other numbers";
    const bool other = std::ranges::any_of(numbers, [](const Below* column) {
        return column->onlyFractions() && !column->mayHold(column->first.value);
    });
    return other ? "holds whole numbers above fractions of another range" : "";
}

} // namespace

HeaderDecision findHeader(const std::vector<std::vector<std::string_view>>& lines, const CellReader& reader) {
    using enum HeaderDecision::Answer;
    const std::vector<Below> columns = columnsOf(lines, reader);
    const auto above = [&](CellKind kind) {
        return std::ranges::find_if(
            columns, [&](const Below& column) { return column.first.kind == kind && column.holdsValues(); });
    };
    const auto like = above(CellKind::numberLike), text = above(CellKind::text);
    if (like != columns.end())
        return {.answer = unclear, .why = cellText(like->text) + " stands above numbers and is almost one"};
    const bool numbers = std::ranges::any_of(columns, isNumber);
    if (text != columns.end()) {
        const std::string names = cellText(text->text) + " stands above numbers";
        const auto value = std::ranges::find_if(columns, mayBeValue);
        if (value == columns.end()) return {.answer = header, .why = names};
        return {.answer = unclear,
                .why = names + ", but " + cellText(value->text) + " may well be a value of its column"};
    }
    if (numbers) {
        const std::string why = lines.size() > 1 ? suspicion(columns) : "";
        if (!why.empty()) return {.answer = unclear, .why = "it " + why};
        return {.answer = row, .why = "its cells are like those below"};
    }
    const bool values = std::ranges::any_of(columns, &Below::holdsValues);
    const bool repeated = std::ranges::any_of(columns, &Below::repeated);
    const bool texts =
        std::ranges::any_of(columns, [](const Below& column) { return column.first.kind == CellKind::text; });
    if (!values && texts && !repeated) return {.answer = header, .why = "it holds no number"};
    const auto boolean = above(CellKind::boolean);
    if (lines.size() < 2 || repeated || boolean != columns.end())
        return {.answer = row, .why = "its cells are like those below"};
    return {.answer = unclear, .why = "no cell of it stands above numbers"};
}

} // namespace dstn
