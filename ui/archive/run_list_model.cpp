#include "ui/archive/run_list_model.h"

namespace dstn::ui {

RunListModel::RunListModel(RunTableModel* runs, QObject* parent)
    : QSortFilterProxyModel(parent), runs_(runs) {
    setSourceModel(runs);
    setDynamicSortFilter(true);
}

QString RunListModel::setFilterText(const QString& text) {
    search_ = RunSearch(text);
    invalidateFilter();
    return search_.problem();
}

void RunListModel::setStarredOnly(bool on) {
    starredOnly_ = on;
    invalidateFilter();
}

void RunListModel::setTrialsHidden(bool on) {
    trialsHidden_ = on;
    invalidateFilter();
}

void RunListModel::setDeletedShown(bool on) {
    deletedShown_ = on;
    invalidateFilter();
}

bool RunListModel::filterAcceptsRow(int row, const QModelIndex&) const {
    const RunRow& run = runs_->row(row);
    return run.deleted == deletedShown_ && (!starredOnly_ || run.starred) &&
           (!trialsHidden_ || run.study.empty()) && search_.matches(run, runs_->haystack(row));
}

bool RunListModel::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    const auto column = static_cast<RunColumn>(left.column());
    const bool first = runs_->hasValue(left.row(), column), second = runs_->hasValue(right.row(), column);
    // A descending order is the ascending one turned around: what has no value must be largest there and
    // smallest here to stand last both ways.
    if (first != second) return (sortOrder() == Qt::AscendingOrder) == first;
    return runs_->lessThan(left.row(), right.row(), column);
}

} // namespace dstn::ui
