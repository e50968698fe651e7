#include "ui/forms/option_field.h"

#include "ui/forms/number_edit.h"
#include "ui/forms/section.h"
#include "ui/forms/tunable_edit.h"

#include <QCheckBox>
#include <QComboBox>

namespace dstn::ui {

using Kind = FieldOption::Kind;

static QWidget* makeEditor(const FieldOption& option, const OptionWording& wording) {
    switch (option.kind) {
    case Kind::integer:
    case Kind::real: {
        auto* edit =
            new NumberEdit(option.kind == Kind::integer ? NumberEdit::Kind::integer : NumberEdit::Kind::real);
        edit->setZeroText(wording.zero);
        return edit;
    }
    case Kind::boolean:
        return new QCheckBox(option.title);
    case Kind::choice: {
        auto* combo = quietCombo();
        for (const QString& choice : option.choices)
            combo->addItem(wording.choice ? wording.choice(choice) : choice, choice);
        return combo;
    }
    case Kind::text:
        return new QLineEdit;
    case Kind::tunable:
    case Kind::tunables: {
        auto* edit = new TunableEdit;
        if (option.kind == Kind::tunables) edit->lineEdit()->setPlaceholderText(QObject::tr("none"));
        return edit;
    }
    }
    return nullptr;
}

/// Numbers in their shortest form, without blanks.
static QString normalised(const QString& tunables) {
    QStringList texts;
    for (const QString& one : tunables.split(u',')) texts.append(tunableText(tunableFromText(one)));
    return texts.join(QStringLiteral(", "));
}

OptionField::OptionField(const FieldOption& option, Size size, const OptionWording& wording)
    : MarkedField(makeEditor(option, wording), option.toolTip, size), option_(option) {
    editor()->setAccessibleName(option.title);
    if (auto* number = qobject_cast<NumberEdit*>(editor()))
        connect(number, &QLineEdit::textEdited, this, [this, number] { emit edited(number->valueText()); });
    else if (auto* edit = qobject_cast<QLineEdit*>(editor()))
        connect(edit, &QLineEdit::textEdited, this, &OptionField::edited);
    else if (auto* box = qobject_cast<QCheckBox*>(editor()))
        connect(box, &QCheckBox::clicked, this,
                [this](bool on) { emit edited(on ? QStringLiteral("yes") : QStringLiteral("no")); });
    else if (auto* tunable = qobject_cast<TunableEdit*>(editor()))
        connect(tunable, &TunableEdit::tunableEdited, this,
                [this, tunable] { emit edited(tunable->currentText()); });
    else if (auto* combo = qobject_cast<QComboBox*>(editor()))
        connect(combo, &QComboBox::activated, this,
                [this, combo](int index) { emit edited(combo->itemData(index).toString()); });
}

void OptionField::showValue(const QString& text, bool replaced) {
    if (!replaced && !inputProblem().isEmpty()) return;
    setInputProblem({});
    if (auto* number = qobject_cast<NumberEdit*>(editor())) {
        if (option_.kind == Kind::integer)
            number->setNumber(parseInteger(text).value_or(0));
        else
            number->setNumber(parseReal(text).value_or(0.0));
    } else if (auto* edit = qobject_cast<QLineEdit*>(editor())) {
        if (edit->text() == text) return;
        edit->setText(text);
        edit->setCursorPosition(0); // a long text shows its beginning
    } else if (auto* box = qobject_cast<QCheckBox*>(editor())) {
        box->setChecked(text == u"yes");
    } else if (auto* tunable = qobject_cast<TunableEdit*>(editor())) {
        if (normalised(tunable->currentText()) == normalised(text)) return;
        const QSignalBlocker quiet(tunable);
        tunable->setEditText(text);
    } else if (auto* combo = qobject_cast<QComboBox*>(editor())) {
        combo->setCurrentIndex(combo->findData(text));
    }
}

void OptionField::setNames(const QStringList& hyperparameters) {
    if (auto* tunable = qobject_cast<TunableEdit*>(editor())) tunable->setNames(hyperparameters);
}

} // namespace dstn::ui
