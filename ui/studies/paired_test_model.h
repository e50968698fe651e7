#pragma once

#include "core/study/study_results.h"
#include "ui/widgets/theme.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace dstn::ui {

/// Every method against every other: in a row's cells whether it is better (▲, lower best validation loss) or
/// worse (▼) than the column's method, by Student's paired t-test over the seeds that both have. Marked from
/// p < 0.05 on; not corrected for the number of pairs.
class PairedTestModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    static constexpr double significant = 0.05;
    using QAbstractTableModel::QAbstractTableModel;

    void setResults(const StudyResults& results);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    /// Seen from the row: its loss minus the column's.
    std::optional<PairedTest> test(int row, int column) const;

    std::vector<QString> names_;
    std::vector<PairedTest> tests_;
};

} // namespace dstn::ui
