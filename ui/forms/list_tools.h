#pragma once

#include <QAction>
#include <QTableView>
#include <QToolButton>

namespace dstn::ui {

/// The tools above a table whose order matters: add from a menu, duplicate, remove, move up and down; with
/// the table's keys Insert, Ctrl+D, Delete, Alt+Up and Alt+Down. They ask; the owner does it.
class ListTools : public QWidget {
    Q_OBJECT

  public:
    /// What the tools say: "&Add part", "Adds a part after the selected one", …
    struct Texts {
        QString add, addTip, duplicateTip, removeTip, upTip, downTip;
    };
    ListTools(QTableView* table, const Texts& texts, QWidget* parent = nullptr);

    QToolButton* addButton() const { return add_; }
    QMenu* menu() const { return add_->menu(); }
    /// Leaves only those enabled that can do something at this row; −1: none is chosen.
    void setCurrent(int row, int rows);

  signals:
    void duplicateAsked();
    void removeAsked();
    /// By −1 or 1 row.
    void moveAsked(int by);

  private:
    QAction* addTool(QTableView* table, const QString& text, const QString& toolTip, const QKeySequence& key);

    QToolButton* add_;
    QAction *duplicate_, *remove_, *up_, *down_;
};

} // namespace dstn::ui
