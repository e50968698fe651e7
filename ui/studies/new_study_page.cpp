#include "ui/studies/new_study_page.h"

#include "ui/forms/cell_delegate.h"
#include "ui/forms/data_probe.h"
#include "ui/forms/experiment_file.h"
#include "ui/forms/mark_colors.h"
#include "ui/forms/marked_field.h"
#include "ui/forms/number_edit.h"
#include "ui/forms/section.h"
#include "ui/forms/table_view.h"
#include "ui/studies/method_draft_model.h"
#include "ui/studies/study_draft.h"
#include "ui/studies/study_file.h"
#include "ui/text/study_text.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/icons.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QGroupBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>

#include <algorithm>
#include <array>

namespace dstn::ui {

namespace {

/// Whether two studies are on the same experiment, whatever they compare.
bool sameExperiment(const Experiment& a, const Experiment& b) {
    Experiment one = a, other = b;
    one.tuner = other.tuner;
    return one == other;
}

QToolButton* toolButton(QAction* action) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

} // namespace

/// The widgets; the truth is in the draft.
struct NewStudyPage::Impl {
    explicit Impl(NewStudyPage& owner) : page(owner), methods(draft) {}

    NewStudyPage& page;
    StudyDraft draft;
    MethodDraftModel methods;
    DataProbe probe;
    std::optional<Experiment> current; ///< that is set up
    std::vector<Mistake> mistakes;

    Banner* banner = nullptr;
    QComboBox *preset = nullptr, *experiment = nullptr, *unit = nullptr;
    QLabel* experimentText = nullptr;
    QLineEdit *name = nullptr, *description = nullptr, *seeds = nullptr;
    NumberEdit *budget = nullptr, *parallel = nullptr;
    MarkedField *nameField = nullptr, *experimentField = nullptr, *budgetField = nullptr,
                *seedsField = nullptr, *parallelField = nullptr, *optionsField = nullptr;
    TableView* table = nullptr;
    QLabel* methodNote = nullptr;
    QPlainTextEdit* options = nullptr;
    QAction *duplicateMethod = nullptr, *removeMethod = nullptr;
    QLabel *summary = nullptr, *heading = nullptr;
    QListWidget* list = nullptr;
    QPushButton *create = nullptr, *createAndRun = nullptr, *back = nullptr;

    void build();
    QWidget* makeTop();
    QWidget* makeExperiment();
    QWidget* makeMethods();
    QWidget* makeBudget();
    QWidget* makePanel();
    void fillExperiments();
    void chooseExperiment(int index);
    void choosePreset(int index);
    void open();
    void save();
    void showDraft();
    void showOptions();
    void readOptions();
    void readBudget();
    void review();
    void showSummary(const Study& study);
    int currentMethod() const { return table->currentIndex().isValid() ? table->currentIndex().row() : -1; }
    std::vector<std::pair<std::string, MarkedField*>> fields() const {
        return {{"name", nameField},   {"experiment", experimentField}, {"budget", budgetField},
                {"seeds", seedsField}, {"parallel", parallelField},     {"options", optionsField}};
    }
};

QWidget* NewStudyPage::Impl::makeTop() {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    auto* first = new QHBoxLayout;
    auto* title = new QLabel(tr("New study"));
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 1.35);
    large.setBold(true);
    title->setFont(large);
    first->addWidget(title);
    first->addSpacing(16);
    preset = quietCombo();
    preset->setObjectName(QStringLiteral("studyPreset"));
    preset->setPlaceholderText(tr("Your own"));
    preset->setToolTip(tr("Loads a study that comes with the program"));
    preset->setMinimumWidth(260);
    for (const Preset& each : studyPresets()) {
        preset->addItem(QString::fromStdString(each.title));
        preset->setItemData(preset->count() - 1, QString::fromStdString(each.description), Qt::ToolTipRole);
    }
    preset->setCurrentIndex(-1);
    QObject::connect(preset, &QComboBox::activated, &page, [this](int index) { choosePreset(index); });
    auto* from = new QLabel(tr("Start fro&m"));
    from->setBuddy(preset);
    first->addWidget(from);
    first->addWidget(preset);
    const auto action = [this](const QString& text, const QString& tip, auto slot) {
        auto* made = new QAction(text, &page);
        made->setToolTip(tip);
        QObject::connect(made, &QAction::triggered, &page, slot);
        return made;
    };
    first->addWidget(toolButton(action(tr("Open…"), tr("Opens a study file (JSON)"), [this] { open(); })));
    first->addWidget(
        toolButton(action(tr("Save as…"), tr("Saves the study as a file (JSON)"), [this] { save(); })));
    first->addStretch(1);
    back = new QPushButton(tr("&Back to the studies"));
    back->setObjectName(QStringLiteral("backToStudies"));
    back->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Left));
    back->setToolTip(tr("Back to the list of studies; your entries are kept (Alt+Left)"));
    QObject::connect(back, &QPushButton::clicked, &page, &NewStudyPage::closed);
    first->addWidget(back);
    column->addLayout(first);

    auto* second = new QHBoxLayout;
    name = new QLineEdit;
    name->setObjectName(QStringLiteral("studyName"));
    nameField = new MarkedField(name, tr("Name of the study in the archive"));
    description = new QLineEdit;
    description->setObjectName(QStringLiteral("studyDescription"));
    description->setPlaceholderText(tr("What this study should show"));
    const auto add = [second](const QString& text, QWidget* field, QWidget* buddy, int stretch) {
        auto* label = new QLabel(text);
        label->setBuddy(buddy);
        second->addWidget(label);
        second->addWidget(field, stretch);
    };
    add(tr("&Name"), nameField, name, 2);
    add(tr("Descri&ption"), description, description, 4);
    column->addLayout(second);
    QObject::connect(name, &QLineEdit::textEdited, &page,
                     [this](const QString& text) { draft.setName(text.toStdString()); });
    QObject::connect(description, &QLineEdit::textEdited, &page,
                     [this](const QString& text) { draft.setDescription(text.toStdString()); });
    return box;
}

QWidget* NewStudyPage::Impl::makeExperiment() {
    auto* box = new QGroupBox(tr("Experiment"));
    auto* column = new QVBoxLayout(box);
    experiment = quietCombo();
    experiment->setObjectName(QStringLiteral("studyExperiment"));
    experiment->setAccessibleName(tr("Experiment"));
    experiment->setPlaceholderText(tr("The study's own"));
    experimentField = new MarkedField(
        experiment, tr("What all methods train: data, model, hyperparameters and optimisers"));
    experimentText = new QLabel;
    experimentText->setObjectName(QStringLiteral("experimentText"));
    experimentText->setWordWrap(true);
    experimentText->setTextFormat(Qt::PlainText);
    experimentText->setForegroundRole(QPalette::PlaceholderText);
    column->addWidget(experimentField);
    column->addWidget(experimentText);
    QObject::connect(experiment, &QComboBox::activated, &page,
                     [this](int index) { chooseExperiment(index); });
    return box;
}

QWidget* NewStudyPage::Impl::makeMethods() {
    auto* box = new QGroupBox(tr("Methods"));
    auto* column = new QVBoxLayout(box);
    column->setSpacing(4);
    table = new TableView(16);
    table->setObjectName(QStringLiteral("draftMethods"));
    table->setAccessibleName(tr("Methods"));
    table->setModel(&methods);
    table->setItemDelegate(new CellDelegate(
        MethodDraftModel::MistakeRole,
        [](const QModelIndex&) -> CellDelegate::Cell {
            return {.editor = CellDelegate::Editor::text, .choices = {}};
        },
        table));
    table->verticalHeader()->hide();
    table->fitColumn(MethodDraftModel::Name, QStringLiteral("☐ Population based training (2)"));
    table->fitColumn(MethodDraftModel::Options, QStringLiteral("tuner.type=hypernetwork, tuner.trials=20"));
    table->horizontalHeader()->setSectionResizeMode(MethodDraftModel::Budget, QHeaderView::Stretch);

    const auto action = [this](const QString& text, const QString& tip, const QKeySequence& key, auto slot) {
        auto* made = new QAction(text, &page);
        made->setShortcut(key);
        made->setShortcutContext(Qt::WidgetShortcut);
        made->setToolTip(tr("%1 (%2)").arg(tip, key.toString(QKeySequence::NativeText)));
        QObject::connect(made, &QAction::triggered, &page, slot);
        table->addAction(made);
        return made;
    };
    duplicateMethod = action(tr("Duplicate"), tr("Duplicates the selected method, to be given other options"),
                             QKeySequence(Qt::CTRL | Qt::Key_D), [this] {
                                 if (currentMethod() < 0) return;
                                 table->selectRow(int(draft.duplicate(std::size_t(currentMethod()))));
                             });
    duplicateMethod->setObjectName(QStringLiteral("duplicateMethod"));
    removeMethod = action(tr("Remove"), tr("Removes the selected method"), Qt::Key_Delete, [this] {
        const int row = currentMethod();
        if (row < 0) return;
        draft.remove(std::size_t(row));
        table->selectRow(std::min(row, methods.rowCount() - 1));
    });
    auto* tools = new QHBoxLayout;
    tools->setSpacing(2);
    tools->addWidget(toolButton(duplicateMethod));
    tools->addWidget(toolButton(removeMethod));
    tools->addStretch(1);
    column->addLayout(tools);
    column->addWidget(table);

    methodNote = new QLabel;
    methodNote->setObjectName(QStringLiteral("methodNote"));
    methodNote->setWordWrap(true);
    methodNote->setTextFormat(Qt::PlainText);
    column->addWidget(methodNote);
    options = new QPlainTextEdit;
    options->setObjectName(QStringLiteral("methodOptions"));
    options->setTabChangesFocus(true);
    options->setFixedHeight(options->fontMetrics().lineSpacing() * 4 + 14);
    options->setPlaceholderText(QStringLiteral("tuner.type=random\ntuner.trials=40"));
    optionsField = new MarkedField(options, tr("Options in which the method differs from the experiment: one "
                                               "path=value per line, as for “--set”"));
    auto* label = new QLabel(tr("&Options of the selected method, one per line"));
    label->setBuddy(options);
    column->addWidget(label);
    column->addWidget(optionsField);
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentRowChanged, &page,
                     [this] { showOptions(); });
    QObject::connect(&methods, &QAbstractItemModel::modelReset, &page, [this] { showOptions(); });
    QObject::connect(options, &QPlainTextEdit::textChanged, &page, [this] { readOptions(); });
    return box;
}

QWidget* NewStudyPage::Impl::makeBudget() {
    auto* box = new QGroupBox(tr("Budget, equal for all"));
    auto* grid = new QGridLayout(box);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(2);
    budget = new NumberEdit(NumberEdit::Kind::real);
    budget->setObjectName(QStringLiteral("studyBudget"));
    budget->setAccessibleName(tr("Budget of each method and seed"));
    budgetField =
        new MarkedField(budget, tr("For each method and seed. A method that tunes during training spends it "
                                   "on one training; a search divides it among several."));
    unit = quietCombo();
    unit->setObjectName(QStringLiteral("studyUnit"));
    unit->setAccessibleName(tr("Unit of the budget"));
    unit->addItem(tr("epochs"));
    unit->addItem(tr("gradient evaluations"));
    unit->addItem(tr("seconds of training"));
    unit->setItemData(0, tr("Passes over the training examples, whatever the method"), Qt::ToolTipRole);
    unit->setItemData(
        1, tr("1 is the forward and backward pass of a plain training step: fair to cheap methods"),
        Qt::ToolTipRole);
    unit->setItemData(2, tr("On this machine, evaluations included"), Qt::ToolTipRole);
    budgetField->setTrailing(unit);
    seeds = new QLineEdit;
    seeds->setObjectName(QStringLiteral("studySeeds"));
    seedsField = new MarkedField(seeds, tr("Every method runs with every seed: 0-9, or 0, 1, 2"));
    parallel = new NumberEdit(NumberEdit::Kind::integer);
    parallel->setObjectName(QStringLiteral("studyParallel"));
    parallelField =
        new MarkedField(parallel, tr("Runs in parallel; they share the processor, so each takes longer"));
    const auto add = [grid](const QString& text, MarkedField* field, int row, int column) {
        auto* label = new QLabel(text);
        label->setBuddy(field->editor());
        label->setMinimumHeight(field->editor()->sizeHint().height() + 4);
        field->setLabel(label);
        grid->addWidget(label, row, column, Qt::AlignTop | Qt::AlignLeft);
        grid->addWidget(field, row, column + 1);
    };
    add(tr("Budget of &each"), budgetField, 0, 0);
    add(tr("&Seeds"), seedsField, 0, 2);
    add(tr("Runs at on&ce"), parallelField, 0, 4);
    grid->setColumnStretch(1, 3);
    grid->setColumnStretch(3, 2);
    grid->setColumnStretch(5, 1);

    QObject::connect(budget, &QLineEdit::textEdited, &page, [this] { readBudget(); });
    QObject::connect(unit, &QComboBox::activated, &page, [this] { readBudget(); });
    QObject::connect(seeds, &QLineEdit::textEdited, &page, [this](const QString& text) {
        QString problem;
        const std::vector<std::uint64_t> parsed = parseSeeds(text, problem);
        seedsField->setInputProblem(problem);
        if (problem.isEmpty()) draft.setSeeds(parsed);
        review();
    });
    QObject::connect(parallel, &QLineEdit::textEdited, &page, [this] {
        QString problem = parallel->problem();
        constexpr std::int64_t most = 256;
        if (problem.isEmpty() && (*parallel->integer() < 1 || *parallel->integer() > most))
            problem = tr("Expected a whole number from 1 to %1.").arg(most);
        parallelField->setInputProblem(problem);
        if (problem.isEmpty()) draft.setParallel(*parallel->integer());
        review();
    });
    return box;
}

QWidget* NewStudyPage::Impl::makePanel() {
    auto* panel = new QWidget;
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(12, 8, 0, 0);
    column->setSpacing(8);
    auto* title = new QLabel(tr("What it takes"));
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    summary = new QLabel;
    summary->setObjectName(QStringLiteral("studySummary"));
    summary->setWordWrap(true);
    summary->setTextFormat(Qt::PlainText);
    heading = new QLabel;
    heading->setObjectName(QStringLiteral("studyMistakeCount"));
    list = new QListWidget;
    list->setObjectName(QStringLiteral("studyMistakes"));
    list->setAccessibleName(tr("Mistakes"));
    list->setWordWrap(true);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->setFrameShape(QFrame::NoFrame);
    list->setSpacing(2);
    list->setResizeMode(QListView::Adjust);
    list->viewport()->setAutoFillBackground(false);
    list->setToolTip(tr("Click, or press Return, to go there."));
    const auto reveal = [this](const QListWidgetItem* item) {
        const std::string path = item->data(Qt::UserRole).toString().toStdString();
        if (const int row = draft.rowOf(path); row >= 0) {
            revealWidget(table);
            table->setCurrentIndex(methods.index(row, MethodDraftModel::Name));
            return;
        }
        for (const auto& [prefix, field] : fields())
            if (path.starts_with(prefix)) return revealWidget(field->editor());
        revealWidget(table);
    };
    QObject::connect(list, &QListWidget::itemClicked, &page, reveal);
    QObject::connect(list, &QListWidget::itemActivated, &page, reveal);
    create = new QPushButton(tr("&Create, run later"));
    create->setObjectName(QStringLiteral("createStudy"));
    createAndRun = new QPushButton(tr("▶  Create and run"));
    createAndRun->setObjectName(QStringLiteral("createAndRunStudy"));
    createAndRun->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    createAndRun->setToolTip(tr("Saves the study in the archive and starts it (Ctrl+Return)"));
    create->setToolTip(tr("Saves the study in the archive"));
    QFont large = createAndRun->font();
    large.setBold(true);
    large.setPointSizeF(large.pointSizeF() * 1.1);
    createAndRun->setFont(large);
    createAndRun->setMinimumHeight(createAndRun->fontMetrics().height() * 5 / 2);
    QObject::connect(create, &QPushButton::clicked, &page,
                     [this] { emit page.created(draft.study(), false); });
    QObject::connect(createAndRun, &QPushButton::clicked, &page,
                     [this] { emit page.created(draft.study(), true); });
    for (QWidget* each : std::initializer_list<QWidget*>{title, summary, heading}) column->addWidget(each);
    column->addWidget(list, 1);
    column->addStretch(0);
    column->addWidget(create);
    column->addWidget(createAndRun);
    panel->setFixedWidth(std::max(250, panel->fontMetrics().horizontalAdvance(QStringLiteral("M")) * 20));
    return panel;
}

void NewStudyPage::Impl::build() {
    banner = new Banner;
    banner->setObjectName(QStringLiteral("newStudyBanner"));
    auto* sheet = new QWidget;
    auto* sections = new QVBoxLayout(sheet);
    sections->setContentsMargins(0, 0, 6, 0);
    sections->setSpacing(10);
    sections->addWidget(makeExperiment());
    sections->addWidget(makeBudget());
    sections->addWidget(makeMethods());
    sections->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(sheet);
    scroll->viewport()->setAutoFillBackground(false);
    sheet->setAutoFillBackground(false);
    auto* layout = new QVBoxLayout(&page);
    layout->setContentsMargins(16, 14, 16, 12);
    layout->setSpacing(10);
    layout->addWidget(banner);
    layout->addWidget(makeTop());
    auto* middle = new QHBoxLayout;
    middle->setSpacing(4);
    middle->addWidget(scroll, 1);
    middle->addWidget(makePanel());
    layout->addLayout(middle, 1);

    fillExperiments();
    QObject::connect(&draft, &StudyDraft::changed, &page, [this] {
        showDraft();
        review();
    });
    QObject::connect(&probe, &DataProbe::changed, &page, [this] {
        methods.setData(probe.pending() ? std::nullopt : probe.info());
        review();
    });
    if (!presets().empty()) {
        if (const ParsedExperiment first = parseExperiment(presets().front().json); first.experiment)
            draft.setExperiment(*first.experiment);
    }
    table->selectRow(0);
    showDraft();
    review();
}

void NewStudyPage::Impl::fillExperiments() {
    const QSignalBlocker quiet(experiment);
    experiment->clear();
    experiment->addItem(tr("The one in Set up"), QStringLiteral("current"));
    for (const Preset& each : presets()) {
        experiment->addItem(QString::fromStdString(each.title), QString::fromStdString(each.id));
        experiment->setItemData(experiment->count() - 1, QString::fromStdString(each.description),
                                Qt::ToolTipRole);
    }
    experiment->addItem(tr("From a file…"), QStringLiteral("file"));
}

void NewStudyPage::Impl::chooseExperiment(int index) {
    const QString which = experiment->itemData(index).toString();
    banner->hide();
    if (which == u"current") {
        if (current) draft.setExperiment(*current);
    } else if (which == u"file") {
        const QString path = QFileDialog::getOpenFileName(&page, tr("Choose an experiment"), {},
                                                          tr("Experiments (*.json);;All files (*)"));
        if (!path.isEmpty()) {
            const OpenedExperiment opened = openExperiment(path);
            if (opened.experiment)
                draft.setExperiment(*opened.experiment);
            else
                banner->showMessage(opened.problem, Tone::bad);
        }
    } else if (const Preset* chosen = findPreset(which.toStdString())) {
        if (const ParsedExperiment parsed = parseExperiment(chosen->json); parsed.experiment)
            draft.setExperiment(*parsed.experiment);
    }
    showDraft();
}

void NewStudyPage::Impl::choosePreset(int index) {
    const OpenedStudy opened = openStudyPreset(studyPresets().at(std::size_t(index)));
    if (opened.study) {
        banner->hide();
        page.setStudy(*opened.study);
    } else {
        banner->showMessage(opened.problem, Tone::bad);
    }
    preset->setCurrentIndex(index);
}

void NewStudyPage::Impl::open() {
    const QString path =
        QFileDialog::getOpenFileName(&page, tr("Open a study"), {}, tr("Studies (*.json);;All files (*)"));
    if (path.isEmpty()) return;
    const OpenedStudy opened = openStudy(path);
    if (!opened.study) {
        banner->showMessage(opened.problem, Tone::bad);
        return;
    }
    banner->hide();
    page.setStudy(*opened.study);
}

void NewStudyPage::Impl::save() {
    if (!mistakes.empty()) {
        banner->showMessage(tr("Fix the mistakes first: a file with mistakes could not be opened again."),
                            Tone::warning);
        return;
    }
    const QString path = QFileDialog::getSaveFileName(&page, tr("Save the study"),
                                                      QStringLiteral("study.json"), tr("Studies (*.json)"));
    if (path.isEmpty()) return;
    const QString problem = saveStudy(draft.study(), path);
    banner->showMessage(problem.isEmpty() ? tr("Saved as %1.").arg(path) : problem,
                        problem.isEmpty() ? Tone::good : Tone::bad);
}

/// Puts the draft's values into the fields, except where invalid text is being typed.
void NewStudyPage::Impl::showDraft() {
    const Study study = draft.study();
    const auto show = [](QLineEdit* edit, const std::string& text) {
        const QString shown = QString::fromStdString(text);
        if (edit->text() == shown) return;
        edit->setText(shown);
        edit->setCursorPosition(0); // a long text shows its beginning
    };
    show(name, study.name);
    show(description, study.description);
    if (budgetField->inputProblem().isEmpty()) budget->setNumber(study.budget);
    unit->setCurrentIndex(int(std::ranges::find(budgetUnits, study.unit) - budgetUnits.begin()));
    QString problem;
    if (seedsField->inputProblem().isEmpty() && parseSeeds(seeds->text(), problem) != study.seeds)
        seeds->setText(seedsText(study.seeds));
    if (parallelField->inputProblem().isEmpty()) parallel->setNumber(study.parallel);

    const std::optional<Experiment>& chosen = draft.experiment();
    int index = -1;
    QString text = tr("Its experiment cannot be read.");
    if (chosen) {
        if (current && sameExperiment(*current, *chosen)) index = 0;
        for (int i = 1; index < 0 && i + 1 < experiment->count(); ++i) {
            const Preset* each = findPreset(experiment->itemData(i).toString().toStdString());
            const ParsedExperiment parsed = parseExperiment(each->json);
            if (parsed.experiment && sameExperiment(*parsed.experiment, *chosen)) index = i;
        }
        QStringList tuned;
        for (const Hyperparameter& each : chosen->hyperparameters)
            if (each.tune) tuned.append(QString::fromStdString(each.name));
        text = tr("%1. A full training takes %2; tuned: %3.")
                   .arg(QString::fromStdString(chosen->name),
                        amountText(double(chosen->epochs), BudgetUnit::epochs),
                        tuned.isEmpty() ? tr("nothing") : tuned.join(QStringLiteral(", ")));
    }
    experiment->setCurrentIndex(index);
    experimentText->setText(text);
    if (chosen) probe.ask(chosen->data, chosen->seed, true);
}

void NewStudyPage::Impl::showOptions() {
    const int row = currentMethod();
    const bool any = row >= 0 && std::size_t(row) < draft.methods().size();
    options->setEnabled(any);
    duplicateMethod->setEnabled(any);
    removeMethod->setEnabled(any && draft.methods().size() > 1);
    optionsField->setInputProblem({});
    const QSignalBlocker quiet(options);
    options->setPlainText(any ? assignmentsText(draft.methods()[std::size_t(row)].method.set) : QString());
    options->setAccessibleName(
        any ? tr("Options of %1").arg(QString::fromStdString(draft.methods()[std::size_t(row)].method.name))
            : tr("Options"));
    review();
}

void NewStudyPage::Impl::readOptions() {
    const int row = currentMethod();
    if (row < 0) return;
    QString problem;
    StudyMethod method = draft.methods()[std::size_t(row)].method;
    method.set = parseAssignments(options->toPlainText(), problem);
    optionsField->setInputProblem(problem);
    if (problem.isEmpty()) draft.setMethod(std::size_t(row), method);
    review();
}

void NewStudyPage::Impl::readBudget() {
    budgetField->setInputProblem(budget->problem());
    if (budget->problem().isEmpty())
        draft.setBudget(budgetUnits[std::size_t(unit->currentIndex())], *budget->real());
    review();
}

/// Collects every mistake and shows it where it was made.
void NewStudyPage::Impl::review() {
    if (createAndRun == nullptr) return;
    const Study study = draft.study();
    mistakes.clear();
    for (const auto& [path, field] : fields())
        if (!field->inputProblem().isEmpty()) mistakes.push_back({path, field->inputProblem().toStdString()});
    std::vector<Mistake> own = validate(study);
    if (own.empty() && probe.info() && !probe.pending()) own = validate(study, *probe.info());
    if (own.empty() && !probe.error().isEmpty())
        own.push_back({"experiment: data", probe.error().toStdString()});
    mistakes.insert(mistakes.end(), own.begin(), own.end());

    for (const auto& [path, field] : fields()) {
        std::vector<Mistake> share;
        for (const Mistake& mistake : mistakes)
            if (mistake.path.starts_with(path)) share.push_back(mistake);
        field->setMistakes(share);
    }
    methods.setMistakes(mistakes);
    QStringList sentences;
    for (const Mistake& mistake : mistakes)
        if (mistake.path == "methods") sentences.append(sentenceOf(mistake));
    if (const QString chosen = methods.mistakeOf(currentMethod()); !chosen.isEmpty())
        sentences.append(chosen);
    QPalette colours = page.palette();
    const MarkColors marks(page.palette());
    colours.setColor(QPalette::WindowText, marks.error);
    methodNote->setPalette(colours);
    methodNote->setText(sentences.isEmpty() ? QString() : tr("⚠ %1").arg(sentences.join(u'\n')));
    methodNote->setHidden(sentences.isEmpty());

    const std::size_t count = mistakes.size();
    heading->setText(count == 0   ? tr("✓ No mistakes")
                     : count == 1 ? tr("⚠ 1 mistake")
                                  : tr("⚠ %1 mistakes").arg(count));
    colours.setColor(QPalette::WindowText, count == 0 ? marks.accent : marks.error);
    heading->setPalette(colours);
    list->clear();
    for (const Mistake& mistake : mistakes) {
        auto* item = new QListWidgetItem(
            tr("%1: %2").arg(QString::fromStdString(mistake.path), QString::fromStdString(mistake.message)),
            list);
        item->setData(Qt::UserRole, QString::fromStdString(mistake.path));
    }
    list->setVisible(count > 0);
    create->setEnabled(count == 0);
    createAndRun->setEnabled(count == 0);
    showSummary(study);
}

void NewStudyPage::Impl::showSummary(const Study& study) {
    const std::size_t methodCount = study.methods.size(), seedCount = study.seeds.size();
    const double all = study.budget * double(methodCount * seedCount);
    QStringList lines;
    lines.append(tr("%1 with %2: %3 in all.")
                     .arg(methodCount == 1 ? tr("1 method") : tr("%1 methods").arg(methodCount),
                          seedCount == 1 ? tr("1 seed") : tr("%1 seeds").arg(seedCount),
                          amountText(all, study.unit)));
    if (study.unit == BudgetUnit::seconds && study.parallel > 1)
        lines.append(tr("About %1, %2 runs at once.")
                         .arg(amountText(all / double(study.parallel), study.unit))
                         .arg(study.parallel));
    if (seedCount < 2)
        lines.append(tr("With one seed there is no standard error and no test between methods."));
    if (probe.pending()) lines.append(tr("Reading the data…"));
    summary->setText(lines.join(QStringLiteral("\n\n")));
}

NewStudyPage::NewStudyPage(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>(*this)) {
    setObjectName(QStringLiteral("newStudyPage"));
    impl_->build();
}

NewStudyPage::~NewStudyPage() {
    // The widgets refer to the models, which go with impl_.
    qDeleteAll(findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
}

void NewStudyPage::setCurrentExperiment(const Experiment& experiment) {
    impl_->current = experiment;
    impl_->showDraft();
}

void NewStudyPage::setStudy(const Study& study) {
    for (const auto& [path, field] : impl_->fields()) field->setInputProblem({});
    impl_->draft.setStudy(study);
    impl_->table->selectRow(0);
}

Study NewStudyPage::study() const { return impl_->draft.study(); }
std::vector<Mistake> NewStudyPage::mistakes() const { return impl_->mistakes; }

void NewStudyPage::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || !impl_ || impl_->back == nullptr) return;
    impl_->back->setIcon(themedIcon(QStringLiteral("back"), palette()));
    impl_->review();
}

} // namespace dstn::ui
