#pragma once

#include "core/experiment/experiment.h"

#include <torch/nn.h>

#include <optional>

namespace dstn {

/// The experiment's network of LibTorch's own modules, as a user of LibTorch would write it; rates at their
/// initial values. Nothing if a part has no counterpart among them.
/// @param input one example's shape
std::optional<torch::nn::Sequential> stockNetwork(const Experiment& experiment, const Shape& input);

} // namespace dstn
