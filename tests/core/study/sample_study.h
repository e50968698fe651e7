#pragma once

#include "core/study/study.h"

#include <string>

namespace dstn {

/// A linear classifier with a dropout rate and a weight decay; ten steps an epoch.
inline const std::string sampleExperiment = R"({"schema": 1, "name": "sample",
    "data": {"source": "synthetic-classification", "examples": 100, "features": 4, "classes": 2, "validation": 0.2},
    "model": {"parts": [{"type": "dropout", "rate": "rate"}, {"type": "linear", "out": 2}]},
    "regularization": {"weight_decay": "decay"},
    "hyperparameters": [{"name": "rate", "initial": 0.1, "min": 0, "max": 0.9},
                        {"name": "decay", "initial": 0.001, "min": 1e-6, "max": 1, "log": true}],
    "tuner": {"type": "delta-stn", "warmup_epochs": 1},
    "batch": {"train": 8, "validation": 8}, "budget": {"epochs": 4}, "device": "cpu", "threads": 1})";

inline Study sampleStudy(const std::vector<std::string>& tuners = {"delta-stn", "random"}, double budget = 12,
                         std::vector<std::uint64_t> seeds = {0, 1}) {
    Study study;
    study.name = "sample study";
    study.experimentJson = sampleExperiment;
    for (const std::string& tuner : tuners)
        study.methods.push_back({.name = tuner, .set = {{"tuner.type", tuner}}});
    study.seeds = std::move(seeds);
    study.budget = budget;
    return study;
}

} // namespace dstn
