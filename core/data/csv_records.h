#pragma once

#include "core/spec/data_spec.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace dstn {

/// Splits delimited text into records and cells, front to back; blank lines are skipped. Cells are views into
/// the text, or into strings kept here where quotes had to be undone: both must outlive them.
class CsvRecords {
  public:
    /// @param delimiter not Delimiter::automatic
    CsvRecords(std::string_view text, Delimiter delimiter, std::string name);

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

    std::string_view text_;
    Delimiter delimiter_;
    std::string name_;
    std::size_t position_ = 0;
    std::int64_t line_ = 0, nextLine_ = 1;
    std::deque<std::string> unquoted_;
};

} // namespace dstn
