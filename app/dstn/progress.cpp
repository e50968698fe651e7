#include "app/dstn/progress.h"

#include "app/dstn/terminal.h"
#include "core/error.h"
#include "core/number_text.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace dstn::cli {

/// @param language perplexities e^loss are shown instead of accuracies
static std::string figures(const EpochResult& result, bool language) {
    std::string text = "validation loss " + shortNumber(result.validationLoss);
    if (language) {
        text += ", perplexity " + shortNumber(std::exp(result.validationLoss));
        if (result.testLoss) text += ", test perplexity " + shortNumber(std::exp(*result.testLoss));
        return text;
    }
    if (result.validationAccuracy) text += ", accuracy " + shortNumber(result.validationAccuracy);
    if (result.testAccuracy)
        text += ", test accuracy " + shortNumber(result.testAccuracy);
    else if (result.testLoss)
        text += ", test loss " + shortNumber(result.testLoss);
    return text;
}

std::string Progress::note(const Event& event) {
    return std::visit([this](const auto& one) { return take(one); }, event);
}

std::string Progress::take(const RunStarted& started) {
    preparing_ = false;
    epochs_ = started.experiment.epochs;
    language_ = started.data.task == TaskKind::language;
    step_ = started.firstStep;
    stepsTotal_ = started.stepsTotal;
    stepsPerEpoch_ = started.stepsPerEpoch;
    return (started.firstStep > 0 ? "resuming" : "running") + (" " + started.experiment.name) + " on " +
           started.environment.device + " (" + started.environment.deviceName + ")" +
           (started.firstStep > 0 ? " after step " + std::to_string(started.firstStep) : "") + ", run " +
           started.run + "\n";
}

std::string Progress::take(const SamplesTaken& taken) {
    constexpr double newShare = 0.05;
    for (const Sample& sample : taken.samples)
        if (sample.series == Series::trainLoss)
            loss_ = loss_ ? *loss_ + newShare * (sample.value - *loss_) : sample.value;
    return {};
}

std::string Progress::take(const ProgressMade& progress) {
    step_ = progress.step;
    stepsTotal_ = progress.stepsTotal;
    secondsLeft_ = progress.secondsLeft;
    examplesPerSecond_ = progress.examplesPerSecond;
    memoryBytes_ = progress.memoryBytes;
    warmup_ = progress.warmup;
    return {};
}

std::string Progress::take(const LoadingProgressed& loading) {
    constexpr double percent = 100.0;
    loading_ = loading.what +
               (loading.fraction ? " " + std::to_string(static_cast<int>(percent * *loading.fraction)) + " %"
                                 : " …");
    return {};
}

std::string Progress::take(const EpochFinished& epoch) const {
    const EpochResult& result = epoch.result;
    std::string text = "epoch " + std::to_string(result.epoch) + "/" + std::to_string(epochs_) + ": ";
    if (result.trainLoss) text += "training loss " + shortNumber(result.trainLoss) + ", ";
    text += figures(result, language_);
    if (epoch.best.epoch == result.epoch)
        text += " (best)";
    else
        text += " (best " + shortNumber(epoch.best.validationLoss) + " at epoch " +
                std::to_string(epoch.best.epoch) + ")";
    if (result.epoch > 0) {
        text += "; " + durationText(result.seconds) + " so far";
        if (secondsLeft_ > 0 && result.step < stepsTotal_)
            text += ", " + durationText(secondsLeft_) + " left";
    }
    return text + "\n";
}

std::string Progress::take(const HyperparameterSet& set) {
    return set.name + " set to " + numberText(set.value) + " at step " + std::to_string(set.step) + "\n";
}

std::string Progress::take(const LogLine& line) {
    if (line.level == LogLevel::error) return {}; // the end of the run tells it
    return (line.level == LogLevel::warning ? "dstn: warning: " : "") + printable(line.text) + "\n";
}

std::string Progress::bar(int width) const {
    if (preparing_) return shortened(loading_, width);
    const double share =
        stepsTotal_ > 0 ? std::clamp(static_cast<double>(step_) / static_cast<double>(stepsTotal_), 0.0, 1.0)
                        : 0.0;
    std::string text = std::to_string(static_cast<int>(100 * share)) + " %";
    if (stepsPerEpoch_ > 0 && epochs_ > 0)
        text += "  epoch " + std::to_string(std::min(epochs_, step_ / stepsPerEpoch_ + 1)) + "/" +
                std::to_string(epochs_) + (warmup_ ? " (warm-up)" : "");
    text += "  step " + std::to_string(step_) + "/" + std::to_string(stepsTotal_);
    if (examplesPerSecond_ > 0)
        text += "  " + rateText(examplesPerSecond_, language_ ? "tokens" : "examples");
    if (memoryBytes_ > 0) text += "  " + bytesText(static_cast<double>(memoryBytes_));
    if (loss_) text += "  loss " + shortNumber(loss_);
    if (secondsLeft_ > 0) text += "  " + durationText(secondsLeft_) + " left";

    const int room = width - textWidth(text) - 2;
    constexpr int least = 8, most = 40;
    if (room < least) return shortened(text, width);
    const int columns = std::min(room, most);
    const int full = static_cast<int>(share * columns);
    std::string bar;
    for (int i = 0; i < columns; ++i) bar += i < full ? "█" : "░";
    return bar + "  " + text;
}

std::string Progress::summary(const std::string& run, const RunFinished& finished) const {
    std::string text = "run " + run + " " + std::string(name(finished.state)) + " after " +
                       std::to_string(finished.steps) + " steps, " + durationText(finished.seconds) + "\n";
    if (finished.best)
        text += "best: epoch " + std::to_string(finished.best->epoch) + ", " +
                figures(*finished.best, language_) + "\n";
    if (!finished.hyperparameters.empty()) {
        text += "hyperparameters at the end:";
        for (const auto& [name, value] : finished.hyperparameters)
            text += " " + name + " " + shortNumber(value);
        text += "\n";
    }
    return text;
}

} // namespace dstn::cli
