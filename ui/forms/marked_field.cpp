#include "ui/forms/marked_field.h"

#include "ui/forms/mark_colors.h"

#include <QEvent>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>

namespace dstn::ui {

void revealWidget(QWidget* widget) {
    for (QWidget* parent = widget->parentWidget(); parent != nullptr; parent = parent->parentWidget())
        if (auto* area = qobject_cast<QScrollArea*>(parent)) {
            area->ensureWidgetVisible(widget, 40, 80);
            break;
        }
    widget->setFocus(Qt::OtherFocusReason);
}

MarkedField::MarkedField(QWidget* editor, const QString& toolTip, Size size, QWidget* parent)
    : QWidget(parent),
      editor_(editor),
      line_(new QHBoxLayout),
      sentence_(new QLabel(this)),
      toolTip_(toolTip),
      size_(size) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2, 2, 2, 2);
    layout->setSpacing(3);
    line_->setSpacing(4);
    line_->addWidget(editor_, 1);
    layout->addLayout(line_);
    layout->addWidget(sentence_);
    sentence_->setWordWrap(true);
    sentence_->setTextFormat(Qt::PlainText);
    sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    sentence_->hide();
    editor_->setToolTip(toolTip_);
    colourSentence();
}

void MarkedField::setMeaning(const QString& toolTip) {
    toolTip_ = toolTip;
    showMeaning();
    if (label_ != nullptr) label_->setToolTip(toolTip_);
}

void MarkedField::showMeaning() {
    editor_->setToolTip(isMarked() ? sentence() + QStringLiteral("\n\n") + toolTip_ : toolTip_);
}

void MarkedField::setLabel(QLabel* label) {
    label_ = label;
    label_->setToolTip(toolTip_);
    if (!shown_) label_->hide();
}

void MarkedField::setApplicable(bool applicable) {
    applicable_ = applicable;
    updateVisible();
}

void MarkedField::updateVisible() {
    const bool shown = applicable_ || isMarked();
    // Only a change: showing a field that is not on the page yet would make a window of it.
    if (shown == shown_) return;
    shown_ = shown;
    setVisible(shown);
    if (label_ != nullptr) label_->setVisible(shown);
}

void MarkedField::setMistakes(const std::vector<Mistake>& mistakes) {
    QStringList sentences;
    for (const Mistake& mistake : mistakes) sentences.append(sentenceOf(mistake));
    if (sentences == sentences_) return;
    sentences_ = sentences;
    sentence_->setText(tr("⚠ %1").arg(sentence()));
    sentence_->setVisible(isMarked() && size_ == Size::full);
    showMeaning();
    editor_->setAccessibleDescription(sentence());
    updateVisible();
    update();
}

void MarkedField::reveal(const QString&) { revealWidget(editor_); }

void MarkedField::paintEvent(QPaintEvent*) {
    if (!isMarked()) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(MarkColors(palette()).error, 2));
    painter.drawRoundedRect(QRectF(editor_->geometry()).adjusted(-1, -1, 1, 1), 3, 3);
}

void MarkedField::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) colourSentence();
    QWidget::changeEvent(event);
}

void MarkedField::colourSentence() {
    // Not the parent's palette: that would set every child's.
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, MarkColors(palette()).error);
    sentence_->setPalette(colours);
}

} // namespace dstn::ui
