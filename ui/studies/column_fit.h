#pragma once

#include <QObject>
#include <QSet>

class QTableView;

namespace dstn::ui {

/// Keeps a table's columns as wide as what stands in them, while its contents grow; a column that a person
/// has given a width keeps that.
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
