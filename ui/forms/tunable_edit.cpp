#include "ui/forms/tunable_edit.h"

#include "ui/text/number_text.h"

#include <QLineEdit>
#include <QSignalBlocker>
#include <QWheelEvent>

namespace dstn::ui {

QString tunableText(const Tunable& tunable) {
    return tunable.named() ? QString::fromStdString(tunable.hyperparameter) : typedText(tunable.value);
}

Tunable tunableFromText(const QString& text) {
    if (const auto number = parseReal(text)) return {.value = *number};
    return {.hyperparameter = text.trimmed().toStdString()};
}

TunableEdit::TunableEdit(QWidget* parent) : QComboBox(parent) {
    setEditable(true);
    setInsertPolicy(NoInsert);
    setFocusPolicy(Qt::StrongFocus);
    setSizeAdjustPolicy(AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(8);
    connect(this, &QComboBox::editTextChanged, this, &TunableEdit::tunableEdited);
}

void TunableEdit::wheelEvent(QWheelEvent* event) { event->ignore(); }

void TunableEdit::setNames(const QStringList& names) {
    QStringList present;
    for (int i = 0; i < count(); ++i) present.append(itemText(i));
    if (present == names) return;
    const QSignalBlocker quiet(this);
    const QString text = currentText();
    clear();
    addItems(names);
    setEditText(text);
}

void TunableEdit::setTunable(const Tunable& tunable) {
    if (!currentText().trimmed().isEmpty() && this->tunable() == tunable) return;
    const QSignalBlocker quiet(this);
    setEditText(tunableText(tunable));
}

Tunable TunableEdit::tunable() const { return tunableFromText(currentText()); }

QString TunableEdit::problem() const {
    if (!currentText().trimmed().isEmpty()) return {};
    return tr("Expected a number or the name of a hyperparameter, found nothing.");
}

} // namespace dstn::ui
