#include "ui/setup/optimizer_section.h"

#include "ui/forms/mark_colors.h"
#include "ui/setup/method_section.h"

#include <algorithm>

namespace dstn::ui {

/// The rows of the grid, in order.
enum OptimizerRow {
    TypeRow,
    RateRow,
    MomentumRow,
    NesterovRow,
    Beta1Row,
    Beta2Row,
    AlphaRow,
    EpsilonRow,
    DecayRow,
    ClipRow,
    ScheduleRow,
    EveryRow,
    FactorRow,
    PatienceRow,
    MinimumRow,
    RowCount
};

static bool adaptive(const OptimizerSpec& spec) {
    return spec.type == OptimizerKind::adam || spec.type == OptimizerKind::adamw;
}

static bool rowApplies(int row, const OptimizerSpec& spec) {
    switch (row) {
    case MomentumRow:
        return !adaptive(spec);
    case NesterovRow:
        return spec.type == OptimizerKind::sgd;
    case Beta1Row:
    case Beta2Row:
        return adaptive(spec);
    case AlphaRow:
        return spec.type == OptimizerKind::rmsprop;
    case EpsilonRow:
        return spec.type != OptimizerKind::sgd;
    case DecayRow:
        return spec.type == OptimizerKind::adamw;
    case EveryRow:
        return spec.schedule.type == ScheduleKind::step;
    case FactorRow:
        return spec.schedule.type == ScheduleKind::step || spec.schedule.type == ScheduleKind::plateau;
    case PatienceRow:
        return spec.schedule.type == ScheduleKind::plateau;
    case MinimumRow:
        return spec.schedule.type == ScheduleKind::cosine;
    default:
        return true;
    }
}

/// Which of the four a tuner has: w₀, Θ, λ, σ.
static std::array<bool, 4> used(const TunerSpec& tuner) {
    const TunerTraits& traits = traitsOf(tuner);
    return {true, traits.perturbs, traits.moves(), traits.learnsResponse && tuner.tuneScales};
}

static std::array<OptimizerSpec, 4> specsOf(const Experiment& experiment) {
    const OptimizersSpec& all = experiment.optimizers;
    return {all.general, all.response, all.hyperparameters, all.scales};
}

OptimizerSection::OptimizerSection(ExperimentModel& model, MarkBoard& board, QWidget* parent)
    : Section(tr("Optimisers"), model, board, parent) {
    grid_ = addGrid();
    grid_->setColumnStretch(0, 0);
    for (int column = 0; column < columns; ++column) grid_->setColumnStretch(column + 1, 1);
    const std::array<QString, RowCount> labels{tr("Type"),
                                               tr("Learning rate"),
                                               tr("Momentum"),
                                               tr("Nesterov"),
                                               tr("β₁"),
                                               tr("β₂"),
                                               tr("α"),
                                               tr("ε"),
                                               tr("Weight decay"),
                                               tr("Clip norm"),
                                               tr("Schedule"),
                                               tr("Every (epochs)"),
                                               tr("Factor"),
                                               tr("Patience (epochs)"),
                                               tr("Minimum")};
    rows_.resize(RowCount);
    for (int row = 0; row < RowCount; ++row) {
        auto* label = new QLabel(labels[std::size_t(row)]);
        grid_->addWidget(label, row + 1, 0, Qt::AlignLeft | Qt::AlignVCenter);
        rows_[std::size_t(row)].label = label;
    }
    addColumn(
        0, QStringLiteral("general"), tr("Weights w₀"),
        [](auto& e) -> auto& { return e.optimizers.general; });
    addColumn(
        1, QStringLiteral("response"), tr("Response Θ"),
        [](auto& e) -> auto& { return e.optimizers.response; });
    addColumn(
        2, QStringLiteral("hyperparameters"), tr("Hyperparam. λ"),
        [](auto& e) -> auto& { return e.optimizers.hyperparameters; });
    addColumn(
        3, QStringLiteral("scales"), tr("Scales σ"), [](auto& e) -> auto& { return e.optimizers.scales; });
    note_ = addNote();
    note_->hide();
    onChange([this](const Experiment&, bool) { updateRows(); });
    connect(&board, &MarkBoard::shown, this, &OptimizerSection::showMistakes);
}

/// One optimiser's fields: where they stand, and how they are reached in an experiment.
template <class Access>
struct OptimizerSection::Column {
    OptimizerSection* section;
    std::size_t index;
    QString path, heading;
    Access access;

    void place(int row, MarkedField* field) const {
        Row& line = section->rows_[std::size_t(row)];
        section->grid_->addWidget(field, row + 1, int(index) + 1);
        field->editor()->setAccessibleName(QStringLiteral("%1, %2").arg(heading, line.label->text()));
        line.fields[index] = field;
    }
    void number(int row, const char* option, const QString& tip, auto member) const {
        place(row, section->numberField(
                       path + u'.' + QLatin1String(option), tip,
                       [ access = access, member ](auto& e) -> auto& { return member(access(e)); },
                       MarkedField::Size::compact));
    }
};

template <class Access>
void OptimizerSection::addColumn(int index, const QString& key, const QString& heading, Access access) {
    auto* title = new QLabel(heading);
    title->setContentsMargins(3, 0, 0, 0);
    grid_->addWidget(title, 0, index + 1);
    headings_[std::size_t(index)] = title;

    const Column<Access> column{this, std::size_t(index), QStringLiteral("optimizers.%1").arg(key), heading,
                                access};
    addType(column);
    addStepOptions(column);
    addSchedule(column);
    for (const Row& row : rows_)
        if (QWidget* editor = row.fields[column.index]->editor(); qobject_cast<QLineEdit*>(editor) != nullptr)
            editor->setMinimumWidth(60);
}

template <class Access>
void OptimizerSection::addType(const Column<Access>& column) {
    auto* type = quietCombo();
    type->setMinimumContentsLength(4);
    type->setObjectName(column.path + QStringLiteral(".type"));
    type->addItems(
        {QStringLiteral("SGD"), QStringLiteral("Adam"), QStringLiteral("AdamW"), QStringLiteral("RMSprop")});
    auto* typeField = new MarkedField(type, tr("The optimiser, with PyTorch's meanings and defaults."),
                                      MarkedField::Size::compact);
    board().add(column.path + QStringLiteral(".type"), typeField);
    connect(type, &QComboBox::activated, this, [this, access = column.access](int index) {
        model().edit({}, [index, access](Experiment& experiment) {
            OptimizerSpec& spec = access(experiment);
            if (spec.type == OptimizerKind(index)) return;
            const bool wasAdaptive = adaptive(spec);
            spec.type = OptimizerKind(index);
            // The usual rates of the two families differ tenfold; within one, the user's own stays.
            if (adaptive(spec) != wasAdaptive) spec.lr = adaptive(spec) ? 0.001 : 0.01;
        });
    });
    onChange([type, access = column.access](const Experiment& experiment, bool) {
        type->setCurrentIndex(int(access(experiment).type));
    });
    column.place(TypeRow, typeField);
}

/// What a step is made of, whatever its optimiser: updateRows() shows those that apply.
template <class Access>
void OptimizerSection::addStepOptions(const Column<Access>& column) {
    column.number(
        RateRow, "lr", tr("Learning rate at the start."), [](auto& o) -> auto& { return o.lr; });
    column.number(
        MomentumRow, "momentum", tr("Fraction of the previous step that is kept."),
        [](auto& o) -> auto& { return o.momentum; });
    column.place(NesterovRow, boolField(
                                  column.path + QStringLiteral(".nesterov"), {}, tr("Nesterov's momentum."),
                                  [access = column.access](auto& e) -> auto& { return access(e).nesterov; },
                                  MarkedField::Size::compact));
    column.number(
        Beta1Row, "betas[0]", tr("Decay of the running mean of the gradient."),
        [](auto& o) -> auto& { return o.beta1; });
    board().add(column.path + QStringLiteral(".betas"), rows_[Beta1Row].fields[column.index]);
    column.number(
        Beta2Row, "betas[1]", tr("Decay of the running mean of the squared gradient."),
        [](auto& o) -> auto& { return o.beta2; });
    column.number(
        AlphaRow, "alpha", tr("Decay of the running mean of the squared gradient."),
        [](auto& o) -> auto& { return o.alpha; });
    column.number(
        EpsilonRow, "epsilon", tr("Added to the denominator."), [](auto& o) -> auto& { return o.epsilon; });
    column.number(
        DecayRow, "weight_decay", tr("Decoupled weight decay; a fixed number, not a tuned quantity."),
        [](auto& o) -> auto& { return o.weightDecay; });
    column.place(
        ClipRow,
        numberField(
            column.path + QStringLiteral(".clip_norm"),
            tr("Gradients whose norm over all parameters exceeds this are scaled down to it; 0: never."),
            [access = column.access](auto& e) -> auto& { return access(e).clipNorm; },
            MarkedField::Size::compact, tr("none")));
}

template <class Access>
void OptimizerSection::addSchedule(const Column<Access>& column) {
    auto* schedule = choiceField<ScheduleKind>(
        column.path + QStringLiteral(".schedule.type"),
        tr("How the learning rate changes over the epochs.\nStep: × factor every given number of epochs. "
           "Cosine: down to the minimum at the end of the budget.\nPlateau: × factor after a given number of "
           "epochs without a better validation loss."),
        {{ScheduleKind::constant, tr("Constant")},
         {ScheduleKind::step, tr("Step")},
         {ScheduleKind::cosine, tr("Cosine")},
         {ScheduleKind::plateau, tr("Plateau")}},
        [access = column.access](auto& e) -> auto& { return access(e).schedule.type; },
        MarkedField::Size::compact);
    qobject_cast<QComboBox*>(schedule->editor())->setMinimumContentsLength(4);
    column.place(ScheduleRow, schedule);
    column.number(
        EveryRow, "schedule.every", tr("Epochs between two changes."),
        [](auto& o) -> auto& { return o.schedule.every; });
    column.number(
        FactorRow, "schedule.factor", tr("Factor by which the learning rate is multiplied."),
        [](auto& o) -> auto& { return o.schedule.factor; });
    column.number(
        PatienceRow, "schedule.patience", tr("Epochs without a better validation loss before a change."),
        [](auto& o) -> auto& { return o.schedule.patience; });
    column.number(
        MinimumRow, "schedule.minimum", tr("Learning rate at the end of the budget."),
        [](auto& o) -> auto& { return o.schedule.minimum; });
}

void OptimizerSection::updateRows() {
    const Experiment& experiment = model().value();
    const auto specs = specsOf(experiment);
    const auto columnUsed = used(experiment.tuner);
    for (std::size_t column = 0; column < columns; ++column) {
        headings_[column]->setVisible(columnUsed[column]);
        for (int row = 0; row < RowCount; ++row) {
            Row& one = rows_[std::size_t(row)];
            one.applies[column] = columnUsed[column] && rowApplies(row, specs[column]);
            one.fields[column]->setApplicable(one.applies[column]);
        }
    }
    for (const Row& row : rows_)
        row.label->setVisible(std::ranges::any_of(row.applies, [](bool applies) { return applies; }));
}

void OptimizerSection::showMistakes() {
    QStringList sentences;
    for (std::size_t column = 0; column < columns; ++column)
        for (const Row& row : rows_)
            if (row.fields[column]->isMarked())
                sentences.append(
                    tr("⚠ %1, %2: %3")
                        .arg(headings_[column]->text(), row.label->text(), row.fields[column]->sentence()));
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, MarkColors(palette()).error);
    note_->setPalette(colours);
    note_->setText(sentences.join(u'\n'));
    note_->setVisible(!sentences.isEmpty());
}

} // namespace dstn::ui
