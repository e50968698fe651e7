#pragma once

#include "core/data/csv_cell.h"
#include "core/data/csv_column.h"
#include "core/data/csv_reader.h"
#include "core/export.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The target's cells of the rows that are kept.
struct CsvTarget {
    std::string file, label; ///< for messages: "f.csv", "column \"y\""
    CsvColumn column;        ///< of these cells alone
    std::vector<std::string_view> cells;
    std::vector<std::int64_t> lines;
};

/// Decides what the target is and makes its labels or targets; see parseCsv(). Fills table.task, classes and
/// what belongs to them, and the decision.
void makeTarget(const CsvTarget& target, const CsvOptions& options, const CellReader& reader, Table& table);

} // namespace dstn
