#include "core/data/class_shares.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <set>

namespace dstn {
namespace {

using Classes = std::set<std::int64_t>;

Classes classesOf(std::span<const std::int64_t> labels, const std::vector<std::int64_t>& which) {
    Classes classes;
    for (const std::int64_t i : which) classes.insert(labels[static_cast<std::size_t>(i)]);
    return classes;
}

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

/// “class dog (of 3 classes in all)” or “the classes cat, dog (of 3 classes in all)”, the first few of them.
std::string listed(const Classes& some, const Classes& all, const std::vector<std::string>& names) {
    constexpr std::size_t most = 5;
    std::string text = some.size() == 1 ? "class " : "the classes ";
    std::size_t written = 0;
    for (const std::int64_t c : some) {
        if (written == most) break;
        if (written++ > 0) text += ", ";
        text += names.empty() ? std::to_string(c) : names[static_cast<std::size_t>(c)];
    }
    if (some.size() > most) text += " and " + std::to_string(some.size() - most) + " more";
    return text + " (of " + std::to_string(all.size()) + " classes in all)";
}

Classes without(const Classes& all, const Classes& some) {
    Classes rest;
    std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::inserter(rest, rest.end()));
    return rest;
}

} // namespace

std::vector<std::int64_t> firstOfEachClass(std::span<const std::int64_t> labels, std::int64_t classes,
                                           std::int64_t limit) {
    if (labels.empty()) return {};
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
    for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
    std::vector<std::int64_t> left = quotas(counts, static_cast<std::int64_t>(labels.size()), limit);
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (left[static_cast<std::size_t>(labels[i])]-- > 0) kept.push_back(static_cast<std::int64_t>(i));
    return kept;
}

std::optional<std::string> absentClasses(const DataSpec& spec, std::span<const std::int64_t> labels,
                                         const std::vector<std::string>& classNames, const Split& split,
                                         const std::string& name) {
    const Classes all(labels.begin(), labels.end());
    const Classes train = classesOf(labels, split.train);
    const Classes untrained = without(all, train);
    if (untrained.empty()) return std::nullopt;
    Classes kept = train;
    kept.merge(classesOf(labels, split.validation));
    kept.merge(classesOf(labels, split.test));
    if (const Classes cut = without(all, kept); !cut.empty())
        return name + ": none of the first " + std::to_string(spec.limit) +
               " examples, which data.limit keeps, belongs to " + listed(cut, all, classNames) +
               ". Raise data.limit, or bring the examples into random order.";
    return name + ": the training part holds no example of " + listed(untrained, all, classNames) +
           "; all are held out. " +
           (spec.split == SplitKind::tail
                ? "Set data.split to random, or bring the examples into random order."
                : "Use more examples of them, or change data.validation or data.test.");
}

} // namespace dstn
