#include "ui/forms/cell_delegate.h"

#include "ui/forms/mark_colors.h"

#include <QComboBox>
#include <QLineEdit>
#include <QPainter>

namespace dstn::ui {

/// Set once an editor has been filled: from then on its text is the user's.
static constexpr char filledProperty[] = "dstnFilled";

CellDelegate::CellDelegate(int mistakeRole, CellOf cellOf, QObject* parent)
    : QStyledItemDelegate(parent), mistakeRole_(mistakeRole), cellOf_(std::move(cellOf)) {}

QWidget* CellDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&,
                                    const QModelIndex& index) const {
    const Cell cell = cellOf_(index);
    auto* self = const_cast<CellDelegate*>(this); // Qt's face is const, its signals are not
    if (cell.editor == Editor::choice || cell.editor == Editor::suggestion) {
        auto* combo = new QComboBox(parent);
        combo->addItems(cell.choices);
        if (cell.editor == Editor::suggestion) {
            combo->setEditable(true);
            combo->setInsertPolicy(QComboBox::NoInsert);
            connect(combo, &QComboBox::editTextChanged, self, [self, combo] {
                if (combo->property(filledProperty).toBool()) emit self->commitData(combo);
            });
        } else {
            connect(combo, &QComboBox::activated, self, [self, combo] {
                emit self->commitData(combo);
                emit self->closeEditor(combo);
            });
        }
        return combo;
    }
    auto* edit = new QLineEdit(parent);
    edit->setFrame(false);
    edit->setAutoFillBackground(true);
    if (cell.editor == Editor::live)
        connect(edit, &QLineEdit::textEdited, self, [self, edit] { emit self->commitData(edit); });
    return edit;
}

void CellDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
    // Committing while typing changes the model, which would write its own spelling back.
    if (editor->property(filledProperty).toBool()) return;
    const QString text = index.data(Qt::EditRole).toString();
    if (auto* combo = qobject_cast<QComboBox*>(editor)) {
        if (combo->isEditable()) {
            combo->setEditText(text);
            combo->lineEdit()->selectAll();
        } else {
            combo->setCurrentText(text);
        }
    } else if (auto* edit = qobject_cast<QLineEdit*>(editor)) {
        edit->setText(text);
        edit->selectAll();
    }
    editor->setProperty(filledProperty, true);
}

void CellDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const {
    if (const auto* combo = qobject_cast<QComboBox*>(editor))
        model->setData(index, combo->currentText());
    else if (const auto* edit = qobject_cast<QLineEdit*>(editor))
        model->setData(index, edit->text());
}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
    const bool marked = !index.data(mistakeRole_).toString().isEmpty();
    QStyleOptionViewItem drawn = option;
    const MarkColors colours(option.palette);
    if (marked) {
        drawn.palette.setColor(QPalette::Text, colours.error);
        drawn.font.setBold(true);
    }
    QStyledItemDelegate::paint(painter, drawn, index);
    if (!marked) return;
    painter->save();
    painter->setPen(QPen(colours.error, 2));
    painter->drawRect(QRectF(option.rect).adjusted(1, 1, -2, -2));
    painter->restore();
}

} // namespace dstn::ui
