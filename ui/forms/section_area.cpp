#include "ui/forms/section_area.h"

#include <algorithm>

namespace dstn::ui {

static constexpr int gap = 8;

SectionArea::SectionArea(QWidget* parent)
    : QScrollArea(parent), columns_(new QHBoxLayout), layouts_{new QVBoxLayout, new QVBoxLayout} {
    auto* content = new QWidget;
    content->setLayout(columns_);
    columns_->setContentsMargins(0, 0, 4, 0);
    columns_->setSpacing(gap);
    for (const Column column : {left, right}) {
        layouts_[column]->setSpacing(gap);
        layouts_[column]->addStretch(1);
        columns_->addLayout(layouts_[column], column == left ? 1 : 2);
    }
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setWidget(content);
    // The page's ground, not a text field's.
    content->setAutoFillBackground(false);
    viewport()->setAutoFillBackground(false);
}

void SectionArea::addSection(QWidget* section, Column column) {
    sections_.push_back({section, column});
    arrange();
}

void SectionArea::arrange() {
    for (const Placed& placed : sections_)
        for (QVBoxLayout* layout : layouts_) layout->removeWidget(placed.section);
    for (const Placed& placed : sections_) {
        QVBoxLayout* to = layouts_[two_ ? placed.column : left];
        // Before the stretch, behind those added earlier.
        to->insertWidget(to->count() - 1, placed.section);
    }
    columns_->setSpacing(two_ ? gap : 0);
    columns_->setStretch(right, two_ ? 2 : 0);
}

void SectionArea::resizeEvent(QResizeEvent* event) {
    int widths[2] = {0, 0};
    for (const Placed& placed : sections_)
        widths[placed.column] = std::max(widths[placed.column], placed.section->minimumSizeHint().width());
    const bool two =
        widths[left] + widths[right] + gap + columns_->contentsMargins().right() <= viewport()->width();
    if (two != two_) {
        two_ = two;
        arrange();
    }
    QScrollArea::resizeEvent(event);
}

} // namespace dstn::ui
