#include "ui/compare/run_groups.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace dstn::ui {

std::vector<RunGroup> groupBySeed(const std::vector<std::string>& experimentJsons) {
    std::vector<RunGroup> groups;
    std::map<std::string, std::size_t> known;
    for (std::size_t i = 0; i < experimentJsons.size(); ++i) {
        nlohmann::json experiment = nlohmann::json::parse(experimentJsons[i], nullptr, false);
        if (!experiment.is_object()) {
            groups.push_back({{i}});
            continue;
        }
        experiment.erase("seed");
        experiment.erase("name");
        const auto [entry, fresh] = known.emplace(experiment.dump(), groups.size());
        if (fresh) groups.emplace_back();
        groups[entry->second].members.push_back(i);
    }
    return groups;
}

Moments momentsOf(const std::vector<double>& values) {
    Moments moments{.count = values.size()};
    if (values.empty()) {
        moments.mean = moments.deviation = std::numeric_limits<double>::quiet_NaN();
        return moments;
    }
    for (const double value : values) moments.mean += value;
    moments.mean /= static_cast<double>(values.size());
    double squares = 0.0;
    for (const double value : values) squares += (value - moments.mean) * (value - moments.mean);
    if (values.size() > 1) moments.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    return moments;
}

namespace {

/// `values` at `step`, linearly between the points around it. The step must lie within the curve.
double at(const Curve& curve, const std::vector<double>& values, double step) {
    const auto upper = std::lower_bound(curve.step.begin(), curve.step.end(), step);
    const auto right = static_cast<std::size_t>(upper - curve.step.begin());
    if (curve.step[right] == step || right == 0) return values[right];
    const double share = (step - curve.step[right - 1]) / (curve.step[right] - curve.step[right - 1]);
    return values[right - 1] + share * (values[right] - values[right - 1]);
}

} // namespace

MeanCurve meanOf(const std::vector<const Curve*>& curves) {
    MeanCurve result;
    double from = -std::numeric_limits<double>::infinity(), to = std::numeric_limits<double>::infinity();
    std::vector<double> grid;
    for (const Curve* curve : curves) {
        if (curve->step.empty()) return result;
        from = std::max(from, curve->step.front());
        to = std::min(to, curve->step.back());
        grid.insert(grid.end(), curve->step.begin(), curve->step.end());
    }
    std::sort(grid.begin(), grid.end());
    grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
    std::vector<double> epochs(curves.size()), seconds(curves.size()), values(curves.size());
    for (const double step : grid) {
        if (step < from || step > to) continue;
        for (std::size_t i = 0; i < curves.size(); ++i) {
            epochs[i] = at(*curves[i], curves[i]->epoch, step);
            seconds[i] = at(*curves[i], curves[i]->seconds, step);
            values[i] = at(*curves[i], curves[i]->value, step);
        }
        const Moments moments = momentsOf(values);
        result.mean.step.push_back(step);
        result.mean.epoch.push_back(momentsOf(epochs).mean);
        result.mean.seconds.push_back(momentsOf(seconds).mean);
        result.mean.value.push_back(moments.mean);
        result.deviation.push_back(moments.deviation);
    }
    return result;
}

} // namespace dstn::ui
