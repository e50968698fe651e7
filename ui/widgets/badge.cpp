#include "ui/widgets/badge.h"

#include <QPainter>

namespace dstn::ui {

Badge::Badge(QWidget* parent) : QWidget(parent) { setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed); }

void Badge::set(const QString& text, Tone tone) {
    if (text == text_ && tone == tone_) return;
    text_ = text;
    tone_ = tone;
    setAccessibleName(text);
    updateGeometry();
    update();
}

QSize Badge::sizeHint() const {
    const QFontMetrics metrics(font());
    return {metrics.horizontalAdvance(text_) + 32, metrics.height() + 8};
}

void Badge::paintEvent(QPaintEvent* /*event*/) {
    if (text_.isEmpty()) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = toneColor(tone_, isDark(palette()));
    QColor wash = color;
    wash.setAlpha(isDark(palette()) ? 50 : 28);
    const QRectF area = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(Qt::NoPen);
    painter.setBrush(wash);
    painter.drawRoundedRect(area, area.height() / 2, area.height() / 2);
    painter.setBrush(color);
    painter.drawEllipse(QPointF(area.left() + 12, area.center().y()), 3.5, 3.5);
    painter.setPen(color);
    painter.drawText(rect().adjusted(22, 0, -8, 0), Qt::AlignVCenter | Qt::AlignLeft, text_);
}

} // namespace dstn::ui
