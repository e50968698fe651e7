#pragma once

#include "core/run/experiment.h"

#include <QString>
#include <QStringList>

#include <functional>

namespace dstn {

/// A place in an experiment that takes a number or the name of a hyperparameter.
struct TunablePlace {
    enum class Kind { rate, weightDecay, cutoutHoles, cutoutLength };
    Kind kind = Kind::rate;
    QString text; ///< for a person: "rate of part 4"
};

/// Calls `visit` for each such place, in the order in which data flows: augmentation, parts, global decay.
void forEachTunable(Experiment& experiment, const std::function<void(Tunable&, const TunablePlace&)>& visit);
void forEachTunable(const Experiment& experiment,
                    const std::function<void(const Tunable&, const TunablePlace&)>& visit);

/// Where a hyperparameter is used.
QStringList usesOf(const Experiment& experiment, const std::string& name);
/// Names that are used, yet not declared, each once; and the kind of their first place.
std::vector<std::pair<std::string, TunablePlace::Kind>> undeclaredNames(const Experiment& experiment);

/// A hyperparameter with the range that is usual for its kind of place.
Hyperparameter usualHyperparameter(const std::string& name, TunablePlace::Kind kind);
/// Declares `name` at the end, as usual for the kind, unless it is declared already.
void declareHyperparameter(Experiment& experiment, const std::string& name, TunablePlace::Kind kind);
/// Renames the hyperparameter at `index` wherever it is used.
void renameHyperparameter(Experiment& experiment, std::size_t index, const std::string& name);
/// Takes the hyperparameter at `index` away; the places that used it keep its initial value.
void removeHyperparameter(Experiment& experiment, std::size_t index);
/// Takes away those that `before` used and `experiment` no longer uses.
void removeUnused(Experiment& experiment, const Experiment& before);

QStringList hyperparameterNames(const Experiment& experiment);

} // namespace dstn
