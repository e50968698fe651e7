#pragma once

#include "core/run/hypergradients.h"

#include <QAbstractTableModel>

namespace dstn::ui {

/// The cosine of every method's hypergradient to every other's, coloured from opposite to equal.
class CosineModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    using QAbstractTableModel::QAbstractTableModel;
    void setReport(const HypergradientReport& report);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    HypergradientReport report_;
};

/// Every method's hypergradient, by hyperparameter, and what it cost.
class HypergradientModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    /// These come after the hyperparameters.
    enum Cost { Gradients, Milliseconds, Steps, StepGradients, Note, CostCount };
    using QAbstractTableModel::QAbstractTableModel;
    void setReport(const HypergradientReport& report);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    int hyperparameters() const { return static_cast<int>(report_.hyperparameters.size()); }
    HypergradientReport report_;
};

} // namespace dstn::ui
