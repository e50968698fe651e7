#include "ui/studies/study_page.h"

#include "ui/live/run_header.h"
#include "ui/studies/column_fit.h"
#include "ui/studies/extend_panel.h"
#include "ui/studies/method_table_model.h"
#include "ui/studies/paired_test_model.h"
#include "ui/studies/study_chart.h"
#include "ui/studies/study_controller.h"
#include "ui/studies/study_run_model.h"
#include "ui/text/file_name.h"
#include "ui/text/number_text.h"
#include "ui/text/run_summary.h"
#include "ui/text/run_text.h"
#include "ui/text/study_text.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/icons.h"

#include <QBoxLayout>
#include <QEvent>
#include <QFileDialog>
#include <QHeaderView>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSaveFile>
#include <QSettings>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace dstn::ui {

namespace {

const QString splitterKey = QStringLiteral("studies/splitter");
const QString folderKey = QStringLiteral("studies/exportFolder");

QTableView* makeTable(QAbstractItemModel* model, const QString& name, const QString& accessible) {
    auto* table = new QTableView;
    table->setObjectName(name);
    table->setAccessibleName(accessible);
    table->setModel(model);
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 9);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setMinimumSectionSize(28);
    return table;
}

} // namespace

/// The widgets, and the study as it was last read.
struct StudyPage::Impl {
    Impl(StudyPage& owner, StudyController& study, std::filesystem::path file)
        : page(owner), controller(study), archive(std::move(file)) {}

    StudyPage& page;
    StudyController& controller;
    std::filesystem::path archive;
    QString id;
    std::optional<LoadedStudy> loaded;

    ElidedLabel* name = nullptr;
    Badge* badge = nullptr;
    QProgressBar* bar = nullptr;
    QPushButton *run = nullptr, *extend = nullptr, *edit = nullptr, *back = nullptr;
    QToolButton* exports = nullptr;
    ElidedLabel *budget = nullptr, *seeds = nullptr, *runs = nullptr, *spent = nullptr, *left = nullptr,
                *now = nullptr;
    Banner* banner = nullptr;
    ExtendPanel* extendPanel = nullptr;
    StudyChart* chart = nullptr;
    QSplitter* splitter = nullptr;
    QTabWidget* tabs = nullptr;
    QTableView *methodTable = nullptr, *testTable = nullptr, *runTable = nullptr;
    ColumnFit *methodFit = nullptr, *testFit = nullptr, *runFit = nullptr;
    MethodTableModel methods;
    PairedTestModel tests;
    StudyRunModel runModel;
    QSortFilterProxyModel runOrder;

    void build();
    QWidget* makeHeader();
    QLayout* makeTitleRow();
    QLayout* makeFigures();
    void makeTables();
    void makeExports();
    void update();
    bool isHere() const { return controller.isActive() && controller.study() == id; }
    bool isElsewhere() const {
        return loaded && loaded->row.state == RunState::running && controller.study() != id;
    }
    void write(const QString& filter, const QString& ending, const std::string& text);
    void fitTables();
};

void StudyPage::Impl::build() {
    banner = new Banner;
    banner->setObjectName(QStringLiteral("studyBanner"));
    extendPanel = new ExtendPanel;
    extendPanel->setObjectName(QStringLiteral("extendPanel"));
    extendPanel->hide();
    chart = new StudyChart;
    makeTables();
    tabs = new QTabWidget;
    tabs->setDocumentMode(true);
    tabs->addTab(methodTable, tr("&Methods"));
    tabs->addTab(testTable, tr("&Paired tests"));
    tabs->addTab(runTable, tr("&Runs"));
    splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(chart);
    splitter->addWidget(tabs);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({380, 220});
    splitter->setHandleWidth(10);
    if (const QByteArray state = QSettings().value(splitterKey).toByteArray(); !state.isEmpty())
        splitter->restoreState(state);

    auto* layout = new QVBoxLayout(&page);
    layout->setContentsMargins(16, 14, 16, 12);
    layout->setSpacing(10);
    layout->addWidget(banner);
    layout->addWidget(makeHeader());
    layout->addWidget(extendPanel);
    layout->addWidget(splitter, 1);
    makeExports();

    QObject::connect(run, &QPushButton::clicked, &page, [this] {
        if (isHere())
            controller.pause();
        else
            emit page.runRequested(id);
    });
    QObject::connect(extend, &QPushButton::clicked, &page, [this] {
        if (!loaded) return;
        extendPanel->setStudy(loaded->study);
        extendPanel->setVisible(!extendPanel->isVisible());
        if (extendPanel->isVisible()) extendPanel->setFocus();
    });
    QObject::connect(extendPanel, &ExtendPanel::cancelled, &page, [this] {
        extendPanel->hide();
        extend->setFocus();
    });
    QObject::connect(extendPanel, &ExtendPanel::extended, &page, [this](const Study& wanted) {
        extendPanel->hide();
        emit page.extendRequested(id, wanted);
    });
    QObject::connect(edit, &QPushButton::clicked, &page, [this] {
        if (loaded) emit page.editRequested(loaded->study);
    });
    QObject::connect(back, &QPushButton::clicked, &page, &StudyPage::closed);
    QObject::connect(&controller, &StudyController::changed, &page, [this] { update(); });
    QObject::connect(&controller, &StudyController::noted, &page,
                     [this](LogLevel level, const QString& text) {
                         if (controller.study() == id && level != LogLevel::info)
                             banner->showMessage(text, level == LogLevel::error ? Tone::bad : Tone::warning);
                     });
    QObject::connect(&controller, &StudyController::finished, &page, [this](const StudyFinished& finished) {
        if (controller.study() == id && finished.state == RunState::failed)
            banner->showMessage(QString::fromStdString(finished.message), Tone::bad);
    });
    QObject::connect(chart->plot(), &CurvePlot::exported, &page, [this](const QString& path) {
        banner->showMessage(tr("Saved as %1").arg(path), Tone::good);
    });
    QObject::connect(chart->plot(), &CurvePlot::exportFailed, &page,
                     [this](const QString& message) { banner->showMessage(message, Tone::bad); });
    update();
}

QWidget* StudyPage::Impl::makeHeader() {
    bar = new QProgressBar;
    bar->setObjectName(QStringLiteral("studyProgress"));
    bar->setTextVisible(false);
    bar->setFixedHeight(6);
    bar->setRange(0, 1000);
    bar->setAccessibleName(tr("Progress of the study"));

    auto* header = new QWidget;
    auto* layout = new QVBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(makeTitleRow());
    layout->addWidget(bar);
    layout->addLayout(makeFigures());
    return header;
}

QLayout* StudyPage::Impl::makeTitleRow() {
    name = new ElidedLabel;
    name->setObjectName(QStringLiteral("studyName"));
    QFont large = name->font();
    large.setPointSizeF(large.pointSizeF() * 1.35);
    large.setBold(true);
    name->setFont(large);
    name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    badge = new Badge;
    const auto button = [](const QString& text, const QString& object, const QString& toolTip) {
        auto* made = new QPushButton(text);
        made->setObjectName(object);
        made->setToolTip(toolTip);
        return made;
    };
    run = button(tr("Run"), QStringLiteral("runStudy"), {});
    run->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P));
    extend = button(tr("Ex&tend…"), QStringLiteral("extendStudy"), {});
    edit = button(tr("&Duplicate"), QStringLiteral("duplicateStudy"),
                  tr("Create a new study as a copy of this one"));
    back = button(tr("&Back to the studies"), QStringLiteral("backToStudies"),
                  tr("Back to the list of studies (Alt+Left)"));
    back->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Left));
    exports = new QToolButton;
    exports->setObjectName(QStringLiteral("exportStudy"));
    exports->setText(tr("Export"));
    exports->setToolTip(tr("Export the results to a file"));
    exports->setPopupMode(QToolButton::InstantPopup);
    exports->setToolButtonStyle(Qt::ToolButtonTextOnly);
    exports->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
    auto* top = new QHBoxLayout;
    top->setSpacing(6);
    top->addWidget(name, 1);
    top->addWidget(badge);
    top->addSpacing(6);
    for (QWidget* each : std::initializer_list<QWidget*>{run, extend, edit, exports, back})
        top->addWidget(each);
    return top;
}

QLayout* StudyPage::Impl::makeFigures() {
    auto* cells = new QHBoxLayout;
    cells->setSpacing(22);
    const auto cell = [cells](const QString& caption, const QString& toolTip, int stretch) {
        auto* title = new ElidedLabel(caption);
        title->setForegroundRole(QPalette::PlaceholderText);
        QFont small = title->font();
        small.setPointSizeF(small.pointSizeF() - 1.0);
        title->setFont(small);
        auto* value = new ElidedLabel(QStringLiteral("–"));
        value->setAccessibleName(caption);
        if (!toolTip.isEmpty()) value->setToolTip(toolTip);
        auto* column = new QVBoxLayout;
        column->setSpacing(1);
        column->addWidget(title);
        column->addWidget(value);
        cells->addLayout(column, stretch);
        return value;
    };
    budget = cell(tr("Budget of each"), tr("For each method and seed, search trials included"), 0);
    seeds = cell(tr("Seeds"), {}, 0);
    runs = cell(tr("Runs"), {}, 0);
    spent = cell(tr("Spent"), tr("By all methods and seeds together"), 0);
    left = cell(tr("Time left"), {}, 0);
    now = cell(tr("Now"), {}, 1);
    now->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    runs->setObjectName(QStringLiteral("studyRuns"));
    spent->setObjectName(QStringLiteral("studySpent"));
    left->setObjectName(QStringLiteral("studyLeft"));
    return cells;
}

void StudyPage::Impl::makeTables() {
    methodTable = makeTable(&methods, QStringLiteral("studyMethods"), tr("Methods"));
    methodTable->verticalHeader()->hide();
    methodTable->setSelectionBehavior(QAbstractItemView::SelectRows);
    methodTable->horizontalHeader()->setStretchLastSection(true);
    testTable = makeTable(&tests, QStringLiteral("studyTests"), tr("Paired tests between methods"));
    testTable->setToolTip(tr("Each row against each column, by best validation loss"));
    testTable->horizontalHeader()->setDefaultAlignment(Qt::AlignCenter);
    runOrder.setSourceModel(&runModel);
    runOrder.setSortRole(StudyRunModel::sortRole);
    runTable = makeTable(&runOrder, QStringLiteral("studyRunTable"), tr("Runs of the study"));
    runTable->verticalHeader()->hide();
    runTable->setSelectionBehavior(QAbstractItemView::SelectRows);
    runTable->setSelectionMode(QAbstractItemView::SingleSelection);
    runTable->horizontalHeader()->setStretchLastSection(true);
    runTable->setSortingEnabled(true);
    runTable->sortByColumn(-1, Qt::AscendingOrder);
    runTable->setToolTip(tr("Double-click, or press Return, to open the run"));
    methodFit = new ColumnFit(methodTable);
    testFit = new ColumnFit(testTable);
    runFit = new ColumnFit(runTable);
    const auto openRun = [this](const QModelIndex& index) {
        if (index.isValid()) emit page.openRunRequested(index.data(StudyRunModel::idRole).toString());
    };
    QObject::connect(runTable, &QTableView::doubleClicked, &page, openRun);
    auto* open = new QAction(tr("Open the run"), runTable);
    open->setShortcuts({Qt::Key_Return, Qt::Key_Enter});
    open->setShortcutContext(Qt::WidgetShortcut);
    QObject::connect(open, &QAction::triggered, &page,
                     [this, openRun] { openRun(runTable->currentIndex()); });
    runTable->addAction(open);
    runTable->setContextMenuPolicy(Qt::ActionsContextMenu);
}

void StudyPage::Impl::makeExports() {
    auto* menu = new QMenu(exports);
    menu->addAction(tr("Curves as &CSV…"), &page, [this] {
        if (!loaded) return;
        std::ostringstream out;
        exportCsv(loaded->study, loaded->results, out);
        write(tr("CSV (*.csv)"), QStringLiteral(".csv"), out.str());
    });
    menu->addAction(tr("Everything as &JSON…"), &page, [this] {
        if (loaded)
            write(tr("JSON (*.json)"), QStringLiteral("-results.json"),
                  exportJson(loaded->study, loaded->results));
    });
    menu->addAction(tr("Table as &Markdown…"), &page, [this] {
        if (loaded)
            write(tr("Markdown (*.md)"), QStringLiteral(".md"),
                  resultsMarkdown(loaded->study, loaded->results));
    });
    menu->addAction(tr("Chart as &picture…"), &page, [this] { page.exportPicture(); });
    menu->addSeparator();
    menu->addAction(tr("The &study itself…"), &page, [this] {
        if (loaded) write(tr("Study (*.json)"), QStringLiteral(".json"), toJson(loaded->study));
    });
    exports->setMenu(menu);
}

void StudyPage::Impl::write(const QString& filter, const QString& ending, const std::string& text) {
    QSettings settings;
    const QString folder = settings.value(folderKey).toString();
    const QString file = QFileDialog::getSaveFileName(
        &page, tr("Export the study"),
        QDir(folder).filePath(
            fileName(QString::fromStdString(loaded->row.name).toLower(), QStringLiteral("study")) + ending),
        filter);
    if (file.isEmpty()) return;
    settings.setValue(folderKey, QFileInfo(file).absolutePath());
    if (belongsToArchive(archive, file.toStdString())) {
        banner->showMessage(tr("%1 cannot be written: it is the archive itself. Choose another name; the "
                               "archive is unchanged.")
                                .arg(file),
                            Tone::bad);
        return;
    }
    QSaveFile out(file);
    const QByteArray bytes = QByteArray::fromStdString(text);
    if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit())
        banner->showMessage(
            tr("%1 cannot be written: %2. Choose another folder.").arg(file, out.errorString()), Tone::bad);
    else
        banner->showMessage(tr("Saved as %1").arg(file), Tone::good);
}

void StudyPage::Impl::fitTables() {
    for (int column = 0; column < MethodTableModel::ColumnCount; ++column)
        methodTable->setColumnHidden(column, !methods.hasValues(column));
    for (ColumnFit* each : {methodFit, testFit, runFit}) each->fit();
}

void StudyPage::Impl::update() {
    const bool here = isHere();
    const QString dash = QStringLiteral("–");
    name->setText(loaded ? QString::fromStdString(loaded->row.name) : tr("Reading the study…"));
    name->setToolTip(
        loaded ? QStringLiteral("%1\n%2").arg(QString::fromStdString(loaded->study.description), id) : id);
    const RunState state = here ? RunState::running : loaded ? loaded->row.state : RunState::preparing;
    if (here && controller.isPausing())
        badge->set(tr("pausing…"), Tone::busy);
    else
        badge->set(!loaded && !here ? tr("reading…") : stateText(state), stateTone(state));
    badge->setToolTip(loaded ? QString::fromStdString(loaded->row.reason) : QString());

    const bool started = loaded && loaded->row.runs > 0;
    run->setText(here ? tr("Pause") : started ? tr("Resume") : tr("Run"));
    run->setIcon(themedIcon(here ? QStringLiteral("pause") : QStringLiteral("run"), page.palette()));
    edit->setIcon(themedIcon(QStringLiteral("duplicate"), page.palette()));
    back->setIcon(themedIcon(QStringLiteral("back"), page.palette()));
    run->setToolTip(
        here ? tr("Save the runs in progress and stop; the study can be resumed later (Ctrl+Shift+P)")
             : tr("Run until the budget is used up (Ctrl+Shift+P)"));
    const bool complete = loaded && !here && loaded->row.state == RunState::completed;
    run->setEnabled(here ? !controller.isPausing() : loaded && !isElsewhere() && !complete);
    if (isElsewhere()) run->setToolTip(tr("Another process is running it."));
    if (complete) run->setToolTip(tr("Its budget is used up. Extend it to continue."));
    extend->setEnabled(loaded && !here && !isElsewhere());
    extend->setToolTip(here ? tr("Pause the study first.") : tr("Add budget or seeds"));
    edit->setEnabled(loaded.has_value());
    exports->setEnabled(loaded.has_value());

    if (!loaded) {
        for (ElidedLabel* label : {budget, seeds, runs, spent, left, now}) label->setText(dash);
        bar->setValue(0);
        return;
    }
    const StudyProgress& progress = controller.progress();
    const bool known = here && progress.total > 0.0;
    const double total = known ? progress.total : loaded->total();
    const double done = known ? progress.spent : loaded->spent;
    bar->setRange(0, here && !known ? 0 : 1000);
    bar->setValue(complete ? 1000
                  : total > 0.0 && std::isfinite(done / total)
                      ? static_cast<int>(std::clamp(done / total, 0.0, 1.0) * 1000.0)
                      : 0);
    budget->setText(amountText(loaded->study.budget, loaded->study.unit));
    seeds->setText(seedsText(loaded->study.seeds));
    const auto failed = static_cast<std::int64_t>(std::ranges::count_if(
        loaded->runs, [](const StudyRun& each) { return each.state == RunState::failed; }));
    runs->setText(runCountText(static_cast<std::int64_t>(loaded->runs.size()), failed));
    spent->setText(shareText(done, total, loaded->study.unit));
    left->setText(here && progress.secondsLeft > 0.0 ? durationText(progress.secondsLeft) : dash);
    now->setText(here && !controller.current().isEmpty() ? controller.current()
                 : QString::fromStdString(loaded->row.reason).isEmpty()
                     ? dash
                     : QString::fromStdString(loaded->row.reason));
}

StudyPage::StudyPage(StudyController& controller, std::filesystem::path archive, QWidget* parent)
    : QWidget(parent), impl_(std::make_unique<Impl>(*this, controller, std::move(archive))) {
    setObjectName(QStringLiteral("studyPage"));
    impl_->build();
}

StudyPage::~StudyPage() {
    QSettings().setValue(splitterKey, impl_->splitter->saveState());
    impl_->controller.disconnect(this);
    // The views refer to the models, which go with impl_.
    qDeleteAll(findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
}

void StudyPage::open(const QString& study) {
    if (study == impl_->id) return;
    impl_->id = study;
    impl_->loaded.reset();
    impl_->banner->hide();
    impl_->extendPanel->hide();
    impl_->methods.setResults({});
    impl_->tests.setResults({});
    impl_->runModel.setStudy({});
    impl_->chart->show(StudyResults{});
    impl_->tabs->setCurrentIndex(0);
    impl_->update();
}

QString StudyPage::study() const { return impl_->id; }

void StudyPage::show(const LoadedStudy& loaded) {
    if (QString::fromStdString(loaded.row.id) != impl_->id) return;
    const bool first = !impl_->loaded;
    impl_->loaded = loaded;
    if (first) impl_->chart->setUnit(loaded.study.unit);
    impl_->methods.setResults(loaded.results);
    impl_->tests.setResults(loaded.results);
    impl_->runModel.setStudy(loaded);
    impl_->chart->show(loaded.results);
    impl_->fitTables();
    impl_->update();
}

void StudyPage::showProblem(const QString& message) { impl_->banner->showMessage(message, Tone::bad); }

void StudyPage::tell(const QString& message, bool isError) {
    impl_->banner->showMessage(message, isError ? Tone::bad : Tone::warning);
}

void StudyPage::exportPicture() { impl_->chart->plot()->askForExport(); }

void StudyPage::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && impl_ && impl_->run != nullptr) impl_->update();
}

} // namespace dstn::ui
