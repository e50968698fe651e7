#pragma once

#include "core/experiment/experiment.h"

#include <QString>

#include <vector>

namespace dstn::ui {

/// A type of augmentation that can be added, with its defaults.
struct OfferedAugmentation {
    QString id; ///< "horizontal_flip"
    QString toolTip;
    Augmentation augmentation;
};

/// Every type that an experiment can name, in the order of the descriptions.
const std::vector<OfferedAugmentation>& offeredAugmentations();

/// The augmentation with a hyperparameter in each place that takes one. They are declared, as is usual for
/// the place, under names that are free: "rotation", "cutout_length", "rotation2".
Augmentation withHyperparameters(Experiment& experiment, const Augmentation& augmentation);

} // namespace dstn::ui
