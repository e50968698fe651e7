#pragma once

#include "core/archive/archive.h"
#include "core/run/events.h"
#include "ui/text/run_text.h"

#include <QString>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dstn::ui {

/// What is to be said of a run in a few numbers, gathered from its events or from the archive.
struct RunSummary {
    QString run, name;
    RunState state = RunState::preparing;
    QString reason;
    std::int64_t step = 0, stepsTotal = 0, stepsPerEpoch = 0;
    double seconds = 0.0;
    std::optional<double> secondsLeft, examplesPerSecond; ///< while it runs; of a text: tokens
    std::int64_t memoryBytes = 0; ///< that its tensors take while it runs; 0: not known
    std::int64_t testExamples = 0;
    bool warmup = false;
    std::optional<EpochResult> best;
    QString device;
    bool language = false;                    ///< a language model: its loss reads as a perplexity
    std::optional<LoadingProgressed> loading; ///< while the data are being read

    void feed(const Event& event);
    static RunSummary fromDetails(const RunDetails& details);

    double epoch() const;      ///< epochs done
    double epochTotal() const; ///< 0: unknown
    /// Share done in [0, 1].
    double progress() const;

  private:
    void take(const RunStarted& started);
    void take(const ProgressMade& progress);
    void take(const StateChanged& changed);
    void take(const RunFinished& finished);
};

/// "0.4123, accuracy 86.12 %": loss and, where there is one, accuracy; of a language model, "4.12, perplexity
/// 61.6".
QString lossText(double loss, const std::optional<double>& accuracy, bool language = false);
/// "dropout0 0.031 · cutout_length 4.2"
QString hyperparametersText(const std::vector<std::pair<std::string, double>>& values);

} // namespace dstn::ui
