#pragma once

#include "core/archive/archive.h"

#include <QAbstractTableModel>

#include <vector>

namespace dstn::ui {

/// The archive's studies, one a row, newest first; deleted ones are left out.
class StudyListModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column { Name, State, Runs, Created, Reason, ColumnCount };
    enum Role { idRole = Qt::UserRole };
    using QAbstractTableModel::QAbstractTableModel;

    /// As the archive has them now; rows that stay keep their selection.
    void setRows(const std::vector<StudyRow>& rows);
    const StudyRow& row(int index) const { return rows_.at(static_cast<std::size_t>(index)); }
    int indexOf(const QString& id) const; ///< −1 if there is none

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<StudyRow> rows_;
};

} // namespace dstn::ui
