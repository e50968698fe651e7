#include "core/search/grid.h"

#include "core/search/whole_trainings.h"

#include <algorithm>
#include <set>

namespace dstn {

Grid::Grid(const SearchSpace& space, const GridOptions& options) {
    const Point middle(space.size(), 0.5);
    for (std::size_t i = 0; i < space.size(); ++i) {
        std::vector<double>& axis = axes_.emplace_back();
        std::set<double> taken;
        const auto add = [&](double coordinate) {
            Point point = middle;
            point[i] = coordinate;
            const double rounded = space.rounded(point)[i];
            if (taken.insert(rounded).second) axis.push_back(rounded);
        };
        const auto named = std::ranges::find(options.values, space.tuned()[i].name, &NamedValues::name);
        if (named != options.values.end()) {
            std::vector<double> natural = space.natural(middle);
            for (const double value : named->values) {
                natural[i] = value;
                add(space.unit(natural)[i]);
            }
        } else {
            for (std::int64_t k = 0; k < options.points; ++k)
                add((static_cast<double>(k) + 0.5) / static_cast<double>(options.points));
        }
    }
}

double Grid::size() const {
    double size = 1.0;
    for (const auto& axis : axes_) size *= static_cast<double>(axis.size());
    return size;
}

Point Grid::point(std::size_t index) const {
    Point point(axes_.size());
    for (std::size_t i = axes_.size(); i-- > 0; index /= axes_[i].size())
        point[i] = axes_[i][index % axes_[i].size()];
    return point;
}

std::optional<Point> Grid::next(const std::vector<Trial>& trials) const {
    if (static_cast<double>(trials.size()) >= size()) return std::nullopt;
    return point(trials.size());
}

template <>
std::unique_ptr<Search> searchOf(const GridOptions& own, SearchSpace space, std::int64_t epochs,
                                 std::uint64_t) {
    return std::make_unique<WholeTrainings>(std::make_unique<Grid>(space, own), own.trials, epochs);
}

} // namespace dstn
