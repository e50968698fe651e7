#pragma once

#include "ui/forms/experiment_model.h"
#include "ui/forms/mark_board.h"
#include "ui/forms/marked_field.h"
#include "ui/forms/number_edit.h"
#include "ui/forms/tunable_edit.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace dstn::ui {

/// A titled part of the set-up page, and what ties a widget to a place in the experiment: what is typed goes
/// into the ExperimentModel, what changes there comes back, and the field is registered under its path.
///
/// An accessor is a generic lambda, `[](auto& e) -> auto& { return e.tuner.trainSteps; }`, that serves
/// reading and writing.
class Section : public QWidget {
    Q_OBJECT

  public:
    Section(const QString& title, ExperimentModel& model, MarkBoard& board, QWidget* parent = nullptr);

  protected:
    /// Rows of label and field, at the end of the section.
    QGridLayout* addGrid();
    QVBoxLayout* body() const { return body_; }
    /// Puts a label with a mnemonic and its field into the next row of a grid.
    static QLabel* addRow(QGridLayout* grid, const QString& label, MarkedField* field);
    /// A wrapped line of secondary text.
    QLabel* addNote();

    /// @param zero what 0 means, where it is not a number but a choice: "all"
    template <class Access>
    MarkedField* numberField(const QString& path, const QString& toolTip, Access access,
                             MarkedField::Size size = MarkedField::Size::full, const QString& zero = {});
    template <class Access>
    MarkedField* boolField(const QString& path, const QString& text, const QString& toolTip, Access access,
                           MarkedField::Size size = MarkedField::Size::full);
    template <class Access>
    MarkedField* textField(const QString& path, const QString& placeholder, const QString& toolTip,
                           Access access);
    /// A choice among the values of an enumeration, with their texts; another one brings `also` with it.
    template <class Value, class Access>
    MarkedField* choiceField(const QString& path, const QString& toolTip,
                             const std::vector<std::pair<Value, QString>>& choices, Access access,
                             MarkedField::Size size = MarkedField::Size::full,
                             std::function<void(Experiment&)> also = {});
    /// The same for what is no member: read by get(experiment), set by set(experiment, value).
    template <class Value, class Get, class Set>
    MarkedField* choiceBy(const QString& path, const QString& toolTip,
                          const std::vector<std::pair<Value, QString>>& choices, Get get, Set set,
                          MarkedField::Size size = MarkedField::Size::full);
    /// @param get null where the place does not exist now; then the text stays
    MarkedField* tunableField(const QString& path, const QString& toolTip,
                              std::function<const Tunable*(const Experiment&)> get,
                              std::function<void(Experiment&, const Tunable&)> set);

    /// Called now and whenever the experiment changes, with true when it was replaced as a whole.
    void onChange(std::function<void(const Experiment&, bool)> refresh);

    ExperimentModel& model() const { return model_; }
    MarkBoard& board() const { return board_; }
    void paintEvent(QPaintEvent* event) override;

  private:
    ExperimentModel& model_;
    MarkBoard& board_;
    QVBoxLayout* body_;
    std::vector<std::function<void(const Experiment&, bool)>> refreshers_;
};

/// A combo box over which the wheel scrolls the page instead of changing the value.
QComboBox* quietCombo();

template <class Access>
MarkedField* Section::numberField(const QString& path, const QString& toolTip, Access access,
                                  MarkedField::Size size, const QString& zero) {
    using Value = std::remove_cvref_t<decltype(access(std::declval<Experiment&>()))>;
    constexpr auto kind = std::floating_point<Value>      ? NumberEdit::Kind::real
                          : std::unsigned_integral<Value> ? NumberEdit::Kind::unsignedInteger
                                                          : NumberEdit::Kind::integer;
    auto* edit = new NumberEdit(kind);
    edit->setZeroText(zero);
    edit->setObjectName(path);
    auto* field = new MarkedField(edit, toolTip, size);
    board_.add(path, field);
    connect(edit, &QLineEdit::textEdited, this, [this, edit, field, path, access] {
        const bool hadProblem = !field->inputProblem().isEmpty();
        field->setInputProblem(edit->problem());
        if (edit->problem().isEmpty())
            model_.edit(path, [edit, access](Experiment& experiment) {
                if constexpr (kind == NumberEdit::Kind::real)
                    access(experiment) = *edit->real();
                else if constexpr (kind == NumberEdit::Kind::unsignedInteger)
                    access(experiment) = *edit->unsignedInteger();
                else
                    access(experiment) = *edit->integer();
            });
        if (hadProblem || !edit->problem().isEmpty()) emit board_.inputProblemsChanged();
    });
    onChange([edit, field, access](const Experiment& experiment, bool replaced) {
        if (!replaced && !field->inputProblem().isEmpty()) return;
        field->setInputProblem({});
        edit->setNumber(access(experiment));
    });
    return field;
}

template <class Access>
MarkedField* Section::boolField(const QString& path, const QString& text, const QString& toolTip,
                                Access access, MarkedField::Size size) {
    auto* box = new QCheckBox(text);
    box->setObjectName(path);
    auto* field = new MarkedField(box, toolTip, size);
    board_.add(path, field);
    connect(box, &QCheckBox::clicked, this, [this, path, access](bool on) {
        model_.edit({}, [on, access](Experiment& experiment) { access(experiment) = on; });
    });
    onChange([box, access](const Experiment& experiment, bool) { box->setChecked(access(experiment)); });
    return field;
}

template <class Access>
MarkedField* Section::textField(const QString& path, const QString& placeholder, const QString& toolTip,
                                Access access) {
    auto* edit = new QLineEdit;
    edit->setObjectName(path);
    edit->setPlaceholderText(placeholder);
    auto* field = new MarkedField(edit, toolTip);
    board_.add(path, field);
    connect(edit, &QLineEdit::textEdited, this, [this, path, access](const QString& text) {
        model_.edit(path,
                    [&text, access](Experiment& experiment) { access(experiment) = text.toStdString(); });
    });
    onChange([edit, access](const Experiment& experiment, bool) {
        const QString text = QString::fromStdString(access(experiment));
        if (edit->text() == text) return;
        edit->setText(text);
        edit->setCursorPosition(0); // a long text shows its beginning
    });
    return field;
}

template <class Value, class Access>
MarkedField* Section::choiceField(const QString& path, const QString& toolTip,
                                  const std::vector<std::pair<Value, QString>>& choices, Access access,
                                  MarkedField::Size size, std::function<void(Experiment&)> also) {
    return choiceBy(
        path, toolTip, choices, [access](const Experiment& experiment) { return access(experiment); },
        [access, also = std::move(also)](Experiment& experiment, const Value& value) {
            access(experiment) = value;
            if (also) also(experiment);
        },
        size);
}

template <class Value, class Get, class Set>
MarkedField* Section::choiceBy(const QString& path, const QString& toolTip,
                               const std::vector<std::pair<Value, QString>>& choices, Get get, Set set,
                               MarkedField::Size size) {
    auto* combo = quietCombo();
    combo->setObjectName(path);
    for (const auto& choice : choices) combo->addItem(choice.second);
    auto* field = new MarkedField(combo, toolTip, size);
    board_.add(path, field);
    connect(combo, &QComboBox::activated, this, [this, choices, get, set](int index) {
        model_.edit({}, [&](Experiment& experiment) {
            const Value& chosen = choices[std::size_t(index)].first;
            if (get(experiment) != chosen) set(experiment, chosen);
        });
    });
    onChange([combo, choices, get](const Experiment& experiment, bool) {
        for (std::size_t i = 0; i < choices.size(); ++i)
            if (choices[i].first == get(experiment)) combo->setCurrentIndex(int(i));
    });
    return field;
}

} // namespace dstn::ui
