#include "core/engine/bench/bench.h"

#include "core/engine/bench/bench_steps.h"
#include "core/engine/bench/stock_network.h"
#include "core/engine/training/block_cache.h"
#include "core/error.h"

#include <torch/optim.h>
#include <torch/version.h>

#include <chrono>
#include <functional>

namespace dstn {

namespace {

/// The experiment with another tuner.
Experiment tunedBy(Experiment experiment, const TunerOptions& options, bool share) {
    experiment.tuner.options = options;
    experiment.tuner.sharePrimal = share;
    return experiment;
}

/// The experiment with so many tuned hyperparameters: the first of its own, the others held at their initial
/// values, or further ones that nothing in the network uses, yet everything responds to.
Experiment withHyperparameters(Experiment experiment, std::int64_t count) {
    for (Hyperparameter& h : experiment.hyperparameters)
        if (h.tune) h.tune = count-- > 0;
    for (; count > 0; --count)
        experiment.hyperparameters.push_back(
            {.name = "bench " + std::to_string(count), .initial = 0.5, .min = 0, .max = 1});
    return experiment;
}

/// The most bytes that tensors take at once while `body` runs, beyond what they took before; nothing if all
/// of them are smaller than what the cache counts.
std::optional<std::size_t> peakBytes(const std::function<void()>& body) {
    BlockCache& cache = BlockCache::install();
    const std::size_t before = cache.tensorBytes();
    cache.restartPeak();
    body();
    const std::size_t bytes = cache.peakTensorBytes() - before;
    return bytes > 0 ? std::optional(bytes) : std::nullopt;
}

std::vector<Tensor> figures(const TrainMetrics& metrics) {
    return {metrics.loss, metrics.correct, metrics.responseLoss};
}

} // namespace

/// The shape that the experiment itself implies for data that are not available: a text of its vocabulary, or
/// a table with a column for each weight decay of the first linear part. Nothing where it says no more.
static std::optional<DataInfo> impliedData(const Experiment& experiment) {
    const DataSpec& spec = experiment.data;
    DataInfo info;
    if (spec.source == DataSource::text && spec.vocabulary > 0) {
        info.task = TaskKind::language;
        info.input = {spec.sequence};
        info.outputs = info.vocabulary = spec.vocabulary;
        info.train = 2 * experiment.trainBatch;
        info.validation = 2 * experiment.validationBatch;
        return info;
    }
    for (const Part& part : experiment.model.parts)
        if (const auto* linear = std::get_if<LinearPart>(&part)) {
            if (spec.source != DataSource::csv || linear->weightDecay.size() < 2) break;
            info.task =
                spec.task == TaskKind::classification ? TaskKind::classification : TaskKind::regression;
            info.input = {static_cast<std::int64_t>(linear->weightDecay.size())};
            info.outputs = linear->out;
            info.train = experiment.trainBatch;
            info.validation = experiment.validationBatch;
            return info;
        }
    return {};
}

BenchData benchData(const Experiment& experiment) {
    try {
        return {.info = probeDataset(experiment.data)};
    } catch (const Error& error) {
        std::optional<DataInfo> declared;
        if (error.kind() == ErrorKind::data) declared = declaredDataset(experiment.data);
        if (error.kind() == ErrorKind::data && !declared) declared = impliedData(experiment);
        if (!declared) throw;
        return {.info = *declared, .atHand = false};
    }
}

namespace {

/// The steps that runBench() times in turn, and what they need while they are timed.
class StepBench {
  public:
    StepBench(const Experiment& experiment, at::Device device, const BenchOptions& options);
    void measureMemory();
    void addStock();
    void addShared();
    void addCounts();
    void addLoop();
    void addReplays();
    BenchReport run();

  private:
    using Clock = std::chrono::steady_clock;
    /// A graph's gain is what launching costs, which shows where steps follow each other.
    static constexpr int inARow = 10;

    const Experiment& experiment_;
    at::Device device_;
    const BenchOptions& options_;
    BenchData data_;
    at::Generator generator_;
    Batch batch_;
    TunerOptions own_; ///< of a search, whose trials are plain trainings: fixed
    double trainSteps_, validationSteps_;
    Bench plain_, tuned_;
    BenchReport report_;

    Timed plainStep_{[this] { plain_.tuner->train(batch_, generator_); }};
    Timed trainStep_{[this] { tuned_.tuner->train(batch_, generator_); }};
    Timed validationStep_{[this] { tuned_.tuner->validate(batch_, generator_); }};
    std::vector<Timed*> steps_{&plainStep_, &trainStep_, &validationStep_};

    std::optional<torch::nn::Sequential> stock_;
    std::optional<torch::optim::SGD> sgd_;
    std::optional<Bench> shared_, oneTuned_, manyTuned_;
    Timed stockStep_, sharedStep_, oneStep_, manyStep_;

    std::optional<BatchOrder> order_;
    std::int64_t drawn_ = 0;
    bool loops_ = false; ///< whole loops are timed
    Timed loop_;

    std::optional<RecordedStep> recorded_;
    bool replays_ = false; ///< the step could be recorded
    Timed replayed_, synchronous_;
};

StepBench::StepBench(const Experiment& experiment, at::Device device, const BenchOptions& options)
    : experiment_(experiment),
      device_(device),
      options_(options),
      data_(benchData(experiment)),
      generator_(StepRandom(device, experiment.seed).at(0, 0)),
      batch_(randomBatch(experiment, data_.info, device, generator_)),
      own_(traitsOf(experiment.tuner).searches() ? FixedOptions{} : experiment.tuner.options),
      trainSteps_(static_cast<double>(experiment.tuner.trainSteps)),
      validationSteps_(static_cast<double>(experiment.tuner.validationSteps)),
      plain_(tunedBy(experiment, FixedOptions{}, false), data_.info, device),
      tuned_(tunedBy(experiment, own_, false), data_.info, device) {
    report_.device = device.str();
    report_.torchVersion = TORCH_VERSION;
    report_.threads = at::get_num_threads();
    report_.batch = experiment.trainBatch;
    report_.dataAtHand = data_.atHand;
}

/// Each alone, so that the timed steps find memory as they would in a run.
void StepBench::measureMemory() {
    if (!device_.is_cpu()) return;
    constexpr int enough = 2; // with the second step the optimisers' states are there
    report_.plainBytes = peakBytes([&] {
        const Bench plain(tunedBy(experiment_, FixedOptions{}, false), data_.info, device_);
        for (int i = 0; i < enough; ++i) plain.tuner->train(batch_, generator_);
    });
    report_.tunedBytes = peakBytes([&] {
        const Bench tuned(tunedBy(experiment_, own_, experiment_.tuner.sharePrimal), data_.info, device_);
        for (int i = 0; i < enough; ++i) {
            tuned.tuner->train(batch_, generator_);
            tuned.tuner->validate(batch_, generator_);
        }
    });
    BlockCache::install().release();
}

/// The plain step of LibTorch's own modules and optimiser.
void StepBench::addStock() {
    stock_ = stockNetwork(experiment_, data_.info.input);
    if (!stock_) return;
    (*stock_)->to(device_);
    const OptimizerSpec& general = experiment_.optimizers.general;
    sgd_.emplace((*stock_)->parameters(), torch::optim::SGDOptions(general.lr).momentum(general.momentum));
    stockStep_.step = [this] {
        sgd_->zero_grad();
        const Tensor outputs = (*stock_)->forward(batch_.inputs);
        const Tensor loss = data_.info.task == TaskKind::classification
                                ? at::cross_entropy_loss(outputs, batch_.targets)
                                : at::mse_loss(outputs, batch_.targets);
        loss.backward();
        sgd_->step();
    };
    steps_.push_back(&stockStep_);
}

/// There is a primal to share only where the steps are separate, and linearised at w₀.
void StepBench::addShared() {
    const auto* response = std::get_if<DeltaStnOptions>(&own_);
    if (response == nullptr || !experiment_.tuner.linearize || !response->centered || !response->separate)
        return;
    shared_.emplace(tunedBy(experiment_, own_, true), data_.info, device_);
    sharedStep_.step = [this] { shared_->tuner->train(batch_, generator_); };
    steps_.push_back(&sharedStep_);
}

/// What is tuned costs little by its number: one hyperparameter against many on the same network.
void StepBench::addCounts() {
    if (traitsOf(experiment_.tuner).followsRun || experiment_.tunedNames().empty()) return;
    constexpr std::int64_t many = 20;
    oneTuned_.emplace(tunedBy(withHyperparameters(experiment_, 1), own_, false), data_.info, device_);
    manyTuned_.emplace(tunedBy(withHyperparameters(experiment_, many), own_, false), data_.info, device_);
    oneStep_.step = [this] { oneTuned_->tuner->train(batch_, generator_); };
    manyStep_.step = [this] { manyTuned_->tuner->train(batch_, generator_); };
    steps_.push_back(&oneStep_);
    steps_.push_back(&manyStep_);
}

/// The loop as a run has it: its steps in turn, each with a batch drawn from a shuffled set. Where a single
/// loop would eat up the time, its average step follows from those of its steps, beside which drawing a
/// batch takes nothing.
void StepBench::addLoop() {
    if (data_.info.task == TaskKind::language) return;
    constexpr std::int64_t batches = 8;
    order_.emplace(DevicePart{at::cat(std::vector<Tensor>(batches, batch_.inputs)),
                              at::cat(std::vector<Tensor>(batches, batch_.targets))},
                   experiment_.trainBatch, experiment_.seed);
    loop_.step = [this] {
        for (std::int64_t i = 0; i < experiment_.tuner.trainSteps; ++i)
            tuned_.tuner->train(order_->at(drawn_++), generator_);
        for (std::int64_t i = 0; i < experiment_.tuner.validationSteps; ++i)
            tuned_.tuner->validate(order_->at(drawn_++), generator_);
    };
    const auto begin = Clock::now();
    plainStep_.step();
    constexpr double trainOverPlain = 3, fewLoops = 20;
    const double guess = std::chrono::duration<double>(Clock::now() - begin).count() * trainOverPlain *
                         (trainSteps_ + validationSteps_);
    loops_ = guess * fewLoops < options_.seconds;
    if (loops_) steps_.push_back(&loop_);
}

/// On a device that replays recorded steps: those, and steps that wait for their figures.
void StepBench::addReplays() {
    const StepRecorderFactory recorder = deviceRecorder(device_).make;
    if (!recorder || !experiment_.graphs) return;
    recorded_.emplace(
        [this](const Batch& batch, at::Generator& generator) {
            return figures(tuned_.tuner->train(batch, generator));
        },
        recorder, [this](bool done, const std::string&) { replays_ = done; });
    replayed_.step = [this] {
        for (int i = 0; i < inARow; ++i) (*recorded_)(batch_, generator_, {});
    };
    synchronous_.step = [this] {
        for (int i = 0; i < inARow; ++i)
            for (const Tensor& figure : figures(tuned_.tuner->train(batch_, generator_)))
                if (figure.defined()) figure.item<double>();
    };
    steps_.push_back(&replayed_);
    steps_.push_back(&synchronous_);
}

BenchReport StepBench::run() {
    report_.repetitions = repeatInTurn(steps_, device_, options_);
    if (replays_) {
        report_.replayedStepMs = replayed_.median() / inARow;
        report_.synchronousStepMs = synchronous_.median() / inARow;
    }
    report_.plainStepMs = plainStep_.median();
    report_.trainStepMs = trainStep_.median();
    report_.validationStepMs = validationStep_.median();
    report_.averageStepMs =
        (loops_ ? loop_.median()
                : trainSteps_ * report_.trainStepMs + validationSteps_ * report_.validationStepMs) /
        (trainSteps_ + validationSteps_);
    report_.stepRatio = trainStep_.over(plainStep_);
    if (stock_) {
        report_.stockStepMs = stockStep_.median();
        report_.stockStepRatio = trainStep_.over(stockStep_);
    }
    if (shared_) {
        report_.sharedTrainStepMs = sharedStep_.median();
        report_.sharedStepRatio = sharedStep_.over(plainStep_);
    }
    if (oneTuned_) report_.hyperparameterRatio = manyStep_.over(oneStep_);
    return report_;
}

} // namespace

BenchReport runBench(const Experiment& experiment, at::Device device, const BenchOptions& options) {
    useThreads(experiment);
    usePrecision(experiment);
    StepBench bench(experiment, device, options);
    bench.measureMemory();
    bench.addStock();
    bench.addShared();
    bench.addCounts();
    bench.addLoop();
    bench.addReplays();
    return bench.run();
}

} // namespace dstn
