#pragma once

#include "core/run/engine.h"
#include "core/torch.h"

namespace dstn {

/// Times the experiment's network on random data of its shape: a plain SGD step with the same fused
/// operations and no response parameters, the same of LibTorch's stock modules and optimiser, the tuner's
/// training step with and without a shared primal, and its validation step. Each repetition takes every one
/// once, so that a drift of the machine's speed meets all; figures are medians, ratios are medians of the
/// repetitions' ratios. Throws Error.
BenchReport runBench(const Experiment& experiment, at::Device device, int repetitions);

} // namespace dstn
