#pragma once

#include "ui/widgets/curve_data.h"

#include <QElapsedTimer>
#include <QString>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

class QCPGraph;
class QCPItemLine;
class QCPItemText;
class QCPRange;
class QCustomPlot;
class QLabel;
class QMenu;

namespace dstn::ui {

class FlowLayout;

/// How one curve looks. Colours and dashes are indices (see theme.h), so that they follow the theme.
struct CurveStyle {
    int color = -1;         ///< -1: the curve's own index
    int dash = -1;          ///< -1: the colour's
    double width = 1.6;     ///< pixels
    bool smoothable = true; ///< follows setSmoothing()
    bool markers = false;   ///< a dot at each point while they are few
    bool stepped = false;   ///< each value holds until the next point
    bool visible = true;    ///< at first
};

/// How far apart redraws for new points are, so that they take a small share of the time, and yet at least
/// four come in a second.
int redrawIntervalMs(double redrawMs);

/// One titled plot of curves against step, epoch or seconds, made for runs that go on: append() is O(1),
/// drawing is bounded by the width in pixels (min/max pyramid, no spike lost), and the picture is renewed at
/// most 30 times a second, only while it is visible and something changed. New points alone wait longer, the
/// longer a redraw takes (redrawIntervalMs()); what a person does is drawn without that delay.
///
/// It follows the newest point until a person zooms (drag a rectangle; wheel with Ctrl, or plain after a
/// click into the plot; + and −); double click or Home goes back to following. NaN and infinite values are
/// marked by triangles at the upper edge. Everything it can do is in the context menu, by keyboard too.
class CurvePlot : public QWidget {
    Q_OBJECT

  public:
    explicit CurvePlot(const QString& title, QWidget* parent = nullptr);
    ~CurvePlot() override;

    // Curves
    /// @return the curve's index, as the other members take it
    int addCurve(const QString& name, const CurveStyle& style = {});
    void append(int curve, double step, double epoch, double seconds, double value);
    void append(int curve, double step, double epoch, double seconds, double value, double lower,
                double upper);
    const CurveData& data(int curve) const;
    int curveCount() const;
    QString curveName(int curve) const;
    bool isCurveVisible(int curve) const;
    void setCurveVisible(int curve, bool visible);
    /// Removes all curves with their points.
    void clear();
    /// Removes a curve's points alone.
    void clearPoints(int curve);

    // What is shown
    void setTitle(const QString& title);
    QString title() const;
    /// A short text at the right of the title: the latest value.
    void setDetail(const QString& detail);
    void setPlaceholder(const QString& text); ///< where there are no points
    /// Off where a legend beside several plots serves them all; an exported figure has its own either way.
    void setLegendShown(bool shown);
    void setXAxis(XAxis axis);
    /// What the points are drawn against where it is neither step nor epoch: "gradient evaluations". Each is
    /// then appended with the same number three times, shown once. Empty: step, epoch and seconds.
    void setQuantity(const QString& name);
    XAxis xAxis() const { return axis_; }
    void setXLabelShown(bool shown); ///< off for small multiples that share an axis
    void setLogY(bool log);
    bool logY() const { return logY_; }
    /// Exponential smoothing's weight in [0, 1); the raw curve stays, faint, behind the smooth one.
    void setSmoothing(double weight);
    double smoothing() const { return smoothing_; }
    /// Values in [0, 1], labelled in percent.
    void setPercent(bool percent);
    /// The range shown of y never leaves these bounds by following: [0, 1] for an accuracy.
    void setYBounds(std::optional<double> lower, std::optional<double> upper);
    void setXRange(double lower, double upper); ///< as by zooming, without signal
    void setYRange(double lower, double upper);
    void resetZoom(); ///< follow again, without signal
    bool isFollowing() const { return followX_ && followY_; }
    void setCursorAt(double x); ///< without signal
    void hideCursor();          ///< without signal

    // Export of what is shown
    /// Writes a figure on white: PNG (twice the resolution), SVG or PDF, or CSV, by the name's ending.
    /// Throws Error{usage} for another ending or a file that cannot be written.
    void exportTo(const QString& path);
    /// All points of the visible curves in the visible range, undecimated:
    /// curve,step,epoch,seconds,value,smoothed,lower,upper.
    QString csv() const;
    QMenu* createMenu(QWidget* parent); ///< the context menu; the caller shows and deletes it
    /// Draws at once what is due; tests and pictures use it, everything else may wait for the timer.
    void renderNow();

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  signals:
    void zoomed(double lower, double upper);
    void zoomReset();
    void cursorMoved(double x);
    void cursorLeft();
    void curveToggled(int curve, bool visible);
    void exported(const QString& path);
    void exportFailed(const QString& message);

  public slots:
    void askForExport();

  protected:
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

  private:
    struct Curve;

    void markDirty();     ///< by what a person did: drawn in the next frame
    void pointsArrived(); ///< drawn when their time has come
    void redraw();
    void rebuild();
    void fill(Curve& curve, double from, double to, std::size_t columns);
    void fillMarks(Curve& curve, double from, double to);
    void followRange();
    void restyle(bool dark, bool forPaper);
    void styleCurve(Curve& curve, bool dark);
    void updateTicks();
    void showCursor(double x);
    void zoomBy(double factor, bool vertical);
    void panBy(double share);
    void userReset();
    void openMenu(const QPoint& at); ///< in global coordinates
    QString xLabel() const;
    void setUpPlot();
    void setUpCursor();
    QString valueText(double value) const;

    QCustomPlot* plot_;
    QLabel* titleLabel_;
    QLabel* detailLabel_;
    QWidget* legend_;
    FlowLayout* legendLayout_;
    QLabel* placeholder_;
    QCPItemLine* cursorLine_;
    QCPItemText* cursorText_;
    std::vector<std::unique_ptr<Curve>> curves_;
    QTimer timer_;
    QElapsedTimer sinceRedraw_;
    double redrawMs_ = 0.0; ///< what the last ones took, on average
    XAxis axis_ = XAxis::step;
    QString quantity_;
    double smoothing_ = 0.0;
    std::optional<double> lowerBound_, upperBound_, cursor_;
    bool logY_ = false, percent_ = false, xLabelShown_ = true;
    bool followX_ = true, followY_ = true;
    bool legendShown_ = true;
    bool dirty_ = false, setting_ = false;
};

} // namespace dstn::ui
