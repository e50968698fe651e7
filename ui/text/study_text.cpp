#include "ui/text/study_text.h"

#include "core/number_text.h"
#include "core/study/plan.h"
#include "ui/text/number_text.h"
#include "ui/text/run_text.h"

#include <QObject>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

std::vector<std::uint64_t> parseSeeds(const QString& text, QString& problem) {
    problem.clear();
    std::vector<std::uint64_t> seeds;
    const auto refuse = [&](const QString& found) {
        problem = QObject::tr("Expected seeds such as 0-9 or 0, 1, 2; found “%1”.").arg(found.trimmed());
        return std::vector<std::uint64_t>();
    };
    if (text.trimmed().isEmpty()) {
        problem = QObject::tr("Expected seeds such as 0-9 or 0, 1, 2; found nothing.");
        return {};
    }
    for (const QString& part : text.split(u',')) {
        const QStringList ends = part.split(u'-');
        const auto first = parseUnsigned(ends.front().trimmed());
        const auto last = ends.size() == 2 ? parseUnsigned(ends.back().trimmed()) : first;
        if (ends.size() > 2 || !first || !last || *last < *first) return refuse(part);
        if (*last - *first >= mostSeeds || seeds.size() + (*last - *first) >= mostSeeds) {
            problem = QObject::tr("Expected at most %1 seeds.").arg(mostSeeds);
            return {};
        }
        for (std::uint64_t seed = *first; seed <= *last; ++seed) seeds.push_back(seed);
    }
    return seeds;
}

QString seedsText(const std::vector<std::uint64_t>& seeds) {
    QStringList parts;
    for (std::size_t i = 0; i < seeds.size();) {
        std::size_t end = i + 1;
        while (end < seeds.size() && seeds[end] == seeds[end - 1] + 1) ++end;
        if (end - i > 2) {
            parts.append(QStringLiteral("%1-%2").arg(seeds[i]).arg(seeds[end - 1]));
            i = end;
        } else {
            parts.append(typedText(seeds[i++]));
        }
    }
    return parts.join(QStringLiteral(", "));
}

Assignments parseAssignments(const QString& lines, QString& problem) {
    problem.clear();
    Assignments assignments;
    for (const QString& line : lines.split(u'\n')) {
        const QString text = line.trimmed();
        if (text.isEmpty()) continue;
        const qsizetype equals = text.indexOf(u'=');
        const QString path = text.left(std::max<qsizetype>(equals, 0)).trimmed();
        if (path.isEmpty()) {
            problem = QObject::tr("Expected lines such as tuner.trials=40, found “%1”.").arg(text);
            return {};
        }
        assignments.emplace_back(path.toStdString(), text.mid(equals + 1).trimmed().toStdString());
    }
    return assignments;
}

QString assignmentsText(const Assignments& assignments) {
    QStringList lines;
    for (const auto& [path, value] : assignments)
        lines.append(
            QStringLiteral("%1=%2").arg(QString::fromStdString(path), QString::fromStdString(value)));
    return lines.join(u'\n');
}

QString unitText(BudgetUnit unit) {
    switch (unit) {
    case BudgetUnit::epochs:
        return QObject::tr("epochs");
    case BudgetUnit::gradients:
        return QObject::tr("gradient evaluations");
    case BudgetUnit::seconds:
        return QObject::tr("seconds");
    }
    return {};
}

QString amountText(double amount, BudgetUnit unit) {
    if (unit == BudgetUnit::seconds) return durationText(amount);
    if (unit == BudgetUnit::epochs && amount == 1.0) return QObject::tr("1 epoch");
    return QStringLiteral("%1 %2").arg(quantityText(amount), unitText(unit));
}

QString shareText(double done, double total, BudgetUnit unit) {
    return QObject::tr("%1 of %2")
        .arg(unit == BudgetUnit::seconds ? durationText(done) : quantityText(done), amountText(total, unit));
}

/// What follows from the budget alone.
static QString trainingsText(const Study& study, const Experiment& experiment,
                             const std::optional<DataInfo>& data) {
    const TunerTraits& traits = traitsOf(experiment.tuner);

    std::optional<double> epochs; // that the budget is
    if (study.unit == BudgetUnit::epochs)
        epochs = study.budget;
    else if (study.unit == BudgetUnit::gradients && data)
        epochs = epochsOf(experiment, *data, study.budget);

    if (!traits.searches()) {
        const QString whole = QObject::tr("one training of %1").arg(amountText(study.budget, study.unit));
        if (!epochs || study.unit == BudgetUnit::epochs) return whole;
        return QObject::tr("%1, up to %2")
            .arg(whole, amountText(std::max(1.0, std::floor(*epochs)), BudgetUnit::epochs));
    }
    const std::int64_t most = trainingsOf(experiment.tuner, experiment.hyperparameters);
    if (traits.sideBySide)
        return epochs ? QObject::tr("%1 trainings in parallel, %2 each")
                            .arg(most)
                            .arg(amountText(std::floor(*epochs / double(most) * 10.0) / 10.0,
                                            BudgetUnit::epochs))
                      : QObject::tr("%1 trainings in parallel, %2 in total")
                            .arg(most)
                            .arg(amountText(study.budget, study.unit));
    const QString each = amountText(double(experiment.epochs), BudgetUnit::epochs);
    if (!epochs)
        return QObject::tr("as many trainings of %1 as %2 allow, at most %3")
            .arg(each, amountText(study.budget, study.unit))
            .arg(most);
    const auto fit =
        static_cast<std::int64_t>(std::min(std::floor(*epochs / double(experiment.epochs)), 1e9));
    if (fit < 1) return QObject::tr("less than one training of %1").arg(each);
    const bool early = stopsEarly(experiment.tuner);
    const std::int64_t count = early ? fit : std::min(fit, most);
    QString text = count == 1 ? QObject::tr("1 training of %1").arg(each)
                              : QObject::tr("%1 trainings of %2").arg(countText(count), each);
    if (early)
        text = QObject::tr("as much as %1; more of them, because poor ones stop early").arg(text);
    else if (most < fit)
        text += QObject::tr(", its maximum (%1)")
                    .arg(traits.points != nullptr ? QObject::tr("the grid, or tuner.trials")
                                                  : QObject::tr("tuner.trials"));
    return text;
}

QString budgetMeaning(const Study& study, const StudyMethod& method, const std::optional<DataInfo>& data) {
    if (!(study.budget > 0.0) || !std::isfinite(study.budget)) return {};
    Assignments all = study.set;
    all.insert(all.end(), method.set.begin(), method.set.end());
    const ParsedExperiment parsed = parseExperiment(study.experimentJson, all);
    if (!parsed.experiment)
        return QObject::tr("not available for this experiment: %1")
            .arg(QString::fromStdString(parsed.mistakes.front().message));
    const QString text = trainingsText(study, *parsed.experiment, data);
    const std::vector<std::string> held = parsed.experiment->heldNames();
    if (held.empty()) return text;
    QStringList names;
    for (const std::string& each : held) names.append(QString::fromStdString(each));
    return QObject::tr("%1; holds %2").arg(text, names.join(QStringLiteral(", ")));
}

QString meanText(const std::optional<Mean>& mean, bool percent) {
    if (!mean || mean->count == 0) return QStringLiteral("–");
    return QString::fromStdString(percent ? dstn::meanPercentText(mean->mean, mean->error)
                                          : dstn::meanText(mean->mean, mean->error));
}

QString spentText(const std::optional<Mean>& mean, BudgetUnit unit) {
    if (!mean || mean->count == 0) return QStringLiteral("–");
    return unit == BudgetUnit::seconds ? durationText(mean->mean) : quantityText(mean->mean);
}

QString chosenText(const std::vector<std::pair<std::string, Mean>>& hyperparameters) {
    QStringList texts;
    for (const auto& [name, mean] : hyperparameters)
        texts.append(QStringLiteral("%1 %2").arg(QString::fromStdString(name), meanText(mean)));
    return texts.join(QStringLiteral(", "));
}

QString runCountText(std::int64_t runs, std::int64_t failed) {
    const QString all = runs == 1 ? QObject::tr("1 run") : QObject::tr("%1 runs").arg(countText(runs));
    return failed == 0 ? all : QObject::tr("%1, %2 failed").arg(all, countText(failed));
}

} // namespace dstn::ui
