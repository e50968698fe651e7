#pragma once

#include "core/archive/archive.h"

#include <QString>
#include <QTemporaryDir>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace dstn {

/// A folder for one test, gone with it.
struct Folder {
    QTemporaryDir directory;
    std::filesystem::path operator/(const std::string& name) const {
        return std::filesystem::path(directory.path().toStdString()) / name;
    }
};

inline const std::string runA = "aaaaaaaa-0000-4000-8000-000000000001";
inline const std::string runB = "bbbbbbbb-0000-4000-8000-000000000002";

inline Experiment smallExperiment(const std::string& name = "small") {
    Experiment experiment;
    experiment.name = name;
    experiment.data.source = DataSource::syntheticClassification;
    experiment.model.parts = {DropoutPart{Tunable{0.0, "dropout"}}, LinearPart{.out = 3}};
    experiment.hyperparameters = {{.name = "dropout", .initial = 0.1, .min = 0.0, .max = 0.9},
                                  {.name = "width", .initial = 2.0, .tune = false}};
    return experiment;
}

/// Tells a few series alone, and of its hyperparameters the values and scales of one.
inline RunStarted started(const std::string& run, std::int64_t firstStep = 0,
                          const std::string& name = "small") {
    return {.run = run,
            .experiment = smallExperiment(name),
            .data = {.input = {10},
                     .outputs = 3,
                     .train = 80,
                     .validation = 20,
                     .test = 0,
                     .classNames = {},
                     .featureNames = {}},
            .environment = {.device = "cpu",
                            .deviceName = "a processor",
                            .torchVersion = "1",
                            .blas = "b",
                            .programVersion = "0",
                            .host = "here",
                            .threads = 2},
            .series = {"train/loss", "epoch/validation_loss", "epoch/validation_accuracy",
                       "hyperparameter/dropout", "scale/dropout"},
            .stepsTotal = 100,
            .stepsPerEpoch = 10,
            .firstStep = firstStep,
            .parameters = 33,
            .responseParameters = 39};
}

inline EpochResult epochResult(std::int64_t epoch, double loss) {
    return {.epoch = epoch,
            .step = epoch * 10,
            .seconds = static_cast<double>(epoch),
            .trainLoss = epoch > 0 ? std::optional(loss + 0.1) : std::nullopt,
            .trainAccuracy = {},
            .validationLoss = loss,
            .validationAccuracy = 1.0 - loss / 10,
            .testLoss = loss + 0.2,
            .testAccuracy = 0.5,
            .hyperparameters = {{"dropout", 0.1 * static_cast<double>(epoch)}, {"width", 2.0}},
            .scales = {{"dropout", 1.5}}};
}

/// Ten steps of training loss and the epoch's end.
inline std::vector<Event> epochEvents(std::int64_t epoch, double loss, double bestLoss) {
    SamplesTaken taken;
    for (std::int64_t step = epoch * 10 - 9; step <= epoch * 10; ++step)
        taken.samples.push_back(
            {Series::trainLoss, step, 0.1 * static_cast<double>(step), 1.0 / static_cast<double>(step)});
    taken.samples.push_back({Series::epochValidationLoss, epoch * 10, static_cast<double>(epoch), loss});
    taken.samples.push_back(
        {Series::epochValidationAccuracy, epoch * 10, static_cast<double>(epoch), 1.0 - loss / 10});
    return {taken, EpochFinished{epochResult(epoch, loss), epochResult(epoch, bestLoss)}};
}

inline std::string fileBytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The message of the Error that `action` throws; its kind in front: "5: …". Empty if it throws none.
template <typename Action>
QString refusal(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return QString::number(exitCode(error.kind())) + ": " + QString::fromStdString(error.what());
    }
    return {};
}

} // namespace dstn
