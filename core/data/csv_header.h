#pragma once

#include "core/data/csv_cell.h"
#include "core/export.h"

#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Whether a file's first line names its columns.
struct HeaderDecision {
    enum class Answer { header, row, unclear } answer = Answer::row;
    /// A clause: what shows it, or what is unclear about it.
    std::string why;
};

/// Decides by the first line and some of those below it.
///
/// - Text above numbers is a name, unless another cell of the line may well be a value of its column: a
/// number
///   within its range, or a text that occurs below again.
/// - A line of texts above texts names the columns, unless one of them occurs below again.
/// - Whole numbers that count (0, 1 or 5, 6, 7), years above other numbers, whole numbers above
///   fractions of another range, and a number above texts may be names or values: unclear.
/// - Anything else is a row.
///
/// @param lines the first lines' cells; the first line is the one in question
HeaderDecision findHeader(const std::vector<std::vector<std::string_view>>& lines, const CellReader& reader);

} // namespace dstn
