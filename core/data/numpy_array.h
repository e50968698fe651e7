#pragma once

#include "core/data/byte_stream.h"
#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// An array in NumPy's format NPY, versions 1 to 3 (NumPy Enhancement Proposal 1): booleans, integers of 1 to
/// 8 bytes, floating-point numbers of 2, 4 or 8 bytes, or words (types S and U), in either byte order, by
/// rows or by columns.
struct NumpyArray {
    enum class Kind { boolean, unsignedInteger, signedInteger, real, bytes, unicode };
    Kind kind = Kind::real;
    std::size_t itemSize = 0;        ///< bytes of a number or word
    bool swapped = false;            ///< the file's byte order is not the machine's
    bool byColumns = false;          ///< the first index varies fastest in the file
    std::vector<std::int64_t> shape; ///< empty: a single number
    std::vector<std::uint8_t>
        bytes; ///< by rows, in the machine's byte order; empty if only the header was read

    std::int64_t count() const; ///< of numbers
    bool words() const { return kind == Kind::bytes || kind == Kind::unicode; }
    bool whole() const { return kind != Kind::real && !words(); }
    /// The numbers first, …, first + into.size() − 1; not of words.
    void numbers(std::size_t first, std::span<double> into) const;
    /// One of whole numbers; nothing if it is beyond the range.
    std::optional<std::int64_t> wholeNumber(std::size_t index) const;
    /// One of words, in UTF-8; nothing if it is not text.
    std::optional<std::string> word(std::size_t index) const;
};

/// Reads the header alone. `name` appears in messages.
/// Throws Error{data} if it is not an NPY file, or an array of something else, or declares more than can be
/// there.
NumpyArray readNumpyHeader(ByteStream& stream, const std::string& name);

/// Reads the numbers that follow the header, which `array` holds; memory grows with what is there, not with
/// what the header declares. Throws Error{data} also if the file is truncated or continues after its data,
/// Error{interrupted} once `cancelled` says so.
void readNumpyData(ByteStream& stream, NumpyArray& array, const std::string& name,
                   const std::function<bool()>& cancelled = {});

/// "3 × 4", for messages.
std::string extentsText(const std::vector<std::int64_t>& shape);

} // namespace dstn
