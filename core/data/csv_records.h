#pragma once

#include "core/export.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Splits delimited text into records and cells, front to back; blank lines are skipped. Cells are views into
/// the text, or into strings kept here where quotes had to be undone: both must outlive them.
class CsvRecords {
  public:
    /// @param separator what stands between cells; empty: any run of spaces and tabs
    CsvRecords(std::string_view text, std::string separator, std::string name);

    /// The next record's cells; false at the end. Throws Error{data} on a quote that is not closed, or is
    /// followed by text.
    bool next(std::vector<std::string_view>& cells);
    /// The line, from 1, on which the last record started.
    std::int64_t line() const { return line_; }

  private:
    void splitPlain(std::string_view record, std::vector<std::string_view>& cells) const;
    void splitQuoted(std::vector<std::string_view>& cells);
    std::string_view quotedCell();
    bool atSpace() const;
    bool atSeparator() const;
    bool runs() const { return separator_.empty(); }

    std::string_view text_;
    std::string separator_;
    std::string_view blanks_; ///< what is dropped around cells: spaces and tabs that do not separate them
    std::string name_;
    std::size_t position_ = 0;
    std::int64_t line_ = 0, nextLine_ = 1;
    std::deque<std::string> unquoted_;
};

/// The separator that a file's text suggests: the first of tab, semicolon, bar, comma, space that gives the
/// first lines the same number of cells, at least two; a comma comes after the space where decimals are
/// written with it. "" is a run of spaces. `name` appears in messages.
std::string findSeparator(std::string_view text, bool decimalComma, const std::string& name);

/// A separator as messages name it: "comma", "bar", "\"#\"".
std::string separatorName(const std::string& separator);

} // namespace dstn
