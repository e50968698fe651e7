#include "ui/widgets/notice_bar.h"

#include "core/utf8.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

#include <memory>

namespace dstn::ui {

NoticeBar::NoticeBar(QWidget* parent)
    : QFrame(parent),
      sign_(new QLabel(this)),
      text_(new QLabel(this)),
      buttons_(new QHBoxLayout),
      close_(new QToolButton(this)) {
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::AlternateBase);
    text_->setWordWrap(true);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text_->setObjectName(QStringLiteral("noticeText"));
    close_->setText(QStringLiteral("✕"));
    close_->setAutoRaise(true);
    close_->setToolTip(tr("Close this message"));
    close_->setAccessibleName(close_->toolTip());
    connect(close_, &QToolButton::clicked, this, &NoticeBar::clear);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(10, 5, 6, 5);
    row->addWidget(sign_);
    row->addWidget(text_, 1);
    row->addLayout(buttons_);
    row->addWidget(close_);
    hide();
}

void NoticeBar::say(Kind kind, const QString& text, std::vector<Choice> choices) {
    clear();
    sign_->setText(kind == Kind::warning ? QStringLiteral("⚠") : QStringLiteral("ℹ"));
    sign_->setAccessibleName(kind == Kind::warning ? tr("Warning") : tr("Information"));
    text_->setText(QString::fromStdString(bounded(text.toStdString())));
    for (Choice& choice : choices) {
        auto* button = new QPushButton(choice.text, this);
        button->setObjectName(choice.text);
        connect(button, &QPushButton::clicked, this, [this, chosen = std::move(choice.chosen)] {
            // What follows may show another notice.
            clear();
            chosen();
        });
        buttons_->addWidget(button);
    }
    show();
}

void NoticeBar::clear() {
    hide();
    text_->clear();
    while (const std::unique_ptr<QLayoutItem> item{buttons_->takeAt(0)}) {
        // Gone at the next turn of the event loop: the click that led here may come from it.
        item->widget()->setObjectName({});
        item->widget()->hide();
        item->widget()->deleteLater();
    }
}

QString NoticeBar::text() const { return isHidden() ? QString() : text_->text(); }

} // namespace dstn::ui
