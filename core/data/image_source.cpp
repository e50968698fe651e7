#include "core/data/image_source.h"

#include "core/data/class_shares.h"
#include "core/data/normalize.h"
#include "core/data/split.h"
#include "core/error.h"

#include <numeric>
#include <utility>

namespace dstn {

/// Whether `spec.limit` takes a share of each class.
static bool sharesClasses(const DataSpec& spec, const ImageSource& source) {
    return source.classByClass && spec.limit > 0 && spec.limit < source.train.count;
}

DataInfo imageInfo(const DataSpec& spec, const ImageSource& source) {
    DataInfo info;
    info.input = source.shape;
    info.task = source.task;
    info.outputs = source.outputs;
    info.inputBytes = source.bytes ? 1 : 4;
    info.classNames = source.classNames;
    if (sharesClasses(spec, source) && spec.limit < source.outputs)
        throw Error(ErrorKind::data,
                    source.name + ": data.limit keeps " + std::to_string(spec.limit) +
                        (spec.limit == 1 ? " image" : " images") + " of " + std::to_string(source.outputs) +
                        " classes; each needs at least one. Set data.limit to " +
                        std::to_string(source.outputs) + " or more, or to 0 for all images.");
    const SplitCounts counts = countSplit(spec, source.train.count, source.test.has_value(), source.name);
    info.train = counts.train;
    info.validation = counts.validation;
    info.test = source.test ? source.test->count : counts.test;
    return info;
}

/// Images that are not bytes through their channels' maps.
static std::vector<float> mapValues(const ImageSet& from, const std::vector<Scaling>& maps,
                                    std::int64_t pixels, const std::vector<std::int64_t>& which) {
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

Dataset prepareImages(const DataSpec& spec, const ImageSource& source, std::uint64_t seed,
                      const std::function<bool()>& cancelled) {
    Dataset data;
    data.info = imageInfo(spec, source);
    const std::int64_t channels = source.shape[0], pixels = source.shape[1] * source.shape[2];
    Split split = makeSplit(spec, source.train.count, source.test.has_value(), seed, source.name);
    if (sharesClasses(spec, source)) {
        const auto kept = firstOfEachClass(source.train.labels, source.outputs, spec.limit);
        for (auto* part : {&split.train, &split.validation, &split.test})
            for (std::int64_t& image : *part) image = kept[static_cast<std::size_t>(image)];
    }
    data.identity.split =
        contentHash({std::as_bytes(std::span(split.train)), std::as_bytes(std::span(split.validation)),
                     std::as_bytes(std::span(split.test)), std::as_bytes(std::span(source.train.labels)),
                     std::as_bytes(std::span(source.train.targets))});
    if (source.task == TaskKind::classification)
        if (auto absent = absentClasses(spec, source.train.labels, source.classNames, split, source.name))
            data.info.warnings.push_back(std::move(*absent));
    const TargetNames names{.source = source.name, .target = {}};
    data.channels =
        source.bytes
            ? channelMaps(spec.normalize, source.train.bytes.view(), channels, pixels, split.train)
            : channelMaps(spec.normalize, source.train.values, channels, pixels, split.train, source.name);
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
            examples.inputs = mapValues(from, data.channels, pixels, which);
        if (source.task == TaskKind::regression)
            examples.targets = mapTargets(from.targets, data.targets, which, names);
        else
            for (const std::int64_t i : which)
                examples.labels.push_back(from.labels[static_cast<std::size_t>(i)]);
        return examples;
    };
    data.train = part(source.train, split.train);
    data.validation = part(source.train, split.validation);
    if (source.test) {
        std::vector<std::int64_t> all(static_cast<std::size_t>(source.test->count));
        std::iota(all.begin(), all.end(), std::int64_t{0});
        data.test = part(*source.test, all);
    } else {
        data.test = part(source.train, split.test);
    }
    if (!source.bytes) {
        // In units of bytes, as those who ask for the channels expect.
        const double white = whiteOf(source.train.values, channels * pixels, split.train);
        for (Scaling& map : data.channels) {
            map.shift *= 255.0 / white;
            map.factor *= white / 255.0;
        }
    }
    return data;
}

} // namespace dstn
