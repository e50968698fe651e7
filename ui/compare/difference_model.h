#pragma once

#include "core/archive/archive.h"

#include <QAbstractTableModel>

#include <vector>

namespace dstn::ui {

/// What differs between the configurations of the compared runs: a path a row, a run a column.
class DifferenceModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    using QAbstractTableModel::QAbstractTableModel;

    void set(std::vector<Difference> differences, const QStringList& runNames);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<Difference> differences_;
    QStringList names_;
};

} // namespace dstn::ui
