#include "ui/text/series_text.h"

#include "ui/text/run_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace dstn::ui {

namespace {

/// The row of the loss that this perplexity is computed from; null for other series.
const SeriesInfo* lossOf(std::string_view perplexity) {
    const auto found = std::ranges::find(seriesTable, perplexity, &SeriesInfo::perplexity);
    return perplexity.empty() || found == seriesTable.end() ? nullptr : &*found;
}

bool isScale(const std::string& name) { return hyperparameterOfScale(name).has_value(); }

/// Where a series stands in the order of interest: metrics of epochs, hyperparameters, metrics of steps,
/// scales, others. Of epochs what is of the test split comes last, then losses before perplexities before
/// accuracies, and validation before training.
std::array<int, 5> interest(const std::string& name) {
    if (isHyperparameter(name)) return {1};
    if (isScale(name)) return {3};
    const SeriesInfo* const loss = lossOf(name);
    const SeriesInfo* const info = loss != nullptr ? loss : findSeries(name);
    if (info == nullptr) return {4};
    const int row = static_cast<int>(info->series);
    if (info->cadence == SeriesCadence::step) return {2, row};
    const int quantity = 2 * static_cast<int>(info->plot) + (loss != nullptr ? 1 : 0);
    return {0, info->split == SeriesSplit::test ? 1 : 0, quantity, info->split == SeriesSplit::train ? 1 : 0,
            row};
}

} // namespace

QString seriesTitle(const std::string& name, bool language) {
    if (const SeriesInfo* const info = findSeries(name))
        return QString::fromUtf8(language && !info->textTitle.empty() ? info->textTitle : info->title);
    if (const SeriesInfo* const loss = lossOf(name)) return QString::fromUtf8(loss->perplexityTitle);
    if (const auto hyperparameter = hyperparameterOf(name)) return QString::fromStdString(*hyperparameter);
    if (const auto hyperparameter = hyperparameterOfScale(name))
        return QStringLiteral("σ of ") + QString::fromStdString(*hyperparameter);
    return QString::fromStdString(name);
}

bool isAccuracy(const std::string& name) {
    const SeriesInfo* const info = findSeries(name);
    return info != nullptr && info->unit == SeriesUnit::fraction;
}
bool isHyperparameter(const std::string& name) { return hyperparameterOf(name).has_value(); }
bool isPerEpoch(const std::string& name) {
    const SeriesInfo* const info = findSeries(name);
    return info != nullptr ? info->cadence == SeriesCadence::epoch : lossOf(name) != nullptr;
}

std::string lossOfPerplexity(const std::string& name) {
    const SeriesInfo* const loss = lossOf(name);
    return loss != nullptr ? std::string(loss->name) : std::string();
}

Curve perplexityOf(const Curve& loss) {
    Curve curve;
    for (std::size_t i = 0; i < loss.step.size(); ++i) {
        if (loss.step[i] <= 0.0) continue;
        curve.step.push_back(loss.step[i]);
        curve.epoch.push_back(loss.epoch[i]);
        curve.seconds.push_back(loss.seconds[i]);
        curve.value.push_back(perplexityOf(loss.value[i]));
    }
    return curve;
}

std::vector<std::string> drawnSeries(const RunDetails& run) {
    if (!run.row.language) return run.series;
    std::vector<std::string> names;
    for (const std::string& name : run.series) {
        if (!isAccuracy(name)) names.push_back(name);
        if (const SeriesInfo* const info = findSeries(name); info != nullptr && !info->perplexity.empty())
            names.emplace_back(info->perplexity);
    }
    return names;
}

std::vector<std::string> comparableSeries(const std::vector<std::vector<std::string>>& seriesOfRuns) {
    struct Found {
        std::size_t first = 0, runs = 0;
    };
    std::map<std::string, Found> found;
    std::size_t position = 0;
    for (const std::vector<std::string>& names : seriesOfRuns)
        for (const std::string& name : names) {
            const auto [entry, fresh] = found.emplace(name, Found{position++, 0});
            ++entry->second.runs;
        }
    const std::size_t needed = std::min<std::size_t>(2, seriesOfRuns.size());
    std::vector<std::string> result;
    for (const auto& [name, what] : found)
        if (what.runs >= needed || !(isHyperparameter(name) || isScale(name))) result.push_back(name);
    const auto order = [&](const std::string& name) {
        return std::pair(interest(name), found.at(name).first);
    };
    std::ranges::sort(result, {}, order);
    return result;
}

bool shownAtFirst(const std::string& name) {
    if (const SeriesInfo* const info = findSeries(name)) return info->compared;
    if (const SeriesInfo* const loss = lossOf(name))
        return loss->compared && loss->split == SeriesSplit::validation;
    return isHyperparameter(name);
}

} // namespace dstn::ui
