#pragma once

#include "ui/widgets/curve_plot.h"

#include <qcustomplot.h>

namespace dstn::ui {

class LegendToggle;

/// What CurvePlot keeps of one curve. The graphs belong to the QCustomPlot, the button to the legend.
struct CurvePlot::Curve {
    QString name;
    CurveStyle style;
    CurveData data;
    bool visible = true;
    QCPGraph* lower = nullptr; ///< the band lies between these two
    QCPGraph* upper = nullptr;
    QCPGraph* raw = nullptr;
    QCPGraph* smooth = nullptr;
    QCPGraph* marks = nullptr; ///< NaN and infinite values
    QCPItemTracer* tracer = nullptr;
    LegendToggle* button = nullptr;
};

/// Labels that stay short: 120k, 1.5M; or shares in percent.
class ShortTicker : public QCPAxisTicker {
  public:
    explicit ShortTicker(bool percent) : percent_(percent) {}

  protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;

  private:
    bool percent_;
};

} // namespace dstn::ui
