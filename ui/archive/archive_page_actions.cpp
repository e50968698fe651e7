// What can be done with runs: the actions with their keys, and the menus and the bar they stand in.
#include "core/archive/run_requests.h"
#include "ui/archive/archive_page_private.h"

#include <QLineEdit>
#include <QMenu>
#include <QShortcut>
#include <QToolBar>
#include <QToolButton>

#include <algorithm>

namespace dstn::ui {

bool ArchivePage::Impl::canResume(const RunRow& row) {
    return row.resumable && ended(row.state) && row.state != RunState::completed;
}

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
    makeExperimentActions();
    makeRecordActions();
    makeExportActions();
    makeViewActions();
    makeKeys();
}

/// What leads to another page with a run.
void ArchivePage::Impl::makeExperimentActions() {
    open = add(tr("Open"), {Qt::Key_Return, Qt::Key_Enter}, tr("Show the run with all its curves"), [this] {
        for (const RunRow& row : selected()) emit page->openRequested(QString::fromStdString(row.id));
    });
    // Only where the list has the focus: Enter in a text field belongs to that.
    page->removeAction(open);
    open->setShortcutContext(Qt::WidgetShortcut);
    table->addAction(open);
    compare = add(tr("Compare"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)},
                  tr("Overlay the selected runs; select two or more"), [this] {
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
                 tr("Resume a run that stopped early from its last checkpoint"), [this] {
                     if (const RunRow* run = current(); run && canResume(*run))
                         emit page->resumeRequested(QString::fromStdString(run->id));
                 });
    const auto follow = [this](Follow what) {
        const RunRow* run = current();
        if (!run) return;
        client.ask(
            page, [id = run->id, what](Archive& archive) { return followRequest(archive, id, what); },
            [this](const RunRequest& request) { emit page->followRequested(request); });
    };
    replay = add(tr("Replay its schedule"), {},
                 tr("Set up plain training that replays this run's hyperparameters step by step"),
                 [follow] { follow(Follow::schedule); });
    retrain = add(tr("Retrain with its final values"), {},
                  tr("Set up plain training from scratch with this run's final hyperparameters"),
                  [follow] { follow(Follow::values); });
    showStudy = add(tr("Show its study"), {}, tr("Go to the study that the run belongs to"), [this] {
        if (const RunRow* run = current(); run && !run->study.empty())
            emit page->studyRequested(QString::fromStdString(run->study));
    });
}

/// What changes the archive's records of runs.
void ArchivePage::Impl::makeRecordActions() {
    rename =
        add(tr("Rename"), {Qt::Key_F2}, tr("Change the name in the list"), [this] { table->editName(); });
    star = add(tr("Star"), {Qt::Key_S}, tr("Star or unstar the selected runs"), [this] {
        const std::vector<RunRow> rows = selected();
        const bool on = !std::all_of(rows.begin(), rows.end(), [](const RunRow& r) { return r.starred; });
        client.change([ids = idsOf(rows), on](Archive& archive) {
            for (const std::string& id : ids) archive.setStarred(id, on);
        });
    });
    tags = add(tr("Tags"), {Qt::Key_T}, tr("Edit tags"), [this] { preview->focusTags(); });
    note = add(tr("Note"), {Qt::Key_N}, tr("Edit note"), [this] { preview->focusNote(); });
    remove = add(tr("Delete"), {Qt::Key_Delete}, tr("Delete the selected runs (can be undone)"),
                 [this] { setDeleted(true); });
    restore =
        add(tr("Restore"), {}, tr("Restore the selected runs to the list"), [this] { setDeleted(false); });
    purge =
        add(tr("Delete permanently…"), {}, tr("Erase all deleted runs from disk"), [this] { askPurge(); });
    restore->setVisible(false);
    purge->setVisible(false);
    undo = add(tr("Undo"), {QKeySequence(QKeySequence::Undo)}, tr("Undo the last deletion"), [this] {
        if (undoLast) std::exchange(undoLast, nullptr)();
    });
}

void ArchivePage::Impl::makeExportActions() {
    exportCsv = add(tr("Runs as CSV…"), {QKeySequence(Qt::CTRL | Qt::Key_E)},
                    tr("Export the selected runs' metrics as CSV, one file per run"),
                    [this] { exportSelected(ExportFormat::csv); });
    exportJson = add(tr("Runs as JSON…"), {}, tr("Export the selected runs as JSON, one file per run"),
                     [this] { exportSelected(ExportFormat::json); });
    exportList = add(tr("This list as CSV…"), {}, tr("Export the list as shown: rows, columns and order"),
                     [this] { exportShownList(); });
}

/// Which runs the list shows.
void ArchivePage::Impl::makeViewActions() {
    reload = add(tr("Refresh"), {Qt::Key_F5}, tr("Reload the archive"), [this] { page->refresh(); });
    starredOnly = add(tr("★ Starred"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S)},
                      tr("Show starred runs only"), [] {});
    starredOnly->setCheckable(true);
    QObject::connect(starredOnly, &QAction::toggled, page, [this](bool on) {
        list.setStarredOnly(on);
        listChanged();
    });
    trialsHidden = add(tr("Hide trials"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T)},
                       tr("Hide runs that belong to studies"), [] {});
    trialsHidden->setCheckable(true);
    QObject::connect(trialsHidden, &QAction::toggled, page, [this](bool on) {
        list.setTrialsHidden(on);
        listChanged();
    });
    deletedShown =
        add(tr("Deleted"), {}, tr("Show deleted runs, to restore them or delete them permanently"), [] {});
    deletedShown->setCheckable(true);
    QObject::connect(deletedShown, &QAction::toggled, page, [this](bool on) {
        list.setDeletedShown(on);
        remove->setVisible(!on);
        restore->setVisible(on);
        purge->setVisible(on);
        listChanged();
    });
}

/// The ways between the filter and the list.
void ArchivePage::Impl::makeKeys() {
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
    exports->setToolTip(tr("Export runs or the list to a file"));
    exports->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(exports);
    menu->addActions({exportCsv, exportJson, exportList});
    exports->setMenu(menu);
    bar->addWidget(exports);
    return bar;
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

} // namespace dstn::ui
