#pragma once

#include "core/data/dataset.h"
#include "core/engine/torch.h"
#include "core/run/engine.h"

namespace dstn {

/// What a bench needs to know of the data: their form, from the data or, where they are not at hand, from
/// what the source always has.
struct BenchData {
    DataInfo info;
    bool atHand = true;
};
/// Throws Error{data} where the data cannot be read and their form is not known without them.
BenchData benchData(const Experiment& experiment);

/// Times the experiment's network on random data of its data's form: a plain SGD step with the same fused
/// operations and no response parameters, the same of LibTorch's stock modules and optimiser, the tuner's
/// training step with and without a shared primal, with 1 and with 20 hyperparameters, and its validation
/// step. Each repetition takes every one once, so that a drift of the machine's speed meets all; figures are
/// medians, ratios are medians of the repetitions' ratios. Before that, the bytes of all tensors at their
/// most are counted in plain training and in the tuner's. Throws Error.
BenchReport runBench(const Experiment& experiment, at::Device device, const BenchOptions& options);

} // namespace dstn
