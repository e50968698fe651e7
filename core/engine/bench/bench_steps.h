#pragma once

#include "core/engine/training/training.h"
#include "core/run/engine.h"

#include <functional>
#include <vector>

namespace dstn {

// The building blocks of benchmarks.

/// A step that is timed.
struct Timed {
    std::function<void()> step;
    std::vector<double> milliseconds = {}; ///< of each repetition

    double median() const;
    /// The median of the repetitions' ratios.
    double over(const Timed& other) const;
};

/// Takes the steps in turn until there are enough repetitions, or time is up and there are at least a few.
/// @return how many repetitions count
int repeatInTurn(std::vector<Timed*>& steps, at::Device device, const BenchOptions& options);

/// An experiment's tuner with its problem, on data of this shape.
struct Bench {
    /// Throws Error{usage} if experiment and data do not match.
    Bench(const Experiment& experiment, const DataInfo& data, at::Device device);
    std::unique_ptr<Problem> problem;
    std::unique_ptr<Tuner> tuner;
};

/// A training batch of random data of this shape.
Batch randomBatch(const Experiment& experiment, const DataInfo& data, at::Device device,
                  at::Generator& generator);

} // namespace dstn
