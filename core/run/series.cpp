#include "core/run/series.h"

#include <algorithm>

namespace dstn {

static constexpr std::string_view hyperparameterPrefix = "hyperparameter/";
static constexpr std::string_view scalePrefix = "scale/";

static std::optional<std::string> behind(std::string_view prefix, std::string_view series) {
    if (!series.starts_with(prefix)) return std::nullopt;
    return std::string(series.substr(prefix.size()));
}

const SeriesInfo* findSeries(std::string_view name) {
    const auto* const found = std::ranges::find(seriesTable, name, &SeriesInfo::name);
    return found == seriesTable.end() ? nullptr : found;
}

std::string hyperparameterSeries(std::string_view hyperparameter) {
    return std::string(hyperparameterPrefix).append(hyperparameter);
}
std::string scaleSeries(std::string_view hyperparameter) {
    return std::string(scalePrefix).append(hyperparameter);
}
std::optional<std::string> hyperparameterOf(std::string_view series) {
    return behind(hyperparameterPrefix, series);
}
std::optional<std::string> hyperparameterOfScale(std::string_view series) {
    return behind(scalePrefix, series);
}

std::vector<std::string> seriesOfRun(const std::vector<std::string>& hyperparameters,
                                     const std::vector<std::string>& withScale) {
    std::vector<std::string> names;
    for (const SeriesInfo& info : seriesTable) names.emplace_back(info.name);
    for (const std::string& name : hyperparameters) names.push_back(hyperparameterSeries(name));
    for (const std::string& name : withScale) names.push_back(scaleSeries(name));
    return names;
}

} // namespace dstn
