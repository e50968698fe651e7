#pragma once

#include "core/engine/training/training.h"
#include "core/engine/tuners/training_loss.h"

#include <QTest>

#include <cmath>
#include <string>

namespace dstn {

/// An experiment's problem in float64, with its whole training and validation splits as batches.
struct DoubleProblem {
    explicit DoubleProblem(const Experiment& described)
        : experiment(described),
          dataset(loadDataset(experiment.data, experiment.seed)),
          data(dataset, at::kCPU, at::kDouble),
          problem(makeProblem(experiment, dataset.info, dataset.channels, at::kDouble, at::kCPU)),
          weights(tensors(problem->network.general())) {
        if (data.info.task == TaskKind::language) {
            train = TokenStream(data.train.tokens, experiment.trainBatch, data.info.input[0]).at(0);
            validation =
                TokenStream(data.validation.tokens, experiment.validationBatch, data.info.input[0]).at(0);
        } else {
            train = take(data.train, 0, data.train.count());
            validation = take(data.validation, 0, data.validation.count());
        }
    }

    Experiment experiment;
    Dataset dataset;
    DeviceData data;
    std::unique_ptr<Problem> problem;
    std::vector<Tensor> weights;
    Batch train, validation;

    const Tensor& lambda() const { return problem->space.lambda(); }
    void set(const std::vector<Tensor>& values) {
        const at::NoGradGuard guard;
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i].copy_(values[i]);
    }
    std::vector<Tensor> copy() const {
        std::vector<Tensor> values;
        for (const Tensor& weight : weights) values.push_back(weight.detach().clone());
        return values;
    }
    void moveLambda(std::int64_t h, double by) {
        const at::NoGradGuard guard;
        lambda().select(0, h).add_(by);
    }
    double validationLoss() { return validationGradient(*problem, validation).loss.item<double>(); }
};

inline Experiment described(const std::string& json) {
    const ParsedExperiment result = parseExperiment(json);
    if (!result.experiment) qFatal("%s", describe(result.mistakes).c_str());
    return *result.experiment;
}

/// Linear regression with one global decay, full batches.
inline Experiment ridgeExperiment(double decay = 0.3) {
    Experiment experiment = described(R"({
        "schema": 1, "name": "ridge",
        "data": {"source": "synthetic-regression", "examples": 60, "features": 5, "noise": 2, "validation": 0.5},
        "model": {"parts": [{"type": "linear", "out": 1}]},
        "regularization": {"weight_decay": "decay"},
        "hyperparameters": [{"name": "decay", "initial": 0.3, "log": true}],
        "tuner": {"type": "implicit", "train_steps": 1, "warmup_epochs": 0},
        "optimizers": {"general": {"type": "sgd", "lr": 0.1, "momentum": 0}},
        "batch": {"train": 30, "validation": 30}, "budget": {"epochs": 3}, "device": "cpu", "threads": 1
    })");
    experiment.hyperparameters[0].initial = decay;
    return experiment;
}

/// A small classifier whose decay and label smoothing are tuned.
/// @param activation "tanh" or "relu"
inline Experiment classifierExperiment(const std::string& activation) {
    return described(R"({
        "schema": 1, "name": "classifier",
        "data": {"source": "synthetic-classification", "examples": 60, "features": 4, "classes": 3, "validation": 0.5, "split": "random"},
        "model": {"parts": [{"type": "linear", "out": 5}, {"type": ")" +
                     activation + R"("}, {"type": "linear", "out": 3}]},
        "regularization": {"weight_decay": "decay", "label_smoothing": "smoothing"},
        "hyperparameters": [{"name": "decay", "initial": 0.05, "log": true},
                            {"name": "smoothing", "initial": 0.1, "min": 0, "max": 0.5}],
        "tuner": {"type": "implicit", "train_steps": 1, "warmup_epochs": 0},
        "optimizers": {"general": {"type": "sgd", "lr": 0.1, "momentum": 0.9}},
        "batch": {"train": 30, "validation": 30}, "budget": {"epochs": 3}, "device": "cpu", "threads": 1
    })");
}

inline at::Generator seeded(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

/// ‖a − b‖ / ‖b‖.
inline double relativeDistance(const Tensor& a, const Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
}
inline Tensor flattened(const std::vector<Tensor>& list) {
    std::vector<Tensor> parts;
    for (const Tensor& tensor : list) parts.push_back(tensor.detach().reshape({-1}));
    return at::cat(parts);
}
inline std::vector<Tensor> unflattened(const Tensor& flat, const std::vector<Tensor>& like) {
    std::vector<Tensor> result;
    std::int64_t from = 0;
    for (const Tensor& tensor : like) {
        result.push_back(flat.narrow(0, from, tensor.numel()).view_as(tensor).detach().clone());
        from += tensor.numel();
    }
    return result;
}
inline std::vector<Tensor> randomLike(const std::vector<Tensor>& list, std::uint64_t seed) {
    at::Generator generator = seeded(seed);
    std::vector<Tensor> result;
    for (const Tensor& tensor : list)
        result.push_back(at::empty_like(tensor).detach().normal_(0, 1, generator));
    return result;
}

} // namespace dstn
