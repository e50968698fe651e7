#include "ui/archive/run_table.h"

#include "ui/archive/progress_delegate.h"
#include "ui/archive/run_list_model.h"

#include <QHeaderView>
#include <QMenu>

#include <array>
#include <utility>

namespace dstn::ui {

static constexpr int indexOf(RunColumn column) { return static_cast<int>(column); }

RunTable::RunTable(RunListModel* list, QWidget* parent)
    : QTableView(parent), columnMenu_(new QMenu(tr("Columns"), this)) {
    setObjectName(QStringLiteral("runs"));
    setAccessibleName(tr("Runs"));
    setModel(list);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setAlternatingRowColors(true);
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setSortingEnabled(true);
    sortByColumn(indexOf(RunColumn::when), Qt::DescendingOrder);
    setContextMenuPolicy(Qt::CustomContextMenu);
    setItemDelegateForColumn(indexOf(RunColumn::progress), new ProgressDelegate(this));
    setUpHeader();
    setUpColumns();
    connect(columnMenu_, &QMenu::aboutToShow, this, &RunTable::fillColumnMenu);
}

void RunTable::setUpHeader() {
    verticalHeader()->hide();
    // All rows are alike, and asking 10,000 of them for their height takes seconds.
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 9);
    QHeaderView* const header = horizontalHeader();
    header->setSectionsMovable(true);
    header->setFirstSectionMovable(true);
    header->setHighlightSections(false);
    header->setStretchLastSection(true);
    header->setMinimumSectionSize(28);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QHeaderView::customContextMenuRequested, this,
            [this](const QPoint& at) { columnMenu_->exec(horizontalHeader()->mapToGlobal(at)); });
}

/// As they are until a person changes them. Settings hold columns by their place in RunColumn, which
/// therefore is not the order shown.
void RunTable::setUpColumns() {
    struct Width {
        RunColumn column;
        int characters;
    };
    constexpr std::array widths{Width{RunColumn::star, 2},
                                Width{RunColumn::name, 25},
                                Width{RunColumn::state, 13},
                                Width{RunColumn::data, 15},
                                Width{RunColumn::model, 14},
                                Width{RunColumn::method, 11},
                                Width{RunColumn::validationLoss, 10},
                                Width{RunColumn::accuracy, 10},
                                Width{RunColumn::test, 9},
                                Width{RunColumn::when, 15},
                                Width{RunColumn::duration, 11},
                                Width{RunColumn::progress, 14},
                                Width{RunColumn::tags, 16},
                                Width{RunColumn::note, 24},
                                Width{RunColumn::study, 20},
                                Width{RunColumn::gradients, 13}};
    const int em = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    for (const auto& [column, characters] : widths) setColumnWidth(indexOf(column), characters * em + 14);

    for (const RunColumn column : {RunColumn::model, RunColumn::test, RunColumn::gradients})
        setColumnHidden(indexOf(column), true);

    QHeaderView* const header = horizontalHeader();
    const auto moveTo = [&](RunColumn column, RunColumn place) {
        header->moveSection(header->visualIndex(indexOf(column)), header->visualIndex(indexOf(place)));
    };
    for (const RunColumn column : {RunColumn::study, RunColumn::gradients}) moveTo(column, RunColumn::tags);
    for (const RunColumn column : {RunColumn::data, RunColumn::model, RunColumn::method})
        moveTo(column, RunColumn::progress);
}

void RunTable::fillColumnMenu() {
    columnMenu_->clear();
    for (int column = 0; column < runColumnCount; ++column) {
        QAction* const action = columnMenu_->addAction(RunTableModel::title(static_cast<RunColumn>(column)));
        action->setCheckable(true);
        action->setChecked(!isColumnHidden(column));
        // Without its name a run cannot be identified.
        action->setEnabled(column != indexOf(RunColumn::name));
        connect(action, &QAction::toggled, this, [this, column](bool on) { setColumnHidden(column, !on); });
    }
}

QByteArray RunTable::columns() const { return horizontalHeader()->saveState(); }

void RunTable::restoreColumns(const QByteArray& columns) {
    if (columns.isEmpty()) return;
    horizontalHeader()->restoreState(columns);
    setColumnHidden(indexOf(RunColumn::name), false);
    sortByColumn(horizontalHeader()->sortIndicatorSection(), horizontalHeader()->sortIndicatorOrder());
}

void RunTable::editName() {
    if (!currentIndex().isValid()) return;
    setColumnHidden(indexOf(RunColumn::name), false);
    const QModelIndex name = currentIndex().siblingAtColumn(indexOf(RunColumn::name));
    setCurrentIndex(name);
    edit(name);
}

std::vector<int> RunTable::shownColumns() const {
    std::vector<int> shown;
    for (int visual = 0; visual < runColumnCount; ++visual)
        if (const int column = horizontalHeader()->logicalIndex(visual); !isColumnHidden(column))
            shown.push_back(column);
    return shown;
}

} // namespace dstn::ui
