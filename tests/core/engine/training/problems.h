#pragma once

#include "core/experiment/experiment.h"
#include "tests/core/data/idx_files.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <random>

namespace dstn {

/// Small experiments of each kind of problem, with all that tells one step from another.

inline Experiment parsed(const std::string& json,
                         const std::vector<std::pair<std::string, std::string>>& set = {}) {
    const ParsedExperiment result = parseExperiment(json, set);
    if (!result.experiment) qFatal("%s", describe(result.mistakes).c_str());
    return *result.experiment;
}

/// What the document of every experiment here ends with.
inline const std::string rest = R"(
    "tuner": {"type": "delta-stn", "train_steps": 2, "warmup_epochs": 0},
    "optimizers": {"general": {"type": "adam", "lr": 0.01, "schedule": {"type": "step", "every": 2, "factor": 0.5}},
                   "response": {"type": "sgd", "lr": 0.01, "momentum": 0.9}},
    "batch": {"train": 16, "validation": 16}, "budget": {"epochs": 3}, "device": "cpu", "threads": 1})";

/// Convolutions, batch norm in a residual block, every kind of dropout of images, label smoothing, mixup and
/// all augmentations; the last batch of an epoch is short.
inline Experiment images(const QTemporaryDir& folder) {
    constexpr std::uint32_t count = 90, size = 3 * 8 * 8;
    std::vector<std::uint8_t> pixels, labels;
    std::mt19937 random(1);
    for (std::uint32_t i = 0; i < count; ++i) {
        labels.push_back(static_cast<std::uint8_t>(i % 3));
        // Each class is brighter than the one before it.
        for (std::uint32_t k = 0; k < size; ++k)
            pixels.push_back(static_cast<std::uint8_t>(60 * labels.back() + random() % 100));
    }
    idxfiles::write(folder, "train-images-idx3-ubyte", idxfiles::idx({count, 3, 8, 8}, pixels));
    idxfiles::write(folder, "train-labels-idx1-ubyte", idxfiles::idx({count}, labels));
    return parsed(R"({"schema": 1, "name": "images",
    "data": {"source": "idx", "path": "FOLDER", "validation": 0.25, "split": "random"},
    "model": {"parts": [
        {"type": "conv2d", "out": 6, "kernel": 3, "padding": 1}, {"type": "relu"}, {"type": "max_pool2d", "kernel": 2},
        {"type": "dropout2d", "rate": "channels"}, {"type": "residual_block", "out": 8, "stride": 2},
        {"type": "global_avg_pool2d"}, {"type": "flatten"}, {"type": "dropout", "rate": "units"},
        {"type": "linear", "out": 3}]},
    "regularization": {"weight_decay": "decay", "label_smoothing": "smoothing"},
    "augmentation": [{"type": "horizontal_flip", "probability": "flip"}, {"type": "translation", "fraction": 0.1},
        {"type": "rotation", "degrees": 10}, {"type": "brightness", "strength": "brightness"},
        {"type": "hue", "turns": 0.1}, {"type": "noise", "deviation": 0.05},
        {"type": "cutout", "holes": 1, "length": "length"}, {"type": "mixup", "alpha": 0.2}],
    "hyperparameters": [{"name": "channels", "initial": 0.1, "min": 0, "max": 0.9},
        {"name": "units", "initial": 0.2, "min": 0, "max": 0.9}, {"name": "decay", "initial": 0.001, "log": true},
        {"name": "smoothing", "initial": 0.05, "min": 0, "max": 0.5}, {"name": "flip", "initial": 0.3, "min": 0, "max": 1},
        {"name": "brightness", "initial": 0.2, "min": 0, "max": 1},
        {"name": "length", "initial": 3, "min": 0, "max": 8, "discrete": true}],)" +
                      rest,
                  {{"data.path", folder.path().toStdString()}});
}

/// A linear model whose every feature has a decay of its own.
inline Experiment table(const QTemporaryDir&) {
    return parsed(R"({"schema": 1, "name": "table",
    "data": {"source": "synthetic-regression", "examples": 200, "features": 3, "test": 0.1},
    "model": {"parts": [{"type": "dropout", "rate": "input"},
        {"type": "linear", "out": 1, "weight_decay": ["a", "b", "c"], "response": "dense"}]},
    "hyperparameters": [{"name": "input", "initial": 0.1, "min": 0, "max": 0.9},
        {"name": "a", "initial": 0.001, "log": true}, {"name": "b", "initial": 0.001, "log": true},
        {"name": "c", "initial": 0.001, "log": true}],)" +
                  rest);
}

/// States that carry over, embedding and locked dropout, DropConnect, AR and TAR; a short last slice.
inline Experiment text(const QTemporaryDir& folder) {
    const QString path = folder.filePath("text.txt");
    std::ofstream file(path.toStdString());
    for (int i = 0; i < 200; ++i) file << "one two three four five six\n";
    file.close();
    return parsed(R"({"schema": 1, "name": "text",
    "data": {"source": "text", "path": "TEXT", "sequence": 5, "validation": 0.3, "test": 0.1},
    "model": {"parts": [{"type": "embedding", "width": 8, "rate": "words"}, {"type": "locked_dropout", "rate": 0.1},
        {"type": "lstm", "hidden": 8, "layers": 2, "rate": 0.1, "drop_connect": "connections"},
        {"type": "layer_norm"}, {"type": "temporal_activation_regularization", "strength": "tar"},
        {"type": "activation_regularization", "strength": 0.5}, {"type": "tied_linear"}]},
    "hyperparameters": [{"name": "words", "initial": 0.1, "min": 0, "max": 0.9},
        {"name": "connections", "initial": 0.1, "min": 0, "max": 0.9},
        {"name": "tar", "initial": 1, "min": 0, "max": 10}],)" +
                      rest,
                  {{"data.path", path.toStdString()}});
}

using Maker = Experiment (*)(const QTemporaryDir&);
inline void addProblems() {
    QTest::addColumn<Maker>("make");
    QTest::newRow("images") << Maker(images);
    QTest::newRow("table") << Maker(table);
    QTest::newRow("text") << Maker(text);
}

} // namespace dstn

Q_DECLARE_METATYPE(dstn::Maker)
