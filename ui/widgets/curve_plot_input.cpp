// What a person does to a CurvePlot with mouse and keys.
#include "ui/widgets/curve_plot_private.h"
#include "ui/widgets/legend_toggle.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMouseEvent>
#include <QWheelEvent>

#include <array>

namespace dstn::ui {

bool CurvePlot::eventFilter(QObject* watched, QEvent* event) {
    if (watched != plot_) return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::Resize:
        placeholder_->setGeometry(plot_->rect());
        markDirty();
        break;
    case QEvent::MouseMove: {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        if (mouse->buttons() != Qt::NoButton) break;
        const double x = plot_->xAxis->pixelToCoord(mouse->position().x());
        showCursor(x);
        emit cursorMoved(x);
        break;
    }
    case QEvent::Leave:
        hideCursor();
        emit cursorLeft();
        break;
    case QEvent::MouseButtonPress: {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        if (mouse->button() == Qt::RightButton) return true;
        hideCursor();
        const bool move =
            mouse->button() == Qt::MiddleButton || (mouse->modifiers() & Qt::ShiftModifier) != 0;
        plot_->setSelectionRectMode(move ? QCP::srmNone : QCP::srmZoom);
        plot_->setInteraction(QCP::iRangeDrag, move);
        break;
    }
    case QEvent::MouseButtonRelease:
        return static_cast<QMouseEvent*>(event)->button() == Qt::RightButton;
    case QEvent::MouseButtonDblClick:
        userReset();
        return true;
    case QEvent::Wheel: {
        auto* wheel = static_cast<QWheelEvent*>(event);
        // A page of plots must scroll under the pointer; so the wheel zooms only where it is asked to.
        const bool asked = hasFocus() || (wheel->modifiers() & Qt::ControlModifier) != 0;
        if (!asked) {
            event->ignore();
            return true;
        }
        const double steps = wheel->angleDelta().y() / 120.0;
        const bool vertical = (wheel->modifiers() & Qt::ShiftModifier) != 0;
        QCPAxis* axis = vertical ? plot_->yAxis : plot_->xAxis;
        axis->scaleRange(std::pow(0.85, steps),
                         axis->pixelToCoord(vertical ? wheel->position().y() : wheel->position().x()));
        event->accept();
        return true;
    }
    default:
        break;
    }
    return QWidget::eventFilter(watched, event);
}

void CurvePlot::zoomBy(double factor, bool vertical) {
    QCPAxis* axis = vertical ? plot_->yAxis : plot_->xAxis;
    axis->scaleRange(factor);
}

void CurvePlot::panBy(double share) { plot_->xAxis->moveRange(plot_->xAxis->range().size() * share); }

void CurvePlot::userReset() {
    resetZoom();
    emit zoomReset();
}

void CurvePlot::keyPressEvent(QKeyEvent* event) {
    const bool vertical = (event->modifiers() & Qt::ControlModifier) != 0;
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomBy(0.8, vertical);
        return;
    case Qt::Key_Minus:
        zoomBy(1.25, vertical);
        return;
    case Qt::Key_Left:
        panBy(-0.1);
        return;
    case Qt::Key_Right:
        panBy(0.1);
        return;
    case Qt::Key_Home:
    case Qt::Key_0:
        userReset();
        return;
    case Qt::Key_L:
        setLogY(!logY_);
        return;
    case Qt::Key_F10:
        // Under X11 Qt makes a context menu event of the menu key alone.
        if (event->modifiers() == Qt::ShiftModifier)
            openMenu(mapToGlobal(rect().center()));
        else
            QWidget::keyPressEvent(event);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void CurvePlot::contextMenuEvent(QContextMenuEvent* event) {
    openMenu(event->reason() == QContextMenuEvent::Keyboard ? mapToGlobal(rect().center())
                                                            : event->globalPos());
}

void CurvePlot::openMenu(const QPoint& at) {
    QMenu* menu = createMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->popup(at);
}

QMenu* CurvePlot::createMenu(QWidget* parent) {
    auto* menu = new QMenu(parent);
    menu->addAction(tr("&Follow the run again"), this, &CurvePlot::userReset)->setEnabled(!isFollowing());
    QAction* log = menu->addAction(tr("&Logarithmic values"));
    log->setCheckable(true);
    log->setChecked(logY_);
    connect(log, &QAction::toggled, this, &CurvePlot::setLogY);
    QMenu* smoothing = menu->addMenu(tr("&Smoothing"));
    for (const double weight : std::array{0.0, 0.6, 0.9, 0.97, 0.99}) {
        QAction* action = smoothing->addAction(weight > 0 ? QString::number(weight) : tr("none"));
        action->setCheckable(true);
        action->setChecked(weight == smoothing_);
        connect(action, &QAction::triggered, this, [this, weight] { setSmoothing(weight); });
    }
    if (curves_.size() > 1) {
        QMenu* shown = menu->addMenu(tr("&Curves"));
        for (int i = 0; i < curveCount(); ++i) {
            QAction* action = shown->addAction(curveName(i));
            action->setCheckable(true);
            action->setChecked(isCurveVisible(i));
            connect(action, &QAction::toggled, this,
                    [this, i](bool on) { curves_.at(static_cast<std::size_t>(i))->button->setChecked(on); });
        }
    }
    menu->addSeparator();
    menu->addAction(tr("&Export picture or data…"), this, &CurvePlot::askForExport);
    return menu;
}

} // namespace dstn::ui
