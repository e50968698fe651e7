#include "ui/setup/transform_view.h"

#include "ui/forms/mark_colors.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

/// Points of the curve that is drawn.
static constexpr int curvePoints = 160;

std::optional<InitialBand> initialBand(const Hyperparameter& hyperparameter) {
    const Transform transform(hyperparameter);
    const double u = transform.toUnconstrained(hyperparameter.initial);
    const InitialBand band{.unconstrained = u,
                           .low = transform.toNatural(u - hyperparameter.scale),
                           .value = hyperparameter.initial,
                           .high = transform.toNatural(u + hyperparameter.scale)};
    const bool finite =
        std::isfinite(u) && std::isfinite(band.low) && std::isfinite(band.high) && hyperparameter.scale > 0;
    return finite ? std::optional(band) : std::nullopt;
}

TransformView::TransformView(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setToolTip(
        tr("Natural value against unconstrained value u: the tuner moves u, the network sees the natural "
           "value.\nThe shaded region is u ± σ around the initial point."));
}

void TransformView::setHyperparameter(const std::optional<Hyperparameter>& hyperparameter) {
    hyperparameter_ = hyperparameter;
    const auto band = hyperparameter ? initialBand(*hyperparameter) : std::nullopt;
    setAccessibleDescription(band ? tr("%1 starts at %2, within %3 to %4 at ±σ")
                                        .arg(QString::fromStdString(hyperparameter->name))
                                        .arg(band->value)
                                        .arg(band->low)
                                        .arg(band->high)
                                  : QString());
    update();
}

static QString shortText(double value) { return QString::number(value, 'g', 3).replace(u'-', QChar(0x2212)); }

void TransformView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const MarkColors colours(palette());
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.88);
    painter.setFont(small);
    const QFontMetrics metrics(small);

    const auto band = hyperparameter_ ? initialBand(*hyperparameter_) : std::nullopt;
    if (!band) {
        painter.setPen(colours.muted);
        painter.drawText(
            rect().adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap,
            hyperparameter_ ? tr("No picture: the initial value lies outside its range, or σ is not above 0.")
                            : tr("Choose a hyperparameter to see how it is transformed."));
        return;
    }

    const Transform transform(*hyperparameter_);
    const double reach = std::max(3.0, 2.2 * hyperparameter_->scale);
    const double first = std::min(band->unconstrained - reach, -3.0);
    const double last =
        std::max(band->unconstrained + reach,
                 transform.shape() == Transform::Shape::interval ? 4.0 : band->unconstrained + reach);
    // A logarithmic hyperparameter spans decades: its axis does too.
    const bool logAxis = transform.log();
    const auto height = [&](double u) {
        const double v = transform.toNatural(u);
        return logAxis ? std::log10(v) : v;
    };
    double bottom = height(first);
    double top = height(last);
    if (!(top > bottom)) top = bottom + 1.0;

    const QString topText = shortText(transform.toNatural(last));
    const QString bottomText = shortText(transform.toNatural(first));
    const int labelWidth =
        std::max(metrics.horizontalAdvance(topText), metrics.horizontalAdvance(bottomText));
    const QRectF plot = QRectF(rect()).adjusted(std::max(52, labelWidth + 9), 2.0 * metrics.height() + 2, -10,
                                                -metrics.height() - 8);
    const auto x = [&](double u) { return plot.left() + (u - first) / (last - first) * plot.width(); };
    const auto y = [&](double u) {
        return plot.bottom() - (height(u) - bottom) / (top - bottom) * plot.height();
    };

    // The band: in u, and what becomes of it in natural units.
    const double low = band->unconstrained - hyperparameter_->scale;
    const double high = band->unconstrained + hyperparameter_->scale;
    QColor shade = colours.accent;
    shade.setAlphaF(0.18F);
    painter.fillRect(QRectF(QPointF(x(low), plot.top()), QPointF(x(high), plot.bottom())), shade);
    painter.fillRect(QRectF(QPointF(plot.left(), y(high)), QPointF(x(low), y(low))), shade);

    painter.setPen(QPen(colours.muted, 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    painter.drawLine(plot.bottomLeft(), plot.topLeft());

    QPainterPath curve;
    for (int i = 0; i <= curvePoints; ++i) {
        const double u = first + (last - first) * i / curvePoints;
        const QPointF point(x(u), y(u));
        if (i == 0)
            curve.moveTo(point);
        else
            curve.lineTo(point);
    }
    painter.setPen(QPen(palette().color(QPalette::Text), 1.8));
    painter.drawPath(curve);

    const QPointF start(x(band->unconstrained), y(band->unconstrained));
    painter.setPen(QPen(colours.accent, 1, Qt::DashLine));
    painter.drawLine(start, QPointF(start.x(), plot.bottom()));
    painter.drawLine(start, QPointF(plot.left(), start.y()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.accent);
    painter.drawEllipse(start, 4, 4);

    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(
        QRectF(4, 0, width() - 8.0, metrics.height()), Qt::AlignLeft,
        metrics.elidedText(
            tr("%1 starts at %2").arg(QString::fromStdString(hyperparameter_->name), shortText(band->value)),
            Qt::ElideRight, width() - 8));
    painter.setPen(colours.muted);
    painter.drawText(QRectF(4, metrics.height(), width() - 8.0, metrics.height()), Qt::AlignLeft,
                     tr("±σ: %1 … %2").arg(shortText(band->low), shortText(band->high)));

    const auto tick = [&](double position, const QString& text) {
        const double at =
            std::clamp(position, plot.top() + metrics.height() / 2.0, plot.bottom() - metrics.height() / 2.0);
        painter.drawText(QRectF(0, at - metrics.height() / 2.0, plot.left() - 5, metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, text);
    };
    tick(plot.top(), topText);
    tick(plot.bottom(), bottomText);
    const QRectF under(plot.left(), plot.bottom() + 3, plot.width(), metrics.height());
    painter.drawText(under, Qt::AlignLeft, shortText(first));
    painter.drawText(under, Qt::AlignRight, shortText(last));
    painter.setPen(colours.accent);
    const QString origin = tr("u = %1").arg(shortText(band->unconstrained));
    const double half = metrics.horizontalAdvance(origin) / 2.0 + 2;
    const double margin = metrics.horizontalAdvance(shortText(first)) + 6;
    const double centre = std::clamp(start.x(), plot.left() + margin + half, plot.right() - margin - half);
    painter.drawText(QRectF(centre - half, under.top(), 2 * half, metrics.height()), Qt::AlignCenter, origin);
}

} // namespace dstn::ui
