#pragma once

#include "core/archive/run_filter.h"

#include <QString>

#include <vector>

namespace dstn::ui {

/// What the user types to find runs: the conditions of RunFilter, as on the command line, and words, which
/// any column contains, whatever the case; a leading '-' means that none does, quotes keep blanks. All must
/// hold.
class RunSearch {
  public:
    RunSearch() = default;
    explicit RunSearch(const QString& text);

    /// Empty, or the sentences that say what is not understood; the search does without it.
    const QString& problem() const { return problem_; }

    /// @param haystack haystackOf(row)
    bool matches(const RunRow& row, const QString& haystack) const;

    /// All searchable text of a run, in lower case.
    static QString haystackOf(const RunRow& row);

  private:
    struct Word {
        QString text;
        bool without = false;
    };
    RunFilter filter_;
    std::vector<Word> words_;
    QString problem_;
};

} // namespace dstn::ui
