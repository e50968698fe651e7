#pragma once

#include "core/engine/batches/device_data.h"
#include "core/engine/batches/token_stream.h"
#include "core/engine/training/checkpoint.h"
#include "core/engine/training/readback.h"
#include "core/engine/training/recorded_step.h"
#include "core/engine/tuners/tuner.h"
#include "core/experiment/experiment.h"
#include "core/export.h"
#include "core/run/events.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The problem that an experiment defines on data of this shape. With the tuner "fixed" nothing is tuned.
/// Throws Error{usage} if experiment and data do not match.
/// @param channels how the images' bytes became inputs, [channels]; empty if the data are not images
std::unique_ptr<Problem> makeProblem(const Experiment& experiment, const DataInfo& data,
                                     const std::vector<Scaling>& channels, at::ScalarType dtype,
                                     at::Device device);

/// Sets LibTorch's CPU threads to the experiment's, all cores if it names none.
void useThreads(const Experiment& experiment);
/// Allows or forbids TF32 to this process's products on GPUs.
void usePrecision(const Experiment& experiment);

/// The schedules of the general weights, the response, the hyperparameters and the scales, at the start or as
/// they stand at a checkpoint. Of a checkpoint they take what training alone can tell, a plateau's losses and
/// reductions; rates follow from the experiment, so that a changed one is obeyed at once.
/// Throws Error{archive} if the checkpoint has no such schedules.
std::vector<Schedule> schedulesOf(const Experiment& experiment, const Checkpoint* checkpoint = nullptr);

/// How a device's steps are recorded, and who is notified.
struct StepRecording {
    StepRecorderFactory make = {}; ///< empty: they are not
    std::function<void(const std::string& what, bool recorded, const std::string& why)> report = {};
};

/// A run as a sequence of steps: `warmup` epochs of training steps at constant λ and σ, then T_train training
/// steps and T_valid validation steps, again and again (Bae & Grosse 2020, Algorithm 1).
///
/// Everything random follows from the seed and the step number, so a run that is saved after any step and
/// loaded again continues bit for bit, given the same device, LibTorch and number of threads.
class Training {
  public:
    Training(const Experiment& experiment, const Dataset& dataset, at::Device device,
             StepRecording recording = {});

    /// What a training step and the validation steps after it report.
    struct Step {
        std::int64_t number = 0;                   ///< training steps done with it
        double seconds = 0.0;                      ///< that the run had taken by then
        double loss = 0.0;                         ///< L_T(λ, w₀) of the mini-batch, penalty included
        double accuracy = 0.0;                     ///< of the mini-batch; 0 for regression
        std::optional<double> responseLoss = {};   ///< L_T(λ + ε, …), where a response is trained
        std::optional<double> validationLoss = {}; ///< of the last validation step, where some were due
        /// After it, as points() gives them: where λ moved, and every tenth step.
        std::vector<HyperparameterPoint> hyperparameters = {};
        std::optional<Error> failure = {}; ///< a loss that is not finite: "At step 7 the … is infinite"
    };
    /// One training step and the validation steps that are due after it; finished() has their figures. On
    /// the CPU throws Error{numeric}, the training step not counted and nothing changed by it, if a loss of
    /// the training step is not finite.
    void step();
    /// The steps whose figures have arrived, each once, in order. On an asynchronous device they arrive a
    /// few steps late, so that no step waits for another.
    /// @param wait for those of all steps
    std::vector<Step> finished(bool wait);
    /// The figures of the epoch that ended, or of the start: whole validation and test splits at w₀. Throws
    /// Error{numeric} as step() does if the validation loss is not finite.
    /// @param between called after every mini-batch; false cancels
    /// @return nothing if cancelled
    std::optional<EpochResult> evaluate(const std::function<bool()>& between);
    /// Takes the result into account: best point, schedules.
    void accept(const EpochResult& result);

    const Problem& problem() const { return *problem_; }
    const DataInfo& data() const { return data_.info; }
    std::int64_t stepsDone() const { return steps_; }
    std::int64_t stepsPerEpoch() const { return perEpoch(order_); }
    /// Begun and finished epochs, a part of the running one included.
    double epochs() const {
        return static_cast<double>(stepOfEpochs()) / static_cast<double>(stepsPerEpoch());
    }
    /// Training steps done once so many epochs are finished.
    std::int64_t stepsAfter(std::int64_t epochs) const {
        return stepBase_ + (epochs - epochBase_) * stepsPerEpoch();
    }
    bool warmup() const { return stepOfEpochs() < experiment_.tuner.warmupEpochs * stepsPerEpoch(); }
    /// An evaluation is due before the next step: at the start and after each epoch.
    bool evaluationDue() const { return evaluationDue_; }
    const std::optional<EpochResult>& best() const { return best_; }
    double seconds() const { return seconds_; }
    /// Gradient-evaluation equivalents spent on training and validation steps; evaluations of whole splits,
    /// which every method does alike, are not counted.
    double gradients() const { return gradients_; }

    /// Every declared hyperparameter's natural value, tuned or fixed, in declared order.
    std::vector<std::pair<std::string, double>> hyperparameters() const;
    /// The same with σ and band of the tuned ones.
    std::vector<HyperparameterPoint> points() const;
    /// σ of the tuned ones; none where the tuner has no perturbations.
    std::vector<std::pair<std::string, double>> scales() const;
    /// Sets a tuned hyperparameter. Throws Error{usage} if it is not tuned, or the value is outside its
    /// range.
    void setHyperparameter(const std::string& name, double natural);

    /// Which of the weights, λ, σ or Θ is not finite, as a clause: "general.0.weight is not finite". Nothing
    /// if all is well.
    std::optional<std::string> notFinite() const;

    /// Waits for all steps.
    Checkpoint save();
    /// Continues from save() with the rates that this experiment's schedules have there. Throws
    /// Error{archive} if the checkpoint does not fit this experiment, or is damaged.
    void load(const Checkpoint& checkpoint);
    /// A message about the steps so far, one sentence; returned once.
    std::optional<std::string> takeNote() { return tuner_->takeNote(); }
    /// Takes over the weights and their optimiser's state from another run of the same network; what was
    /// spent and reached is kept. Throws as load() does.
    void inherit(const Checkpoint& donor);

  private:
    /// The mini-batches of examples in shuffled order, or of a text in its own.
    using Batches = std::variant<BatchOrder, TokenStream>;
    Batches batches(const DevicePart& part, std::int64_t size, std::uint64_t stream) const;
    static std::int64_t perEpoch(const Batches& batches) {
        return std::visit([](const auto& b) { return b.perEpoch(); }, batches);
    }
    /// The mini-batch and, where layers carry states, those before it, which are zeros at an epoch's start.
    Batch batchAt(Batches& batches, std::int64_t index, Carry& carry) const;
    void applySchedules();
    /// Training steps done, had all epochs been as long as the present one.
    std::int64_t stepOfEpochs() const { return epochBase_ * stepsPerEpoch() + steps_ - stepBase_; }
    std::int64_t finishedEpochs() const { return stepOfEpochs() / stepsPerEpoch(); }
    void restoreEpochs(const Tensor& saved);
    /// Of all declared hyperparameters, λ and σ of the tuned ones given, [H] unconstrained.
    std::vector<HyperparameterPoint> pointsAt(const std::vector<double>& lambda,
                                              const std::vector<double>& sigmas) const;
    NamedTensors state() const;
    /// Takes in what has arrived.
    void collect(bool wait);
    void restore(const Checkpoint& checkpoint);

    Experiment experiment_;
    DeviceData data_;
    std::unique_ptr<Problem> problem_;
    std::unique_ptr<Tuner> tuner_;
    RecordedStep train_, validate_;
    Batches order_, validationOrder_;
    Carry carry_, validationCarry_; ///< states that recurrent layers carry into the next batch
    StepRandom random_;
    std::vector<Schedule> schedules_; // general, response, hyperparameters, scales

    /// A step whose figures are in flight, and which figures these are.
    struct Pending {
        Step step;
        double predictions = 0.0;
        bool correct = false, response = false;
        std::size_t validations = 0;
        bool values = false;
    };
    Readback readback_;
    std::deque<Pending> pending_;
    std::vector<Step> finished_;

    std::int64_t steps_ = 0, validationSteps_ = 0;
    /// `epochBase_` epochs were finished at step `stepBase_`, where the length of an epoch last changed:
    /// other data were accepted there.
    std::int64_t epochBase_ = 0, stepBase_ = 0;
    double seconds_ = 0.0, gradients_ = 0.0;
    // Sums over the running epoch; the last counts examples or, of texts, tokens.
    double epochLoss_ = 0.0, epochCorrect_ = 0.0, epochPredictions_ = 0.0;
    bool evaluationDue_ = true;
    std::optional<EpochResult> best_;
};

} // namespace dstn
