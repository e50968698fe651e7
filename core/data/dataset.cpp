#include "core/data/dataset.h"

#include "core/data/byte_stream.h"
#include "core/data/cancelling.h"
#include "core/data/cifar_reader.h"
#include "core/data/csv_reader.h"
#include "core/data/foreign_format.h"
#include "core/data/idx_source.h"
#include "core/data/image_cache.h"
#include "core/data/image_folder.h"
#include "core/data/image_source.h"
#include "core/data/memory_check.h"
#include "core/data/normalize.h"
#include "core/data/numpy_source.h"
#include "core/data/split.h"
#include "core/data/split_info.h"
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

std::string sourceName(const DataSpec& spec) {
    const SourceTraits& traits = traitsOf(spec.source);
    if (traits.path == PathKind::none) return "The " + std::string(traits.name);
    return spec.path.empty() && spec.source == DataSource::fashionMnist ? fashionMnistFolder : spec.path;
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
                               everything ? CifarContents::everything : CifarContents::labels, cancelled);
    }
    return readIdxSource(spec, everything ? IdxContents::everything : IdxContents::withoutPixels, cancelled);
}

/// A byte a pixel, in memory that grows by doubling as it is read.
void requireImageMemory(const ImageSource& headers) {
    const auto images =
        static_cast<double>(headers.train.count + (headers.validation ? headers.validation->count : 0) +
                            (headers.test ? headers.test->count : 0));
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
    return {.channels = spec.channels, .imageSize = spec.imageSize, .folders = spec.folders};
}

Table readTable(const DataSpec& spec, const Cancelled& cancelled, TableReport* report = nullptr) {
    if (spec.path.empty()) throw Error(ErrorKind::data, "No CSV file is named. Set data.path.");
    const std::string text = readText(spec.path, cancelled);
    refuseForeignFormat(text, spec.path, WantedText::table);
    requireMemory(static_cast<double>(text.capacity()) + csvTableBytes(text), spec.path, smallerFile);
    return parseCsv(text, csvOptions(spec), spec.path, cancelled, report);
}

/// A table with the parts that its source has beside it, and what is known of them.
struct TableParts {
    const Table& train;
    const Table* validation = nullptr; ///< null: it has none
    const Table* test = nullptr;
    std::string lookedFor = {};  ///< what a validation part would be; may be empty
    std::string taskReason = {}; ///< as in DataInfo
    std::vector<std::string> decisions = {}, warnings = {};
};

SplitSource splitSource(const DataSpec& spec, const TableParts& parts) {
    const auto own = [](const Table* part) -> std::optional<OwnPart> {
        if (part == nullptr) return std::nullopt;
        return OwnPart{.examples = part->rows, .labels = part->labels};
    };
    return {.name = sourceName(spec),
            .examples = parts.train.rows,
            .task = parts.train.task,
            .labels = parts.train.labels,
            .classes = parts.train.classes,
            .classNames = parts.train.classNames,
            .validation = own(parts.validation),
            .test = own(parts.test),
            .lookedFor = parts.lookedFor};
}

DataInfo tableInfo(const DataSpec& spec, const TableParts& parts, const std::optional<Split>& split) {
    const Table& table = parts.train;
    DataInfo info;
    info.input = {table.features};
    info.task = table.task;
    info.outputs = table.task == TaskKind::classification ? table.classes : table.outputs;
    info.classNames = table.classNames;
    info.featureNames = table.featureNames;
    info.taskReason = parts.taskReason;
    info.decisions = parts.decisions;
    info.warnings = parts.warnings;
    info.decisions.insert(info.decisions.end(), table.decisions.begin(), table.decisions.end());
    info.warnings.insert(info.warnings.end(), table.warnings.begin(), table.warnings.end());
    describeSplit(info, spec, splitSource(spec, parts), split);
    return info;
}

DataInfo probedTable(const DataSpec& spec, const TableParts& parts, std::optional<std::uint64_t> seed) {
    return tableInfo(spec, parts, probedSplit(spec, splitSource(spec, parts), seed));
}

/// The parts of NumPy's arrays.
TableParts tableParts(const NumpySource& source) {
    return {.train = *source.train,
            .validation = source.validation ? &*source.validation : nullptr,
            .test = source.test ? &*source.test : nullptr,
            .lookedFor = source.lookedFor,
            .taskReason = source.taskReason,
            .decisions = source.decisions,
            .warnings = source.warnings};
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

Dataset prepareTable(const DataSpec& spec, const TableParts& parts, std::uint64_t seed,
                     const Cancelled& cancelled) {
    const Table& table = parts.train;
    Dataset data;
    const std::string name = sourceName(spec);
    const SplitSource source = splitSource(spec, parts);
    const Split split = makeSplit(spec, source, seed);
    data.info = tableInfo(spec, parts, split);
    data.identity.split =
        contentHash({std::as_bytes(std::span(split.train)), std::as_bytes(std::span(split.validation)),
                     std::as_bytes(std::span(split.test)), std::as_bytes(std::span(table.labels)),
                     std::as_bytes(std::span(table.targets))});
    const std::vector<Scaling> columns = columnMaps(spec.normalize, table, split.train, name);
    const std::vector<double> means = columnMeans(table, split.train, name);
    if (table.task == TaskKind::regression)
        data.targets = targetMaps(spec.normalize, table.targets, table.outputs, split.train,
                                  {.source = name, .target = table.targetName});
    const auto part = [&](const Table& from, const std::vector<std::int64_t>& which) {
        return mapRows(from, columns, means, data.targets, which, name, cancelled);
    };
    const auto whole = [&](const Table& from) {
        std::vector<std::int64_t> all(static_cast<std::size_t>(from.rows));
        std::iota(all.begin(), all.end(), std::int64_t{0});
        return part(from, all);
    };
    data.train = part(table, split.train);
    data.validation = splitKind(spec, source) == SplitKind::given ? whole(*parts.validation)
                                                                  : part(table, split.validation);
    data.test = parts.test != nullptr ? whole(*parts.test) : part(table, split.test);
    return data;
}

/// Makes a linear problem, and brings the weights that made it into the units of what is learned.
Dataset prepareLinear(const DataSpec& spec, std::uint64_t seed, const Cancelled& cancelled) {
    const LinearProblem problem = makeSyntheticRegression(spec, seed);
    const TableParts parts{.train = problem.table};
    Dataset data = prepareTable(spec, parts, seed, cancelled);
    const std::string name = sourceName(spec);
    const Split split = makeSplit(spec, splitSource(spec, parts), seed);
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
    case DataSource::csv: {
        const Table table = readTable(spec, cancelled);
        return prepareTable(spec, {.train = table, .taskReason = table.taskReason}, seed, cancelled);
    }
    case DataSource::text:
        return loadText(spec, cancelled);
    case DataSource::numpy: {
        const NumpySource source = readNumpySource(spec, NumpyContents::everything, cancelled);
        if (source.images) return prepareImages(spec, *source.images, seed, cancelled);
        return prepareTable(spec, tableParts(source), seed, cancelled);
    }
    case DataSource::syntheticRegression:
        requireSyntheticMemory(spec);
        return prepareLinear(spec, seed, cancelled);
    case DataSource::syntheticClassification:
        break;
    }
    requireSyntheticMemory(spec);
    const Table table = makeSyntheticClassification(spec, seed);
    return prepareTable(spec, {.train = table, .taskReason = "the source makes classes"}, seed, cancelled);
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

DataInfo probeDataset(const DataSpec& spec, std::optional<std::uint64_t> seed, TableReport* table) {
    switch (spec.source) {
    case DataSource::fashionMnist:
    case DataSource::idx:
    case DataSource::cifar10:
    case DataSource::cifar100:
        return imageInfo(spec, readImages(spec, ImageContents::headers, {}), seed);
    case DataSource::imageFolder:
        return imageInfo(spec, probeImageFolder(spec.path, imageFolderOptions(spec)), seed);
    case DataSource::csv: {
        const Table read = readTable(spec, {}, table);
        return probedTable(spec, {.train = read, .taskReason = read.taskReason}, seed);
    }
    case DataSource::text:
        return probeText(spec);
    case DataSource::numpy: {
        const NumpySource source = readNumpySource(spec, NumpyContents::headers, {});
        if (source.images) return imageInfo(spec, *source.images, seed);
        return probedTable(spec, tableParts(source), seed);
    }
    case DataSource::syntheticRegression:
    case DataSource::syntheticClassification:
        break;
    }
    requireSyntheticMemory(spec);
    checkSynthetic(spec);
    Table synthetic{.rows = spec.examples, .features = spec.features};
    if (spec.source == DataSource::syntheticRegression) return probedTable(spec, {.train = synthetic}, seed);
    synthetic.task = TaskKind::classification;
    synthetic.classes = spec.classes;
    synthetic.labels = syntheticLabels(spec);
    return probedTable(spec, {.train = synthetic, .taskReason = "the source makes classes"}, seed);
}

} // namespace dstn
