#pragma once

#include "core/data/table.h"
#include "core/export.h"

#include <functional>
#include <string>
#include <string_view>

namespace DSTN_EXPORT dstn {

struct CsvOptions {
    Delimiter delimiter = Delimiter::automatic;
    Header header = Header::automatic;
    std::string target = {}; ///< column name or 0-based index, negative from the end; empty: the last
    TaskKind task = TaskKind::automatic;
};

/// Reads delimited text (RFC 4180; UTF-8, byte order mark allowed; LF or CRLF; blank lines skipped; spaces
/// around unquoted cells dropped) in which every column but the target holds numbers written with a point.
///
/// - Delimiter::automatic: the first of tab, semicolon, comma, space that gives the first lines the same
///   number of cells, at least two. Delimiter::space is any run of spaces and tabs.
/// - Header::automatic: there is one if a column starts with text and goes on with a number, or if no cell of
///   the first line is a number.
/// - TaskKind::automatic: classification if the target is text, or whole numbers of at most
///   `maxAutomaticClasses` different values; else regression.
/// - Classes are numbered in the order of their values (numbers) or of their bytes (text).
///
/// `name` appears in messages. Throws Error{data} naming line and column where the text breaks these rules,
/// has no rows, one class only, or a constant target; Error{interrupted} once `cancelled` says so.
Table parseCsv(std::string_view text, const CsvOptions& options, const std::string& name,
               const std::function<bool()>& cancelled = {});

/// Upper estimate of the bytes that parseCsv() needs besides the text: more than the text where its cells are
/// short.
double csvTableBytes(std::string_view text);

inline constexpr std::int64_t maxAutomaticClasses = 20;

} // namespace dstn
