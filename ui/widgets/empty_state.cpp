#include "ui/widgets/empty_state.h"

#include "ui/widgets/icons.h"
#include "ui/widgets/theme.h"

#include <QBoxLayout>
#include <QEvent>
#include <QLabel>
#include <QPushButton>

namespace dstn::ui {

EmptyState::EmptyState(const QString& icon, const QString& title, const QString& hint, QWidget* parent)
    : QWidget(parent),
      icon_(icon),
      picture_(new QLabel),
      title_(new QLabel(title)),
      hint_(new QLabel(hint)),
      button_(new QPushButton) {
    QFont large = title_->font();
    large.setPointSizeF(large.pointSizeF() * 1.35);
    large.setBold(true);
    title_->setFont(large);
    for (QLabel* label : {picture_, title_, hint_}) label->setAlignment(Qt::AlignCenter);
    button_->hide();
    connect(button_, &QPushButton::clicked, this, &EmptyState::actionChosen);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    layout->addStretch(2);
    for (QLabel* label : {picture_, title_, hint_}) layout->addWidget(label, 0, Qt::AlignHCenter);
    button_->setMinimumSize(140, 32);
    layout->addSpacing(6);
    layout->addWidget(button_, 0, Qt::AlignHCenter);
    layout->addStretch(3);
    restyle();
}

void EmptyState::setAction(const QString& text) {
    button_->setText(text);
    button_->show();
}

void EmptyState::setText(const QString& title, const QString& hint) {
    title_->setText(title);
    hint_->setText(hint);
}

void EmptyState::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void EmptyState::restyle() {
    QPalette faint = palette();
    faint.setColor(QPalette::ButtonText, mutedColor(palette()));
    faint.setColor(QPalette::WindowText, mutedColor(palette()));
    picture_->setPixmap(themedIcon(icon_, faint).pixmap(QSize(48, 48)));
    hint_->setPalette(faint);
}

} // namespace dstn::ui
