#include "ui/widgets/legend_toggle.h"

#include "ui/widgets/theme.h"

#include <QPainter>

namespace dstn::ui {

namespace {
constexpr int lineLength = 18;
constexpr int longestName = 44;
} // namespace

LegendToggle::LegendToggle(const QString& name, QWidget* parent) : QAbstractButton(parent) {
    setCheckable(true);
    setFocusPolicy(Qt::TabFocus);
    setText(name.size() > longestName ? name.left(longestName - 1) + QChar(0x2026) : name);
    setToolTip(tr("Show or hide %1").arg(name));
    setAccessibleName(name);
}

void LegendToggle::setLine(const QColor& color, Qt::PenStyle dash) {
    color_ = color;
    dash_ = dash;
    update();
}

QSize LegendToggle::sizeHint() const {
    return {fontMetrics().horizontalAdvance(text()) + lineLength + 18, fontMetrics().height() + 6};
}

void LegendToggle::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (underMouse() || hasFocus()) {
        QColor wash = palette().color(QPalette::Highlight);
        wash.setAlpha(30);
        painter.setPen(hasFocus() ? QPen(palette().color(QPalette::Highlight)) : QPen(Qt::NoPen));
        painter.setBrush(wash);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
    const bool on = isChecked();
    QColor line = color_;
    if (!on) line.setAlpha(70);
    painter.setPen(QPen(line, 2.6, dash_, Qt::FlatCap));
    painter.drawLine(QPointF(6, height() / 2.0), QPointF(6 + lineLength, height() / 2.0));
    QColor words = on ? palette().color(QPalette::Text) : mutedColor(palette());
    QFont font = painter.font();
    font.setStrikeOut(!on);
    painter.setFont(font);
    painter.setPen(words);
    painter.drawText(rect().adjusted(lineLength + 12, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text());
}

void LegendToggle::enterEvent(QEnterEvent* event) {
    QAbstractButton::enterEvent(event);
    update();
}

void LegendToggle::leaveEvent(QEvent* event) {
    QAbstractButton::leaveEvent(event);
    update();
}

} // namespace dstn::ui
