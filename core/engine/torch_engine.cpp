#include "core/engine/torch_engine.h"

#include "core/engine/bench/bench.h"
#include "core/engine/bench/bench_tuners.h"
#include "core/engine/bench/hypergradient_comparison.h"
#include "core/engine/training/block_cache.h"
#include "core/engine/training/device_memory.h"
#include "core/engine/training/device_scope.h"
#include "core/engine/training/training.h"
#include "core/experiment/experiment_text.h"
#include "core/run/available_memory.h"
#include "core/run/overloaded.h"
#include "core/run/same_data.h"
#include "core/run/unforeseen.h"

#include <torch/cuda.h>
#include <torch/version.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <new>
#include <sstream>
#include <thread>

namespace dstn {

namespace {

using Clock = std::chrono::steady_clock;

std::string cpuName() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "CPU";
}

std::int64_t kilobytes(const char* file, const std::string& key) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        if (line.starts_with(key)) return std::strtoll(line.c_str() + key.size(), nullptr, 10);
    return 0;
}

/// Which BLAS answers to cblas_sgemm's Fortran name in this process.
std::pair<std::string, bool> blasInUse() {
    Dl_info info{};
    void* symbol = dlsym(RTLD_DEFAULT, "sgemm_");
    if (symbol == nullptr || dladdr(symbol, &info) == 0) return {"built into LibTorch", false};
    std::array<char, 4096> resolved{};
    const char* real = realpath(info.dli_fname, resolved.data());
    const std::string path = real != nullptr ? real : info.dli_fname;
    using Text = char* (*)();
    if (const auto config = reinterpret_cast<Text>(dlsym(RTLD_DEFAULT, "openblas_get_config")))
        return {std::string(config()), false};
    if (path.find("mkl") != std::string::npos) return {"MKL", false};
    if (path.find("torch") != std::string::npos) return {"built into LibTorch", false};
    const bool reference =
        path.find("/blas/") != std::string::npos || path.find("libblas.so.3") != std::string::npos;
    return {(reference ? "reference BLAS " : "") + path, reference};
}

/// The instruction set whose kernels LibTorch chose, as its own report names it: "AVX2".
std::string cpuCapability() {
    std::istringstream report(at::show_config());
    constexpr std::string_view key = "CPU capability usage: ";
    for (std::string line; std::getline(report, line);)
        if (const std::size_t at = line.find(key); at != std::string::npos)
            return line.substr(at + key.size());
    return "unknown";
}

/// The experiment's device as LibTorch knows it. Throws Error{device} if it is not there.
at::Device resolveDevice(const std::string& wanted) {
    if (wanted == "cpu") return at::kCPU;
    const bool automatic = wanted == "auto";
    const std::size_t count = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
    if (automatic) return count > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
    if (count == 0)
        throw Error(ErrorKind::device,
                    "device: \"" + wanted + "\" was requested, but this LibTorch (" + TORCH_VERSION +
                        ") finds no CUDA device. Use \"cpu\" or \"auto\", or " +
                        (c10::impl::hasDeviceGuardImpl(at::kCUDA) ? "check the GPU's driver."
                                                                  : "build against a LibTorch with CUDA."));
    const std::size_t index = wanted == "cuda" ? 0 : std::strtoull(wanted.c_str() + 5, nullptr, 10);
    if (index >= count)
        throw Error(ErrorKind::device, "device: \"" + wanted + "\" was requested, but there " +
                                           (count == 1 ? "is one CUDA device. Use \"cuda:0\""
                                                       : "are " + std::to_string(count) +
                                                             " CUDA devices. Use \"cuda:0\" to \"cuda:" +
                                                             std::to_string(count - 1) + "\"") +
                                           ", \"cpu\" or \"auto\".");
    return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

/// What to do about too little memory.
/// @param fitting the largest batch that would fit, 0: none would
std::string memoryAdvice(std::int64_t fitting, const Experiment& experiment) {
    if (fitting <= 0) return "Use narrower layers, or fewer examples (data.limit).";
    const std::string batch = std::to_string(fitting);
    return "A training batch of " + batch + " would fit (batch.train=" + batch +
           (experiment.validationBatch > fitting ? ", batch.validation=" + batch : "") +
           "); or use narrower layers, or fewer examples (data.limit).";
}

/// Refuses what cannot fit: on the CPU the kernel would end the program instead of an allocation failing.
/// @param what "the run"
/// @param bytes about what it needs; a double, which no sum overflows
/// @param advice asked with the bytes that are free
void requireMemory(const std::string& what, double bytes, at::Device device,
                   const std::function<std::string(double)>& advice) {
    const auto available = static_cast<double>(memoryLeft(device));
    if (available > 0 && bytes > available)
        throw Error(ErrorKind::device, "Not enough memory: " + what + " needs about " + bytesText(bytes) +
                                           ", and " + bytesText(available) + " are free" +
                                           (device.is_cpu() ? "" : " on " + device.str()) + ". " +
                                           advice(available));
}

/// The bench computes on one batch; its networks stay in memory beside the one that is timed.
double benchMemory(const Experiment& experiment) {
    DataInfo data = benchData(experiment).info;
    data.train = data.validation = data.test = 0;
    Experiment still = experiment;
    still.trainBatch = still.validationBatch = 1;
    constexpr double others = 5;
    return static_cast<double>(estimate(experiment, data).memoryBytes) +
           others * static_cast<double>(estimate(still, data).memoryBytes);
}

/// Runs `body` and turns what LibTorch and the allocator throw into errors for a person.
/// @param advice what to do where memory ran out
template <typename F>
void translatingErrors(const F& body, const std::function<std::string()>& advice) {
    const auto outOfMemory = [&](const std::string& what) {
        return Error(ErrorKind::device, "Memory ran out (" + what + "). " + advice());
    };
    try {
        body();
    } catch (const c10::Error& error) {
        const std::string what = error.what_without_backtrace();
        if (what.find("out of memory") != std::string::npos ||
            what.find("can't allocate memory") != std::string::npos)
            throw outOfMemory(what.substr(0, what.find('\n')));
        throw Error(ErrorKind::device, "LibTorch reports: " + what);
    } catch (const std::bad_alloc&) {
        throw outOfMemory("the system has none left");
    }
}

/// One run from its first event to its last.
class Run {
  public:
    Run(const RunRequest& request, CommandQueue& commands, EventSink& events)
        : request_(request), commands_(commands), events_(events) {}

    void execute() {
        RunFinished finished;
        try {
            translatingErrors([&] { finished.state = train(); }, [&] { return adviceAfterExhaustion(); });
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted &&
                stop_) { // while the data was read: nothing is wrong
                finished.state = stop_->interrupted ? RunState::interrupted : RunState::stopped;
            } else {
                finished.state = RunState::failed;
                finished.error = error.kind();
                finished.message = error.what();
                finished.dataChanged = dynamic_cast<const ChangedData*>(&error) != nullptr;
            }
        } catch (const std::exception& error) {
            finished.state = RunState::failed;
            finished.message = unforeseen(error.what());
        }
        if (training_) {
            finished.steps = training_->stepsDone();
            finished.seconds = training_->seconds();
            finished.gradients = training_->gradients();
            finished.best = training_->best();
            try {
                finished.hyperparameters = training_->hyperparameters();
            } catch (const std::exception&) {
                // A device that has failed gives nothing back; the message says what happened to it.
            }
        }
        if (finished.state == RunState::failed) events_.publish(LogLine{LogLevel::error, finished.message});
        events_.publish(StateChanged{finished.state, finished.message});
        events_.publish(finished);
    }

  private:
    RunState train();
    void start(const Dataset& dataset, at::Device device);
    StepRecording recording(at::Device device);
    void continueFrom(const Checkpoint& checkpoint);
    RunStarted started(const Dataset& dataset, at::Device device) const;
    void evaluateWhenDue();
    void publishSteps(bool wait);
    bool obey(const Command& command);
    void move(const SetHyperparameter& set);
    bool obeyPending();
    void waitWhilePaused(const std::string& reason);
    void takeCheckpoint();
    void takeCheckpointWhenDue();
    /// What the request allows beside steps is used up.
    bool spent() const {
        return (request_.maxSeconds > 0 && training_->seconds() >= request_.maxSeconds) ||
               (request_.maxGradients > 0 && training_->gradients() >= request_.maxGradients);
    }
    void sampleHyperparameters();
    void publishProgress();
    std::string adviceAfterExhaustion() const;
    void publishLoading(std::string_view what, double fraction);
    Sample sample(Series series, double value) const {
        return {series, training_->stepsDone(), training_->seconds(), value};
    }

    const RunRequest& request_;
    CommandQueue& commands_;
    EventSink& events_;
    at::Device device_ = at::kCPU;
    std::optional<DataInfo> data_;
    double memoryAtStart_ = 0.0; ///< bytes that were free
    std::optional<DeviceScope> scope_;
    std::unique_ptr<Training> training_;
    std::int64_t stepsTotal_ = 0, firstStep_ = 0;
    double firstSeconds_ = 0.0;
    std::int64_t sampledStep_ = 0; ///< since which the throughput is taken
    double sampledSeconds_ = 0.0;
    double examplesPerStep_ =
        0.0; ///< on average, the smaller last batch of an epoch included; of a text: tokens
    std::optional<Stop> stop_;
    Clock::time_point lastCheckpoint_{};
    Clock::duration checkpointTook_{};
    bool damaged_ = false; ///< a loss was not finite, and no step has succeeded since
    Clock::time_point lastProgress_{};
};

RunState Run::train() {
    const Experiment& experiment = request_.experiment;
    events_.publish(StateChanged{RunState::preparing, "reading the data"});
    const at::Device device = resolveDevice(experiment.device);
    device_ = device;
    scope_.emplace(device);
    useThreads(experiment);
    usePrecision(experiment);
    const Dataset dataset =
        loadDataset(dataOf(request_), experiment.seed, [&](std::string_view what, double fraction) {
            publishLoading(what, fraction);
            return obeyPending();
        });
    if (const auto warning = compareData(request_, dataset.identity))
        events_.publish(LogLine{LogLevel::warning, *warning});
    for (const std::string& warning : dataset.info.warnings)
        events_.publish(LogLine{LogLevel::warning, warning});
    data_ = dataset.info;
    memoryAtStart_ = static_cast<double>(memoryLeft(device));
    requireMemory("the run", static_cast<double>(estimate(experiment, dataset.info).memoryBytes), device,
                  [&](double available) {
                      return memoryAdvice(largestBatch(experiment, dataset.info, available), experiment);
                  });
    if (const auto [blas, reference] = blasInUse(); reference && device.is_cpu())
        events_.publish(LogLine{LogLevel::warning, "This machine's BLAS is the reference implementation (" +
                                                       blas +
                                                       "), many times slower than OpenBLAS: install "
                                                       "libopenblas0-openmp."});
    start(dataset, device);

    while (true) {
        try {
            evaluateWhenDue();
            if (stop_ || !obeyPending()) {
                publishSteps(true);
                break;
            }
            if (training_->stepsDone() >= stepsTotal_ || spent()) {
                publishSteps(true);
                takeCheckpoint();
                return RunState::completed;
            }
            training_->step();
            publishSteps(false);
            takeCheckpointWhenDue();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::numeric) throw;
            training_->finished(true); // steps that a device took before anyone knew are as bad
            const std::string message =
                error.what() +
                std::string(". Everything before it is kept; a smaller learning rate usually helps.");
            damaged_ = true;
            if (!request_.pauseOnError) throw Error(ErrorKind::numeric, message);
            events_.publish(LogLine{LogLevel::error, message});
            waitWhilePaused(message);
            if (stop_) break;
        }
    }
    takeCheckpoint();
    return stop_->interrupted ? RunState::interrupted : RunState::stopped;
}

/// Memory ran out although the estimate fitted: by as much as it fell short, the batch has to be smaller.
std::string Run::adviceAfterExhaustion() const {
    const Experiment& experiment = request_.experiment;
    if (!data_) return "Use fewer examples (data.limit).";
    const double needed = static_cast<double>(estimate(experiment, *data_).memoryBytes);
    constexpr double margin = 0.9;
    const double within = memoryAtStart_ > 0 ? std::min(needed, memoryAtStart_) : needed;
    const std::int64_t fitting =
        std::min(largestBatch(experiment, *data_, margin * within), experiment.trainBatch / 2);
    return memoryAdvice(fitting, experiment) +
           " What was saved before is kept: the run can be resumed from its "
           "last checkpoint with the same batch on a "
           "device with more memory.";
}

void Run::publishLoading(std::string_view what, double fraction) {
    constexpr std::chrono::milliseconds apart(100);
    const auto now = Clock::now();
    if (now - lastProgress_ < apart) return;
    lastProgress_ = now;
    LoadingProgressed progress{.what = std::string(what)};
    if (std::isfinite(fraction)) progress.fraction = fraction;
    events_.publish(progress);
}

/// How steps are recorded as graphs on this device; says in the log why they are not.
StepRecording Run::recording(at::Device device) {
    StepRecording recording;
    const Experiment& experiment = request_.experiment;
    const auto [recorder, reason] = deviceRecorder(device);
    if (experiment.graphs && device.is_cuda() && traitsOf(experiment.tuner).needsDerivatives) {
        events_.publish(LogLine{LogLevel::info,
                                "Steps are not recorded as graphs: the tuner differentiates through them."});
    } else if (experiment.graphs && device.is_cuda()) {
        recording = {
            .make = recorder,
            .report = [this](const std::string& what, bool recorded, const std::string& why) {
                events_.publish(
                    recorded ? LogLine{LogLevel::info, "From here on " + what + " are replayed as a graph."}
                             : LogLine{LogLevel::warning,
                                       "The " + what + " could not be recorded as a graph (" + why +
                                           "): each operation is launched separately, which is slower."});
            }};
        if (!recorder)
            events_.publish(LogLine{LogLevel::info, "Steps are not recorded as graphs: " + reason + "."});
    }
    return recording;
}

void Run::continueFrom(const Checkpoint& checkpoint) {
    training_->load(checkpoint);
    if (request_.checkpointStep && training_->stepsDone() != *request_.checkpointStep)
        throw Error(ErrorKind::archive,
                    "The checkpoint of run " + request_.run.substr(0, 8) + " is damaged: it is of step " +
                        std::to_string(training_->stepsDone()) + ", and the archive has it as of step " +
                        std::to_string(*request_.checkpointStep) +
                        ". Restore a copy of the archive, or start a new run.");
    const auto note = [&](const char* key, const std::string& now, const char* what) {
        const auto then = checkpoint.metadata.find(key);
        if (then != checkpoint.metadata.end() && then->second != now)
            events_.publish(LogLine{LogLevel::warning, std::string("The run was saved with ") + what + " " +
                                                           then->second + " and continues with " + now +
                                                           ": its figures may differ in the last digits."});
    };
    note("torch", TORCH_VERSION, "LibTorch");
    note("threads", std::to_string(at::get_num_threads()), "a thread count of");
}

RunStarted Run::started(const Dataset& dataset, at::Device device) const {
    RunStarted event;
    event.run = request_.run;
    event.place = request_.place;
    event.experiment = request_.experiment;
    event.data = dataset.info;
    event.identity = dataset.identity;
    event.environment.device = device.str();
    event.environment.deviceName = device.is_cpu() ? cpuName() : describeCuda(device.index()).name;
    event.environment.torchVersion = TORCH_VERSION;
    event.environment.blas = blasInUse().first;
    event.environment.programVersion = DSTN_VERSION;
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) == 0) event.environment.host = host.data();
    event.environment.threads = at::get_num_threads();
    std::vector<std::string> hyperparameters, perturbed;
    for (const auto& [name, value] : training_->hyperparameters()) hyperparameters.push_back(name);
    for (const auto& [name, value] : training_->scales()) perturbed.push_back(name);
    event.series = seriesOfRun(hyperparameters, perturbed);
    event.stepsTotal = stepsTotal_;
    event.stepsPerEpoch = training_->stepsPerEpoch();
    event.firstStep = firstStep_;
    for (const auto& [name, tensor] : training_->problem().network.general())
        event.parameters += tensor.numel();
    for (const auto& [name, tensor] : training_->problem().network.response())
        event.responseParameters += tensor.numel();
    return event;
}

void Run::start(const Dataset& dataset, at::Device device) {
    const Experiment& experiment = request_.experiment;
    if (experiment.precision == Precision::tf32 && device.is_cpu())
        events_.publish(
            LogLine{LogLevel::warning, "The CPU does not support tf32: the run computes in float32."});
    training_ = std::make_unique<Training>(experiment, dataset, device, recording(device));
    if (request_.checkpoint) continueFrom(readCheckpoint(*request_.checkpoint));
    if (request_.inherit) training_->inherit(readCheckpoint(*request_.inherit));
    firstStep_ = training_->stepsDone();
    firstSeconds_ = sampledSeconds_ = training_->seconds();
    sampledStep_ = firstStep_;
    stepsTotal_ = training_->stepsAfter(experiment.epochs);
    if (request_.maxSteps > 0) stepsTotal_ = std::min(stepsTotal_, request_.maxSteps);
    examplesPerStep_ =
        static_cast<double>(dataset.info.train) / static_cast<double>(training_->stepsPerEpoch());

    events_.publish(started(dataset, device));
    for (const std::string& warning : request_.warnings) events_.publish(LogLine{LogLevel::warning, warning});
    for (const std::string& change : request_.changes)
        events_.publish(LogLine{LogLevel::info, "changed on resuming: " + change});
    for (const std::string& name : experiment.heldNames())
        events_.publish(
            LogLine{LogLevel::info, "\"" + name +
                                        "\" is held at its initial value: the training loss has no "
                                        "derivative with respect to it."});
    events_.publish(StateChanged{RunState::running, {}});
    lastProgress_ = Clock::now();
    lastCheckpoint_ = Clock::now();
    // Or whoever goes on with the run would not have what it took over, or nothing to go on from at all.
    if (request_.inherit || (!request_.checkpoint && request_.checkpointSeconds > 0)) takeCheckpoint();
}

void Run::evaluateWhenDue() {
    if (!training_->evaluationDue()) return;
    publishSteps(true);
    const std::optional<EpochResult> result = training_->evaluate([&] { return obeyPending(); });
    if (!result) return; // stopped on the way: the evaluation stays due
    training_->accept(*result);
    std::vector<Sample> samples;
    const auto add = [&](Series series, const std::optional<double>& value) {
        if (value) samples.push_back(sample(series, *value));
    };
    add(Series::epochTrainLoss, result->trainLoss);
    add(Series::epochTrainAccuracy, result->trainAccuracy);
    add(Series::epochValidationLoss, result->validationLoss);
    add(Series::epochValidationAccuracy, result->validationAccuracy);
    add(Series::epochTestLoss, result->testLoss);
    add(Series::epochTestAccuracy, result->testAccuracy);
    sampledStep_ = training_->stepsDone();
    sampledSeconds_ = training_->seconds();
    events_.publish(SamplesTaken{std::move(samples)});
    sampleHyperparameters();
    events_.publish(EpochFinished{*result, *training_->best()});
    if (result->testLoss && !std::isfinite(*result->testLoss))
        events_.publish(LogLine{LogLevel::warning, "At step " + std::to_string(result->step) + " " +
                                                       notFiniteClause(*result->testLoss, "test loss") +
                                                       ". It does not affect training: the run continues."});
    if (request_.checkpointEachEpoch && result->epoch > 0) takeCheckpoint();
}

/// The figures of the steps that have arrived. Throws Error{numeric} if a loss was not finite.
/// @param wait for those of all steps
void Run::publishSteps(bool wait) {
    if (!training_) return;
    for (const Training::Step& step : training_->finished(wait)) {
        damaged_ = false;
        std::vector<Sample> samples;
        const auto add = [&](Series series, double value) {
            samples.push_back({series, step.number, step.seconds, value});
        };
        add(Series::trainLoss, step.loss);
        if (training_->problem().objective.classification) add(Series::trainAccuracy, step.accuracy);
        if (step.responseLoss) add(Series::responseLoss, *step.responseLoss);
        if (step.validationLoss) add(Series::validationStepLoss, *step.validationLoss);
        constexpr std::int64_t rateInterval = 5;
        if (step.number - sampledStep_ >= rateInterval) {
            const auto steps = static_cast<double>(step.number - sampledStep_);
            add(Series::throughput,
                steps * examplesPerStep_ / std::max(1e-9, step.seconds - sampledSeconds_));
            sampledStep_ = step.number;
            sampledSeconds_ = step.seconds;
        }
        events_.publish(SamplesTaken{std::move(samples)});
        if (!step.hyperparameters.empty())
            events_.publish(HyperparametersSampled{step.number, step.seconds, step.hyperparameters});
        if (const auto note = training_->takeNote())
            events_.publish(
                LogLine{LogLevel::warning, "At step " + std::to_string(step.number) + ": " + *note});
        if (step.failure) throw Error(*step.failure);
    }
    publishProgress();
}

void Run::sampleHyperparameters() {
    events_.publish(
        HyperparametersSampled{training_->stepsDone(), training_->seconds(), training_->points()});
}

void Run::publishProgress() {
    const Clock::time_point now = Clock::now();
    if (now - lastProgress_ < std::chrono::milliseconds(100)) return;
    lastProgress_ = now;
    const std::int64_t done = training_->stepsDone();
    const double rate =
        static_cast<double>(done - firstStep_) / std::max(1e-9, training_->seconds() - firstSeconds_);
    events_.publish(ProgressMade{
        .step = done,
        .stepsTotal = stepsTotal_,
        .epoch = training_->epochs(),
        .seconds = training_->seconds(),
        .secondsLeft = static_cast<double>(stepsTotal_ - done) / rate,
        .examplesPerSecond = rate * examplesPerStep_,
        .warmup = training_->warmup(),
        .memoryBytes = memoryInUse(device_),
    });
}

/// False once the run has to end.
bool Run::obey(const Command& command) {
    std::visit(overloaded{[&](const Stop& stop) { stop_ = stop; },
                          [&](const Pause&) {
                              publishSteps(true);
                              waitWhilePaused({});
                          },
                          [&](const Resume&) {}, // it goes on already
                          [&](const TakeCheckpoint&) {
                              if (training_) takeCheckpoint();
                          },
                          [&](const SetHyperparameter& set) {
                              if (training_) move(set);
                          }},
               command);
    return !stop_;
}

void Run::move(const SetHyperparameter& set) {
    publishSteps(true);
    try {
        training_->setHyperparameter(set.name, set.value);
        events_.publish(HyperparameterSet{set.name, set.value, training_->stepsDone()});
        sampleHyperparameters();
    } catch (const Error& error) {
        events_.publish(LogLine{LogLevel::error, error.what()});
    }
}

bool Run::obeyPending() {
    if (stop_) return false;
    while (const std::optional<Command> command = commands_.poll())
        if (!obey(*command)) return false;
    return true;
}

void Run::waitWhilePaused(const std::string& reason) {
    events_.publish(StateChanged{RunState::paused, reason});
    while (!stop_) {
        const Command command = commands_.wait();
        if (std::holds_alternative<Resume>(command)) break;
        if (!std::holds_alternative<Pause>(command)) obey(command);
    }
    if (!stop_) events_.publish(StateChanged{training_ ? RunState::running : RunState::preparing, {}});
}

/// Now and then, so that an epoch of an hour is not lost; seldom enough that networks of any size train.
void Run::takeCheckpointWhenDue() {
    if (request_.checkpointSeconds <= 0) return;
    constexpr int share = 20; // of the time, at the most, goes into checkpoints
    const auto elapsed = Clock::now() - lastCheckpoint_;
    if (std::chrono::duration<double>(elapsed).count() < request_.checkpointSeconds ||
        elapsed < share * checkpointTook_)
        return;
    publishSteps(true);
    takeCheckpoint();
}

/// The last good checkpoint is worth more than one of a state that is broken, or may be.
void Run::takeCheckpoint() {
    const Clock::time_point begin = lastCheckpoint_ = Clock::now();
    const std::optional<std::string> broken =
        damaged_ ? "a loss is not finite there" : training_->notFinite();
    if (broken) {
        events_.publish(LogLine{LogLevel::warning, "No checkpoint was saved at step " +
                                                       std::to_string(training_->stepsDone()) + ": " +
                                                       *broken + ". Any earlier checkpoint is kept."});
        return;
    }
    events_.publish(CheckpointTaken{training_->stepsDone(),
                                    std::make_shared<const std::string>(writeCheckpoint(training_->save()))});
    checkpointTook_ = Clock::now() - begin;
}

/// A bench on the experiment's device, if there is memory for it.
/// @param body makes the report
template <typename F>
auto benching(const Experiment& experiment, const F& body) {
    std::invoke_result_t<F, at::Device> report;
    const auto advice = [] { return std::string("Use a smaller batch (batch.train) or narrower layers."); };
    translatingErrors(
        [&] {
            const at::Device device = resolveDevice(experiment.device);
            const DeviceScope scope(device);
            requireMemory("the bench", benchMemory(experiment), device, [&](double) { return advice(); });
            report = body(device);
        },
        advice);
    return report;
}

class TorchEngine : public Engine {
  public:
    EngineInfo info() override {
        EngineInfo result;
        result.torchVersion = TORCH_VERSION;
        std::tie(result.blas, result.referenceBlas) = blasInUse();
        result.cpuCapability = cpuCapability();
        result.threads = std::thread::hardware_concurrency(); // what a run uses unless set otherwise
        result.devices.push_back({.id = "cpu",
                                  .name = cpuName(),
                                  .available = true,
                                  .reason = {},
                                  .memoryBytes = 1024 * kilobytes("/proc/meminfo", "MemTotal:")});
        if (!torch::cuda::is_available()) {
            result.devices.push_back({.id = "cuda",
                                      .name = "CUDA",
                                      .available = false,
                                      .reason = c10::impl::hasDeviceGuardImpl(at::kCUDA)
                                                    ? "LibTorch has CUDA, but no device or driver is found."
                                                    : "This LibTorch is built without CUDA."});
            return result;
        }
        const std::size_t count = torch::cuda::device_count();
        for (std::size_t i = 0; i < count; ++i) {
            const auto [name, memory] = describeCuda(static_cast<int>(i));
            result.devices.push_back({.id = "cuda:" + std::to_string(i),
                                      .name = name,
                                      .available = true,
                                      .reason = {},
                                      .memoryBytes = memory});
        }
        return result;
    }

    void run(const RunRequest& request, CommandQueue& commands, EventSink& events) override {
        Run(request, commands, events).execute();
        BlockCache::install().release(); // nothing of the run is left that would want it
    }

    BenchReport bench(const Experiment& experiment, const BenchOptions& options) override {
        return benching(experiment, [&](at::Device device) { return runBench(experiment, device, options); });
    }

    TunerBenchReport benchTuners(const Experiment& experiment, const BenchOptions& options) override {
        return benching(experiment,
                        [&](at::Device device) { return dstn::benchTuners(experiment, device, options); });
    }

    HypergradientReport hypergradients(const RunRequest& request,
                                       const HypergradientOptions& options) override {
        if (request.checkpoint == nullptr)
            throw Error(ErrorKind::usage,
                        "The run has no checkpoint at which hypergradients could be computed.");
        HypergradientReport report;
        translatingErrors(
            [&] {
                const Experiment& experiment = request.experiment;
                const at::Device device = resolveDevice(experiment.device);
                const DeviceScope scope(device);
                useThreads(experiment);
                usePrecision(experiment);
                const Dataset dataset = loadDataset(dataOf(request), experiment.seed);
                const std::optional<std::string> warning = compareData(request, dataset.identity);
                report = compareHypergradients(experiment, dataset, device,
                                               readCheckpoint(*request.checkpoint), options);
                if (warning) report.warnings.push_back(*warning);
            },
            [] {
                return std::string("Use fewer examples (--examples) or fewer steps (--reference-steps).");
            });
        BlockCache::install().release();
        return report;
    }
};

} // namespace

std::unique_ptr<Engine> makeTorchEngine() {
    BlockCache::install();
    return std::make_unique<TorchEngine>();
}

} // namespace dstn

extern "C" DSTN_EXPORT dstn::Engine* dstnCreateEngine();
extern "C" dstn::Engine* dstnCreateEngine() { return dstn::makeTorchEngine().release(); }
