#include "ui/navigation_bar.h"

#include "ui/widgets/icons.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QBoxLayout>
#include <QEvent>
#include <QPainter>
#include <QToolButton>

namespace dstn::ui {

namespace {

/// A flat button with a bar at its left edge while it is the chosen one.
class PlaceButton : public QToolButton {
  public:
    using QToolButton::QToolButton;
    bool busy = false;

  protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor accent = palette().color(QPalette::Link);
        if (isChecked() || underMouse() || hasFocus()) {
            QColor wash = accent;
            wash.setAlpha(isChecked() ? 36 : 18);
            painter.setPen(hasFocus() ? QPen(accent) : QPen(Qt::NoPen));
            painter.setBrush(wash);
            painter.drawRoundedRect(QRectF(rect()).adjusted(4.5, 1.5, -4.5, -1.5), 7, 7);
        }
        if (isChecked()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(accent);
            painter.drawRoundedRect(QRectF(0, height() * 0.25, 3, height() * 0.5), 1.5, 1.5);
        }
        const QPixmap picture = icon().pixmap(QSize(24, 24), devicePixelRatioF(), QIcon::Normal,
                                              isChecked() ? QIcon::On : QIcon::Off);
        painter.drawPixmap(QPointF((width() - 24) / 2.0, 10), picture);
        if (busy) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(toneColor(Tone::warning, isDark(palette())));
            painter.drawEllipse(QPointF(width() / 2.0 + 15, 13), 4, 4);
        }
        painter.setPen(isChecked() ? accent : palette().color(QPalette::ButtonText));
        painter.drawText(QRect(0, 36, width(), height() - 38), Qt::AlignHCenter | Qt::AlignTop, text());
    }
};

} // namespace

NavigationBar::NavigationBar(QWidget* parent) : QWidget(parent), layout_(new QVBoxLayout(this)) {
    layout_->setContentsMargins(0, 10, 0, 10);
    layout_->setSpacing(4);
    layout_->addStretch(1);
    setFixedWidth(fontMetrics().horizontalAdvance(QStringLiteral("Compare")) + 40);
}

QAction* NavigationBar::addPlace(const QString& icon, const QString& text, const QKeySequence& shortcut) {
    const int index = static_cast<int>(places_.size());
    auto* action = new QAction(text, this);
    action->setShortcut(shortcut);
    action->setCheckable(true);
    auto* button = new PlaceButton;
    button->setDefaultAction(action);
    button->setFocusPolicy(Qt::TabFocus);
    button->setFixedHeight(62);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    button->setToolTip(QStringLiteral("%1 (%2)").arg(text, shortcut.toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, [this, index] {
        setCurrent(index);
        emit chosen(index);
    });
    layout_->insertWidget(index, button);
    places_.append({icon, action, button});
    restyle();
    return action;
}

void NavigationBar::setCurrent(int index) {
    for (int i = 0; i < places_.size(); ++i) places_[i].action->setChecked(i == index);
}

void NavigationBar::setBusy(int index, bool busy) {
    static_cast<PlaceButton*>(places_[index].button)->busy = busy;
    places_[index].button->update();
}

void NavigationBar::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void NavigationBar::restyle() {
    for (const Place& place : places_) place.action->setIcon(themedIcon(place.icon, palette()));
}

void NavigationBar::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    painter.setPen(borderColor(palette()));
    painter.drawLine(rect().topRight(), rect().bottomRight());
}

} // namespace dstn::ui
