#include "ui/compare/difference_model.h"

#include <QFont>

namespace dstn::ui {

void DifferenceModel::set(std::vector<Difference> differences, const QStringList& runNames) {
    beginResetModel();
    differences_ = std::move(differences);
    names_ = runNames;
    endResetModel();
}

int DifferenceModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(differences_.size());
}

int DifferenceModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(names_.size()) + 1;
}

QVariant DifferenceModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Difference& difference = differences_[static_cast<std::size_t>(index.row())];
    const auto run = static_cast<std::size_t>(index.column() - 1);
    const bool path = index.column() == 0;
    const std::string& value = path ? difference.path : difference.values.at(run);
    switch (role) {
    case Qt::DisplayRole:
        return value.empty() ? QStringLiteral("–") : QString::fromStdString(value);
    case Qt::ToolTipRole:
        return value.empty() ? tr("not in this run's configuration") : QString::fromStdString(value);
    case Qt::FontRole:
        // What sets a run apart from the first one is what one looks for.
        if (!path && run > 0 && value != difference.values.front()) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    default:
        return {};
    }
}

QVariant DifferenceModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) return {};
    return section == 0 ? tr("Setting") : names_.value(section - 1);
}

} // namespace dstn::ui
