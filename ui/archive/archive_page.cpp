#include "ui/archive/archive_page.h"

#include "ui/access/archive_client.h"
#include "ui/access/run_follow.h"
#include "ui/archive/progress_delegate.h"
#include "ui/archive/run_export.h"
#include "ui/archive/run_list_model.h"
#include "ui/archive/run_preview.h"
#include "ui/archive/run_table_model.h"
#include "ui/text/run_text.h"
#include "ui/widgets/notice_bar.h"

#include <QAction>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QSaveFile>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QTimer>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <unordered_map>

namespace dstn::ui {

namespace {

/// Changes where the columns themselves change, so that an old layout is not forced onto new ones.
const QString headerKey = QStringLiteral("archive/columns2");
const QString splitterKey = QStringLiteral("archive/splitter");
const QString starredKey = QStringLiteral("archive/starredOnly");
const QString trialsKey = QStringLiteral("archive/trialsHidden");
const QString folderKey = QStringLiteral("archive/exportFolder");

bool canResume(const RunRow& row) {
    return row.resumable && ended(row.state) && row.state != RunState::completed;
}

QString counted(qsizetype count, const QString& one, const QString& many) {
    return count == 1
               ? QStringLiteral("1 ") + one
               : QStringLiteral("%1 %2").arg(QLocale::c().toString(static_cast<qlonglong>(count)), many);
}

} // namespace

/// The widgets and what connects them. Holds no run: those are in the table model, which shows the archive.
struct ArchivePage::Impl {
    Impl(ArchivePage* owner, std::filesystem::path file)
        : page(owner), archiveFile(file), client(std::move(file), Archive::Mode::readWrite), list(&runs) {}

    ArchivePage* page;
    std::filesystem::path archiveFile;
    ArchiveClient client;
    RunTableModel runs;
    RunListModel list;
    bool arrived = false; ///< the list has been read once

    NoticeBar* trouble = nullptr;
    NoticeBar* notice = nullptr;
    QLineEdit* filter = nullptr;
    QLabel* filterProblem = nullptr;
    QTableView* table = nullptr;
    QStackedLayout* stack = nullptr;
    QLabel* emptyText = nullptr;
    QToolButton* emptyButton = nullptr;
    QLabel* counts = nullptr;
    QSplitter* splitter = nullptr;
    RunPreview* preview = nullptr;
    QMenu* columnMenu = nullptr;
    QTimer detailTimer;
    std::string detailsAsked;

    QAction *open = nullptr, *compare = nullptr, *duplicate = nullptr, *resume = nullptr, *rename = nullptr,
            *star = nullptr, *tags = nullptr, *note = nullptr, *remove = nullptr, *restore = nullptr,
            *purge = nullptr, *exportCsv = nullptr, *exportJson = nullptr, *exportList = nullptr,
            *starredOnly = nullptr, *trialsHidden = nullptr, *showStudy = nullptr, *replay = nullptr,
            *retrain = nullptr, *deletedShown = nullptr, *reload = nullptr, *undo = nullptr;
    std::function<void()> undoLast;

    void build();
    QAction* add(const QString& text, const QList<QKeySequence>& keys, const QString& tip,
                 std::function<void()> triggered);
    void makeActions();
    QToolBar* makeToolBar();
    void makeTable();
    void makeColumnMenu();
    void fillContextMenu(QMenu& menu);
    void readSettings();
    void writeSettings() const;

    std::vector<RunRow> selected() const; ///< in the order shown
    const RunRow* current() const;        ///< the one selected run
    static std::vector<std::string> idsOf(const std::vector<RunRow>& rows);

    void rowsArrived(const ArchiveClient::Rows& rows);
    void selectionChanged();
    void updateActions();
    void listChanged();
    /// Changes when a run's details have changed.
    static std::string detailsOf(const RunRow& row) {
        return row.id + '/' + std::to_string(static_cast<int>(row.state)) + '/' + std::to_string(row.steps);
    }
    void askDetails();
    void setDeleted(bool deleted);
    void askPurge();
    void exportSelected(ExportFormat format);
    void exportShownList();
};

QAction* ArchivePage::Impl::add(const QString& text, const QList<QKeySequence>& keys, const QString& tip,
                                std::function<void()> triggered) {
    auto* action = new QAction(text, page);
    action->setShortcuts(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(
        keys.isEmpty() ? tip
                       : QStringLiteral("%1 (%2)").arg(tip, keys.first().toString(QKeySequence::NativeText)));
    action->setObjectName(text);
    QObject::connect(action, &QAction::triggered, page, std::move(triggered));
    page->addAction(action);
    return action;
}

void ArchivePage::Impl::makeActions() {
    open = add(tr("Open"), {Qt::Key_Return, Qt::Key_Enter}, tr("Show the run with all its curves"), [this] {
        for (const RunRow& row : selected()) emit page->openRequested(QString::fromStdString(row.id));
    });
    // Only where the list has the focus: Enter in a text field belongs to that.
    page->removeAction(open);
    open->setShortcutContext(Qt::WidgetShortcut);
    table->addAction(open);
    compare = add(tr("Compare"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)},
                  tr("Lay the selected runs over one another; select two or more"), [this] {
                      QStringList ids;
                      for (const RunRow& row : selected()) ids << QString::fromStdString(row.id);
                      if (ids.size() >= 2) emit page->compareRequested(ids);
                  });
    duplicate =
        add(tr("Duplicate"), {QKeySequence(Qt::CTRL | Qt::Key_D)},
            tr("Set up a new experiment with this run's configuration"), [this] {
                const RunRow* run = current();
                if (!run) return;
                client.ask(
                    page, [id = run->id](Archive& archive) { return archive.details(id).experimentJson; },
                    [this](const std::string& json) {
                        emit page->duplicateRequested(QString::fromStdString(json));
                    });
            });
    resume = add(tr("Resume"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R)},
                 tr("Go on with a run that stopped early, from its last checkpoint"), [this] {
                     if (const RunRow* run = current(); run && canResume(*run))
                         emit page->resumeRequested(QString::fromStdString(run->id));
                 });
    const auto follow = [this](Follow what) {
        const RunRow* run = current();
        if (!run) return;
        client.ask(
            page, [id = run->id, what](Archive& archive) { return toJson(followed(archive, id, what)); },
            [this](const std::string& json) { emit page->duplicateRequested(QString::fromStdString(json)); });
    };
    replay = add(tr("Replay its schedule"), {},
                 tr("Set up a plain training whose hyperparameters follow this run's, step by step"),
                 [follow] { follow(Follow::schedule); });
    retrain =
        add(tr("Retrain with its final values"), {},
            tr("Set up a plain training from the start with the hyperparameters that this run ended with"),
            [follow] { follow(Follow::values); });
    showStudy = add(tr("Show its study"), {}, tr("Go to the study that the run belongs to"), [this] {
        if (const RunRow* run = current(); run && !run->study.empty())
            emit page->studyRequested(QString::fromStdString(run->study));
    });
    rename = add(tr("Rename"), {Qt::Key_F2}, tr("Change the name in the list"), [this] {
        const QModelIndex index = table->currentIndex();
        if (!index.isValid()) return;
        table->setColumnHidden(static_cast<int>(RunColumn::name), false);
        const QModelIndex name = index.siblingAtColumn(static_cast<int>(RunColumn::name));
        table->setCurrentIndex(name);
        table->edit(name);
    });
    star = add(tr("Star"), {Qt::Key_S}, tr("Star the selected runs, or take the stars away"), [this] {
        const std::vector<RunRow> rows = selected();
        const bool on = !std::all_of(rows.begin(), rows.end(), [](const RunRow& r) { return r.starred; });
        client.change([ids = idsOf(rows), on](Archive& archive) {
            for (const std::string& id : ids) archive.setStarred(id, on);
        });
    });
    tags = add(tr("Tags"), {Qt::Key_T}, tr("Write tags"), [this] { preview->focusTags(); });
    note = add(tr("Note"), {Qt::Key_N}, tr("Write a note"), [this] { preview->focusNote(); });
    remove = add(tr("Delete"), {Qt::Key_Delete}, tr("Delete the selected runs; can be undone"),
                 [this] { setDeleted(true); });
    restore = add(tr("Restore"), {}, tr("Take the selected runs back among the others"),
                  [this] { setDeleted(false); });
    purge =
        add(tr("Remove for good…"), {}, tr("Remove all deleted runs from the disk"), [this] { askPurge(); });
    exportCsv = add(tr("Runs as CSV…"), {QKeySequence(Qt::CTRL | Qt::Key_E)},
                    tr("Write the selected runs' metrics as CSV, one file a run"),
                    [this] { exportSelected(ExportFormat::csv); });
    exportJson = add(tr("Runs as JSON…"), {}, tr("Write the selected runs as JSON, one file a run"),
                     [this] { exportSelected(ExportFormat::json); });
    exportList =
        add(tr("This list as CSV…"), {}, tr("Write the list as it is shown: its rows, columns and order"),
            [this] { exportShownList(); });
    reload = add(tr("Refresh"), {Qt::Key_F5}, tr("Read the archive again"), [this] { page->refresh(); });
    undo = add(tr("Undo"), {QKeySequence(QKeySequence::Undo)}, tr("Take the last deletion back"), [this] {
        if (undoLast) std::exchange(undoLast, nullptr)();
    });
    starredOnly = add(tr("★ Starred"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S)},
                      tr("Only runs with a star"), [] {});
    starredOnly->setCheckable(true);
    QObject::connect(starredOnly, &QAction::toggled, page, [this](bool on) {
        list.setStarredOnly(on);
        listChanged();
    });
    trialsHidden = add(tr("Hide trials"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T)},
                       tr("Without the runs of studies"), [] {});
    trialsHidden->setCheckable(true);
    QObject::connect(trialsHidden, &QAction::toggled, page, [this](bool on) {
        list.setTrialsHidden(on);
        listChanged();
    });
    deletedShown =
        add(tr("Deleted"), {}, tr("The deleted runs, to restore them or remove them for good"), [] {});
    deletedShown->setCheckable(true);
    QObject::connect(deletedShown, &QAction::toggled, page, [this](bool on) {
        list.setDeletedShown(on);
        remove->setVisible(!on);
        restore->setVisible(on);
        purge->setVisible(on);
        listChanged();
    });
    restore->setVisible(false);
    purge->setVisible(false);

    auto* find = new QShortcut(QKeySequence(QKeySequence::Find), page);
    find->setContext(Qt::WidgetWithChildrenShortcut);
    QObject::connect(find, &QShortcut::activated, page, [this] {
        filter->setFocus();
        filter->selectAll();
    });
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), filter);
    escape->setContext(Qt::WidgetShortcut);
    QObject::connect(escape, &QShortcut::activated, page, [this] {
        filter->clear();
        table->setFocus();
    });
    auto* down = new QShortcut(QKeySequence(Qt::Key_Down), filter);
    down->setContext(Qt::WidgetShortcut);
    QObject::connect(down, &QShortcut::activated, page, [this] {
        table->setFocus();
        if (!table->currentIndex().isValid() && list.rowCount() > 0) table->selectRow(0);
    });
    QObject::connect(filter, &QLineEdit::returnPressed, page, [this] {
        table->setFocus();
        if (list.rowCount() > 0) table->selectRow(0);
    });
}

QToolBar* ArchivePage::Impl::makeToolBar() {
    auto* bar = new QToolBar(page);
    bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
    for (QAction* action : {open, compare, duplicate, resume}) bar->addAction(action);
    bar->addSeparator();
    for (QAction* action : {rename, star, tags, note, remove, restore, purge}) bar->addAction(action);
    bar->addSeparator();
    auto* exports = new QToolButton(bar);
    exports->setText(tr("Export"));
    exports->setToolTip(tr("Write runs or the list to a file"));
    exports->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(exports);
    menu->addActions({exportCsv, exportJson, exportList});
    exports->setMenu(menu);
    bar->addWidget(exports);
    return bar;
}

void ArchivePage::Impl::makeTable() {
    table = new QTableView(page);
    table->setObjectName(QStringLiteral("runs"));
    table->setAccessibleName(tr("Runs"));
    table->setModel(&list);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setSortingEnabled(true);
    table->sortByColumn(static_cast<int>(RunColumn::when), Qt::DescendingOrder);
    table->setContextMenuPolicy(Qt::CustomContextMenu);
    table->setItemDelegateForColumn(static_cast<int>(RunColumn::progress), new ProgressDelegate(table));
    table->verticalHeader()->hide();
    // All rows are alike, and asking 10,000 of them for their height takes seconds.
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 9);
    QHeaderView* const header = table->horizontalHeader();
    header->setSectionsMovable(true);
    header->setFirstSectionMovable(true);
    header->setHighlightSections(false);
    header->setStretchLastSection(true);
    header->setMinimumSectionSize(28);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    const int em = table->fontMetrics().horizontalAdvance(QLatin1Char('0'));
    const auto width = [&](RunColumn column, int characters) {
        table->setColumnWidth(static_cast<int>(column), characters * em + 14);
    };
    width(RunColumn::star, 2);
    width(RunColumn::name, 25);
    width(RunColumn::state, 13);
    width(RunColumn::data, 15);
    width(RunColumn::model, 14);
    width(RunColumn::method, 11);
    width(RunColumn::validationLoss, 10);
    width(RunColumn::accuracy, 10);
    width(RunColumn::test, 9);
    width(RunColumn::when, 15);
    width(RunColumn::duration, 11);
    width(RunColumn::progress, 14);
    width(RunColumn::tags, 16);
    width(RunColumn::note, 24);
    width(RunColumn::study, 20);
    width(RunColumn::gradients, 13);
    for (const RunColumn column : {RunColumn::model, RunColumn::test, RunColumn::gradients})
        table->setColumnHidden(static_cast<int>(column), true);
    header->moveSection(header->visualIndex(static_cast<int>(RunColumn::study)),
                        header->visualIndex(static_cast<int>(RunColumn::tags)));
    header->moveSection(header->visualIndex(static_cast<int>(RunColumn::gradients)),
                        header->visualIndex(static_cast<int>(RunColumn::tags)));
    header->moveSection(header->visualIndex(static_cast<int>(RunColumn::data)),
                        header->visualIndex(static_cast<int>(RunColumn::progress)));
    header->moveSection(header->visualIndex(static_cast<int>(RunColumn::model)),
                        header->visualIndex(static_cast<int>(RunColumn::progress)));
    header->moveSection(header->visualIndex(static_cast<int>(RunColumn::method)),
                        header->visualIndex(static_cast<int>(RunColumn::progress)));
}

void ArchivePage::Impl::makeColumnMenu() {
    columnMenu = new QMenu(tr("Columns"), page);
    QObject::connect(columnMenu, &QMenu::aboutToShow, page, [this] {
        columnMenu->clear();
        for (int column = 0; column < runColumnCount; ++column) {
            QAction* const action =
                columnMenu->addAction(RunTableModel::title(static_cast<RunColumn>(column)));
            action->setCheckable(true);
            action->setChecked(!table->isColumnHidden(column));
            // Without its name a run cannot be told from the others.
            action->setEnabled(column != static_cast<int>(RunColumn::name));
            QObject::connect(action, &QAction::toggled, page,
                             [this, column](bool on) { table->setColumnHidden(column, !on); });
        }
    });
}

void ArchivePage::Impl::fillContextMenu(QMenu& menu) {
    menu.addActions({open, compare, duplicate, resume, showStudy});
    menu.addSeparator();
    menu.addActions({replay, retrain});
    menu.addSeparator();
    menu.addActions({rename, star, tags, note});
    menu.addSeparator();
    menu.addActions({exportCsv, exportJson, exportList});
    menu.addSeparator();
    menu.addActions({remove, restore, purge});
}

void ArchivePage::Impl::build() {
    page->setObjectName(QStringLiteral("archivePage"));
    trouble = new NoticeBar(page);
    trouble->setObjectName(QStringLiteral("trouble"));
    notice = new NoticeBar(page);
    notice->setObjectName(QStringLiteral("notice"));
    filter = new QLineEdit(page);
    filter->setObjectName(QStringLiteral("filter"));
    filter->setClearButtonEnabled(true);
    filter->setPlaceholderText(
        tr("Filter: words, state=completed, tag=paper, best<0.5, created>=2024-05, -word"));
    filter->setToolTip(tr("<p>Words are looked for in all columns; <b>-</b> before one: none contains it.</p>"
                          "<p>Conditions, as on the command line:</p><pre>%1</pre>")
                           .arg(QString::fromStdString(RunFilter::help()).toHtmlEscaped()));
    filter->setAccessibleName(tr("Filter"));
    filterProblem = new QLabel(page);
    filterProblem->setObjectName(QStringLiteral("filterProblem"));
    filterProblem->setTextFormat(Qt::PlainText);
    filterProblem->setWordWrap(true);
    filterProblem->hide();
    makeTable();
    preview = new RunPreview(page);
    makeActions();
    makeColumnMenu();

    auto* top = new QHBoxLayout;
    top->addWidget(filter, 1);
    for (QAction* action : {starredOnly, trialsHidden, deletedShown}) {
        auto* button = new QToolButton(page);
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        top->addWidget(button);
    }
    auto* columns = new QToolButton(page);
    columns->setText(tr("Columns"));
    columns->setToolTip(tr("Choose which columns are shown"));
    columns->setPopupMode(QToolButton::InstantPopup);
    columns->setMenu(columnMenu);
    top->addWidget(columns);
    auto* again = new QToolButton(page);
    again->setDefaultAction(reload);
    again->setToolButtonStyle(Qt::ToolButtonTextOnly);
    top->addWidget(again);

    auto* empty = new QWidget(page);
    auto* emptyColumn = new QVBoxLayout(empty);
    emptyText = new QLabel(empty);
    emptyText->setObjectName(QStringLiteral("emptyText"));
    emptyText->setAlignment(Qt::AlignCenter);
    emptyText->setWordWrap(true);
    emptyText->setForegroundRole(QPalette::PlaceholderText);
    emptyButton = new QToolButton(empty);
    emptyButton->setText(tr("Show all runs"));
    QObject::connect(emptyButton, &QToolButton::clicked, page, [this] {
        filter->clear();
        starredOnly->setChecked(false);
        trialsHidden->setChecked(false);
        deletedShown->setChecked(false);
    });
    emptyColumn->addStretch(1);
    emptyColumn->addWidget(emptyText);
    emptyColumn->addWidget(emptyButton, 0, Qt::AlignHCenter);
    emptyColumn->addStretch(2);

    auto* left = new QWidget(page);
    auto* leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    auto* stacked = new QWidget(left);
    stack = new QStackedLayout(stacked);
    stack->addWidget(table);
    stack->addWidget(empty);
    counts = new QLabel(left);
    counts->setObjectName(QStringLiteral("counts"));
    leftColumn->addWidget(stacked, 1);
    leftColumn->addWidget(counts);

    splitter = new QSplitter(Qt::Horizontal, page);
    splitter->addWidget(left);
    splitter->addWidget(preview);
    splitter->setStretchFactor(0, 1);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({900, 340});
    preview->setMinimumWidth(260);

    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(8, 6, 8, 6);
    column->addLayout(top);
    column->addWidget(filterProblem);
    column->addWidget(makeToolBar());
    column->addWidget(trouble);
    column->addWidget(notice);
    column->addWidget(splitter, 1);

    detailTimer.setSingleShot(true);
    QObject::connect(&detailTimer, &QTimer::timeout, page, [this] { askDetails(); });
    QObject::connect(filter, &QLineEdit::textChanged, page, [this](const QString& text) {
        const QString problem = list.setFilterText(text);
        filterProblem->setText(tr("⚠ %1").arg(problem));
        filterProblem->setVisible(!problem.isEmpty());
        filter->setAccessibleDescription(problem);
        listChanged();
    });
    QObject::connect(table, &QTableView::doubleClicked, page, [this](const QModelIndex& index) {
        if (index.column() == static_cast<int>(RunColumn::study) && showStudy->isEnabled())
            showStudy->trigger();
        else if (index.column() != static_cast<int>(RunColumn::star))
            open->trigger();
    });
    QObject::connect(table, &QTableView::clicked, page, [this](const QModelIndex& index) {
        if (index.column() != static_cast<int>(RunColumn::star)) return;
        const QModelIndex source = list.mapToSource(index);
        runs.setData(source, !runs.row(source.row()).starred, Qt::EditRole);
    });
    QObject::connect(table, &QTableView::customContextMenuRequested, page, [this](const QPoint& at) {
        QMenu menu(page);
        fillContextMenu(menu);
        menu.exec(table->viewport()->mapToGlobal(at));
    });
    QObject::connect(
        table->horizontalHeader(), &QHeaderView::customContextMenuRequested, page,
        [this](const QPoint& at) { columnMenu->exec(table->horizontalHeader()->mapToGlobal(at)); });
    QObject::connect(table->selectionModel(), &QItemSelectionModel::selectionChanged, page,
                     [this] { selectionChanged(); });
    QObject::connect(&runs, &RunTableModel::renamed, page, [this](const QString& id, const QString& name) {
        client.change([id = id.toStdString(), name = name.toStdString()](Archive& archive) {
            archive.rename(id, name);
        });
    });
    QObject::connect(&runs, &RunTableModel::starred, page, [this](const QString& id, bool on) {
        client.change([id = id.toStdString(), on](Archive& archive) { archive.setStarred(id, on); });
    });
    QObject::connect(preview, &RunPreview::noteEdited, page, [this](const QString& id, const QString& text) {
        client.change([id = id.toStdString(), text = text.toStdString()](Archive& archive) {
            archive.setNote(id, text);
        });
    });
    QObject::connect(preview, &RunPreview::tagsEdited, page, [this](const QString& id, const QString& text) {
        client.change([id = id.toStdString(), all = tagsFromText(text)](Archive& archive) {
            archive.setTags(id, all);
        });
    });
    QObject::connect(
        preview, &RunPreview::tagsAdded, page, [this](const QStringList& ids, const QString& text) {
            std::unordered_map<std::string, std::vector<std::string>> wanted;
            for (const QString& id : ids) {
                const int row = runs.indexOf(id);
                if (row < 0) continue;
                wanted[id.toStdString()] = tagsFromText(tagsText(runs.row(row)) + QLatin1Char(',') + text);
            }
            client.change([wanted](Archive& archive) {
                for (const auto& [id, all] : wanted) archive.setTags(id, all);
            });
        });
    QObject::connect(preview, &RunPreview::tagsDone, table, qOverload<>(&QWidget::setFocus));
    QObject::connect(&client, &ArchiveClient::rowsArrived, page,
                     [this](const ArchiveClient::Rows& rows) { rowsArrived(rows); });
    QObject::connect(&client, &ArchiveClient::troubleChanged, page, [this](const QString& message) {
        if (message.isEmpty())
            trouble->clear();
        else
            trouble->say(NoticeBar::Kind::warning, message, {{tr("Try again"), [this] { page->refresh(); }}});
        listChanged();
    });
    QObject::connect(&client, &ArchiveClient::failed, page, [this](const QString& message) {
        if (message != trouble->text()) notice->say(NoticeBar::Kind::warning, message);
    });
    page->setFocusProxy(table);
    QWidget::setTabOrder(filter, table);
    readSettings();
    selectionChanged();
    listChanged();
}

void ArchivePage::Impl::readSettings() {
    const QSettings settings;
    if (const QByteArray state = settings.value(headerKey).toByteArray(); !state.isEmpty()) {
        table->horizontalHeader()->restoreState(state);
        table->setColumnHidden(static_cast<int>(RunColumn::name), false);
        table->sortByColumn(table->horizontalHeader()->sortIndicatorSection(),
                            table->horizontalHeader()->sortIndicatorOrder());
    }
    if (const QByteArray state = settings.value(splitterKey).toByteArray(); !state.isEmpty())
        splitter->restoreState(state);
    starredOnly->setChecked(settings.value(starredKey, false).toBool());
    trialsHidden->setChecked(settings.value(trialsKey, false).toBool());
}

void ArchivePage::Impl::writeSettings() const {
    QSettings settings;
    settings.setValue(headerKey, table->horizontalHeader()->saveState());
    settings.setValue(splitterKey, splitter->saveState());
    settings.setValue(starredKey, starredOnly->isChecked());
    settings.setValue(trialsKey, trialsHidden->isChecked());
}

std::vector<RunRow> ArchivePage::Impl::selected() const {
    QModelIndexList indexes = table->selectionModel()->selectedRows();
    std::sort(indexes.begin(), indexes.end(), [](const auto& a, const auto& b) { return a.row() < b.row(); });
    std::vector<RunRow> rows;
    rows.reserve(static_cast<std::size_t>(indexes.size()));
    for (const QModelIndex& index : indexes) rows.push_back(list.run(index));
    return rows;
}

const RunRow* ArchivePage::Impl::current() const {
    const QModelIndexList indexes = table->selectionModel()->selectedRows();
    return indexes.size() == 1 ? &list.run(indexes.first()) : nullptr;
}

std::vector<std::string> ArchivePage::Impl::idsOf(const std::vector<RunRow>& rows) {
    std::vector<std::string> ids;
    for (const RunRow& row : rows) ids.push_back(row.id);
    return ids;
}

void ArchivePage::Impl::rowsArrived(const ArchiveClient::Rows& rows) {
    runs.setRows(*rows);
    if (!std::exchange(arrived, true) && list.rowCount() > 0 && !table->selectionModel()->hasSelection())
        table->selectRow(0);
    listChanged();
    const RunRow* const run = current();
    if (!run) return;
    preview->showRun(*run);
    // The selected run may have gone on; another one's progress is no reason to read this one again.
    if (detailsOf(*run) != detailsAsked && !detailTimer.isActive())
        detailTimer.start(ended(run->state) ? 50 : 1000);
}

void ArchivePage::Impl::listChanged() {
    const int all = runs.rowCount(), shown = list.rowCount();
    const bool narrowed = !filter->text().trimmed().isEmpty() || starredOnly->isChecked() ||
                          trialsHidden->isChecked() || deletedShown->isChecked();
    if (shown == 0) {
        if (!trouble->text().isEmpty() && all == 0)
            emptyText->setText(tr("The runs cannot be shown; the line above says why and what to do."));
        else if (!arrived)
            emptyText->setText(tr("Reading the archive…"));
        else if (deletedShown->isChecked() && filter->text().isEmpty() && !starredOnly->isChecked())
            emptyText->setText(tr("No deleted runs."));
        else if (narrowed)
            emptyText->setText(tr("No run matches."));
        else
            emptyText->setText(
                tr("No runs yet.\n\nSet up an experiment and press Run (Ctrl+R), or start one from "
                   "the command line with “dstn run”.\nIt appears here by itself and stays."));
    }
    emptyButton->setVisible(arrived && narrowed);
    stack->setCurrentIndex(shown == 0 ? 1 : 0);
    updateActions();
}

void ArchivePage::Impl::updateActions() {
    const std::vector<RunRow> rows = selected();
    const auto count = static_cast<qsizetype>(rows.size());
    const bool alive = !list.deletedShown();
    open->setEnabled(count > 0);
    compare->setEnabled(count >= 2);
    duplicate->setEnabled(count == 1);
    resume->setEnabled(count == 1 && alive && canResume(rows.front()));
    // Before its first evaluation a run has nothing to follow.
    const bool followable = count == 1 && rows.front().bestEpoch.has_value();
    replay->setEnabled(followable);
    retrain->setEnabled(followable);
    showStudy->setEnabled(count == 1 && !rows.front().study.empty());
    rename->setEnabled(count == 1);
    star->setEnabled(count > 0);
    tags->setEnabled(count > 0);
    note->setEnabled(count == 1);
    remove->setEnabled(count > 0 && alive);
    restore->setEnabled(count > 0);
    exportCsv->setEnabled(count > 0);
    exportJson->setEnabled(count > 0);
    exportList->setEnabled(list.rowCount() > 0);
    int kept = 0, gone = 0;
    for (int i = 0; i < runs.rowCount(); ++i) ++(runs.row(i).deleted ? gone : kept);
    purge->setEnabled(gone > 0);
    const int all = list.deletedShown() ? gone : kept;
    QString text = list.rowCount() == all
                       ? counted(all, tr("run"), tr("runs"))
                       : tr("%1 of %2").arg(list.rowCount()).arg(counted(all, tr("run"), tr("runs")));
    if (list.deletedShown()) text += tr(", deleted");
    if (count > 1) text += tr(" · %1 selected").arg(count);
    counts->setText(text);
}

void ArchivePage::Impl::selectionChanged() {
    updateActions();
    const std::vector<RunRow> rows = selected();
    const std::size_t count = rows.size();
    if (count == 0) {
        preview->showNothing();
    } else if (count == 1) {
        preview->showRun(rows.front());
        // Not at once: whoever runs through the list with the arrow keys passes many.
        detailTimer.start(50);
    } else {
        QStringList ids;
        for (const RunRow& row : rows) ids << QString::fromStdString(row.id);
        preview->showSeveral(ids);
    }
}

void ArchivePage::Impl::askDetails() {
    const RunRow* run = current();
    if (!run) return;
    detailsAsked = detailsOf(*run);
    client.ask(
        page, [id = run->id](Archive& archive) { return archive.details(id); },
        [this](const RunDetails& details) { preview->showDetails(details); });
}

void ArchivePage::Impl::setDeleted(bool deleted) {
    std::vector<RunRow> rows = selected();
    std::size_t going = 0;
    if (deleted) going = std::erase_if(rows, [](const RunRow& row) { return !ended(row.state); });
    if (rows.empty()) {
        if (going > 0)
            notice->say(NoticeBar::Kind::information,
                        tr("A run that is going on cannot be deleted; stop it first."));
        return;
    }
    // The next run takes the selection, so that Del, Del, Del works.
    const QModelIndexList indexes = table->selectionModel()->selectedRows();
    int next = 0;
    for (const QModelIndex& index : indexes) next = std::max(next, index.row() + 1);
    if (next >= list.rowCount()) {
        next = list.rowCount();
        for (const QModelIndex& index : indexes) next = std::min(next, index.row() - 1);
    }
    if (next >= 0 && next < list.rowCount()) table->selectRow(next);

    const std::vector<std::string> ids = idsOf(rows);
    client.change([ids, deleted](Archive& archive) { archive.setDeleted(ids, deleted); });
    const auto revert = [this, ids, deleted] {
        undoLast = nullptr;
        notice->clear();
        client.change([ids, deleted](Archive& archive) { archive.setDeleted(ids, !deleted); });
    };
    undoLast = revert;
    QString text = deleted ? tr("%1 deleted.") : tr("%1 restored.");
    text = text.arg(counted(static_cast<qsizetype>(ids.size()), tr("run"), tr("runs")));
    if (going > 0) text += tr(" What is going on was left out; stop it first.");
    notice->say(NoticeBar::Kind::information, text, {{tr("Undo"), revert}});
}

void ArchivePage::Impl::askPurge() {
    int gone = 0;
    for (int i = 0; i < runs.rowCount(); ++i) gone += runs.row(i).deleted;
    if (gone == 0) return;
    notice->say(NoticeBar::Kind::warning,
                tr("Remove %1 from the disk, with curves and checkpoints? This cannot be undone.")
                    .arg(counted(gone, tr("deleted run"), tr("deleted runs"))),
                {{tr("Remove for good"),
                  [this] {
                      undoLast = nullptr;
                      client.change([](Archive& archive) { archive.purgeDeleted(); });
                  }},
                 {tr("Keep"), [] {}}});
}

void ArchivePage::Impl::exportSelected(ExportFormat format) {
    const std::vector<RunRow> rows = selected();
    if (rows.empty()) return;
    QSettings settings;
    const QString folder = settings.value(folderKey).toString();
    const auto done = [this](const QString& what) {
        notice->say(NoticeBar::Kind::information, tr("Written: %1").arg(what));
    };
    if (rows.size() == 1) {
        const QString file = QFileDialog::getSaveFileName(
            page, tr("Export the run"), QDir(folder).filePath(exportFileName(rows.front(), format)),
            format == ExportFormat::csv ? tr("CSV (*.csv)") : tr("JSON (*.json)"));
        if (file.isEmpty()) return;
        settings.setValue(folderKey, QFileInfo(file).absolutePath());
        client.ask(
            page,
            [id = rows.front().id, format, file](Archive& archive) {
                archive.exportRun(id, format, file.toStdString());
                return file;
            },
            done);
        return;
    }
    const QString target =
        QFileDialog::getExistingDirectory(page, tr("Export %1 runs into a folder").arg(rows.size()), folder);
    if (target.isEmpty()) return;
    settings.setValue(folderKey, target);
    client.ask(
        page,
        [rows, format, target](Archive& archive) {
            return exportRuns(archive, rows, format, target.toStdString()).size();
        },
        [done, target](std::size_t count) { done(tr("%1 files in %2").arg(count).arg(target)); });
}

void ArchivePage::Impl::exportShownList() {
    QSettings settings;
    const QString file = QFileDialog::getSaveFileName(
        page, tr("Export the list"),
        QDir(settings.value(folderKey).toString()).filePath(QStringLiteral("runs.csv")), tr("CSV (*.csv)"));
    if (file.isEmpty()) return;
    settings.setValue(folderKey, QFileInfo(file).absolutePath());
    std::vector<int> columns;
    for (int visual = 0; visual < runColumnCount; ++visual) {
        const int column = table->horizontalHeader()->logicalIndex(visual);
        if (!table->isColumnHidden(column)) columns.push_back(column);
    }
    if (belongsToArchive(archiveFile, file.toStdString()))
        return notice->say(NoticeBar::Kind::warning,
                           tr("%1 cannot be written: it is the archive itself. Choose another name; the "
                              "archive is as it was.")
                               .arg(file));
    QSaveFile out(file);
    const QByteArray text = listAsCsv(list, columns).toUtf8();
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size() || !out.commit())
        notice->say(NoticeBar::Kind::warning,
                    tr("%1 cannot be written: %2. Choose another folder.").arg(file, out.errorString()));
    else
        notice->say(NoticeBar::Kind::information, tr("Written: %1").arg(file));
}

ArchivePage::ArchivePage(std::filesystem::path archive, QWidget* parent)
    : QWidget(parent), impl_(std::make_unique<Impl>(this, std::move(archive))) {
    impl_->build();
    impl_->client.refresh();
}

ArchivePage::~ArchivePage() {
    // What was typed goes to the archive before its thread ends with impl_.
    impl_->preview->flush();
    impl_->writeSettings();
    impl_->client.disconnect(this);
    impl_->table->selectionModel()->disconnect(this);
    impl_->table->setModel(nullptr);
}

void ArchivePage::refresh() { impl_->client.refresh(); }

void ArchivePage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    impl_->client.setFollowing(true);
}

void ArchivePage::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    impl_->preview->flush();
    impl_->client.setFollowing(false);
}

} // namespace dstn::ui
