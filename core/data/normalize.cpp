#include "core/data/normalize.h"

#include "core/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace dstn {
namespace {

std::string text(double value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

std::string whereIs(const std::string& name, const Table& table, std::size_t feature) {
    if (feature < table.featureNames.size())
        return name + ", column \"" + printable(table.featureNames[feature]) + "\"";
    const auto column = static_cast<std::int64_t>(feature);
    const bool behindTarget = table.targetColumn >= 0 && column >= table.targetColumn;
    return name + ", column " + std::to_string(column + (behindTarget ? 1 : 0));
}

std::string whereIsTarget(const TargetNames& names) {
    return names.source + ", the target" +
           (names.target.empty() ? "" : " \"" + printable(names.target) + "\"");
}

/// A value through a map, as networks compute with it. Throws Error{data} saying `where()` it was.
template <typename Where>
float mapped(double value, const Scaling& map, const Where& where) {
    const double result = (value - map.shift) * map.factor;
    if (std::abs(result) <= static_cast<double>(std::numeric_limits<float>::max()))
        return static_cast<float>(result);
    const bool large = std::abs(value) > static_cast<double>(std::numeric_limits<float>::max());
    throw Error(
        ErrorKind::data,
        where() + ": the value " + text(value) +
            (large ? " is too large" : ", normalized by the training part, becomes too large") +
            " for the 32-bit numbers (up to 3.4e38) that networks compute with. Rescale the column, correct "
            "the value, or leave it out.");
}

using Histogram = std::array<std::int64_t, 256>;

/// Of integers, so mean and variance are exact whatever the number of images.
Scaling standardizing(const Histogram& histogram) {
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
    bool empty() const { return count_ == 0.0; }
    double mean() const { return mean_; }
    /// Throws Error{data} saying `where` if the statistics lie beyond what a double holds.
    Scaling map(Normalize how, const std::string& where) const {
        if (how == Normalize::none) return {};
        const bool unit = how == Normalize::unit;
        if (constant()) return {.shift = least_, .factor = 0.0};
        const Scaling map{.shift = unit ? least_ : mean_,
                          .factor = 1.0 / (unit ? most_ - least_ : std::sqrt(squares_ / count_))};
        if (!std::isfinite(map.shift) || !std::isfinite(map.factor) || map.factor == 0.0)
            throw Error(ErrorKind::data, where + ": its values, from " + text(least_) + " to " + text(most_) +
                                             ", lie too " +
                                             (most_ - least_ < 1.0 ? "close together" : "far apart") +
                                             " to be normalized. Rescale the column, or leave it out.");
        return map;
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

std::vector<Scaling> channelMaps(Normalize how, std::span<const std::uint8_t> images, std::int64_t channels,
                                 std::int64_t pixels, std::span<const std::int64_t> training) {
    std::vector<Scaling> maps(static_cast<std::size_t>(channels));
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        Scaling& map = maps[static_cast<std::size_t>(channel)];
        if (how == Normalize::unit) map.factor = 1.0 / 255.0;
        if (how != Normalize::standardize) continue;
        Histogram histogram{};
        for (const std::int64_t i : training)
            for (const std::uint8_t value :
                 images.subspan(static_cast<std::size_t>((i * channels + channel) * pixels),
                                static_cast<std::size_t>(pixels)))
                ++histogram[value];
        map = standardizing(histogram);
    }
    return maps;
}

std::vector<Scaling> channelMaps(Normalize how, std::span<const float> images, const PixelValues& values,
                                 std::int64_t channels, std::int64_t pixels,
                                 std::span<const std::int64_t> training, const std::string& name) {
    std::vector<Scaling> maps(static_cast<std::size_t>(channels));
    if (how == Normalize::unit) {
        double low = values.black, high = values.white;
        if (!values.known) {
            low = std::numeric_limits<double>::infinity(), high = -low;
            const auto size = static_cast<std::size_t>(channels * pixels);
            for (const std::int64_t i : training)
                for (const float value : images.subspan(static_cast<std::size_t>(i) * size, size)) {
                    low = std::min(low, static_cast<double>(value));
                    high = std::max(high, static_cast<double>(value));
                }
        }
        for (Scaling& map : maps) map = {.shift = low, .factor = high > low ? 1.0 / (high - low) : 0.0};
    }
    if (how != Normalize::standardize) return maps;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        ColumnStatistics statistics;
        for (const std::int64_t i : training)
            for (const float value :
                 images.subspan(static_cast<std::size_t>((i * channels + channel) * pixels),
                                static_cast<std::size_t>(pixels)))
                statistics.add(static_cast<double>(value));
        maps[static_cast<std::size_t>(channel)] =
            statistics.map(how, name + ", channel " + std::to_string(channel));
    }
    return maps;
}

std::vector<BlackAndWhite> blackAndWhite(std::span<const float> images, const PixelValues& values,
                                         std::int64_t channels, std::int64_t pixels,
                                         std::span<const std::int64_t> training, const std::string& name) {
    std::vector<BlackAndWhite> ends(static_cast<std::size_t>(channels),
                                    {.black = values.black, .white = values.white});
    if (values.known) return ends;
    const auto maps = channelMaps(Normalize::standardize, images, values, channels, pixels, training, name);
    for (std::size_t c = 0; c < ends.size(); ++c)
        ends[c] = {.black = maps[c].shift,
                   .white = maps[c].shift + (maps[c].factor > 0.0 ? 1.0 / maps[c].factor : 1.0)};
    return ends;
}

std::vector<Scaling> columnMaps(Normalize how, const Table& table, std::span<const std::int64_t> training,
                                const std::string& name) {
    std::vector<ColumnStatistics> columns(static_cast<std::size_t>(table.features));
    for (const std::int64_t i : training) {
        const double* row = table.inputs.data() + i * table.features;
        for (std::size_t j = 0; j < columns.size(); ++j)
            if (!std::isnan(row[j])) columns[j].add(row[j]);
    }
    std::vector<Scaling> maps;
    maps.reserve(columns.size());
    for (std::size_t j = 0; j < columns.size(); ++j)
        maps.push_back(columns[j].map(how, whereIs(name, table, j)));
    return maps;
}

std::vector<double> columnMeans(const Table& table, std::span<const std::int64_t> training,
                                const std::string& name) {
    if (std::none_of(table.inputs.begin(), table.inputs.end(),
                     [](double value) { return std::isnan(value); }))
        return {};
    std::vector<ColumnStatistics> columns(static_cast<std::size_t>(table.features));
    for (const std::int64_t i : training) {
        const double* row = table.inputs.data() + i * table.features;
        for (std::size_t j = 0; j < columns.size(); ++j)
            if (!std::isnan(row[j])) columns[j].add(row[j]);
    }
    std::vector<double> means;
    for (std::size_t j = 0; j < columns.size(); ++j) {
        if (columns[j].empty())
            throw Error(ErrorKind::data, whereIs(name, table, j) +
                                             ": no row of the training part has a value, so there is no mean "
                                             "for the missing ones. Leave the column out with data.ignore.");
        means.push_back(columns[j].mean());
    }
    return means;
}

std::vector<Scaling> targetMaps(Normalize how, std::span<const double> targets, std::int64_t outputs,
                                std::span<const std::int64_t> training, const TargetNames& names) {
    std::vector<Scaling> maps;
    for (std::int64_t k = 0; k < outputs; ++k) {
        ColumnStatistics column;
        for (const std::int64_t i : training) column.add(targets[static_cast<std::size_t>(i * outputs + k)]);
        if (column.constant())
            throw Error(ErrorKind::data, names.source + ": all " + std::to_string(training.size()) +
                                             " training targets" +
                                             (outputs > 1 ? " of column " + std::to_string(k) : "") +
                                             " are the same; there is nothing to learn. Use more data, or "
                                             "set data.split to random.");
        maps.push_back(how == Normalize::standardize ? column.map(how, whereIsTarget(names)) : Scaling{});
    }
    return maps;
}

std::vector<float> mapTargets(std::span<const double> targets, const std::vector<Scaling>& maps,
                              std::span<const std::int64_t> which, const TargetNames& names) {
    std::vector<float> result;
    result.reserve(which.size() * maps.size());
    for (const std::int64_t i : which)
        for (std::size_t k = 0; k < maps.size(); ++k)
            result.push_back(mapped(targets[static_cast<std::size_t>(i) * maps.size() + k], maps[k],
                                    [&] { return whereIsTarget(names); }));
    return result;
}

Examples mapRows(const Table& table, const std::vector<Scaling>& columns, std::span<const double> means,
                 const std::vector<Scaling>& targets, std::span<const std::int64_t> which,
                 const std::string& name, const std::function<bool()>& cancelled) {
    Examples examples;
    examples.count = static_cast<std::int64_t>(which.size());
    examples.inputs.reserve(which.size() * columns.size());
    for (std::size_t done = 0; done < which.size(); ++done) {
        pollEvery(done, cancelled);
        const auto i = static_cast<std::size_t>(which[done]);
        const double* row = table.inputs.data() + i * columns.size();
        for (std::size_t j = 0; j < columns.size(); ++j)
            examples.inputs.push_back(mapped(std::isnan(row[j]) ? means[j] : row[j], columns[j],
                                             [&] { return whereIs(name, table, j); }));
        if (table.task == TaskKind::classification) examples.labels.push_back(table.labels[i]);
    }
    if (table.task == TaskKind::regression)
        examples.targets =
            mapTargets(table.targets, targets, which, {.source = name, .target = table.targetName});
    return examples;
}

} // namespace dstn
