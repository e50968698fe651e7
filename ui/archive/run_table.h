#pragma once

#include "ui/archive/run_table_model.h"

#include <QTableView>

class QMenu;

namespace dstn::ui {

class RunListModel;

/// The list of runs: its columns, which can be moved, hidden and sorted by, and what they are at first.
class RunTable : public QTableView {
    Q_OBJECT

  public:
    explicit RunTable(RunListModel* list, QWidget* parent = nullptr);

    QMenu* columnMenu() const { return columnMenu_; } ///< shows and hides columns
    /// Widths, order, visibility and sorting of the columns, for the next session.
    QByteArray columns() const;
    void restoreColumns(const QByteArray& columns);
    /// Edits the name of the current run.
    void editName();
    /// The columns that are shown, in the order shown.
    std::vector<int> shownColumns() const;

  private:
    void setUpHeader();
    void setUpColumns();
    void fillColumnMenu();

    QMenu* columnMenu_;
};

} // namespace dstn::ui
