#include "ui/text/series_text.h"

#include "ui/text/run_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace dstn::ui {

namespace {

struct Known {
    std::string_view series;
    const char* title;
};
/// Perplexities are not stored: they are drawn from their losses.
struct Derived {
    std::string_view perplexity, loss;
};
constexpr std::array<Derived, 3> perplexities{{
    {"epoch/validation_perplexity", series::epochValidationLoss},
    {"epoch/train_perplexity", series::epochTrainLoss},
    {"epoch/test_perplexity", series::epochTestLoss},
}};
/// In the order of interest.
constexpr std::array<Known, 14> known{{
    {series::epochValidationLoss, "Validation loss"},
    {series::epochTrainLoss, "Training loss"},
    {perplexities[0].perplexity, "Validation perplexity"},
    {perplexities[1].perplexity, "Training perplexity"},
    {series::epochValidationAccuracy, "Validation accuracy"},
    {series::epochTrainAccuracy, "Training accuracy"},
    {series::epochTestLoss, "Test loss"},
    {perplexities[2].perplexity, "Test perplexity"},
    {series::epochTestAccuracy, "Test accuracy"},
    {series::trainLoss, "Training loss, mini-batches"},
    {series::trainAccuracy, "Training accuracy, mini-batches"},
    {series::responseLoss, "Response loss, mini-batches"},
    {series::validationStepLoss, "Validation loss, mini-batches"},
    {series::throughput, "Examples per second"},
}};

bool isScale(const std::string& name) { return name.starts_with(series::scalePrefix); }

/// Metrics of epochs, hyperparameters, metrics of mini-batches, scales, others.
int kind(const std::string& name) {
    if (isPerEpoch(name)) return 0;
    if (isHyperparameter(name)) return 1;
    if (isScale(name)) return 3;
    return std::any_of(known.begin(), known.end(), [&](const Known& k) { return k.series == name; }) ? 2 : 4;
}

} // namespace

QString seriesTitle(const std::string& name, bool language) {
    if (language && name == series::throughput) return QStringLiteral("Tokens per second");
    for (const Known& entry : known)
        if (entry.series == name) return QString::fromUtf8(entry.title);
    if (isHyperparameter(name))
        return QString::fromStdString(name.substr(series::hyperparameterPrefix.size()));
    if (isScale(name))
        return QStringLiteral("σ of ") + QString::fromStdString(name.substr(series::scalePrefix.size()));
    return QString::fromStdString(name);
}

bool isAccuracy(const std::string& name) { return name.ends_with("accuracy"); }
bool isHyperparameter(const std::string& name) { return name.starts_with(series::hyperparameterPrefix); }
bool isPerEpoch(const std::string& name) { return name.starts_with("epoch/"); }

std::string lossOfPerplexity(const std::string& name) {
    for (const Derived& derived : perplexities)
        if (derived.perplexity == name) return std::string(derived.loss);
    return {};
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
        for (const Derived& derived : perplexities)
            if (derived.loss == name) names.emplace_back(derived.perplexity);
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
        const auto entry =
            std::find_if(known.begin(), known.end(), [&](const Known& k) { return k.series == name; });
        return std::tuple(kind(name), entry - known.begin(), found.at(name).first);
    };
    std::sort(result.begin(), result.end(),
              [&](const std::string& a, const std::string& b) { return order(a) < order(b); });
    return result;
}

bool shownAtFirst(const std::string& name) {
    return name == series::epochValidationLoss || name == series::epochTrainLoss ||
           name == series::epochValidationAccuracy || name == perplexities[0].perplexity ||
           isHyperparameter(name);
}

} // namespace dstn::ui
