#pragma once

#include "core/experiment/experiment.h"
#include "core/export.h"
#include "core/run/commands.h"
#include "core/run/events.h"
#include "core/run/hypergradients.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What to run.
struct RunRequest {
    Experiment experiment;
    std::string run;                                    ///< UUID under which events are published
    std::shared_ptr<const std::string> checkpoint = {}; ///< resume from here; null: from the start
    std::optional<std::int64_t> checkpointStep = {};    ///< that the checkpoint must be of; nothing: any
    /// Of the archived run as of the checkpoint, for the Recorder: the run is gone on with only if nobody
    /// else has done so since. Nothing: the run is new.
    std::optional<std::int64_t> lease = {};
    std::int64_t maxSteps = 0; ///< ends the run as completed after this many steps; 0: the budget's
    /// Ends the run as completed as soon as this much is spent; 0: never.
    double maxSeconds = 0.0, maxGradients = 0.0;
    std::optional<StudyPlace> place = {}; ///< of a study's run
    /// Of another run of the same network: its weights and their optimiser's state replace this one's before
    /// it goes on; what this one has spent and reached stays (population based training). Null: nothing does.
    std::shared_ptr<const std::string> inherit = {};
    /// The data of the run that this one goes on with or repeats, as it read them; nothing: there is none.
    std::optional<DataIdentity> sameData = {};
    std::string dataPath = {};             ///< where they lie, if not at the experiment's data.path from here
    std::vector<std::string> changes = {}; ///< of the experiment since the run was begun, for its events
    std::vector<std::string> warnings = {}; ///< of what it goes on from, for its events
    bool acceptChangedData = false;         ///< goes on with other data all the same, with a warning
    bool pauseOnError = false; ///< a loss that is not finite pauses (window) or fails (headless) the run
    bool checkpointEachEpoch = true;
    /// A checkpoint is taken at the start of a new run, and whenever so many seconds have passed since the
    /// last one; 0: never.
    double checkpointSeconds = 60.0;
};

struct DeviceInfo {
    std::string id; ///< "cpu", "cuda:0"
    std::string name;
    bool available = false;
    std::string reason; ///< why not, for a person
    std::int64_t memoryBytes = 0;
};

struct EngineInfo {
    std::string torchVersion;
    std::string blas; ///< library and kernels in use
    bool referenceBlas = false;
    std::string cpuCapability; ///< "AVX2", …
    std::int64_t threads = 0;
    std::vector<DeviceInfo> devices;
};

struct BenchOptions {
    int repetitions = 50;
    double seconds = 60; ///< slow steps are repeated less often, but at least three times
};

/// Medians of interleaved repetitions, in milliseconds; what was not measured is absent.
struct BenchReport {
    std::string preset, device, torchVersion;
    std::int64_t threads = 0, batch = 0, repetitions = 0;
    bool dataAtHand = true; ///< false: not read; the shape is what the source always has
    double plainStepMs = 0; ///< forward, backward, optimiser step; same fused operations, no response
    std::optional<double> stockStepMs;       ///< the same network of LibTorch's stock operations and SGD
    double trainStepMs = 0;                  ///< both training steps of the tuner
    std::optional<double> sharedTrainStepMs; ///< the same with the primal shared
    double validationStepMs = 0;
    double averageStepMs = 0; ///< of training and validation steps in the tuner's proportion, batches drawn
    double stepRatio = 0;     ///< training over plain step: like the others, the median of paired ratios
    std::optional<double> sharedStepRatio, stockStepRatio; ///< over the plain and the stock step
    std::optional<double>
        hyperparameterRatio; ///< training step with 20 tuned hyperparameters over that with 1
    /// On a GPU, of ten training steps in a row: replayed as a graph, and with their figures read after each.
    std::optional<double> replayedStepMs, synchronousStepMs;
    /// Peak size of tensors in plain and tuned training; none where they are small or the device counts none.
    std::optional<std::size_t> plainBytes, tunedBytes;

    std::optional<double> memoryRatio() const {
        if (!plainBytes || !tunedBytes) return {};
        return static_cast<double>(*tunedBytes) / static_cast<double>(*plainBytes);
    }
};

/// The steps of one tuner in a bench of tuners; times and ratios are absent if it is not available.
struct TunerTiming {
    std::string tuner;
    std::optional<double> trainStepMs = {}, validationStepMs = {};
    std::optional<double> trainRatio = {}, validationRatio = {}; ///< over the plain step
    std::optional<double> hypergradientGradients = {}; ///< validation step over a plain gradient evaluation
    std::optional<double> countedTrain = {}, countedValidation = {}; ///< of these, by counting
    std::string note = {};                                           ///< why it is not available
};

/// Medians of interleaved repetitions; ratios are medians of the repetitions' ratios.
struct TunerBenchReport {
    static constexpr std::int64_t neumannTerms = 5; ///< of the implicit differentiation that is named for it
    std::string preset, device, torchVersion;
    std::int64_t threads = 0, batch = 0, repetitions = 0;
    bool dataAtHand = true; ///< false: not read; the shape is what the source always has
    double plainStepMs = 0; ///< forward, backward, optimiser step
    double gradientMs = 0;  ///< forward and backward
    std::vector<TunerTiming> tuners = {};
    std::optional<double> stnOverDeltaStn = {}; ///< training steps
    /// Time a Bayesian search takes to propose its next trial after this many trials.
    double proposalMs = 0;
    static constexpr std::int64_t proposalTrials = 100, proposalHyperparameters = 10;
};

/// The tensor code behind an interface without tensors. One thread at a time.
class Engine {
  public:
    virtual ~Engine() = default;
    virtual EngineInfo info() = 0;
    /// Runs to the end on the calling thread; every outcome, errors included, ends with RunFinished.
    virtual void run(const RunRequest& request, CommandQueue& commands, EventSink& events) = 0;
    /// Throws Error.
    virtual BenchReport bench(const Experiment& experiment, const BenchOptions& options) = 0;
    /// The steps of every tuner that works within a run. Throws Error.
    virtual TunerBenchReport benchTuners(const Experiment& experiment, const BenchOptions& options) = 0;
    /// Every method's hypergradient at the request's checkpoint. Throws Error.
    virtual HypergradientReport hypergradients(const RunRequest& request,
                                               const HypergradientOptions& options) = 0;
};

/// Loads the engine library beside the program, on first use (0.4 s; call it on a thread where that matters).
/// A program calls letThreadsSleepWhileWaiting() (core/run/thread_waiting.h) at its start, or it trains
/// slowly next to other programs. Throws Error{device} saying what could not be loaded.
std::unique_ptr<Engine> createEngine();

} // namespace dstn
