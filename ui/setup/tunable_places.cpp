#include "ui/setup/tunable_places.h"

#include <QObject>

#include <algorithm>

namespace dstn {

template <class AnyExperiment, class Visit>
static void visitPlaces(AnyExperiment& experiment, const Visit& visit) {
    using Kind = TunablePlace::Kind;
    for (auto& augmentation : experiment.augmentation) {
        auto& cutout = std::get<CutoutSpec>(augmentation);
        visit(cutout.holes, {Kind::cutoutHoles, QObject::tr("cutout holes")});
        visit(cutout.length, {Kind::cutoutLength, QObject::tr("cutout length")});
    }
    std::size_t number = 0;
    for (auto& part : experiment.model.parts) {
        ++number;
        const QString owner = QObject::tr("part %1").arg(number);
        std::visit(
            [&](auto& layer) {
                if constexpr (requires { layer.rate; })
                    visit(layer.rate, {Kind::rate, QObject::tr("rate of %1").arg(owner)});
                if constexpr (requires { layer.weightDecay; })
                    for (auto& decay : layer.weightDecay)
                        visit(decay, {Kind::weightDecay, QObject::tr("decay of %1").arg(owner)});
            },
            part);
    }
    for (auto& decay : experiment.weightDecay) visit(decay, {Kind::weightDecay, QObject::tr("global decay")});
}

void forEachTunable(Experiment& experiment, const std::function<void(Tunable&, const TunablePlace&)>& visit) {
    visitPlaces(experiment, visit);
}

void forEachTunable(const Experiment& experiment,
                    const std::function<void(const Tunable&, const TunablePlace&)>& visit) {
    visitPlaces(experiment, visit);
}

QStringList usesOf(const Experiment& experiment, const std::string& name) {
    QStringList uses;
    forEachTunable(experiment, [&](const Tunable& tunable, const TunablePlace& place) {
        if (tunable.named() && tunable.hyperparameter == name) uses.append(place.text);
    });
    return uses;
}

static bool declared(const Experiment& experiment, const std::string& name) {
    return std::ranges::any_of(experiment.hyperparameters,
                               [&](const Hyperparameter& known) { return known.name == name; });
}

std::vector<std::pair<std::string, TunablePlace::Kind>> undeclaredNames(const Experiment& experiment) {
    std::vector<std::pair<std::string, TunablePlace::Kind>> names;
    forEachTunable(experiment, [&](const Tunable& tunable, const TunablePlace& place) {
        if (!tunable.named() || declared(experiment, tunable.hyperparameter)) return;
        if (std::ranges::none_of(names,
                                 [&](const auto& known) { return known.first == tunable.hyperparameter; }))
            names.emplace_back(tunable.hyperparameter, place.kind);
    });
    return names;
}

Hyperparameter usualHyperparameter(const std::string& name, TunablePlace::Kind kind) {
    switch (kind) {
    case TunablePlace::Kind::rate:
        return {.name = name, .initial = 0.05, .min = 0.0, .max = 0.95};
    case TunablePlace::Kind::weightDecay:
        return {.name = name, .initial = 1e-4, .log = true};
    case TunablePlace::Kind::cutoutHoles:
        return {.name = name, .initial = 1, .min = 0.0, .max = 5.0, .discrete = true};
    case TunablePlace::Kind::cutoutLength:
        return {.name = name, .initial = 4, .min = 2.0, .max = 24.0, .discrete = true};
    }
    return {.name = name};
}

void declareHyperparameter(Experiment& experiment, const std::string& name, TunablePlace::Kind kind) {
    if (!declared(experiment, name)) experiment.hyperparameters.push_back(usualHyperparameter(name, kind));
}

void renameHyperparameter(Experiment& experiment, std::size_t index, const std::string& name) {
    const std::string old = experiment.hyperparameters.at(index).name;
    experiment.hyperparameters[index].name = name;
    // A second one of the old name keeps the uses.
    if (old.empty() || declared(experiment, old)) return;
    forEachTunable(experiment, [&](Tunable& tunable, const TunablePlace&) {
        if (tunable.hyperparameter == old) tunable = {.hyperparameter = name};
    });
}

void removeHyperparameter(Experiment& experiment, std::size_t index) {
    const Hyperparameter gone = experiment.hyperparameters.at(index);
    experiment.hyperparameters.erase(experiment.hyperparameters.begin() + std::ptrdiff_t(index));
    if (gone.name.empty() || declared(experiment, gone.name)) return;
    forEachTunable(experiment, [&](Tunable& tunable, const TunablePlace&) {
        if (tunable.hyperparameter == gone.name) tunable = {.value = gone.initial};
    });
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

} // namespace dstn
