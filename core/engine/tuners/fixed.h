#pragma once

#include "core/engine/tuners/tuner.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// Plain training: every hyperparameter stays at its initial value, and no response is learned.
class Fixed : public Tuner {
  public:
    using Tuner::Tuner;
    TrainMetrics train(const Batch& batch, at::Generator& generator) override;
    /// Nothing to tune: the loss alone.
    Tensor validate(const Batch& batch, at::Generator& generator) override;
    Tensor predict(const Batch& batch) override;
};

} // namespace dstn
