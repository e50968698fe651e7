#include "ui/text/run_summary.h"

#include "core/run/overloaded.h"
#include "ui/text/number_text.h"
#include "ui/text/run_text.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

void RunSummary::feed(const Event& event) {
    std::visit(
        overloaded{[&](const RunStarted& started) { take(started); },
                   [&](const ProgressMade& progress) { take(progress); },
                   [&](const LoadingProgressed& read) { loading = read; },
                   [&](const EpochFinished& epoch) { best = epoch.best; },
                   [&](const StateChanged& changed) { take(changed); },
                   [&](const RunFinished& finished) { take(finished); },
                   ignore<SamplesTaken, HyperparametersSampled, HyperparameterSet, LogLine, CheckpointTaken>},
        event);
}

void RunSummary::take(const RunStarted& started) {
    run = QString::fromStdString(started.run);
    name = QString::fromStdString(started.experiment.name);
    stepsTotal = started.stepsTotal;
    stepsPerEpoch = started.stepsPerEpoch;
    step = started.firstStep;
    language = started.data.task == TaskKind::language;
    testExamples = started.data.test;
    loading.reset();
    device =
        QString::fromStdString(started.environment.deviceName.empty()
                                   ? started.environment.device
                                   : started.environment.device + " · " + started.environment.deviceName);
}

void RunSummary::take(const ProgressMade& progress) {
    step = progress.step;
    stepsTotal = progress.stepsTotal;
    seconds = progress.seconds;
    secondsLeft = progress.secondsLeft;
    examplesPerSecond = progress.examplesPerSecond;
    memoryBytes = progress.memoryBytes;
    warmup = progress.warmup;
}

void RunSummary::take(const StateChanged& changed) {
    state = changed.state;
    reason = QString::fromStdString(changed.reason);
    if (state != RunState::running) examplesPerSecond.reset();
    if (state != RunState::preparing) loading.reset();
}

void RunSummary::take(const RunFinished& finished) {
    state = finished.state;
    step = finished.steps;
    seconds = finished.seconds;
    secondsLeft.reset();
    examplesPerSecond.reset();
    if (finished.best) best = finished.best;
    if (!finished.message.empty()) reason = QString::fromStdString(finished.message);
}

RunSummary RunSummary::fromDetails(const RunDetails& details) {
    RunSummary summary;
    const RunRow& row = details.row;
    summary.run = QString::fromStdString(row.id);
    summary.name = QString::fromStdString(row.name);
    summary.state = row.state;
    summary.reason = QString::fromStdString(row.reason);
    summary.step = row.steps;
    summary.stepsTotal = row.stepsTotal;
    summary.stepsPerEpoch = row.stepsPerEpoch;
    summary.seconds = row.seconds;
    summary.device = QString::fromStdString(details.environment.device);
    summary.language = row.language;
    summary.testExamples = details.testExamples;
    const auto best = std::min_element(
        details.epochs.begin(), details.epochs.end(),
        [](const EpochResult& a, const EpochResult& b) { return a.validationLoss < b.validationLoss; });
    if (best != details.epochs.end()) summary.best = *best;
    return summary;
}

double RunSummary::epoch() const {
    return stepsPerEpoch > 0 ? static_cast<double>(step) / static_cast<double>(stepsPerEpoch) : 0.0;
}

double RunSummary::epochTotal() const {
    return stepsPerEpoch > 0 ? static_cast<double>(stepsTotal) / static_cast<double>(stepsPerEpoch) : 0.0;
}

double RunSummary::progress() const {
    if (stepsTotal <= 0) return 0.0;
    return std::clamp(static_cast<double>(step) / static_cast<double>(stepsTotal), 0.0, 1.0);
}

QString lossText(double loss, const std::optional<double>& accuracy, bool language) {
    if (language)
        return QCoreApplication::translate("RunSummary", "%1, perplexity %2")
            .arg(valueText(loss), valueText(perplexityOf(loss)));
    return accuracy ? QCoreApplication::translate("RunSummary", "%1, accuracy %2")
                          .arg(valueText(loss), percentText(*accuracy))
                    : valueText(loss);
}

QString hyperparametersText(const std::vector<std::pair<std::string, double>>& values) {
    QStringList parts;
    for (const auto& [key, value] : values)
        parts.append(QString::fromStdString(key) + QLatin1Char(' ') + roundedText(value, 3));
    return parts.join(QStringLiteral(" · "));
}

} // namespace dstn::ui
