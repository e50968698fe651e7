#include "ui/setup/model_section.h"

#include "ui/forms/cell_delegate.h"
#include "ui/forms/mark_colors.h"
#include "ui/forms/tunable_places.h"
#include "ui/setup/model_templates.h"
#include "ui/setup/offered_parts.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>

#include <algorithm>
#include <utility>

namespace dstn::ui {

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
    for (const auto& [column, widest] : {std::pair{ModelTableModel::Type, "max_pool2d"},
                                         {ModelTableModel::Out, "10000"},
                                         {ModelTableModel::Kernel, "Kernel"},
                                         {ModelTableModel::Stride, "kernel"},
                                         {ModelTableModel::Padding, "Pad"},
                                         {ModelTableModel::Rate, "dropout_fc"},
                                         {ModelTableModel::Output, "[128, 28, 28]"},
                                         {ModelTableModel::Weights, "2,459,520"},
                                         {ModelTableModel::Response, "12,459,520"}})
        view_->fitColumn(column, QString::fromLatin1(widest));
    // Where that has no place, the sections stand beneath one another and have the window's whole width.
    view_->setMinimumWidth(header->length() + view_->fontMetrics().horizontalAdvance(QStringLiteral("⚠ 10")) +
                           2 * view_->frameWidth());
    header->setSectionResizeMode(ModelTableModel::Type, QHeaderView::Stretch);
    header->setSectionResizeMode(ModelTableModel::Rate, QHeaderView::Stretch);
    body()->addWidget(view_);

    options_ = new QWidget;
    optionsRow_ = new FlowLayout(8, options_);
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
        refused_ = tr("Part %1: %2 The previous value is kept.").arg(row + 1).arg(why);
        showSentences();
    });
    connect(view_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        rebuildOptions();
        showOptions(true);
        refreshTools();
    });
    connect(&probe_, &DataProbe::changed, this, &ModelSection::refreshTable);
    board.add(QStringLiteral("model"), this);
    onChange([this](const Experiment& experiment, bool replaced) {
        if (replaced) refused_.clear();
        offerTemplateFor(experiment);
        refreshTable();
        if (!view_->currentIndex().isValid() && table_->rowCount() > 0) view_->selectRow(0);
        rebuildOptions();
        showOptions(replaced);
        refreshTools();
        showSentences();
    });
}

void ModelSection::addTemplateRow() {
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    template_ = quietCombo();
    template_->setObjectName(QStringLiteral("template"));
    template_->addItems({tr("Linear"), tr("MLP"), tr("SimpleCNN"), tr("LSTM")});
    template_->setCurrentIndex(1);
    template_->setToolTip(tr("A template to start from."));
    widths_ = new QLineEdit;
    widths_->setObjectName(QStringLiteral("widths"));
    dropout_ = new QCheckBox(tr("Tuned dropout"));
    dropout_->setToolTip(tr("Adds a dropout with a tuned rate before each layer."));
    dropout_->setChecked(true);
    auto* use = new QPushButton(tr("Replace"));
    use->setObjectName(QStringLiteral("useTemplate"));
    use->setToolTip(tr("Replaces the parts below with this network, with as many outputs as the data has. "
                       "Undo restores them."));
    const auto adapt = [this] {
        const int kind = template_->currentIndex();
        widths_->setVisible(kind != 0);
        dropout_->setVisible(kind != 0);
        const bool convolutions = kind == int(ModelTemplate::Kind::simpleCnn);
        const bool recurrent = kind == int(ModelTemplate::Kind::lstm);
        widths_->setText(convolutions ? QStringLiteral("16, 32")
                         : recurrent  ? QStringLiteral("128, 128")
                                      : QStringLiteral("1200, 1200"));
        widths_->setToolTip(convolutions ? tr("Channels of the convolutions, separated by commas.")
                            : recurrent  ? tr("Units of the LSTM layers, separated by commas.")
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

void ModelSection::offerTemplateFor(const Experiment& experiment) {
    const bool text = experiment.data.source == DataSource::text;
    if (std::exchange(text_, text) == text) return;
    template_->setCurrentIndex(int(text ? ModelTemplate::Kind::lstm : ModelTemplate::Kind::mlp));
}

void ModelSection::useTemplate() {
    const auto kind = ModelTemplate::Kind(template_->currentIndex());
    ModelTemplate which{.kind = kind, .widths = {}, .dropout = dropout_->isChecked()};
    if (kind != ModelTemplate::Kind::linear)
        for (const QString& text : widths_->text().split(u',')) {
            const auto width = parseInteger(text);
            if (!width || *width < 1) {
                refused_ = tr("Expected the template's widths as whole numbers of at least 1, separated by "
                              "commas, such as 1200, 1200; found “%1”. The model is unchanged.")
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

void ModelSection::addTools() {
    tools_ = new ListTools(view_, {.add = tr("&Add part"),
                                   .addTip = tr("Adds a part after the selected one"),
                                   .duplicateTip = tr("Duplicates the selected part"),
                                   .removeTip = tr("Removes the selected part"),
                                   .upTip = tr("Moves the selected part up"),
                                   .downTip = tr("Moves the selected part down")});
    tools_->addButton()->setObjectName(QStringLiteral("addPart"));
    for (const QString& group : partGroups()) {
        QMenu* menu = tools_->menu()->addMenu(group);
        menu->setToolTipsVisible(true);
        for (const OfferedPart& offered : offeredParts()) {
            if (offered.group != group) continue;
            QAction* action =
                menu->addAction(offered.id, this, [this, part = offered.part] { insertPart(part); });
            action->setToolTip(offered.toolTip);
        }
    }
    connect(tools_, &ListTools::duplicateAsked, this, &ModelSection::duplicatePart);
    connect(tools_, &ListTools::removeAsked, this, &ModelSection::removePart);
    connect(tools_, &ListTools::moveAsked, this, &ModelSection::movePart);
    body()->addWidget(tools_);
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
    table_->setExperiment(model().value(), probe_.info());
    // What no part has would only take room from the others.
    for (const int column : {ModelTableModel::Kernel, ModelTableModel::Stride, ModelTableModel::Padding}) {
        const auto has = [column](const Part& part) {
            return !ModelTableModel::optionOf(column, part).isEmpty() &&
                   optionText(part, ModelTableModel::optionOf(column, part)).has_value();
        };
        view_->setColumnHidden(column, std::ranges::none_of(model().value().model.parts, has));
    }
}

void ModelSection::refreshTools() { tools_->setCurrent(currentRow(), table_->rowCount()); }

void ModelSection::setOptionText(OptionField* field, const QString& text) {
    const int row = currentRow();
    if (row < 0 || std::size_t(row) >= model().value().model.parts.size()) return;
    Part part = model().value().model.parts[std::size_t(row)];
    const QString why = setOption(part, field->key(), text);
    field->setInputProblem(why);
    if (why.isEmpty())
        emit table_->partEdited(row, part);
    else
        emit table_->editRefused(row, why);
}

void ModelSection::rebuildOptions() {
    const int row = currentRow();
    const auto& parts = model().value().model.parts;
    const bool exists = row >= 0 && std::size_t(row) < parts.size();
    const QString type = exists ? QString::fromStdString(partType(parts[std::size_t(row)])) : QString();
    const QString wanted = exists ? QStringLiteral("%1 %2").arg(row).arg(type) : QString();
    if (wanted == optionsOf_) return;
    optionsOf_ = wanted;
    optionFields_.clear();
    while (QLayoutItem* item = optionsRow_->takeAt(0)) {
        // Later: the change may come from one of these widgets.
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    if (!exists) return;
    const Part& part = parts[std::size_t(row)];
    auto* title = new QLabel;
    title->setForegroundRole(QPalette::PlaceholderText);
    title->setMinimumHeight(QLineEdit().sizeHint().height() + 4);
    optionsRow_->addWidget(title);
    for (const FieldOption& option : optionsOf(part)) {
        if (ModelTableModel::columnOf(option.key, part) >= 0) continue;
        auto* field = new OptionField(option, MarkedField::Size::compact);
        field->editor()->setObjectName(QStringLiteral("option.%1").arg(option.key));
        if (qobject_cast<NumberEdit*>(field->editor()) != nullptr) field->editor()->setMaximumWidth(70);
        connect(field, &OptionField::edited, this,
                [this, field](const QString& text) { setOptionText(field, text); });
        optionFields_.push_back(field);
        // Label and field go to the next line together.
        auto* pair = new QWidget;
        auto* line = new QHBoxLayout(pair);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(4);
        if (option.kind != FieldOption::Kind::boolean) {
            auto* label = new QLabel(option.title);
            label->setBuddy(field->editor());
            field->setLabel(label);
            line->addWidget(label);
        }
        line->addWidget(field);
        optionsRow_->addWidget(pair);
    }
    title->setText(optionFields_.empty() ? tr("%1 %2 has no further options.").arg(row + 1).arg(type)
                                         : tr("%1 %2:").arg(row + 1).arg(type));
}

void ModelSection::showOptions(bool replaced) {
    const int row = currentRow();
    const auto& parts = model().value().model.parts;
    if (row < 0 || std::size_t(row) >= parts.size()) return;
    for (OptionField* field : optionFields_) {
        field->setNames(hyperparameterNames(model().value()));
        if (const auto text = optionText(parts[std::size_t(row)], field->key()))
            field->showValue(*text, replaced);
    }
    markOptions();
}

void ModelSection::markOptions() {
    for (OptionField* field : optionFields_) {
        std::vector<Mistake> mine;
        for (const Mistake& mistake : mistakes_)
            if (rowOfPath(mistake.path, "model.parts") == currentRow() &&
                optionOfPath(mistake.path) == field->key())
                mine.push_back(mistake);
        field->setMistakes(mine);
    }
}

void ModelSection::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_ = mistakes;
    table_->setMistakes(mistakes);
    markOptions();
    showSentences();
}

void ModelSection::showSentences() {
    QStringList sentences;
    if (!refused_.isEmpty()) sentences.append(tr("⚠ %1").arg(refused_));
    for (const Mistake& mistake : mistakes_) {
        if (std::size_t(sentences.size()) == mostSentences) {
            sentences.append(tr("… and more; see the list on the right."));
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
    const QString option = optionOfPath(path.toStdString());
    const int column = ModelTableModel::columnOf(option, model().value().model.parts[std::size_t(row)]);
    view_->setCurrentIndex(table_->index(row, std::max(column, int(ModelTableModel::Type))));
    for (OptionField* field : optionFields_)
        if (field->key() == option) field->reveal(path);
}

} // namespace dstn::ui
