#include "core/study/plan.h"

#include "core/search/search.h"
#include "core/spec/step_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dstn {

/// How a cell's runs stand: all that has ended, and how far.
struct StudyPlan::Standing {
    std::size_t runs = 0;
    std::int64_t steps = 0, failed = 0;
    double seconds = 0.0;
    bool operator==(const Standing&) const = default;
};

/// One method with one seed.
struct StudyPlan::Cell {
    std::size_t method = 0;
    std::uint64_t seed = 0;
    Experiment experiment;
    std::int64_t stepsPerEpoch = 1;
    std::unique_ptr<Search> search = {}; ///< null: the method tunes within a training
    std::unique_ptr<SearchSpace> space = {};
    /// How its runs stood when nothing more was to be done: a search need not think it over again.
    std::optional<Standing> done = {};
};

namespace {

/// Gradients that epochs cost.
struct Rate {
    double warmup = 0.0; ///< epochs
    double warm = 1.0;   ///< an epoch of these
    double tuning = 1.0; ///< an epoch after them, at the least
};

Rate rateOf(const Experiment& experiment, const DataInfo& data) {
    const TunerSpec& tuner = experiment.tuner;
    const auto tuned = static_cast<std::int64_t>(experiment.tunedNames().size());
    const StepCost cost = costOf(tuner, tuned);
    const auto steps =
        static_cast<double>(std::max<std::int64_t>(1, estimate(experiment, data).stepsPerEpoch));
    const double validations =
        tuned > 0 ? static_cast<double>(tuner.validationSteps) / static_cast<double>(tuner.trainSteps) : 0.0;
    return {.warmup = static_cast<double>(tuner.warmupEpochs),
            .warm = steps * cost.train,
            .tuning = steps * (cost.train + validations * cost.least)};
}

} // namespace

double gradientsOf(const Experiment& experiment, const DataInfo& data, double epochs) {
    const Rate rate = rateOf(experiment, data);
    const double warm = std::min(epochs, rate.warmup);
    return warm * rate.warm + (epochs - warm) * rate.tuning;
}

double epochsOf(const Experiment& experiment, const DataInfo& data, double gradients) {
    const Rate rate = rateOf(experiment, data);
    const double warm = std::min(gradients / rate.warm, rate.warmup);
    return warm + (gradients - warm * rate.warm) / rate.tuning;
}

StudyPlan::StudyPlan(Study study, DataInfo data, std::int64_t maxSteps)
    : study_(std::move(study)), data_(std::move(data)), maxSteps_(maxSteps) {
    for (const std::uint64_t seed : study_.seeds)
        for (std::size_t method = 0; method < study_.methods.size(); ++method) {
            Cell cell{.method = method, .seed = seed, .experiment = experimentOf(study_, method, seed)};
            Experiment& experiment = cell.experiment;
            cell.stepsPerEpoch = std::max<std::int64_t>(1, estimate(experiment, data_).stepsPerEpoch);
            if (traitsOf(experiment.tuner).searches()) {
                cell.space = std::make_unique<SearchSpace>(experiment.hyperparameters);
                cell.search = makeSearch(experiment.tuner, experiment.hyperparameters, experiment.epochs,
                                         experiment.seed);
            } else if (study_.unit == BudgetUnit::epochs) {
                experiment.epochs = static_cast<std::int64_t>(std::floor(study_.budget));
            } else if (study_.unit == BudgetUnit::gradients) {
                // Its own count of gradients ends the training.
                constexpr double rounding = 1e-9;
                experiment.epochs = static_cast<std::int64_t>(
                    std::max(1.0, std::ceil(epochsOf(experiment, data_, study_.budget) - rounding)));
            }
            cells_.push_back(std::move(cell));
        }
}

StudyPlan::~StudyPlan() = default;

double StudyPlan::spentBy(const StudyRun& run) const {
    switch (study_.unit) {
    case BudgetUnit::epochs:
        return static_cast<double>(run.steps) /
               static_cast<double>(std::max<std::int64_t>(1, run.stepsPerEpoch));
    case BudgetUnit::gradients:
        return run.gradients;
    case BudgetUnit::seconds:
        return run.seconds;
    }
    return 0.0;
}

/// What a trial that runs, or waits to go on, will have spent when it has come to where it was sent.
double StudyPlan::reservedBy(const Cell& cell, const StudyRun& run) const {
    if (run.state == RunState::completed || run.state == RunState::failed ||
        study_.unit == BudgetUnit::seconds)
        return spentBy(run);
    const auto steps = static_cast<double>(std::max(run.steps, run.stepsTotal));
    return study_.unit == BudgetUnit::epochs ? steps / static_cast<double>(cell.stepsPerEpoch) : steps;
}

double StudyPlan::spent(const std::vector<StudyRun>& runs) const {
    double sum = 0.0;
    for (const StudyRun& run : runs) sum += spentBy(run);
    return sum;
}

double StudyPlan::total() const { return study_.budget * static_cast<double>(cells_.size()); }

std::optional<PlannedRun> StudyPlan::next(const std::vector<StudyRun>& runs) {
    double steps = 0.0;
    for (const StudyRun& run : runs)
        steps += static_cast<double>(ended(run.state) ? run.steps : run.stepsTotal);
    const double left =
        maxSteps_ > 0 ? static_cast<double>(maxSteps_) - steps : std::numeric_limits<double>::infinity();
    for (Cell& cell : cells_) {
        std::vector<const StudyRun*> own;
        Standing standing;
        bool still = true;
        for (const StudyRun& run : runs) {
            if (run.place.method != static_cast<std::int64_t>(cell.method) || run.place.seed != cell.seed)
                continue;
            own.push_back(&run);
            still = still && ended(run.state);
            standing.steps += run.steps;
            standing.failed += run.state == RunState::failed ? 1 : 0;
            standing.seconds += run.seconds;
        }
        standing.runs = own.size();
        if (still && cell.done == standing) continue;
        if (auto planned = nextOf(cell, own, left)) return planned;
        if (still && left > 0) cell.done = standing;
    }
    return std::nullopt;
}

std::optional<PlannedRun> StudyPlan::nextOf(const Cell& cell, const std::vector<const StudyRun*>& runs,
                                            double stepsLeft) const {
    if (stepsLeft <= 0) return std::nullopt;
    std::optional<PlannedRun> planned = cell.search ? nextTrial(cell, runs) : nextTraining(cell, runs);
    if (!planned || std::isinf(stepsLeft)) return planned;
    std::int64_t done = 0;
    for (const StudyRun* run : runs)
        if (run->run == planned->run && planned->fromCheckpoint) done = run->steps;
    const auto most = done + static_cast<std::int64_t>(stepsLeft);
    planned->maxSteps = planned->maxSteps > 0 ? std::min(planned->maxSteps, most) : most;
    return planned;
}

PlannedRun StudyPlan::goneOn(const Cell& cell, const StudyRun& run, std::int64_t maxSteps) const {
    return {.place = run.place,
            .experiment = cell.experiment,
            .run = run.run,
            .fromCheckpoint = run.checkpoint,
            .inherit = {},
            .maxSteps = maxSteps};
}

std::optional<PlannedRun> StudyPlan::nextTraining(const Cell& cell,
                                                  const std::vector<const StudyRun*>& runs) const {
    const StudyRun* last = runs.empty() ? nullptr : runs.back();
    PlannedRun planned;
    if (last == nullptr) {
        planned.place.method = static_cast<std::int64_t>(cell.method);
        planned.place.seed = cell.seed;
        planned.experiment = cell.experiment;
    } else {
        if (!ended(last->state) || last->state == RunState::failed) return std::nullopt;
        // The whole training, or what is left of it, or what an extended budget adds.
        const bool whole = last->steps >= cell.experiment.epochs * cell.stepsPerEpoch &&
                           last->state != RunState::interrupted; // which may lack its end
        if (whole || (study_.unit != BudgetUnit::epochs && spentBy(*last) >= study_.budget))
            return std::nullopt;
        planned = goneOn(cell, *last, 0);
    }
    if (study_.unit == BudgetUnit::gradients) planned.maxGradients = study_.budget;
    if (study_.unit == BudgetUnit::seconds) planned.maxSeconds = study_.budget;
    return planned;
}

std::optional<PlannedRun> StudyPlan::nextTrial(const Cell& cell,
                                               const std::vector<const StudyRun*>& runs) const {
    double reserved = 0.0;
    for (const StudyRun* run : runs) reserved += reservedBy(cell, *run);
    const double left = study_.budget - reserved;
    /// Ends a trial when the time is up.
    const auto inTime = [&](PlannedRun planned, double secondsSoFar) {
        if (study_.unit == BudgetUnit::seconds) planned.maxSeconds = secondsSoFar + left;
        return planned;
    };
    const bool timeIsUp = study_.unit == BudgetUnit::seconds && left <= 0;

    std::vector<Trial> trials;
    for (const StudyRun* run : runs) {
        const ParsedExperiment parsed = parseExperiment(run->experimentJson);
        std::vector<double> values;
        for (const Hyperparameter& tuned : cell.space->tuned()) {
            double value = tuned.initial;
            if (parsed.experiment)
                for (const Hyperparameter& h : parsed.experiment->hyperparameters)
                    if (h.name == tuned.name) value = h.initial;
            values.push_back(value);
        }
        Trial trial{.number = run->place.trial, .point = cell.space->unit(values)};
        for (const EpochResult& epoch : run->epochs)
            if (epoch.epoch > 0) trial.losses.emplace_back(epoch.epoch, epoch.validationLoss);
        trial.epochs = run->steps / cell.stepsPerEpoch;
        trial.running = !ended(run->state);
        trial.failed = run->state == RunState::failed;
        // One that was interrupted goes on to where it was sent before anything else is begun.
        const bool unfinished = ended(run->state) && !trial.failed &&
                                (run->steps < run->stepsTotal || run->state == RunState::interrupted);
        if (unfinished && !timeIsUp) {
            PlannedRun planned =
                inTime(goneOn(cell, *run, run->stepsTotal), run->checkpoint ? run->seconds : 0.0);
            if (parsed.experiment) planned.experiment = *parsed.experiment;
            return planned;
        }
        // A run that was removed from the archive leaves its number.
        while (static_cast<std::int64_t>(trials.size()) < trial.number)
            trials.push_back({.number = static_cast<std::int64_t>(trials.size()),
                              .point = Point(cell.space->size(), 0.5),
                              .failed = true});
        trials.push_back(std::move(trial));
    }
    if (timeIsUp) return std::nullopt;

    const std::optional<Task> task = cell.search->next(trials);
    if (!task) return std::nullopt;
    const StudyRun* known = nullptr;
    for (const StudyRun* run : runs)
        if (run->place.trial == task->trial) known = run;
    const std::int64_t done = known != nullptr ? known->steps / cell.stepsPerEpoch : 0;
    const double cost =
        static_cast<double>(task->epochs - done) *
        (study_.unit == BudgetUnit::gradients ? static_cast<double>(cell.stepsPerEpoch) : 1.0);
    constexpr double rounding = 1e-9;
    if (study_.unit != BudgetUnit::seconds && cost > left + rounding) return std::nullopt;

    PlannedRun planned;
    planned.place.method = static_cast<std::int64_t>(cell.method);
    planned.place.seed = cell.seed;
    planned.place.trial = task->trial;
    planned.experiment = cell.experiment;
    if (known != nullptr) {
        planned.run = known->run;
        planned.fromCheckpoint = known->checkpoint;
    }
    planned.maxSteps = task->epochs * cell.stepsPerEpoch;
    const std::vector<double> values = cell.space->natural(task->point);
    planned.experiment.tuner.options = FixedOptions{};
    planned.experiment.name += ", trial " + std::to_string(task->trial);
    for (Hyperparameter& h : planned.experiment.hyperparameters)
        for (std::size_t i = 0; i < values.size(); ++i)
            if (cell.space->tuned()[i].name == h.name) h.initial = values[i];
    if (task->inherit)
        for (const StudyRun* run : runs)
            if (run->place.trial == *task->inherit) planned.inherit = run->run;
    return inTime(std::move(planned), known != nullptr ? known->seconds : 0.0);
}

} // namespace dstn
