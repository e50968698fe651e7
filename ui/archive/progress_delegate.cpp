#include "ui/archive/progress_delegate.h"

#include "ui/archive/run_table_model.h"
#include "ui/widgets/state_icon.h"

#include <QApplication>
#include <QPainter>

namespace dstn::ui {

void ProgressDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const {
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QString text = cell.text;
    cell.text.clear();
    const QStyle* style = option.widget ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, option.widget);
    const QVariant share = index.data(RunTableModel::progressRole);
    if (!share.isValid()) return;

    const bool selected = option.state & QStyle::State_Selected;
    const QColor ink = option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text);
    QColor track = ink;
    track.setAlphaF(0.18f);
    const int textWidth = option.fontMetrics.horizontalAdvance(QStringLiteral("100 %"));
    const QRect inner = option.rect.adjusted(6, 0, -6, 0);
    QRectF bar(inner.left(), inner.center().y() - 2.0, inner.width() - textWidth - 8, 5.0);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    if (bar.width() > 8) {
        painter->setBrush(track);
        painter->drawRoundedRect(bar, 2.5, 2.5);
        bar.setWidth(std::max(bar.height(), bar.width() * share.toDouble()));
        const auto state = static_cast<RunState>(index.data(RunTableModel::stateRole).toInt());
        painter->setBrush(selected ? ink : stateColor(state));
        if (share.toDouble() > 0.0) painter->drawRoundedRect(bar, 2.5, 2.5);
    }
    painter->setPen(ink);
    painter->drawText(inner, Qt::AlignRight | Qt::AlignVCenter, text);
    painter->restore();
}

} // namespace dstn::ui
