#include "core/data/class_shares.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace dstn {
namespace {

/// How many of each class are kept, [classes], of `counts` examples of each and `all` together.
std::vector<std::int64_t> quotas(const std::vector<std::int64_t>& counts, std::int64_t all,
                                 std::int64_t limit) {
    std::vector<std::int64_t> kept, remainders;
    for (const std::int64_t count : counts) {
        // Labels that lie in memory are too few for the product to overflow.
        kept.push_back(count * limit / all);
        remainders.push_back(count * limit % all);
    }
    std::vector<std::size_t> order(counts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    const std::int64_t left = limit - std::accumulate(kept.begin(), kept.end(), std::int64_t{0});
    for (std::int64_t i = 0; i < left; ++i) ++kept[order[static_cast<std::size_t>(i)]];
    for (std::size_t c = 0; c < counts.size(); ++c)
        if (kept[c] == 0 && counts[c] > 0) {
            --*std::max_element(kept.rbegin(), kept.rend()); // the later of equal ones
            kept[c] = 1;
        }
    return kept;
}

} // namespace

std::vector<std::int64_t> countClasses(std::span<const std::int64_t> labels, std::int64_t classes,
                                       std::span<const std::int64_t> examples) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
    for (const std::int64_t i : examples)
        ++counts[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])];
    return counts;
}

std::vector<std::int64_t> countClasses(std::span<const std::int64_t> labels, std::int64_t classes) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
    for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
    return counts;
}

std::vector<std::int64_t> firstOfEachClass(std::span<const std::int64_t> labels, std::int64_t classes,
                                           std::int64_t limit) {
    if (labels.empty()) return {};
    std::vector<std::int64_t> left =
        quotas(countClasses(labels, classes), static_cast<std::int64_t>(labels.size()), limit);
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (left[static_cast<std::size_t>(labels[i])]-- > 0) kept.push_back(static_cast<std::int64_t>(i));
    return kept;
}

} // namespace dstn
