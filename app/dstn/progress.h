#pragma once

#include "core/run/events.h"

#include <optional>
#include <string>

namespace dstn::cli {

/// What stderr shows while a run is in progress. Independent of the terminal: returns texts.
class Progress {
  public:
    /// Records an event. @return lines to keep on screen ("" where there is nothing to say), each with
    /// its end: the start, each epoch, warnings, hyperparameters set
    std::string note(const Event& event);
    /// One line of at most `width` columns: bar, epoch, step, examples or tokens a second, loss, time left.
    std::string bar(int width) const;
    /// What stdout says at the end of a run without --json.
    std::string summary(const std::string& run, const RunFinished& finished) const;

  private:
    std::string take(const RunStarted& started);
    std::string take(const SamplesTaken& taken);
    std::string take(const HyperparametersSampled& /*sampled*/) { return {}; }
    std::string take(const ProgressMade& progress);
    std::string take(const EpochFinished& epoch) const;
    std::string take(const StateChanged& /*changed*/) { return {}; }
    std::string take(const HyperparameterSet& set);
    std::string take(const LogLine& line);
    std::string take(const CheckpointTaken& /*checkpoint*/) { return {}; }
    std::string take(const RunFinished& /*finished*/) { return {}; } // summary() tells it
    std::string take(const LoadingProgressed& loading);

    std::int64_t epochs_ = 0, step_ = 0, stepsTotal_ = 0, stepsPerEpoch_ = 0;
    std::optional<double> loss_; ///< running mean, as a single mini-batch says little
    double secondsLeft_ = 0.0, examplesPerSecond_ = 0.0;
    std::int64_t memoryBytes_ = 0;
    bool warmup_ = false, preparing_ = true;
    bool language_ = false;               ///< perplexities are shown instead of accuracies
    std::string loading_ = "preparing …"; ///< what happens before the run starts
};

} // namespace dstn::cli
