#pragma once

#include "core/export.h"
#include "core/search/search.h"

namespace DSTN_EXPORT dstn {

/// Population based training (Jaderberg et al. 2017) with truncation selection, in generations. Member m is
/// trial m. Generation g trains every member to g · interval epochs (the last one to the end). When all have
/// reached it, they are ranked by their validation loss at that epoch, and of P members
///
/// - *exploit*: each of the worst ⌊quantile · P⌋ copies the weights and hyperparameters of one of the
///   best ⌊quantile · P⌋, drawn uniformly;
/// - *explore*: it then redraws each hyperparameter with probability ¼, uniform on the unit interval, or
///   else multiplies its natural value by 0.8 or 1.2, held inside the range; a discrete one goes one up or
///   down.
///
/// All others continue unchanged. Draws follow from the seed, the member and the generation alone. Those that
/// take over weights come first, so that these are still what they were at the end of the generation. Members
/// that failed before are left out; a loss that is not finite ranks last and is not taken over.
class PopulationBasedTraining : public Search {
  public:
    PopulationBasedTraining(SearchSpace space, const PbtOptions& options, std::int64_t epochs,
                            std::uint64_t seed);
    std::optional<Task> next(const std::vector<Trial>& trials) const override;

    /// What follows for a member at the end of a generation, at `epochs`: the member whose weights it takes
    /// over, if any.
    std::optional<std::int64_t> exploited(const std::vector<Trial>& trials, std::int64_t member,
                                          std::int64_t epochs) const;
    /// A donor's point after a member's exploration at the end of a generation.
    Point explored(const Point& donor, std::int64_t member, std::int64_t epochs) const;

  private:
    SearchSpace space_;
    std::int64_t population_, interval_, epochs_;
    double quantile_;
    std::uint64_t seed_;
};

} // namespace dstn
