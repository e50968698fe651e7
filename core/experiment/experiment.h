#pragma once

#include "core/data/dataset.h"
#include "core/export.h"
#include "core/spec/data_spec.h"
#include "core/spec/hyperparameter.h"
#include "core/spec/model.h"
#include "core/spec/tuner_spec.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

enum class LossKind { automatic, crossEntropy, mse };

/// The precision of matrix products and convolutions, tangents included; everything else stays
/// float32.
enum class Precision {
    float32,
    tf32,    ///< inputs rounded to 10 bits of mantissa, on GPUs that can (NVIDIA's from 8.0)
    bfloat16 ///< autocast: inputs and results of 8 bits of mantissa
};

/// Everything that determines a run. One JSON document; `schema` is its version.
struct Experiment {
    std::string name = "Untitled";
    std::string description = {}; ///< what it shows, for the reader; may be empty
    DataSpec data;
    Model model;
    LossKind loss = LossKind::automatic; ///< automatic: by the data's task
    /// L2 penalty ½ · decay · ‖W‖² over the weights (not the biases) of every part but normalisations:
    /// empty: none; one entry: global.
    std::vector<Tunable> weightDecay;
    /// ε (Szegedy et al. 2016): the training target of a class is 1 − ε for the right one, plus ε / classes
    /// for each.
    Tunable labelSmoothing{0.0};
    std::vector<Augmentation> augmentation; ///< applied in this order
    std::vector<Hyperparameter> hyperparameters;
    TunerSpec tuner;
    OptimizersSpec optimizers;
    std::int64_t trainBatch = 128;
    std::int64_t validationBatch = 128;
    std::int64_t epochs = 8;
    std::string device = "auto"; ///< "auto", "cpu", "cuda" or "cuda:N"
    std::int64_t threads = 0;    ///< CPU threads of the engine, 0: all cores
    Precision precision = Precision::float32;
    bool graphs = true; ///< on a GPU, steps are recorded once and replayed
    std::uint64_t seed = 0;

    /// Names of the hyperparameters that change during a run, in order: the H coordinates of λ. None with
    /// the tuners that only train (fixed, and searches, whose trials are such trainings).
    std::vector<std::string> tunedNames() const;
    /// H as the network's layers know it: how many of these its weights respond to through Θ; 0 where the
    /// tuner learns no response.
    std::int64_t responseCount() const;
    /// Those with `tune` that the tuner nevertheless holds, as it needs a training loss that is
    /// differentiable in them.
    std::vector<std::string> heldNames() const;
    bool operator==(const Experiment&) const = default;
};

/// Something wrong in an experiment: `path` as in `--set`, "model.parts[3].kernel"; `message` says what was
/// expected and what was found.
struct Mistake {
    std::string path;
    std::string message;
    bool operator==(const Mistake&) const = default;
};

struct ParsedExperiment {
    std::optional<Experiment> experiment; ///< empty if there is any mistake
    std::vector<Mistake> mistakes;        ///< all of them, in document order
};

/// Reads and validates an experiment document. Unknown keys, wrong types and values out of range are
/// mistakes.
ParsedExperiment parseExperiment(std::string_view json);
/// The same after `path=value` assignments ("budget.epochs", "hyperparameters[0].initial"; a hyperparameter
/// may be named: "hyperparameters.dropout0.initial"). A value that is not JSON is taken as a string. An
/// object's options that its newly assigned type does not have go with the earlier type.
ParsedExperiment parseExperiment(std::string_view json,
                                 const std::vector<std::pair<std::string, std::string>>& assignments);
/// Every mistake that can be found without the data: ranges, names, references.
std::vector<Mistake> validate(const Experiment& experiment);
/// Every mistake that depends on the data's shape and size: kernels larger than their input, too few
/// outputs, a batch larger than its split.
std::vector<Mistake> validate(const Experiment& experiment, const DataInfo& data);
/// The whole document, defaults written out; parseExperiment(toJson(e)) == e. Options that the chosen data
/// source or optimiser does not have are left out, so those come back at their defaults.
std::string toJson(const Experiment& experiment);
/// Gives the tuner another type, by its id. Options that both types have are kept, as with an assignment of
/// "tuner.type"; throws std::out_of_range if there is no such type.
void chooseTuner(TunerSpec& tuner, std::string_view id);
/// JSON Schema (draft 2020-12) of the document.
std::string experimentSchema();
/// "path: message" lines.
std::string describe(const std::vector<Mistake>& mistakes);

/// A preset shipped with the program: an experiment document in resources/presets, compiled in.
struct Preset {
    std::string id;    ///< "fashion-mnist-cnn"
    std::string title; ///< the document's name
    std::string description;
    std::string json;
};
const std::vector<Preset>& presets();
/// Null if there is no such id.
const Preset* findPreset(std::string_view id);

/// What a run will need, estimated before it starts.
struct Estimate {
    ModelReport model;
    std::int64_t steps = 0; ///< training steps of the whole budget
    std::int64_t stepsPerEpoch = 0;
    std::int64_t memoryBytes = 0; ///< parameters, responses, optimiser state, activations, data
    double trainingFlops = 0;     ///< floating-point operations of the whole run
};
/// `experiment` must be without mistakes.
Estimate estimate(const Experiment& experiment, const DataInfo& data);
/// The largest training batch, validation batches being no larger, for which the estimate stays within this
/// many bytes; 0 if one example is too many.
std::int64_t largestBatch(const Experiment& experiment, const DataInfo& data, double bytes);

} // namespace dstn
