#include "ui/live/plot_grid.h"

#include "ui/widgets/curve_plot.h"

#include <QGridLayout>
#include <QPainter>

#include <algorithm>

namespace dstn::ui {

namespace {
constexpr int readableWidth = 236;
constexpr int mainHeight = 240, smallHeight = 160;
} // namespace

PlotGrid::PlotGrid(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setSpacing(10);
}

void PlotGrid::setPlots(const QList<CurvePlot*>& main, const QList<CurvePlot*>& small) {
    qDeleteAll(all_);
    main_ = main;
    small_ = small;
    all_ = main + small;
    for (CurvePlot* plot : small_) plot->setXLabelShown(false);
    for (CurvePlot* plot : all_) plot->setParent(this);
    arrange(true);
    for (CurvePlot* plot : all_) plot->show();
    update(); // what stood here without plots shows between them otherwise
}

void PlotGrid::paintEvent(QPaintEvent* /*event*/) {
    if (!all_.isEmpty()) return;
    QPainter painter(this);
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(rect(), Qt::AlignCenter, QObject::tr("Curves appear here once the data has been read."));
}

void PlotGrid::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange(false);
}

void PlotGrid::arrange(bool force) {
    const int columns = std::clamp((width() + grid_->spacing()) / (readableWidth + grid_->spacing()), 1, 4);
    if (columns == columns_ && !force) return;
    columns_ = columns;
    for (CurvePlot* plot : all_) grid_->removeWidget(plot);
    for (int row = 0; row < grid_->rowCount(); ++row) {
        grid_->setRowStretch(row, 0);
        grid_->setRowMinimumHeight(row, 0);
    }
    // Twelve grid columns can be shared by 1, 2, 3 and 4 plots.
    constexpr int units = 12;
    for (int column = 0; column < units; ++column) grid_->setColumnStretch(column, 1);
    int row = 0;
    const auto place = [&](const QList<CurvePlot*>& plots, int perRow, int height, int stretch) {
        const int width = units / std::max(perRow, 1);
        for (qsizetype i = 0; i < plots.size(); ++i) {
            const int column = static_cast<int>(i) % perRow;
            if (i > 0 && column == 0) ++row;
            grid_->addWidget(plots[i], row, column * width, 1, width);
            grid_->setRowMinimumHeight(row, height);
            grid_->setRowStretch(row, stretch);
        }
        if (!plots.isEmpty()) ++row;
    };
    const int mainColumns = columns == 1 ? 1 : std::clamp(static_cast<int>(main_.size()), 1, 2);
    place(main_, mainColumns, mainHeight, 3);
    place(small_, columns, smallHeight, 2);
}

} // namespace dstn::ui
