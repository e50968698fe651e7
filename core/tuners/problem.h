#pragma once

#include "core/data/augmentation.h"
#include "core/data/device_data.h"
#include "core/hyperparameters/space.h"
#include "core/models/network.h"

#include <vector>

namespace dstn {

/// The loss of both levels, and the share of right answers: cross-entropy for classification, the mean
/// squared error over batch and outputs for regression.
struct Objective {
    bool classification = true;
    Tensor loss(const Tensor& outputs, const Tensor& targets) const;
    /// The number of right answers, int64 scalar; undefined for regression.
    Tensor correct(const Tensor& outputs, const Tensor& targets) const;
};

/// A cutout whose numbers are resolved.
struct CutoutSetting {
    Setting holes, length;
    std::int64_t maxHoles = 1;
};

/// What a tuner works on: a network, its hyperparameters, and the training and validation losses.
struct Problem {
    Network network;
    Space space;
    Objective objective;
    std::vector<CutoutSetting> cutouts;

    /// The training inputs after augmentation.
    /// @param values natural hyperparameters, [batch or 1, H]
    Tensor augment(const Tensor& inputs, const Tensor& values, at::Generator& generator) const;
};

} // namespace dstn
