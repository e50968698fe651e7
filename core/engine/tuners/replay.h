#pragma once

#include "core/engine/tuners/fixed.h"

namespace dstn {

/// Plain training in which λ follows what it was in another run: from the training step `steps[i]` on
/// each hyperparameter has the i-th of its `values`, until the next. Whether that run's result is due to
/// the schedule or to the final value is then answered by two trainings (MacKay et al. 2019, section 4).
class Replay : public Fixed {
  public:
    /// Throws Error{usage} if the values' names are not those of the problem's hyperparameters.
    Replay(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers);
    bool reached(std::int64_t steps) override;
    bool validates() const override { return false; }

  private:
    std::vector<const std::vector<double>*> values_; ///< by coordinate of λ, natural
};

} // namespace dstn
