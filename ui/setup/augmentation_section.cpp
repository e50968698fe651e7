#include "ui/setup/augmentation_section.h"

#include "ui/forms/cell_delegate.h"
#include "ui/forms/mark_colors.h"
#include "ui/forms/tunable_places.h"
#include "ui/setup/offered_augmentations.h"

#include <QHeaderView>
#include <QMenu>

#include <algorithm>

namespace dstn::ui {

AugmentationSection::AugmentationSection(ExperimentModel& model, MarkBoard& board, QWidget* parent)
    : Section(tr("Augmentation"), model, board, parent),
      table_(new AugmentationTableModel(this)),
      view_(new TableView(10)),
      tools_(new ListTools(view_, {.add = tr("Add a&ugmentation"),
                                   .addTip = tr("Adds a tuned augmentation after the selected one"),
                                   .duplicateTip = tr("Duplicates the selected augmentation"),
                                   .removeTip = tr("Removes the selected augmentation"),
                                   .upTip = tr("Applies the selected augmentation earlier"),
                                   .downTip = tr("Applies the selected augmentation later")})) {
    addMenu();
    body()->addWidget(tools_);
    view_->setObjectName(QStringLiteral("augmentationTable"));
    view_->setAccessibleName(tr("Augmentations"));
    view_->setModel(table_);
    view_->setItemDelegate(new CellDelegate(
        AugmentationTableModel::MistakeRole,
        [this](const QModelIndex& index) -> CellDelegate::Cell {
            const FieldOption* option = table_->optionAt(index);
            if (option == nullptr) {
                QStringList types;
                for (const OfferedAugmentation& offered : offeredAugmentations()) types.append(offered.id);
                return {.editor = CellDelegate::Editor::choice, .choices = types};
            }
            if (option->tunable != nullptr)
                return {.editor = CellDelegate::Editor::suggestion,
                        .choices = hyperparameterNames(this->model().value())};
            if (!option->choices.isEmpty())
                return {.editor = CellDelegate::Editor::choice, .choices = option->choices};
            return {.editor = CellDelegate::Editor::live, .choices = {}};
        },
        view_));
    view_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    view_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    view_->horizontalHeader()->setSectionResizeMode(AugmentationTableModel::Type, QHeaderView::Fixed);
    view_->setColumnWidth(AugmentationTableModel::Type,
                          QFontMetrics(view_->font()).horizontalAdvance(QStringLiteral("⚠ horizontal_flip")) +
                              20);
    body()->addWidget(view_);
    note_ = addNote();
    note_->setObjectName(QStringLiteral("augmentationNote"));

    connect(tools_, &ListTools::duplicateAsked, this, &AugmentationSection::duplicate);
    connect(tools_, &ListTools::removeAsked, this, &AugmentationSection::remove);
    connect(tools_, &ListTools::moveAsked, this, &AugmentationSection::move);
    connect(table_, &AugmentationTableModel::typeChosen, this, &AugmentationSection::choose);
    connect(table_, &AugmentationTableModel::augmentationEdited, this, &AugmentationSection::apply);
    connect(table_, &AugmentationTableModel::editRefused, this, [this](int row, const QString& why) {
        refused_ = tr("Augmentation %1: %2 The previous value is kept.").arg(row + 1).arg(why);
        showSentences();
    });
    connect(view_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &AugmentationSection::refresh);
    board.add(QStringLiteral("augmentation"), this);
    onChange([this](const Experiment& experiment, bool replaced) {
        if (replaced) refused_.clear();
        table_->setExperiment(experiment);
        if (!view_->currentIndex().isValid() && table_->rowCount() > 0) view_->selectRow(0);
        refresh();
        showSentences();
    });
}

void AugmentationSection::addMenu() {
    tools_->addButton()->setObjectName(QStringLiteral("addAugmentation"));
    for (const OfferedAugmentation& offered : offeredAugmentations()) {
        QAction* action = tools_->menu()->addAction(
            offered.id, this, [this, augmentation = offered.augmentation] { add(augmentation); });
        action->setToolTip(offered.toolTip);
    }
}

int AugmentationSection::currentRow() const {
    return view_->currentIndex().isValid() ? view_->currentIndex().row() : -1;
}

void AugmentationSection::add(const Augmentation& offered) {
    const int row = currentRow() + 1;
    model().edit({}, [&](Experiment& experiment) {
        experiment.augmentation.insert(experiment.augmentation.begin() + row,
                                       withHyperparameters(experiment, offered));
    });
    view_->selectRow(row);
    view_->setFocus();
}

void AugmentationSection::duplicate() {
    const int row = currentRow();
    if (row < 0) return;
    model().edit({}, [row](Experiment& experiment) {
        const Augmentation copy = experiment.augmentation[std::size_t(row)];
        experiment.augmentation.insert(experiment.augmentation.begin() + row + 1, copy);
    });
    view_->selectRow(row + 1);
}

void AugmentationSection::remove() {
    const int row = currentRow();
    if (row < 0) return;
    model().edit({}, [row](Experiment& experiment) {
        const Experiment before = experiment;
        experiment.augmentation.erase(experiment.augmentation.begin() + row);
        removeUnused(experiment, before);
    });
    view_->selectRow(std::min(row, table_->rowCount() - 1));
}

void AugmentationSection::move(int by) {
    const int row = currentRow();
    const int other = row + by;
    if (row < 0 || other < 0 || other >= table_->rowCount()) return;
    model().edit({}, [row, other](Experiment& experiment) {
        std::swap(experiment.augmentation[std::size_t(row)], experiment.augmentation[std::size_t(other)]);
    });
    view_->selectRow(other);
}

void AugmentationSection::choose(int row, const QString& type) {
    refused_.clear();
    model().edit({}, [&](Experiment& experiment) {
        if (std::size_t(row) >= experiment.augmentation.size()) return;
        Augmentation& augmentation = experiment.augmentation[std::size_t(row)];
        const auto& offered = offeredAugmentations();
        const auto wanted = std::ranges::find(offered, type, &OfferedAugmentation::id);
        if (wanted == offered.end() || wanted->augmentation.index() == augmentation.index()) return;
        const Experiment before = experiment;
        augmentation = withHyperparameters(experiment, wanted->augmentation);
        removeUnused(experiment, before);
    });
    showSentences();
}

void AugmentationSection::apply(int row, const Augmentation& augmentation) {
    refused_.clear();
    model().edit(QStringLiteral("augmentation[%1]").arg(row), [&](Experiment& experiment) {
        if (std::size_t(row) >= experiment.augmentation.size()) return;
        const Experiment before = experiment;
        experiment.augmentation[std::size_t(row)] = augmentation;
        // A name may be half typed; a number is meant to stand in the hyperparameter's place.
        if (undeclaredNames(experiment).empty()) removeUnused(experiment, before);
    });
    showSentences();
}

void AugmentationSection::refresh() {
    view_->setVisible(table_->rowCount() > 0);
    tools_->setCurrent(currentRow(), table_->rowCount());
}

void AugmentationSection::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_ = mistakes;
    table_->setMistakes(mistakes);
    showSentences();
}

void AugmentationSection::showSentences() {
    QStringList sentences;
    if (!refused_.isEmpty()) sentences.append(tr("⚠ %1").arg(refused_));
    for (const Mistake& mistake : mistakes_) {
        if (std::size_t(sentences.size()) == mostSentences) {
            sentences.append(tr("… and more; see the list on the right."));
            break;
        }
        const int row = rowOfPath(mistake.path, "augmentation");
        const QString message = QString::fromStdString(mistake.message);
        sentences.append(row < 0
                             ? tr("⚠ %1").arg(message)
                             : tr("⚠ %1: %2").arg(placeText(QString::fromStdString(mistake.path)), message));
    }
    const bool none = sentences.isEmpty() && table_->rowCount() == 0;
    if (none) sentences.append(tr("None: the training examples are used as they are."));
    QPalette colours = palette();
    if (!none) colours.setColor(QPalette::WindowText, MarkColors(palette()).error);
    note_->setPalette(colours);
    note_->setText(sentences.join(u'\n'));
    note_->setVisible(!sentences.isEmpty());
}

void AugmentationSection::reveal(const QString& path) {
    const int row = rowOfPath(path.toStdString(), "augmentation");
    if (row < 0 || row >= table_->rowCount()) {
        revealWidget(tools_->addButton());
        return;
    }
    revealWidget(view_);
    view_->setCurrentIndex(table_->index(row, table_->columnOf(row, optionOfPath(path.toStdString()))));
}

} // namespace dstn::ui
