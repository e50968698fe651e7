#include "core/engine/training/training.h"

#include "core/engine/kernels/dispatch.h"
#include "core/engine/tuners/training_loss.h"
#include "core/experiment/tunables.h"
#include "core/run/json.h"

#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <thread>

namespace dstn {

namespace {

/// What randomness is for; each purpose has a stream of its own.
enum Purpose : std::uint64_t { trainPurpose = 1, validationPurpose = 2 };
constexpr std::uint64_t orderStream = 11, validationOrderStream = 12, randomStream = 13, weightStream = 14;

/// Adds the time until its end to a total.
class Stopwatch {
  public:
    explicit Stopwatch(double& total) : total_(total) {}
    ~Stopwatch() { total_ += elapsed(); }
    double elapsed() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

  private:
    double& total_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Tensor numbers(std::initializer_list<double> values) {
    return at::tensor(at::ArrayRef<double>(values), at::kDouble);
}
Tensor integers(std::initializer_list<std::int64_t> values) {
    return at::tensor(at::ArrayRef<std::int64_t>(values), at::kLong);
}

/// A loss that is not finite, with the step at which it was found.
Error atStep(std::int64_t step, const std::string& clause) {
    return {ErrorKind::numeric, "At step " + std::to_string(step) + " " + clause};
}

} // namespace

std::unique_ptr<Problem> makeProblem(const Experiment& experiment, const DataInfo& data,
                                     const std::vector<Scaling>& channels, at::ScalarType dtype,
                                     at::Device device) {
    const std::vector<Mistake> mistakes = validate(experiment, data);
    if (!mistakes.empty()) throw Error(ErrorKind::usage, describe(mistakes));

    std::vector<Hyperparameter> declared = experiment.hyperparameters;
    const std::vector<std::string> tuned = experiment.tunedNames();
    for (Hyperparameter& h : declared) h.tune = std::ranges::find(tuned, h.name) != tuned.end();
    const auto resolve = [&](const Tunable& tunable) -> Setting {
        if (!tunable.named()) return {.value = tunable.value};
        std::int64_t index = 0;
        for (const Hyperparameter& h : declared) {
            if (h.name == tunable.hyperparameter)
                return h.tune ? Setting{.value = h.initial, .index = index} : Setting{.value = h.initial};
            if (h.tune) ++index;
        }
        throw Error(ErrorKind::usage, "There is no hyperparameter \"" + tunable.hyperparameter + "\".");
    };
    const auto largest = [&](const Tunable& tunable) {
        for (const Hyperparameter& h : declared)
            if (h.name == tunable.hyperparameter) return h.tune ? h.max.value_or(h.initial) : h.initial;
        return tunable.value;
    };

    std::set<std::string> perBatch;
    Experiment copy = experiment;
    for (const TunableUse& use : tunablesOf(copy))
        if (use.value->named() && use.kind->perBatch) perBatch.insert(use.value->hyperparameter);
    Space space(declared, dtype, device, perBatch);
    AugmentationPipeline augmentation(experiment.augmentation,
                                      {.resolve = resolve,
                                       .largest = largest,
                                       .channels = channels,
                                       .tensors = at::TensorOptions(dtype).device(device)});
    Network network(experiment.model, {.input = data.input,
                                       .vocabulary = data.vocabulary,
                                       .hyperparameters = experiment.responseCount(),
                                       .resolve = resolve,
                                       .weightDecay = experiment.weightDecay,
                                       .dtype = dtype,
                                       .device = device,
                                       .seed = mixSeed(experiment.seed, weightStream),
                                       .autocast = experiment.precision == Precision::bfloat16});
    return std::make_unique<Problem>(Problem{.network = std::move(network),
                                             .space = std::move(space),
                                             .objective = {data.task != TaskKind::regression},
                                             .augmentation = std::move(augmentation),
                                             .labelSmoothing = resolve(experiment.labelSmoothing)});
}

void useThreads(const Experiment& experiment) {
    at::set_num_threads(experiment.threads > 0 ? static_cast<int>(experiment.threads)
                                               : static_cast<int>(std::thread::hardware_concurrency()));
}

void usePrecision(const Experiment& experiment) {
    // LibTorch by itself allows it in convolutions.
    const bool tf32 = experiment.precision == Precision::tf32;
    at::globalContext().setAllowTF32CuBLAS(tf32);
    at::globalContext().setAllowTF32CuDNN(tf32);
}

static constexpr std::array<const char*, 4> learned{"general", "response", "hyperparameters", "scales"};

std::vector<Schedule> schedulesOf(const Experiment& experiment, const Checkpoint* checkpoint) {
    const auto specs = [](const Experiment& e) {
        const OptimizersSpec& all = e.optimizers;
        return std::array{&all.general, &all.response, &all.hyperparameters, &all.scales};
    };
    std::optional<Experiment> saved;
    if (checkpoint != nullptr)
        if (const auto text = checkpoint->metadata.find("experiment"); text != checkpoint->metadata.end())
            saved = parseExperiment(text->second).experiment;
    std::vector<Schedule> schedules;
    for (std::size_t i = 0; i < learned.size(); ++i) {
        const OptimizerSpec& spec = *specs(experiment)[i];
        Schedule& schedule = schedules.emplace_back(spec.schedule, spec.lr, experiment.epochs);
        if (checkpoint == nullptr) continue;
        // What another schedule has seen is no plateau's business.
        const bool other = saved && specs(*saved)[i]->schedule.type != spec.schedule.type;
        if (!other)
            schedule.load(withPrefix(checkpoint->tensors, "schedule." + std::string(learned[i]) + "."));
    }
    return schedules;
}

/// How many steps a device may be behind: enough for it never to be idle, few enough for a command to be
/// obeyed at once.
static constexpr std::size_t stepsBehind = 16;

/// Those that differentiate through training steps keep what a replay of one would not give them.
static StepRecorderFactory recorder(const Experiment& experiment, const StepRecording& recording) {
    return traitsOf(experiment.tuner).needsDerivatives ? StepRecorderFactory() : recording.make;
}

Training::Training(const Experiment& experiment, const Dataset& dataset, at::Device device,
                   StepRecording recording)
    : experiment_(experiment),
      data_(dataset, device, at::kFloat),
      problem_(makeProblem(experiment, dataset.info, dataset.channels, at::kFloat, device)),
      tuner_(makeTuner(*problem_, experiment.tuner, experiment.optimizers)),
      train_(
          [this](const Batch& batch, at::Generator& generator) -> std::vector<Tensor> {
              const TrainMetrics metrics = tuner_->train(batch, generator);
              return {metrics.loss, metrics.correct, metrics.responseLoss};
          },
          recorder(experiment, recording),
          [report = recording.report](bool recorded, const std::string& why) {
              if (report) report("training steps", recorded, why);
          }),
      validate_(
          [this](const Batch& batch, at::Generator& generator) -> std::vector<Tensor> {
              return {tuner_->validate(batch, generator)};
          },
          recorder(experiment, recording),
          [report = recording.report](bool recorded, const std::string& why) {
              if (report) report("validation steps", recorded, why);
          }),
      order_(batches(data_.train, experiment.trainBatch, orderStream)),
      validationOrder_(batches(data_.validation, experiment.validationBatch, validationOrderStream)),
      carry_(problem_->network.start(experiment.trainBatch)),
      validationCarry_(problem_->network.start(experiment.validationBatch)),
      random_(device, mixSeed(experiment.seed, randomStream)),
      schedules_(schedulesOf(experiment)),
      readback_(valueAtHand(problem_->space.lambda()) ? 0 : stepsBehind) {
    applySchedules();
    tuner_->reached(0);
}

Training::Batches Training::batches(const DevicePart& part, std::int64_t size, std::uint64_t stream) const {
    if (part.tokens.defined()) return TokenStream(part.tokens, size, data_.info.input[0]);
    return BatchOrder(part, size, mixSeed(experiment_.seed, stream));
}

Batch Training::batchAt(Batches& batches, std::int64_t index, Carry& carry) const {
    Batch batch = std::visit([&](auto& b) { return b.at(index); }, batches);
    if (index % perEpoch(batches) == 0) carry = problem_->network.start(batch.count());
    if (!carry.states.empty()) batch.before = &carry;
    return batch;
}

void Training::applySchedules() {
    Optimizers& optimizers = tuner_->optimizers();
    const std::int64_t epochs = finishedEpochs();
    std::size_t i = 0;
    for (Optimizer* optimizer :
         {&optimizers.general, &optimizers.response, &optimizers.hyperparameters, &optimizers.scales})
        optimizer->setLr(schedules_[i++].lr(epochs));
}

void Training::step() {
    const Stopwatch stopwatch(seconds_);
    const Optimizers& optimizers = tuner_->optimizers();
    Batch batch = batchAt(order_, stepOfEpochs(), carry_);
    Carry after = carry_;
    if (batch.before != nullptr) batch.after = &after;
    std::vector<Tensor> figures;
    try {
        figures = train_(batch, random_.at(steps_, trainPurpose),
                         {optimizers.general.lr(), optimizers.response.lr()});
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::numeric) throw;
        throw atStep(steps_ + 1, error.what());
    }
    carry_ = std::move(after);
    ++steps_;
    gradients_ += tuner_->trainCost();
    evaluationDue_ = stepOfEpochs() % stepsPerEpoch() == 0;

    Pending pending{.step = {.number = steps_},
                    .predictions = static_cast<double>(batch.predictions()),
                    .correct = figures[1].defined(),
                    .response = figures[2].defined()};
    std::erase_if(figures, [](const Tensor& tensor) { return !tensor.defined(); });
    const std::int64_t sinceWarmup = stepOfEpochs() - experiment_.tuner.warmupEpochs * stepsPerEpoch();
    const bool validates =
        tuner_->validates() && sinceWarmup > 0 && sinceWarmup % experiment_.tuner.trainSteps == 0;
    try {
        for (std::int64_t i = 0; validates && i < experiment_.tuner.validationSteps; ++i) {
            Batch validation = batchAt(validationOrder_, validationSteps_, validationCarry_);
            Carry next = validationCarry_;
            if (validation.before != nullptr) validation.after = &next;
            figures.push_back(validate_(validation, random_.at(validationSteps_, validationPurpose),
                                        {optimizers.hyperparameters.lr(), optimizers.scales.lr()})
                                  .front());
            ++pending.validations;
            validationCarry_ = std::move(next);
            ++validationSteps_;
            gradients_ += tuner_->validateCost();
        }
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::numeric) throw;
        pending.step.failure = atStep(steps_, error.what());
    }
    const bool moved = tuner_->reached(steps_) || validates;
    constexpr std::int64_t stillInterval = 10; // while λ stands, its curve needs few points
    pending.values = moved || steps_ % stillInterval == 0;
    if (pending.values) {
        figures.push_back(problem_->space.lambda());
        figures.push_back(problem_->space.sigma());
    }
    readback_.send(figures);
    pending_.push_back(std::move(pending));
    pending_.back().step.seconds = seconds_ + stopwatch.elapsed();
    collect(false);
}

std::vector<Training::Step> Training::finished(bool wait) {
    if (wait && !readback_.empty()) {
        const Stopwatch stopwatch(seconds_);
        collect(true);
    }
    return std::exchange(finished_, {});
}

void Training::collect(bool wait) {
    while (const std::optional<Readback::Values> values = readback_.arrived(wait)) {
        Pending pending = std::move(pending_.front());
        pending_.pop_front();
        Step& step = pending.step;
        auto next = values->begin();
        /// The next number, looked at as the loss of this name.
        const auto loss = [&](const char* quantity) {
            const double value = (next++)->front();
            if (!std::isfinite(value) && !step.failure)
                step.failure = atStep(step.number, notFiniteClause(value, quantity));
            return value;
        };
        step.loss = loss("training loss");
        const double correct = pending.correct ? (next++)->front() : 0.0;
        step.accuracy = correct / pending.predictions;
        if (pending.response) step.responseLoss = loss("response loss");
        for (std::size_t i = 0; i < pending.validations; ++i) step.validationLoss = loss("validation loss");
        if (pending.values) {
            const auto& lambda = *next++;
            step.hyperparameters = pointsAt(lambda, *next++);
        }
        if (std::isfinite(step.loss)) {
            epochLoss_ += step.loss * pending.predictions;
            epochCorrect_ += correct;
            epochPredictions_ += pending.predictions;
        }
        finished_.push_back(std::move(step));
    }
}

std::optional<EpochResult> Training::evaluate(const std::function<bool()>& between) {
    const at::NoGradGuard guard;
    collect(true);
    EpochResult result{.epoch = finishedEpochs(), .step = steps_};
    const Objective& objective = problem_->objective;
    /// Mean loss and accuracy over a split.
    const auto figures = [&](const DevicePart& part) -> std::optional<std::pair<double, double>> {
        constexpr std::int64_t size = 500;
        std::optional<TokenStream> text;
        if (part.tokens.defined())
            text.emplace(part.tokens, std::min(experiment_.validationBatch, part.count() / 2),
                         data_.info.input[0]);
        const std::int64_t count = text ? text->perEpoch() : (part.count() + size - 1) / size;
        Carry carry = text ? problem_->network.start(text->rows()) : Carry{};
        // Of losses and right answers, added up on the device.
        const auto options = problem_->space.lambda().options().requires_grad(false).dtype(at::kDouble);
        Tensor losses = at::zeros({}, options), correct = at::zeros({}, options);
        double predictions = 0.0;
        for (std::int64_t i = 0; i < count; ++i) {
            {
                const Stopwatch stopwatch(seconds_);
                Batch batch = text ? text->at(i) : take(part, i * size, size);
                Carry next = carry;
                if (!carry.states.empty()) {
                    batch.before = &carry;
                    batch.after = &next;
                }
                const Tensor outputs = tuner_->predict(batch);
                const auto answers = static_cast<double>(batch.predictions());
                losses += objective.loss(outputs, batch.targets).to(at::kDouble) * answers;
                if (objective.classification) correct += objective.correct(outputs, batch.targets);
                predictions += answers;
                carry = std::move(next);
            }
            if (!between()) return std::nullopt;
        }
        const Stopwatch stopwatch(seconds_);
        return std::pair{losses.item<double>() / predictions, correct.item<double>() / predictions};
    };
    const auto accuracy = [&](double value) {
        return objective.classification ? std::optional<double>(value) : std::nullopt;
    };
    const auto validation = figures(data_.validation);
    if (!validation) return std::nullopt;
    if (!std::isfinite(validation->first))
        throw atStep(steps_, notFiniteClause(validation->first, "validation loss of the whole split"));
    result.validationLoss = validation->first;
    result.validationAccuracy = accuracy(validation->second);
    if (data_.test.count() > (data_.test.tokens.defined() ? 1 : 0)) {
        const auto test = figures(data_.test);
        if (!test) return std::nullopt;
        result.testLoss = test->first;
        result.testAccuracy = accuracy(test->second);
    }
    if (epochPredictions_ > 0) {
        result.trainLoss = epochLoss_ / epochPredictions_;
        result.trainAccuracy = accuracy(epochCorrect_ / epochPredictions_);
    }
    result.seconds = seconds_;
    result.gradients = gradients_;
    result.hyperparameters = hyperparameters();
    result.scales = scales();
    return result;
}

void Training::accept(const EpochResult& result) {
    if (!best_ || result.validationLoss < best_->validationLoss) best_ = result;
    if (result.epoch > 0)
        for (Schedule& schedule : schedules_) schedule.observe(result.validationLoss);
    applySchedules();
    epochLoss_ = epochCorrect_ = epochPredictions_ = 0.0;
    evaluationDue_ = false;
}

std::vector<HyperparameterPoint> Training::pointsAt(const std::vector<double>& lambda,
                                                    const std::vector<double>& sigmas) const {
    const std::vector<Hyperparameter>& tuned = problem_->space.tuned();
    const bool perturbed = traitsOf(experiment_.tuner).perturbs;
    std::vector<HyperparameterPoint> result;
    for (const Hyperparameter& h : experiment_.hyperparameters) {
        const auto found = std::ranges::find(tuned, h.name, &Hyperparameter::name);
        if (found == tuned.end()) {
            result.push_back({.value = h.initial});
            continue;
        }
        const auto i = static_cast<std::size_t>(found - tuned.begin());
        // In float64 by the scalar transform: what is shown must not depend on the network's precision.
        result.push_back(
            pointAt(Transform(*found), lambda[i], perturbed ? std::optional(sigmas[i]) : std::nullopt));
    }
    return result;
}

std::vector<HyperparameterPoint> Training::points() const {
    return pointsAt(problem_->space.unconstrained(), problem_->space.sigmas());
}

std::vector<std::pair<std::string, double>> Training::hyperparameters() const {
    const std::vector<HyperparameterPoint> all = points();
    std::vector<std::pair<std::string, double>> result;
    for (std::size_t i = 0; i < all.size(); ++i)
        result.emplace_back(experiment_.hyperparameters[i].name, all[i].value);
    return result;
}

std::vector<std::pair<std::string, double>> Training::scales() const {
    const std::vector<double> sigmas = problem_->space.sigmas();
    std::vector<std::pair<std::string, double>> result;
    if (!traitsOf(experiment_.tuner).perturbs) return result;
    for (std::size_t i = 0; i < sigmas.size(); ++i)
        result.emplace_back(problem_->space.tuned()[i].name, sigmas[i]);
    return result;
}

void Training::setHyperparameter(const std::string& name, double natural) {
    const std::vector<Hyperparameter>& tuned = problem_->space.tuned();
    for (std::size_t i = 0; i < tuned.size(); ++i) {
        if (tuned[i].name != name) continue;
        if (!std::isfinite(Transform(tuned[i]).toUnconstrained(natural)))
            throw Error(ErrorKind::usage, name + " cannot be set to " + std::to_string(natural) +
                                              ": it must lie inside its range.");
        problem_->space.set(static_cast<std::int64_t>(i), natural);
        return;
    }
    throw Error(ErrorKind::usage, "\"" + name + "\" is not a hyperparameter that this run tunes.");
}

/// Every tensor that training changes, shared, under the name it has in a checkpoint.
NamedTensors Training::state() const {
    NamedTensors result;
    const auto add = [&](const std::string& prefix, const NamedTensors& tensors) {
        for (const auto& [name, tensor] : tensors) result.emplace_back(prefix + name, tensor);
    };
    add("general.", problem_->network.general());
    add("response.", problem_->network.response());
    add("buffer.", problem_->network.buffers());
    for (const auto& [name, carry] :
         {std::pair{"carry", &carry_}, std::pair{"validation_carry", &validationCarry_}})
        for (std::size_t i = 0; i < carry->states.size(); ++i)
            result.emplace_back(std::string(name) + "." + std::to_string(i), carry->states[i]);
    result.emplace_back("lambda", problem_->space.lambda());
    result.emplace_back("raw_scale", problem_->space.rawScale());
    return result;
}

std::optional<std::string> Training::notFinite() const {
    for (const auto& [name, tensor] : state())
        if (!tensor.isfinite().all().item<bool>()) return name + " is not finite";
    for (const auto& [name, value] : hyperparameters())
        if (!std::isfinite(value)) return "the hyperparameter " + name + " is not finite";
    return std::nullopt;
}

Checkpoint Training::save() {
    collect(true);
    Checkpoint checkpoint;
    checkpoint.tensors = state();
    Optimizers& optimizers = tuner_->optimizers();
    std::size_t i = 0;
    for (const Optimizer* optimizer :
         {&optimizers.general, &optimizers.response, &optimizers.hyperparameters, &optimizers.scales}) {
        const std::string name = learned[i];
        for (const auto& [key, tensor] : optimizer->state())
            checkpoint.tensors.emplace_back("optimizer." + name + "." + key, tensor);
        for (const auto& [key, tensor] : schedules_[i].state())
            checkpoint.tensors.emplace_back("schedule." + name + "." + key, tensor);
        ++i;
    }
    checkpoint.tensors.emplace_back("counters", integers({steps_, validationSteps_, evaluationDue_ ? 1 : 0}));
    checkpoint.tensors.emplace_back("epochs", integers({epochBase_, stepBase_, stepsPerEpoch()}));
    checkpoint.tensors.emplace_back(
        "sums", numbers({epochLoss_, epochCorrect_, epochPredictions_, seconds_, gradients_}));
    for (const auto& [name, tensor] : tuner_->state())
        checkpoint.tensors.emplace_back("tuner." + name, tensor);
    checkpoint.metadata["format"] = "delta-stn-workbench checkpoint 1";
    checkpoint.metadata["experiment"] = dstn::toJson(experiment_);
    checkpoint.metadata["torch"] = TORCH_VERSION;
    checkpoint.metadata["threads"] = std::to_string(at::get_num_threads());
    if (best_) checkpoint.metadata["best"] = jsonEpoch(*best_).dump();
    return checkpoint;
}

void Training::load(const Checkpoint& checkpoint) {
    const auto damaged = [](const std::string& what) {
        return Error(ErrorKind::archive, "The checkpoint is damaged: " + what + ". Start a new run.");
    };
    try {
        restore(checkpoint);
    } catch (const nlohmann::json::exception& error) {
        throw damaged(std::string("its best result cannot be read (") + error.what() + ")");
    } catch (const c10::Error& error) {
        throw damaged("LibTorch reports " + std::string(error.what_without_backtrace()));
    }
    if (steps_ < 0 || validationSteps_ < 0) throw damaged("its number of steps is negative");
    applySchedules();
}

void Training::inherit(const Checkpoint& donor) {
    collect(true);
    std::map<std::string, Tensor> saved(donor.tensors.begin(), donor.tensors.end());
    const auto misfit = [](const std::string& what) {
        return Error(ErrorKind::archive,
                     "The checkpoint to take the weights from does not fit: " + what + ".");
    };
    const at::NoGradGuard guard;
    for (const NamedTensors* group : {&problem_->network.general(), &problem_->network.buffers()}) {
        const std::string prefix = group == &problem_->network.general() ? "general." : "buffer.";
        for (const auto& [name, tensor] : *group) {
            const auto found = saved.find(prefix + name);
            if (found == saved.end() || found->second.sizes() != tensor.sizes())
                throw misfit("it has no \"" + prefix + name + "\" of this shape");
            Tensor target = tensor;
            target.copy_(found->second);
        }
    }
    NamedTensors moments;
    const std::string prefix = "optimizer.general.";
    for (const auto& [name, tensor] : donor.tensors)
        if (name.starts_with(prefix)) moments.emplace_back(name.substr(prefix.size()), tensor);
    tuner_->optimizers().general.load(moments);
    applySchedules();
}

/// Of other data an epoch may have another length: the next one begins at once, and those before it count.
void Training::restoreEpochs(const Tensor& saved) {
    epochBase_ = saved[0].item<std::int64_t>();
    stepBase_ = saved[1].item<std::int64_t>();
    const std::int64_t length = saved[2].item<std::int64_t>();
    if (epochBase_ < 0 || stepBase_ < 0 || stepBase_ > steps_ || length < 1)
        throw Error(ErrorKind::archive,
                    "The checkpoint is damaged: its epochs are impossible. Start a new run.");
    if (length == stepsPerEpoch()) return;
    epochBase_ += (steps_ - stepBase_) / length;
    stepBase_ = steps_;
    epochLoss_ = epochCorrect_ = epochPredictions_ = 0.0;
}

void Training::restore(const Checkpoint& checkpoint) {
    std::map<std::string, Tensor> saved(checkpoint.tensors.begin(), checkpoint.tensors.end());
    const auto find = [&](const std::string& name) -> const Tensor& {
        const auto found = saved.find(name);
        if (found == saved.end())
            throw Error(ErrorKind::archive,
                        "The checkpoint has no \"" + name +
                            "\": it belongs to another experiment or another version. Start a new run.");
        return found->second;
    };
    const at::NoGradGuard guard;
    for (auto& [name, tensor] : state()) {
        const Tensor& value = find(name);
        if (value.sizes() != tensor.sizes())
            throw Error(ErrorKind::archive,
                        "The checkpoint's \"" + name +
                            "\" has another shape than the experiment's. Start a new run.");
        Tensor target = tensor;
        target.copy_(value);
    }
    Optimizers& optimizers = tuner_->optimizers();
    const auto part = [&](const std::string& prefix) {
        NamedTensors result;
        for (const auto& [name, tensor] : checkpoint.tensors)
            if (name.starts_with(prefix)) result.emplace_back(name.substr(prefix.size()), tensor);
        return result;
    };
    std::size_t i = 0;
    for (Optimizer* optimizer :
         {&optimizers.general, &optimizers.response, &optimizers.hyperparameters, &optimizers.scales}) {
        optimizer->load(part("optimizer." + std::string(learned[i]) + "."));
        ++i;
    }
    schedules_ = schedulesOf(experiment_, &checkpoint);
    const Tensor &counters = find("counters"), &sums = find("sums");
    steps_ = counters[0].item<std::int64_t>();
    validationSteps_ = counters[1].item<std::int64_t>();
    evaluationDue_ = counters[2].item<std::int64_t>() != 0;
    epochLoss_ = sums[0].item<double>();
    epochCorrect_ = sums[1].item<double>();
    epochPredictions_ = sums[2].item<double>();
    seconds_ = sums[3].item<double>();
    gradients_ = sums.numel() > 4 ? sums[4].item<double>() : 0.0; // older ones did not count them
    if (saved.contains("epochs")) restoreEpochs(find("epochs"));  // older ones did not have them
    tuner_->load(part("tuner."));
    const auto best = checkpoint.metadata.find("best");
    best_ = best == checkpoint.metadata.end()
                ? std::nullopt
                : std::optional(epochFromJson(nlohmann::ordered_json::parse(best->second)));
}

} // namespace dstn
