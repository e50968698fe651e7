#include "core/data/numpy_array.h"

#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace dstn {
namespace {

constexpr std::size_t longestHeader = std::size_t{1} << 20;
constexpr std::size_t characterBytes = 4;

[[noreturn]] void noArray(const std::string& name, const std::string& why) {
    throw Error(ErrorKind::data,
                name + ": is not a NumPy array: " + why + ". Write it with numpy.save or numpy.savez.");
}

/// Bytes of all numbers; the largest size where that does not fit.
std::uint64_t byteCount(const NumpyArray& array) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t bytes = array.itemSize;
    for (const std::int64_t extent : array.shape) {
        const auto factor = static_cast<std::uint64_t>(extent);
        if (factor == 0) return 0;
        bytes = bytes > most / factor ? most : bytes * factor;
    }
    return bytes;
}

/// The header's text: a dictionary as Python writes it, with 'descr', 'fortran_order' and 'shape'.
class HeaderText {
  public:
    HeaderText(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    void read(NumpyArray& array) {
        bool descr = false, order = false, shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string key = quoted();
            expect(':');
            if (key == "descr") {
                type(array);
                descr = true;
            } else if (key == "fortran_order") {
                array.byColumns = flag();
                order = true;
            } else if (key == "shape") {
                extents(array.shape);
                shape = true;
            } else {
                noArray(name_, "its header has the unknown key '" + printable(key) + "'");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        if (!descr || !order || !shape)
            noArray(name_, "its header does not have all of descr, fortran_order and shape");
    }

  private:
    void skipSpaces() {
        while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n' || text_.front() == '\t'))
            text_.remove_prefix(1);
    }
    bool accept(char c) {
        skipSpaces();
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!accept(c)) noArray(name_, std::string("its header lacks a '") + c + "'");
    }
    std::string quoted() {
        skipSpaces();
        const char quote = text_.empty() ? '\0' : text_.front();
        const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, 1) : std::string_view::npos;
        if (end == std::string_view::npos) noArray(name_, "its header lacks a quoted string");
        std::string result(text_.substr(1, end - 1));
        text_.remove_prefix(end + 1);
        return result;
    }
    bool flag() {
        skipSpaces();
        for (const auto& [word, value] : {std::pair{"True", true}, std::pair{"False", false}})
            if (text_.starts_with(word)) {
                text_.remove_prefix(std::string_view(word).size());
                return value;
            }
        noArray(name_, "its header's fortran_order is neither True nor False");
    }
    void extents(std::vector<std::int64_t>& shape) {
        constexpr std::size_t mostDimensions = 64;
        expect('(');
        while (!accept(')')) {
            skipSpaces();
            std::int64_t extent = 0;
            const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
            if (error != std::errc() || extent < 0 || shape.size() == mostDimensions)
                noArray(name_, "its header's shape is not a list of sizes");
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
            shape.push_back(extent);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
    }
    void type(NumpyArray& array) {
        skipSpaces();
        if (!text_.empty() && text_.front() == '[')
            throw Error(ErrorKind::data, name_ + ": is an array of records. Save its columns as arrays of "
                                                 "numbers.");
        const std::string descr = quoted();
        const char order = descr.empty() ? '\0' : descr.front();
        const std::string_view rest = std::string_view(descr).substr(descr.empty() ? 0 : 1);
        const bool known = rest == "b1" || rest == "i1" || rest == "i2" || rest == "i4" || rest == "i8" ||
                           rest == "u1" || rest == "u2" || rest == "u4" || rest == "u8" || rest == "f2" ||
                           rest == "f4" || rest == "f8";
        const bool ordered = order == '<' || order == '>' || order == '|' || order == '=';
        if (ordered && words(array, rest)) {
            array.swapped = array.kind == NumpyArray::Kind::unicode && isSwapped(order);
            return;
        }
        if (!known || !ordered)
            throw Error(ErrorKind::data,
                        name_ + ": is an array of type '" + printable(descr) +
                            "'; booleans, integers, floating-point numbers of up to 8 bytes and "
                            "words are supported. Convert it, for instance with astype('float32'), or "
                            "astype(str) for words.");
        array.kind = rest[0] == 'b'   ? NumpyArray::Kind::boolean
                     : rest[0] == 'u' ? NumpyArray::Kind::unsignedInteger
                     : rest[0] == 'i' ? NumpyArray::Kind::signedInteger
                                      : NumpyArray::Kind::real;
        array.itemSize = static_cast<std::size_t>(rest[1] - '0');
        array.swapped = array.itemSize > 1 && isSwapped(order);
    }
    static bool isSwapped(char order) {
        constexpr bool little = std::endian::native == std::endian::little;
        return (order == '<' && !little) || (order == '>' && little);
    }
    /// "S12": words of up to 12 bytes; "U12": of up to 12 characters.
    static bool words(NumpyArray& array, std::string_view type) {
        if (type.size() < 2 || (type[0] != 'S' && type[0] != 'U')) return false;
        constexpr std::size_t longest = 1 << 20;
        std::size_t length = 0;
        const char* const last = type.data() + type.size();
        const auto [end, error] = std::from_chars(type.data() + 1, last, length);
        if (error != std::errc() || end != last || length == 0 || length > longest) return false;
        const bool bytes = type[0] == 'S';
        array.kind = bytes ? NumpyArray::Kind::bytes : NumpyArray::Kind::unicode;
        array.itemSize = bytes ? length : length * characterBytes;
        return true;
    }

    std::string_view text_;
    const std::string& name_;
};

/// @return false if it is no code point
bool appendUtf8(std::string& text, std::uint32_t character) {
    constexpr std::uint32_t last = 0x10FFFF, surrogates = 0xD800, behindSurrogates = 0xE000;
    if (character > last || (character >= surrogates && character < behindSurrogates)) return false;
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<std::uint8_t>(byte)); };
    const auto tail = [&](unsigned shift) { put(0x80U | ((character >> shift) & 0x3FU)); };
    if (character < 0x80) {
        put(character);
    } else if (character < 0x800) {
        put(0xC0U | character >> 6U);
        tail(0);
    } else if (character < 0x10000) {
        put(0xE0U | character >> 12U);
        tail(6);
        tail(0);
    } else {
        put(0xF0U | character >> 18U);
        tail(12);
        tail(6);
        tail(0);
    }
    return true;
}

/// A half-precision number (IEEE 754 binary16).
double half(std::uint16_t bits) {
    const int exponent = (bits >> 10U) & 31;
    const double fraction = bits & 1023U;
    const double size = exponent == 0    ? std::ldexp(fraction, -24)
                        : exponent == 31 ? (fraction == 0 ? std::numeric_limits<double>::infinity()
                                                          : std::numeric_limits<double>::quiet_NaN())
                                         : std::ldexp(1024 + fraction, exponent - 25);
    return (bits & 0x8000U) != 0 ? -size : size;
}

template <typename T>
void convert(const std::uint8_t* from, std::span<double> into) {
    for (double& number : into) {
        T value{};
        std::memcpy(&value, from, sizeof value);
        number = static_cast<double>(value);
        from += sizeof value;
    }
}

/// Brings numbers that run by columns into the order by rows.
std::vector<std::uint8_t> byRows(const NumpyArray& array) {
    std::vector<std::uint8_t> result(array.bytes.size());
    const std::size_t rank = array.shape.size();
    // Of each index, how far apart its neighbours are in the file.
    std::vector<std::size_t> strides(rank, array.itemSize), index(rank, 0);
    for (std::size_t d = 1; d < rank; ++d)
        strides[d] = strides[d - 1] * static_cast<std::size_t>(array.shape[d - 1]);
    std::size_t from = 0;
    for (std::size_t to = 0; to < result.size(); to += array.itemSize) {
        std::memcpy(result.data() + to, array.bytes.data() + from, array.itemSize);
        for (std::size_t d = rank; d-- > 0;) {
            from += strides[d];
            if (++index[d] < static_cast<std::size_t>(array.shape[d])) break;
            from -= strides[d] * index[d];
            index[d] = 0;
        }
    }
    return result;
}

} // namespace

std::int64_t NumpyArray::count() const {
    return static_cast<std::int64_t>(byteCount(*this) / std::max<std::size_t>(itemSize, 1));
}

void NumpyArray::numbers(std::size_t first, std::span<double> into) const {
    const std::uint8_t* from = bytes.data() + first * itemSize;
    const bool isSigned = kind == Kind::signedInteger;
    if (kind == Kind::real && itemSize == 8) return convert<double>(from, into);
    if (kind == Kind::real && itemSize == 4) return convert<float>(from, into);
    if (kind == Kind::real) {
        for (double& number : into) {
            std::uint16_t bits = 0;
            std::memcpy(&bits, from, sizeof bits);
            number = half(bits);
            from += sizeof bits;
        }
        return;
    }
    switch (itemSize) {
    case 1:
        return isSigned ? convert<std::int8_t>(from, into) : convert<std::uint8_t>(from, into);
    case 2:
        return isSigned ? convert<std::int16_t>(from, into) : convert<std::uint16_t>(from, into);
    case 4:
        return isSigned ? convert<std::int32_t>(from, into) : convert<std::uint32_t>(from, into);
    default:
        return isSigned ? convert<std::int64_t>(from, into) : convert<std::uint64_t>(from, into);
    }
}

std::optional<std::int64_t> NumpyArray::wholeNumber(std::size_t index) const {
    std::array<std::uint8_t, 8> raw{};
    std::uint64_t value = 0;
    std::memcpy(raw.data(), bytes.data() + index * itemSize, itemSize);
    for (std::size_t i = 0; i < itemSize; ++i)
        value |= std::uint64_t{raw[std::endian::native == std::endian::little ? i : itemSize - 1 - i]}
                 << (8 * i);
    if (kind == Kind::signedInteger) {
        const auto unused = static_cast<unsigned>(8 * (8 - itemSize));
        return static_cast<std::int64_t>(value << unused) >> unused;
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

std::optional<std::string> NumpyArray::word(std::size_t index) const {
    const std::uint8_t* from = bytes.data() + index * itemSize;
    std::string text;
    if (kind == Kind::bytes) {
        text.assign(from, from + itemSize);
    } else {
        for (std::size_t i = 0; i < itemSize; i += characterBytes) {
            std::uint32_t character = 0;
            std::memcpy(&character, from + i, characterBytes);
            if (!appendUtf8(text, character)) return std::nullopt;
        }
    }
    // NumPy fills up with zeros.
    text.resize(text.find_last_not_of('\0') + 1);
    if (!isUtf8(text)) return std::nullopt;
    return text;
}

NumpyArray readNumpyHeader(ByteStream& stream, const std::string& name) {
    constexpr std::string_view magic = "\x93NUMPY";
    std::array<char, 8> start{};
    const std::size_t found = stream.read(std::as_writable_bytes(std::span(start)));
    if (found == 0) throw Error(ErrorKind::data, name + ": the file is empty. Fetch it again.");
    if (found < start.size() || std::string_view(start.data(), magic.size()) != magic)
        noArray(name, "it does not start with \\x93NUMPY");
    const int version = static_cast<unsigned char>(start[6]);
    if (version < 1 || version > 3)
        noArray(name, "its version is " + std::to_string(version) + ", not 1 to 3");
    std::array<unsigned char, 4> length{};
    const std::size_t lengthSize = version == 1 ? 2 : 4;
    std::size_t size = 0;
    if (stream.read(std::as_writable_bytes(std::span(length).first(lengthSize))) == lengthSize)
        for (std::size_t i = lengthSize; i-- > 0;) size = size * 256 + length[i];
    if (size == 0 || size > longestHeader || size > stream.atMost()) noArray(name, "its header is cut short");
    std::string text(size, '\0');
    if (stream.read(std::as_writable_bytes(std::span(text))) < size) noArray(name, "its header is cut short");
    NumpyArray array;
    HeaderText(text, name).read(array);
    const std::uint64_t expected = byteCount(array);
    if (expected > stream.atMost())
        throw Error(ErrorKind::data,
                    name + ": is truncated: its header declares " + extentsText(array.shape) +
                        " numbers of " + std::to_string(array.itemSize) + " bytes, but no more than " +
                        std::to_string(stream.atMost()) + " bytes can follow it. Fetch the file again.");
    return array;
}

void readNumpyData(ByteStream& stream, NumpyArray& array, const std::string& name,
                   const std::function<bool()>& cancelled) {
    const auto declared = static_cast<std::size_t>(byteCount(array));
    readDeclared(stream, array.bytes, declared, std::to_string(declared) + " bytes", name, cancelled);
    const std::size_t unit = array.kind == NumpyArray::Kind::unicode ? characterBytes : array.itemSize;
    if (array.swapped)
        for (std::size_t i = 0; i < array.bytes.size(); i += unit)
            std::reverse(array.bytes.begin() + static_cast<std::ptrdiff_t>(i),
                         array.bytes.begin() + static_cast<std::ptrdiff_t>(i + unit));
    array.swapped = false;
    if (array.byColumns && array.shape.size() > 1) array.bytes = byRows(array);
    array.byColumns = false;
}

std::string extentsText(const std::vector<std::int64_t>& shape) {
    if (shape.empty()) return "1";
    std::string text;
    for (const std::int64_t extent : shape) text += (text.empty() ? "" : " × ") + std::to_string(extent);
    return text;
}

} // namespace dstn
