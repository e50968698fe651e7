#pragma once

#include "core/data/dataset.h"
#include "core/engine/torch.h"
#include "core/run/engine.h"

namespace dstn {

/// What a benchmark needs to know about the data: their shape, from the data or, if not available, from
/// what the source always has.
struct BenchData {
    DataInfo info;
    bool atHand = true;
};
/// Throws Error{data} if the data cannot be read and their shape is not known without them.
BenchData benchData(const Experiment& experiment);

/// Times the experiment's network on random data of the same shape: a plain SGD step with the same fused
/// operations and no response parameters, the same of LibTorch's stock modules and optimiser, the tuner's
/// training step with and without a shared primal, with 1 and with 20 hyperparameters, and its validation
/// step. Each repetition takes every one once, so that drift of the machine's speed affects all alike;
/// figures are medians, ratios are medians of the repetitions' ratios. Before that, the peak size of all
/// tensors is counted in plain training and in the tuner's. Throws Error.
BenchReport runBench(const Experiment& experiment, at::Device device, const BenchOptions& options);

} // namespace dstn
