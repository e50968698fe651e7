#include "core/search/uniform.h"

#include "core/search/asha.h"
#include "core/search/sobol.h"
#include "core/spec/portable_random.h"

namespace dstn {

Point uniformPoint(const SearchSpace& space, std::uint64_t seed, std::uint64_t trial) {
    PortableRandom random(seed, trial);
    Point point(space.size());
    for (double& coordinate : point) coordinate = random.uniform();
    return space.rounded(point);
}

std::optional<Point> Uniform::next(const std::vector<Trial>& trials) const {
    return uniformPoint(space_, seed_, trials.size());
}

template <>
std::unique_ptr<Search> searchOf(const RandomOptions& own, SearchSpace space, std::int64_t epochs,
                                 std::uint64_t seed) {
    std::unique_ptr<Sampler> sampler;
    if (own.sampling == Sampling::sobol)
        sampler = std::make_unique<SobolSearch>(std::move(space), seed);
    else
        sampler = std::make_unique<Uniform>(std::move(space), seed);
    return searchBy(std::move(sampler), own.trials, own.halving, epochs);
}

} // namespace dstn
