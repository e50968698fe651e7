#include "core/search/uniform.h"

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

} // namespace dstn
