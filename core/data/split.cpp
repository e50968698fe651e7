#include "core/data/split.h"

#include "core/error.h"
#include "core/spec/portable_random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dstn {

static constexpr std::uint64_t splitStream = 1;

static std::int64_t share(std::int64_t count, double part) {
    return std::isfinite(part) ? std::llround(static_cast<double>(count) * std::clamp(part, 0.0, 1.0)) : 0;
}

SplitCounts countSplit(const DataSpec& spec, std::int64_t examples, bool ownTest, const std::string& name,
                       const std::string& unit) {
    const std::int64_t used = spec.limit > 0 ? std::min(spec.limit, examples) : examples;
    const bool wantsTest = !ownTest && spec.test > 0.0;
    SplitCounts counts;
    counts.test = wantsTest ? share(used, spec.test) : 0;
    counts.validation = share(used - counts.test, spec.validation);
    counts.train = used - counts.test - counts.validation;
    if (counts.train < 1 || counts.validation < 1 || (wantsTest && counts.test < 1))
        throw Error(ErrorKind::data,
                    name + ": " + std::to_string(used) + " " + unit + " would be split into " +
                        std::to_string(counts.train) + " for training, " + std::to_string(counts.validation) +
                        " for validation" +
                        (wantsTest ? " and " + std::to_string(counts.test) + " for testing" : "") +
                        "; each part needs at least one. Change data.validation, data.test or "
                        "data.limit, or use more data.");
    return counts;
}

Split makeSplit(const DataSpec& spec, std::int64_t examples, bool ownTest, std::uint64_t seed,
                const std::string& name) {
    const SplitCounts counts = countSplit(spec, examples, ownTest, name);
    std::vector<std::int64_t> order(static_cast<std::size_t>(counts.train + counts.validation + counts.test));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    if (spec.split == SplitKind::random) {
        PortableRandom random(seed, splitStream);
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    }
    const auto validation = order.begin() + counts.train;
    const auto test = validation + counts.validation;
    Split split{
        .train = {order.begin(), validation}, .validation = {validation, test}, .test = {test, order.end()}};
    // Which part an example is in was drawn; its place there need not be, and file order is read faster.
    for (auto* part : {&split.train, &split.validation, &split.test}) std::sort(part->begin(), part->end());
    return split;
}

} // namespace dstn
