#include "ui/live/hypergradient_models.h"

#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/widgets/theme.h"

#include <QColor>
#include <QGuiApplication>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

static QString methodName(const HypergradientReport& report, int index) {
    return QString::fromStdString(report.methods[std::size_t(index)].method);
}

void CosineModel::setReport(const HypergradientReport& report) {
    beginResetModel();
    report_ = report;
    endResetModel();
}

int CosineModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(report_.methods.size());
}
int CosineModel::columnCount(const QModelIndex& parent) const { return rowCount(parent); }

QVariant CosineModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const std::optional<double>& cosine =
        report_.cosines[std::size_t(index.row())][std::size_t(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        if (!cosine) return QStringLiteral("–");
        return QString::number(*cosine, 'f', 3); // in [-1, 1]
    case Qt::TextAlignmentRole:
        return int(Qt::AlignCenter);
    case Qt::BackgroundRole: {
        if (!cosine || !std::isfinite(*cosine)) return {};
        QColor colour = toneColor(*cosine < 0.0 ? Tone::bad : Tone::good, isDark(QGuiApplication::palette()));
        colour.setAlphaF(0.4F * static_cast<float>(std::clamp(std::abs(*cosine), 0.0, 1.0)));
        return colour;
    }
    case Qt::ToolTipRole:
        return cosine ? tr("%1 and %2")
                            .arg(methodName(report_, index.row()), methodName(report_, index.column()))
                      : tr("They share no hyperparameter, or one of them is zero or not finite.");
    default:
        return {};
    }
}

QVariant CosineModel::headerData(int section, Qt::Orientation, int role) const {
    if (role != Qt::DisplayRole || section < 0 || section >= rowCount()) return {};
    return methodName(report_, section);
}

void HypergradientModel::setReport(const HypergradientReport& report) {
    beginResetModel();
    report_ = report;
    endResetModel();
}

int HypergradientModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(report_.methods.size());
}
int HypergradientModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : hyperparameters() + CostCount;
}

QVariant HypergradientModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Hypergradient& method = report_.methods[std::size_t(index.row())];
    const int cost = index.column() - hyperparameters();
    if (role == Qt::TextAlignmentRole)
        return int((cost == Note ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    if (cost < 0) {
        const std::optional<double>& value = method.values[std::size_t(index.column())];
        return value ? valueText(*value) : tr("held");
    }
    switch (cost) {
    case Gradients:
        return valueText(method.gradients);
    case Milliseconds:
        return valueText(method.milliseconds);
    case Steps:
        return countText(method.steps);
    case StepGradients:
        return method.steps > 0 ? valueText(method.stepGradients) : QString();
    case Note:
        return QString::fromStdString(method.note);
    default:
        return {};
    }
}

QVariant HypergradientModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical)
        return role == Qt::DisplayRole ? QVariant(methodName(report_, section)) : QVariant();
    const int cost = section - hyperparameters();
    const bool text = role == Qt::DisplayRole;
    if (!text && role != Qt::ToolTipRole) return {};
    if (cost < 0)
        return text ? QString::fromStdString(report_.hyperparameters[std::size_t(section)])
                    : tr("dL_V/dλ, λ unconstrained; here %1 in natural units")
                          .arg(valueText(report_.at[std::size_t(section)]));
    switch (cost) {
    case Gradients:
        return text ? tr("Gradient eval.") : tr("Cost of the hypergradient, in gradient evaluations");
    case Milliseconds:
        return text ? tr("ms") : tr("Time taken, in milliseconds");
    case Steps:
        return text ? tr("Steps before") : tr("Training steps needed beforehand");
    case StepGradients:
        return text ? tr("their cost") : tr("Cost of these steps, in gradient evaluations");
    case Note:
        return text ? tr("Note") : tr("Why there are no values, or how to read them");
    default:
        return {};
    }
}

} // namespace dstn::ui
