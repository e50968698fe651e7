#include "ui/widgets/linked_plots.h"

#include "ui/widgets/curve_plot.h"

#include <utility>

namespace dstn::ui {

void linkPlot(CurvePlot* plot, std::function<QList<CurvePlot*>()> plots) {
    const auto others = [plot, plots = std::move(plots)](const auto& change) {
        for (CurvePlot* other : plots())
            if (other != plot) change(other);
    };
    QObject::connect(plot, &CurvePlot::zoomed, plot, [others](double lower, double upper) {
        others([=](CurvePlot* other) { other->setXRange(lower, upper); });
    });
    QObject::connect(plot, &CurvePlot::zoomReset, plot,
                     [others] { others([](CurvePlot* other) { other->resetZoom(); }); });
    QObject::connect(plot, &CurvePlot::cursorMoved, plot,
                     [others](double x) { others([=](CurvePlot* other) { other->setCursorAt(x); }); });
    QObject::connect(plot, &CurvePlot::cursorLeft, plot,
                     [others] { others([](CurvePlot* other) { other->hideCursor(); }); });
}

} // namespace dstn::ui
