#include "ui/setup/transform_view.h"

#include "ui/forms/mark_colors.h"
#include "ui/text/number_text.h"

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
    setToolTip(tr("Natural value against unconstrained value u: the tuner changes u, the network sees the "
                  "natural value.\nThe shaded region is u ± σ around the initial point."));
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

static QString shortText(double value) { return roundedText(value, 3); }

/// The part of the curve that is drawn, and where on the widget its points are.
struct TransformView::Scale {
    Scale(const Hyperparameter& hyperparameter, const InitialBand& band);
    /// Places the plot within the widget, beside its labels.
    void place(const QRectF& widget, const QFontMetrics& metrics);
    double height(double u) const {
        const double natural = transform.toNatural(u);
        // A logarithmic hyperparameter spans decades: its axis does too.
        return transform.log() ? std::log10(natural) : natural;
    }
    double x(double u) const { return plot.left() + (u - first) / (last - first) * plot.width(); }
    double y(double u) const { return plot.bottom() - (height(u) - bottom) / (top - bottom) * plot.height(); }

    Transform transform;
    double first = 0.0, last = 0.0; ///< unconstrained
    double bottom = 0.0, top = 0.0; ///< height() of them
    QString bottomText, topText;
    QRectF plot;
};

TransformView::Scale::Scale(const Hyperparameter& hyperparameter, const InitialBand& band)
    : transform(hyperparameter) {
    const double reach = std::max(3.0, 2.2 * hyperparameter.scale);
    first = std::min(band.unconstrained - reach, -3.0);
    last = std::max(band.unconstrained + reach,
                    transform.shape() == Transform::Shape::interval ? 4.0 : band.unconstrained + reach);
    bottom = height(first);
    top = height(last);
    if (!(top > bottom)) top = bottom + 1.0;
    bottomText = shortText(transform.toNatural(first));
    topText = shortText(transform.toNatural(last));
}

void TransformView::Scale::place(const QRectF& widget, const QFontMetrics& metrics) {
    const int labels = std::max(metrics.horizontalAdvance(topText), metrics.horizontalAdvance(bottomText));
    plot = widget.adjusted(std::max(52, labels + 9), 2.0 * metrics.height() + 2, -10, -metrics.height() - 8);
}

void TransformView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.88);
    painter.setFont(small);

    const auto band = hyperparameter_ ? initialBand(*hyperparameter_) : std::nullopt;
    if (!band) {
        painter.setPen(MarkColors(palette()).muted);
        painter.drawText(rect().adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap,
                         hyperparameter_
                             ? tr("No plot: the initial value lies outside its range, or σ is not above 0.")
                             : tr("Select a hyperparameter to see how it is transformed."));
        return;
    }
    Scale scale(*hyperparameter_, *band);
    scale.place(rect(), QFontMetrics(small));
    drawBand(painter, scale, *band);
    drawCurve(painter, scale, *band);
    drawLabels(painter, scale, *band);
}

/// The band in u, and what becomes of it in natural units.
void TransformView::drawBand(QPainter& painter, const Scale& scale, const InitialBand& band) const {
    const double low = band.unconstrained - hyperparameter_->scale;
    const double high = band.unconstrained + hyperparameter_->scale;
    QColor shade = MarkColors(palette()).accent;
    shade.setAlphaF(0.18F);
    const QRectF& plot = scale.plot;
    painter.fillRect(QRectF(QPointF(scale.x(low), plot.top()), QPointF(scale.x(high), plot.bottom())), shade);
    painter.fillRect(QRectF(QPointF(plot.left(), scale.y(high)), QPointF(scale.x(low), scale.y(low))), shade);
}

void TransformView::drawCurve(QPainter& painter, const Scale& scale, const InitialBand& band) const {
    const MarkColors colours(palette());
    const QRectF& plot = scale.plot;
    painter.setPen(QPen(colours.muted, 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    painter.drawLine(plot.bottomLeft(), plot.topLeft());

    QPainterPath curve;
    for (int i = 0; i <= curvePoints; ++i) {
        const double u = scale.first + (scale.last - scale.first) * i / curvePoints;
        const QPointF point(scale.x(u), scale.y(u));
        if (i == 0)
            curve.moveTo(point);
        else
            curve.lineTo(point);
    }
    painter.setPen(QPen(palette().color(QPalette::Text), 1.8));
    painter.drawPath(curve);

    const QPointF start(scale.x(band.unconstrained), scale.y(band.unconstrained));
    painter.setPen(QPen(colours.accent, 1, Qt::DashLine));
    painter.drawLine(start, QPointF(start.x(), plot.bottom()));
    painter.drawLine(start, QPointF(plot.left(), start.y()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.accent);
    painter.drawEllipse(start, 4, 4);
}

void TransformView::drawLabels(QPainter& painter, const Scale& scale, const InitialBand& band) const {
    const MarkColors colours(palette());
    const QFontMetrics metrics(painter.font());
    const QRectF& plot = scale.plot;
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(
        QRectF(4, 0, width() - 8.0, metrics.height()), Qt::AlignLeft,
        metrics.elidedText(
            tr("%1 starts at %2").arg(QString::fromStdString(hyperparameter_->name), shortText(band.value)),
            Qt::ElideRight, width() - 8));
    painter.setPen(colours.muted);
    painter.drawText(QRectF(4, metrics.height(), width() - 8.0, metrics.height()), Qt::AlignLeft,
                     tr("±σ: %1 … %2").arg(shortText(band.low), shortText(band.high)));

    const auto tick = [&](double position, const QString& text) {
        const double at =
            std::clamp(position, plot.top() + metrics.height() / 2.0, plot.bottom() - metrics.height() / 2.0);
        painter.drawText(QRectF(0, at - metrics.height() / 2.0, plot.left() - 5, metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, text);
    };
    tick(plot.top(), scale.topText);
    tick(plot.bottom(), scale.bottomText);
    const QRectF under(plot.left(), plot.bottom() + 3, plot.width(), metrics.height());
    painter.drawText(under, Qt::AlignLeft, shortText(scale.first));
    painter.drawText(under, Qt::AlignRight, shortText(scale.last));
    painter.setPen(colours.accent);
    const QString origin = tr("u = %1").arg(shortText(band.unconstrained));
    const double half = metrics.horizontalAdvance(origin) / 2.0 + 2;
    const double margin = metrics.horizontalAdvance(shortText(scale.first)) + 6;
    const double centre =
        std::clamp(scale.x(band.unconstrained), plot.left() + margin + half, plot.right() - margin - half);
    painter.drawText(QRectF(centre - half, under.top(), 2 * half, metrics.height()), Qt::AlignCenter, origin);
}

} // namespace dstn::ui
