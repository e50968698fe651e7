#pragma once

#include "core/archive/archive.h"
#include "ui/compare/run_groups.h"

#include <QAbstractTableModel>
#include <QColor>

#include <optional>
#include <vector>

namespace dstn::ui {

/// Best and final values of the compared runs, one run (or one group of seeds, mean ± deviation) a row. The
/// best of each metric that has a better side is marked by a check mark and bold type.
class MetricTableModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Role { runRole = Qt::UserRole, sortRole };

    using QAbstractTableModel::QAbstractTableModel;

    /// `groups` index `runs`, a group of one is that run; a name for each group.
    void set(const std::vector<RunDetails>& runs, const std::vector<RunGroup>& groups,
             const QStringList& names);
    /// The colour index of a row is its position.
    static QIcon swatch(int position, bool dark);
    void setDark(bool dark);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    enum class Better { lower, higher, neither };
    enum class Unit { number, percent, duration };
    struct Column {
        QString title;
        Better better = Better::neither;
        Unit unit = Unit::number;
        std::vector<Moments> values; ///< a row each; count 0: none
        std::optional<std::size_t> best;
    };
    QString text(const Column& column, std::size_t row) const;

    QStringList names_, runs_;
    std::vector<Column> columns_;
    bool dark_ = false;
};

} // namespace dstn::ui
