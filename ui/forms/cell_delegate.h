#pragma once

#include <QStringList>
#include <QStyledItemDelegate>

#include <functional>

namespace dstn::ui {

/// Draws the cells of the page's tables, marking those with a mistake (`mistakeRole`), and edits them in
/// place.
class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT

  public:
    /// What edits a cell. `live` text is taken over while it is typed, so that its consequences show at once.
    enum class Editor { text, live, choice, suggestion };
    struct Cell {
        Editor editor = Editor::live;
        QStringList choices; ///< of a choice; offered by a suggestion, which takes any text
    };
    using CellOf = std::function<Cell(const QModelIndex&)>;

    CellDelegate(int mistakeRole, CellOf cellOf, QObject* parent);

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

  private:
    int mistakeRole_;
    CellOf cellOf_;
};

} // namespace dstn::ui
