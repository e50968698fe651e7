#include "core/run/experiment_checks.h"
#include "core/run/experiment_document.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace dstn {

namespace {

/// What a number in the document is for, and so which values a hyperparameter in its place may take.
enum class Role { rate, decay, holes, length };

bool isWhole(Role role) { return role == Role::holes || role == Role::length; }

struct Use {
    std::string path;
    const Tunable* value;
    Role role;
};

void addDecays(std::vector<Use>& uses, const std::string& path, const std::vector<Tunable>& decays) {
    for (std::size_t i = 0; i < decays.size(); ++i)
        uses.push_back({decays.size() == 1 ? path : indexed(path, i), &decays[i], Role::decay});
}

/// Every place that takes a number or a hyperparameter, in document order.
std::vector<Use> usesOf(const Experiment& experiment) {
    std::vector<Use> uses;
    for (std::size_t i = 0; i < experiment.model.parts.size(); ++i) {
        const std::string path = indexed("model.parts", i);
        std::visit(
            [&](const auto& part) {
                if constexpr (requires { part.rate; })
                    uses.push_back({path + ".rate", &part.rate, Role::rate});
                if constexpr (requires { part.weightDecay; })
                    addDecays(uses, path + ".weight_decay", part.weightDecay);
            },
            experiment.model.parts[i]);
    }
    addDecays(uses, "regularization.weight_decay", experiment.weightDecay);
    for (std::size_t i = 0; i < experiment.augmentation.size(); ++i) {
        const std::string path = indexed("augmentation", i);
        const auto& cutout = std::get<CutoutSpec>(experiment.augmentation[i]);
        uses.push_back({path + ".holes", &cutout.holes, Role::holes});
        uses.push_back({path + ".length", &cutout.length, Role::length});
    }
    return uses;
}

class Meaning {
  public:
    explicit Meaning(const Experiment& experiment) : experiment_(experiment), uses_(usesOf(experiment)) {}

    std::vector<Finding> findings() {
        data();
        parts();
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

    void parts() {
        const auto& parts = experiment_.model.parts;
        const auto learns = [](const Part& part) {
            return std::holds_alternative<LinearPart>(part) || std::holds_alternative<Conv2dPart>(part);
        };
        if (parts.empty())
            refuse("model.parts", "expected at least one part, found an empty list");
        else if (std::ranges::none_of(parts, learns))
            refuse("model.parts", "expected at least one linear or conv2d part: there is nothing to learn");
    }

    /// Every name that is used is declared.
    void references() {
        std::vector<std::string> names;
        for (const Hyperparameter& h : experiment_.hyperparameters) names.push_back(h.name);
        for (const Use& use : uses_) {
            if (use.value->named() && std::ranges::find(names, use.value->hyperparameter) == names.end())
                refuse(use.path,
                       "no hyperparameter " + inQuotes(use.value->hyperparameter) + " is declared" +
                           (names.empty() ? ": declare it under hyperparameters, or write a number"
                                          : ":" + suggestion(use.value->hyperparameter, names, "there are")),
                       {"hyperparameters"});
            if (!use.value->named() && isWhole(use.role) && use.value->value != std::floor(use.value->value))
                refuse(use.path, "expected a whole number, found " + numberText(use.value->value));
        }
    }

    void hyperparameter(const Hyperparameter& h, const std::string& path) {
        const auto first = std::ranges::find(experiment_.hyperparameters, h.name, &Hyperparameter::name);
        const bool again = &*first != &h;
        if (again)
            refuse(path + ".name",
                   "expected a name of its own, found " + inQuotes(h.name) + " a second time");
        const bool ranged = range(h, path);
        bool used = false;
        std::set<Role> told;
        for (const Use& use : uses_) {
            if (use.value->hyperparameter != h.name) continue;
            used = true;
            // One sentence is enough for several uses of a kind.
            if (ranged && !again && told.insert(use.role).second) fits(h, use, path);
        }
        if (!used)
            refuse(path + ".name",
                   "nothing uses " + inQuotes(h.name) +
                       ": name it where a number stands (a rate, a weight_decay, a cutout's holes or "
                       "length), or remove it",
                   {"model", "regularization", "augmentation"});
    }

    /// True where the hyperparameter's own numbers make sense.
    bool range(const Hyperparameter& h, const std::string& path) {
        const auto bad = [](const std::optional<double>& v) { return v && !std::isfinite(*v); };
        if (!std::isfinite(h.initial) || bad(h.min) || bad(h.max)) return false; // told by the fields' ranges
        const std::size_t before = findings_.size();
        if (h.log && h.min && *h.min <= 0)
            refuse(path + ".min", "expected a number above 0 on a logarithmic scale, found " +
                                      numberText(*h.min) + ": leave it out for no lower end");
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
    void fits(const Hyperparameter& h, const Use& use, const std::string& path) {
        const std::vector<std::string> needs{use.path};
        const std::string where = inQuotes(h.name) + " is used at " + use.path;
        if (h.discrete && !isWhole(use.role))
            refuse(path + ".discrete", "expected false: " + where + ", where fractions are meant", needs);
        // A logarithmic one stays above 0 by itself; a held one stays where it is.
        const bool low = h.min ? *h.min < 0 : !h.log && (h.tune || h.initial < 0);
        const std::string least = use.role == Role::rate ? ", where a rate of at least 0 and below 1 is meant"
                                                         : ", where a number of at least 0 is meant";
        if (low)
            refuse(path + ".min",
                   "expected a lower end of at least 0: " + where + least +
                       (h.min ? "; found " + numberText(*h.min) : ""),
                   needs);
        const bool high = h.max ? *h.max >= 1 : h.tune || h.initial >= 1;
        if (use.role == Role::rate && high)
            refuse(path + ".max",
                   "expected an upper end below 1: " + where + least +
                       (h.max ? "; found " + numberText(*h.max) : ""),
                   needs);
        // Centres are drawn for the largest number of holes, so there must be one.
        const double most = static_cast<double>(largestHoles);
        const bool many = h.max ? *h.max > most : h.tune || h.initial > most;
        if (use.role == Role::holes && many)
            refuse(path + ".max",
                   "expected an upper end of at most " + numberText(most) + ": " + where +
                       (h.max ? "; found " + numberText(*h.max) : ""),
                   needs);
    }

    void tuner() {
        const TunerSpec& tuner = experiment_.tuner;
        std::vector<std::string> ids;
        for (const TunerType& type : tunerTypes()) ids.push_back(type.id);
        if (std::ranges::find(ids, tuner.type) == ids.end())
            return refuse("tuner.type", "there is no tuner " + inQuotes(tuner.type) +
                                            " in this program: expected " + alternatives(ids));
        if (tuner.type != "fixed" && experiment_.tunedNames().empty())
            refuse("hyperparameters",
                   "the tuner has nothing to tune: declare a hyperparameter with \"tune\": true, or set "
                   "tuner.type to \"fixed\"",
                   {"tuner.type"});
        if (tuner.sharePrimal && !tuner.linearize)
            refuse("tuner.share_primal", "expected false where tuner.linearize is false: only the linearised "
                                         "prediction contains the primal that could be shared");
    }

    void optimizer(const std::string& path, const OptimizerSpec& optimizer) {
        if (optimizer.type == OptimizerKind::sgd && optimizer.nesterov && optimizer.momentum <= 0)
            refuse(path + ".nesterov", "expected false, or a momentum above 0: Nesterov's step needs one",
                   {path + ".momentum"});
        if (optimizer.schedule.type == ScheduleKind::cosine && optimizer.schedule.minimum > optimizer.lr)
            refuse(path + ".schedule.minimum",
                   "expected a number of at most lr, " + numberText(optimizer.lr) + ", found " +
                       numberText(optimizer.schedule.minimum),
                   {path + ".lr"});
    }

    const Experiment& experiment_;
    std::vector<Use> uses_;
    std::vector<Finding> findings_;
};

} // namespace

std::vector<std::string> Experiment::tunedNames() const {
    std::vector<std::string> names;
    if (tuner.type == "fixed") return names;
    for (const Hyperparameter& h : hyperparameters)
        if (h.tune) names.push_back(h.name);
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
