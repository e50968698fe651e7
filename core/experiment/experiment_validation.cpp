#include "core/experiment/experiment_checks.h"
#include "core/experiment/experiment_document.h"
#include "core/experiment/tunables.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

namespace dstn {

namespace {

class Meaning {
  public:
    explicit Meaning(const Experiment& experiment)
        : experiment_(experiment), uses_(tunablesOf(experiment_)) {}

    std::vector<Finding> findings() {
        data();
        parts();
        augmentation();
        references();
        for (std::size_t i = 0; i < experiment_.hyperparameters.size(); ++i)
            hyperparameter(experiment_.hyperparameters[i], indexed("hyperparameters", i));
        tuner();
        optimizer("optimizers.general", experiment_.optimizers.general);
        optimizer("optimizers.response", experiment_.optimizers.response);
        optimizer("optimizers.hyperparameters", experiment_.optimizers.hyperparameters);
        optimizer("optimizers.scales", experiment_.optimizers.scales);
        return std::move(findings_);
    }

  private:
    void refuse(std::string path, std::string message, std::vector<std::string> needs = {}) {
        findings_.push_back({.mistake = {std::move(path), std::move(message)}, .needs = std::move(needs)});
    }

    void data() {
        const DataSpec& data = experiment_.data;
        const bool classes = data.source == DataSource::syntheticClassification;
        if (!classes && data.source != DataSource::syntheticRegression) return;
        // Examples are made in memory, as numbers of 8 bytes.
        constexpr double largest = 1e9;
        if (static_cast<double>(data.examples) * static_cast<double>(data.features) > largest)
            refuse("data.examples",
                   "expected examples × features of at most " + numberText(largest) + ", found " +
                       std::to_string(data.examples) + " × " + std::to_string(data.features),
                   {"data.features"});
        if (classes && data.classes > data.examples)
            refuse("data.classes",
                   "expected at most the " + std::to_string(data.examples) + " examples, found " +
                       std::to_string(data.classes),
                   {"data.examples"});
    }

    void augmentation() {
        const auto isMixup = [](const Augmentation& a) { return std::holds_alternative<MixupSpec>(a); };
        const auto& list = experiment_.augmentation;
        const auto first = std::ranges::find_if(list, isMixup);
        for (std::size_t i = 0; i < list.size(); ++i)
            if (isMixup(list[i]) && &list[i] != &*first)
                refuse(
                    indexed("augmentation", i),
                    "expected at most one mixup, found a second one: a mixture of mixtures has more than two "
                    "targets. Remove it",
                    {"augmentation"});
    }

    void parts() {
        const auto& parts = experiment_.model.parts;
        const auto learns = [](const Part& part) {
            return std::visit(
                [](const auto& one) {
                    return requires { one.weightDecay; };
                },
                part);
        };
        if (parts.empty())
            refuse("model.parts", "expected at least one part, found an empty list");
        else if (std::ranges::none_of(parts, learns))
            refuse("model.parts", "expected at least one part with weights, such as linear or conv2d: there "
                                  "is nothing to learn");
    }

    /// Every name that is used is declared.
    void references() {
        std::vector<std::string> names;
        for (const Hyperparameter& h : experiment_.hyperparameters) names.push_back(h.name);
        for (const TunableUse& use : uses_) {
            if (use.value->named() && std::ranges::find(names, use.value->hyperparameter) == names.end())
                refuse(use.path,
                       "no hyperparameter " + inQuotes(use.value->hyperparameter) + " is declared" +
                           (names.empty() ? ": declare it under hyperparameters, or write a number"
                                          : ":" + suggestion(use.value->hyperparameter, names)),
                       {"hyperparameters"});
            if (!use.value->named() && use.kind->whole && use.value->value != std::floor(use.value->value))
                refuse(use.path, "expected a whole number, found " + numberText(use.value->value));
        }
    }

    void hyperparameter(const Hyperparameter& h, const std::string& path) {
        const auto first = std::ranges::find(experiment_.hyperparameters, h.name, &Hyperparameter::name);
        const bool again = &*first != &h;
        if (again)
            refuse(path + ".name", "expected a unique name, found " + inQuotes(h.name) + " a second time");
        const bool ranged = range(h, path);
        bool used = false;
        std::set<const TunableKind*> told;
        for (const TunableUse& use : uses_) {
            if (use.value->hyperparameter != h.name) continue;
            used = true;
            // One sentence is enough for several uses of a kind.
            if (ranged && !again && told.insert(use.kind).second) fits(h, use, path);
        }
        if (!used)
            refuse(path + ".name",
                   "nothing uses " + inQuotes(h.name) +
                       ": use it in place of a number (a rate, a weight_decay, a cutout's holes or "
                       "length …), or remove it",
                   {"model", "regularization", "augmentation"});
    }

    /// True where the hyperparameter's own numbers make sense.
    bool range(const Hyperparameter& h, const std::string& path) {
        const auto bad = [](const std::optional<double>& v) { return v && !std::isfinite(*v); };
        if (!std::isfinite(h.initial) || bad(h.min) || bad(h.max)) return false; // told by the fields' ranges
        const std::size_t before = findings_.size();
        if (h.log && h.min && *h.min <= 0)
            refuse(path + ".min", "expected a number above 0 on a logarithmic scale, found " +
                                      numberText(*h.min) + ": leave it out for no lower bound");
        if (h.log && h.max && *h.max <= 0)
            refuse(path + ".max",
                   "expected a number above 0 on a logarithmic scale, found " + numberText(*h.max));
        if (h.min && h.max && *h.min >= *h.max)
            refuse(path + ".max",
                   "expected a number above min, " + numberText(*h.min) + ", found " + numberText(*h.max));
        if (findings_.size() > before) return false;
        if (h.log && h.initial <= 0)
            refuse(path + ".initial",
                   "expected a number above 0 on a logarithmic scale, found " + numberText(h.initial));
        else if ((h.min && h.initial <= *h.min) || (h.max && h.initial >= *h.max))
            refuse(path + ".initial",
                   "expected a number " + between(h) + ", found " + numberText(h.initial) +
                       (h.initial == h.min || h.initial == h.max ? ": the ends of the range cannot be reached"
                                                                 : ""));
        else if (!std::isfinite(Transform(h).toUnconstrained(h.initial)))
            refuse(path + ".initial",
                   "expected a number farther from the ends of its range, found " + numberText(h.initial));
        return findings_.size() == before;
    }

    static std::string between(const Hyperparameter& h) {
        return (h.min ? "above " + numberText(*h.min) : "") + (h.min && h.max ? " and " : "") +
               (h.max ? "below " + numberText(*h.max) : "");
    }

    /// Whether all values that the hyperparameter can take make sense in this place.
    void fits(const Hyperparameter& h, const TunableUse& use, const std::string& path) {
        const std::vector<std::string> needs{use.path};
        const std::string where = inQuotes(h.name) + " is used at " + use.path;
        if (h.discrete && !use.kind->whole)
            refuse(path + ".discrete", "expected false: " + where + ", which takes fractions", needs);
        const Range& range = use.kind->range;
        const auto expected = [&](const char* which, const std::string& bound,
                                  const std::optional<double>& end) {
            return std::string("expected ") + which + " end " + bound + ": " + where + ", where " +
                   words(range, use.kind->noun) + " is expected" + (end ? "; found " + numberText(*end) : "");
        };
        // The ends themselves are never reached, but for an upper one that rounding reaches. Without an end,
        // a logarithmic hyperparameter stays above 0 by itself, and a held one where it is.
        const bool low = h.min   ? *h.min < range.min
                         : h.log ? range.min > 0 && (h.tune || h.initial < range.min)
                                 : h.initial < range.min || (h.tune && std::isfinite(range.min));
        if (low)
            refuse(path + ".min", expected("a lower", "of at least " + numberText(range.min), h.min), needs);
        const auto beyond = [&](double value) {
            return range.maxOpen ? value >= range.max : value > range.max;
        };
        const bool high = h.max ? beyond(*h.max) : beyond(h.initial) || (h.tune && std::isfinite(range.max));
        if (high)
            refuse(path + ".max",
                   expected("an upper", (range.maxOpen ? "below " : "of at most ") + numberText(range.max),
                            h.max),
                   needs);
    }

    void tuner() {
        const TunerSpec& tuner = experiment_.tuner;
        const TunerTraits& traits = traitsOf(tuner);
        const bool none = std::ranges::none_of(experiment_.hyperparameters, &Hyperparameter::tune);
        if (none && (traits.moves() || traits.searches()))
            refuse("hyperparameters",
                   "the tuner has nothing to tune: declare a hyperparameter with \"tune\": true, or set "
                   "tuner.type to \"fixed\"",
                   {"tuner.type"});
        std::ranges::move(searchFindings(experiment_), std::back_inserter(findings_));
        if (const auto* schedule = std::get_if<ReplayOptions>(&tuner.options)) replay(*schedule);
        if (!none && traits.needsDerivatives) derivatives();
        if (traits.needsSgd) plainSteps(std::string(traits.id));
        if (tuner.sharePrimal && !tuner.linearize)
            refuse("tuner.share_primal", "expected false where tuner.linearize is false: only the linearised "
                                         "prediction contains the primal that could be shared");
        const auto* response = std::get_if<DeltaStnOptions>(&tuner.options);
        if (tuner.sharePrimal && response != nullptr && !(response->centered && response->separate))
            refuse("tuner.share_primal",
                   "expected false where tuner.centered or tuner.separate is false: only then do "
                   "both training steps have the same primal");
    }

    /// Steps that ascend from 0, and for every hyperparameter that moves a value at each, inside its range.
    void replay(const ReplayOptions& schedule) {
        const auto& steps = schedule.steps;
        if (steps.empty() || steps.front() != 0)
            refuse("tuner.steps", "expected training steps of which the first is 0" +
                                      (steps.empty() ? ", found an empty list"
                                                     : ", found " + numberText(steps.front()) + " first"));
        for (std::size_t i = 1; i < steps.size(); ++i)
            if (steps[i] <= steps[i - 1] || steps[i] != std::floor(steps[i])) {
                refuse(indexed("tuner.steps", i), "expected a whole number above the one before it, " +
                                                      numberText(steps[i - 1]) + ", found " +
                                                      numberText(steps[i]));
                break;
            }
        std::vector<std::string> names;
        for (const Hyperparameter& h : experiment_.hyperparameters)
            if (h.tune) names.push_back(h.name);
        std::set<std::string> given;
        for (std::size_t i = 0; i < schedule.values.size(); ++i) {
            const auto& [name, values] = schedule.values[i];
            const std::string path = indexed("tuner.values", i);
            if (!given.insert(name).second)
                refuse(path + ".name",
                       "expected each hyperparameter once, found " + inQuotes(name) + " a second time");
            const auto h = std::ranges::find(experiment_.hyperparameters, name, &Hyperparameter::name);
            if (h == experiment_.hyperparameters.end() || !h->tune) {
                refuse(path + ".name",
                       "no hyperparameter " + inQuotes(name) + " is declared with \"tune\": true" +
                           (names.empty() ? "" : ":" + suggestion(name, names)),
                       {"hyperparameters"});
                continue;
            }
            if (values.size() != steps.size())
                refuse(path + ".values",
                       "expected a value for each of the " + std::to_string(steps.size()) +
                           " tuner.steps, found " + std::to_string(values.size()),
                       {"tuner.steps"});
            for (std::size_t k = 0; k < values.size(); ++k)
                if (!std::isfinite(Transform(*h).toUnconstrained(values[k]))) {
                    refuse(indexed(path + ".values", k),
                           "expected a number inside the range of " + inQuotes(name) +
                               (h->min || h->max ? ", " + between(*h) : "") + ", found " +
                               numberText(values[k]),
                           {"hyperparameters"});
                    break;
                }
        }
        for (const std::string& name : names)
            if (!given.contains(name))
                refuse("tuner.values",
                       "expected values for each hyperparameter with \"tune\": true: those of " +
                           inQuotes(name) + " are missing",
                       {"hyperparameters"});
    }

    /// Implicit differentiation and unrolling tune what the training loss has a derivative by.
    void derivatives() {
        const std::vector<std::string> held = experiment_.heldNames();
        const auto tuned = std::ranges::count_if(experiment_.hyperparameters, &Hyperparameter::tune);
        if (static_cast<std::ptrdiff_t>(held.size()) < tuned) return;
        std::string names;
        for (const std::string& name : held) names += (names.empty() ? "" : ", ") + inQuotes(name);
        refuse("tuner.type",
               "the tuner " + inQuotes(traitsOf(experiment_.tuner).id) +
                   " differentiates the training loss, which has no derivative with respect to " +
                   (held.size() == 1 ? "the one hyperparameter" : "any of the hyperparameters") +
                   " to be tuned, " + names +
                   ": it drops, draws or rounds. Tune a weight_decay, a label_smoothing or a strength of "
                   "activation regularisation, or choose another tuner, such as \"delta-stn\"",
               {"model", "regularization", "augmentation", "hyperparameters"});
    }

    /// Derivatives that go through training steps know those of sgd alone.
    void plainSteps(const std::string& tuner) {
        const OptimizerSpec& general = experiment_.optimizers.general;
        if (general.type != OptimizerKind::sgd)
            refuse("optimizers.general.type",
                   "expected \"sgd\" with the tuner " + inQuotes(tuner) +
                       ", which differentiates through sgd steps only: choose sgd, or another tuner, such "
                       "as \"implicit\"",
                   {"tuner.type"});
        else if (general.clipNorm > 0)
            refuse("optimizers.general.clip_norm",
                   "expected 0 with the tuner " + inQuotes(tuner) +
                       ", which does not differentiate through gradient clipping, found " +
                       numberText(general.clipNorm) + ": or choose another tuner, such as \"implicit\"",
                   {"tuner.type"});
    }

    void optimizer(const std::string& path, const OptimizerSpec& optimizer) {
        if (optimizer.type == OptimizerKind::sgd && optimizer.nesterov && optimizer.momentum <= 0)
            refuse(path + ".nesterov", "expected false, or a momentum above 0: Nesterov momentum needs one",
                   {path + ".momentum"});
        if (optimizer.schedule.type == ScheduleKind::cosine && optimizer.schedule.minimum > optimizer.lr)
            refuse(path + ".schedule.minimum",
                   "expected a number of at most lr, " + numberText(optimizer.lr) + ", found " +
                       numberText(optimizer.schedule.minimum),
                   {path + ".lr"});
    }

    Experiment experiment_; // a copy: uses_ points into it
    std::vector<TunableUse> uses_;
    std::vector<Finding> findings_;
};

} // namespace

std::vector<std::string> Experiment::tunedNames() const {
    std::vector<std::string> names;
    if (!traitsOf(tuner).moves()) return names;
    const std::vector<std::string> held = heldNames();
    for (const Hyperparameter& h : hyperparameters)
        if (h.tune && std::ranges::find(held, h.name) == held.end()) names.push_back(h.name);
    return names;
}

std::int64_t Experiment::responseCount() const {
    return traitsOf(tuner).learnsResponse ? static_cast<std::int64_t>(tunedNames().size()) : 0;
}

std::vector<std::string> Experiment::heldNames() const {
    std::vector<std::string> names;
    if (!traitsOf(tuner).needsDerivatives) return names;
    std::set<std::string> held;
    Experiment copy = *this;
    for (const TunableUse& use : tunablesOf(copy))
        if (!use.kind->differentiable) held.insert(use.value->hyperparameter);
    for (const Hyperparameter& h : hyperparameters)
        if (h.tune && held.contains(h.name)) names.push_back(h.name);
    return names;
}

std::vector<Finding> meaningFindings(const Experiment& experiment) { return Meaning(experiment).findings(); }

std::vector<Mistake> validate(const Experiment& experiment) {
    std::vector<Mistake> mistakes;
    for (const auto& findings : {rangeFindings(experiment), meaningFindings(experiment)})
        for (const Finding& finding : findings)
            if (std::ranges::find(mistakes, finding.mistake.path, &Mistake::path) == mistakes.end())
                mistakes.push_back(finding.mistake);
    sortByDocument(mistakes, experimentTree(experiment));
    return mistakes;
}

} // namespace dstn
