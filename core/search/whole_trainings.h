#pragma once

#include "core/search/sampler.h"

namespace dstn {

/// A search without early stopping: every trial is a whole training.
class WholeTrainings : public Search {
  public:
    /// @param trials at most
    WholeTrainings(std::unique_ptr<Sampler> sampler, std::int64_t trials, std::int64_t epochs)
        : sampler_(std::move(sampler)), trials_(trials), epochs_(epochs) {}
    std::optional<Task> next(const std::vector<Trial>& trials) const override;

  private:
    std::unique_ptr<Sampler> sampler_;
    std::int64_t trials_, epochs_;
};

} // namespace dstn
