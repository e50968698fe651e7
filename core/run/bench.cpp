#include "core/run/bench.h"

#include "core/run/training.h"

#include <torch/cuda.h>
#include <torch/nn.h>
#include <torch/optim.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace dstn {

namespace {

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double medianRatio(const std::vector<double>& over, const std::vector<double>& under) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < over.size(); ++i) ratios.push_back(over[i] / under[i]);
    return median(std::move(ratios));
}

/// The same network of stock modules, as a user of LibTorch would write it; rates at their initial values.
torch::nn::Sequential stockNetwork(const Experiment& experiment, const Shape& input) {
    namespace nn = torch::nn;
    const ModelReport report = inspectModel(experiment.model, input, 0);
    const auto value = [&](const Tunable& tunable) {
        for (const Hyperparameter& h : experiment.hyperparameters)
            if (h.name == tunable.hyperparameter) return h.initial;
        return tunable.value;
    };
    nn::Sequential network;
    Shape shape = input;
    for (std::size_t i = 0; i < experiment.model.parts.size(); ++i) {
        const Part& part = experiment.model.parts[i];
        if (const auto* linear = std::get_if<LinearPart>(&part))
            network->push_back(nn::Linear(nn::LinearOptions(shape[0], linear->out).bias(linear->bias)));
        else if (const auto* conv = std::get_if<Conv2dPart>(&part))
            network->push_back(nn::Conv2d(nn::Conv2dOptions(shape[0], conv->out, conv->kernel)
                                              .stride(conv->stride)
                                              .padding(conv->padding)
                                              .dilation(conv->dilation)
                                              .groups(conv->groups)
                                              .bias(conv->bias)));
        else if (std::holds_alternative<ReluPart>(part))
            network->push_back(nn::ReLU());
        else if (std::holds_alternative<GeluPart>(part))
            network->push_back(nn::GELU());
        else if (std::holds_alternative<TanhPart>(part))
            network->push_back(nn::Tanh());
        else if (const auto* maxPool = std::get_if<MaxPool2dPart>(&part))
            network->push_back(
                nn::MaxPool2d(nn::MaxPool2dOptions(maxPool->kernel)
                                  .stride(maxPool->stride == 0 ? maxPool->kernel : maxPool->stride)
                                  .padding(maxPool->padding)));
        else if (const auto* avgPool = std::get_if<AvgPool2dPart>(&part))
            network->push_back(
                nn::AvgPool2d(nn::AvgPool2dOptions(avgPool->kernel)
                                  .stride(avgPool->stride == 0 ? avgPool->kernel : avgPool->stride)
                                  .padding(avgPool->padding)));
        else if (std::holds_alternative<FlattenPart>(part))
            network->push_back(nn::Flatten());
        else if (const auto* dropout = std::get_if<DropoutPart>(&part))
            network->push_back(nn::Dropout(value(dropout->rate)));
        else if (const auto* channels = std::get_if<Dropout2dPart>(&part))
            network->push_back(nn::Dropout2d(value(channels->rate)));
        else if (std::holds_alternative<BatchNormPart>(part) && shape.size() == 1)
            network->push_back(nn::BatchNorm1d(shape[0]));
        else if (std::holds_alternative<BatchNormPart>(part))
            network->push_back(nn::BatchNorm2d(shape[0]));
        else if (std::holds_alternative<LayerNormPart>(part))
            network->push_back(nn::LayerNorm(nn::LayerNormOptions(shape)));
        shape = report.parts[i].output;
    }
    return network;
}

/// A tuner with its problem on random data.
struct Bench {
    Bench(Experiment experiment, const DataInfo& data, at::Device device, const std::string& type,
          bool share) {
        experiment.tuner.type = type;
        experiment.tuner.sharePrimal = share;
        // The batch is drawn from [0, 1): bytes over 255.
        const std::size_t channels = data.input.size() == 3 ? static_cast<std::size_t>(data.input[0]) : 0;
        problem = makeProblem(experiment, data, std::vector<Scaling>(channels, {.factor = 1.0 / 255.0}),
                              at::kFloat, device);
        tuner = makeTuner(*problem, experiment.tuner, experiment.optimizers);
    }
    std::unique_ptr<Problem> problem;
    std::unique_ptr<Tuner> tuner;
};

} // namespace

BenchReport runBench(const Experiment& experiment, at::Device device, int repetitions) {
    useThreads(experiment);
    const DataInfo data = probeDataset(experiment.data);
    std::vector<std::int64_t> shape = data.input;
    shape.insert(shape.begin(), experiment.trainBatch);
    at::Generator generator = StepRandom(device, experiment.seed).at(0, 0);
    const auto real = at::TensorOptions(at::kFloat).device(device);
    const Batch batch{
        at::rand(shape, generator, real),
        data.task == TaskKind::classification
            ? at::randint(data.outputs, {experiment.trainBatch}, generator, real.dtype(at::kLong))
            : at::randn({experiment.trainBatch, data.outputs}, generator, real)};

    Bench plain(experiment, data, device, "fixed", false);
    Bench tuned(experiment, data, device, experiment.tuner.type, false);
    // Without linearisation there is no primal to share.
    const bool shareable = experiment.tuner.type == "delta-stn" && experiment.tuner.linearize;
    std::optional<Bench> shared;
    if (shareable) shared.emplace(experiment, data, device, experiment.tuner.type, true);
    torch::nn::Sequential stock = stockNetwork(experiment, data.input);
    stock->to(device);
    const OptimizerSpec& general = experiment.optimizers.general;
    torch::optim::SGD sgd(stock->parameters(),
                          torch::optim::SGDOptions(general.lr).momentum(general.momentum));
    const auto stockStep = [&] {
        sgd.zero_grad();
        const Tensor outputs = stock->forward(batch.inputs);
        const Tensor loss = data.task == TaskKind::classification
                                ? at::cross_entropy_loss(outputs, batch.targets)
                                : at::mse_loss(outputs, batch.targets);
        loss.backward();
        sgd.step();
    };

    std::vector<std::function<void()>> steps{
        [&] { plain.tuner->train(batch, generator); },
        [&] { tuned.tuner->train(batch, generator); },
        [&] { tuned.tuner->validate(batch, generator); },
        stockStep,
    };
    // The loop as a run has it: its steps in turn, each with a batch drawn from a shuffled set.
    constexpr std::int64_t batches = 8;
    const DevicePart examples{at::cat(std::vector<Tensor>(batches, batch.inputs)),
                              at::cat(std::vector<Tensor>(batches, batch.targets))};
    BatchOrder order(examples, experiment.trainBatch, experiment.seed);
    std::int64_t drawn = 0;
    const std::int64_t trainSteps = experiment.tuner.trainSteps,
                       validationSteps = experiment.tuner.validationSteps;
    steps.emplace_back([&] {
        for (std::int64_t i = 0; i < trainSteps; ++i) tuned.tuner->train(order.at(drawn++), generator);
        for (std::int64_t i = 0; i < validationSteps; ++i)
            tuned.tuner->validate(order.at(drawn++), generator);
    });
    if (shared) steps.emplace_back([&] { shared->tuner->train(batch, generator); });
    std::vector<std::vector<double>> times(steps.size());
    constexpr int warmup = 3;
    for (int repetition = 0; repetition < repetitions + warmup; ++repetition)
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (device.is_cuda()) torch::cuda::synchronize(device.index());
            const auto start = std::chrono::steady_clock::now();
            steps[i]();
            if (device.is_cuda()) torch::cuda::synchronize(device.index());
            const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
            if (repetition >= warmup) times[i].push_back(taken.count());
        }

    BenchReport report;
    report.device = device.str();
    report.torchVersion = TORCH_VERSION;
    report.threads = at::get_num_threads();
    report.batch = experiment.trainBatch;
    report.repetitions = repetitions;
    report.plainStepMs = median(times[0]);
    report.trainStepMs = median(times[1]);
    report.validationStepMs = median(times[2]);
    report.stockStepMs = median(times[3]);
    report.averageStepMs = median(times[4]) / static_cast<double>(trainSteps + validationSteps);
    report.stepRatio = medianRatio(times[1], times[0]);
    report.stockStepRatio = medianRatio(times[1], times[3]);
    if (shared) {
        report.sharedTrainStepMs = median(times[5]);
        report.sharedStepRatio = medianRatio(times[5], times[0]);
    }
    return report;
}

} // namespace dstn
