#include "ui/widgets/min_max_pyramid.h"

#include <algorithm>
#include <cmath>

namespace dstn::ui {

void MinMaxPyramid::include(Bucket& bucket, std::uint32_t index) const {
    if (!std::isfinite(values_[index])) return;
    if (bucket.min == none || values_[index] < values_[bucket.min]) bucket.min = index;
    if (bucket.max == none || values_[index] > values_[bucket.max]) bucket.max = index;
}

MinMaxPyramid::Bucket MinMaxPyramid::merged(const Bucket& a, const Bucket& b) const {
    Bucket result = a;
    if (b.min != none) {
        include(result, b.min);
        include(result, b.max);
    }
    return result;
}

void MinMaxPyramid::append(double value) {
    values_.push_back(value);
    if (values_.size() % (std::size_t{1} << baseBits) != 0) return;
    Bucket bucket;
    for (std::size_t i = values_.size() - (std::size_t{1} << baseBits); i < values_.size(); ++i)
        include(bucket, static_cast<std::uint32_t>(i));
    for (std::size_t level = 0;; ++level) {
        if (level == levels_.size()) levels_.emplace_back();
        levels_[level].push_back(bucket);
        if (levels_[level].size() % 2 != 0) return;
        bucket = merged(levels_[level][levels_[level].size() - 2], bucket);
    }
}

void MinMaxPyramid::truncate(std::size_t size) {
    if (size >= values_.size()) return;
    values_.resize(size);
    for (std::size_t level = 0; level < levels_.size(); ++level)
        levels_[level].resize(size >> (baseBits + level));
    while (!levels_.empty() && levels_.back().empty()) levels_.pop_back();
}

template <typename OnValue, typename OnBucket>
void MinMaxPyramid::walk(std::size_t first, std::size_t last, int topLevel, OnValue onValue,
                         OnBucket onBucket) const {
    const int top = std::min(topLevel, static_cast<int>(levels_.size()) - 1);
    for (std::size_t i = first; i < last;) {
        int level = -1;
        while (level < top) {
            const unsigned bits = baseBits + static_cast<unsigned>(level + 1);
            const std::size_t length = std::size_t{1} << bits;
            if (i % length != 0 || i + length > last || i >> bits >= levels_[level + 1].size()) break;
            ++level;
        }
        if (level < 0) {
            onValue(i++);
            continue;
        }
        const unsigned bits = baseBits + static_cast<unsigned>(level);
        onBucket(levels_[static_cast<std::size_t>(level)][i >> bits]);
        i += std::size_t{1} << bits;
    }
}

std::vector<std::size_t> MinMaxPyramid::view(std::size_t first, std::size_t last, std::size_t columns) const {
    last = std::min(last, size());
    if (first >= last) return {};
    columns = std::max<std::size_t>(columns, 1);
    const std::size_t count = last - first;
    int top = -1;
    if (count > 4 * columns)
        while (count >> (baseBits + static_cast<unsigned>(top + 1)) >= columns) ++top;
    std::vector<std::size_t> indices;
    indices.reserve(std::min(count, 6 * columns));
    walk(
        first, last, top, [&](std::size_t i) { indices.push_back(i); },
        [&](const Bucket& bucket) {
            if (bucket.min == none) return;
            indices.push_back(std::min(bucket.min, bucket.max));
            if (bucket.min != bucket.max) indices.push_back(std::max(bucket.min, bucket.max));
        });
    return indices;
}

std::optional<MinMaxPyramid::Range> MinMaxPyramid::range(std::size_t first, std::size_t last) const {
    Bucket all;
    walk(
        first, std::min(last, size()), static_cast<int>(levels_.size()) - 1,
        [&](std::size_t i) { include(all, static_cast<std::uint32_t>(i)); },
        [&](const Bucket& bucket) { all = merged(all, bucket); });
    if (all.min == none) return std::nullopt;
    return Range{values_[all.min], values_[all.max]};
}

} // namespace dstn::ui
