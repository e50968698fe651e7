#include "ui/forms/table_view.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QScrollBar>

#include <algorithm>

namespace dstn::ui {

TableView::TableView(int mostRows, QWidget* parent) : QTableView(parent), mostRows_(mostRows) {
    setSelectionBehavior(SelectRows);
    setSelectionMode(SingleSelection);
    setEditTriggers(DoubleClicked | SelectedClicked | EditKeyPressed | AnyKeyPressed);
    setTabKeyNavigation(false);
    setShowGrid(false);
    setAlternatingRowColors(true);
    setWordWrap(false);
    setHorizontalScrollMode(ScrollPerPixel);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 9);
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(28);
}

void TableView::setModel(QAbstractItemModel* model) {
    QTableView::setModel(model);
    connect(model, &QAbstractItemModel::rowsInserted, this, &TableView::fitHeight);
    connect(model, &QAbstractItemModel::rowsRemoved, this, &TableView::fitHeight);
    connect(model, &QAbstractItemModel::modelReset, this, &TableView::fitHeight);
    fitHeight();
}

void TableView::fitColumn(int column, const QString& widest) {
    constexpr int beside = 12; // a cell's margins
    setColumnWidth(column, std::max(fontMetrics().horizontalAdvance(widest) + beside,
                                    horizontalHeader()->sectionSizeHint(column)));
}

void TableView::fitHeight() {
    const int rows = std::clamp(model()->rowCount(), 1, mostRows_);
    setFixedHeight(horizontalHeader()->sizeHint().height() + rows * verticalHeader()->defaultSectionSize() +
                   2 * frameWidth() + 2);
}

void TableView::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && state() != EditingState && currentIndex().isValid() &&
        currentIndex().flags().testFlag(Qt::ItemIsEditable)) {
        edit(currentIndex());
        return;
    }
    QTableView::keyPressEvent(event);
}

void TableView::wheelEvent(QWheelEvent* event) {
    // Where all rows are in view, the wheel belongs to the page.
    if (verticalScrollBar()->maximum() == 0)
        event->ignore();
    else
        QTableView::wheelEvent(event);
}

} // namespace dstn::ui
