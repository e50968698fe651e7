#pragma once

#include "core/data/csv_cell.h"
#include "core/data/table.h"
#include "core/export.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What the cells of a column are, gathered one by one.
class CsvColumn {
  public:
    /// A cell and where it stands.
    struct Place {
        std::int64_t line = 0;
        std::string_view cell;
    };

    /// The text that `cell` views must outlive this.
    void add(const Cell& read, std::string_view cell, std::int64_t line);

    std::int64_t count(CellKind kind) const { return counts_[index(kind)]; }
    /// The first cell of this kind.
    const std::optional<Place>& first(CellKind kind) const { return first_[index(kind)]; }
    std::int64_t cells() const;
    /// Every number is whole.
    bool whole() const { return whole_; }
    /// Some number is written with a decimal mark or an exponent; the first such cell.
    const std::optional<Place>& fraction() const { return fraction_; }
    const std::optional<Place>& leadingZero() const { return leadingZero_; }
    /// Every cell is the number of its row, counted from 0 or from 1.
    bool countsRows() const { return numbersOnly() && (fromZero_ || fromOne_); }
    /// Whole numbers, none of which is one of the first `mostDistinct` again.
    bool allDifferent() const;
    /// A cell such as 1.234, if every number is written like it or with up to three digits: points may
    /// separate thousands.
    const std::optional<Place>& grouped() const { return looksGrouped_ && shorts_ ? grouped_ : none_; }
    bool numbersOnly() const { return count(CellKind::number) == cells(); }
    double least() const { return least_; }
    double most() const { return most_; }

    /// The first different values in quotes: "\"a\", \"b\" and 12 more".
    std::string examples() const;
    ColumnReport report() const;

  private:
    static std::size_t index(CellKind kind) { return static_cast<std::size_t>(kind); }

    std::array<std::int64_t, 5> counts_{};
    std::array<std::optional<Place>, 5> first_;
    std::optional<Place> fraction_, leadingZero_, grouped_, none_;
    bool looksGrouped_ = true, shorts_ = false;
    bool repeated_ = false, whole_ = true, fromZero_ = true, fromOne_ = true;
    double least_ = std::numeric_limits<double>::infinity(), most_ = -least_, sum_ = 0.0;
    std::unordered_set<std::string_view> distinct_;
    std::vector<std::string_view> firstDistinct_;
};

} // namespace dstn
