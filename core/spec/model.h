#pragma once

#include "core/export.h"
#include "core/spec/parts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace DSTN_EXPORT dstn {

using Part =
    std::variant<LinearPart, Conv2dPart, ReluPart, GeluPart, TanhPart, MaxPool2dPart, AvgPool2dPart,
                 FlattenPart, DropoutPart, Dropout2dPart, BatchNormPart, LayerNormPart, LockedDropoutPart,
                 EmbeddingPart, LstmPart, TiedLinearPart, ActivationRegularizationPart,
                 TemporalActivationRegularizationPart, GlobalAvgPool2dPart, ResidualBlockPart>;

/// The groups in which types of parts are offered, in their order.
enum class PartGroup { weights, sequences, activations, pooling, dropout, normalization, blocks };

/// The properties of a type of part; its row is in core/spec/model.cpp, next to its effect on its
/// input.
struct PartTraits {
    std::string_view id; ///< as in an experiment: "conv2d"
    PartGroup group = PartGroup::weights;
    std::string_view description; ///< what it does, in one line
    /// Where a person puts one into a model: what is counted in a document's required options.
    std::int64_t usualSize = 16;
    std::string_view network = {}; ///< the name of a network with such a part: "CNN"; empty: no name
    int rank = 0;                  ///< of several such names the one with the highest rank is taken
    /// The widths that it has in a network's name, "CNN 16-32-10"; null: none.
    std::vector<std::int64_t> (*widths)(const Part&) = nullptr;
};
const PartTraits& traitsOf(const Part& part);

/// The part's name in an experiment: "linear", "conv2d", …
std::string partType(const Part& part);
/// The names of all part types, in the order of Part's alternatives.
const std::vector<std::string>& partTypes();

/// A part composed of others: the branches it adds, and its last ReLU.
struct Block {
    struct Member {
        std::string name; ///< in the names of its tensors: "conv1"
        Part part;
    };
    std::vector<Member> branch;
    std::vector<Member> shortcut; ///< empty: the input itself
};
/// The convolutions and normalisations of a residual block on an input of so many channels.
Block membersOf(const ResidualBlockPart& part, std::int64_t channels);

/// A network as a list of parts, applied in order. Input shape and number of outputs come from the data.
struct Model {
    std::vector<Part> parts;
    bool operator==(const Model&) const = default;
};

/// One example's shape, without the batch dimension: [features], [channels, height, width], [time, features],
/// or [time] for tokens.
using Shape = std::vector<std::int64_t>;
std::string shapeText(const Shape& shape);

/// The effect of a part on its input.
struct PartReport {
    Shape output;
    std::int64_t parameters = 0;         ///< numbers in w₀
    std::int64_t responseParameters = 0; ///< numbers in Θ
    std::int64_t multiplications = 0;    ///< multiply-adds of one example's forward pass
    std::int64_t activations = 0;        ///< numbers that one example's forward pass produces
    std::string field;                   ///< the option at fault, empty where it is the part as a whole
    std::string mistake;                 ///< empty: the part fits its input
};

struct ModelReport {
    std::vector<PartReport> parts; ///< ends with the first part that does not fit
    Shape output;                  ///< of the last part that fits
    std::int64_t parameters = 0;
    std::int64_t responseParameters = 0;
    std::int64_t multiplications = 0;
    std::int64_t activations = 0; ///< numbers that one example's forward pass produces
    bool ok = false;
};

/// Follows an input of this shape through the model.
/// @param tuned the number of tuned hyperparameters H, on which Θ's size depends
/// @param vocabulary how many tokens there are, 0: the input is not text
ModelReport inspectModel(const Model& model, const Shape& input, std::int64_t tuned,
                         std::int64_t vocabulary = 0);

} // namespace dstn
