#include "ui/text/run_summary.h"

#include "ui/text/run_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

void RunSummary::feed(const Event& event) {
    if (const auto* started = std::get_if<RunStarted>(&event)) {
        run = QString::fromStdString(started->run);
        name = QString::fromStdString(started->experiment.name);
        stepsTotal = started->stepsTotal;
        stepsPerEpoch = started->stepsPerEpoch;
        step = started->firstStep;
        language = started->data.task == TaskKind::language;
        testExamples = started->data.test;
        loading.reset();
        device = QString::fromStdString(started->environment.deviceName.empty()
                                            ? started->environment.device
                                            : started->environment.device + " · " +
                                                  started->environment.deviceName);
    } else if (const auto* progress = std::get_if<ProgressMade>(&event)) {
        step = progress->step;
        stepsTotal = progress->stepsTotal;
        seconds = progress->seconds;
        secondsLeft = progress->secondsLeft;
        examplesPerSecond = progress->examplesPerSecond;
        memoryBytes = progress->memoryBytes;
        warmup = progress->warmup;
    } else if (const auto* read = std::get_if<LoadingProgressed>(&event)) {
        loading = *read;
    } else if (const auto* epochFinished = std::get_if<EpochFinished>(&event)) {
        best = epochFinished->best;
    } else if (const auto* changed = std::get_if<StateChanged>(&event)) {
        state = changed->state;
        reason = QString::fromStdString(changed->reason);
        if (state != RunState::running) examplesPerSecond.reset();
        if (state != RunState::preparing) loading.reset();
    } else if (const auto* finished = std::get_if<RunFinished>(&event)) {
        state = finished->state;
        step = finished->steps;
        seconds = finished->seconds;
        secondsLeft.reset();
        examplesPerSecond.reset();
        if (finished->best) best = finished->best;
        if (!finished->message.empty()) reason = QString::fromStdString(finished->message);
    }
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

QString durationText(std::optional<double> seconds) {
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0 || *seconds > 1e9) return QStringLiteral("–");
    const auto total = std::llround(*seconds);
    const auto hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
    const QChar zero(u'0');
    if (hours > 0)
        return QStringLiteral("%1:%2:%3").arg(hours).arg(minutes, 2, 10, zero).arg(rest, 2, 10, zero);
    return QStringLiteral("%1:%2").arg(minutes).arg(rest, 2, 10, zero);
}

QString countText(std::int64_t count) { return QLocale().toString(static_cast<qlonglong>(count)); }

QString stateText(RunState state) {
    const auto text = name(state);
    return QCoreApplication::translate("RunState", std::string(text).c_str());
}

QString lossText(double loss, const std::optional<double>& accuracy, bool language) {
    const QString text = std::isfinite(loss) ? QString::number(loss, 'g', 4) : QStringLiteral("NaN");
    if (language)
        return QCoreApplication::translate("RunSummary", "%1, perplexity %2")
            .arg(text, valueText(perplexityOf(loss)));
    return accuracy ? QCoreApplication::translate("RunSummary", "%1, accuracy %2 %")
                          .arg(text, QString::number(*accuracy * 100.0, 'f', 2))
                    : text;
}

QString hyperparametersText(const std::vector<std::pair<std::string, double>>& values) {
    QStringList parts;
    for (const auto& [key, value] : values)
        parts.append(QString::fromStdString(key) + QLatin1Char(' ') + QString::number(value, 'g', 3));
    return parts.join(QStringLiteral(" · "));
}

} // namespace dstn::ui
