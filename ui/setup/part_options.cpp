#include "ui/setup/part_options.h"

#include "core/run/part_fields.h"
#include "ui/setup/number_text.h"
#include "ui/setup/tunable_edit.h"

#include <QObject>

#include <algorithm>
#include <span>

namespace dstn {

/// Calls `visit(key, kind, reference)` for every option of a part: the one list of what there is.
template <class AnyPart, class Visit>
static void visitOptions(AnyPart& part, Visit visit) {
    using Kind = PartOption::Kind;
    const auto weights = [&visit](auto& layer) {
        if constexpr (requires { layer.bias; }) visit("bias", Kind::boolean, layer.bias);
        visit("init", Kind::choice, layer.init);
        visit("response", Kind::choice, layer.response);
        visit("weight_decay", Kind::decay, layer.weightDecay);
    };
    const auto pool = [&visit](auto& layer) {
        visit("kernel", Kind::integer, layer.kernel);
        visit("stride", Kind::integer, layer.stride);
        visit("padding", Kind::integer, layer.padding);
    };
    std::visit(
        [&](auto& layer) {
            using Layer = std::remove_cvref_t<decltype(layer)>;
            if constexpr (std::is_same_v<Layer, LinearPart>) {
                visit("out", Kind::integer, layer.out);
                weights(layer);
            } else if constexpr (std::is_same_v<Layer, Conv2dPart>) {
                visit("out", Kind::integer, layer.out);
                pool(layer);
                visit("dilation", Kind::integer, layer.dilation);
                visit("groups", Kind::integer, layer.groups);
                weights(layer);
            } else if constexpr (std::is_same_v<Layer, MaxPool2dPart> ||
                                 std::is_same_v<Layer, AvgPool2dPart>) {
                pool(layer);
            } else if constexpr (std::is_same_v<Layer, DropoutPart> || std::is_same_v<Layer, Dropout2dPart>) {
                visit("rate", Kind::tunable, layer.rate);
            } else if constexpr (std::is_same_v<Layer, BatchNormPart>) {
                visit("momentum", Kind::real, layer.momentum);
                visit("epsilon", Kind::real, layer.epsilon);
                visit("weight_decay", Kind::decay, layer.weightDecay);
            } else if constexpr (std::is_same_v<Layer, LayerNormPart>) {
                visit("epsilon", Kind::real, layer.epsilon);
                visit("weight_decay", Kind::decay, layer.weightDecay);
            } else if constexpr (std::is_same_v<Layer, ResidualBlockPart>) {
                visit("out", Kind::integer, layer.out);
                visit("stride", Kind::integer, layer.stride);
                visit("rate", Kind::tunable, layer.rate);
                weights(layer);
            }
        },
        part);
}

static QString title(const QString& key) {
    if (key == u"weight_decay") return QObject::tr("Weight decay");
    return key.left(1).toUpper() + key.mid(1);
}

static QString toolTip(const Part& part, const QString& key) {
    const bool pool =
        std::holds_alternative<MaxPool2dPart>(part) || std::holds_alternative<AvgPool2dPart>(part);
    if (key == u"out")
        return QObject::tr("Outputs: units of a linear layer, channels of a convolution or block.");
    if (key == u"kernel") return QObject::tr("Side of the square window, in pixels.");
    if (key == u"stride")
        return pool ? QObject::tr("Step of the window, in pixels; 0: the kernel's size.")
                    : QObject::tr("Step of the kernel, in pixels.");
    if (key == u"padding") return QObject::tr("Pixels of zeros around the input.");
    if (key == u"dilation") return QObject::tr("Distance between the kernel's taps, in pixels.");
    if (key == u"groups") return QObject::tr("Groups of channels that are convolved apart.");
    if (key == u"bias") return QObject::tr("Adds a bias b to each output.");
    if (key == u"init")
        return QObject::tr("How the weights are drawn: default is uniform within ±1/√fan_in; he_… suits "
                           "ReLUs, xavier_… tanh.");
    if (key == u"response")
        return QObject::tr(
            "How the weights respond to the hyperparameters.\n"
            "structured: W(Δ) = W₀ + diag(U Δ) R, one direction for each output unit.\n"
            "dense: vec W(Δ) = vec W₀ + Θ Δ, exact for linear models, as many numbers as weights × H.");
    if (key == u"weight_decay")
        return QObject::tr(
            "L2 penalty ½ · decay · ‖W‖² of this layer, added to the global one: a number or a "
            "hyperparameter's name; empty: none.\n"
            "A linear layer also takes one for each input feature, separated by commas.");
    if (key == u"rate")
        return QObject::tr(
            "Probability with which each element (dropout) or channel (dropout2d) is set to 0: a "
            "number or a hyperparameter's name.");
    if (key == u"momentum") return QObject::tr("Weight of the newest batch in the running statistics.");
    if (key == u"epsilon") return QObject::tr("Added to the variance, so that nothing is divided by 0.");
    return {};
}

const std::vector<OfferedPart>& offeredParts() {
    static const std::vector<OfferedPart> types{
        {"linear", QObject::tr("y = x Wᵀ + b"), LinearPart{.out = 10}},
        {"conv2d", QObject::tr("Two-dimensional convolution"), Conv2dPart{.out = 16}},
        {"relu", QObject::tr("max(x, 0)"), ReluPart{}},
        {"gelu", QObject::tr("x Φ(x)"), GeluPart{}},
        {"tanh", QObject::tr("Hyperbolic tangent"), TanhPart{}},
        {"max_pool2d", QObject::tr("Largest value in each window"), MaxPool2dPart{}},
        {"avg_pool2d", QObject::tr("Mean of each window"), AvgPool2dPart{}},
        {"global_avg_pool2d", QObject::tr("Mean of each channel"), GlobalAvgPool2dPart{}},
        {"flatten", QObject::tr("[channels, height, width] to [features]"), FlattenPart{}},
        {"dropout", QObject::tr("Drops elements"), DropoutPart{.rate = {.value = 0.1}}},
        {"dropout2d", QObject::tr("Drops whole channels"), Dropout2dPart{.rate = {.value = 0.1}}},
        {"batch_norm", QObject::tr("Normalises over the batch"), BatchNormPart{}},
        {"layer_norm", QObject::tr("Normalises over the features of an example"), LayerNormPart{}},
        {"residual_block", QObject::tr("Two convolutions with batch norm, and the input added"),
         ResidualBlockPart{.out = 16}},
    };
    return types;
}

/// The values of an option's type as the experiment names them; nothing for a type that is no enumeration.
static constexpr std::span<const Option<ResponseKind>> namesOf(const ResponseKind&) {
    return responseOptions;
}
static constexpr std::span<const Option<Initialization>> namesOf(const Initialization&) {
    return initializationOptions;
}

std::vector<PartOption> optionsOf(const Part& part) {
    std::vector<PartOption> options;
    visitOptions(part, [&](const char* key, PartOption::Kind kind, const auto& value) {
        const QString name = QString::fromLatin1(key);
        QStringList choices;
        if constexpr (requires { namesOf(value); })
            for (const auto& option : namesOf(value))
                choices.append(QString::fromUtf8(option.name.data(), qsizetype(option.name.size())));
        options.push_back({.key = name,
                           .title = title(name),
                           .toolTip = toolTip(part, name),
                           .kind = kind,
                           .choices = std::move(choices)});
    });
    return options;
}

static QString text(std::int64_t value) { return typedText(value); }
static QString text(double value) { return typedText(value); }
static QString text(bool value) { return value ? QStringLiteral("yes") : QStringLiteral("no"); }
template <class Choice>
requires std::is_enum_v<Choice>
static QString text(Choice value) {
    const auto names = namesOf(value);
    const auto named = std::ranges::find(names, value, &Option<Choice>::value);
    return QString::fromUtf8(named->name.data(), qsizetype(named->name.size()));
}
static QString text(const Tunable& tunable) { return tunableText(tunable); }
static QString text(const std::vector<Tunable>& decay) {
    QStringList texts;
    for (const Tunable& tunable : decay) texts.append(tunableText(tunable));
    return texts.join(QStringLiteral(", "));
}

std::optional<QString> optionText(const Part& part, const QString& key) {
    std::optional<QString> found;
    visitOptions(part, [&](const char* name, PartOption::Kind, const auto& value) {
        if (key == QLatin1String(name)) found = text(value);
    });
    return found;
}

static QString read(const QString& typed, std::int64_t& value) {
    const auto number = parseInteger(typed);
    if (!number) return QObject::tr("Expected a whole number, found “%1”.").arg(typed.trimmed());
    value = *number;
    return {};
}
static QString read(const QString& typed, double& value) {
    const auto number = parseReal(typed);
    if (!number) return QObject::tr("Expected a number, found “%1”.").arg(typed.trimmed());
    value = *number;
    return {};
}
static QString read(const QString& typed, bool& value) {
    if (typed != u"yes" && typed != u"no") return QObject::tr("Expected yes or no, found “%1”.").arg(typed);
    value = typed == u"yes";
    return {};
}
template <class Choice>
requires std::is_enum_v<Choice>
static QString read(const QString& typed, Choice& value) {
    QStringList names;
    for (const auto& option : namesOf(value)) {
        names.append(QString::fromUtf8(option.name.data(), qsizetype(option.name.size())));
        if (typed != names.back()) continue;
        value = option.value;
        return {};
    }
    return QObject::tr("Expected %1, found “%2”.").arg(names.join(QObject::tr(" or ")), typed);
}
static QString read(const QString& typed, Tunable& value) {
    if (typed.trimmed().isEmpty())
        return QObject::tr("Expected a number or the name of a hyperparameter, found nothing.");
    value = tunableFromText(typed);
    return {};
}
static QString read(const QString& typed, std::vector<Tunable>& value) {
    std::vector<Tunable> decay;
    if (!typed.trimmed().isEmpty())
        for (const QString& one : typed.split(u',')) {
            if (one.trimmed().isEmpty())
                return QObject::tr("Expected a number or a name between the commas, found nothing.");
            decay.push_back(tunableFromText(one));
        }
    value = std::move(decay);
    return {};
}

QString setOption(Part& part, const QString& key, const QString& typed) {
    QString why = QObject::tr("A part of this type has no option “%1”.").arg(key);
    visitOptions(part, [&](const char* name, PartOption::Kind, auto& value) {
        if (key == QLatin1String(name)) why = read(typed, value);
    });
    return why;
}

} // namespace dstn
