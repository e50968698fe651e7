#include "ui/forms/list_tools.h"

#include <QHBoxLayout>
#include <QMenu>

namespace dstn::ui {

ListTools::ListTools(QTableView* table, const Texts& texts, QWidget* parent)
    : QWidget(parent), add_(new QToolButton) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    add_->setText(texts.add);
    add_->setToolTip(tr("%1 (Insert)").arg(texts.addTip));
    add_->setPopupMode(QToolButton::InstantPopup);
    add_->setAutoRaise(true);
    add_->setFocusPolicy(Qt::TabFocus);
    auto* menu = new QMenu(add_);
    menu->setToolTipsVisible(true);
    add_->setMenu(menu);
    row->addWidget(add_);
    auto* open = new QAction(QString(texts.add).remove(u'&'), this); // named for the list of shortcuts
    open->setShortcut(Qt::Key_Insert);
    open->setShortcutContext(Qt::WidgetShortcut);
    connect(open, &QAction::triggered, add_, &QToolButton::showMenu);
    table->addAction(open);

    duplicate_ = addTool(table, tr("Duplicate"), texts.duplicateTip, Qt::CTRL | Qt::Key_D);
    remove_ = addTool(table, tr("Remove"), texts.removeTip, Qt::Key_Delete);
    up_ = addTool(table, tr("↑ Up"), texts.upTip, Qt::ALT | Qt::Key_Up);
    down_ = addTool(table, tr("↓ Down"), texts.downTip, Qt::ALT | Qt::Key_Down);
    row->addStretch(1);
    connect(duplicate_, &QAction::triggered, this, &ListTools::duplicateAsked);
    connect(remove_, &QAction::triggered, this, &ListTools::removeAsked);
    connect(up_, &QAction::triggered, this, [this] { emit moveAsked(-1); });
    connect(down_, &QAction::triggered, this, [this] { emit moveAsked(1); });
}

QAction* ListTools::addTool(QTableView* table, const QString& text, const QString& toolTip,
                            const QKeySequence& key) {
    auto* action = new QAction(text, this);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetShortcut);
    action->setToolTip(tr("%1 (%2)").arg(toolTip, key.toString(QKeySequence::NativeText)));
    table->addAction(action);
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    layout()->addWidget(button);
    return action;
}

void ListTools::setCurrent(int row, int rows) {
    duplicate_->setEnabled(row >= 0);
    remove_->setEnabled(row >= 0);
    up_->setEnabled(row > 0);
    down_->setEnabled(row >= 0 && row + 1 < rows);
}

} // namespace dstn::ui
