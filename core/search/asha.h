#pragma once

#include "core/export.h"
#include "core/search/sampler.h"

namespace DSTN_EXPORT dstn {

/// Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020,
/// Algorithm 2, with s = 0). A trial first trains to the lowest rung, `minimum` epochs; rung k lies at
/// minimum · η^k for as long as that is below a whole training, which is the last rung.
///
/// Whenever a trial can start: from the rung below the last one down, the trials of that rung are ranked by
/// their lowest validation loss up to it; of the best ⌊|rung| / η⌋ the first that was not promoted yet is
/// promoted to the next rung. Where there is none, a new trial begins at a point of the sampler, as long as
/// there are fewer than `trials`.
///
/// A trial whose training was interrupted first continues to the rung that it was heading for.
/// A failed one is never promoted; it ranks last in the rung that it was heading for.
class Asha : public Search {
  public:
    Asha(std::unique_ptr<Sampler> sampler, std::int64_t trials, std::vector<std::int64_t> rungs,
         std::int64_t reduction);
    std::optional<Task> next(const std::vector<Trial>& trials) const override;

  private:
    std::optional<Task> promotion(const std::vector<Trial>& trials, std::size_t rung) const;
    std::unique_ptr<Sampler> sampler_;
    std::int64_t trials_;
    std::vector<std::int64_t> rungs_;
    std::size_t reduction_;
};

/// The rungs' epochs, ascending; the last is `epochs`.
std::vector<std::int64_t> ashaRungs(std::int64_t minimum, std::int64_t reduction, std::int64_t epochs);

/// Rungs of a search with or without early stopping: without, a whole training is the only one.
std::vector<std::int64_t> rungsOf(const HalvingOptions& options, std::int64_t epochs);
/// The search that trains at a sampler's points, with or without early stopping.
std::unique_ptr<Search> searchBy(std::unique_ptr<Sampler> sampler, std::int64_t trials,
                                 const HalvingOptions& options, std::int64_t epochs);

} // namespace dstn
