#include "core/data/image_source.h"

#include "core/data/normalize.h"
#include "core/data/split.h"

#include <numeric>
#include <utility>

namespace dstn {

SharedBytes::SharedBytes(std::vector<std::uint8_t> bytes) {
    const auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
    view_ = *owner;
    owner_ = owner;
}

SharedBytes::SharedBytes(std::span<const std::uint8_t> view, std::shared_ptr<const void> owner)
    : view_(view), owner_(std::move(owner)) {}

DataInfo imageInfo(const DataSpec& spec, const ImageSource& source) {
    DataInfo info;
    info.input = source.shape;
    info.task = TaskKind::classification;
    info.outputs = source.classes;
    info.classNames = source.classNames;
    const SplitCounts counts = countSplit(spec, source.train.count, source.test.has_value(), source.name);
    info.train = counts.train;
    info.validation = counts.validation;
    info.test = source.test ? source.test->count : counts.test;
    return info;
}

Dataset prepareImages(const DataSpec& spec, const ImageSource& source, std::uint64_t seed,
                      const std::function<bool()>& cancelled) {
    Dataset data;
    data.info = imageInfo(spec, source);
    const auto pixels = source.shape[1] * source.shape[2];
    const Split split = makeSplit(spec, source.train.count, source.test.has_value(), seed, source.name);
    data.channels =
        channelMaps(spec.normalize, source.train.bytes.view(), source.shape[0], pixels, split.train);
    const auto part = [&](const ImageSet& from, const std::vector<std::int64_t>& which) {
        Examples examples;
        examples.count = static_cast<std::int64_t>(which.size());
        examples.inputs = mapImages(from.bytes.view(), data.channels, pixels, which, cancelled);
        examples.labels.reserve(which.size());
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
    return data;
}

} // namespace dstn
