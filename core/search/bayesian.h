#pragma once

#include "core/export.h"
#include "core/search/sampler.h"
#include "core/search/sobol.h"

namespace DSTN_EXPORT dstn {

/// Bayesian optimisation (Snoek, Larochelle & Adams 2012): a Gaussian process (gaussian_process.h) of the
/// losses so far, and the point with the largest expected improvement over the lowest of them
/// (expected_improvement.h).
///
/// The first `startTrials` points are a scrambled Sobol sequence's, and so are further ones for as long as
/// fewer than two losses are known; points that were tried are skipped.
///
/// A trial's loss is its lowest validation loss up to a rung: where trials end early, the highest rung that
/// at least d + 1 trials have reached, d being the number of hyperparameters, and otherwise the lowest rung
/// (as in BOHB; Falkner, Klein & Hutter 2018). So only losses after equally long trainings are compared.
/// Trials that have not reached it are left out, except that
///
/// - a running one counts as if it had found the lowest loss so far (the constant liar, CL-min; Ginsbourger,
///   Le Riche & Carraro 2010), which keeps trials that run at once apart;
/// - one that failed, or whose loss is not finite, counts with the highest finite loss.
///
/// Losses are heavy-tailed towards bad ones, and those say little about the best ones: what is above the
/// upper quartile by more than 1.5 interquartile ranges (Tukey's fence) is lowered to the fence. Then they
/// are standardised. Beyond 400 trials, the model uses the best 200 and the latest 200 of the others.
class Bayesian : public Sampler {
  public:
    /// @param rungs epochs at which trials may end, ascending; the last is a whole training
    Bayesian(SearchSpace space, std::int64_t startTrials, std::vector<std::int64_t> rungs,
             std::uint64_t seed);
    std::optional<Point> next(const std::vector<Trial>& trials) const override;

  private:
    Point startPoint(const std::vector<Point>& tried) const;
    SearchSpace space_;
    ScrambledSobol start_;
    std::int64_t startTrials_;
    std::vector<std::int64_t> rungs_;
    std::uint64_t seed_;
};

/// What the model learns from.
struct Observations {
    std::vector<Point> points;
    std::vector<double> losses; ///< finite; not transformed
};
/// By the rules above; no points where fewer than two finite losses are known.
Observations observationsOf(const std::vector<Trial>& trials, const std::vector<std::int64_t>& rungs,
                            std::size_t dimension);
/// Losses with those above Tukey's upper fence lowered to it.
std::vector<double> fenced(std::vector<double> losses);

} // namespace dstn
