#pragma once

#include "core/error.h"
#include "core/experiment/experiment.h"
#include "core/export.h"

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
/// True for the states in which a run no longer changes.
constexpr bool ended(RunState state) {
    return state != RunState::preparing && state != RunState::running && state != RunState::paused;
}

/// Series that every run has. A hyperparameter NAME adds "hyperparameter/NAME" (natural units) and
/// "scale/NAME" (σ, unconstrained units).
namespace series {
inline constexpr std::string_view trainLoss = "train/loss";         ///< mini-batch L_T(λ, w₀)
inline constexpr std::string_view trainAccuracy = "train/accuracy"; ///< of the mini-batch, in [0, 1]
inline constexpr std::string_view responseLoss = "response/loss";   ///< mini-batch L_T(λ + ε, y_lin)
inline constexpr std::string_view validationStepLoss = "validation_step/loss"; ///< mini-batch L_V(f(x; w(Δ)))
inline constexpr std::string_view epochTrainLoss = "epoch/train_loss"; ///< mean over the epoch's mini-batches
inline constexpr std::string_view epochTrainAccuracy = "epoch/train_accuracy";
inline constexpr std::string_view epochValidationLoss = "epoch/validation_loss"; ///< whole split, at w₀
inline constexpr std::string_view epochValidationAccuracy = "epoch/validation_accuracy";
inline constexpr std::string_view epochTestLoss = "epoch/test_loss";
inline constexpr std::string_view epochTestAccuracy = "epoch/test_accuracy";
inline constexpr std::string_view throughput = "examples_per_second"; ///< of a text: tokens
inline constexpr std::string_view hyperparameterPrefix = "hyperparameter/";
inline constexpr std::string_view scalePrefix = "scale/";
} // namespace series

/// One number of one series. `step` counts training steps done; `seconds` counts training time without
/// pauses, over resumptions.
struct Sample {
    std::int32_t series = 0; ///< index into RunStarted::series
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

/// Where a run belongs in a study.
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
    Environment environment;
    std::vector<std::string> series;
    std::int64_t stepsTotal = 0;
    std::int64_t stepsPerEpoch = 0;
    std::int64_t firstStep = 0; ///< > 0: resumed after so many steps
    std::int64_t parameters = 0;
    std::int64_t responseParameters = 0;
};
struct SamplesTaken {
    std::vector<Sample> samples;
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
    bool warmup = false;            ///< λ and σ still stand
    std::int64_t memoryBytes = 0;   ///< that the run's tensors take on its device; 0: not known
};
struct EpochFinished {
    EpochResult result;
    EpochResult best; ///< lowest validation loss so far, this epoch included
};
struct StateChanged {
    RunState state = RunState::preparing;
    std::string reason; ///< for a person; empty where there is nothing to say
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
/// Everything needed to go on bit for bit, as one self-contained byte string (safetensors format).
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
};

using Event = std::variant<RunStarted, SamplesTaken, ProgressMade, EpochFinished, StateChanged,
                           HyperparameterSet, LogLine, CheckpointTaken, RunFinished, LoadingProgressed>;

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
