#pragma once

#include "core/export.h"
#include "core/spec/hyperparameter.h"

#include <cstdint>
#include <vector>

namespace DSTN_EXPORT dstn {

/// How a layer's weights respond to the hyperparameters.
enum class ResponseKind {
    structured, ///< W(Δ) = W₀ + diag(U Δ) R, b(Δ) = b₀ + (C Δ) ⊙ r
    dense,      ///< vec W(Δ) = vec W₀ + Θ Δ
};

/// How a layer's weights W₀ are drawn; core/engine/layers/initialization.h has the formulas.
enum class Initialization {
    standard,
    heNormal,
    heUniform,
    xavierNormal,
    xavierUniform,
    lecunNormal,
    orthogonal
};

/// A dense response of more entries than this (parameters × tuned hyperparameters) is refused.
inline constexpr std::int64_t denseResponseLimit = 32'000'000;

/// So is a hypernetwork's map of more entries (all parameters × tuned hyperparameters): 1 GiB of them, beside
/// which their gradient and momentum take as much again each.
inline constexpr std::int64_t hypernetworkLimit = std::int64_t{1} << 28;

/// The largest width, kernel, stride and so on.
inline constexpr std::int64_t largestOption = 1'000'000;

/// y = x Wᵀ + b, x [batch, in], W [out, in].
struct LinearPart {
    std::int64_t out = 0;
    bool bias = true;
    Initialization init = Initialization::standard;
    ResponseKind response = ResponseKind::structured;
    /// Added to the experiment's; empty: none; one entry: the layer's; one per input feature: each column's.
    std::vector<Tunable> weightDecay = {};
    bool operator==(const LinearPart&) const = default;
};

/// Two-dimensional cross-correlation, x [batch, in, height, width], W [out, in / groups, kernel, kernel].
struct Conv2dPart {
    std::int64_t out = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    Initialization init = Initialization::standard;
    ResponseKind response = ResponseKind::structured;
    std::vector<Tunable> weightDecay = {}; ///< empty or one entry
    bool operator==(const Conv2dPart&) const = default;
};

struct ReluPart {
    bool operator==(const ReluPart&) const = default;
};
struct GeluPart {
    bool operator==(const GeluPart&) const = default;
};
struct TanhPart {
    bool operator==(const TanhPart&) const = default;
};

struct MaxPool2dPart {
    std::int64_t kernel = 2;
    std::int64_t stride = 0; ///< 0: the kernel's size
    std::int64_t padding = 0;
    bool operator==(const MaxPool2dPart&) const = default;
};
struct AvgPool2dPart {
    std::int64_t kernel = 2;
    std::int64_t stride = 0; ///< 0: the kernel's size
    std::int64_t padding = 0;
    bool operator==(const AvgPool2dPart&) const = default;
};

/// The mean of each channel: [channels, height, width] → [channels].
struct GlobalAvgPool2dPart {
    bool operator==(const GlobalAvgPool2dPart&) const = default;
};

struct FlattenPart {
    bool operator==(const FlattenPart&) const = default;
};

/// Each element is dropped with probability `rate`; the others are scaled by 1 / (1 − rate).
struct DropoutPart {
    Tunable rate;
    bool operator==(const DropoutPart&) const = default;
};
/// The same for whole channels.
struct Dropout2dPart {
    Tunable rate;
    bool operator==(const Dropout2dPart&) const = default;
};

/// The same for the features of a sequence, at every step of it (Gal & Ghahramani 2016).
struct LockedDropoutPart {
    Tunable rate;
    bool operator==(const LockedDropoutPart&) const = default;
};

/// A vector for every token of a text.
struct EmbeddingPart {
    std::int64_t width = 0;
    Tunable rate = {};                     ///< with which an example loses a whole word
    std::vector<Tunable> weightDecay = {}; ///< empty or one entry
    bool operator==(const EmbeddingPart&) const = default;
};

/// Long short-term memory over a sequence, `layers` stacked layers.
struct LstmPart {
    std::int64_t hidden = 0;
    std::int64_t layers = 1;
    Tunable rate = {};                     ///< of locked dropout between the layers
    Tunable dropConnect = {};              ///< with which a recurrent weight is dropped, for a whole batch
    std::vector<Tunable> weightDecay = {}; ///< empty or one entry
    bool operator==(const LstmPart&) const = default;
};

/// y = x Eᵀ + b with the weights E of the model's embedding.
struct TiedLinearPart {
    bool operator==(const TiedLinearPart&) const = default;
};

/// strength · mean x² joins the training loss (AR).
struct ActivationRegularizationPart {
    Tunable strength;
    bool operator==(const ActivationRegularizationPart&) const = default;
};
/// strength · mean (x_{t+1} − x_t)² joins the training loss (TAR).
struct TemporalActivationRegularizationPart {
    Tunable strength;
    bool operator==(const TemporalActivationRegularizationPart&) const = default;
};

/// Normalisation over the batch (and height, width), per feature or channel, with scale γ and shift β.
struct BatchNormPart {
    double momentum = 0.1;
    double epsilon = 1e-5;
    std::vector<Tunable> weightDecay = {}; ///< of γ; empty or one entry
    bool operator==(const BatchNormPart&) const = default;
};
/// Normalisation over the last dimension of a sequence [steps, features], over everything but the batch
/// otherwise, with scale γ and shift β.
struct LayerNormPart {
    double epsilon = 1e-5;
    std::vector<Tunable> weightDecay = {}; ///< of γ; empty or one entry
    bool operator==(const LayerNormPart&) const = default;
};

/// The basic block of residual networks (He et al. 2016): convolution 3 × 3 with `stride`, batch norm, ReLU,
/// dropout of whole channels, convolution 3 × 3, batch norm; plus the input, or a convolution 1 × 1 of it
/// with batch norm where stride or width change; ReLU of the sum.
struct ResidualBlockPart {
    std::int64_t out = 0;
    std::int64_t stride = 1;
    Tunable rate = {};
    Initialization init = Initialization::standard;
    ResponseKind response = ResponseKind::structured;
    std::vector<Tunable> weightDecay = {}; ///< of every convolution; empty or one entry
    bool operator==(const ResidualBlockPart&) const = default;
};

} // namespace dstn
