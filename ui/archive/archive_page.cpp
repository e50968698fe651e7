#include "ui/archive/archive_page.h"

#include "ui/archive/archive_page_private.h"
#include "ui/archive/run_export.h"
#include "ui/text/number_text.h"
#include "ui/text/run_text.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSaveFile>
#include <QSettings>
#include <QSplitter>
#include <QStackedLayout>
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

QString counted(qsizetype count, const QString& one, const QString& many) {
    return QStringLiteral("%1 %2").arg(countText(count), count == 1 ? one : many);
}

} // namespace

void ArchivePage::Impl::build() {
    page->setObjectName(QStringLiteral("archivePage"));
    trouble = new NoticeBar(page);
    trouble->setObjectName(QStringLiteral("trouble"));
    notice = new NoticeBar(page);
    notice->setObjectName(QStringLiteral("notice"));
    makeFilter();
    table = new RunTable(&list, page);
    preview = new RunPreview(page);
    makeActions();
    layOut();

    detailTimer.setSingleShot(true);
    QObject::connect(&detailTimer, &QTimer::timeout, page, [this] { askDetails(); });
    connectTable();
    connectPreview();
    connectArchive();
    page->setFocusProxy(table);
    QWidget::setTabOrder(filter, table);
    readSettings();
    selectionChanged();
    listChanged();
}

void ArchivePage::Impl::makeFilter() {
    filter = new QLineEdit(page);
    filter->setObjectName(QStringLiteral("filter"));
    filter->setClearButtonEnabled(true);
    filter->setPlaceholderText(
        tr("Filter: words, state=completed, tag=paper, best<0.5, created>=2024-05, -word"));
    filter->setToolTip(tr("Words are searched for in all columns; -word excludes runs that contain it.\n\n"
                          "As on the command line:\n%1")
                           .arg(QString::fromStdString(RunFilter::help())));
    filter->setAccessibleName(tr("Filter"));
    filterProblem = new QLabel(page);
    filterProblem->setObjectName(QStringLiteral("filterProblem"));
    filterProblem->setTextFormat(Qt::PlainText);
    filterProblem->setWordWrap(true);
    filterProblem->hide();
    QObject::connect(filter, &QLineEdit::textChanged, page, [this](const QString& text) {
        const QString problem = list.setFilterText(text);
        filterProblem->setText(tr("⚠ %1").arg(problem));
        filterProblem->setVisible(!problem.isEmpty());
        filter->setAccessibleDescription(problem);
        listChanged();
    });
}

/// The filter and what else narrows the list.
QLayout* ArchivePage::Impl::makeTopRow() {
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
    columns->setMenu(table->columnMenu());
    top->addWidget(columns);
    auto* again = new QToolButton(page);
    again->setDefaultAction(reload);
    again->setToolButtonStyle(Qt::ToolButtonTextOnly);
    top->addWidget(again);
    return top;
}

/// In place of the list where it has no rows: why, and what to do.
QWidget* ArchivePage::Impl::makeEmptyPage() {
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
    return empty;
}

void ArchivePage::Impl::layOut() {
    auto* left = new QWidget(page);
    auto* leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    auto* stacked = new QWidget(left);
    stack = new QStackedLayout(stacked);
    stack->addWidget(table);
    stack->addWidget(makeEmptyPage());
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
    column->addLayout(makeTopRow());
    column->addWidget(filterProblem);
    column->addWidget(makeToolBar());
    column->addWidget(trouble);
    column->addWidget(notice);
    column->addWidget(splitter, 1);
}

void ArchivePage::Impl::connectTable() {
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
}

void ArchivePage::Impl::connectPreview() {
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
}

void ArchivePage::Impl::connectArchive() {
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
}

void ArchivePage::Impl::readSettings() {
    const QSettings settings;
    table->restoreColumns(settings.value(headerKey).toByteArray());
    if (const QByteArray state = settings.value(splitterKey).toByteArray(); !state.isEmpty())
        splitter->restoreState(state);
    starredOnly->setChecked(settings.value(starredKey, false).toBool());
    trialsHidden->setChecked(settings.value(trialsKey, false).toBool());
}

void ArchivePage::Impl::writeSettings() const {
    QSettings settings;
    settings.setValue(headerKey, table->columns());
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
    // The selected run may have progressed; progress of another one does not require reading this one again.
    if (detailsOf(*run) != detailsAsked && !detailTimer.isActive())
        detailTimer.start(ended(run->state) ? 50 : 1000);
}

void ArchivePage::Impl::listChanged() {
    const int all = runs.rowCount(), shown = list.rowCount();
    const bool narrowed = !filter->text().trimmed().isEmpty() || starredOnly->isChecked() ||
                          trialsHidden->isChecked() || deletedShown->isChecked();
    if (shown == 0) {
        if (!trouble->text().isEmpty() && all == 0)
            emptyText->setText(tr("The runs cannot be shown; see the message above."));
        else if (!arrived)
            emptyText->setText(tr("Reading the archive…"));
        else if (deletedShown->isChecked() && filter->text().isEmpty() && !starredOnly->isChecked())
            emptyText->setText(tr("No deleted runs."));
        else if (narrowed)
            emptyText->setText(tr("No run matches."));
        else
            emptyText->setText(
                tr("No runs yet.\n\nSet up an experiment and press Run (Ctrl+R), or start one from the "
                   "command line with “dstn run”.\nRuns appear here automatically and are kept."));
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
                       : tr("%1 of %2").arg(countText(list.rowCount()), counted(all, tr("run"), tr("runs")));
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
                        tr("A run in progress cannot be deleted; stop it first."));
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
    if (going > 0) text += tr(" Runs in progress were skipped; stop them first.");
    notice->say(NoticeBar::Kind::information, text, {{tr("Undo"), revert}});
}

void ArchivePage::Impl::askPurge() {
    int gone = 0;
    for (int i = 0; i < runs.rowCount(); ++i) gone += runs.row(i).deleted;
    if (gone == 0) return;
    notice->say(NoticeBar::Kind::warning,
                tr("Permanently delete %1 with curves and checkpoints? This cannot be undone.")
                    .arg(counted(gone, tr("deleted run"), tr("deleted runs"))),
                {{tr("Delete permanently"),
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
    const auto done = [this](const QString& what) { notice->say(NoticeBar::Kind::information, what); };
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
            [done](const QString& saved) { done(tr("Saved as %1").arg(saved)); });
        return;
    }
    const QString target =
        QFileDialog::getExistingDirectory(page, tr("Export %1 runs to a folder").arg(rows.size()), folder);
    if (target.isEmpty()) return;
    settings.setValue(folderKey, target);
    client.ask(
        page,
        [rows, format, target](Archive& archive) {
            return exportRuns(archive, rows, format, target.toStdString()).size();
        },
        [done, target](std::size_t count) { done(tr("%1 files saved in %2").arg(count).arg(target)); });
}

void ArchivePage::Impl::exportShownList() {
    QSettings settings;
    const QString file = QFileDialog::getSaveFileName(
        page, tr("Export the list"),
        QDir(settings.value(folderKey).toString()).filePath(QStringLiteral("runs.csv")), tr("CSV (*.csv)"));
    if (file.isEmpty()) return;
    settings.setValue(folderKey, QFileInfo(file).absolutePath());
    if (belongsToArchive(archiveFile, file.toStdString()))
        return notice->say(NoticeBar::Kind::warning, tr("%1 cannot be written: it is the archive itself. "
                                                        "Choose another name; the archive is unchanged.")
                                                         .arg(file));
    QSaveFile out(file);
    const QByteArray text = listAsCsv(list, table->shownColumns()).toUtf8();
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size() || !out.commit())
        notice->say(NoticeBar::Kind::warning,
                    tr("%1 cannot be written: %2. Choose another folder.").arg(file, out.errorString()));
    else
        notice->say(NoticeBar::Kind::information, tr("Saved as %1").arg(file));
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
