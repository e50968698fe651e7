#pragma once

#include "core/archive/archive.h"

#include <QString>

#include <functional>
#include <vector>

namespace dstn {

/// What a person types to find runs. Terms are separated by blanks and must all hold; a leading '-' turns
/// one around; quotes keep blanks.
///
/// | term                                                      | holds if |
/// | --------------------------------------------------------- | -------- |
/// | word, "two words"                                         | any column contains it, whatever its case |
/// | name: data: model: method: note: tag:                     | that column contains it |
/// | state:completed, id:3f2a                                  | it starts so |
/// | is:starred, is:resumable, is:deleted                      | it is |
/// | loss<0.5, accuracy>=0.9, test, epoch, steps, seconds      | it has the value, and the comparison is true
/// | | since:2024-05-01, before:2024-06                          | created (local time) then or later;
/// earlier |
///
/// A term that is not complete yet ("loss<") holds for every run, so that the list does not jump while
/// typing; an unknown key is taken as a plain word.
class RunFilter {
  public:
    RunFilter() = default;
    explicit RunFilter(const QString& text);

    /// @param haystack haystackOf(row)
    bool matches(const RunRow& row, const QString& haystack) const;
    bool empty() const { return terms_.empty(); }

    /// All searchable text of a run, in lower case.
    static QString haystackOf(const RunRow& row);

  private:
    using Term = std::function<bool(const RunRow&, const QString& haystack)>;
    std::vector<Term> terms_;
};

} // namespace dstn
