#pragma once

#include "core/archive/archive.h"
#include "ui/widgets/curve_plot.h"

#include <QScrollArea>
#include <QTimer>

#include <deque>
#include <string>
#include <vector>

class QGridLayout;

namespace dstn::ui {

/// A plot for each of several series of the same runs, in as many columns as fit. The plots are one picture:
/// they share their axis, zoom and cursor, and a line is shown or hidden in all of them.
class CurveGrid : public QScrollArea {
    Q_OBJECT

  public:
    struct Series {
        std::string name;
        QString title;
    };
    /// One line of every plot: a run, or several whose mean is drawn with its deviation.
    struct Line {
        QString name;
        std::vector<std::size_t> members; ///< indices into setCurves()
        bool visible = true;
    };

    explicit CurveGrid(QWidget* parent = nullptr);

    /// Shows these series and lines. Curves that are known are drawn, others asked for.
    void set(const std::vector<Series>& series, std::vector<Line> lines);
    /// The answer to curvesWanted(): one curve a run, empty where it has none.
    void setCurves(const std::string& series, std::vector<Curve> curves);
    /// Makes the next set() ask for all curves again; what is drawn stays until then.
    void forgetCurves();

    void setXAxis(XAxis axis);
    void setSmoothing(double weight);
    void setLogScale(bool on); ///< of all but accuracies
    void setLineVisible(int line, bool visible);
    /// Writes each plot to a file of its own; returns how many. Throws Error where one cannot be written.
    std::size_t exportTo(const QString& folder, const QString& ending) const;

  signals:
    void curvesWanted(std::string series);
    void lineToggled(int line, bool visible);
    void exported(QString path);
    void exportFailed(QString message);

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    struct Panel {
        std::string series;
        CurvePlot* plot = nullptr;
        std::vector<Curve> curves; ///< one a run; empty until read
        bool read = false;
    };
    /// Points that still have to be handed to a plot.
    struct Pending {
        CurvePlot* plot = nullptr;
        int curve = 0;
        Curve points;
        std::vector<double> deviation; ///< empty: no band
        std::size_t next = 0;
    };

    Panel makePanel(const Series& series);
    void link(CurvePlot* plot);
    Panel* panelOf(const std::string& series);
    void layOut();
    void applyLog();
    void draw(Panel& panel);
    void feedPlots();

    QWidget* grid_;
    QGridLayout* layout_;
    std::vector<Panel> panels_;
    std::vector<Line> lines_;
    std::deque<Pending> pending_;
    QTimer feed_;
    XAxis axis_ = XAxis::epoch;
    double smoothing_ = 0.0;
    bool log_ = false;
    int columns_ = 0;
};

} // namespace dstn::ui
