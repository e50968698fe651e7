#pragma once

#include <QObject>
#include <QSet>

class QTableView;

namespace dstn::ui {

/// Keeps a table's columns as wide as their contents while these grow; a column that the user has resized
/// keeps its width.
class ColumnFit : public QObject {
    Q_OBJECT

  public:
    explicit ColumnFit(QTableView* table);
    void fit();

  private:
    QTableView* table_;
    QSet<int> byHand_;
    bool fitting_ = false;
};

} // namespace dstn::ui
