#pragma once

#include "core/export.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What a cell's text is.
enum class CellKind {
    missing,    ///< empty, or a word that stands for no value
    number,     ///< finite, in the file's notation
    boolean,    ///< true or false, in any case
    numberLike, ///< digits with signs about them that the notation does not have: "1,234", "$5", "12 %"
    text        ///< anything else, "inf" and "1e999" included
};

struct Cell {
    CellKind kind = CellKind::missing;
    double value = 0.0;       ///< of numbers; of booleans 1 or 0
    bool fraction = false;    ///< a number that is written with a decimal mark or an exponent
    bool leadingZero = false; ///< a whole number such as 007: often a code
};

/// How a file writes its numbers, and what it does not know.
class CellReader {
  public:
    /// @param thousands what stands between groups of three digits; empty: nothing
    /// @param missing the words that stand for a missing value, which an empty cell always is
    CellReader(bool decimalComma, std::string thousands, std::span<const std::string> missing);

    Cell read(std::string_view cell) const;

  private:
    bool number(std::string_view cell, Cell& read) const;

    char decimal_;
    std::string thousands_;
    std::vector<std::string> missing_; ///< sorted
};

/// What to do about a number-like cell, as a sentence without its full stop: "set data.thousands to \",\"".
std::string numberLikeAdvice(std::string_view cell);

/// A cell's text in quotes, safe for messages and cut after some 40 bytes.
std::string cellText(std::string_view cell);

} // namespace dstn
