#pragma once

#include "core/experiment/tunables.h"

#include <QString>
#include <QStringList>

#include <string>
#include <utility>
#include <vector>

namespace dstn::ui {

/// Where a hyperparameter is used, for the user: "rate of part 4".
QStringList usesOf(const Experiment& experiment, const std::string& name);
/// Names that are used, yet not declared, each once; and the kind of their first place.
std::vector<std::pair<std::string, const TunableKind*>> undeclaredNames(const Experiment& experiment);

/// Declares `name` at the end, as usual for the kind, unless it is declared already.
void declareHyperparameter(Experiment& experiment, const std::string& name, const TunableKind& kind);
/// Renames the hyperparameter at `index` wherever it is used.
void renameHyperparameter(Experiment& experiment, std::size_t index, const std::string& name);
/// Removes the hyperparameter at `index`; the places that used it keep its initial value.
void removeHyperparameter(Experiment& experiment, std::size_t index);
/// Removes those that `before` used and `experiment` no longer uses.
void removeUnused(Experiment& experiment, const Experiment& before);

QStringList hyperparameterNames(const Experiment& experiment);

} // namespace dstn::ui
