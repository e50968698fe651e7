#include "core/data/text_folder.h"

#include "core/data/byte_stream.h"
#include "core/data/file_status.h"
#include "core/data/foreign_format.h"
#include "core/data/memory_check.h"
#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;
using Path = std::filesystem::path;

bool isUtf8Text(std::string_view text) { return isUtf8(text) && text.find('\0') == std::string_view::npos; }

TextFile readFile(const Path& path, const Cancelled& cancelled) {
    return {.name = path.string(), .text = readText(path, cancelled)};
}

/// How files with parts of a text are called.
struct Naming {
    const char* prefix;
    const char* suffix;
};
constexpr std::array namings{Naming{"ptb.", ".txt"}, Naming{"wiki.", ".tokens"}, Naming{"", ".txt"}};

/// The text by the parts that its files are; nothing if they are named otherwise.
std::optional<TextFolder> readParts(const Path& folder, const Cancelled& cancelled) {
    for (const Naming& naming : namings) {
        const auto path = [&](const char* part) {
            std::string name(naming.prefix);
            return folder / name.append(part).append(naming.suffix);
        };
        const auto present = [&](const char* part) { return std::filesystem::exists(statusOf(path(part))); };
        if (!present("train") || (!present("valid") && !present("test"))) continue;
        TextFolder parts{.train = {}, .validation = {}, .test = {}, .punctuation = Punctuation::asIs};
        parts.train.push_back(readFile(path("train"), cancelled));
        if (present("valid")) parts.validation.push_back(readFile(path("valid"), cancelled));
        if (present("test")) parts.test.push_back(readFile(path("test"), cancelled));
        return parts;
    }
    return std::nullopt;
}

/// All regular files under a folder, ordered by path.
std::vector<Path> regularFiles(const Path& folder, const Cancelled& cancelled) {
    std::vector<Path> files;
    std::error_code error;
    auto entry = std::filesystem::recursive_directory_iterator(folder, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
        if (cancelled && cancelled())
            throw Error(ErrorKind::interrupted, "Reading " + folder.string() + " was cancelled.");
        if (entry->path().filename().string().starts_with('.')) {
            entry.disable_recursion_pending();
            continue;
        }
        if (std::filesystem::is_regular_file(statusOf(entry->path()))) files.push_back(entry->path());
    }
    if (error) cannotOpen(folder, error);
    std::sort(files.begin(), files.end());

    std::set<Path> seen;
    std::erase_if(files, [&](const Path& file) {
        const Path place = std::filesystem::canonical(file, error);
        if (error) cannotOpen(file, error);
        return !seen.insert(place).second;
    });
    return files;
}

} // namespace

TextFolder readTextFolder(const Path& path, const Cancelled& cancelled) {
    TextFolder result;
    const auto status = statusOf(path);
    if (!std::filesystem::is_directory(status)) {
        result.train.push_back(readFile(path, cancelled));
        refuseForeignFormat(result.train.back().text, path.string(), WantedText::prose);
        return result;
    }
    if (auto parts = readParts(path, cancelled)) return std::move(*parts);

    std::vector<Path> files = regularFiles(path, cancelled);
    const auto named = [](const Path& file) { return file.extension() == ".txt"; };
    const bool byName = std::any_of(files.begin(), files.end(), named);
    if (byName) std::erase_if(files, [&](const Path& file) { return !named(file); });
    double bytes = 0.0;
    for (const Path& file : files) {
        TextFile read = readFile(file, cancelled);
        // A folder with other things in it is not a mistake unless nothing in it is text.
        if (!byName && !isUtf8Text(read.text)) continue;
        bytes += static_cast<double>(read.text.size());
        requireMemory(bytes, path.string(), smallerFile);
        result.train.push_back(std::move(read));
    }
    if (result.train.empty())
        throw Error(ErrorKind::data, path.string() + ": holds no text: " + std::to_string(files.size()) +
                                         (files.size() == 1 ? " file was" : " files were") +
                                         " found in it, and none is UTF-8. Name a text file, or a folder "
                                         "with some.");
    return result;
}

} // namespace dstn
