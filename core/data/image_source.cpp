#include "core/data/image_source.h"

#include "core/data/normalize.h"
#include "core/data/split.h"
#include "core/data/split_info.h"
#include "core/error.h"

#include <numeric>
#include <utility>

namespace dstn {
namespace {

SplitSource splitSource(const ImageSource& source) {
    const auto own = [](const std::optional<ImageSet>& part) -> std::optional<OwnPart> {
        if (!part) return std::nullopt;
        return OwnPart{.examples = part->count, .labels = part->labels};
    };
    return {.name = source.name,
            .examples = source.train.count,
            .task = source.task,
            .labels = source.train.labels,
            .classes = source.task == TaskKind::classification ? source.outputs : 0,
            .classNames = source.classNames,
            .classByClass = source.classByClass,
            .validation = own(source.validation),
            .test = own(source.test),
            .lookedFor = source.lookedFor};
}

DataInfo infoOf(const DataSpec& spec, const ImageSource& source, const std::optional<Split>& split) {
    DataInfo info;
    info.input = source.shape;
    info.task = source.task;
    info.outputs = source.outputs;
    info.inputBytes = source.bytes ? 1 : 4;
    info.classNames = source.classNames;
    info.decisions = source.decisions;
    info.warnings = source.warnings;
    info.taskReason = source.taskReason;
    info.pixels = source.pixels;
    describeSplit(info, spec, splitSource(source), split);
    return info;
}

/// Images that are not bytes through their channels' maps.
std::vector<float> mapValues(const ImageSet& from, const std::vector<Scaling>& maps, std::int64_t pixels,
                             const std::vector<std::int64_t>& which) {
    const std::size_t size = maps.size() * static_cast<std::size_t>(pixels);
    std::vector<float> inputs;
    inputs.reserve(which.size() * size);
    for (const std::int64_t i : which) {
        const float* value = from.values.data() + static_cast<std::size_t>(i) * size;
        for (const Scaling& map : maps)
            for (std::int64_t p = 0; p < pixels; ++p)
                inputs.push_back(
                    static_cast<float>((static_cast<double>(*value++) - map.shift) * map.factor));
    }
    return inputs;
}

/// The maps of numbers as maps of bytes, which those who ask for the channels expect: 0 is black, 255 white.
std::vector<Scaling> byteMaps(const std::vector<Scaling>& maps, const std::vector<BlackAndWhite>& ends) {
    std::vector<Scaling> result;
    for (std::size_t c = 0; c < maps.size(); ++c) {
        const double step = (ends[c].white - ends[c].black) / 255.0;
        result.push_back({.shift = (maps[c].shift - ends[c].black) / step, .factor = maps[c].factor * step});
    }
    return result;
}

std::vector<std::int64_t> allOf(std::int64_t count) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return all;
}

} // namespace

DataInfo imageInfo(const DataSpec& spec, const ImageSource& source, std::optional<std::uint64_t> seed) {
    return infoOf(spec, source, probedSplit(spec, splitSource(source), seed));
}

Dataset prepareImages(const DataSpec& spec, const ImageSource& source, std::uint64_t seed,
                      const std::function<bool()>& cancelled) {
    Dataset data;
    const std::int64_t channels = source.shape[0], pixels = source.shape[1] * source.shape[2];
    const SplitSource parts = splitSource(source);
    const Split split = makeSplit(spec, parts, seed);
    data.info = infoOf(spec, source, split);
    data.identity.split =
        contentHash({std::as_bytes(std::span(split.train)), std::as_bytes(std::span(split.validation)),
                     std::as_bytes(std::span(split.test)), std::as_bytes(std::span(source.train.labels)),
                     std::as_bytes(std::span(source.train.targets))});
    const TargetNames names{.source = source.name, .target = {}};
    std::vector<Scaling> maps =
        source.bytes ? channelMaps(spec.normalize, source.train.bytes.view(), channels, pixels, split.train)
                     : channelMaps(spec.normalize, source.train.values, source.pixels, channels, pixels,
                                   split.train, source.name);
    if (source.task == TaskKind::regression)
        data.targets = targetMaps(spec.normalize, source.train.targets, source.outputs, split.train, names);
    const auto part = [&](const ImageSet& from, const std::vector<std::int64_t>& which) {
        if (cancelled && cancelled())
            throw Error(ErrorKind::interrupted, "Loading " + source.name + " was cancelled.");
        Examples examples;
        examples.count = static_cast<std::int64_t>(which.size());
        if (source.bytes)
            examples.images = {.bytes = from.bytes, .index = which};
        else
            examples.inputs = mapValues(from, maps, pixels, which);
        if (source.task == TaskKind::regression)
            examples.targets = mapTargets(from.targets, data.targets, which, names);
        else
            for (const std::int64_t i : which)
                examples.labels.push_back(from.labels[static_cast<std::size_t>(i)]);
        return examples;
    };
    data.train = part(source.train, split.train);
    data.validation = splitKind(spec, parts) == SplitKind::given
                          ? part(*source.validation, allOf(source.validation->count))
                          : part(source.train, split.validation);
    data.test = source.test ? part(*source.test, allOf(source.test->count)) : part(source.train, split.test);
    data.channels = source.bytes ? std::move(maps)
                                 : byteMaps(maps, blackAndWhite(source.train.values, source.pixels, channels,
                                                                pixels, split.train, source.name));
    return data;
}

} // namespace dstn
