#include "core/experiment/replay.h"

#include "core/error.h"
#include "core/experiment/experiment_text.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace dstn {

namespace {

/// The value, or where it is an end of the hyperparameter's range, one beside it.
double inside(const Hyperparameter& h, double value) {
    if (!std::isfinite(value))
        throw Error(ErrorKind::usage, "The run cannot be trained again: its value of " + inQuotes(h.name) +
                                          " is " + numberText(value) +
                                          ". Choose a run whose hyperparameters stayed finite.");
    const Transform transform(h);
    const double width = h.min && h.max ? *h.max - *h.min : std::max(std::abs(value), 1.0);
    // Beside an end the smallest step that the transform can tell from it depends on its shape.
    constexpr double first = 1e-15, last = 1e-2, factor = 10;
    for (double step = first; step < last && !std::isfinite(transform.toUnconstrained(value));
         step *= factor) {
        if (h.max && value >= *h.max - step * width) value = *h.max - step * width;
        if (h.min && value <= *h.min + step * width) value = *h.min + step * width;
    }
    return value;
}

/// `name` with what was done to it, if that still is a title.
std::string titled(const std::string& name, const std::string& done) {
    const std::string whole = name + ", " + done;
    return isTitle(whole) ? whole : name;
}

} // namespace

Experiment replayOf(const Experiment& original, const std::vector<Trajectory>& trajectories) {
    std::vector<const Hyperparameter*> tuned;
    std::vector<const Trajectory*> courses;
    std::set<double> steps{0.0};
    for (const Hyperparameter& h : original.hyperparameters) {
        if (!h.tune) continue;
        const auto found = std::ranges::find(trajectories, h.name, &Trajectory::name);
        if (found == trajectories.end())
            throw Error(ErrorKind::usage, "The run cannot be replayed: it has no values for " +
                                              inQuotes(h.name) + ". Choose a run of this experiment.");
        tuned.push_back(&h);
        courses.push_back(&*found);
        steps.insert(found->steps.begin(), found->steps.end());
    }
    if (tuned.empty())
        throw Error(ErrorKind::usage,
                    "The run cannot be replayed: none of its hyperparameters has \"tune\": true.");

    Experiment result = original;
    result.name = titled(original.name, "replayed");
    ReplayOptions schedule;
    for (const Hyperparameter* h : tuned) schedule.values.push_back({h->name, {}});

    std::vector<double> now, before;
    for (const Hyperparameter* h : tuned) now.push_back(h->initial);
    std::vector<std::size_t> next(tuned.size(), 0);
    for (const double step : steps) {
        for (std::size_t i = 0; i < tuned.size(); ++i)
            for (; next[i] < courses[i]->steps.size() && courses[i]->steps[next[i]] <= step; ++next[i])
                now[i] = inside(*tuned[i], courses[i]->values[next[i]]);
        if (now == before) continue;
        schedule.steps.push_back(step);
        for (std::size_t i = 0; i < tuned.size(); ++i) schedule.values[i].values.push_back(now[i]);
        before = now;
    }
    result.tuner = {.options = std::move(schedule)};
    return result;
}

Experiment retrainedWith(const Experiment& original,
                         const std::vector<std::pair<std::string, double>>& values) {
    Experiment result = original;
    result.name = titled(original.name, "retrained");
    result.tuner = {.options = FixedOptions{}};
    for (const auto& [name, value] : values) {
        const auto h = std::ranges::find(result.hyperparameters, name, &Hyperparameter::name);
        if (h == result.hyperparameters.end())
            throw Error(ErrorKind::usage, "The experiment has no hyperparameter " + inQuotes(name) + ".");
        h->initial = inside(*h, value);
    }
    return result;
}

} // namespace dstn
