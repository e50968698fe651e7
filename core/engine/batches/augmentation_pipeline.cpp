#include "core/engine/batches/augmentation_pipeline.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace dstn {

namespace {

/// The operations of the colour and the geometric descriptions.
template <typename Spec>
constexpr std::optional<ColorOperation> colorOf() {
    if constexpr (std::is_same_v<Spec, BrightnessSpec>) return ColorOperation::brightness;
    if constexpr (std::is_same_v<Spec, ContrastSpec>) return ColorOperation::contrast;
    if constexpr (std::is_same_v<Spec, SaturationSpec>) return ColorOperation::saturation;
    if constexpr (std::is_same_v<Spec, HueSpec>) return ColorOperation::hue;
    return std::nullopt;
}
template <typename Spec>
constexpr std::optional<GeometricOperation> movementOf() {
    if constexpr (std::is_same_v<Spec, RotationSpec>) return GeometricOperation::rotation;
    if constexpr (std::is_same_v<Spec, TranslationSpec>) return GeometricOperation::translation;
    if constexpr (std::is_same_v<Spec, ScaleSpec>) return GeometricOperation::scale;
    if constexpr (std::is_same_v<Spec, ShearSpec>) return GeometricOperation::shear;
    return std::nullopt;
}

} // namespace

AugmentationPipeline::AugmentationPipeline(const std::vector<Augmentation>& list, const Options& options) {
    if (!options.channels.empty()) channels_.emplace(options.channels, options.tensors);
    /// The last stage if it is of this kind, else a new one.
    const auto group = [&]<typename Group>(std::type_identity<Group>) -> Group& {
        if (stages_.empty() || !std::holds_alternative<Group>(stages_.back())) stages_.emplace_back(Group());
        return std::get<Group>(stages_.back());
    };
    const auto color = [&](ColorOperation operation, const Tunable& strength) {
        group(std::type_identity<Colors>()).emplace_back(operation, options.resolve(strength));
    };
    const auto move = [&](GeometricOperation operation, const Tunable& strength) {
        group(std::type_identity<Movements>()).emplace_back(operation, options.resolve(strength));
    };
    const auto add = [&]<typename Spec>(const Spec& spec) {
        if constexpr (std::is_same_v<Spec, CutoutSpec>)
            stages_.emplace_back(
                Cutout{.holes = options.resolve(spec.holes),
                       .length = options.resolve(spec.length),
                       .maxHoles = static_cast<std::int64_t>(std::floor(options.largest(spec.holes)))});
        else if constexpr (std::is_same_v<Spec, NoiseSpec>)
            stages_.emplace_back(Noise{options.resolve(spec.strength)});
        else if constexpr (std::is_same_v<Spec, MixupSpec>)
            stages_.emplace_back(Mixup{options.resolve(spec.alpha)});
        else if constexpr (std::is_same_v<Spec, HorizontalFlipSpec>)
            move(GeometricOperation::horizontalFlip, spec.probability);
        else if constexpr (colorOf<Spec>().has_value())
            color(*colorOf<Spec>(), spec.strength);
        else
            move(movementOf<Spec>().value(), spec.strength);
    };
    for (const Augmentation& augmentation : list) std::visit(add, augmentation);
    const auto needsChannels = [](const Stage& stage) {
        return !std::holds_alternative<Cutout>(stage) && !std::holds_alternative<Mixup>(stage);
    };
    TORCH_CHECK(channels_ || std::none_of(stages_.begin(), stages_.end(), needsChannels),
                "augmentations need to know how the images were normalised");
}

AugmentedBatch AugmentationPipeline::apply(const Batch& batch, const Tensor& values,
                                           at::Generator& generator) const {
    const at::NoGradGuard noGrad;
    AugmentedBatch result{.inputs = batch.inputs, .targets = {.own = batch.targets}};
    Tensor& x = result.inputs;
    const Pass pass{.values = values};
    const auto number = [&](const Setting& setting) { return pass.value(setting, x); };
    const auto whole = [&](const Setting& setting) {
        return floorDiscrete(number(setting)).expand({x.size(0)});
    };
    const auto run = [&]<typename Kind>(const Kind& stage) {
        if constexpr (std::is_same_v<Kind, Cutout>) {
            x = cutout(x, whole(stage.holes), whole(stage.length), stage.maxHoles, generator);
        } else if constexpr (std::is_same_v<Kind, Noise>) {
            x = addNoise(x, *channels_, number(stage.strength), generator);
        } else if constexpr (std::is_same_v<Kind, Mixup>) {
            const Mixing mixing = drawMixing(number(stage.alpha), x.size(0), generator);
            x = mix(x, mixing);
            if (batch.targets.is_floating_point()) {
                result.targets.own = mix(batch.targets, mixing);
            } else {
                result.targets.other = batch.targets.index_select(0, mixing.partner);
                result.targets.share = mixing.share;
            }
        } else if constexpr (std::is_same_v<Kind, Colors>) {
            std::vector<ColorStep> steps;
            for (const auto& [operation, strength] : stage) steps.push_back({operation, number(strength)});
            x = mapColors(x, *channels_, drawColorMap(x, *channels_, steps, generator));
        } else {
            std::vector<GeometricStep> steps;
            bool flipsAlone = true;
            for (const auto& [operation, strength] : stage) {
                steps.push_back({operation, number(strength)});
                flipsAlone = flipsAlone && operation == GeometricOperation::horizontalFlip;
            }
            const Tensor map = drawSamplingMap(x, steps, generator);
            x = flipsAlone ? flipImages(x, map) : sampleImages(x, *channels_, map);
        }
    };
    for (const Stage& stage : stages_) std::visit(run, stage);
    return result;
}

} // namespace dstn
