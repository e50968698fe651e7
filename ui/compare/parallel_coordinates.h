#pragma once

#include <QRect>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace dstn::ui {

/// Runs as lines over parallel axes, one axis a quantity (the last one is the validation loss,
/// with which the others are compared). An axis whose values are positive and span two decades or more is
/// logarithmic. The run under the pointer, or chosen with the arrow keys, stands out with its values; a drag
/// along an axis keeps only the lines through that stretch, a click on the axis removes the restriction.
class ParallelCoordinates : public QWidget {
    Q_OBJECT
  public:
    struct Line {
        QString name;
        int color = 0;                             ///< see curveColor()
        std::vector<std::optional<double>> values; ///< one an axis; none: the line has a gap there
    };

    explicit ParallelCoordinates(QWidget* parent = nullptr);
    void set(std::vector<QString> axes, std::vector<Line> lines);
    void setLineVisible(std::size_t line, bool visible);
    /// Draws the picture into a rectangle of any device, with the colours of a light page if wanted.
    void draw(QPainter& painter, const QRectF& area, bool dark, const QPalette& colors) const;
    /// Whether a line passes through every stretch that is marked on an axis.
    bool passes(std::size_t line) const;

    QSize sizeHint() const override { return {700, 220}; }
    QSize minimumSizeHint() const override { return {320, 140}; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    struct Axis {
        QString title;
        double lower = 0.0, upper = 1.0;
        bool log = false;
        std::optional<std::pair<double, double>> stretch; ///< positions in [0, 1] that are kept
        double position(double value) const;
        double value(double position) const;
    };
    QRectF plotArea(const QRectF& area) const;
    void drawLine(QPainter& painter, const QRectF& plot, std::size_t index, bool dark) const;
    void drawAxis(QPainter& painter, const QRectF& area, std::size_t index, const QPalette& colors) const;
    void drawChosenValue(QPainter& painter, const QRectF& area, std::size_t index,
                         const QPalette& colors) const;
    double axisX(std::size_t axis, const QRectF& plot) const;
    std::optional<std::size_t> axisAt(double x) const;
    std::optional<std::size_t> lineAt(const QPointF& at) const;

    std::vector<Axis> axes_;
    std::vector<Line> lines_;
    std::vector<bool> visible_;
    std::optional<std::size_t> chosen_, dragged_;
    double dragFrom_ = 0.0;
};

} // namespace dstn::ui
