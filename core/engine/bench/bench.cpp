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

/// The most bytes that tensors take at once while `body` runs, beyond what they took before.
std::size_t peakBytes(const std::function<void()>& body) {
    BlockCache& cache = BlockCache::install();
    const std::size_t before = cache.tensorBytes();
    cache.restartPeak();
    body();
    return cache.peakTensorBytes() - before;
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

BenchReport runBench(const Experiment& experiment, at::Device device, const BenchOptions& options) {
    useThreads(experiment);
    usePrecision(experiment);
    const auto [data, atHand] = benchData(experiment);
    at::Generator generator = StepRandom(device, experiment.seed).at(0, 0);
    const Batch batch = randomBatch(experiment, data, device, generator);

    BenchReport report;
    report.device = device.str();
    report.torchVersion = TORCH_VERSION;
    report.threads = at::get_num_threads();
    report.batch = experiment.trainBatch;
    report.dataAtHand = atHand;

    // The trials of a search are plain trainings.
    const TunerOptions own =
        traitsOf(experiment.tuner).searches() ? FixedOptions{} : experiment.tuner.options;
    // Each alone, so that the steps below find memory as they would in a run.
    if (device.is_cpu()) {
        constexpr int enough = 2; // with the second step the optimisers' states are there
        report.plainBytes = peakBytes([&] {
            const Bench plain(tunedBy(experiment, FixedOptions{}, false), data, device);
            for (int i = 0; i < enough; ++i) plain.tuner->train(batch, generator);
        });
        report.tunedBytes = peakBytes([&] {
            const Bench tuned(tunedBy(experiment, own, experiment.tuner.sharePrimal), data, device);
            for (int i = 0; i < enough; ++i) {
                tuned.tuner->train(batch, generator);
                tuned.tuner->validate(batch, generator);
            }
        });
        BlockCache::install().release();
    }

    const Bench plain(tunedBy(experiment, FixedOptions{}, false), data, device);
    const Bench tuned(tunedBy(experiment, own, false), data, device);
    Timed plainStep{[&] { plain.tuner->train(batch, generator); }};
    Timed trainStep{[&] { tuned.tuner->train(batch, generator); }};
    Timed validationStep{[&] { tuned.tuner->validate(batch, generator); }};
    std::vector<Timed*> steps{&plainStep, &trainStep, &validationStep};

    std::optional<torch::nn::Sequential> stock = stockNetwork(experiment, data.input);
    std::optional<torch::optim::SGD> sgd;
    Timed stockStep;
    if (stock) {
        (*stock)->to(device);
        const OptimizerSpec& general = experiment.optimizers.general;
        sgd.emplace((*stock)->parameters(), torch::optim::SGDOptions(general.lr).momentum(general.momentum));
        stockStep.step = [&] {
            sgd->zero_grad();
            const Tensor outputs = (*stock)->forward(batch.inputs);
            const Tensor loss = data.task == TaskKind::classification
                                    ? at::cross_entropy_loss(outputs, batch.targets)
                                    : at::mse_loss(outputs, batch.targets);
            loss.backward();
            sgd->step();
        };
        steps.push_back(&stockStep);
    }

    // There is a primal to share only where the steps are separate, and linearised at w₀.
    std::optional<Bench> shared;
    Timed sharedStep{[&] { shared->tuner->train(batch, generator); }};
    const TunerSpec& spec = experiment.tuner;
    const auto* response = std::get_if<DeltaStnOptions>(&own);
    if (response != nullptr && spec.linearize && response->centered && response->separate) {
        shared.emplace(tunedBy(experiment, own, true), data, device);
        steps.push_back(&sharedStep);
    }

    // What is tuned costs little by its number: one against many on the same network.
    constexpr std::int64_t many = 20;
    std::optional<Bench> oneTuned, manyTuned;
    Timed oneStep{[&] { oneTuned->tuner->train(batch, generator); }},
        manyStep{[&] { manyTuned->tuner->train(batch, generator); }};
    const bool tunes = !traitsOf(spec).followsRun && !experiment.tunedNames().empty();
    if (tunes) {
        oneTuned.emplace(tunedBy(withHyperparameters(experiment, 1), own, false), data, device);
        manyTuned.emplace(tunedBy(withHyperparameters(experiment, many), own, false), data, device);
        steps.push_back(&oneStep);
        steps.push_back(&manyStep);
    }

    const auto trainSteps = static_cast<double>(experiment.tuner.trainSteps),
               validationSteps = static_cast<double>(experiment.tuner.validationSteps);
    // The loop as a run has it: its steps in turn, each with a batch drawn from a shuffled set.
    std::optional<BatchOrder> order;
    if (data.task != TaskKind::language) {
        constexpr std::int64_t batches = 8;
        order.emplace(DevicePart{at::cat(std::vector<Tensor>(batches, batch.inputs)),
                                 at::cat(std::vector<Tensor>(batches, batch.targets))},
                      experiment.trainBatch, experiment.seed);
    }
    std::int64_t drawn = 0;
    Timed loop{[&] {
        for (std::int64_t i = 0; i < experiment.tuner.trainSteps; ++i)
            tuned.tuner->train(order->at(drawn++), generator);
        for (std::int64_t i = 0; i < experiment.tuner.validationSteps; ++i)
            tuned.tuner->validate(order->at(drawn++), generator);
    }};
    // Where a single loop would eat up the time, its average step follows from those of its steps, beside
    // which drawing a batch takes nothing.
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    plainStep.step();
    constexpr double trainOverPlain = 3, fewLoops = 20;
    const double guess = std::chrono::duration<double>(Clock::now() - begin).count() * trainOverPlain *
                         (trainSteps + validationSteps);
    const bool loops = order && guess * fewLoops < options.seconds;
    if (loops) steps.push_back(&loop);

    // A graph's gain is what launching costs, which shows where steps follow each other.
    constexpr int inARow = 10;
    std::optional<RecordedStep> recorded;
    Timed replayed{[&] {
        for (int i = 0; i < inARow; ++i) (*recorded)(batch, generator, {});
    }};
    Timed synchronous{[&] {
        for (int i = 0; i < inARow; ++i)
            for (const Tensor& figure : figures(tuned.tuner->train(batch, generator)))
                if (figure.defined()) figure.item<double>();
    }};
    const StepRecorderFactory recorder = deviceRecorder(device).make;
    bool replays = false;
    if (recorder && experiment.graphs) {
        recorded.emplace([&](const Batch& b, at::Generator& g) { return figures(tuned.tuner->train(b, g)); },
                         recorder, [&](bool done, const std::string&) { replays = done; });
        steps.push_back(&replayed);
        steps.push_back(&synchronous);
    }

    report.repetitions = repeatInTurn(steps, device, options);
    if (replays) {
        report.replayedStepMs = replayed.median() / inARow;
        report.synchronousStepMs = synchronous.median() / inARow;
    }
    report.plainStepMs = plainStep.median();
    report.trainStepMs = trainStep.median();
    report.validationStepMs = validationStep.median();
    report.averageStepMs =
        (loops ? loop.median()
               : trainSteps * report.trainStepMs + validationSteps * report.validationStepMs) /
        (trainSteps + validationSteps);
    report.stepRatio = trainStep.over(plainStep);
    if (stock) {
        report.stockStepMs = stockStep.median();
        report.stockStepRatio = trainStep.over(stockStep);
    }
    if (shared) {
        report.sharedTrainStepMs = sharedStep.median();
        report.sharedStepRatio = sharedStep.over(plainStep);
    }
    if (tunes) report.hyperparameterRatio = manyStep.over(oneStep);
    return report;
}

} // namespace dstn
