#include "core/spec/model.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

namespace dstn {

namespace {

/// The traits of every type of part, one row each. A type without a row does not compile.
template <class OfPart>
constexpr PartTraits partRow = OfPart::thisPartHasNoRow;
template <>
constexpr PartTraits partRow<LinearPart>{
    .id = "linear",
    .group = PartGroup::weights,
    .description = "y = x Wᵀ + b",
    .usualSize = 10,
    .widths = [](const Part& part) { return std::vector{std::get<LinearPart>(part).out}; }};
template <>
constexpr PartTraits partRow<Conv2dPart>{
    .id = "conv2d",
    .group = PartGroup::weights,
    .description = "Two-dimensional convolution",
    .network = "CNN",
    .rank = 1,
    .widths = [](const Part& part) { return std::vector{std::get<Conv2dPart>(part).out}; }};
template <>
constexpr PartTraits partRow<ReluPart>{
    .id = "relu", .group = PartGroup::activations, .description = "max(x, 0)"};
template <>
constexpr PartTraits partRow<GeluPart>{
    .id = "gelu", .group = PartGroup::activations, .description = "x Φ(x)"};
template <>
constexpr PartTraits partRow<TanhPart>{
    .id = "tanh", .group = PartGroup::activations, .description = "Hyperbolic tangent"};
template <>
constexpr PartTraits partRow<MaxPool2dPart>{
    .id = "max_pool2d", .group = PartGroup::pooling, .description = "Largest value in each window"};
template <>
constexpr PartTraits partRow<AvgPool2dPart>{
    .id = "avg_pool2d", .group = PartGroup::pooling, .description = "Mean of each window"};
template <>
constexpr PartTraits partRow<FlattenPart>{
    .id = "flatten", .group = PartGroup::pooling, .description = "[channels, height, width] to [features]"};
template <>
constexpr PartTraits partRow<DropoutPart>{
    .id = "dropout", .group = PartGroup::dropout, .description = "Drops elements"};
template <>
constexpr PartTraits partRow<Dropout2dPart>{
    .id = "dropout2d", .group = PartGroup::dropout, .description = "Drops whole channels of an image"};
template <>
constexpr PartTraits partRow<BatchNormPart>{
    .id = "batch_norm", .group = PartGroup::normalization, .description = "Normalises over the batch"};
template <>
constexpr PartTraits partRow<LayerNormPart>{.id = "layer_norm",
                                            .group = PartGroup::normalization,
                                            .description = "Normalises over the features of an example"};
template <>
constexpr PartTraits partRow<LockedDropoutPart>{.id = "locked_dropout",
                                                .group = PartGroup::dropout,
                                                .description =
                                                    "Drops features, the same at all steps of a sequence"};
template <>
constexpr PartTraits partRow<EmbeddingPart>{.id = "embedding",
                                            .group = PartGroup::sequences,
                                            .description = "A vector for each token of a text",
                                            .usualSize = 128};
template <>
constexpr PartTraits partRow<LstmPart>{
    .id = "lstm",
    .group = PartGroup::sequences,
    .description = "Long short-term memory, one or more layers",
    .usualSize = 128,
    .network = "LSTM",
    .rank = 3,
    .widths = [](const Part& part) {
        const auto& lstm = std::get<LstmPart>(part);
        return std::vector(static_cast<std::size_t>(std::max<std::int64_t>(lstm.layers, 0)), lstm.hidden);
    }};
template <>
constexpr PartTraits partRow<TiedLinearPart>{.id = "tied_linear",
                                             .group = PartGroup::sequences,
                                             .description =
                                                 "A score for each token, with the embedding's own vectors"};
template <>
constexpr PartTraits partRow<ActivationRegularizationPart>{.id = "activation_regularization",
                                                           .group = PartGroup::dropout,
                                                           .description =
                                                               "Penalty on large activations (AR)"};
template <>
constexpr PartTraits partRow<TemporalActivationRegularizationPart>{
    .id = "temporal_activation_regularization",
    .group = PartGroup::dropout,
    .description = "Penalty on changes from step to step (TAR)"};
template <>
constexpr PartTraits partRow<GlobalAvgPool2dPart>{
    .id = "global_avg_pool2d", .group = PartGroup::pooling, .description = "Mean of each channel"};
template <>
constexpr PartTraits partRow<ResidualBlockPart>{
    .id = "residual_block",
    .group = PartGroup::blocks,
    .description = "Two convolutions with batch norm, and the input added",
    .network = "ResNet",
    .rank = 2,
    .widths = [](const Part& part) { return std::vector{std::get<ResidualBlockPart>(part).out}; }};

template <std::size_t... index>
constexpr std::array<PartTraits, sizeof...(index)> rowsOf(std::index_sequence<index...>) {
    return {partRow<std::variant_alternative_t<index, Part>>...};
}
constexpr auto partRows = rowsOf(std::make_index_sequence<std::variant_size_v<Part>>());

/// Anything larger is a slip of the pen, and sums of such numbers stay far from overflow.
constexpr std::int64_t largestCount = 1'000'000'000'000;
constexpr std::int64_t largestMultiplications = 1'000'000'000'000'000;

/// The product, or a number above largestCount where it would not fit.
template <class... Numbers>
std::int64_t product(std::int64_t first, Numbers... others) {
    bool overflow = false;
    ((overflow = __builtin_mul_overflow(first, static_cast<std::int64_t>(others), &first) || overflow), ...);
    return overflow ? std::numeric_limits<std::int64_t>::max() : first;
}

std::int64_t numel(const Shape& shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count = product(count, size);
    return count;
}

std::string text(std::int64_t number) { return std::to_string(number); }

/// Follows one part; every overload fills `report.output` and the counts, or a mistake.
struct Inspector {
    const Shape& input;
    std::int64_t tuned;
    std::int64_t vocabulary = 0;              ///< of the text, 0: no text
    bool tokens = false;                      ///< the input is text, not numbers
    const EmbeddingPart* embedding = nullptr; ///< the model's, if it has come by
    PartReport report = {};

    bool flat() const { return input.size() == 1; }
    bool sequence() const { return input.size() == 2; }
    bool image() const { return input.size() == 3; }

    void refuse(std::string field, std::string mistake) {
        if (!report.mistake.empty()) return;
        report.field = std::move(field);
        report.mistake = std::move(mistake);
    }
    bool whole(const char* field, std::int64_t value, std::int64_t least) {
        if (value >= least && value <= largestOption) return true;
        refuse(field, "expected a whole number from " + text(least) + " to " + text(largestOption) +
                          ", found " + text(value));
        return false;
    }
    bool needsImage(const char* what) {
        if (image()) return true;
        refuse("", std::string(what) + " takes images [channels, height, width], found " + shapeText(input) +
                       ": put it before the flatten, or leave it out for data without images");
        return false;
    }

    bool needsSequence(const char* what) {
        if (sequence()) return true;
        refuse("", std::string(what) + " takes sequences [time, features], found " + shapeText(input) +
                       ": put it after an embedding, or leave it out for data without text");
        return false;
    }

    void weights(std::int64_t weightCount, std::int64_t out, bool bias, ResponseKind response) {
        report.parameters = weightCount > largestCount ? weightCount : weightCount + (bias ? out : 0);
        if (report.parameters > largestCount) {
            refuse("out", "expected fewer outputs: the part would have more than " + text(largestCount) +
                              " parameters");
            return;
        }
        if (tuned == 0) return;
        if (response == ResponseKind::structured) {
            report.responseParameters = report.parameters + out * tuned * (bias ? 2 : 1);
            return;
        }
        report.responseParameters = product(report.parameters, tuned);
        if (report.responseParameters > denseResponseLimit)
            refuse("response", "a dense response would take " + text(report.parameters) + " parameters × " +
                                   text(tuned) + " tuned hyperparameters, more than the " +
                                   text(denseResponseLimit) + " numbers allowed: use \"structured\"");
    }

    void operator()(const LinearPart& part) {
        if (!whole("out", part.out, 1)) return;
        if (!flat() && !sequence()) {
            refuse("", "linear takes [features] or [time, features], found " + shapeText(input) +
                           ": add a flatten before it");
            return;
        }
        const std::int64_t in = input.back();
        const std::size_t decays = part.weightDecay.size();
        if (decays > 1 && static_cast<std::int64_t>(decays) != in)
            refuse("weight_decay", "expected one entry, or one for each of the " + text(in) +
                                       " input features, found " + text(static_cast<std::int64_t>(decays)));
        report.output = input;
        report.output.back() = part.out;
        report.multiplications = product(numel(input), part.out);
        weights(product(in, part.out), part.out, part.bias, part.response);
    }

    void operator()(const Conv2dPart& part) {
        if (!whole("out", part.out, 1) || !whole("kernel", part.kernel, 1) ||
            !whole("stride", part.stride, 1) || !whole("padding", part.padding, 0) ||
            !whole("dilation", part.dilation, 1) || !whole("groups", part.groups, 1) || !needsImage("conv2d"))
            return;
        if (input[0] % part.groups != 0 || part.out % part.groups != 0) {
            refuse("groups", "expected a divisor of the " + text(input[0]) + " input and " + text(part.out) +
                                 " output channels, found " + text(part.groups));
            return;
        }
        oneDecay(part.weightDecay, "convolution");
        const std::int64_t reach = product(part.dilation, part.kernel - 1) + 1;
        slide(reach, part.stride, part.padding, part.out);
        if (!report.mistake.empty()) return;
        const std::int64_t weightCount = product(part.out, input[0] / part.groups, part.kernel, part.kernel);
        report.multiplications = product(weightCount, report.output[1], report.output[2]);
        weights(weightCount, part.out, part.bias, part.response);
    }

    void slide(std::int64_t reach, std::int64_t stride, std::int64_t padding, std::int64_t channels) {
        for (const std::size_t side : {1, 2}) {
            const std::int64_t padded = input[side] + product(2, padding);
            if (reach > padded || reach <= 0) {
                refuse("kernel", "expected a kernel that fits its input " + shapeText(input) +
                                     " with padding " + text(padding) + ", found one that reaches over " +
                                     text(reach) + " pixels");
                return;
            }
        }
        report.output = {channels, (input[1] + 2 * padding - reach) / stride + 1,
                         (input[2] + 2 * padding - reach) / stride + 1};
    }

    template <class Pool>
    void pool(const Pool& part, const char* what) {
        if (!whole("kernel", part.kernel, 1) || !whole("stride", part.stride, 0) ||
            !whole("padding", part.padding, 0) || !needsImage(what))
            return;
        if (part.padding > part.kernel / 2) {
            refuse("padding", "expected at most half the kernel, " + text(part.kernel / 2) + ", found " +
                                  text(part.padding));
            return;
        }
        slide(part.kernel, part.stride == 0 ? part.kernel : part.stride, part.padding, input[0]);
        if (report.mistake.empty())
            report.multiplications = product(numel(report.output), part.kernel, part.kernel);
    }
    void operator()(const MaxPool2dPart& part) {
        pool(part, "max_pool2d");
        report.multiplications = 0; // comparisons, no products
    }
    void operator()(const AvgPool2dPart& part) { pool(part, "avg_pool2d"); }

    void operator()(const FlattenPart&) { report.output = {numel(input)}; }

    void operator()(const ReluPart&) { report.output = input; }
    void operator()(const GeluPart&) { same(); }
    void operator()(const TanhPart&) { same(); }
    void operator()(const DropoutPart&) { same(); }
    void operator()(const Dropout2dPart&) {
        if (needsImage("dropout2d")) same();
    }
    void same() {
        report.output = input;
        report.multiplications = numel(input);
    }

    void operator()(const LockedDropoutPart&) {
        if (needsSequence("locked_dropout")) same();
    }
    void operator()(const ActivationRegularizationPart&) { same(); }
    void operator()(const TemporalActivationRegularizationPart&) {
        if (needsSequence("temporal_activation_regularization")) same();
    }

    /// Rows of weights that respond each along one direction, without or with a bias of the same kind.
    void rows(std::int64_t numbers, std::int64_t factors) {
        report.parameters += numbers;
        if (report.parameters > largestCount)
            refuse("", "the part would have more than " + text(largestCount) + " parameters");
        else if (tuned > 0)
            report.responseParameters += numbers + product(factors, tuned);
    }

    void operator()(const EmbeddingPart& part) {
        if (!whole("width", part.width, 1)) return;
        oneDecay(part.weightDecay, "part");
        if (!tokens) {
            refuse("", embedding != nullptr
                           ? "the tokens are embedded already: a model has one embedding, at its start"
                           : "embedding takes the tokens of a text, found numbers: leave it out, or choose "
                             "text as data");
            return;
        }
        report.output = {input[0], part.width};
        rows(product(vocabulary, part.width), vocabulary);
    }

    void operator()(const LstmPart& part) {
        constexpr std::int64_t mostLayers = 100;
        if (!whole("hidden", part.hidden, 1) || !needsSequence("lstm")) return;
        oneDecay(part.weightDecay, "part");
        if (part.layers < 1 || part.layers > mostLayers) {
            refuse("layers",
                   "expected a whole number from 1 to " + text(mostLayers) + ", found " + text(part.layers));
            return;
        }
        const std::int64_t gates = 4 * part.hidden;
        for (std::int64_t layer = 0; layer < part.layers; ++layer) {
            const std::int64_t in = layer == 0 ? input[1] : part.hidden;
            rows(product(gates, in + part.hidden + 1), 3 * gates);
            report.multiplications += product(input[0], gates, in + part.hidden);
            if (!report.mistake.empty() || report.multiplications > largestMultiplications) break;
        }
        // A step's gates, its cell and that cell's tanh stay for the way back, beside its output.
        report.activations = product(part.layers * 7, input[0], part.hidden);
        report.output = {input[0], part.hidden};
    }

    void operator()(const TiedLinearPart&) {
        if (!needsSequence("tied_linear")) return;
        if (embedding == nullptr) {
            refuse("", "tied_linear shares the weights of an embedding, and the model has none before it");
            return;
        }
        if (input[1] != embedding->width) {
            refuse("", "tied_linear takes as many features as the embedding is wide, " +
                           text(embedding->width) + ", found " + shapeText(input) +
                           ": give the part before it that many outputs");
            return;
        }
        report.output = {input[0], vocabulary};
        report.multiplications = product(numel(input), vocabulary);
        rows(vocabulary, vocabulary);
    }

    void operator()(const GlobalAvgPool2dPart&) {
        if (!needsImage("global_avg_pool2d")) return;
        report.output = {input[0]};
        report.multiplications = input[0];
    }

    void oneDecay(const std::vector<Tunable>& decay, const char* what) {
        if (decay.size() > 1)
            refuse("weight_decay", std::string("expected one entry for the whole ") + what + ", found " +
                                       text(static_cast<std::int64_t>(decay.size())));
    }

    /// γ(Δ) = γ₀ + (U Δ) ⊙ R, β alike: as many responses as parameters, and a row of H for each.
    void scaleAndShift(std::int64_t entries) {
        report.parameters = product(2, entries);
        if (tuned > 0) report.responseParameters = product(report.parameters, tuned + 1);
    }
    void operator()(const BatchNormPart& part) {
        same();
        scaleAndShift(input[0]);
        oneDecay(part.weightDecay, "part");
    }
    void operator()(const LayerNormPart& part) {
        same();
        scaleAndShift(input.size() == 2 ? input[1] : numel(input));
        oneDecay(part.weightDecay, "part");
    }

    void operator()(const ResidualBlockPart& part) {
        if (!whole("out", part.out, 1) || !whole("stride", part.stride, 1) || !needsImage("residual_block"))
            return;
        oneDecay(part.weightDecay, "block");
        const Block block = membersOf(part, input[0]);
        for (const auto* members : {&block.branch, &block.shortcut}) {
            Shape shape = input;
            for (const Block::Member& member : *members) {
                Inspector inspector{.input = shape, .tuned = tuned};
                std::visit(inspector, member.part);
                const PartReport& own = inspector.report;
                if (!own.mistake.empty()) refuse(own.field, own.mistake);
                if (!report.mistake.empty()) return;
                report.parameters += own.parameters;
                report.responseParameters += own.responseParameters;
                report.multiplications += own.multiplications;
                report.activations += numel(own.output);
                shape = own.output;
            }
            if (members == &block.branch) report.output = shape;
        }
        report.activations += 2 * numel(report.output); // the sum and its ReLU
    }
};

} // namespace

const std::vector<std::string>& partTypes() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const PartTraits& row : partRows) all.emplace_back(row.id);
        return all;
    }();
    return names;
}

const PartTraits& traitsOf(const Part& part) { return partRows[part.index()]; }

std::string partType(const Part& part) { return std::string(traitsOf(part).id); }

Block membersOf(const ResidualBlockPart& part, std::int64_t channels) {
    // A shift right before a batch norm would be taken away again.
    const auto convolution = [&](std::int64_t kernel, std::int64_t stride) {
        return Conv2dPart{.out = part.out,
                          .kernel = kernel,
                          .stride = stride,
                          .padding = kernel / 2,
                          .bias = false,
                          .init = part.init,
                          .response = part.response,
                          .weightDecay = part.weightDecay};
    };
    Block block;
    block.branch = {{"conv1", convolution(3, part.stride)}, {"bn1", BatchNormPart{}}, {"relu", ReluPart{}}};
    if (part.rate != Tunable{}) block.branch.push_back({"dropout", Dropout2dPart{part.rate}});
    block.branch.push_back({"conv2", convolution(3, 1)});
    block.branch.push_back({"bn2", BatchNormPart{}});
    if (part.stride != 1 || channels != part.out)
        block.shortcut = {{"shortcut.conv", convolution(1, part.stride)}, {"shortcut.bn", BatchNormPart{}}};
    return block;
}

std::string shapeText(const Shape& shape) {
    std::string result = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) result += (i > 0 ? ", " : "") + text(shape[i]);
    return result + "]";
}

ModelReport inspectModel(const Model& model, const Shape& input, std::int64_t tuned,
                         std::int64_t vocabulary) {
    ModelReport result;
    result.output = input;
    const EmbeddingPart* embedding = nullptr;
    for (const Part& part : model.parts) {
        const Shape shape = result.output;
        const bool tokens = vocabulary > 0 && embedding == nullptr;
        Inspector inspector{.input = shape,
                            .tuned = tuned,
                            .vocabulary = vocabulary,
                            .tokens = tokens,
                            .embedding = embedding};
        if (shape.empty())
            inspector.refuse("", "the data has examples that contain no numbers");
        else if (tokens && !std::holds_alternative<EmbeddingPart>(part))
            inspector.refuse("", partType(part) +
                                     " takes numbers, found the tokens of a text: begin with an embedding");
        else
            std::visit(inspector, part);
        if (inspector.report.mistake.empty() && numel(inspector.report.output) > largestCount)
            inspector.refuse("", "one example's output " + shapeText(inspector.report.output) +
                                     " has more than " + text(largestCount) + " numbers");
        if (inspector.report.multiplications > largestMultiplications)
            inspector.refuse("", "one example would take more than " + text(largestMultiplications) +
                                     " multiplications");
        result.parts.push_back(inspector.report);
        PartReport& report = result.parts.back();
        if (!report.mistake.empty()) return result;
        if (const auto* found = std::get_if<EmbeddingPart>(&part)) embedding = found;
        result.output = report.output;
        result.parameters += report.parameters;
        result.responseParameters += report.responseParameters;
        result.multiplications += report.multiplications;
        // Flattening only looks at the same numbers in another way.
        if (report.activations == 0 && !std::holds_alternative<FlattenPart>(part))
            report.activations = numel(report.output);
        result.activations += report.activations;
    }
    result.ok = !model.parts.empty();
    return result;
}

} // namespace dstn
