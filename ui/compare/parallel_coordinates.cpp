#include "ui/compare/parallel_coordinates.h"

#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

namespace {

bool usable(const std::optional<double>& value) { return value && std::isfinite(*value); }

double distanceToSegment(const QPointF& p, const QPointF& a, const QPointF& b) {
    const QPointF ab = b - a, ap = p - a;
    const double length = QPointF::dotProduct(ab, ab);
    const double share = length > 0.0 ? std::clamp(QPointF::dotProduct(ap, ab) / length, 0.0, 1.0) : 0.0;
    const QPointF gap = ap - share * ab;
    return std::sqrt(QPointF::dotProduct(gap, gap));
}

} // namespace

ParallelCoordinates::ParallelCoordinates(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Parallel coordinates"));
    setToolTip(tr("Drag along an axis to keep only the runs that pass there; click it to show all again."));
}

void ParallelCoordinates::set(std::vector<QString> axes, std::vector<Line> lines) {
    std::vector<Axis> fresh;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        Axis axis;
        axis.title = axes[i];
        bool any = false;
        for (const Line& line : lines) {
            if (!usable(line.values.at(i))) continue;
            const double value = *line.values[i];
            axis.lower = any ? std::min(axis.lower, value) : value;
            axis.upper = any ? std::max(axis.upper, value) : value;
            any = true;
        }
        axis.log = axis.lower > 0.0 && axis.upper >= 100.0 * axis.lower;
        // All alike: the lines meet in the middle of the axis.
        if (axis.lower == axis.upper) {
            const double room = axis.lower == 0.0 ? 1.0 : 0.1 * std::abs(axis.lower);
            axis.lower -= room;
            axis.upper += room;
        }
        for (const Axis& old : axes_)
            if (old.title == axis.title) axis.stretch = old.stretch;
        fresh.push_back(axis);
    }
    axes_ = std::move(fresh);
    lines_ = std::move(lines);
    visible_.assign(lines_.size(), true);
    chosen_.reset();
    update();
}

void ParallelCoordinates::setLineVisible(std::size_t line, bool visible) {
    if (line >= visible_.size()) return;
    visible_[line] = visible;
    update();
}

double ParallelCoordinates::Axis::position(double value) const {
    if (log) return (std::log(value) - std::log(lower)) / (std::log(upper) - std::log(lower));
    return (value - lower) / (upper - lower);
}

double ParallelCoordinates::Axis::value(double at) const {
    if (log) return std::exp(std::log(lower) + at * (std::log(upper) - std::log(lower)));
    return lower + at * (upper - lower);
}

bool ParallelCoordinates::passes(std::size_t line) const {
    for (std::size_t i = 0; i < axes_.size(); ++i) {
        if (!axes_[i].stretch) continue;
        const std::optional<double>& value = lines_[line].values[i];
        if (!usable(value)) return false;
        const double at = axes_[i].position(*value);
        if (at < axes_[i].stretch->first || at > axes_[i].stretch->second) return false;
    }
    return true;
}

QRectF ParallelCoordinates::plotArea(const QRectF& area) const {
    const double line = fontMetrics().height();
    const double side = std::min(90.0, area.width() / (2.0 * std::max<std::size_t>(axes_.size(), 1)));
    return area.adjusted(side, 2.2 * line, -side, -1.6 * line);
}

double ParallelCoordinates::axisX(std::size_t axis, const QRectF& plot) const {
    if (axes_.size() < 2) return plot.center().x();
    return plot.left() + plot.width() * static_cast<double>(axis) / static_cast<double>(axes_.size() - 1);
}

void ParallelCoordinates::draw(QPainter& painter, const QRectF& area, bool dark,
                               const QPalette& colors) const {
    painter.setRenderHint(QPainter::Antialiasing);
    if (axes_.size() < 2 || lines_.empty()) {
        painter.setPen(mutedColor(colors));
        painter.drawText(
            area, Qt::AlignCenter | Qt::TextWordWrap,
            tr("No run has been evaluated yet. Hyperparameters and validation loss appear here."));
        return;
    }
    const QRectF plot = plotArea(area);
    for (std::size_t i = 0; i < lines_.size(); ++i)
        if (visible_[i] && chosen_ != i) drawLine(painter, plot, i, dark);
    if (chosen_ && visible_[*chosen_]) drawLine(painter, plot, *chosen_, dark);
    for (std::size_t i = 0; i < axes_.size(); ++i) drawAxis(painter, area, i, colors);
    if (!chosen_) return;
    for (std::size_t i = 0; i < axes_.size(); ++i) drawChosenValue(painter, area, i, colors);
    const double line = QFontMetricsF(painter.font(), painter.device()).height();
    painter.setPen(colors.color(QPalette::Text));
    painter.drawText(QRectF(area.left(), area.bottom() - line, area.width(), line), Qt::AlignCenter,
                     lines_[*chosen_].name);
}

void ParallelCoordinates::drawLine(QPainter& painter, const QRectF& plot, std::size_t index,
                                   bool dark) const {
    QColor color = curveColor(lines_[index].color, dark);
    const bool weak = !passes(index) || (chosen_ && *chosen_ != index);
    color.setAlphaF(weak ? 0.16f : 0.9f);
    painter.setPen(QPen(color, chosen_ == index ? 3.0 : 1.8, curveDash(lines_[index].color), Qt::FlatCap,
                        Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    QPainterPath path;
    bool open = false;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
        const std::optional<double>& value = lines_[index].values[i];
        if (!usable(value)) {
            open = false;
            continue;
        }
        const QPointF at(axisX(i, plot), plot.bottom() - plot.height() * axes_[i].position(*value));
        open ? path.lineTo(at) : path.moveTo(at);
        open = true;
    }
    painter.drawPath(path);
}

void ParallelCoordinates::drawAxis(QPainter& painter, const QRectF& area, std::size_t index,
                                   const QPalette& colors) const {
    const Axis& axis = axes_[index];
    const QRectF plot = plotArea(area);
    const double x = axisX(index, plot);
    const double gap = plot.width() / static_cast<double>(axes_.size() - 1);
    const QFontMetricsF metrics(painter.font(), painter.device());
    const double line = metrics.height();
    const QColor ink = colors.color(QPalette::Text);
    QColor faint = ink;
    faint.setAlphaF(0.4f);
    painter.setPen(QPen(faint, 1.0));
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    if (axis.stretch) {
        QColor mark = colors.color(QPalette::Highlight);
        mark.setAlphaF(0.35f);
        painter.fillRect(QRectF(QPointF(x - 5, plot.bottom() - plot.height() * axis.stretch->second),
                                QPointF(x + 5, plot.bottom() - plot.height() * axis.stretch->first)),
                         mark);
    }
    painter.setPen(ink);
    const auto label = [&](double y, const QString& text) {
        const QRectF box(x - gap / 2.0 + 2.0, y, gap - 4.0, line);
        painter.drawText(box, Qt::AlignHCenter | Qt::AlignVCenter,
                         metrics.elidedText(text, Qt::ElideMiddle, box.width()));
    };
    label(area.top() + 2.0, axis.title + (axis.log ? tr(" (log)") : QString()));
    painter.setPen(mutedColor(colors));
    label(plot.top() - line - 1.0, valueText(axis.upper));
    label(plot.bottom() + 1.0, valueText(axis.lower));
}

/// Beside the axis, on a ground of its own.
void ParallelCoordinates::drawChosenValue(QPainter& painter, const QRectF& area, std::size_t index,
                                          const QPalette& colors) const {
    const std::optional<double>& chosen = lines_[*chosen_].values[index];
    if (!usable(chosen)) return;
    const QRectF plot = plotArea(area);
    const double x = axisX(index, plot);
    const QFontMetricsF metrics(painter.font(), painter.device());
    const double line = metrics.height();
    const double value = *chosen;
    const double y = plot.bottom() - plot.height() * axes_[index].position(value);
    const QString text = valueText(value);
    QRectF box(x + 6.0, y - line, metrics.horizontalAdvance(text) + 8.0, line + 2.0);
    if (box.right() > area.right()) box.moveRight(x - 6.0);
    if (box.top() < plot.top()) box.moveTop(plot.top());
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.color(QPalette::Base));
    painter.drawRoundedRect(box, 3.0, 3.0);
    painter.setPen(colors.color(QPalette::Text));
    painter.drawText(box, Qt::AlignCenter, text);
}

void ParallelCoordinates::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    draw(painter, QRectF(rect()).adjusted(6, 4, -6, -4), isDark(palette()), palette());
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1.0));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

std::optional<std::size_t> ParallelCoordinates::axisAt(double x) const {
    const QRectF plot = plotArea(QRectF(rect()).adjusted(6, 4, -6, -4));
    for (std::size_t i = 0; i < axes_.size(); ++i)
        if (std::abs(axisX(i, plot) - x) <= 9.0) return i;
    return std::nullopt;
}

std::optional<std::size_t> ParallelCoordinates::lineAt(const QPointF& at) const {
    const QRectF plot = plotArea(QRectF(rect()).adjusted(6, 4, -6, -4));
    std::optional<std::size_t> nearest;
    double distance = 8.0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (!visible_[i] || !passes(i)) continue;
        for (std::size_t k = 0; k + 1 < axes_.size(); ++k) {
            if (!usable(lines_[i].values[k]) || !usable(lines_[i].values[k + 1])) continue;
            const QPointF a(axisX(k, plot),
                            plot.bottom() - plot.height() * axes_[k].position(*lines_[i].values[k]));
            const QPointF b(axisX(k + 1, plot),
                            plot.bottom() - plot.height() * axes_[k + 1].position(*lines_[i].values[k + 1]));
            if (const double d = distanceToSegment(at, a, b); d < distance) {
                distance = d;
                nearest = i;
            }
        }
    }
    return nearest;
}

void ParallelCoordinates::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    dragged_ = axisAt(event->position().x());
    dragFrom_ = event->position().y();
    if (dragged_) {
        axes_[*dragged_].stretch.reset();
        update();
    }
}

void ParallelCoordinates::mouseMoveEvent(QMouseEvent* event) {
    if (dragged_) {
        const QRectF plot = plotArea(QRectF(rect()).adjusted(6, 4, -6, -4));
        const auto position = [&](double y) {
            return std::clamp((plot.bottom() - y) / plot.height(), 0.0, 1.0);
        };
        const double a = position(dragFrom_), b = position(event->position().y());
        // A trembling hand is a click.
        if (std::abs(event->position().y() - dragFrom_) > 3.0) axes_[*dragged_].stretch = std::minmax(a, b);
        update();
        return;
    }
    const std::optional<std::size_t> under = lineAt(event->position());
    setCursor(axisAt(event->position().x()) ? Qt::SizeVerCursor : Qt::ArrowCursor);
    if (under == chosen_) return;
    chosen_ = under;
    update();
}

void ParallelCoordinates::mouseReleaseEvent(QMouseEvent*) { dragged_.reset(); }

void ParallelCoordinates::leaveEvent(QEvent*) {
    if (hasFocus()) return;
    chosen_.reset();
    update();
}

void ParallelCoordinates::keyPressEvent(QKeyEvent* event) {
    const bool next = event->key() == Qt::Key_Down || event->key() == Qt::Key_Right;
    const bool previous = event->key() == Qt::Key_Up || event->key() == Qt::Key_Left;
    if (event->key() == Qt::Key_Escape) {
        chosen_.reset();
        for (Axis& axis : axes_) axis.stretch.reset();
        update();
    } else if ((next || previous) && !lines_.empty()) {
        const std::size_t count = lines_.size();
        if (!chosen_)
            chosen_ = next ? 0 : count - 1;
        else
            chosen_ = (*chosen_ + (next ? 1 : count - 1)) % count;
        update();
    } else {
        QWidget::keyPressEvent(event);
    }
}

} // namespace dstn::ui
