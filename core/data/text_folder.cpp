#include "core/data/text_folder.h"

#include "core/data/byte_stream.h"
#include "core/data/file_status.h"
#include "core/data/foreign_format.h"
#include "core/data/labels.h"
#include "core/data/memory_check.h"
#include "core/data/part_names.h"
#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
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

/// A file or folder that is a part of a text, by its name.
struct PartFile {
    PartName part = PartName::train;
    std::string kind; ///< what the parts of one text share: "wiki. .tokens"
};

std::optional<PartFile> partFileOf(const Path& path) {
    std::string name = asciiLowered(path.filename().string());
    if (std::filesystem::is_directory(statusOf(path))) {
        const auto part = partNamed(name);
        return part ? std::optional(PartFile{.part = *part, .kind = "/"}) : std::nullopt;
    }
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    for (const std::string_view ending : {".txt", ".tokens", ".raw"}) {
        if (!name.ends_with(ending)) continue;
        name.resize(name.size() - ending.size());
        const std::size_t joint = name.find_last_of(".-_");
        const std::size_t start = joint == std::string::npos ? 0 : joint + 1;
        const auto part = partNamed(std::string_view(name).substr(start));
        if (!part) return std::nullopt;
        return PartFile{.part = *part, .kind = name.substr(0, start).append(" ").append(ending)};
    }
    return std::nullopt;
}

using PartPaths = std::map<PartName, Path>;

/// Adds a part of a text; a packed copy of a file is left aside.
void addPart(PartPaths& paths, PartName part, const Path& path) {
    const auto [at, fresh] = paths.try_emplace(part, path);
    if (fresh || at->second.string() + ".gz" == path.string()) return;
    throw Error(ErrorKind::data, path.parent_path().string() + ": both " +
                                     printable(at->second.filename().string()) + " and " +
                                     printable(path.filename().string()) +
                                     " name the same part of the text. Remove or rename one.");
}

/// The one text of a folder that comes in parts; empty where there is none.
PartPaths partsIn(const Path& folder) {
    std::vector<Path> entries;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
    if (error) cannotOpen(folder, error);
    std::sort(entries.begin(), entries.end());
    std::map<std::string, PartPaths> texts;
    for (const Path& entry : entries)
        if (const auto part = partFileOf(entry)) addPart(texts[part->kind], part->part, entry);
    std::vector<PartPaths> found;
    const Path* lonely = nullptr; // a part without one for training
    for (const auto& [kind, paths] : texts) {
        if (paths.contains(PartName::train) && paths.size() > 1)
            found.push_back(paths);
        else if (!paths.contains(PartName::train))
            lonely = &paths.begin()->second;
    }
    if (found.size() > 1)
        throw Error(ErrorKind::data, folder.string() + ": holds several texts in parts, as " +
                                         printable(found[0].begin()->second.filename().string()) + " and " +
                                         printable(found[1].begin()->second.filename().string()) +
                                         " show. Move the files of one into a folder of their own.");
    if (!found.empty()) return found.front();
    if (lonely != nullptr)
        throw Error(ErrorKind::data, lonely->string() +
                                         ": is named like a part of a text that is not for training, but no "
                                         "such file for training lies beside it. Name that train" +
                                         lonely->extension().string() + ", or rename this one.");
    // Beside a file for training, others are none for training.
    return texts.size() == 1 ? texts.begin()->second : PartPaths();
}

/// "3 files are left unused: a.md, b.md, c"; nothing where all are used.
std::optional<std::string> unusedWarning(const Path& folder, const std::vector<Path>& files,
                                         const std::set<Path>& used, const std::string& why) {
    std::vector<std::string> names;
    for (const Path& file : files)
        if (!used.contains(file)) names.push_back(printable(file.lexically_relative(folder).string()));
    if (names.empty()) return std::nullopt;
    return folder.string() + ": " + std::to_string(names.size()) +
           (names.size() == 1 ? " file is" : " files are") + " left unused" + why + ": " + someOf(names) +
           ".";
}

/// The texts under a folder: those that end in .txt, or else all that are UTF-8.
std::vector<TextFile> textsIn(const Path& folder, const std::vector<Path>& files, std::set<Path>& used,
                              const Cancelled& cancelled) {
    const auto named = [](const Path& file) { return file.extension() == ".txt"; };
    const bool byName = std::any_of(files.begin(), files.end(), named);
    std::vector<TextFile> texts;
    double bytes = 0.0;
    for (const Path& file : files) {
        if (byName && !named(file)) continue;
        TextFile read = readFile(file, cancelled);
        // A folder with other things in it is not a mistake unless nothing in it is text.
        if (!byName && !isUtf8Text(read.text)) continue;
        bytes += static_cast<double>(read.text.size());
        requireMemory(bytes, folder.string(), smallerFile);
        texts.push_back(std::move(read));
        used.insert(file);
    }
    return texts;
}

[[noreturn]] void noText(const Path& folder, std::size_t files) {
    throw Error(ErrorKind::data, folder.string() + ": holds no text: " + std::to_string(files) +
                                     (files == 1 ? " file was" : " files were") +
                                     " found in it, and none is UTF-8. Name a text file, or a folder "
                                     "with some.");
}

TextFolder readParts(const Path& folder, const PartPaths& paths, const Cancelled& cancelled) {
    const bool divided = paths.size() > 1;
    TextFolder result{.punctuation = divided ? Punctuation::asIs : Punctuation::split};
    const std::vector<Path> files = regularFiles(folder, cancelled);
    std::set<Path> used;
    std::string names;
    for (const auto& [part, path] : paths) {
        auto& into = part == PartName::train        ? result.train
                     : part == PartName::validation ? result.validation
                                                    : result.test;
        names += (names.empty() ? "" : ", ") + printable(path.filename().string());
        if (std::filesystem::is_directory(statusOf(path))) {
            const std::vector<Path> within = regularFiles(path, cancelled);
            into = textsIn(path, within, used, cancelled);
            if (into.empty()) noText(path, within.size());
            result.punctuation = Punctuation::split;
        } else {
            into.push_back(readFile(path, cancelled));
            used.insert(path);
        }
    }
    result.decisions.push_back((divided ? "The text comes in parts: " : "The text for training is ") + names +
                               "." +
                               (result.punctuation == Punctuation::asIs
                                    ? " Its words are what stands between spaces, punctuation included."
                                    : ""));
    if (auto warning = unusedWarning(folder, files, used, "")) result.warnings.push_back(std::move(*warning));
    return result;
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
    if (const PartPaths parts = partsIn(path); !parts.empty()) return readParts(path, parts, cancelled);

    const std::vector<Path> files = regularFiles(path, cancelled);
    std::set<Path> used;
    result.train = textsIn(path, files, used, cancelled);
    if (result.train.empty()) noText(path, files.size());
    if (result.train.size() > 1)
        result.decisions.push_back("The " + std::to_string(result.train.size()) +
                                   " files of the folder are one text, in the order of their names.");
    const bool byName = result.train.front().name.ends_with(".txt");
    if (auto warning = unusedWarning(path, files, used,
                                     byName ? ", as they do not end in .txt" : ", as they are not UTF-8"))
        result.warnings.push_back(std::move(*warning));
    return result;
}

} // namespace dstn
