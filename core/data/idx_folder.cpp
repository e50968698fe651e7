#include "core/data/idx_folder.h"

#include "core/data/file_status.h"
#include "core/data/labels.h"
#include "core/data/part_names.h"
#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

namespace dstn {
namespace {

/// What an IDX file holds, by its name.
struct IdxName {
    std::string prefix; ///< what stands before the part, in lower case: "emnist-letters-"
    PartName part = PartName::train;
    bool images = false;
    bool packed = false;
};

/// Nothing for files that are named otherwise.
std::optional<IdxName> idxName(const std::string& file) {
    std::string name = asciiLowered(file);
    const auto cut = [&](std::string_view ending) {
        if (!name.ends_with(ending)) return false;
        name.resize(name.size() - ending.size());
        return true;
    };
    IdxName result{.prefix = {}, .packed = cut(".gz")};
    if (!cut("-ubyte")) return std::nullopt;
    const bool labels = cut("idx1"), images = !labels && (cut("idx3") || cut("idx4"));
    if ((!labels && !images) || !(cut("-") || cut("."))) return std::nullopt;
    result.images = images;
    if (!cut(images ? "-images" : "-labels")) return std::nullopt;
    const std::size_t dash = name.rfind('-');
    const std::size_t start = dash == std::string::npos ? 0 : dash + 1;
    const auto part = partNamed(name.substr(start));
    if (!part) return std::nullopt;
    result.part = *part;
    result.prefix = name.substr(0, start);
    return result;
}

/// The IDX files of a folder by what they hold; an uncompressed one comes before its packed copy.
struct IdxFiles {
    std::map<std::pair<PartName, bool>, std::filesystem::path> paths; ///< by part, and whether images
    std::vector<std::string> unused;

    std::filesystem::path find(PartName part, bool images) const {
        const auto at = paths.find({part, images});
        return at == paths.end() ? std::filesystem::path() : at->second;
    }
};

/// Whether a file is another one, packed: names differ in the joint before "idx" too.
bool isPackedCopy(std::string plain, std::string packed) {
    plain += ".gz";
    for (std::string* name : {&plain, &packed}) {
        *name = asciiLowered(*name);
        std::ranges::replace(*name, '.', '-');
    }
    return plain == packed;
}

IdxFiles listFiles(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        names.push_back(entry->path().filename().string());
    if (error) cannotOpen(folder, error);
    std::sort(names.begin(), names.end());
    IdxFiles files;
    std::map<std::string, std::string> firstOf; // of each prefix
    for (const bool packed : {false, true})
        for (const std::string& name : names) {
            const auto known = idxName(name);
            if (known ? known->packed != packed : packed) continue;
            if (!known) {
                if (asciiLowered(name).find("-ubyte") != std::string::npos) files.unused.push_back(name);
                continue;
            }
            statusOf(folder / name); // a link that leads nowhere might be what is sought
            firstOf.try_emplace(known->prefix, name);
            const auto [at, fresh] = files.paths.try_emplace({known->part, known->images}, folder / name);
            if (!fresh && firstOf.size() == 1 && !isPackedCopy(at->second.filename().string(), name))
                throw Error(ErrorKind::data, folder.string() + ": holds both " +
                                                 at->second.filename().string() + " and " + name +
                                                 " for one part. Remove one of them.");
        }
    if (firstOf.size() > 1) {
        std::vector<std::string> some;
        for (const auto& [prefix, name] : firstOf) some.push_back(printable(name));
        throw Error(ErrorKind::data, folder.string() + ": holds several data sets: " + someOf(some) +
                                         ". Move the files of one into a folder of their own.");
    }
    return files;
}

[[noreturn]] void missing(const std::filesystem::path& folder, const std::string& what,
                          const std::string& fileName) {
    throw Error(ErrorKind::data, folder.string() + ": has no " + what + ". A folder of IDX files needs " +
                                     fileName + ", plain or with .gz.");
}

LabelledImages readPart(const std::filesystem::path& images, const std::filesystem::path& labels,
                        IdxContents contents, const std::function<bool()>& cancelled) {
    LabelledImages part{.imagesPath = images, .labelsPath = labels, .images = {}, .labels = {}};
    // Both headers come before any data: labels that belong to no images are not worth reading.
    const auto labelStream = openFile(labels);
    part.labels = readIdxHeader(*labelStream, labels.string());
    if (part.labels.shape.size() != 1)
        throw Error(ErrorKind::data, labels.string() + ": holds data of " +
                                         std::to_string(part.labels.shape.size()) +
                                         " dimensions where labels have 1. Are images and labels swapped?");
    const auto imageStream = openFile(images);
    part.images = readIdxHeader(*imageStream, images.string());
    if (part.images.shape.size() < 3)
        throw Error(ErrorKind::data,
                    images.string() + ": holds data of " + std::to_string(part.images.shape.size()) +
                        " dimensions where images have 3 or 4. Are images and labels swapped?");
    if (part.images.shape[0] != part.labels.shape[0])
        throw Error(ErrorKind::data, images.string() + ": holds " + std::to_string(part.images.shape[0]) +
                                         " images, but " + labels.string() + " holds " +
                                         std::to_string(part.labels.shape[0]) +
                                         " labels. Use two files that belong together.");
    readIdxData(*labelStream, part.labels, labels.string(), cancelled);
    if (contents == IdxContents::everything)
        readIdxData(*imageStream, part.images, images.string(), cancelled);
    return part;
}

void checkPart(const LabelledImages& train, const LabelledImages& part) {
    if (!std::equal(part.images.shape.begin() + 1, part.images.shape.end(), train.images.shape.begin() + 1,
                    train.images.shape.end()))
        throw Error(ErrorKind::data, part.imagesPath.string() + ": its images differ in size from those in " +
                                         train.imagesPath.string() + ". Use files that belong together.");
}

} // namespace

bool isIdxFile(const std::string& name) { return idxName(name).has_value(); }

IdxFolder readIdxFolder(const std::filesystem::path& folder, IdxContents contents,
                        const std::function<bool()>& cancelled) {
    requireFolder(folder, "Name the folder that holds the IDX files.");

    const IdxFiles files = listFiles(folder);
    const auto trainImages = files.find(PartName::train, true);
    const auto trainLabels = files.find(PartName::train, false);
    if (trainImages.empty()) missing(folder, "training images", "train-images-idx3-ubyte");
    if (trainLabels.empty()) missing(folder, "training labels", "train-labels-idx1-ubyte");
    IdxFolder result;
    result.train = readPart(trainImages, trainLabels, contents, cancelled);
    result.unused = files.unused;
    const auto other = [&](PartName name, const std::string& what,
                           const std::string& file) -> std::optional<LabelledImages> {
        const auto images = files.find(name, true), labels = files.find(name, false);
        if (images.empty() && labels.empty()) return std::nullopt;
        if (images.empty())
            missing(folder, what + " images beside its " + what + " labels", file + "-images-idx3-ubyte");
        if (labels.empty())
            missing(folder, what + " labels beside its " + what + " images", file + "-labels-idx1-ubyte");
        LabelledImages part = readPart(images, labels, contents, cancelled);
        checkPart(result.train, part);
        return part;
    };
    result.validation = other(PartName::validation, "validation", "val");
    result.test = other(PartName::test, "test", "t10k");
    return result;
}

} // namespace dstn
