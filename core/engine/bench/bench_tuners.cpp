#include "core/engine/bench/bench_tuners.h"

#include "core/engine/bench/bench.h"
#include "core/engine/bench/bench_steps.h"
#include "core/error.h"
#include "core/search/search.h"

#include <torch/version.h>

#include <algorithm>
#include <deque>

namespace dstn {

namespace {

/// A tuner of the bench: its steps, and where they are reported.
struct Entry {
    TunerTiming timing;
    std::optional<Bench> bench = {};
    Timed train = {}, validate = {};
};

/// The experiment under a tuner and its options. Throws Error{usage} saying why it cannot be.
Experiment under(Experiment experiment, const TunerSpec& tuner) {
    experiment.tuner = tuner;
    if (traitsOf(tuner).needsDerivatives && experiment.tunedNames().empty() &&
        experiment.weightDecay.empty()) {
        constexpr double usual = 1e-4;
        std::string name = "bench_decay";
        while (std::ranges::find(experiment.hyperparameters, name, &Hyperparameter::name) !=
               experiment.hyperparameters.end())
            name += '_';
        experiment.weightDecay = {{.hyperparameter = name}};
        experiment.hyperparameters.push_back({.name = name, .initial = usual, .log = true});
    }
    const std::vector<Mistake> mistakes = validate(experiment);
    if (!mistakes.empty()) throw Error(ErrorKind::usage, describe(mistakes));
    return experiment;
}

/// The tuners within a run, by the names under which they are reported.
std::vector<std::pair<std::string, TunerSpec>> tunersWithin(const TunerSpec& own) {
    std::vector<std::pair<std::string, TunerSpec>> result;
    const auto add = [&](const std::string& name, TunerOptions options) {
        TunerSpec spec = own;
        spec.options = std::move(options);
        spec.sharePrimal = false;
        result.emplace_back(name, std::move(spec));
    };
    const auto deltaStn = own.optionsOr<DeltaStnOptions>();
    auto implicit = own.optionsOr<ImplicitOptions>();
    auto unrolled = own.optionsOr<UnrolledOptions>();
    add("delta-stn", deltaStn);
    add("stn", StnOptions{});
    add("hypernetwork", HypernetworkOptions{});
    ImplicitOptions neumann = implicit;
    neumann.inverse = InverseKind::neumann;
    neumann.iterations = TunerBenchReport::neumannTerms;
    add("implicit, Neumann series of 5", neumann);
    implicit.inverse = InverseKind::conjugateGradient;
    add("implicit, conjugate gradients", implicit);
    implicit.inverse = InverseKind::identity;
    add("implicit, identity (T1-T2)", implicit);
    unrolled.mode = UnrollMode::reverse;
    add("unrolled, reverse", unrolled);
    unrolled.mode = UnrollMode::forward;
    add("unrolled, forward", unrolled);
    return result;
}

/// A Bayesian search's next proposal on a bowl with noise.
Timed proposal(std::uint64_t seed) {
    constexpr std::int64_t trials = TunerBenchReport::proposalTrials,
                           dimensions = TunerBenchReport::proposalHyperparameters;
    const TunerSpec spec{.options = BayesianOptions{.trials = trials + 1}};
    std::vector<Hyperparameter> hyperparameters;
    for (std::int64_t i = 0; i < dimensions; ++i)
        hyperparameters.push_back({.name = "x" + std::to_string(i), .initial = 0.5, .min = 0, .max = 1});
    at::Generator generator = at::detail::createCPUGenerator(seed);
    const Tensor points = at::rand({trials, dimensions}, generator, at::TensorOptions(at::kDouble));
    const Tensor losses = (points - 0.3).square().sum(1) +
                          0.01 * at::randn({trials}, generator, at::TensorOptions(at::kDouble));
    std::vector<Trial> past;
    for (std::int64_t i = 0; i < trials; ++i) {
        const double* point = points[i].data_ptr<double>();
        past.push_back({.number = i,
                        .point = {point, point + dimensions},
                        .losses = {{1, losses[i].item<double>()}},
                        .epochs = 1});
    }
    const std::shared_ptr<const Search> search = makeSearch(spec, hyperparameters, 1, seed);
    return {[search, past = std::move(past)] { search->next(past); }};
}

/// Makes an entry's tuner. @return false, with a note, if the experiment does not suit it
bool makeBench(Entry& entry, const Experiment& experiment, const TunerSpec& tuner, const DataInfo& data,
               at::Device device, const Batch& batch, at::Generator& generator) {
    try {
        entry.bench.emplace(under(experiment, tuner), data, device);
        // Reverse mode differentiates through this many steps once they have been taken.
        const auto* unrolled = std::get_if<UnrolledOptions>(&tuner.options);
        if (unrolled != nullptr && unrolled->mode == UnrollMode::reverse)
            for (std::int64_t i = 0; i < unrolled->steps; ++i) entry.bench->tuner->train(batch, generator);
        return true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::usage) throw;
        entry.bench.reset();
        const std::string lines = error.what(); // of mistakes, each with its end
        entry.timing.note = lines.substr(0, lines.find_last_not_of('\n') + 1);
        return false;
    }
}

/// What an entry's steps took.
void fillIn(Entry& entry, const Timed& plainStep, const Timed& gradient) {
    TunerTiming& timing = entry.timing;
    // Iterations that end early cost what they took.
    timing.countedTrain = entry.bench->tuner->trainCost();
    timing.countedValidation = entry.bench->tuner->validateCost();
    timing.trainStepMs = entry.train.median();
    timing.validationStepMs = entry.validate.median();
    timing.trainRatio = entry.train.over(plainStep);
    timing.validationRatio = entry.validate.over(plainStep);
    timing.hypergradientGradients = entry.validate.over(gradient);
}

} // namespace

TunerBenchReport benchTuners(const Experiment& experiment, at::Device device, const BenchOptions& options) {
    useThreads(experiment);
    usePrecision(experiment);
    const auto [data, atHand] = benchData(experiment);
    at::Generator generator = StepRandom(device, experiment.seed).at(0, 0);
    const Batch batch = randomBatch(experiment, data, device, generator);
    TunerBenchReport report{.preset = {},
                            .device = device.str(),
                            .torchVersion = TORCH_VERSION,
                            .threads = at::get_num_threads(),
                            .batch = experiment.trainBatch,
                            .dataAtHand = atHand};

    TunerSpec still = experiment.tuner;
    still.options = FixedOptions{};
    const Bench plain(under(experiment, still), data, device);
    Timed plainStep{[&] { plain.tuner->train(batch, generator); }};
    /// The forward and backward pass alone: the unit that costs are counted in.
    Timed gradient{[&] {
        Problem& problem = *plain.problem;
        Pass pass{.values = problem.space.natural(problem.space.lambda()).unsqueeze(0),
                  .generator = generator,
                  .training = true,
                  .generalGradient = true};
        const auto [x, targets] = problem.augmentation.apply(batch, pass.values, generator);
        const Tensor y = problem.network.forward(x, pass);
        torch::autograd::grad({problem.penalizedLoss(y, targets, pass)}, tensors(problem.network.general()));
    }};
    std::vector<Timed*> steps{&plainStep, &gradient};

    std::deque<Entry> entries;
    const Timed *deltaStn = nullptr, *stn = nullptr;
    for (const auto& [name, spec] : tunersWithin(experiment.tuner)) {
        Entry& entry = entries.emplace_back(Entry{.timing = {.tuner = name}});
        if (!makeBench(entry, experiment, spec, data, device, batch, generator)) continue;
        entry.train.step = [&entry, &batch, &generator] { entry.bench->tuner->train(batch, generator); };
        entry.validate.step = [&entry, &batch, &generator] {
            entry.bench->tuner->validate(batch, generator);
        };
        steps.push_back(&entry.train);
        steps.push_back(&entry.validate);
        if (std::holds_alternative<DeltaStnOptions>(spec.options)) deltaStn = &entry.train;
        if (std::holds_alternative<StnOptions>(spec.options)) stn = &entry.train;
    }

    report.repetitions = repeatInTurn(steps, device, options);
    Timed next = proposal(experiment.seed);
    std::vector<Timed*> alone{&next};
    constexpr int enough = 5;
    repeatInTurn(alone, at::kCPU, {.repetitions = std::min(options.repetitions, enough), .seconds = 1});
    report.proposalMs = next.median();
    report.plainStepMs = plainStep.median();
    report.gradientMs = gradient.median();
    for (Entry& entry : entries) {
        if (entry.bench) fillIn(entry, plainStep, gradient);
        report.tuners.push_back(entry.timing);
    }
    if (stn != nullptr && deltaStn != nullptr) report.stnOverDeltaStn = stn->over(*deltaStn);
    return report;
}

} // namespace dstn
