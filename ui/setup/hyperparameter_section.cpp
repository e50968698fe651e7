#include "ui/setup/hyperparameter_section.h"

#include "core/experiment/data_fields.h"
#include "core/experiment/part_fields.h"
#include "ui/forms/cell_delegate.h"
#include "ui/forms/mark_colors.h"
#include "ui/forms/tunable_places.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace dstn::ui {

HyperparameterSection::HyperparameterSection(ExperimentModel& model, MarkBoard& board, QWidget* parent)
    : Section(tr("Regularisation and hyperparameters"), model, board, parent),
      table_(new HyperparameterTableModel(this)),
      view_(new TableView(10)),
      picture_(new TransformView) {
    addTools();
    view_->setObjectName(QStringLiteral("hyperparameterTable"));
    view_->setAccessibleName(tr("Hyperparameters"));
    view_->setModel(table_);
    view_->setItemDelegate(new CellDelegate(
        HyperparameterTableModel::MistakeRole,
        [](const QModelIndex& index) -> CellDelegate::Cell {
            // A name renames its uses: not with every letter.
            const bool name = index.column() == HyperparameterTableModel::Name;
            return {.editor = name ? CellDelegate::Editor::text : CellDelegate::Editor::live, .choices = {}};
        },
        view_));
    view_->verticalHeader()->hide();
    for (const auto& [column, widest] : {std::pair{HyperparameterTableModel::Tune, "Tune"},
                                         {HyperparameterTableModel::Name, "⚠ embedding_dropout"},
                                         {HyperparameterTableModel::Initial, "0.0001"},
                                         {HyperparameterTableModel::Min, "0.001"},
                                         {HyperparameterTableModel::Max, "0.001"},
                                         {HyperparameterTableModel::Scale, "1.25"},
                                         {HyperparameterTableModel::Log, "Log"},
                                         {HyperparameterTableModel::Discrete, "Discrete"}})
        view_->fitColumn(column, QString::fromUtf8(widest));
    view_->horizontalHeader()->setSectionResizeMode(HyperparameterTableModel::Uses, QHeaderView::Stretch);
    body()->addWidget(view_);
    note_ = addNote();
    note_->setObjectName(QStringLiteral("hyperparameterNote"));
    note_->hide();

    auto* below = new QHBoxLayout;
    below->setSpacing(12);
    auto* places = new QVBoxLayout;
    below->addLayout(places, 1);
    below->addWidget(picture_, 1);
    body()->addLayout(below);
    addPlaces(places);

    connect(table_, &HyperparameterTableModel::hyperparameterEdited, this, &HyperparameterSection::apply);
    connect(table_, &HyperparameterTableModel::editRefused, this, [this](int row, const QString& why) {
        refused_ =
            tr("%1: %2 The previous value is kept.")
                .arg(table_->index(row, HyperparameterTableModel::Name).data(Qt::EditRole).toString(), why);
        showSentences();
    });
    connect(view_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &HyperparameterSection::showCurrent);
    board.add(QStringLiteral("hyperparameters"), this);
    onChange([this](const Experiment& experiment, bool replaced) {
        if (replaced) refused_.clear();
        table_->setExperiment(experiment);
        if (!view_->currentIndex().isValid() && table_->rowCount() > 0) view_->selectRow(0);
        showCurrent();
        showSentences();
    });
}

void HyperparameterSection::addTools() {
    auto* row = new QHBoxLayout;
    row->setSpacing(2);
    const auto add = [&](const QString& name, const QString& text, const QString& toolTip,
                         const QKeySequence& key, void (HyperparameterSection::*slot)()) {
        auto* action = new QAction(text, this);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setToolTip(tr("%1 (%2)").arg(toolTip, key.toString(QKeySequence::NativeText)));
        connect(action, &QAction::triggered, this, slot);
        view_->addAction(action);
        auto* button = new QToolButton;
        button->setObjectName(name);
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        row->addWidget(button);
        return action;
    };
    add(QStringLiteral("addHyperparameter"), tr("Add hyperparameter"),
        tr("Declares another hyperparameter, first any name that is used but not declared"), Qt::Key_Insert,
        &HyperparameterSection::addHyperparameter);
    remove_ =
        add(QStringLiteral("removeHyperparameter"), tr("Remove"),
            tr("Removes the selected hyperparameter; its initial value takes its place wherever it is used"),
            Qt::Key_Delete, &HyperparameterSection::removeCurrent);
    row->addStretch(1);
    body()->addLayout(row);
}

void HyperparameterSection::addPlaces(QVBoxLayout* column) {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(1);
    grid->setColumnStretch(1, 1);
    column->addLayout(grid);
    column->addStretch(1);

    auto* box = new QCheckBox(tr("&Global weight decay"));
    box->setObjectName(QStringLiteral("weightDecayOn"));
    box->setToolTip(tr("L2 penalty ½ · decay · ‖W‖² over the weights of every part except normalisations."));
    connect(box, &QCheckBox::clicked, this, [this](bool on) {
        this->model().edit({}, [on](Experiment& experiment) {
            const Experiment before = experiment;
            experiment.weightDecay.clear();
            if (on) {
                experiment.weightDecay.push_back({.hyperparameter = "weight_decay"});
                declareHyperparameter(experiment, "weight_decay", decayKind);
            }
            removeUnused(experiment, before);
        });
    });
    onChange([box](const Experiment& e, bool) { box->setChecked(!e.weightDecay.empty()); });
    grid->addWidget(box, grid->rowCount(), 0, 1, 2);
    auto* decay = tunableField(
        QStringLiteral("regularization.weight_decay"), tr("A number, or the name of a hyperparameter."),
        [](const Experiment& e) { return e.weightDecay.empty() ? nullptr : &e.weightDecay.front(); },
        [](Experiment& e, const Tunable& tunable) {
            if (!e.weightDecay.empty()) e.weightDecay.front() = tunable;
        });
    addRow(grid, tr("Decay"), decay);
    onChange([decay](const Experiment& e, bool) { decay->setApplicable(!e.weightDecay.empty()); });

    auto* smoothing = tunableField(
        QStringLiteral("regularization.label_smoothing"),
        tr("ε: the training target is 1 − ε for the correct class, plus ε / classes for every "
           "class\n(Szegedy et al. 2016). Classification only.\nA number, or the name of a hyperparameter; "
           "0: none."),
        [](const Experiment& e) { return &e.labelSmoothing; },
        [](Experiment& e, const Tunable& tunable) { e.labelSmoothing = tunable; });
    auto* tune = new QToolButton;
    tune->setObjectName(QStringLiteral("tuneLabelSmoothing"));
    tune->setText(tr("Tune"));
    tune->setToolTip(tr("Replaces it with a hyperparameter that has the usual range"));
    smoothing->setTrailing(tune);
    connect(tune, &QToolButton::clicked, this, [this] {
        this->model().edit({}, [](Experiment& experiment) {
            experiment.labelSmoothing = {.hyperparameter = "label_smoothing"};
            declareHyperparameter(experiment, "label_smoothing", smoothingKind);
        });
    });
    addRow(grid, tr("Label smoothing"), smoothing);
    onChange([tune](const Experiment& e, bool) { tune->setEnabled(!e.labelSmoothing.named()); });
}

int HyperparameterSection::currentRow() const {
    return view_->currentIndex().isValid() ? view_->currentIndex().row() : -1;
}

void HyperparameterSection::addHyperparameter() {
    model().edit({}, [](Experiment& experiment) {
        const auto missing = undeclaredNames(experiment);
        if (!missing.empty()) {
            declareHyperparameter(experiment, missing.front().first, *missing.front().second);
            return;
        }
        const QStringList names = hyperparameterNames(experiment);
        int number = 1;
        while (names.contains(QStringLiteral("hyper%1").arg(number))) ++number;
        declareHyperparameter(experiment, "hyper" + std::to_string(number), rateKind);
    });
    view_->selectRow(table_->rowCount() - 1);
    view_->setFocus();
}

void HyperparameterSection::removeCurrent() {
    const int row = currentRow();
    if (row < 0) return;
    model().edit({}, [row](Experiment& experiment) { removeHyperparameter(experiment, std::size_t(row)); });
    view_->selectRow(std::min(row, table_->rowCount() - 1));
}

void HyperparameterSection::apply(int row, const Hyperparameter& hyperparameter) {
    refused_.clear();
    model().edit(QStringLiteral("hyperparameters[%1]").arg(row), [&](Experiment& experiment) {
        if (std::size_t(row) >= experiment.hyperparameters.size()) return;
        renameHyperparameter(experiment, std::size_t(row), hyperparameter.name);
        experiment.hyperparameters[std::size_t(row)] = hyperparameter;
    });
    showSentences();
}

void HyperparameterSection::showCurrent() {
    const int row = currentRow();
    const auto& all = model().value().hyperparameters;
    const bool exists = row >= 0 && std::size_t(row) < all.size();
    picture_->setHyperparameter(exists ? std::optional(all[std::size_t(row)]) : std::nullopt);
    remove_->setEnabled(exists);
}

void HyperparameterSection::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_ = mistakes;
    table_->setMistakes(mistakes);
    showSentences();
}

void HyperparameterSection::showSentences() {
    QStringList sentences;
    if (!refused_.isEmpty()) sentences.append(tr("⚠ %1").arg(refused_));
    for (const Mistake& mistake : mistakes_) {
        if (std::size_t(sentences.size()) == mostSentences) {
            sentences.append(tr("… and more; see the list on the right."));
            break;
        }
        const int row = rowOfPath(mistake.path, "hyperparameters");
        const QString message = QString::fromStdString(mistake.message);
        if (row < 0 || row >= table_->rowCount())
            sentences.append(tr("⚠ %1").arg(message));
        else
            sentences.append(
                tr("⚠ %1, %2: %3")
                    .arg(table_->index(row, HyperparameterTableModel::Name).data(Qt::EditRole).toString(),
                         optionOfPath(mistake.path), message));
    }
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, MarkColors(palette()).error);
    note_->setPalette(colours);
    note_->setText(sentences.join(u'\n'));
    note_->setVisible(!sentences.isEmpty());
}

void HyperparameterSection::reveal(const QString& path) {
    const int row = rowOfPath(path.toStdString(), "hyperparameters");
    revealWidget(view_);
    if (row < 0 || row >= table_->rowCount()) return;
    int column = HyperparameterTableModel::Name;
    for (int i = 0; i < HyperparameterTableModel::ColumnCount; ++i)
        if (const QString key = HyperparameterTableModel::keyOf(i);
            !key.isEmpty() && key == optionOfPath(path.toStdString()))
            column = i;
    view_->setCurrentIndex(table_->index(row, column));
}

} // namespace dstn::ui
