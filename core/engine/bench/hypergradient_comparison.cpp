#include "core/engine/bench/hypergradient_comparison.h"

#include "core/engine/training/device_memory.h"
#include "core/engine/tuners/hypernetwork.h"
#include "core/engine/tuners/inverse_hessian.h"
#include "core/engine/tuners/stn.h"
#include "core/engine/tuners/training_loss.h"
#include "core/engine/tuners/unrolled.h"
#include "core/experiment/replay.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace dstn {

namespace {

using torch::autograd::grad;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t orderStream = 21, batchStream = 22, randomStream = 23;

double millisecondsSince(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// A checkpoint's tensors by name.
class Saved {
  public:
    explicit Saved(const Checkpoint& checkpoint)
        : tensors_(checkpoint.tensors.begin(), checkpoint.tensors.end()) {}

    /// Copies what was saved under `prefix` + name into the tensors. Throws Error{archive} where it does not
    /// fit.
    void into(const NamedTensors& tensors, const std::string& prefix) const {
        const at::NoGradGuard guard;
        for (const auto& [name, tensor] : tensors) {
            Tensor target = tensor;
            target.copy_(find(prefix + name, tensor.sizes()));
        }
    }
    const Tensor& find(const std::string& name, at::IntArrayRef shape) const {
        const auto found = tensors_.find(name);
        if (found == tensors_.end() || found->second.sizes() != shape)
            throw Error(ErrorKind::archive, "The checkpoint has no \"" + name +
                                                "\" of the experiment's shape: it belongs to another "
                                                "experiment or another version. Choose another run.");
        return found->second;
    }
    NamedTensors part(const std::string& prefix) const {
        return withPrefix({tensors_.begin(), tensors_.end()}, prefix);
    }

  private:
    std::map<std::string, Tensor> tensors_;
};

/// A network at the point of the comparison, with its hyperparameters as one method sees them.
struct Stand {
    Experiment experiment; ///< with the method as its tuner
    std::unique_ptr<Problem> problem;
};

class Comparison {
  public:
    Comparison(const Experiment& experiment, const Dataset& dataset, at::Device device,
               const Checkpoint& checkpoint, const HypergradientOptions& options)
        : options_(options),
          device_(device),
          data_(dataset, device, at::kFloat),
          saved_(checkpoint),
          own_(experiment),
          schedules_(schedulesOf(experiment, &checkpoint)),
          random_(device, mixSeed(experiment.seed, randomStream)) {
        // The trials of a search are plain trainings.
        if (traitsOf(own_.tuner).searches()) own_.tuner.options = FixedOptions{};
        readPoint();
        validation_ = fixedBatch(data_.validation, own_.validationBatch);
        training_ = fixedBatch(data_.train, own_.trainBatch);
        requireMemory();
    }

    HypergradientReport report();

  private:
    void readPoint();
    void requireMemory() const;
    Batch fixedBatch(const DevicePart& part, std::int64_t rows) const;
    Stand stand(const TunerSpec& tuner) const;
    /// The run's own tuner, with these options of its type.
    TunerSpec tunerWith(TunerOptions options) const;
    /// Takes training steps, which begin at the checkpoint's optimiser state.
    void trainOn(Tuner& tuner, const Problem& problem, std::int64_t steps, Hypergradient& result);

    Hypergradient responding(const TunerOptions& options);
    Hypergradient implicit(const std::string& method, InverseKind inverse);
    Hypergradient unrolled(const std::string& method, std::int64_t steps);
    /// Runs `body`, which fills in a hypergradient; if the method is not available, its note says why.
    template <typename F>
    Hypergradient attempt(const std::string& method, const F& body);
    /// Notes dL_V/dλ under the names of the stand's hyperparameters, with what it took since `begin`.
    void note(const Tensor& hypergradient, const Stand& stand, Clock::time_point begin,
              Hypergradient& result);

    /// Batches of training that a pass over this one counts for.
    double weight(const Batch& batch) const {
        return static_cast<double>(batch.count()) / static_cast<double>(own_.trainBatch);
    }

    HypergradientOptions options_;
    at::Device device_;
    DeviceData data_;
    Saved saved_;
    Experiment own_;                  ///< the run's
    std::vector<Schedule> schedules_; ///< the run's, at the checkpoint
    Experiment at_;                   ///< the same with its hyperparameters where the checkpoint has them
    NamedTensors weights_, buffers_;  ///< of the network at the checkpoint, w(λ)
    std::vector<std::string> names_;  ///< those with `tune`
    StepRandom random_;
    Batch validation_, training_;
    std::int64_t step_ = 0;
};

/// The general weights at λ, the statistics, λ and σ of the checkpoint, whatever its method.
void Comparison::readPoint() {
    for (const Hyperparameter& h : own_.hyperparameters)
        if (h.tune) names_.push_back(h.name);
    if (names_.empty())
        throw Error(ErrorKind::usage, "The run has no hyperparameter with \"tune\": true, so there are no "
                                      "hypergradients to compare. Choose another run.");
    const auto problem = makeProblem(own_, data_.info, data_.channels, at::kFloat, device_);
    Network& network = problem->network;
    const Space& space = problem->space;
    saved_.into(network.general(), "general.");
    saved_.into(network.response(), "response.");
    saved_.into(network.buffers(), "buffer.");
    saved_.into({{"lambda", space.lambda()}, {"raw_scale", space.rawScale()}}, "");
    step_ = saved_.find("counters", {3})[0].item<std::int64_t>();

    const TunerTraits& traits = traitsOf(own_.tuner);
    const bool centered = traits.centered == nullptr || traits.centered(own_.tuner);
    const Weights moved = centered ? Weights{} : network.moved(space.lambda().detach());
    for (const auto& [name, tensor] : network.general()) {
        const auto found = moved.find(tensor.unsafeGetTensorImpl());
        weights_.emplace_back(name, (found == moved.end() ? tensor : found->second).detach().clone());
    }
    for (const auto& [name, tensor] : network.buffers()) buffers_.emplace_back(name, tensor.clone());

    const std::vector<double> values = space.naturalValues(), scales = space.sigmas();
    std::vector<std::pair<std::string, double>> now;
    for (std::size_t i = 0; i < values.size(); ++i) now.emplace_back(space.tuned()[i].name, values[i]);
    at_ = retrainedWith(own_, now);
    at_.tuner = own_.tuner;
    if (!traits.perturbs) return;
    for (Hyperparameter& h : at_.hyperparameters)
        for (std::size_t i = 0; i < scales.size(); ++i)
            if (space.tuned()[i].name == h.name) h.scale = scales[i];
}

void Comparison::requireMemory() const {
    double weights = 0.0;
    for (const auto& [name, tensor] : weights_) weights += static_cast<double>(tensor.nbytes());
    const double needed = weights * static_cast<double>(options_.referenceSteps);
    const auto free = static_cast<double>(memoryLeft(device_));
    if (free > 0 && needed > free)
        throw Error(ErrorKind::device,
                    "Not enough memory: unrolling " + std::to_string(options_.referenceSteps) +
                        " steps needs the weights before each, about " +
                        std::to_string(static_cast<std::int64_t>(needed / (1 << 20))) + " MiB, and " +
                        std::to_string(static_cast<std::int64_t>(free / (1 << 20))) +
                        " MiB are free. Use fewer steps (--reference-steps).");
}

/// The same examples for every method: of a text its first slice, in so many rows.
Batch Comparison::fixedBatch(const DevicePart& part, std::int64_t rows) const {
    if (part.tokens.defined()) return TokenStream(part.tokens, rows, data_.info.input[0]).at(0);
    const std::int64_t size = std::min(options_.examples, part.count());
    return BatchOrder(part, size, mixSeed(own_.seed, batchStream)).at(0);
}

TunerSpec Comparison::tunerWith(TunerOptions options) const {
    TunerSpec tuner = own_.tuner;
    if (options.index() != tuner.options.index()) tuner.sharePrimal = false;
    tuner.options = std::move(options);
    return tuner;
}

Stand Comparison::stand(const TunerSpec& tuner) const {
    Stand result{.experiment = at_, .problem = nullptr};
    result.experiment.tuner = tuner;
    if (const std::vector<Mistake> mistakes = validate(result.experiment); !mistakes.empty())
        throw Error(ErrorKind::usage, describe(mistakes));
    result.problem = makeProblem(result.experiment, data_.info, data_.channels, at::kFloat, device_);
    const at::NoGradGuard guard;
    const auto copy = [](const NamedTensors& from, const NamedTensors& to) {
        for (std::size_t i = 0; i < to.size(); ++i) {
            Tensor target = to[i].second;
            target.copy_(from[i].second);
        }
    };
    copy(weights_, result.problem->network.general());
    copy(buffers_, result.problem->network.buffers());
    return result;
}

void Comparison::trainOn(Tuner& tuner, const Problem& problem, std::int64_t steps, Hypergradient& result) {
    const auto begin = Clock::now();
    tuner.optimizers().general.load(saved_.part("optimizer.general."));
    std::variant<BatchOrder, TokenStream> order =
        data_.train.tokens.defined()
            ? std::variant<BatchOrder, TokenStream>(
                  TokenStream(data_.train.tokens, own_.trainBatch, data_.info.input[0]))
            : BatchOrder(data_.train, own_.trainBatch, mixSeed(own_.seed, orderStream));
    const std::int64_t perEpoch = std::visit([](const auto& o) { return o.perEpoch(); }, order);
    tuner.optimizers().general.setLr(schedules_[0].lr(step_ / perEpoch));
    tuner.optimizers().response.setLr(schedules_[1].lr(step_ / perEpoch));
    Carry carry;
    for (std::int64_t i = 0; i < steps; ++i) {
        Batch batch = std::visit([&](auto& o) { return o.at(i); }, order);
        if (i % perEpoch == 0) carry = problem.network.start(batch.count());
        Carry after = carry;
        if (!carry.states.empty()) {
            batch.before = &carry;
            batch.after = &after;
        }
        tuner.train(batch, random_.at(i, 1));
        result.stepGradients += tuner.trainCost();
        carry = std::move(after);
    }
    result.steps = steps;
    // A look at a number waits for the device.
    tensors(problem.network.general()).front().sum().item<float>();
    result.stepMilliseconds = millisecondsSince(begin);
}

void Comparison::note(const Tensor& hypergradient, const Stand& stand, Clock::time_point begin,
                      Hypergradient& result) {
    const Tensor values = hypergradient.detach().to(at::kCPU, at::kDouble);
    result.milliseconds = millisecondsSince(begin);
    const std::vector<Hyperparameter>& tuned = stand.problem->space.tuned();
    std::string held;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const auto found = std::ranges::find(tuned, names_[i], &Hyperparameter::name);
        if (found != tuned.end())
            result.values[i] = values[found - tuned.begin()].item<double>();
        else
            held += (held.empty() ? "" : ", ") + names_[i];
    }
    if (!held.empty())
        result.note += std::string(result.note.empty() ? "" : " ") +
                       "The training loss has no derivative with respect to " + held + ".";
}

template <typename F>
Hypergradient Comparison::attempt(const std::string& method, const F& body) {
    Hypergradient result{.method = method, .values = std::vector<std::optional<double>>(names_.size())};
    try {
        body(result);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::usage && error.kind() != ErrorKind::numeric) throw;
        std::ranges::fill(result.values, std::nullopt);
        const std::string lines = error.what(); // of mistakes, each with its end
        result.note = lines.substr(0, lines.find_last_not_of('\n') + 1);
    }
    return result;
}

Hypergradient Comparison::responding(const TunerOptions& options) {
    TunerSpec unperturbed = tunerWith(options);
    unperturbed.tuneScales = false; // at Δ = 0 there is no perturbation
    return attempt(std::string(traitsOf(unperturbed).id), [&](Hypergradient& result) {
        const Stand here = stand(unperturbed);
        Problem& problem = *here.problem;
        const TunerSpec& spec = here.experiment.tuner;
        const OptimizersSpec& optimizers = here.experiment.optimizers;
        const bool own = options.index() == own_.tuner.options.index();
        // A saved response belongs to the weights that it was saved with.
        if (own) saved_.into(problem.network.general(), "general.");
        const std::unique_ptr<Tuner> tuner = makeTuner(problem, spec, optimizers);
        if (own) {
            saved_.into(problem.network.response(), "response.");
            tuner->load(saved_.part("tuner."));
        } else {
            trainOn(*tuner, problem, options_.fitSteps, result);
        }
        const auto begin = Clock::now();
        const Tensor& lambda = problem.space.lambda();
        Tensor hypergradient;
        if (auto* hypernetwork = dynamic_cast<Hypernetwork*>(tuner.get())) {
            hypergradient = hypernetwork->validationSlope(validation_, lambda.detach()).lambda;
        } else {
            const Tensor still =
                at::zeros({validation_.count(), lambda.size(0)}, lambda.options().requires_grad(false));
            const auto& stn = dynamic_cast<const DeltaStn&>(*tuner);
            hypergradient = grad({stn.validationLoss(validation_, still).loss}, {lambda}).front();
        }
        result.gradients = weight(validation_) * tuner->validateCost();
        note(hypergradient, here, begin, result);
    });
}

Hypergradient Comparison::implicit(const std::string& method, InverseKind inverse) {
    return attempt(method, [&](Hypergradient& result) {
        auto spec = own_.tuner.optionsOr<ImplicitOptions>();
        spec.inverse = inverse;
        const Stand here = stand(tunerWith(spec));
        Problem& problem = *here.problem;
        const auto begin = Clock::now();
        const std::vector<Tensor> v = validationGradient(problem, validation_).gradient;
        const TrainingLoss loss(problem, training_, random_.at(0, 2), {});
        const MatrixProduct product = [&](const std::vector<Tensor>& p) {
            std::vector<Tensor> image = loss.hessianProduct(p);
            if (spec.damping > 0) addTo(image, p, spec.damping);
            return image;
        };
        const InverseProduct solved =
            inverse == InverseKind::conjugateGradient
                ? conjugateGradient(product, v, {},
                                    {.iterations = spec.iterations, .tolerance = spec.tolerance})
            : inverse == InverseKind::neumann ? neumannSeries(product, v, spec.neumannStep, spec.iterations)
                                              : InverseProduct{.solution = scaled(v, spec.neumannStep)};
        if (solved.negativeCurvature)
            result.note = "The training loss has negative curvature: conjugate gradients stopped after " +
                          std::to_string(solved.products) + " products.";
        // A product with second derivatives is two gradients.
        result.gradients =
            weight(validation_) + weight(training_) * (1 + 2 * static_cast<double>(solved.products + 1));
        note(-loss.mixedProduct(solved.solution), here, begin, result);
    });
}

Hypergradient Comparison::unrolled(const std::string& method, std::int64_t steps) {
    return attempt(method, [&](Hypergradient& result) {
        const Stand here = stand(tunerWith(UnrolledOptions{.mode = UnrollMode::reverse, .steps = steps}));
        Unrolled tuner(*here.problem, here.experiment.tuner, here.experiment.optimizers);
        trainOn(tuner, *here.problem, steps, result);
        const auto begin = Clock::now();
        const Tensor hypergradient =
            tuner.hypergradient(validationGradient(*here.problem, validation_).gradient);
        result.gradients = weight(validation_) + tuner.validateCost() - 1;
        note(hypergradient, here, begin, result);
    });
}

HypergradientReport Comparison::report() {
    HypergradientReport report{.step = step_, .hyperparameters = names_};
    for (const Hyperparameter& h : at_.hyperparameters)
        if (h.tune) report.at.push_back(h.initial);
    report.methods.push_back(responding(own_.tuner.optionsOr<DeltaStnOptions>()));
    report.methods.push_back(responding(StnOptions{}));
    report.methods.push_back(responding(HypernetworkOptions{}));
    report.methods.push_back(implicit("implicit-cg", InverseKind::conjugateGradient));
    report.methods.push_back(implicit("implicit-neumann", InverseKind::neumann));
    report.methods.push_back(implicit("t1-t2", InverseKind::identity));
    report.methods.push_back(unrolled("unrolled", own_.tuner.optionsOr<UnrolledOptions>().steps));
    report.methods.push_back(unrolled("reference", options_.referenceSteps));
    for (const Hypergradient& row : report.methods) {
        report.cosines.emplace_back();
        for (const Hypergradient& column : report.methods)
            report.cosines.back().push_back(cosine(row.values, column.values));
    }
    return report;
}

} // namespace

HypergradientReport compareHypergradients(const Experiment& experiment, const Dataset& dataset,
                                          at::Device device, const Checkpoint& checkpoint,
                                          const HypergradientOptions& options) {
    return Comparison(experiment, dataset, device, checkpoint, options).report();
}

} // namespace dstn
