#include "core/data/split_info.h"

#include "core/data/class_shares.h"
#include "core/error.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace dstn {
namespace {

using Counts = std::vector<std::int64_t>;

std::string counted(std::int64_t number, const char* one) {
    return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

/// “class dog (of 3 classes in all)” or “the classes cat, dog (of 3 classes in all)”, the first few of them.
std::string listed(const std::vector<std::size_t>& some, std::size_t all,
                   const std::vector<std::string>& names) {
    constexpr std::size_t most = 5;
    std::string text = some.size() == 1 ? "class " : "the classes ";
    for (std::size_t i = 0; i < std::min(most, some.size()); ++i)
        text += (i > 0 ? ", " : "") + (names.empty() ? std::to_string(some[i]) : printable(names[some[i]]));
    if (some.size() > most) text += " and " + std::to_string(some.size() - most) + " more";
    return text + " (of " + std::to_string(all) + " classes in all)";
}

/// Of a split's parts, what each class has.
class ClassReport {
  public:
    ClassReport(const DataInfo& info, const DataSpec& spec, const SplitSource& source, const Split& split)
        : info_(info),
          spec_(spec),
          source_(source),
          all_(countClasses(source.labels, source.classes)),
          kept_(all_.size()) {
        for (const auto* part : {&split.train, &split.validation, &split.test}) {
            const Counts counts = countClasses(source.labels, source.classes, *part);
            std::ranges::transform(kept_, counts, kept_.begin(), std::plus());
        }
    }

    std::vector<std::string> warnings() const {
        std::vector<std::string> result;
        std::vector<std::size_t> cut, untrained, unknown, unmeasured;
        for (std::size_t c = 0; c < all_.size(); ++c) {
            if (kept_[c] == 0 && all_[c] > 0)
                cut.push_back(c);
            else if (info_.trainOfClass[c] == 0)
                (all_[c] > 0 ? untrained : unknown).push_back(c);
            else if (info_.validationOfClass[c] == 0)
                unmeasured.push_back(c);
        }
        const auto say = [&](const std::vector<std::size_t>& classes, const std::string& before,
                             const std::string& after) {
            if (classes.empty()) return;
            std::string text = source_.name + ": " + before;
            result.push_back(text.append(listed(classes, all_.size(), source_.classNames)).append(after));
        };
        say(cut,
            "none of the first " + std::to_string(spec_.limit) +
                " examples, which data.limit keeps, belongs to ",
            ". Raise data.limit, or bring the examples into random order.");
        say(untrained, "the training part holds no example of ", "; all are held out. " + moreTraining());
        say(unknown, "the training part holds no example of ", ", so that it cannot be learned.");
        say(unmeasured, "the validation part holds no example of ",
            ", so that nothing is measured of it. " + moreValidation());
        return result;
    }

  private:
    std::string moreTraining() const {
        return spec_.split == SplitKind::tail
                   ? "Set data.split to stratified or random, or bring the examples into random order."
                   : "Use more examples of them, or change data.validation or data.test.";
    }
    std::string moreValidation() const {
        if (spec_.split == SplitKind::random || spec_.split == SplitKind::tail)
            return "Set data.split to stratified, or raise data.validation.";
        return splitKind(spec_, source_) == SplitKind::given
                   ? "Set data.split to stratified to draw one from the training examples."
                   : "Use more examples of it, or raise data.validation.";
    }

    const DataInfo& info_;
    const DataSpec& spec_;
    const SplitSource& source_;
    Counts all_;
    Counts kept_; ///< in any part that is drawn from the training examples
};

void countClassesOf(DataInfo& info, const SplitSource& source, SplitKind kind, const Split& split) {
    const auto part = [&](const std::optional<OwnPart>& own, const std::vector<std::int64_t>& drawn) {
        return own ? countClasses(own->labels, source.classes)
                   : countClasses(source.labels, source.classes, drawn);
    };
    info.trainOfClass = countClasses(source.labels, source.classes, split.train);
    info.validationOfClass =
        part(kind == SplitKind::given ? source.validation : std::optional<OwnPart>(), split.validation);
    info.testOfClass = part(source.test, split.test);
}

} // namespace

std::optional<Split> probedSplit(const DataSpec& spec, const SplitSource& source,
                                 std::optional<std::uint64_t> seed) {
    // How many of each class a stratified part gets does not depend on the seed.
    const bool unknown = splitKind(spec, source) == SplitKind::random && !seed;
    if (source.labels.empty() || unknown) return std::nullopt;
    return makeSplit(spec, source, seed.value_or(0));
}

void describeSplit(DataInfo& info, const DataSpec& spec, const SplitSource& source,
                   const std::optional<Split>& split) {
    const SplitCounts counts = countSplit(spec, source);
    info.train = counts.train;
    info.validation = counts.validation;
    info.test = counts.test;
    const SplitKind kind = splitKind(spec, source);
    if (spec.split == SplitKind::automatic)
        info.decisions.push_back(kind == SplitKind::given ? "The validation part is the data's own, of " +
                                                                counted(counts.validation, "example") + "."
                                 : kind == SplitKind::stratified
                                     ? "The validation part is drawn by the seed, of each class its share."
                                     : "The validation part is drawn by the seed.");
    if (source.validation && kind != SplitKind::given)
        info.warnings.push_back(source.name + ": its own validation part of " +
                                counted(source.validation->examples, "example") +
                                " is left unused, as data.split asks for another. Set it to given to use "
                                "that part.");
    if (source.test && spec.test > 0.0)
        info.decisions.push_back("The test part is the data's own, of " + counted(counts.test, "example") +
                                 "; data.test is not needed.");
    if (!split || source.labels.empty()) return;
    countClassesOf(info, source, kind, *split);
    for (std::string& warning : ClassReport(info, spec, source, *split).warnings())
        info.warnings.push_back(std::move(warning));
}

} // namespace dstn
