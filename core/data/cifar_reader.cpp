#include "core/data/cifar_reader.h"

#include "core/data/file_status.h"
#include "core/data/memory_check.h"
#include "core/error.h"

#include <array>
#include <system_error>
#include <utility>

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;
using Path = std::filesystem::path;

struct CifarFiles {
    std::vector<const char*> train;
    const char* test;
    const char* names;
};

CifarFiles filesOf(CifarKind kind) {
    if (kind == CifarKind::cifar100)
        return {.train = {"train.bin"}, .test = "test.bin", .names = "fine_label_names.txt"};
    return {.train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                      "data_batch_5.bin"},
            .test = "test_batch.bin",
            .names = "batches.meta.txt"};
}

const char* title(CifarKind kind) { return kind == CifarKind::cifar10 ? "CIFAR-10" : "CIFAR-100"; }

[[noreturn]] void wrongSize(const std::string& name, std::uint64_t bytes, CifarKind kind) {
    throw Error(ErrorKind::data, name + ": holds " + std::to_string(bytes) +
                                     " bytes, which is not a whole number of " + title(kind) +
                                     "'s records of " + std::to_string(cifarRecord(kind)) +
                                     " bytes. Fetch the binary version of the data set again.");
}

/// The images of a file by its size; it must hold whole records, and some.
std::int64_t recordsIn(std::uint64_t bytes, CifarKind kind, const std::string& name) {
    const auto record = static_cast<std::uint64_t>(cifarRecord(kind));
    if (bytes == 0) throw Error(ErrorKind::data, name + ": the file is empty. Fetch it again.");
    if (bytes % record != 0) wrongSize(name, bytes, kind);
    return static_cast<std::int64_t>(bytes / record);
}

/// The names of the classes, one a line; none where there is no such file.
std::vector<std::string> readNames(const Path& path, CifarKind kind) {
    std::error_code error;
    if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found) return {};
    const std::string text = readText(path);
    std::vector<std::string> names;
    std::string name;
    for (const char c : text + '\n') {
        if (c != '\n' && c != '\r') {
            name += c;
            continue;
        }
        if (!name.empty()) names.push_back(std::exchange(name, {}));
    }
    if (static_cast<std::int64_t>(names.size()) != cifarClasses(kind))
        throw Error(ErrorKind::data, path.string() + ": names " + std::to_string(names.size()) +
                                         " classes where " + title(kind) + " has " +
                                         std::to_string(cifarClasses(kind)) +
                                         ". Fetch the file again, or remove it.");
    return names;
}

void requireFiles(const Path& folder, CifarKind kind) {
    requireFolder(folder, std::string("Name the folder of ") + title(kind) + "'s binary version.");
    const CifarFiles files = filesOf(kind);
    std::vector<const char*> names = files.train;
    names.push_back(files.test);
    std::error_code error;
    for (const char* name : names)
        if (std::filesystem::status(folder / name, error).type() == std::filesystem::file_type::not_found)
            throw Error(ErrorKind::data,
                        folder.string() + ": has no " + name + ". The binary version of " + title(kind) +
                            " consists of " + names.front() + (names.size() > 2 ? " to " : " and ") +
                            (names.size() > 2 ? std::string(files.train.back()) + " and " : "") + files.test +
                            ".");
}

ImageSet readFiles(const Path& folder, const std::vector<const char*>& names, CifarKind kind,
                   CifarContents contents, const Cancelled& cancelled) {
    ImageSet set;
    std::vector<std::uint8_t> pixels;
    for (const char* name : names) {
        const Path path = folder / name;
        const auto stream = openFile(path);
        if (stream->exact()) recordsIn(stream->atMost(), kind, path.string());
        readCifar(*stream, kind, path.string(), pixels, set.labels, cancelled);
        if (contents == CifarContents::labels) pixels.clear();
    }
    set.count = static_cast<std::int64_t>(set.labels.size());
    if (contents == CifarContents::everything) set.bytes = SharedBytes(std::move(pixels));
    return set;
}

} // namespace

void readCifar(ByteStream& stream, CifarKind kind, const std::string& name, std::vector<std::uint8_t>& pixels,
               std::vector<std::int64_t>& labels, const Cancelled& cancelled) {
    const auto record = static_cast<std::size_t>(cifarRecord(kind));
    constexpr std::size_t recordsAtOnce = 256;
    std::vector<std::uint8_t> buffer(recordsAtOnce * record);
    std::uint64_t total = 0;
    for (std::size_t found = buffer.size(); found == buffer.size();) {
        if (cancelled && cancelled())
            throw Error(ErrorKind::interrupted, "Reading " + name + " was cancelled.");
        found = stream.read(std::as_writable_bytes(std::span(buffer)));
        total += found;
        // A part of a record can only be the file's end.
        if (found % record != 0) wrongSize(name, total, kind);
        requireMemory(3.0 * static_cast<double>(pixels.size()), name, smallerFile);
        for (std::size_t at = 0; at < found; at += record) {
            const std::size_t first = record - static_cast<std::size_t>(cifarPixels);
            const std::uint8_t label = buffer[at + first - 1];
            if (label >= cifarClasses(kind))
                throw Error(ErrorKind::data,
                            name + ": the label of record " + std::to_string((total - found + at) / record) +
                                " is " + std::to_string(label) + ", but " + title(kind) +
                                "'s labels end at " + std::to_string(cifarClasses(kind) - 1) +
                                ". Fetch the file again.");
            labels.push_back(label);
            pixels.insert(pixels.end(), buffer.begin() + static_cast<std::ptrdiff_t>(at + first),
                          buffer.begin() + static_cast<std::ptrdiff_t>(at + record));
        }
    }
    recordsIn(total, kind, name);
}

ImageSource readCifarFolder(const Path& folder, CifarKind kind, CifarContents contents,
                            const Cancelled& cancelled) {
    requireFiles(folder, kind);
    const CifarFiles files = filesOf(kind);
    ImageSource source{.name = folder.string(),
                       .shape = {3, 32, 32},
                       .outputs = cifarClasses(kind),
                       .classNames = readNames(folder / files.names, kind),
                       .train = readFiles(folder, files.train, kind, contents, cancelled),
                       .test = readFiles(folder, {files.test}, kind, contents, cancelled),
                       .taskReason = std::string(title(kind)) + " has these classes"};
    return source;
}

} // namespace dstn
