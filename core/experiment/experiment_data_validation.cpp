#include "core/error.h"
#include "core/experiment/experiment_checks.h"
#include "core/experiment/experiment_document.h"
#include "core/experiment/tunables.h"

#include <algorithm>

namespace dstn {

namespace {

std::string count(std::int64_t number, const std::string& one) {
    return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

/// Holds an experiment against the shape and size of its data.
class DataCheck {
  public:
    DataCheck(const Experiment& experiment, const DataInfo& data) : experiment_(experiment), data_(data) {}

    std::vector<Mistake> mistakes() {
        split();
        loss();
        const auto report =
            inspectModel(experiment_.model, data_.input, experiment_.responseCount(), data_.vocabulary);
        if (report.ok) {
            outputs(report);
            if (traitsOf(experiment_.tuner).mapsAllWeights) hypernetwork(report);
        } else if (!report.parts.empty())
            refuse(joined(indexed("model.parts", report.parts.size() - 1), report.parts.back().field),
                   report.parts.back().mistake);
        for (std::size_t i = 0; i < experiment_.augmentation.size(); ++i)
            augmentation(experiment_.augmentation[i], indexed("augmentation", i));
        batches();
        return std::move(mistakes_);
    }

  private:
    void refuse(std::string path, std::string message) {
        // A field's name may be empty: the part as a whole.
        if (path.ends_with('.')) path.pop_back();
        mistakes_.push_back({std::move(path), std::move(message)});
    }

    bool language() const { return data_.task == TaskKind::language; }

    void split() {
        if (language()) {
            if (data_.train < 2 || data_.validation < 2)
                refuse("data.validation", std::string("fewer than two tokens are left for ") +
                                              (data_.train < 2 ? "training" : "validation") +
                                              ": change the share, or use more text");
        } else if (data_.train < 1)
            refuse("data.validation", "no example is left for training: make it smaller, or use more data");
        else if (data_.validation < 1)
            refuse("data.validation",
                   "no example is held out for validation: make it larger, or use more data");
    }

    void augmentation(const Augmentation& augmentation, const std::string& path) {
        std::string type = augmentationType(augmentation);
        std::ranges::replace(type, '_', ' ');
        const bool colors = std::holds_alternative<SaturationSpec>(augmentation) ||
                            std::holds_alternative<HueSpec>(augmentation);
        if (std::holds_alternative<MixupSpec>(augmentation)) {
            if (data_.task == TaskKind::language)
                refuse(path, "mixup needs numeric examples, and a text consists of tokens: remove it");
        } else if (data_.input.size() != 3) {
            refuse(path, type + " needs images [channels, height, width], and the data's examples are " +
                             shapeText(data_.input) + ": remove it");
        } else if (colors && data_.input[0] != 3) {
            refuse(path, type +
                             " needs images with three colour channels, [3, height, width], and the data's "
                             "examples are " +
                             shapeText(data_.input) + ": remove it");
        } else {
            range(augmentation, type, path);
        }
    }

    /// Colours and noise are in units of black and white, and a hole is filled with what becomes 0.
    void range(const Augmentation& augmentation, const std::string& type, const std::string& path) {
        if (data_.pixels.known) return;
        const bool holes = std::holds_alternative<CutoutSpec>(augmentation);
        const bool colors = std::holds_alternative<BrightnessSpec>(augmentation) ||
                            std::holds_alternative<ContrastSpec>(augmentation) ||
                            std::holds_alternative<SaturationSpec>(augmentation) ||
                            std::holds_alternative<HueSpec>(augmentation) ||
                            std::holds_alternative<NoiseSpec>(augmentation);
        // The mean is as good a filling as black.
        const bool filled = holes && experiment_.data.normalize != Normalize::unit;
        if ((!colors && !holes) || filled) return;
        refuse(path, type + " needs to know black and white, and the images' numbers, from " +
                         valueText(data_.pixels.least) + " to " + valueText(data_.pixels.most) +
                         ", lie neither in [0, 1], [-1, 1] nor [0, 255]: save the images as they were before "
                         "they were scaled, or remove it");
    }

    void loss() {
        const Tunable& smoothing = experiment_.labelSmoothing;
        if (data_.task == TaskKind::regression && (smoothing.named() || smoothing.value != 0.0))
            refuse(
                "regularization.label_smoothing",
                "expected 0 for regression data, which has no classes, found " +
                    (smoothing.named() ? inQuotes(smoothing.hyperparameter) : numberText(smoothing.value)));
        const bool regression = data_.task == TaskKind::regression;
        if (regression && experiment_.loss == LossKind::crossEntropy)
            refuse("loss", "expected \"mse\" or \"auto\" for regression data, found \"cross-entropy\"");
        if (!regression && experiment_.loss == LossKind::mse)
            refuse("loss", "expected \"cross-entropy\" or \"auto\" for classification data, found \"mse\"");
    }

    void outputs(const ModelReport& report) {
        const bool regression = data_.task == TaskKind::regression;
        if (language()) {
            const Shape wanted{data_.input[0], data_.outputs};
            if (report.output != wanted)
                refuse("model.parts", "expected a model that ends with " + shapeText(wanted) +
                                          ", a score for every token at each step, found " +
                                          shapeText(report.output) +
                                          ": end it with tied_linear, or with a linear part of " +
                                          std::to_string(data_.outputs) + " outputs");
            return;
        }
        if (report.output.size() != 1) {
            refuse("model.parts", "expected a model that ends with [" + std::to_string(data_.outputs) +
                                      "], found " + shapeText(report.output) +
                                      ": end it with a flatten and a linear part");
            return;
        }
        if (report.output[0] == data_.outputs) return;
        const std::string message = "expected " + std::to_string(data_.outputs) + ", one for each " +
                                    (regression ? "target column" : "class") + " of the data, found " +
                                    std::to_string(report.output[0]) + (regression ? "" : whyClasses());
        const auto& parts = experiment_.model.parts;
        for (std::size_t i = parts.size(); i-- > 0;)
            if (std::holds_alternative<LinearPart>(parts[i]))
                return refuse(indexed("model.parts", i) + ".out", message);
        refuse("model.parts", message + ": end the model with a linear part");
    }

    /// The first classes, and why they are classes: who expects other ones finds the cause there.
    std::string whyClasses() const {
        constexpr std::size_t most = 5;
        std::string text;
        for (std::size_t c = 0; c < std::min(most, data_.classNames.size()); ++c)
            text += (c > 0 ? ", " : "; the classes are ") + printable(data_.classNames[c]);
        if (data_.classNames.size() > most) text += ", …";
        if (data_.taskReason.empty()) return text;
        return text + (text.empty() ? "; " : ", as ") + data_.taskReason;
    }

    /// A linear map from the hyperparameters to all parameters has an entry for each pair.
    void hypernetwork(const ModelReport& report) {
        const auto tuned = static_cast<std::int64_t>(experiment_.tunedNames().size());
        const double entries = static_cast<double>(report.parameters) * static_cast<double>(tuned);
        if (entries <= static_cast<double>(hypernetworkLimit)) return;
        refuse("tuner.type",
               "expected at most " + std::to_string(hypernetworkLimit) +
                   " entries of the hypernetwork's map, found " + std::to_string(report.parameters) +
                   " parameters × " + std::to_string(tuned) + " tuned hyperparameters, which need " +
                   bytesText(hypernetworkBytes(experiment_, report.parameters)) +
                   ": use a smaller model, tune fewer, or choose another tuner, such as \"delta-stn\"");
    }

    void batches() {
        if (language()) {
            // A row of the batch has a token and one to predict.
            const auto rows = [&](const char* path, std::int64_t batch, std::int64_t tokens,
                                  const char* what) {
                if (tokens >= 2 && batch > tokens / 2)
                    refuse(path, "expected at most " + std::to_string(tokens / 2) + " rows for the " +
                                     std::to_string(tokens) + " " + what + " tokens, found " +
                                     std::to_string(batch));
            };
            rows("batch.train", experiment_.trainBatch, data_.train, "training");
            rows("batch.validation", experiment_.validationBatch, data_.validation, "validation");
            return;
        }
        if (data_.train >= 1 && experiment_.trainBatch > data_.train)
            refuse("batch.train", "expected at most the " + count(data_.train, "training example") +
                                      ", found " + std::to_string(experiment_.trainBatch));
        if (data_.validation >= 1 && experiment_.validationBatch > data_.validation)
            refuse("batch.validation", "expected at most the " +
                                           count(data_.validation, "validation example") + ", found " +
                                           std::to_string(experiment_.validationBatch));
        const bool normalises = std::ranges::any_of(experiment_.model.parts, [](const Part& part) {
            return std::holds_alternative<BatchNormPart>(part) ||
                   std::holds_alternative<ResidualBlockPart>(part);
        });
        if (normalises && experiment_.trainBatch == 1)
            refuse("batch.train",
                   "expected at least 2 where a part normalises over the batch, found 1: a single "
                   "example has no variance");
    }

    const Experiment& experiment_;
    const DataInfo& data_;
    std::vector<Mistake> mistakes_;
};

} // namespace

std::vector<Mistake> validate(const Experiment& experiment, const DataInfo& data) {
    std::vector<Mistake> mistakes = DataCheck(experiment, data).mistakes();
    sortByDocument(mistakes, experimentTree(experiment));
    return mistakes;
}

} // namespace dstn
