#include "core/engine/bench/bench_steps.h"

#include <torch/cuda.h>

#include <algorithm>
#include <chrono>

namespace dstn {

static double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double Timed::median() const { return medianOf(milliseconds); }

double Timed::over(const Timed& other) const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < milliseconds.size(); ++i)
        ratios.push_back(milliseconds[i] / other.milliseconds[i]);
    return medianOf(std::move(ratios));
}

static void synchronize(at::Device device) {
    if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

int repeatInTurn(std::vector<Timed*>& steps, at::Device device, const BenchOptions& options) {
    using Clock = std::chrono::steady_clock;
    using Milliseconds = std::chrono::duration<double, std::milli>;
    constexpr int warmup = 3, fewest = 3;
    const auto start = Clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    const auto once = [&](bool counts) {
        for (Timed* timed : steps) {
            synchronize(device);
            const auto begin = Clock::now();
            timed->step();
            synchronize(device);
            if (counts) timed->milliseconds.push_back(Milliseconds(Clock::now() - begin).count());
        }
    };
    // One warm-up is enough for steps that take long.
    for (int i = 0; i < warmup && (i == 0 || elapsed() < options.seconds / 10); ++i) once(false);
    int done = 0;
    while (done < options.repetitions && (done < fewest || elapsed() < options.seconds)) {
        once(true);
        ++done;
    }
    return done;
}

Bench::Bench(const Experiment& experiment, const DataInfo& data, at::Device device) {
    // The batch is drawn from [0, 1): bytes over 255.
    const std::size_t channels = data.input.size() == 3 ? static_cast<std::size_t>(data.input[0]) : 0;
    problem = makeProblem(experiment, data, std::vector<Scaling>(channels, {.factor = 1.0 / 255.0}),
                          at::kFloat, device);
    tuner = makeTuner(*problem, experiment.tuner, experiment.optimizers);
}

Batch randomBatch(const Experiment& experiment, const DataInfo& data, at::Device device,
                  at::Generator& generator) {
    std::vector<std::int64_t> shape = data.input;
    shape.insert(shape.begin(), experiment.trainBatch);
    const auto real = at::TensorOptions(at::kFloat).device(device), whole = real.dtype(at::kLong);
    if (data.task == TaskKind::language)
        return {at::randint(data.vocabulary, shape, generator, whole),
                at::randint(data.vocabulary, shape, generator, whole)};
    return {at::rand(shape, generator, real),
            data.task == TaskKind::classification
                ? at::randint(data.outputs, {experiment.trainBatch}, generator, whole)
                : at::randn({experiment.trainBatch, data.outputs}, generator, real)};
}

} // namespace dstn
