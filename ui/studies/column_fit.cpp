#include "ui/studies/column_fit.h"

#include <QApplication>
#include <QHeaderView>
#include <QTableView>

#include <algorithm>

namespace dstn::ui {

static constexpr int beside = 14; // between two columns

ColumnFit::ColumnFit(QTableView* table) : QObject(table), table_(table) {
    connect(table_->horizontalHeader(), &QHeaderView::sectionResized, this, [this](int section, int, int) {
        if (!fitting_ && QApplication::mouseButtons() != Qt::NoButton) byHand_.insert(section);
    });
    connect(table_->model(), &QAbstractItemModel::modelReset, this, [this] { byHand_.clear(); });
}

void ColumnFit::fit() {
    fitting_ = true;
    QHeaderView* header = table_->horizontalHeader();
    const QAbstractItemView* view = table_; // where the hint is public
    for (int column = 0; column < table_->model()->columnCount(); ++column) {
        if (table_->isColumnHidden(column) || byHand_.contains(column)) continue;
        const int wanted =
            std::max(view->sizeHintForColumn(column), header->sectionSizeHint(column)) + beside;
        if (wanted > table_->columnWidth(column)) table_->setColumnWidth(column, wanted);
    }
    // One that was hidden is not stretched when it comes back.
    if (header->stretchLastSection()) {
        header->setStretchLastSection(false);
        header->setStretchLastSection(true);
    }
    fitting_ = false;
}

} // namespace dstn::ui
