#include "ui/setup/offered_augmentations.h"

#include "core/experiment/tunables.h"
#include "ui/forms/field_options.h"
#include "ui/forms/tunable_places.h"

#include <QObject>

#include <utility>

namespace dstn::ui {

/// What a type does; without a line here, what its options mean is said in its place.
static QString introductionOf(const QString& id) {
    if (id == u"cutout") return QObject::tr("Sets squares of each image to 0 (DeVries & Taylor 2017)");
    if (id == u"horizontal_flip") return QObject::tr("Flips images horizontally");
    if (id == u"brightness") return QObject::tr("Multiplies all pixels by a random factor");
    if (id == u"contrast") return QObject::tr("Moves pixels away from, or towards, the mean grey");
    if (id == u"saturation") return QObject::tr("Moves colours away from, or towards, grey");
    if (id == u"hue") return QObject::tr("Rotates hues around the colour wheel");
    if (id == u"rotation") return QObject::tr("Rotates images about their centre");
    if (id == u"translation") return QObject::tr("Shifts images horizontally and vertically");
    if (id == u"scale") return QObject::tr("Enlarges and shrinks images");
    if (id == u"shear") return QObject::tr("Shears images");
    if (id == u"noise") return QObject::tr("Adds Gaussian noise to each pixel");
    if (id == u"mixup") return QObject::tr("Blends examples and targets in pairs (Zhang et al. 2018)");
    return {};
}

template <std::size_t... index>
static std::vector<Augmentation> defaultAugmentations(std::index_sequence<index...>) {
    return {Augmentation(std::in_place_index<index>)...};
}

const std::vector<OfferedAugmentation>& offeredAugmentations() {
    static const std::vector<OfferedAugmentation> offered = [] {
        std::vector<OfferedAugmentation> all;
        for (Augmentation& augmentation :
             defaultAugmentations(std::make_index_sequence<std::variant_size_v<Augmentation>>())) {
            const QString id = QString::fromStdString(augmentationType(augmentation));
            QString toolTip = introductionOf(id);
            if (toolTip.isEmpty())
                for (const FieldOption& option : optionsOf(augmentation))
                    toolTip +=
                        QStringLiteral("%1: %2\n").arg(option.title, option.toolTip.section(u'\n', 0, 0));
            all.push_back({.id = id, .toolTip = toolTip.trimmed(), .augmentation = std::move(augmentation)});
        }
        return all;
    }();
    return offered;
}

Augmentation withHyperparameters(Experiment& experiment, const Augmentation& augmentation) {
    Augmentation tuned = augmentation;
    const QString type = QString::fromStdString(augmentationType(augmentation));
    std::vector<FieldOption> places;
    for (const FieldOption& option : optionsOf(augmentation))
        if (option.tunable != nullptr) places.push_back(option);
    for (const FieldOption& place : places) {
        const QString wanted = places.size() == 1 ? type : QStringLiteral("%1_%2").arg(type, place.key);
        QString name = wanted;
        for (int number = 2; hyperparameterNames(experiment).contains(name); ++number)
            name = wanted + QString::number(number);
        declareHyperparameter(experiment, name.toStdString(), *place.tunable);
        setOption(tuned, place.key, name);
    }
    return tuned;
}

} // namespace dstn::ui
