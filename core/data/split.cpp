#include "core/data/split.h"

#include "core/data/class_shares.h"
#include "core/error.h"
#include "core/spec/portable_random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dstn {
namespace {

constexpr std::uint64_t splitStream = 1;

using Indices = std::vector<std::int64_t>;

std::int64_t share(std::int64_t count, double part) {
    return std::isfinite(part) ? std::llround(static_cast<double>(count) * std::clamp(part, 0.0, 1.0)) : 0;
}

std::int64_t sumOf(const Indices& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0});
}

/// @param why what else explains the counts; may be empty
void requireParts(const SplitCounts& counts, bool wantsTest, const std::string& name, const std::string& unit,
                  const std::string& why = {}) {
    if (counts.train >= 1 && counts.validation >= 1 && (!wantsTest || counts.test >= 1)) return;
    throw Error(ErrorKind::data,
                name + ": " + std::to_string(counts.train + counts.validation + counts.test) + " " + unit +
                    " would be split into " + std::to_string(counts.train) + " for training, " +
                    std::to_string(counts.validation) + " for validation" +
                    (wantsTest ? " and " + std::to_string(counts.test) + " for testing" : "") + why +
                    "; each part needs at least one. Change data.validation, data.test or "
                    "data.limit, or use more data.");
}

SplitCounts sharesOf(const DataSpec& spec, std::int64_t examples, bool ownTest) {
    const std::int64_t used = spec.limit > 0 ? std::min(spec.limit, examples) : examples;
    SplitCounts counts;
    counts.test = !ownTest && spec.test > 0.0 ? share(used, spec.test) : 0;
    counts.validation = share(used - counts.test, spec.validation);
    counts.train = used - counts.test - counts.validation;
    return counts;
}

/// The examples that the limit keeps, ascending.
Indices keptBy(const DataSpec& spec, const SplitSource& source) {
    const bool limited = spec.limit > 0 && spec.limit < source.examples;
    if (limited && source.classByClass) return firstOfEachClass(source.labels, source.classes, spec.limit);
    Indices kept(static_cast<std::size_t>(limited ? spec.limit : source.examples));
    std::iota(kept.begin(), kept.end(), std::int64_t{0});
    return kept;
}

std::int64_t labelOf(const SplitSource& source, std::int64_t example) {
    return source.labels[static_cast<std::size_t>(example)];
}

Indices countsOf(const SplitSource& source, const Indices& examples) {
    return countClasses(source.labels, source.classes, examples);
}

/// How many of each class a part gets, `wanted` in all where that leaves `keep` of each class that has them.
Indices allotted(const Indices& left, std::int64_t wanted, std::int64_t keep) {
    const std::int64_t all = std::max<std::int64_t>(sumOf(left), 1);
    const auto room = [&](std::size_t c) { return std::max<std::int64_t>(left[c] - keep, 0); };
    Indices given, remainders;
    std::vector<std::size_t> order(left.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t c = 0; c < left.size(); ++c) {
        given.push_back(std::min(left[c] * wanted / all, room(c)));
        remainders.push_back(left[c] * wanted % all);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    for (std::int64_t missing = wanted - sumOf(given), before = 0; missing > 0 && missing != before;) {
        before = missing;
        for (const std::size_t c : order)
            if (missing > 0 && given[c] < room(c)) {
                ++given[c];
                --missing;
            }
    }
    for (std::size_t c = 0; c < left.size(); ++c) {
        if (given[c] > 0 || room(c) == 0) continue;
        const auto most = std::max_element(given.rbegin(), given.rend()); // the later of equal ones
        if (*most < 2) break;
        --*most;
        given[c] = 1;
    }
    return given;
}

/// Of each class, how many are for testing and for validation.
struct Quotas {
    Indices test, validation;
};

/// @param validation whether one is to be drawn
Quotas quotasOf(const DataSpec& spec, const SplitSource& source, const Indices& counts, bool validation) {
    const SplitCounts shares = sharesOf(spec, sumOf(counts), source.test.has_value());
    // One example each for training and for validation come before those for testing.
    Quotas quotas{.test = allotted(counts, shares.test, 2), .validation = Indices(counts.size())};
    if (sumOf(quotas.test) < shares.test) quotas.test = allotted(counts, shares.test, 1);
    if (!validation) return quotas;
    Indices rest = counts;
    for (std::size_t c = 0; c < rest.size(); ++c) rest[c] -= quotas.test[c];
    quotas.validation = allotted(rest, shares.validation, 1);
    return quotas;
}

/// Examples in an order drawn by the seed.
Indices drawn(Indices order, std::uint64_t seed) {
    PortableRandom random(seed, splitStream);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    return order;
}

Split byQuotas(const SplitSource& source, const Indices& order, Quotas quotas) {
    Split split;
    for (const std::int64_t i : order) {
        const auto c = static_cast<std::size_t>(labelOf(source, i));
        if (quotas.test[c]-- > 0)
            split.test.push_back(i);
        else if (quotas.validation[c]-- > 0)
            split.validation.push_back(i);
        else
            split.train.push_back(i);
    }
    return split;
}

Split byPlace(const Indices& order, const SplitCounts& counts) {
    const auto validation = order.begin() + counts.train;
    const auto test = validation + counts.validation;
    return {
        .train = {order.begin(), validation}, .validation = {validation, test}, .test = {test, order.end()}};
}

/// Whether neighbours are of one class far more often than in an order that was drawn.
bool runsByClass(const SplitSource& source, const Indices& examples) {
    const Indices counts = countsOf(source, examples);
    const auto present = std::count_if(counts.begin(), counts.end(), [](auto count) { return count > 0; });
    const auto n = static_cast<double>(examples.size());
    double expected = n; // changes of class from one example to the next
    for (const std::int64_t count : counts)
        expected -= static_cast<double>(count) * static_cast<double>(count) / n;
    std::int64_t changes = 0;
    for (std::size_t i = 1; i < examples.size(); ++i)
        changes += labelOf(source, examples[i]) != labelOf(source, examples[i - 1]) ? 1 : 0;
    const bool sorted = source.classByClass ||
                        (changes + 1 == present && 2 * present <= static_cast<std::int64_t>(examples.size()));
    return present > 1 && (sorted || 2.0 * static_cast<double>(changes) <= expected);
}

/// Refuses the tail of examples that are ordered by class: it holds other classes than the rest.
void refuseOrderedTail(const SplitSource& source, const Indices& examples, const Split& split) {
    if (source.labels.empty() || !runsByClass(source, examples)) return;
    const Indices all = countsOf(source, examples);
    const auto refuse = [&](const Indices& part, const char* which) {
        for (std::size_t c = 0; c < all.size(); ++c)
            if (all[c] > 0 && part[c] == 0)
                throw Error(
                    ErrorKind::data,
                    source.name +
                        ": the examples are ordered by class, so that their tail, which "
                        "data.split holds out, would leave no example of class " +
                        (source.classNames.empty() ? std::to_string(c) : printable(source.classNames[c])) +
                        " for " + which + ". Set data.split to stratified or random.");
    };
    refuse(countsOf(source, split.train), "training");
    refuse(countsOf(source, split.validation), "validation");
}

} // namespace

SplitCounts countShares(const DataSpec& spec, std::int64_t examples, bool ownTest, const std::string& name,
                        const std::string& unit) {
    const SplitCounts counts = sharesOf(spec, examples, ownTest);
    requireParts(counts, !ownTest && spec.test > 0.0, name, unit);
    return counts;
}

SplitKind splitKind(const DataSpec& spec, const SplitSource& source) {
    const bool classes = source.task == TaskKind::classification;
    if (spec.split == SplitKind::automatic)
        return source.validation ? SplitKind::given : classes ? SplitKind::stratified : SplitKind::random;
    if (spec.split == SplitKind::given && !source.validation)
        throw Error(ErrorKind::data,
                    source.name + ": has no validation part of its own, which data.split given asks for" +
                        (source.lookedFor.empty() ? "" : ": " + source.lookedFor + " would be one") +
                        ". Add one, or set data.split to " + (classes ? "stratified or random." : "random."));
    if (spec.split == SplitKind::stratified && !classes)
        throw Error(ErrorKind::data,
                    source.name + ": the targets are numbers, and data.split stratified holds out a share of "
                                  "each class. Set data.split to random or tail.");
    return spec.split;
}

SplitCounts countSplit(const DataSpec& spec, const SplitSource& source) {
    const SplitKind kind = splitKind(spec, source);
    const bool given = kind == SplitKind::given;
    if (source.classByClass && spec.limit > 0 && spec.limit < std::min(source.classes, source.examples))
        throw Error(ErrorKind::data,
                    source.name + ": data.limit keeps " + std::to_string(spec.limit) +
                        (spec.limit == 1 ? " image" : " images") + " of " + std::to_string(source.classes) +
                        " classes; each needs at least one. Set data.limit to " +
                        std::to_string(source.classes) + " or more, or to 0 for all images.");
    SplitCounts counts = sharesOf(spec, source.examples, source.test.has_value());
    const bool byClass = !source.labels.empty() && (given || kind == SplitKind::stratified);
    if (byClass) {
        const Indices kept = keptBy(spec, source);
        const Quotas quotas = quotasOf(spec, source, countsOf(source, kept), !given);
        counts.test = sumOf(quotas.test);
        counts.validation = sumOf(quotas.validation);
        counts.train = static_cast<std::int64_t>(kept.size()) - counts.test - counts.validation;
    } else if (given) {
        counts.train += counts.validation;
    }
    if (given) counts.validation = source.validation->examples;
    requireParts(counts, !source.test && spec.test > 0.0, source.name, "examples",
                 byClass && !given ? ", as data.split stratified keeps one of each class for training" : "");
    if (source.test) counts.test = source.test->examples;
    return counts;
}

Split makeSplit(const DataSpec& spec, const SplitSource& source, std::uint64_t seed) {
    const SplitKind kind = splitKind(spec, source);
    const bool given = kind == SplitKind::given;
    SplitCounts counts = countSplit(spec, source);
    if (given) counts.validation = 0;
    const Indices kept = keptBy(spec, source);
    Split split;
    if (kind == SplitKind::tail) {
        split = byPlace(kept, counts);
        refuseOrderedTail(source, kept, split);
        return split;
    }
    if (!source.labels.empty() && (given || kind == SplitKind::stratified))
        split = byQuotas(source, drawn(kept, seed), quotasOf(spec, source, countsOf(source, kept), !given));
    else
        split = byPlace(drawn(kept, seed), counts);
    // Which part an example is in was drawn; its place there need not be, and file order is read faster.
    for (auto* part : {&split.train, &split.validation, &split.test}) std::sort(part->begin(), part->end());
    return split;
}

} // namespace dstn
