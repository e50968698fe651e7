#pragma once

#include "core/experiment/experiment.h"
#include "core/export.h"
#include "core/spec/field.h"

#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A place in an experiment that takes a number or the name of a hyperparameter.
struct TunableUse {
    std::string path; ///< "model.parts[2].rate"
    Tunable* value = nullptr;
    const TunableKind* kind = nullptr;
};

/// Every such place, in document order, by the fields' descriptions. They point into `experiment`.
std::vector<TunableUse> tunablesOf(Experiment& experiment);

/// The augmentation's name in an experiment: "cutout".
std::string augmentationType(const Augmentation& augmentation);

/// A hyperparameter with the usual range for its kind of place.
Hyperparameter usualHyperparameter(const std::string& name, const TunableKind& kind);

} // namespace dstn
