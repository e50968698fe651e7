#include "ui/forms/tunable_places.h"

#include <QObject>
#include <QRegularExpression>

#include <algorithm>

namespace dstn::ui {

/// "model.parts[3].weight_decay[1]" is the weight decay of part 4.
static QString placeOf(const Experiment& experiment, const std::string& path) {
    static const QRegularExpression indexed(QStringLiteral(R"(^([a-z.]+)\[(\d+)\]\.([a-z_]+))"));
    const QString text = QString::fromStdString(path);
    const QRegularExpressionMatch match = indexed.match(text);
    const auto words = [](QString key) { return key.replace(u'_', u' '); };
    if (!match.hasMatch()) {
        const QString key = text.section(u'.', -1);
        return key == u"weight_decay" ? QObject::tr("global weight decay") : words(key);
    }
    const auto row = match.captured(2).toULongLong();
    if (match.captured(1) == u"model.parts")
        return QObject::tr("%1 of part %2").arg(words(match.captured(3))).arg(row + 1);
    const QString type = QString::fromStdString(augmentationType(experiment.augmentation.at(row)));
    return QStringLiteral("%1 %2").arg(words(type), words(match.captured(3)));
}

QStringList usesOf(const Experiment& experiment, const std::string& name) {
    QStringList uses;
    Experiment copy = experiment;
    for (const TunableUse& use : tunablesOf(copy))
        if (use.value->named() && use.value->hyperparameter == name)
            uses.append(placeOf(experiment, use.path));
    return uses;
}

static bool declared(const Experiment& experiment, const std::string& name) {
    return std::ranges::any_of(experiment.hyperparameters,
                               [&](const Hyperparameter& known) { return known.name == name; });
}

std::vector<std::pair<std::string, const TunableKind*>> undeclaredNames(const Experiment& experiment) {
    std::vector<std::pair<std::string, const TunableKind*>> names;
    Experiment copy = experiment;
    for (const TunableUse& use : tunablesOf(copy)) {
        const std::string& name = use.value->hyperparameter;
        if (!use.value->named() || declared(experiment, name)) continue;
        if (std::ranges::none_of(names, [&](const auto& known) { return known.first == name; }))
            names.emplace_back(name, use.kind);
    }
    return names;
}

void declareHyperparameter(Experiment& experiment, const std::string& name, const TunableKind& kind) {
    if (!declared(experiment, name)) experiment.hyperparameters.push_back(usualHyperparameter(name, kind));
}

void renameHyperparameter(Experiment& experiment, std::size_t index, const std::string& name) {
    const std::string old = experiment.hyperparameters.at(index).name;
    experiment.hyperparameters[index].name = name;
    // A second one of the old name keeps the uses.
    if (old.empty() || declared(experiment, old)) return;
    for (const TunableUse& use : tunablesOf(experiment))
        if (use.value->hyperparameter == old) *use.value = {.hyperparameter = name};
}

void removeHyperparameter(Experiment& experiment, std::size_t index) {
    const Hyperparameter gone = experiment.hyperparameters.at(index);
    experiment.hyperparameters.erase(experiment.hyperparameters.begin() + std::ptrdiff_t(index));
    if (gone.name.empty() || declared(experiment, gone.name)) return;
    for (const TunableUse& use : tunablesOf(experiment))
        if (use.value->hyperparameter == gone.name) *use.value = {.value = gone.initial};
}

void removeUnused(Experiment& experiment, const Experiment& before) {
    std::erase_if(experiment.hyperparameters, [&](const Hyperparameter& hyperparameter) {
        return usesOf(experiment, hyperparameter.name).isEmpty() &&
               !usesOf(before, hyperparameter.name).isEmpty();
    });
}

QStringList hyperparameterNames(const Experiment& experiment) {
    QStringList names;
    for (const Hyperparameter& hyperparameter : experiment.hyperparameters)
        names.append(QString::fromStdString(hyperparameter.name));
    return names;
}

} // namespace dstn::ui
