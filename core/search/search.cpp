#include "core/search/search.h"

#include "core/error.h"
#include "core/spec/tuner_rows.h"

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
    return std::visit(
        [&]<class Options>(const Options& own) -> std::unique_ptr<Search> {
            if constexpr (tunerRow<Options>.searches())
                return searchOf(own, SearchSpace(hyperparameters), epochs, seed);
            else
                throw Error(ErrorKind::usage, "The tuner \"" + std::string(traitsOf(spec).id) +
                                                  "\" does not search over trainings.");
        },
        spec.options);
}

} // namespace dstn
