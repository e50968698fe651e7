#include "core/experiment/experiment_checks.h"
#include "core/experiment/experiment_document.h"
#include "core/experiment/tuner_fields.h"
#include "core/search/grid.h"
#include "core/search/sobol.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace dstn {

namespace {

/// What a search over trainings needs of an experiment.
class SearchMeaning {
  public:
    explicit SearchMeaning(const Experiment& experiment)
        : experiment_(experiment), tuner_(experiment.tuner) {}

    std::vector<Finding> findings() {
        const bool ranged = !traitsOf(tuner_).needsRanges || ranges();
        std::visit([&](const auto& own) { this->own(own, ranged); }, tuner_.options);
        return std::move(findings_);
    }

  private:
    void refuse(std::string path, std::string message, std::vector<std::string> needs = {}) {
        needs.emplace_back("tuner.type");
        findings_.push_back({.mistake = {std::move(path), std::move(message)}, .needs = std::move(needs)});
    }

    /// Every tuned hyperparameter has a range with two ends. False where one has none that makes sense.
    bool ranges() {
        bool all = true;
        for (std::size_t i = 0; i < experiment_.hyperparameters.size(); ++i) {
            const Hyperparameter& h = experiment_.hyperparameters[i];
            if (!h.tune) continue;
            for (const auto& [key, value] : {std::pair{".min", h.min}, std::pair{".max", h.max}})
                if (!value)
                    refuse(indexed("hyperparameters", i) + key,
                           "is missing: " + inQuotes(traitsOf(tuner_).id) +
                               " searches between both ends of a range. Declare it, or set tune to false");
            // Numbers that make no sense are told with the hyperparameter itself.
            all = all && h.min && h.max && std::isfinite(*h.min) && std::isfinite(*h.max) &&
                  *h.min < *h.max && (!h.log || *h.min > 0);
        }
        return all;
    }

    void own(const RandomOptions& random, bool) {
        halving(random.halving);
        if (random.sampling == Sampling::sobol) dimensions();
    }
    void own(const BayesianOptions& bayesian, bool) {
        if (bayesian.startTrials > bayesian.trials)
            refuse("tuner.start_trials",
                   "expected at most tuner.trials, " + std::to_string(bayesian.trials) + ", found " +
                       std::to_string(bayesian.startTrials),
                   {"tuner.trials"});
        halving(bayesian.halving);
        dimensions();
    }
    /// What its fields' ranges say is enough for any other type.
    void own(const auto&, bool) {}

    void halving(const HalvingOptions& halving) {
        if (halving.earlyStopping == EarlyStopping::asha)
            withinATraining("tuner.minimum_epochs", halving.minimumEpochs);
    }

    void own(const GridOptions& grid, bool ranged) {
        std::set<std::string> told;
        for (std::size_t i = 0; i < grid.values.size(); ++i)
            gridValues(grid.values[i], indexed("tuner.values", i), told);
        // What is beyond its field's range is told there, and would take long to count.
        if (!ranged || !findings_.empty() || grid.points > largestGridAxis) return;
        // Axis by axis, and no further than where it is beyond every number of trials.
        constexpr double beyond = 1e9;
        double size = 1.0;
        for (const Hyperparameter& h : experiment_.hyperparameters)
            if (h.tune && size <= beyond) size *= Grid(SearchSpace({h}), grid).size();
        if (size > static_cast<double>(grid.trials))
            refuse("tuner.trials",
                   "expected at least the grid's " + numberText(size) + (size > beyond ? " and more" : "") +
                       " points, found " + std::to_string(grid.trials) +
                       ": raise it, or name fewer values, lower tuner.points or tune fewer hyperparameters",
                   {"tuner.points", "tuner.values", "hyperparameters"});
    }

    void gridValues(const NamedValues& named, const std::string& path, std::set<std::string>& told) {
        std::vector<std::string> names;
        for (const Hyperparameter& h : experiment_.hyperparameters)
            if (h.tune) names.push_back(h.name);
        if (std::ranges::find(names, named.name) == names.end())
            return refuse(path + ".name",
                          "no tuned hyperparameter is named " + inQuotes(named.name) +
                              (names.empty() ? "" : ":" + suggestion(named.name, names)),
                          {"hyperparameters"});
        if (!told.insert(named.name).second)
            return refuse(path + ".name", "expected each hyperparameter once, found " + inQuotes(named.name) +
                                              " a second time");
        if (named.values.empty())
            return refuse(path + ".values", "expected at least one value, found an empty grid");
        const Hyperparameter& h =
            *std::ranges::find(experiment_.hyperparameters, named.name, &Hyperparameter::name);
        for (const double value : named.values) {
            if (!std::isfinite(value)) continue; // told by the fields' ranges
            // A discrete value stands for its floor, which the upper end itself is beyond.
            const bool below = h.min && value < *h.min;
            const bool above = h.max && (h.discrete ? value >= *h.max : value > *h.max);
            if (below || above)
                return refuse(path + ".values",
                              "expected values from " + numberText(h.min.value_or(value)) +
                                  (h.discrete ? " to below " : " to ") + numberText(h.max.value_or(value)) +
                                  ", the range of " + inQuotes(h.name) + ", found " + numberText(value),
                              {"hyperparameters"});
            if (h.discrete && value != std::floor(value))
                return refuse(path + ".values",
                              "expected whole numbers, as " + inQuotes(h.name) + " is discrete, found " +
                                  numberText(value),
                              {"hyperparameters"});
        }
    }

    void withinATraining(const std::string& path, std::int64_t epochs) {
        if (epochs > experiment_.epochs)
            refuse(path,
                   "expected at most budget.epochs, " + std::to_string(experiment_.epochs) + ", found " +
                       std::to_string(epochs),
                   {"budget.epochs"});
    }

    void own(const PbtOptions& pbt, bool) {
        withinATraining("tuner.interval_epochs", pbt.intervalEpochs);
        const double replaced = pbt.quantile * static_cast<double>(pbt.population);
        constexpr double rounding = 1e-9; // 0.1 · 10 is one
        if (replaced < 1.0 - rounding)
            refuse("tuner.quantile",
                   "expected a share of at least one of " + std::to_string(pbt.population) +
                       " members, found " + numberText(pbt.quantile) +
                       ", less than one: nothing would ever be replaced. Raise it or tuner.population",
                   {"tuner.population"});
    }

    void dimensions() {
        const auto tuned = std::ranges::count_if(experiment_.hyperparameters, &Hyperparameter::tune);
        if (static_cast<std::size_t>(tuned) > ScrambledSobol::largestDimension())
            refuse("hyperparameters",
                   "expected at most " + std::to_string(ScrambledSobol::largestDimension()) +
                       " tuned hyperparameters for a Sobol sequence, found " + std::to_string(tuned));
    }

    const Experiment& experiment_;
    const TunerSpec& tuner_;
    std::vector<Finding> findings_;
};

} // namespace

std::vector<Finding> searchFindings(const Experiment& experiment) {
    if (!traitsOf(experiment.tuner).searches()) return {};
    return SearchMeaning(experiment).findings();
}

} // namespace dstn
