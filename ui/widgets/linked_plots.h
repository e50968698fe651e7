#pragma once

#include <QList>

#include <functional>

namespace dstn::ui {

class CurvePlot;

/// Has plots share their horizontal axis and cursor: what happened to λ when the loss jumped?
/// @param plots returns all of them, `plot` too, whenever that one is zoomed or pointed at
void linkPlot(CurvePlot* plot, std::function<QList<CurvePlot*>()> plots);

} // namespace dstn::ui
