#pragma once

#include "ui/studies/loaded_study.h"

#include <QAbstractTableModel>

namespace dstn::ui {

/// The runs of a study, one a row.
class StudyRunModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column {
        Method,
        Seed,
        Trial,
        State,
        ValidationLoss,
        Epochs,
        Gradients,
        Seconds,
        Reason,
        ColumnCount
    };
    enum Role { idRole = Qt::UserRole, sortRole };
    using QAbstractTableModel::QAbstractTableModel;

    void setStudy(const LoadedStudy& study);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    struct Row {
        StudyRun run; ///< without its epochs and its experiment, which are long
        QString method;
        bool trial = false; ///< of a search
        std::optional<double> best;
        double epochs = 0.0;
    };
    std::vector<Row> rows_;
};

} // namespace dstn::ui
