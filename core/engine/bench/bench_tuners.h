#pragma once

#include "core/engine/torch.h"
#include "core/run/engine.h"

namespace dstn {

/// Times the training and the validation step of every tuner that works within a run, on the experiment's
/// network and random data of the same shape, each repetition taking every one once. Tuners that need a
/// training loss differentiable in λ get a global weight decay to tune where the experiment has nothing
/// else to tune for them. After that, the next proposal of a Bayesian search. Throws Error.
TunerBenchReport benchTuners(const Experiment& experiment, at::Device device, const BenchOptions& options);

} // namespace dstn
