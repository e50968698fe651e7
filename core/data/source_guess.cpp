#include "core/data/source_guess.h"

#include "core/data/file_status.h"
#include "core/data/idx_folder.h"
#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <vector>

namespace dstn {
namespace {

using Path = std::filesystem::path;

std::string endingOf(const Path& path) {
    std::string name = asciiLowered(path.filename().string());
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    const std::size_t dot = name.rfind('.');
    return dot == std::string::npos || dot == 0 ? "" : name.substr(dot);
}

template <std::size_t count>
bool isOneOf(const std::string& ending, const std::array<std::string_view, count>& known) {
    return std::ranges::find(known, ending) != known.end();
}

constexpr std::array<std::string_view, 5> tableEndings{".csv", ".tsv", ".tab", ".data", ".dat"};
constexpr std::array<std::string_view, 4> textEndings{".txt", ".md", ".tokens", ".raw"};
constexpr std::array<std::string_view, 9> pictureEndings{".jpg", ".jpeg", ".png",  ".webp", ".bmp",
                                                         ".gif", ".tif",  ".tiff", ".ppm"};

/// What the first files of a folder and its subfolders are.
struct Contents {
    bool idx = false, cifar10 = false, cifar100 = false, arrays = false, images = false, text = false,
         table = false;
};

Contents contentsOf(const Path& folder) {
    constexpr std::size_t enough = 20'000;
    Contents contents;
    std::error_code error;
    std::size_t seen = 0;
    auto entry = std::filesystem::recursive_directory_iterator(folder, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator() && seen < enough;
         entry.increment(error), ++seen) {
        if (entry->path().filename().string().starts_with('.')) {
            entry.disable_recursion_pending();
            continue;
        }
        const std::string ending = endingOf(entry->path()), name = entry->path().filename().string();
        const bool top = entry.depth() == 0;
        contents.idx |= top && isIdxFile(name);
        contents.cifar10 |= top && name.starts_with("data_batch_1");
        contents.cifar100 |= top && name == "train.bin";
        contents.arrays |= top && name.ends_with(".npy");
        contents.images |= !top && isOneOf(ending, pictureEndings);
        contents.text |= isOneOf(ending, textEndings);
        contents.table |= top && isOneOf(ending, tableEndings);
    }
    if (error) cannotOpen(folder, error);
    return contents;
}

[[noreturn]] void unclear(const Path& path, const std::string& what) {
    throw Error(ErrorKind::data, path.string() + ": " + what);
}

SourceGuess guessFolder(const Path& folder) {
    const Contents contents = contentsOf(folder);
    std::vector<SourceGuess> guesses;
    if (contents.idx) guesses.push_back({DataSource::idx, "it holds IDX files"});
    if (contents.cifar10) guesses.push_back({DataSource::cifar10, "it holds CIFAR-10's batches"});
    if (contents.cifar100) guesses.push_back({DataSource::cifar100, "it holds CIFAR-100's train.bin"});
    if (contents.arrays) guesses.push_back({DataSource::numpy, "it holds .npy files"});
    if (contents.images) guesses.push_back({DataSource::imageFolder, "its folders hold images"});
    if (guesses.empty() && contents.text && contents.table)
        unclear(folder, "holds tables and texts. Name one of its files, or the source that is meant.");
    if (guesses.empty() && contents.text) guesses.push_back({DataSource::text, "it holds text files"});
    if (guesses.size() == 1) return guesses.front();
    if (guesses.empty())
        unclear(folder, contents.table ? "holds tables, which are read one at a time. Name one of its files."
                                       : "holds nothing that can be read: no images in folders, texts, IDX, "
                                         "CIFAR or .npy files. Name another folder, or its source.");
    std::string list;
    for (const SourceGuess& guess : guesses)
        list += (list.empty() ? "" : ", ") + std::string(traitsOf(guess.source).id) + " (" + guess.why + ")";
    unclear(folder, "may be several sources: " + list + ". Name the one that is meant.");
}

} // namespace

SourceGuess guessSource(const Path& path) {
    const auto status = statusOf(path);
    if (!std::filesystem::exists(status)) notThere(path, "file or folder");
    if (std::filesystem::is_directory(status)) return guessFolder(path);
    const std::string ending = endingOf(path);
    if (ending == ".npz") return {DataSource::numpy, "its name ends in .npz"};
    if (ending == ".npy")
        unclear(path, "is a single array, and inputs and targets are needed. Name the folder of both.");
    if (isOneOf(ending, pictureEndings))
        unclear(path, "is an image. Name the folder that holds a folder of images for each class.");
    if (isOneOf(ending, tableEndings)) return {DataSource::csv, "its name ends in " + ending};
    if (ending == ".md" || ending == ".tokens" || ending == ".raw")
        return {DataSource::text, "its name ends in " + ending};
    unclear(path, "may be a table (csv) or a text (text); its name does not tell. Name its source.");
}

} // namespace dstn
