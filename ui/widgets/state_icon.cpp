#include "ui/widgets/state_icon.h"

#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>

#include <memory>

namespace dstn::ui {

namespace {

/// Draws the state's shape at any size, so that it is sharp at every scale factor.
class StateIconEngine : public QIconEngine {
  public:
    explicit StateIconEngine(RunState state) : state_(state) {}

    QIconEngine* clone() const override { return std::make_unique<StateIconEngine>(state_).release(); }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const double side = std::min(rect.width(), rect.height());
        painter->translate(rect.center().x() + 0.5 - side / 2.0, rect.center().y() + 0.5 - side / 2.0);
        painter->scale(side / 16.0, side / 16.0);
        // On a selected row only the shape speaks: colours would drown in the highlight.
        const QColor color = mode == QIcon::Selected
                                 ? QGuiApplication::palette().color(QPalette::HighlightedText)
                                 : stateColor(state_);
        QPen pen(color, 2.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
        painter->setPen(Qt::NoPen);
        painter->setBrush(color);
        switch (state_) {
        case RunState::running:
            painter->drawPolygon(QPolygonF{{{4.0, 2.5}, {13.5, 8.0}, {4.0, 13.5}}});
            break;
        case RunState::paused:
            painter->drawRoundedRect(QRectF(4.0, 3.0, 3.0, 10.0), 0.8, 0.8);
            painter->drawRoundedRect(QRectF(9.0, 3.0, 3.0, 10.0), 0.8, 0.8);
            break;
        case RunState::stopped:
            painter->drawRoundedRect(QRectF(3.5, 3.5, 9.0, 9.0), 1.2, 1.2);
            break;
        case RunState::preparing:
            for (const double x : {3.5, 8.0, 12.5}) painter->drawEllipse(QPointF(x, 8.0), 1.6, 1.6);
            break;
        case RunState::completed:
            painter->setPen(pen);
            painter->setBrush(Qt::NoBrush);
            painter->drawPolyline(QPolygonF{{{3.0, 8.5}, {6.5, 12.0}, {13.0, 4.0}}});
            break;
        case RunState::failed:
            painter->setPen(pen);
            painter->drawLine(QPointF(4.0, 4.0), QPointF(12.0, 12.0));
            painter->drawLine(QPointF(12.0, 4.0), QPointF(4.0, 12.0));
            break;
        case RunState::interrupted:
            painter->setPen(pen);
            painter->setBrush(Qt::NoBrush);
            painter->drawArc(QRectF(3.0, 3.0, 10.0, 10.0), 60 * 16, 120 * 16);
            painter->drawArc(QRectF(3.0, 3.0, 10.0, 10.0), 240 * 16, 120 * 16);
            break;
        }
        painter->restore();
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixmap;
    }

  private:
    RunState state_;
};

} // namespace

QColor stateColor(RunState state) {
    switch (state) {
    case RunState::running:
        return QColor(0x1f, 0x83, 0xc4);
    case RunState::completed:
        return QColor(0x00, 0x94, 0x6c);
    case RunState::failed:
        return QColor(0xd5, 0x5e, 0x00);
    case RunState::paused:
    case RunState::interrupted:
        return QColor(0xc4, 0x88, 0x00);
    case RunState::preparing:
    case RunState::stopped:
        return QColor(0x80, 0x86, 0x8f);
    }
    return {};
}

QIcon stateIcon(RunState state) { return QIcon(std::make_unique<StateIconEngine>(state).release()); }

} // namespace dstn::ui
