#include "core/experiment/experiment_document.h"
#include "core/study/plan.h"
#include "core/study/study.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace dstn {

namespace {

/// A method in messages: "methods[1] (Random search)".
std::string place(const Study& study, std::size_t method) {
    return indexed("methods", method) + " (" + study.methods[method].name + ")";
}

/// Epochs that a method must be able to train for anything to come of it, and what they are.
std::pair<double, std::string> least(const Experiment& experiment) {
    const std::string epochs = std::to_string(experiment.epochs);
    if (const auto* pbt = std::get_if<PbtOptions>(&experiment.tuner.options))
        return {static_cast<double>(pbt->population * pbt->intervalEpochs),
                "its population of " + std::to_string(pbt->population) + " trains " +
                    std::to_string(pbt->intervalEpochs) + " epochs each before the first comparison"};
    if (traitsOf(experiment.tuner).searches())
        return {static_cast<double>(experiment.epochs),
                "one trial trains " + epochs + " epochs (budget.epochs)"};
    if (traitsOf(experiment.tuner).moves())
        return {static_cast<double>(experiment.tuner.warmupEpochs + 1),
                "its hyperparameters do not change for " + std::to_string(experiment.tuner.warmupEpochs) +
                    " epochs (tuner.warmup_epochs)"};
    return {1.0, "it trains at least one epoch"};
}

/// What would take long to look through, or to plan, is counted first.
std::vector<Mistake> sizeMistakes(const Study& study) {
    constexpr std::size_t most = 100'000;
    std::vector<Mistake> mistakes;
    const auto limit = [&](const char* path, std::size_t count, std::size_t largest) {
        if (count > largest)
            mistakes.push_back({path, "expected at most " + std::to_string(largest) + ", found " +
                                          std::to_string(count) + ": divide them among several studies"});
    };
    limit("methods", study.methods.size(), mostMethods);
    limit("seeds", study.seeds.size(), mostSeeds);
    if (mistakes.empty() && study.methods.size() * study.seeds.size() > most)
        mistakes.push_back({"seeds", "expected methods × seeds of at most " + std::to_string(most) +
                                         ", found " + std::to_string(study.methods.size()) + " × " +
                                         std::to_string(study.seeds.size()) +
                                         ": name fewer seeds, or divide them among several studies"});
    return mistakes;
}

std::vector<Mistake> budgetMistakes(const Study& study,
                                    const std::function<double(const Experiment&, double)>& cost) {
    std::vector<Mistake> mistakes;
    for (std::size_t i = 0; i < study.methods.size(); ++i) {
        const Experiment experiment = experimentOf(study, i, 0);
        const auto [epochs, why] = least(experiment);
        constexpr double rounding = 1e-9;
        const double needed = std::ceil(cost(experiment, epochs) - rounding);
        if (study.budget < needed)
            mistakes.push_back({"budget." + std::string(name(study.unit)),
                                "expected at least " + numberText(needed) + " for " + place(study, i) + ": " +
                                    why + "; found " + numberText(study.budget)});
    }
    return mistakes;
}

} // namespace

std::vector<Mistake> validate(const Study& study) {
    std::vector<Mistake> mistakes;
    const auto refuse = [&](std::string path, std::string message) {
        mistakes.push_back({std::move(path), std::move(message)});
    };
    if (!isTitle(study.name)) refuse("name", "expected a line of 1 to 200 printable characters");
    if (study.methods.empty()) refuse("methods", "expected at least one method, found an empty list");
    if (study.seeds.empty()) refuse("seeds", "expected at least one seed, found an empty list");
    if (auto beyond = sizeMistakes(study); !beyond.empty()) {
        std::ranges::move(beyond, std::back_inserter(mistakes));
        return mistakes;
    }
    std::set<std::uint64_t> seeds;
    for (std::size_t i = 0; i < study.seeds.size(); ++i)
        if (!seeds.insert(study.seeds[i]).second)
            refuse(indexed("seeds", i),
                   "expected each seed once, found " + std::to_string(study.seeds[i]) + " a second time");
    constexpr Range budget{.min = 0, .max = 1e15, .minOpen = true}; // as a count of steps
    if (!budget.holds(study.budget))
        refuse("budget." + std::string(name(study.unit)), notInRange(study.budget, budget));
    const ParsedExperiment base = parseExperiment(study.experimentJson, study.set);
    for (const Mistake& mistake : base.mistakes) refuse("experiment: " + mistake.path, mistake.message);
    for (std::size_t i = 0; i < study.methods.size(); ++i) {
        const StudyMethod& method = study.methods[i];
        if (!isTitle(method.name))
            refuse(joined(indexed("methods", i), "name"), "expected a line of 1 to 200 printable characters");
        const auto first = std::ranges::find(study.methods, method.name, &StudyMethod::name);
        if (&*first != &method)
            refuse(joined(indexed("methods", i), "name"),
                   "expected a unique name, found " + inQuotes(method.name) + " a second time");
        if (!base.mistakes.empty()) continue; // told already
        auto settings = study.set;
        settings.insert(settings.end(), method.set.begin(), method.set.end());
        for (const Mistake& mistake : parseExperiment(study.experimentJson, settings).mistakes)
            refuse(place(study, i) + ": " + mistake.path, mistake.message);
    }
    if (!mistakes.empty() || study.unit != BudgetUnit::epochs) return mistakes;
    return budgetMistakes(study, [](const Experiment&, double epochs) { return epochs; });
}

std::vector<Mistake> validate(const Study& study, const DataInfo& data) {
    std::vector<Mistake> mistakes;
    for (std::size_t i = 0; i < study.methods.size(); ++i)
        for (const Mistake& mistake : validate(experimentOf(study, i, 0), data))
            mistakes.push_back({place(study, i) + ": " + mistake.path, mistake.message});
    if (!mistakes.empty() || study.unit != BudgetUnit::gradients) return mistakes;
    return budgetMistakes(study, [&](const Experiment& experiment, double epochs) {
        return gradientsOf(experiment, data, epochs);
    });
}

} // namespace dstn
