#pragma once

#include <QStyledItemDelegate>

namespace dstn::ui {

/// Draws RunTableModel::progressRole as a thin bar beside its percentage.
class ProgressDelegate : public QStyledItemDelegate {
    Q_OBJECT
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

} // namespace dstn::ui
