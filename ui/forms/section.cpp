#include "ui/forms/section.h"

#include "ui/forms/mark_colors.h"
#include "ui/forms/tunable_places.h"

#include <QPainter>
#include <QStyleOptionComboBox>
#include <QStylePainter>
#include <QWheelEvent>

namespace dstn::ui {

QComboBox* quietCombo() {
    class QuietCombo : public QComboBox {
      public:
        QuietCombo() {
            setFocusPolicy(Qt::StrongFocus);
            setSizeAdjustPolicy(AdjustToMinimumContentsLengthWithIcon);
            setMinimumContentsLength(8);
        }
        void wheelEvent(QWheelEvent* event) override { event->ignore(); }

      protected:
        void paintEvent(QPaintEvent*) override {
            QStylePainter painter(this);
            QStyleOptionComboBox option;
            initStyleOption(&option);
            painter.drawComplexControl(QStyle::CC_ComboBox, option);
            // The style would cut a letter in two.
            const int room =
                style()
                    ->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this)
                    .width();
            if (currentIndex() < 0 && !placeholderText().isEmpty()) {
                option.currentText = placeholderText();
                option.palette.setBrush(QPalette::ButtonText, option.palette.placeholderText());
            }
            option.currentText = fontMetrics().elidedText(option.currentText, Qt::ElideRight, room - 2);
            painter.drawControl(QStyle::CE_ComboBoxLabel, option);
        }
    };
    return new QuietCombo;
}

Section::Section(const QString& title, ExperimentModel& model, MarkBoard& board, QWidget* parent)
    : QWidget(parent), model_(model), board_(board), body_(new QVBoxLayout(this)) {
    body_->setContentsMargins(12, 8, 12, 10);
    body_->setSpacing(6);
    auto* heading = new QLabel(title);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    body_->addWidget(heading);
    heading->setHidden(title.isEmpty());
    connect(&model_, &ExperimentModel::changed, this, [this](ExperimentModel::Change change) {
        for (const auto& refresh : refreshers_)
            refresh(model_.value(), change == ExperimentModel::Change::replaced);
    });
}

QGridLayout* Section::addGrid() {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(1);
    grid->setColumnStretch(1, 1);
    body_->addLayout(grid);
    return grid;
}

QLabel* Section::addRow(QGridLayout* grid, const QString& text, MarkedField* field) {
    auto* label = new QLabel(text);
    label->setBuddy(field->editor());
    label->setContentsMargins(0, 0, 2, 0);
    const int row = grid->rowCount();
    // The label stays at the height of the editor when a sentence grows beneath it.
    label->setMinimumHeight(field->editor()->sizeHint().height() + 4);
    grid->addWidget(label, row, 0, Qt::AlignTop | Qt::AlignLeft);
    grid->addWidget(field, row, 1);
    field->setLabel(label);
    return label;
}

QLabel* Section::addNote() {
    auto* note = new QLabel;
    note->setWordWrap(true);
    note->setTextFormat(Qt::PlainText);
    body_->addWidget(note);
    return note;
}

MarkedField* Section::tunableField(const QString& path, const QString& toolTip,
                                   std::function<const Tunable*(const Experiment&)> get,
                                   std::function<void(Experiment&, const Tunable&)> set) {
    auto* edit = new TunableEdit;
    edit->setObjectName(path);
    auto* field = new MarkedField(edit, toolTip);
    board_.add(path, field);
    connect(edit, &TunableEdit::tunableEdited, this, [this, edit, field, path, set = std::move(set)] {
        field->setInputProblem(edit->problem());
        if (edit->problem().isEmpty())
            model_.edit(path, [&](Experiment& experiment) { set(experiment, edit->tunable()); });
        emit board_.inputProblemsChanged();
    });
    onChange([edit, field, get = std::move(get)](const Experiment& experiment, bool replaced) {
        edit->setNames(hyperparameterNames(experiment));
        const Tunable* tunable = get(experiment);
        if (tunable == nullptr) {
            field->setInputProblem({});
            return;
        }
        if (!replaced && !field->inputProblem().isEmpty()) return;
        field->setInputProblem({});
        edit->setTunable(*tunable);
    });
    return field;
}

void Section::onChange(std::function<void(const Experiment&, bool)> refresh) {
    refresh(model_.value(), true);
    refreshers_.push_back(std::move(refresh));
}

void Section::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor line = palette().color(QPalette::WindowText);
    line.setAlphaF(0.16F);
    QColor ground = palette().color(QPalette::Base);
    ground.setAlphaF(0.55F);
    painter.setPen(QPen(line, 1));
    painter.setBrush(ground);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace dstn::ui
