#include "ui/setup/model_section.h"

#include "ui/setup/cell_delegate.h"
#include "ui/setup/mark_colors.h"
#include "ui/setup/model_templates.h"
#include "ui/setup/part_options.h"
#include "ui/setup/tunable_places.h"

#include <QAction>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>

namespace dstn {

/// Sentences that are shown under the table at a time; the summary lists all.
static constexpr std::size_t mostSentences = 3;

ModelSection::ModelSection(ExperimentModel& model, MarkBoard& board, const DataProbe& probe, QWidget* parent)
    : Section(tr("Model"), model, board, parent),
      probe_(probe),
      table_(new ModelTableModel(this)),
      view_(new TableView(18)) {
    addTemplateRow();
    addTools();

    view_->setObjectName(QStringLiteral("modelTable"));
    view_->setAccessibleName(tr("Parts of the model"));
    view_->setModel(table_);
    view_->setItemDelegate(new CellDelegate(
        ModelTableModel::MistakeRole,
        [this](const QModelIndex& index) -> CellDelegate::Cell {
            if (index.column() == ModelTableModel::Type) {
                QStringList types;
                for (const OfferedPart& offered : offeredParts()) types.append(offered.id);
                return {.editor = CellDelegate::Editor::choice, .choices = types};
            }
            if (index.column() == ModelTableModel::Rate)
                return {.editor = CellDelegate::Editor::suggestion,
                        .choices = hyperparameterNames(this->model().value())};
            return {.editor = CellDelegate::Editor::live, .choices = {}};
        },
        view_));
    QHeaderView* header = view_->horizontalHeader();
    const QFontMetrics metrics(view_->font());
    const auto width = [&](int column, const char* widest) {
        view_->setColumnWidth(column, metrics.horizontalAdvance(QString::fromUtf8(widest)) + 11);
    };
    width(ModelTableModel::Type, "⚠ max_pool2d");
    width(ModelTableModel::Out, "10000");
    width(ModelTableModel::Kernel, "Kernel");
    width(ModelTableModel::Stride, "Stride");
    width(ModelTableModel::Padding, "Pad");
    width(ModelTableModel::Output, "[128, 28, 28]");
    width(ModelTableModel::Weights, "2,459,520");
    width(ModelTableModel::Response, "12,459,520");
    header->setSectionResizeMode(ModelTableModel::Rate, QHeaderView::Stretch);
    body()->addWidget(view_);

    options_ = new QWidget;
    optionsRow_ = new QHBoxLayout(options_);
    optionsRow_->setContentsMargins(0, 0, 0, 0);
    optionsRow_->setSpacing(6);
    options_->setMinimumHeight(QLineEdit().sizeHint().height() + 4);
    body()->addWidget(options_);
    note_ = addNote();
    note_->setObjectName(QStringLiteral("modelNote"));
    note_->hide();

    connect(table_, &ModelTableModel::partEdited, this, [this](int row, const Part& part) {
        refused_.clear();
        this->model().edit(QStringLiteral("model.parts[%1]").arg(row), [&](Experiment& experiment) {
            if (std::size_t(row) < experiment.model.parts.size())
                experiment.model.parts[std::size_t(row)] = part;
        });
        showSentences();
    });
    connect(table_, &ModelTableModel::editRefused, this, [this](int row, const QString& why) {
        refused_ = tr("Part %1: %2 The value before is kept.").arg(row + 1).arg(why);
        showSentences();
    });
    connect(view_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        rebuildOptions();
        refreshTools();
    });
    connect(&probe_, &DataProbe::changed, this, &ModelSection::refreshTable);
    board.add(QStringLiteral("model"), this);
    onChange([this](const Experiment&, bool replaced) {
        if (replaced) refused_.clear();
        refreshTable();
        if (!view_->currentIndex().isValid() && table_->rowCount() > 0) view_->selectRow(0);
        rebuildOptions();
        refreshTools();
        showSentences();
    });
}

void ModelSection::addTemplateRow() {
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    template_ = quietCombo();
    template_->setObjectName(QStringLiteral("template"));
    template_->addItems({tr("Linear"), tr("MLP"), tr("SimpleCNN")});
    template_->setCurrentIndex(1);
    template_->setToolTip(tr("A network in one line, to start from."));
    widths_ = new QLineEdit;
    widths_->setObjectName(QStringLiteral("widths"));
    dropout_ = new QCheckBox(tr("Tuned dropout"));
    dropout_->setToolTip(tr("Puts a dropout whose rate is tuned before each layer."));
    dropout_->setChecked(true);
    auto* use = new QPushButton(tr("Replace"));
    use->setObjectName(QStringLiteral("useTemplate"));
    use->setToolTip(tr("Replaces the parts below by this network, with as many outputs as the data has. Undo "
                       "brings them back."));
    const auto adapt = [this] {
        const int kind = template_->currentIndex();
        widths_->setVisible(kind != 0);
        dropout_->setVisible(kind != 0);
        widths_->setText(kind == 2 ? QStringLiteral("16, 32") : QStringLiteral("1200, 1200"));
        widths_->setToolTip(kind == 2 ? tr("Channels of the convolutions, separated by commas.")
                                      : tr("Units of the hidden layers, separated by commas."));
        widths_->setAccessibleName(widths_->toolTip());
    };
    connect(template_, &QComboBox::currentIndexChanged, this, adapt);
    connect(use, &QPushButton::clicked, this, &ModelSection::useTemplate);
    connect(widths_, &QLineEdit::returnPressed, this, &ModelSection::useTemplate);
    auto* label = new QLabel(tr("Template"));
    label->setBuddy(template_);
    row->addWidget(label);
    row->addWidget(template_);
    row->addWidget(widths_, 1);
    row->addWidget(dropout_);
    row->addStretch(0);
    row->addWidget(use);
    body()->addLayout(row);
    adapt();
}

void ModelSection::useTemplate() {
    const auto kind = ModelTemplate::Kind(template_->currentIndex());
    ModelTemplate which{.kind = kind, .widths = {}, .dropout = dropout_->isChecked()};
    if (kind != ModelTemplate::Kind::linear)
        for (const QString& text : widths_->text().split(u',')) {
            const auto width = parseInteger(text);
            if (!width || *width < 1) {
                refused_ = tr("The template's widths are whole numbers of at least 1 separated by commas, "
                              "such as 1200, "
                              "1200; found “%1”. The model is unchanged.")
                               .arg(text.trimmed());
                showSentences();
                widths_->setFocus();
                return;
            }
            which.widths.push_back(*width);
        }
    refused_.clear();
    model().edit({}, [&](Experiment& experiment) { applyTemplate(experiment, which, probe_.info()); });
    showSentences();
}

QAction* ModelSection::addTool(QHBoxLayout* row, const QString& text, const QString& toolTip,
                               const QKeySequence& key, void (ModelSection::*slot)()) {
    auto* action = new QAction(text, this);
    action->setShortcut(key);
    action->setShortcutContext(Qt::WidgetShortcut);
    action->setToolTip(tr("%1 (%2)").arg(toolTip, key.toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, slot);
    view_->addAction(action);
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    row->addWidget(button);
    return action;
}

void ModelSection::addTools() {
    auto* row = new QHBoxLayout;
    row->setSpacing(2);
    auto* add = new QToolButton;
    add->setObjectName(QStringLiteral("addPart"));
    add->setText(tr("&Add part"));
    add->setToolTip(tr("Adds a part after the chosen one (Insert)"));
    add->setPopupMode(QToolButton::InstantPopup);
    add->setAutoRaise(true);
    add->setFocusPolicy(Qt::TabFocus);
    auto* menu = new QMenu(add);
    menu->setToolTipsVisible(true);
    for (const OfferedPart& offered : offeredParts()) {
        QAction* action =
            menu->addAction(offered.id, this, [this, part = offered.part] { insertPart(part); });
        action->setToolTip(offered.toolTip);
    }
    add->setMenu(menu);
    auto* open = new QAction(tr("Add part"), this);
    open->setShortcut(Qt::Key_Insert);
    open->setShortcutContext(Qt::WidgetShortcut);
    connect(open, &QAction::triggered, add, &QToolButton::showMenu);
    view_->addAction(open);
    row->addWidget(add);
    duplicate_ = addTool(row, tr("Duplicate"), tr("Adds a copy of the chosen part"), Qt::CTRL | Qt::Key_D,
                         &ModelSection::duplicatePart);
    remove_ = addTool(row, tr("Remove"), tr("Takes the chosen part away"), Qt::Key_Delete,
                      &ModelSection::removePart);
    up_ = addTool(row, tr("↑ Up"), tr("Moves the chosen part up"), Qt::ALT | Qt::Key_Up,
                  &ModelSection::movePartUp);
    down_ = addTool(row, tr("↓ Down"), tr("Moves the chosen part down"), Qt::ALT | Qt::Key_Down,
                    &ModelSection::movePartDown);
    row->addStretch(1);
    body()->addLayout(row);
}

int ModelSection::currentRow() const {
    return view_->currentIndex().isValid() ? view_->currentIndex().row() : -1;
}

void ModelSection::insertPart(const Part& part) {
    const int row = currentRow() + 1;
    model().edit({}, [&](Experiment& experiment) {
        experiment.model.parts.insert(experiment.model.parts.begin() + row, part);
    });
    view_->selectRow(row);
    view_->setFocus();
}

void ModelSection::duplicatePart() {
    if (currentRow() < 0) return;
    insertPart(Part(model().value().model.parts[std::size_t(currentRow())]));
}

void ModelSection::removePart() {
    const int row = currentRow();
    if (row < 0) return;
    model().edit({}, [row](Experiment& experiment) {
        const Experiment before = experiment;
        experiment.model.parts.erase(experiment.model.parts.begin() + row);
        removeUnused(experiment, before);
    });
    view_->selectRow(std::min(row, table_->rowCount() - 1));
}

void ModelSection::movePart(int by) {
    const int row = currentRow();
    const int other = row + by;
    if (row < 0 || other < 0 || other >= table_->rowCount()) return;
    model().edit({}, [row, other](Experiment& experiment) {
        std::swap(experiment.model.parts[std::size_t(row)], experiment.model.parts[std::size_t(other)]);
    });
    view_->selectRow(other);
}

void ModelSection::refreshTable() {
    table_->setExperiment(model().value(),
                          probe_.info() ? std::optional(probe_.info()->input) : std::nullopt);
}

void ModelSection::refreshTools() {
    const int row = currentRow();
    duplicate_->setEnabled(row >= 0);
    remove_->setEnabled(row >= 0);
    up_->setEnabled(row > 0);
    down_->setEnabled(row >= 0 && row + 1 < table_->rowCount());
}

/// The options of the chosen part that have no column of their own.
static std::vector<PartOption> rareOptions(const Part& part) {
    std::vector<PartOption> rare;
    for (const PartOption& option : optionsOf(part)) {
        bool column = false;
        for (int i = 0; i < ModelTableModel::ColumnCount; ++i)
            column = column || ModelTableModel::optionOf(i) == option.key;
        if (!column) rare.push_back(option);
    }
    return rare;
}

void ModelSection::setOptionText(int row, const QString& key, const QString& text) {
    if (std::size_t(row) >= model().value().model.parts.size()) return;
    Part part = model().value().model.parts[std::size_t(row)];
    const QString why = setOption(part, key, text);
    if (why.isEmpty())
        emit table_->partEdited(row, part);
    else
        emit table_->editRefused(row, why);
}

QWidget* ModelSection::makeOptionEditor(int row, const QString& key) {
    const auto options = optionsOf(model().value().model.parts[std::size_t(row)]);
    const PartOption& option = *std::ranges::find(options, key, &PartOption::key);
    QWidget* editor = nullptr;
    switch (option.kind) {
    case PartOption::Kind::boolean: {
        auto* box = new QCheckBox(option.title);
        connect(box, &QCheckBox::clicked, this, [this, row, key](bool on) {
            setOptionText(row, key, on ? QStringLiteral("yes") : QStringLiteral("no"));
        });
        editor = box;
        break;
    }
    case PartOption::Kind::choice: {
        auto* combo = quietCombo();
        combo->addItems(option.choices);
        connect(combo, &QComboBox::textActivated, this,
                [this, row, key](const QString& text) { setOptionText(row, key, text); });
        editor = combo;
        break;
    }
    case PartOption::Kind::decay: {
        auto* combo = new TunableEdit;
        combo->setNames(hyperparameterNames(model().value()));
        combo->lineEdit()->setPlaceholderText(tr("none"));
        connect(combo, &TunableEdit::tunableEdited, this,
                [this, row, key, combo] { setOptionText(row, key, combo->currentText()); });
        editor = combo;
        break;
    }
    default: {
        auto* edit = new QLineEdit;
        edit->setMaximumWidth(70);
        connect(edit, &QLineEdit::textEdited, this,
                [this, row, key](const QString& text) { setOptionText(row, key, text); });
        editor = edit;
    }
    }
    editor->setObjectName(QStringLiteral("option.%1").arg(key));
    editor->setAccessibleName(option.title);
    return editor;
}

void ModelSection::rebuildOptions() {
    const int row = currentRow();
    const auto& parts = model().value().model.parts;
    const bool exists = row >= 0 && std::size_t(row) < parts.size();
    const QString wanted =
        exists
            ? QStringLiteral("%1 %2").arg(row).arg(QString::fromStdString(partType(parts[std::size_t(row)])))
            : QString();
    if (wanted != optionsOf_) {
        optionsOf_ = wanted;
        optionEditors_.clear();
        while (QLayoutItem* item = optionsRow_->takeAt(0)) {
            if (item->widget() != nullptr) {
                // Later: the change may come from one of these widgets.
                item->widget()->hide();
                item->widget()->deleteLater();
            }
            delete item;
        }
        if (exists) {
            const auto rare = rareOptions(parts[std::size_t(row)]);
            auto* title =
                new QLabel(rare.empty() ? tr("%1 %2 has no further options.")
                                              .arg(row + 1)
                                              .arg(QString::fromStdString(partType(parts[std::size_t(row)])))
                                        : tr("%1 %2:").arg(row + 1).arg(
                                              QString::fromStdString(partType(parts[std::size_t(row)]))));
            title->setForegroundRole(QPalette::PlaceholderText);
            optionsRow_->addWidget(title);
            for (const PartOption& option : rare) {
                QWidget* editor = makeOptionEditor(row, option.key);
                optionEditors_.emplace_back(option.key, editor);
                auto* field = new MarkedField(editor, option.toolTip, MarkedField::Size::compact);
                if (option.kind != PartOption::Kind::boolean) {
                    auto* label = new QLabel(option.title);
                    label->setBuddy(field->editor());
                    field->setLabel(label);
                    optionsRow_->addWidget(label);
                }
                optionsRow_->addWidget(field);
            }
            optionsRow_->addStretch(1);
        }
    }
    refreshOptions();
}

void ModelSection::refreshOptions() {
    const int row = currentRow();
    const auto& parts = model().value().model.parts;
    if (row < 0 || std::size_t(row) >= parts.size()) return;
    for (const auto& [key, editor] : optionEditors_) {
        const QString text = optionText(parts[std::size_t(row)], key).value_or(QString());
        if (auto* box = qobject_cast<QCheckBox*>(editor)) {
            box->setChecked(text == u"yes");
        } else if (auto* combo = qobject_cast<QComboBox*>(editor)) {
            if (!combo->isEditable()) {
                combo->setCurrentText(text);
            } else if (!combo->hasFocus()) {
                const QSignalBlocker quiet(combo);
                combo->setEditText(text);
            }
        } else if (auto* edit = qobject_cast<QLineEdit*>(editor); edit != nullptr && !edit->hasFocus()) {
            edit->setText(text);
        }
        std::vector<Mistake> mine;
        for (const Mistake& mistake : mistakes_)
            if (rowOfPath(mistake.path, "model.parts") == row && optionOfPath(mistake.path) == key)
                mine.push_back(mistake);
        if (auto* field = qobject_cast<MarkedField*>(editor->parentWidget())) field->setMistakes(mine);
    }
}

void ModelSection::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_ = mistakes;
    table_->setMistakes(mistakes);
    refreshOptions();
    showSentences();
}

void ModelSection::showSentences() {
    QStringList sentences;
    if (!refused_.isEmpty()) sentences.append(tr("⚠ %1").arg(refused_));
    for (const Mistake& mistake : mistakes_) {
        if (std::size_t(sentences.size()) == mostSentences) {
            sentences.append(tr("… and more, in the list on the right."));
            break;
        }
        const int row = rowOfPath(mistake.path, "model.parts");
        const QString message = QString::fromStdString(mistake.message);
        sentences.append(row < 0 ? tr("⚠ %1").arg(message)
                                 : tr("⚠ Part %1, %2: %3")
                                       .arg(row + 1)
                                       .arg(optionOfPath(mistake.path).isEmpty() ? tr("as a whole")
                                                                                 : optionOfPath(mistake.path),
                                            message));
    }
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, MarkColors(palette()).error);
    note_->setPalette(colours);
    note_->setText(sentences.join(u'\n'));
    note_->setVisible(!sentences.isEmpty());
}

void ModelSection::reveal(const QString& path) {
    const int row = rowOfPath(path.toStdString(), "model.parts");
    revealWidget(view_);
    if (row < 0 || row >= table_->rowCount()) return;
    int column = ModelTableModel::Type;
    for (int i = 0; i < ModelTableModel::ColumnCount; ++i)
        if (const QString option = ModelTableModel::optionOf(i);
            !option.isEmpty() && option == optionOfPath(path.toStdString()))
            column = i;
    view_->setCurrentIndex(table_->index(row, column));
}

} // namespace dstn
