#pragma once

#include "core/error.h"
#include "core/experiment/experiment.h"
#include "core/export.h"
#include "core/run/series.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace DSTN_EXPORT dstn {

enum class RunState { preparing, running, paused, completed, stopped, failed, interrupted };
/// "preparing", "running", …
std::string_view name(RunState state);
std::optional<RunState> runStateFromName(std::string_view name);
/// True for final states.
constexpr bool ended(RunState state) {
    return state != RunState::preparing && state != RunState::running && state != RunState::paused;
}

/// One number of one series. `step` counts training steps done; `seconds` counts training time without
/// pauses, over resumptions.
struct Sample {
    Series series = {};
    std::int64_t step = 0;
    double seconds = 0.0;
    double value = 0.0;
};

/// Where a run was executed.
struct Environment {
    std::string device;     ///< "cpu", "cuda:0"
    std::string deviceName; ///< "AMD EPYC", "NVIDIA H100"
    std::string torchVersion;
    std::string blas;
    std::string programVersion;
    std::string host;
    std::int64_t threads = 0;
};

/// The best validation point so far; accuracies are absent for regression.
struct EpochResult {
    std::int64_t epoch = 0; ///< finished epochs; 0: before training
    std::int64_t step = 0;
    double seconds = 0.0;
    double gradients = 0.0; ///< gradient-evaluation equivalents spent by then (Tuner::trainCost())
    std::optional<double> trainLoss = {}, trainAccuracy = {}; ///< absent at epoch 0
    double validationLoss = 0.0;
    std::optional<double> validationAccuracy = {};
    std::optional<double> testLoss = {}, testAccuracy = {};           ///< absent without a test split
    std::vector<std::pair<std::string, double>> hyperparameters = {}; ///< natural values, in declared order
    std::vector<std::pair<std::string, double>> scales = {};          ///< σ of the tuned ones
};

/// The place of a run in a study.
struct StudyPlace {
    std::string study = {};  ///< UUID
    std::int64_t method = 0; ///< index into the study's methods
    std::uint64_t seed = 0;  ///< of the study's seeds
    std::int64_t trial = 0;  ///< of a search, from 0 on; 0 where the method trains once
    bool operator==(const StudyPlace&) const = default;
};

struct RunStarted {
    std::string run;                      ///< UUID
    std::optional<StudyPlace> place = {}; ///< absent: the run belongs to no study
    Experiment experiment;
    DataInfo data;
    DataIdentity identity = {};
    Environment environment;
    std::vector<std::string> series; ///< its series, as seriesOfRun() names them
    std::int64_t stepsTotal = 0;
    std::int64_t stepsPerEpoch = 0;
    std::int64_t firstStep = 0; ///< > 0: resumed after so many steps
    std::int64_t parameters = 0;
    std::int64_t responseParameters = 0;
};
struct SamplesTaken {
    std::vector<Sample> samples;
};
/// The values of all hyperparameters at a step, tuned or not.
struct HyperparametersSampled {
    std::int64_t step = 0;
    double seconds = 0.0;
    std::vector<HyperparameterPoint> points; ///< in the experiment's order
};
/// The data are being read, before the run starts. At most ten a second.
struct LoadingProgressed {
    std::string what;                    ///< "decoding images"
    std::optional<double> fraction = {}; ///< done, in [0, 1]; absent where that is not known
};
/// At most ten a second.
struct ProgressMade {
    std::int64_t step = 0;
    std::int64_t stepsTotal = 0;
    double epoch = 0.0;
    double seconds = 0.0;
    double secondsLeft = 0.0;
    double examplesPerSecond = 0.0; ///< of a text: tokens, which DataInfo counts as its examples
    bool warmup = false;            ///< λ and σ do not change yet
    std::int64_t memoryBytes = 0;   ///< that the run's tensors take on its device; 0: not known
};
struct EpochFinished {
    EpochResult result;
    EpochResult best; ///< lowest validation loss so far, this epoch included
};
struct StateChanged {
    RunState state = RunState::preparing;
    std::string reason; ///< for the reader; may be empty
};
struct HyperparameterSet {
    std::string name;
    double value = 0.0; ///< natural
    std::int64_t step = 0;
};
enum class LogLevel { info, warning, error };
struct LogLine {
    LogLevel level = LogLevel::info;
    std::string text;
};
/// Everything needed to continue bit for bit, as one self-contained byte string (safetensors format).
struct CheckpointTaken {
    std::int64_t step = 0;
    std::shared_ptr<const std::string> bytes;
};
/// The last event of a run.
struct RunFinished {
    RunState state = RunState::completed;
    std::int64_t steps = 0;
    double seconds = 0.0;
    std::optional<EpochResult> best;
    std::vector<std::pair<std::string, double>> hyperparameters; ///< natural values at the end
    std::optional<ErrorKind> error;
    std::string message;    ///< of the error
    double gradients = 0.0; ///< gradient-evaluation equivalents spent
    /// It ended because the data have changed: it can go on with RunRequest::acceptChangedData.
    bool dataChanged = false;
};

using Event =
    std::variant<RunStarted, SamplesTaken, HyperparametersSampled, ProgressMade, EpochFinished, StateChanged,
                 HyperparameterSet, LogLine, CheckpointTaken, RunFinished, LoadingProgressed>;

/// Whether an event must be written at once and survive a power cut.
enum class Urgency { none, soon, lasting };
Urgency urgency(const Event& event);

/// Takes events from the engine thread; publish() must return at once.
class EventSink {
  public:
    virtual ~EventSink() = default;
    virtual void publish(const Event& event) = 0;
};

/// Collects events until someone fetches them.
class EventQueue : public EventSink {
  public:
    void publish(const Event& event) override;
    std::vector<Event> drain();

  private:
    std::mutex mutex_;
    std::vector<Event> events_;
};

} // namespace dstn
