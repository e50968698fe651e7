#pragma once

#include "core/archive/archive.h"
#include "core/run/events.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace dstn {

/// A run as an archive holds it after training, without training anything.
struct SampleRun {
    std::string id, name;
    std::uint64_t seed = 0;
    double lr = 0.01;
    int epochs = 6;
    double loss = 0.4; ///< validation loss that it comes down to
    RunState state = RunState::completed;
    bool checkpoint = false;
    int stepsPerEpoch = 40;
    std::vector<std::string> hyperparameters = {"dropout0", "dropout1", "cutout_length"};
    bool language = false; ///< a language model, whose accuracies are of tokens
};

inline std::string sampleId(int number) {
    std::string digits = std::to_string(number);
    return "3f2a" + std::string(4 - digits.size(), '0') + digits + "-1111-4222-8333-444455556666";
}

inline RunStarted startOf(const SampleRun& sample) {
    RunStarted started;
    started.run = sample.id;
    started.experiment.name = sample.name;
    started.experiment.seed = sample.seed;
    started.experiment.epochs = 6;
    started.experiment.optimizers.general.lr = sample.lr;
    started.experiment.model.parts = {FlattenPart{}, LinearPart{.out = 64}, ReluPart{},
                                      DropoutPart{{0.0, "dropout0"}}, LinearPart{.out = 10}};
    if (sample.language) {
        started.experiment.data.source = DataSource::text;
        started.experiment.data.path = "texts";
        started.data.task = TaskKind::language;
        started.experiment.model.parts = {EmbeddingPart{.width = 8}, DropoutPart{{0.0, "dropout0"}},
                                          LstmPart{.hidden = 8}, TiedLinearPart{}};
    }
    for (const std::string& name : sample.hyperparameters)
        started.experiment.hyperparameters.push_back(
            {.name = name, .initial = 0.05, .min = 0.0, .max = name == "cutout_length" ? 24.0 : 0.95});
    started.environment = {.device = "cpu",
                           .deviceName = "a processor",
                           .torchVersion = "1.13.1",
                           .blas = "OpenBLAS",
                           .programVersion = "0.1.0",
                           .host = "here",
                           .threads = 2};
    for (const Series series : {Series::trainLoss, Series::epochTrainLoss, Series::epochValidationLoss,
                                Series::epochValidationAccuracy})
        started.series.emplace_back(seriesName(series));
    for (const std::string& name : sample.hyperparameters)
        started.series.push_back(hyperparameterSeries(name));
    started.stepsPerEpoch = sample.stepsPerEpoch;
    started.stepsTotal = 6 * sample.stepsPerEpoch;
    started.parameters = 50'890;
    return started;
}

inline EpochResult sampleEpoch(const SampleRun& sample, int epoch) {
    EpochResult result;
    result.epoch = epoch;
    result.step = static_cast<std::int64_t>(epoch) * sample.stepsPerEpoch;
    result.seconds = 7.5 * epoch;
    const double wobble = 0.01 * std::sin(3.0 * epoch + static_cast<double>(sample.seed));
    result.validationLoss = sample.loss + 1.8 * std::exp(-0.9 * epoch) + wobble;
    result.validationAccuracy = 1.0 - 0.25 * result.validationLoss;
    result.testLoss = result.validationLoss + 0.02;
    result.testAccuracy = *result.validationAccuracy - 0.01;
    if (epoch > 0) result.trainLoss = 0.9 * result.validationLoss;
    double k = 1.0;
    for (const std::string& name : sample.hyperparameters) {
        result.hyperparameters.emplace_back(
            name, (name == "cutout_length" ? 4.0 : 0.05) * (1.0 + 0.2 * k * epoch) + 0.1 * wobble);
        result.scales.emplace_back(name, 1.0 + 0.1 * epoch);
        k += 1.0;
    }
    return result;
}

/// What all steps of these epochs told.
inline std::vector<Event> samplesOf(const SampleRun& sample, int firstEpoch, int lastEpoch) {
    std::vector<Event> events;
    SamplesTaken taken;
    for (int epoch = firstEpoch; epoch <= lastEpoch; ++epoch) {
        const EpochResult result = sampleEpoch(sample, epoch);
        const auto add = [&](Series series, double value) {
            taken.samples.push_back({series, result.step, result.seconds, value});
        };
        if (result.trainLoss) add(Series::epochTrainLoss, *result.trainLoss);
        add(Series::epochValidationLoss, result.validationLoss);
        add(Series::epochValidationAccuracy, *result.validationAccuracy);
        HyperparametersSampled& sampled = std::get<HyperparametersSampled>(events.emplace_back(
            HyperparametersSampled{.step = result.step, .seconds = result.seconds, .points = {}}));
        for (const auto& [name, value] : result.hyperparameters) sampled.points.push_back({.value = value});
        for (int step = 1; epoch > 0 && step <= sample.stepsPerEpoch; ++step)
            taken.samples.push_back({Series::trainLoss, result.step - sample.stepsPerEpoch + step,
                                     result.seconds,
                                     0.9 * result.validationLoss + 0.1 * std::sin(7.0 * step)});
    }
    events.emplace_back(std::move(taken));
    return events;
}

inline void addRun(Archive& archive, const SampleRun& sample) {
    std::vector<Event> events{startOf(sample), StateChanged{RunState::running, ""}};
    for (Event& event : samplesOf(sample, 0, sample.epochs)) events.push_back(std::move(event));
    EpochResult best;
    for (int epoch = 0; epoch <= sample.epochs; ++epoch) {
        const EpochResult result = sampleEpoch(sample, epoch);
        if (epoch == 0 || result.validationLoss < best.validationLoss) best = result;
        events.push_back(EpochFinished{result, best});
    }
    if (sample.checkpoint)
        events.push_back(CheckpointTaken{best.step, std::make_shared<const std::string>("bytes")});
    if (ended(sample.state)) {
        RunFinished finished;
        finished.state = sample.state;
        finished.steps = static_cast<std::int64_t>(sample.epochs) * sample.stepsPerEpoch;
        finished.seconds = 7.5 * sample.epochs;
        finished.best = best;
        finished.hyperparameters = best.hyperparameters;
        if (sample.state == RunState::failed) {
            finished.error = ErrorKind::numeric;
            finished.message = "The training loss became NaN at step 241. Lower the learning rate.";
        }
        events.push_back(finished);
    }
    archive.append(sample.id, events);
}

} // namespace dstn
