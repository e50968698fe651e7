#pragma once

#include "core/data/table.h"
#include "core/export.h"

#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The options of a CSV file, as in DataSpec.
struct CsvOptions {
    std::string delimiter = "auto";
    Header header = Header::automatic;
    std::string target = {};
    TaskKind task = TaskKind::automatic;
    DecimalMark decimal = DecimalMark::automatic;
    std::string thousands = {};
    std::vector<std::string> ignore = {};
    std::vector<std::string> missing{std::begin(missingWords), std::end(missingWords)};
    OnMissing onMissing = OnMissing::refuse;
};
CsvOptions csvOptions(const DataSpec& spec);

/// Reads delimited text (RFC 4180; UTF-8, byte order mark allowed; lines end in LF, CRLF or CR; blank lines
/// skipped; spaces around unquoted cells dropped) in which every feature is a number, or true or false, which
/// become 1 and 0. What the file leaves open is decided from all of its cells, and the reasons are told in
/// Table::decisions; where they do not settle it, an error names the cell and the option that does.
///
/// - Separator: findSeparator(). Header: findHeader(), or that the target is named.
/// - A first column without a name that counts the rows is an index, and left out.
/// - Task, from the target: texts are classes; so are whole numbers of two values, and those that count from
/// 0
///   or 1 to at most `maxAutomaticClasses` values; numbers that are not whole, or of more values, are those
///   of a regression. Unclear, and refused unless the task is given: numbers and words together; whole
///   numbers written as fractions or with leading zeros; a few whole numbers that do not count; many that do;
///   whole numbers or texts most of which are different.
/// - Classes are numbered in the order of their values (numbers) or of their bytes (text). "None" is a class
///   among texts.
/// - Missing values are refused, or dropped, or left as NaN in Table::inputs, by OnMissing.
///
/// `name` appears in messages. `report` is filled as far as the file could be read, also where this throws.
/// Throws Error{data} naming line and column where the text breaks these rules, has no rows, one class only,
/// or a constant target; Error{interrupted} once `cancelled` says so.
Table parseCsv(std::string_view text, const CsvOptions& options, const std::string& name,
               const std::function<bool()>& cancelled = {}, TableReport* report = nullptr);

/// Upper estimate of the bytes that parseCsv() needs besides the text: more than the text where its cells are
/// short.
double csvTableBytes(std::string_view text);

inline constexpr std::int64_t maxAutomaticClasses = 20;

} // namespace dstn
