#pragma once

#include "ui/archive/run_search.h"
#include "ui/archive/run_table_model.h"

#include <QSortFilterProxyModel>

namespace dstn::ui {

/// The runs that are shown, in the order shown: filtered by what was typed, by the star, by study and by
/// deletion.
class RunListModel : public QSortFilterProxyModel {
    Q_OBJECT
  public:
    /// `runs` must outlive this model.
    explicit RunListModel(RunTableModel* runs, QObject* parent = nullptr);

    /// Empty, or the sentences that say what is not understood; the list does without it.
    QString setFilterText(const QString& text);
    void setStarredOnly(bool on);
    /// Without the runs of studies.
    void setTrialsHidden(bool on);
    /// Deleted runs instead of the others.
    void setDeletedShown(bool on);
    bool deletedShown() const { return deletedShown_; }

    const RunRow& run(const QModelIndex& index) const { return runs_->row(mapToSource(index).row()); }

  protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

  private:
    RunTableModel* runs_;
    RunSearch search_;
    bool starredOnly_ = false;
    bool trialsHidden_ = false;
    bool deletedShown_ = false;
};

} // namespace dstn::ui
