#include "core/data/safetensors.h"

#include "core/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <set>
#include <unordered_set>

namespace dstn {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data are little-endian");

using nlohmann::json;

constexpr std::uint64_t prefixSize = 8;
/// The format's own limit.
constexpr std::uint64_t largestHeader = 100'000'000;
constexpr std::string_view metadataKey = "__metadata__";

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorKind::archive,
                "The checkpoint is damaged: " + what + ". Resume from another checkpoint of the run.");
}

std::string inQuotes(std::string_view name) {
    constexpr std::size_t longest = 80;
    std::string text(1, '"');
    text += name.substr(0, longest);
    if (name.size() > longest) text += "…";
    text += '"';
    return text;
}

std::uint64_t readLength(std::string_view bytes) {
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < prefixSize; ++i)
        length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return length;
}

struct FileHeader {
    json document;
    std::vector<std::string> names; ///< in document order
};

/// A JSON object of objects; refuses keys given twice, of which nlohmann would silently keep the last, and
/// nesting that no header has.
FileHeader parseHeader(std::string_view text) {
    FileHeader header;
    std::unordered_set<std::string> names, inner;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (event == json::parse_event_t::key) {
            const auto& key = parsed.get_ref<const std::string&>();
            if (!(depth == 1 ? names : inner).insert(key).second)
                refuse("its header names " + inQuotes(key) + " twice");
            if (depth == 1) header.names.push_back(key);
        } else if (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) {
            if (depth > 2) refuse("its header is nested too deeply");
            inner.clear();
        }
        return true;
    };
    try {
        header.document = json::parse(text.begin(), text.end(), watch);
    } catch (const json::exception& error) {
        refuse(std::string("its header is not JSON (") + error.what() + ")");
    }
    if (!header.document.is_object()) refuse("its header is not a JSON object");
    return header;
}

/// A JSON array of whole numbers from 0 that fit int64.
std::optional<std::vector<std::int64_t>> wholeNumbers(const json& value) {
    if (!value.is_array()) return std::nullopt;
    std::vector<std::int64_t> numbers;
    for (const json& entry : value) {
        if (!entry.is_number_unsigned()) return std::nullopt;
        const auto number = entry.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return std::nullopt;
        numbers.push_back(static_cast<std::int64_t>(number));
    }
    return numbers;
}

/// Bytes of a tensor; empty if they exceed what an int64 counts.
std::optional<std::uint64_t> byteSize(const std::vector<std::int64_t>& shape, std::size_t elementSize) {
    // An extent of 0 empties the tensor however large the others are.
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t size = elementSize;
    for (const std::int64_t extent : shape) {
        if (size > most / static_cast<std::uint64_t>(extent)) return std::nullopt;
        size *= static_cast<std::uint64_t>(extent);
    }
    return size;
}

std::map<std::string, std::string> parseMetadata(const json& value) {
    if (!value.is_object()) refuse("its metadata are not a JSON object");
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) refuse("its metadata entry " + inQuotes(key) + " is not a string");
        metadata.emplace(key, text.get<std::string>());
    }
    return metadata;
}

/// `data` is everything behind the header.
SafetensorsEntry parseEntry(const std::string& name, const json& value, std::string_view data) {
    const std::string who = "its tensor " + inQuotes(name);
    if (!value.is_object()) refuse(who + " is not described by a JSON object");
    for (const auto& [key, unused] : value.items())
        if (key != "dtype" && key != "shape" && key != "data_offsets")
            refuse(who + " has the unknown field " + inQuotes(key));
    for (const char* key : {"dtype", "shape", "data_offsets"})
        if (!value.contains(key)) refuse(who + " has no " + key);

    SafetensorsEntry entry{.name = name, .dtype = {}, .shape = {}, .data = {}};
    const json& dtype = value["dtype"];
    if (!dtype.is_string()) refuse(who + " has a dtype that is not a string");
    entry.dtype = dtype.get<std::string>();
    const std::size_t elementSize = safetensorsElementSize(entry.dtype);
    if (elementSize == 0) refuse(who + " has the unknown dtype " + inQuotes(entry.dtype));

    const auto shape = wholeNumbers(value["shape"]);
    if (!shape) refuse(who + " has a shape that is not a list of whole numbers from 0");
    entry.shape = *shape;
    const auto size = byteSize(entry.shape, elementSize);
    if (!size) refuse(who + " has an absurdly large shape");

    const auto offsets = wholeNumbers(value["data_offsets"]);
    if (!offsets || offsets->size() != 2) refuse(who + " has data_offsets that are not two whole numbers");
    const auto begin = static_cast<std::uint64_t>((*offsets)[0]);
    const auto end = static_cast<std::uint64_t>((*offsets)[1]);
    if (begin > end || end > data.size())
        refuse(who + " has its data at bytes " + std::to_string(begin) + " to " + std::to_string(end) +
               " of " + std::to_string(data.size()));
    if (end - begin != *size)
        refuse(who + " has " + std::to_string(end - begin) + " bytes where its shape needs " +
               std::to_string(*size));
    entry.data = std::as_bytes(std::span(data)).subspan(begin, end - begin);
    return entry;
}

void requireGaplessData(const std::vector<SafetensorsEntry>& entries, std::string_view data) {
    const auto* start = reinterpret_cast<const std::byte*>(data.data());
    std::vector<const SafetensorsEntry*> inOrder;
    for (const SafetensorsEntry& entry : entries) inOrder.push_back(&entry);
    // An empty tensor lies before the one that starts at the same byte.
    std::sort(inOrder.begin(), inOrder.end(), [](const auto* a, const auto* b) {
        return std::pair(a->data.data(), a->data.size()) < std::pair(b->data.data(), b->data.size());
    });
    std::size_t covered = 0;
    for (const SafetensorsEntry* entry : inOrder) {
        const auto begin = static_cast<std::size_t>(entry->data.data() - start);
        if (begin < covered) refuse("its tensor " + inQuotes(entry->name) + " overlaps another");
        if (begin > covered)
            refuse("bytes before its tensor " + inQuotes(entry->name) + " belong to no tensor");
        covered = begin + entry->data.size();
    }
    if (covered != data.size())
        refuse(std::to_string(data.size() - covered) + " bytes at its end belong to no tensor");
}

} // namespace

std::size_t safetensorsElementSize(std::string_view dtype) {
    if (dtype == "F64" || dtype == "I64") return 8;
    if (dtype == "F32" || dtype == "I32") return 4;
    if (dtype == "F16" || dtype == "BF16" || dtype == "I16") return 2;
    if (dtype == "U8" || dtype == "I8" || dtype == "BOOL") return 1;
    return 0;
}

std::string writeSafetensors(const Safetensors& file) {
    const auto fail = [](const std::string& what) {
        throw Error(ErrorKind::archive, "The checkpoint cannot be written: " + what + ".");
    };
    std::set<std::string_view> names;
    for (const SafetensorsEntry& entry : file.entries) {
        if (entry.name == metadataKey) fail("a tensor is called " + inQuotes(metadataKey));
        if (!names.insert(entry.name).second) fail("two tensors are called " + inQuotes(entry.name));
        const std::size_t elementSize = safetensorsElementSize(entry.dtype);
        if (elementSize == 0) fail("its tensor " + inQuotes(entry.name) + " is of dtype " + entry.dtype);
        if (byteSize(entry.shape, elementSize) != entry.data.size())
            fail("the data of its tensor " + inQuotes(entry.name) + " do not fit its shape");
    }

    std::vector<std::size_t> layout(file.entries.size());
    for (std::size_t i = 0; i < layout.size(); ++i) layout[i] = i;
    std::stable_sort(layout.begin(), layout.end(), [&](std::size_t a, std::size_t b) {
        return safetensorsElementSize(file.entries[a].dtype) > safetensorsElementSize(file.entries[b].dtype);
    });
    std::vector<std::size_t> begins(layout.size());
    std::size_t total = 0;
    for (const std::size_t i : layout) {
        begins[i] = total;
        total += file.entries[i].data.size();
    }

    std::string header = "{";
    try {
        if (!file.metadata.empty()) header += json(metadataKey).dump() + ":" + json(file.metadata).dump();
        for (std::size_t i = 0; i < file.entries.size(); ++i) {
            const SafetensorsEntry& entry = file.entries[i];
            if (header.size() > 1) header += ",";
            header += json(entry.name).dump() + ":" +
                      json{{"dtype", entry.dtype},
                           {"shape", entry.shape},
                           {"data_offsets", {begins[i], begins[i] + entry.data.size()}}}
                          .dump();
        }
    } catch (const json::exception& error) {
        fail(std::string("a name or an entry of its metadata is not UTF-8 (") + error.what() + ")");
    }
    header += "}";
    header.resize((header.size() + 7) / 8 * 8, ' '); // so that the data are aligned
    if (header.size() > largestHeader) fail("its header would exceed 100 MB");

    std::string bytes;
    bytes.reserve(prefixSize + header.size() + total);
    for (std::size_t i = 0; i < prefixSize; ++i)
        bytes += static_cast<char>(std::uint64_t{header.size()} >> (8 * i) & 0xff);
    bytes += header;
    for (const std::size_t i : layout) {
        const auto& data = file.entries[i].data;
        if (!data.empty()) bytes.append(reinterpret_cast<const char*>(data.data()), data.size());
    }
    return bytes;
}

Safetensors parseSafetensors(std::string_view bytes) {
    if (bytes.size() < prefixSize)
        refuse("it has only " + std::to_string(bytes.size()) + " bytes, fewer than its header's length");
    const std::uint64_t length = readLength(bytes);
    const std::uint64_t rest = bytes.size() - prefixSize;
    if (length > largestHeader)
        refuse("it claims a header of " + std::to_string(length) + " bytes, more than the format allows");
    if (length > rest)
        refuse("it claims a header of " + std::to_string(length) + " bytes, but only " +
               std::to_string(rest) + " follow");
    const std::string_view headerText = bytes.substr(prefixSize, length);
    const std::string_view data = bytes.substr(prefixSize + length);
    if (headerText.empty() || headerText.front() != '{') refuse("its header does not start with \"{\"");

    const FileHeader header = parseHeader(headerText);
    Safetensors file;
    file.entries.reserve(header.names.size());
    for (const std::string& name : header.names) {
        const json& value = header.document.at(name);
        if (name == metadataKey)
            file.metadata = parseMetadata(value);
        else
            file.entries.push_back(parseEntry(name, value, data));
    }
    requireGaplessData(file.entries, data);
    return file;
}

} // namespace dstn
