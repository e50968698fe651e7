#include "ui/setup/offered_parts.h"

#include "ui/forms/field_options.h"
#include "ui/forms/tunable_edit.h"
#include "ui/text/number_text.h"

#include <QObject>

#include <algorithm>
#include <array>
#include <utility>

namespace dstn::ui {

namespace {

struct Introduction {
    const char* id;
    QString group;
    QString toolTip;
    std::int64_t size = 16; ///< of the outputs, where the type has such an option
};

const std::vector<Introduction>& introductions() {
    const QString weights = QObject::tr("Weights"), sequences = QObject::tr("Sequences"),
                  activations = QObject::tr("Activations"), pooling = QObject::tr("Pooling and shape"),
                  dropout = QObject::tr("Dropout and penalties"), norms = QObject::tr("Normalisation"),
                  blocks = QObject::tr("Blocks");
    static const std::vector<Introduction> all{
        {"linear", weights, QObject::tr("y = x Wᵀ + b"), 10},
        {"conv2d", weights, QObject::tr("Two-dimensional convolution")},
        {"embedding", sequences, QObject::tr("A vector for each token of a text"), 128},
        {"lstm", sequences, QObject::tr("Long short-term memory, one or more layers"), 128},
        {"tied_linear", sequences, QObject::tr("A score for each token, with the embedding's own vectors")},
        {"relu", activations, QObject::tr("max(x, 0)")},
        {"gelu", activations, QObject::tr("x Φ(x)")},
        {"tanh", activations, QObject::tr("Hyperbolic tangent")},
        {"max_pool2d", pooling, QObject::tr("Largest value in each window")},
        {"avg_pool2d", pooling, QObject::tr("Mean of each window")},
        {"global_avg_pool2d", pooling, QObject::tr("Mean of each channel")},
        {"flatten", pooling, QObject::tr("[channels, height, width] to [features]")},
        {"dropout", dropout, QObject::tr("Drops elements")},
        {"dropout2d", dropout, QObject::tr("Drops whole channels of an image")},
        {"locked_dropout", dropout, QObject::tr("Drops features, the same at all steps of a sequence")},
        {"activation_regularization", dropout, QObject::tr("Penalty on large activations (AR)")},
        {"temporal_activation_regularization", dropout,
         QObject::tr("Penalty on changes from step to step (TAR)")},
        {"batch_norm", norms, QObject::tr("Normalises over the batch")},
        {"layer_norm", norms, QObject::tr("Normalises over the features of an example")},
        {"residual_block", blocks, QObject::tr("Two convolutions with batch norm, and the input added")}};
    return all;
}

const Introduction* introductionOf(const QString& id) {
    const auto& all = introductions();
    const auto found =
        std::ranges::find_if(all, [&id](const Introduction& one) { return id == QLatin1String(one.id); });
    return found == all.end() ? nullptr : &*found;
}

template <std::size_t... index>
std::vector<Part> defaultParts(std::index_sequence<index...>) {
    return {Part(std::in_place_index<index>)...};
}

} // namespace

QString partDescription(const QString& id) {
    const Introduction* known = introductionOf(id);
    return known != nullptr ? known->toolTip : QString();
}

const std::vector<OfferedPart>& offeredParts() {
    static const std::vector<OfferedPart> offered = [] {
        std::vector<OfferedPart> all;
        for (Part& part : defaultParts(std::make_index_sequence<std::variant_size_v<Part>>())) {
            const QString id = QString::fromStdString(partType(part));
            const Introduction* known = introductionOf(id);
            // What has no default, for a document must name it, starts from something usual.
            for (const FieldOption& option : optionsOf(part)) {
                if (!option.required) continue;
                if (option.kind == FieldOption::Kind::integer)
                    setOption(part, option.key, typedText(known != nullptr ? known->size : 16));
                else if (option.tunable != nullptr)
                    setOption(part, option.key, typedText(option.tunable->usual.initial));
            }
            all.push_back({.id = id,
                           .group = known != nullptr ? known->group : QObject::tr("Others"),
                           .toolTip = partDescription(id),
                           .part = std::move(part)});
        }
        return all;
    }();
    return offered;
}

const QStringList& partGroups() {
    static const QStringList groups = [] {
        QStringList all;
        const auto add = [&all](const QString& group) {
            if (!all.contains(group)) all.append(group);
        };
        for (const Introduction& one : introductions()) add(one.group);
        for (const OfferedPart& one : offeredParts()) add(one.group);
        return all;
    }();
    return groups;
}

} // namespace dstn::ui
