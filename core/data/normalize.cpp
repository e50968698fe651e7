#include "core/data/normalize.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dstn {
namespace {

using Histogram = std::array<std::int64_t, 256>;

/// Of integers, so mean and variance are exact whatever the number of images.
Affine standardizing(const Histogram& histogram) {
    double count = 0.0, sum = 0.0, squares = 0.0;
    int values = 0;
    for (std::size_t v = 0; v < histogram.size(); ++v) {
        const auto n = static_cast<double>(histogram[v]);
        const auto value = static_cast<double>(v);
        count += n;
        sum += n * value;
        squares += n * value * value;
        values += histogram[v] > 0 ? 1 : 0;
    }
    const double mean = sum / count;
    if (values < 2) return {.shift = mean, .factor = 0.0};
    return {.shift = mean, .factor = 1.0 / std::sqrt(squares / count - mean * mean)};
}

/// Statistics of a column of numbers, added one by one (Welford 1962): no cancellation at large means.
class ColumnStatistics {
  public:
    void add(double value) {
        ++count_;
        const double off = value - mean_;
        mean_ += off / count_;
        squares_ += off * (value - mean_);
        least_ = std::min(least_, value);
        most_ = std::max(most_, value);
    }
    bool constant() const { return least_ >= most_; }
    Affine map(Normalize how) const {
        if (how == Normalize::none) return {};
        if (how == Normalize::unit)
            return {.shift = least_, .factor = constant() ? 0.0 : 1.0 / (most_ - least_)};
        return {.shift = mean_, .factor = constant() ? 0.0 : 1.0 / std::sqrt(squares_ / count_)};
    }

  private:
    double count_ = 0.0, mean_ = 0.0, squares_ = 0.0;
    double least_ = std::numeric_limits<double>::infinity(), most_ = -std::numeric_limits<double>::infinity();
};

void pollEvery(std::size_t done, const std::function<bool()>& cancelled) {
    if (cancelled && done % 4096 == 0 && cancelled())
        throw Error(ErrorKind::interrupted, "Loading the data was cancelled.");
}

} // namespace

PixelMaps pixelMaps(Normalize how, std::span<const std::uint8_t> images, std::int64_t channels,
                    std::int64_t pixels, std::span<const std::int64_t> training) {
    PixelMaps maps;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        Affine map;
        if (how == Normalize::unit) map.factor = 1.0 / 255.0;
        if (how == Normalize::standardize) {
            Histogram histogram{};
            for (const std::int64_t i : training)
                for (const std::uint8_t value :
                     images.subspan(static_cast<std::size_t>((i * channels + channel) * pixels),
                                    static_cast<std::size_t>(pixels)))
                    ++histogram[value];
            map = standardizing(histogram);
        }
        auto& table = maps.emplace_back();
        for (std::size_t v = 0; v < table.size(); ++v)
            table[v] = static_cast<float>((static_cast<double>(v) - map.shift) * map.factor);
    }
    return maps;
}

Examples mapImages(std::span<const std::uint8_t> images, std::span<const std::uint8_t> labels,
                   const PixelMaps& maps, std::int64_t pixels, std::span<const std::int64_t> which,
                   const std::function<bool()>& cancelled) {
    Examples examples{
        .count = static_cast<std::int64_t>(which.size()), .inputs = {}, .labels = {}, .targets = {}};
    const std::size_t size = maps.size() * static_cast<std::size_t>(pixels);
    examples.inputs.reserve(which.size() * size);
    examples.labels.reserve(which.size());
    for (std::size_t done = 0; done < which.size(); ++done) {
        pollEvery(done, cancelled);
        const auto i = static_cast<std::size_t>(which[done]);
        examples.labels.push_back(labels[i]);
        const std::uint8_t* from = images.data() + i * size;
        for (const auto& map : maps) {
            examples.inputs.resize(examples.inputs.size() + static_cast<std::size_t>(pixels));
            float* to = examples.inputs.data() + examples.inputs.size() - pixels;
            for (std::int64_t p = 0; p < pixels; ++p) to[p] = map[from[p]];
            from += pixels;
        }
    }
    return examples;
}

std::vector<Affine> columnMaps(Normalize how, const Table& table, std::span<const std::int64_t> training) {
    std::vector<ColumnStatistics> columns(static_cast<std::size_t>(table.features));
    for (const std::int64_t i : training) {
        const double* row = table.inputs.data() + i * table.features;
        for (std::size_t j = 0; j < columns.size(); ++j) columns[j].add(row[j]);
    }
    std::vector<Affine> maps;
    maps.reserve(columns.size());
    for (const ColumnStatistics& column : columns) maps.push_back(column.map(how));
    return maps;
}

Affine targetMap(Normalize how, const Table& table, std::span<const std::int64_t> training,
                 const std::string& name) {
    ColumnStatistics targets;
    for (const std::int64_t i : training) targets.add(table.targets[static_cast<std::size_t>(i)]);
    if (targets.constant())
        throw Error(ErrorKind::data,
                    name + ": all " + std::to_string(training.size()) +
                        " training targets are the same; there is nothing to learn. Use more data, or "
                        "set data.split to random.");
    return how == Normalize::standardize ? targets.map(how) : Affine{};
}

Examples mapRows(const Table& table, const std::vector<Affine>& columns, const Affine& target,
                 std::span<const std::int64_t> which, const std::function<bool()>& cancelled) {
    Examples examples{
        .count = static_cast<std::int64_t>(which.size()), .inputs = {}, .labels = {}, .targets = {}};
    examples.inputs.reserve(which.size() * columns.size());
    for (std::size_t done = 0; done < which.size(); ++done) {
        pollEvery(done, cancelled);
        const auto i = static_cast<std::size_t>(which[done]);
        const double* row = table.inputs.data() + i * columns.size();
        for (std::size_t j = 0; j < columns.size(); ++j)
            examples.inputs.push_back(static_cast<float>((row[j] - columns[j].shift) * columns[j].factor));
        if (table.task == TaskKind::classification)
            examples.labels.push_back(table.labels[i]);
        else
            examples.targets.push_back(static_cast<float>((table.targets[i] - target.shift) * target.factor));
    }
    return examples;
}

} // namespace dstn
