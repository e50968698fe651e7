#include "core/data/dataset.h"

#include "core/data/byte_stream.h"
#include "core/data/cancelling.h"
#include "core/data/cifar_reader.h"
#include "core/data/class_shares.h"
#include "core/data/csv_reader.h"
#include "core/data/idx_folder.h"
#include "core/data/image_cache.h"
#include "core/data/image_folder.h"
#include "core/data/image_source.h"
#include "core/data/memory_check.h"
#include "core/data/normalize.h"
#include "core/data/numpy_source.h"
#include "core/data/split.h"
#include "core/data/synthetic.h"
#include "core/data/text_dataset.h"
#include "core/error.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <utility>

// A data source is added by an enumerator and its row in core/spec/data_spec.h, a reader in a file pair here
// that yields a Table or an ImageSource, and one case each in loadDataset() and probeDataset().

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;

constexpr const char* fashionMnistFolder = "/usr/share/datasets/fashion-mnist";
constexpr std::array fashionMnistClasses{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                         "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

std::string sourceName(const DataSpec& spec) {
    const SourceTraits& traits = traitsOf(spec.source);
    if (traits.path == PathKind::none) return "The " + std::string(traits.name);
    return spec.path.empty() && spec.source == DataSource::fashionMnist ? fashionMnistFolder : spec.path;
}

IdxFolder openImages(const DataSpec& spec, IdxContents contents, const Cancelled& cancelled) {
    const std::filesystem::path folder = sourceName(spec);
    std::error_code error;
    if (spec.source == DataSource::fashionMnist &&
        std::filesystem::status(folder, error).type() == std::filesystem::file_type::not_found)
        throw Error(ErrorKind::data,
                    "Fashion-MNIST was not found: there is no folder " + folder.string() +
                        ". Install the package dataset-fashion-mnist, or name a folder with its "
                        "files as data.path.");
    if (folder.empty()) throw Error(ErrorKind::data, "No folder of IDX files is named. Set data.path.");
    return readIdxFolder(folder, contents, cancelled);
}

/// Fashion-MNIST has classes of known names, and no others.
void nameFashionMnist(const IdxFolder& folder, ImageSource& source) {
    const auto& labels = folder.train.labels.bytes;
    const auto wrong = std::find_if(labels.begin(), labels.end(),
                                    [](std::uint8_t label) { return label >= fashionMnistClasses.size(); });
    if (wrong != labels.end())
        throw Error(ErrorKind::data,
                    folder.train.labelsPath.string() + ": label " + std::to_string(wrong - labels.begin()) +
                        " is " + std::to_string(*wrong) +
                        ", but Fashion-MNIST's labels end at 9. Fetch the file again, or set "
                        "data.source to idx.");
    source.outputs = static_cast<std::int64_t>(fashionMnistClasses.size());
    source.classNames.assign(fashionMnistClasses.begin(), fashionMnistClasses.end());
}

ImageSet imageSet(LabelledImages& images) {
    const auto& labels = images.labels.bytes;
    return {.count = images.images.shape[0],
            .bytes = SharedBytes(std::move(images.images.bytes)),
            .labels = {labels.begin(), labels.end()}};
}

ImageSource readIdxImages(const DataSpec& spec, IdxContents contents, const Cancelled& cancelled) {
    IdxFolder folder = openImages(spec, contents, cancelled);
    const auto& shape = folder.train.images.shape;
    ImageSource source{.name = folder.train.imagesPath.string(),
                       .shape = shape.size() == 3 ? Shape{1, shape[1], shape[2]}
                                                  : Shape{shape[1], shape[2], shape[3]},
                       .outputs = folder.classes,
                       .classNames = {},
                       .train = {},
                       .test = {}};
    if (spec.source == DataSource::fashionMnist) nameFashionMnist(folder, source);
    source.train = imageSet(folder.train);
    if (folder.test) source.test = imageSet(*folder.test);
    return source;
}

/// The images of a source: all of them, or what the headers of its files tell.
enum class ImageContents { everything, headers };

ImageSource readImages(const DataSpec& spec, ImageContents contents, const Cancelled& cancelled) {
    const bool everything = contents == ImageContents::everything;
    if (spec.source == DataSource::cifar10 || spec.source == DataSource::cifar100) {
        if (spec.path.empty())
            throw Error(ErrorKind::data, "No folder of CIFAR's binary version is named. Set data.path.");
        return readCifarFolder(spec.path,
                               spec.source == DataSource::cifar10 ? CifarKind::cifar10 : CifarKind::cifar100,
                               everything ? CifarContents::everything : CifarContents::sizes, cancelled);
    }
    return readIdxImages(spec, everything ? IdxContents::everything : IdxContents::withoutPixels, cancelled);
}

/// A byte a pixel, in memory that grows by doubling as it is read.
void requireImageMemory(const ImageSource& headers) {
    const auto images = static_cast<double>(headers.train.count + (headers.test ? headers.test->count : 0));
    const double pixels =
        std::accumulate(headers.shape.begin(), headers.shape.end(), 1.0, std::multiplies<>());
    requireMemory(2.0 * images * pixels, headers.name, smallerFile);
}

Dataset loadImages(const DataSpec& spec, std::uint64_t seed, const Cancelled& cancelled) {
    requireImageMemory(readImages(spec, ImageContents::headers, cancelled));
    return prepareImages(spec, readImages(spec, ImageContents::everything, cancelled), seed, cancelled);
}

ImageFolderOptions imageFolderOptions(const DataSpec& spec) {
    if (spec.path.empty()) throw Error(ErrorKind::data, "No folder of images is named. Set data.path.");
    if (spec.channels != 1 && spec.channels != 3)
        throw Error(ErrorKind::data, sourceName(spec) + ": images of " + std::to_string(spec.channels) +
                                         " channels are not supported. Set data.channels to 1 or 3.");
    return {.channels = spec.channels, .imageSize = spec.imageSize};
}

Table readTable(const DataSpec& spec, const Cancelled& cancelled) {
    if (spec.path.empty()) throw Error(ErrorKind::data, "No CSV file is named. Set data.path.");
    const std::string text = readText(spec.path, cancelled);
    requireMemory(static_cast<double>(text.capacity()) + csvTableBytes(text), spec.path, smallerFile);
    return parseCsv(
        text, {.delimiter = spec.delimiter, .header = spec.header, .target = spec.target, .task = spec.task},
        spec.path, cancelled);
}

/// @param test the source's own test part; null: it has none
DataInfo tableInfo(const DataSpec& spec, const Table& table, const Table* test) {
    DataInfo info;
    info.input = {table.features};
    info.task = table.task;
    info.outputs = table.task == TaskKind::classification ? table.classes : table.outputs;
    info.classNames = table.classNames;
    info.featureNames = table.featureNames;
    const SplitCounts counts = countSplit(spec, table.rows, test != nullptr, sourceName(spec));
    info.train = counts.train;
    info.validation = counts.validation;
    info.test = test != nullptr ? test->rows : counts.test;
    return info;
}

/// w·x + b in the units of the normalised inputs and target.
std::vector<double> normalizedWeights(const std::vector<double>& weights, const std::vector<Scaling>& columns,
                                      const Scaling& target) {
    std::vector<double> result;
    double bias = weights.back() - target.shift;
    for (std::size_t j = 0; j < columns.size(); ++j) {
        bias += weights[j] * columns[j].shift;
        result.push_back(columns[j].factor != 0.0 ? weights[j] / columns[j].factor * target.factor : 0.0);
    }
    result.push_back(bias * target.factor);
    return result;
}

Dataset prepareTable(const DataSpec& spec, const Table& table, const Table* test, std::uint64_t seed,
                     const Cancelled& cancelled) {
    Dataset data;
    data.info = tableInfo(spec, table, test);
    const std::string name = sourceName(spec);
    const Split split = makeSplit(spec, table.rows, test != nullptr, seed, name);
    data.identity.split =
        contentHash({std::as_bytes(std::span(split.train)), std::as_bytes(std::span(split.validation)),
                     std::as_bytes(std::span(split.test)), std::as_bytes(std::span(table.labels)),
                     std::as_bytes(std::span(table.targets))});
    if (table.task == TaskKind::classification)
        if (auto absent = absentClasses(spec, table.labels, table.classNames, split, name))
            data.info.warnings.push_back(std::move(*absent));
    const std::vector<Scaling> columns = columnMaps(spec.normalize, table, split.train, name);
    if (table.task == TaskKind::regression)
        data.targets = targetMaps(spec.normalize, table.targets, table.outputs, split.train,
                                  {.source = name, .target = table.targetName});
    const auto part = [&](const Table& from, const std::vector<std::int64_t>& which) {
        return mapRows(from, columns, data.targets, which, name, cancelled);
    };
    data.train = part(table, split.train);
    data.validation = part(table, split.validation);
    if (test != nullptr) {
        std::vector<std::int64_t> all(static_cast<std::size_t>(test->rows));
        std::iota(all.begin(), all.end(), std::int64_t{0});
        data.test = part(*test, all);
    } else {
        data.test = part(table, split.test);
    }
    return data;
}

/// Makes a linear problem, and brings the weights that made it into the units of what is learned.
Dataset prepareLinear(const DataSpec& spec, std::uint64_t seed, const Cancelled& cancelled) {
    const LinearProblem problem = makeSyntheticRegression(spec, seed);
    Dataset data = prepareTable(spec, problem.table, nullptr, seed, cancelled);
    const std::string name = sourceName(spec);
    const Split split = makeSplit(spec, problem.table.rows, false, seed, name);
    data.trueWeights = normalizedWeights(
        problem.weights, columnMaps(spec.normalize, problem.table, split.train, name), data.targets.front());
    return data;
}

void requireSyntheticMemory(const DataSpec& spec) {
    requireMemory(12.0 * static_cast<double>(spec.examples) * static_cast<double>(spec.features),
                  sourceName(spec), "Lower data.examples or data.features.");
}

Dataset load(const DataSpec& spec, std::uint64_t seed, const LoadingProgress& progress) {
    const Cancelled cancelled = cancelledBy(progress, "reading the data");
    switch (spec.source) {
    case DataSource::fashionMnist:
    case DataSource::idx:
    case DataSource::cifar10:
    case DataSource::cifar100:
        return loadImages(spec, seed, cancelled);
    case DataSource::imageFolder:
        return prepareImages(
            spec, readImageFolder(spec.path, imageFolderOptions(spec), imageCacheFolder(), progress), seed,
            cancelled);
    case DataSource::csv:
        return prepareTable(spec, readTable(spec, cancelled), nullptr, seed, cancelled);
    case DataSource::text:
        return loadText(spec, cancelled);
    case DataSource::numpy: {
        const NumpySource source = readNumpySource(spec, NumpyContents::everything, cancelled);
        if (source.images) return prepareImages(spec, *source.images, seed, cancelled);
        return prepareTable(spec, *source.train, source.test ? &*source.test : nullptr, seed, cancelled);
    }
    case DataSource::syntheticRegression:
        requireSyntheticMemory(spec);
        return prepareLinear(spec, seed, cancelled);
    case DataSource::syntheticClassification:
        break;
    }
    requireSyntheticMemory(spec);
    return prepareTable(spec, makeSyntheticClassification(spec, seed), nullptr, seed, cancelled);
}

} // namespace

Dataset loadDataset(const DataSpec& spec, std::uint64_t seed, const LoadingProgress& progress) {
    FilesRead files;
    Dataset data = load(spec, seed, progress);
    if (traitsOf(spec.source).path == PathKind::none) return data;
    std::string split = std::move(data.identity.split);
    data.identity = files.identity(sourceName(spec), cancelledBy(progress, "identifying the data"));
    data.identity.split = std::move(split);
    return data;
}

DataInfo probeDataset(const DataSpec& spec) {
    switch (spec.source) {
    case DataSource::fashionMnist:
    case DataSource::idx:
    case DataSource::cifar10:
    case DataSource::cifar100:
        return imageInfo(spec, readImages(spec, ImageContents::headers, {}));
    case DataSource::imageFolder:
        return imageInfo(spec, probeImageFolder(spec.path, imageFolderOptions(spec)));
    case DataSource::csv:
        return tableInfo(spec, readTable(spec, {}), nullptr);
    case DataSource::text:
        return probeText(spec);
    case DataSource::numpy: {
        const NumpySource source = readNumpySource(spec, NumpyContents::headers, {});
        if (source.images) return imageInfo(spec, *source.images);
        return tableInfo(spec, *source.train, source.test ? &*source.test : nullptr);
    }
    case DataSource::syntheticRegression:
    case DataSource::syntheticClassification:
        break;
    }
    requireSyntheticMemory(spec);
    checkSynthetic(spec);
    Table table{.rows = spec.examples, .features = spec.features};
    if (spec.source == DataSource::syntheticClassification) {
        table.task = TaskKind::classification;
        table.classes = spec.classes;
    }
    return tableInfo(spec, table, nullptr);
}

} // namespace dstn
