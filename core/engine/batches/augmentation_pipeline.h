#pragma once

#include "core/engine/batches/augmentation.h"
#include "core/engine/batches/color_augmentation.h"
#include "core/engine/batches/device_data.h"
#include "core/engine/batches/geometric_augmentation.h"
#include "core/engine/batches/mixup.h"
#include "core/engine/layers/layer.h"
#include "core/export.h"
#include "core/spec/data_spec.h"

#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The targets of a training batch.
struct Targets {
    Tensor own;        ///< as in Batch; for regression mixed with the partner's already
    Tensor other = {}; ///< classes: the partner's labels, int64 [batch]; undefined: nothing is mixed
    Tensor share = {}; ///< of the own target, [batch]; defined if `other` is
};

struct AugmentedBatch {
    Tensor inputs;
    Targets targets;
};

/// The augmentations of an experiment, in its order, with their numbers resolved.
///
/// Adjacent colour operations are combined into one affine map per pixel, adjacent movements into one
/// sampling of the image. Each example has numbers of its own. No gradient passes through: hyperparameters
/// act on the validation loss only through the response.
class AugmentationPipeline {
  public:
    struct Options {
        std::function<Setting(const Tunable&)> resolve; ///< names to settings
        /// The largest value that a number may take, which bounds what has to be drawn for it.
        std::function<double(const Tunable&)> largest;
        std::vector<Scaling> channels = {}; ///< of the images; needed by all but cutout and mixup
        at::TensorOptions tensors = {};     ///< dtype and device of the inputs
    };
    AugmentationPipeline() = default;
    AugmentationPipeline(const std::vector<Augmentation>& list, const Options& options);

    /// @param values natural hyperparameters, [batch or 1, H]
    AugmentedBatch apply(const Batch& batch, const Tensor& values, at::Generator& generator) const;

  private:
    struct Cutout {
        Setting holes, length;
        std::int64_t maxHoles = 1;
    };
    struct Noise {
        Setting strength;
    };
    struct Mixup {
        Setting alpha;
    };
    using Colors = std::vector<std::pair<ColorOperation, Setting>>;
    using Movements = std::vector<std::pair<GeometricOperation, Setting>>;
    using Stage = std::variant<Cutout, Noise, Mixup, Colors, Movements>;

    std::vector<Stage> stages_;
    std::optional<ImageChannels> channels_;
};

} // namespace dstn
