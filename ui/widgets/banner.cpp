#include "ui/widgets/banner.h"

#include "core/utf8.h"
#include "ui/widgets/icons.h"

#include <QBoxLayout>
#include <QEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

namespace dstn::ui {

Banner::Banner(QWidget* parent) : QWidget(parent), label_(new QLabel), close_(new QToolButton) {
    label_->setWordWrap(true);
    label_->setTextFormat(Qt::PlainText);
    label_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    close_->setAutoRaise(true);
    close_->setToolTip(tr("Close this message"));
    close_->setAccessibleName(close_->toolTip());
    close_->setIcon(themedIcon(QStringLiteral("close"), palette()));
    connect(close_, &QToolButton::clicked, this, &QWidget::hide);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 8, 8);
    layout->addWidget(label_, 1);
    layout->addWidget(close_, 0, Qt::AlignTop);
    hide();
}

void Banner::showMessage(const QString& whole, Tone tone) {
    const QString text = QString::fromStdString(bounded(whole.toStdString()));
    tone_ = tone;
    label_->setText(text);
    setAccessibleName(text);
    show();
    update();
}

QString Banner::text() const { return label_->text(); }

void Banner::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        close_->setIcon(themedIcon(QStringLiteral("close"), palette()));
}

void Banner::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        hide();
    else
        QWidget::keyPressEvent(event);
}

void Banner::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = toneColor(tone_, isDark(palette()));
    QColor wash = color;
    wash.setAlpha(isDark(palette()) ? 44 : 24);
    const QRectF area = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(QPen(color, 1));
    painter.setBrush(wash);
    painter.drawRoundedRect(area, 6, 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(QRectF(area.left() + 5, area.top() + 7, 4, area.height() - 14), 2, 2);
}

} // namespace dstn::ui
