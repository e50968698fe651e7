#include "core/search/search.h"

#include "core/error.h"
#include "core/search/asha.h"
#include "core/search/bayesian.h"
#include "core/search/grid.h"
#include "core/search/pbt.h"
#include "core/search/sobol.h"
#include "core/search/uniform.h"
#include "core/search/whole_trainings.h"

#include <limits>

namespace dstn {

double Trial::best(std::int64_t upTo) const {
    double lowest = std::numeric_limits<double>::infinity();
    for (const auto& [epoch, loss] : losses)
        if (epoch <= upTo && loss < lowest) lowest = loss;
    return lowest;
}

std::unique_ptr<Search> makeSearch(const TunerSpec& spec, const std::vector<Hyperparameter>& hyperparameters,
                                   std::int64_t epochs, std::uint64_t seed) {
    SearchSpace space(hyperparameters);
    if (spec.type == "pbt")
        return std::make_unique<PopulationBasedTraining>(std::move(space), spec, epochs, seed);
    if (spec.type == "grid")
        return std::make_unique<WholeTrainings>(std::make_unique<Grid>(space, spec), spec.trials, epochs);

    const bool stopsEarly = spec.earlyStopping == EarlyStopping::asha;
    std::vector<std::int64_t> rungs =
        stopsEarly ? ashaRungs(spec.minimumEpochs, spec.reduction, epochs) : std::vector{epochs};
    std::unique_ptr<Sampler> sampler;
    if (spec.type == "bayesian")
        sampler = std::make_unique<Bayesian>(std::move(space), spec.startTrials, rungs, seed);
    else if (spec.type == "random" && spec.sampling == Sampling::sobol)
        sampler = std::make_unique<SobolSearch>(std::move(space), seed);
    else if (spec.type == "random")
        sampler = std::make_unique<Uniform>(std::move(space), seed);
    else
        throw Error(ErrorKind::usage, "The tuner \"" + spec.type + "\" does not search over trainings.");
    if (stopsEarly)
        return std::make_unique<Asha>(std::move(sampler), spec.trials, std::move(rungs), spec.reduction);
    return std::make_unique<WholeTrainings>(std::move(sampler), spec.trials, epochs);
}

} // namespace dstn
