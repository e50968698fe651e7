#pragma once

#include "core/study/study_results.h"

#include <QAbstractTableModel>

namespace dstn::ui {

/// A study's methods, one a row: what they reached at the best validation point, mean ± standard error over
/// seeds, and what they spent.
class MethodTableModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column {
        Name,
        ValidationLoss,
        ValidationAccuracy,
        TestLoss,
        TestAccuracy,
        Epochs,
        Gradients,
        Seconds,
        Runs,
        Hyperparameters,
        ColumnCount
    };
    using QAbstractTableModel::QAbstractTableModel;

    void setResults(const StudyResults& results);
    /// Accuracies are those of classifiers, test figures of data with a test split.
    bool hasValues(int column) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    QString text(const MethodResult& method, int column) const;

    std::vector<MethodResult> methods_;
    int best_ = -1; ///< row with the lowest mean validation loss
};

} // namespace dstn::ui
