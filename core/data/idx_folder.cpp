#include "core/data/idx_folder.h"

#include "core/data/file_status.h"
#include "core/error.h"

#include <algorithm>

namespace dstn {
namespace {

/// The file of this part and kind under any of its names, an uncompressed one first; empty if there is none.
std::filesystem::path findFile(const std::filesystem::path& folder, const std::string& stem,
                               const std::vector<std::string>& types) {
    for (const char* ending : {"", ".gz"})
        for (const std::string& type : types)
            for (const char joint : {'-', '.'}) {
                std::string name = stem;
                name.append(1, joint).append(type).append("-ubyte").append(ending);
                std::filesystem::path path = folder / name;
                if (std::filesystem::exists(statusOf(path))) return path;
            }
    return {};
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

void checkTest(const IdxFolder& folder) {
    const LabelledImages& test = *folder.test;
    if (!std::equal(test.images.shape.begin() + 1, test.images.shape.end(),
                    folder.train.images.shape.begin() + 1, folder.train.images.shape.end()))
        throw Error(ErrorKind::data, test.imagesPath.string() + ": its images differ in size from those in " +
                                         folder.train.imagesPath.string() +
                                         ". Use files that belong together.");
    const auto wrong = std::find_if(test.labels.bytes.begin(), test.labels.bytes.end(),
                                    [&](std::uint8_t label) { return label >= folder.classes; });
    if (wrong != test.labels.bytes.end())
        throw Error(ErrorKind::data, test.labelsPath.string() + ": label " +
                                         std::to_string(wrong - test.labels.bytes.begin()) + " is " +
                                         std::to_string(*wrong) + ", but the training labels end at " +
                                         std::to_string(folder.classes - 1) +
                                         ". Use files that belong together.");
}

} // namespace

IdxFolder readIdxFolder(const std::filesystem::path& folder, IdxContents contents,
                        const std::function<bool()>& cancelled) {
    requireFolder(folder, "Name the folder that holds the IDX files.");

    const auto trainImages = findFile(folder, "train-images", {"idx3", "idx4"});
    const auto trainLabels = findFile(folder, "train-labels", {"idx1"});
    if (trainImages.empty()) missing(folder, "training images", "train-images-idx3-ubyte");
    if (trainLabels.empty()) missing(folder, "training labels", "train-labels-idx1-ubyte");
    IdxFolder result;
    result.train = readPart(trainImages, trainLabels, contents, cancelled);
    const auto [least, most] =
        std::minmax_element(result.train.labels.bytes.begin(), result.train.labels.bytes.end());
    if (*least == *most)
        throw Error(ErrorKind::data, trainLabels.string() + ": every label is " + std::to_string(*least) +
                                         "; a classifier needs at least two classes. Name other files.");
    result.classes = *most + 1;

    const auto testImages = findFile(folder, "t10k-images", {"idx3", "idx4"});
    const auto testLabels = findFile(folder, "t10k-labels", {"idx1"});
    if (testImages.empty() && testLabels.empty()) return result;
    if (testImages.empty()) missing(folder, "test images beside its test labels", "t10k-images-idx3-ubyte");
    if (testLabels.empty()) missing(folder, "test labels beside its test images", "t10k-labels-idx1-ubyte");
    result.test = readPart(testImages, testLabels, contents, cancelled);
    checkTest(result);
    return result;
}

} // namespace dstn
