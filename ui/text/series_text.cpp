#include "ui/text/series_text.h"

#include "ui/text/run_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace dstn::ui {

namespace {

QString textOf(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// Perplexities are not stored: they are drawn from the losses of epochs.
struct Perplexity {
    std::string name;
    QString title;
    const SeriesInfo* loss;
};

const std::vector<Perplexity>& perplexities() {
    static const std::vector<Perplexity> all = [] {
        constexpr std::string_view loss = "loss";
        std::vector<Perplexity> result;
        for (const SeriesInfo& info : seriesTable) {
            if (info.plot != SeriesPlot::loss || info.cadence != SeriesCadence::epoch) continue;
            const auto renamed = [&](std::string_view text) {
                return std::string(text.substr(0, text.size() - loss.size())) + "perplexity";
            };
            result.push_back(
                {.name = renamed(info.name), .title = textOf(renamed(info.title)), .loss = &info});
        }
        return result;
    }();
    return all;
}

const Perplexity* findPerplexity(std::string_view name) {
    const auto found = std::ranges::find(perplexities(), name, &Perplexity::name);
    return found == perplexities().end() ? nullptr : &*found;
}

bool isScale(const std::string& name) { return hyperparameterOfScale(name).has_value(); }

/// Where a series stands in the order of interest: metrics of epochs, hyperparameters, metrics of steps,
/// scales, others. Of epochs what is of the test split comes last, then losses before perplexities before
/// accuracies, and validation before training.
std::array<int, 5> interest(const std::string& name) {
    if (isHyperparameter(name)) return {1};
    if (isScale(name)) return {3};
    const Perplexity* const perplexity = findPerplexity(name);
    const SeriesInfo* const info = perplexity != nullptr ? perplexity->loss : findSeries(name);
    if (info == nullptr) return {4};
    const int row = static_cast<int>(info->series);
    if (info->cadence == SeriesCadence::step) return {2, row};
    const int quantity = 2 * static_cast<int>(info->plot) + (perplexity != nullptr ? 1 : 0);
    return {0, info->split == SeriesSplit::test ? 1 : 0, quantity, info->split == SeriesSplit::train ? 1 : 0,
            row};
}

} // namespace

QString seriesTitle(const std::string& name, bool language) {
    if (const SeriesInfo* const info = findSeries(name))
        return textOf(language && !info->textTitle.empty() ? info->textTitle : info->title);
    if (const Perplexity* const perplexity = findPerplexity(name)) return perplexity->title;
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
    return info != nullptr ? info->cadence == SeriesCadence::epoch : findPerplexity(name) != nullptr;
}

std::string lossOfPerplexity(const std::string& name) {
    const Perplexity* const perplexity = findPerplexity(name);
    return perplexity != nullptr ? std::string(perplexity->loss->name) : std::string();
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
        for (const Perplexity& perplexity : perplexities())
            if (perplexity.loss->name == name) names.push_back(perplexity.name);
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
    if (const Perplexity* const perplexity = findPerplexity(name))
        return perplexity->loss->compared && perplexity->loss->split == SeriesSplit::validation;
    return isHyperparameter(name);
}

} // namespace dstn::ui
