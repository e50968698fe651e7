// The insides of ArchivePage, for its own source files alone.
#pragma once

#include "ui/access/archive_client.h"
#include "ui/archive/archive_page.h"
#include "ui/archive/run_list_model.h"
#include "ui/archive/run_preview.h"
#include "ui/archive/run_table.h"
#include "ui/archive/run_table_model.h"
#include "ui/widgets/notice_bar.h"

#include <QAction>
#include <QKeySequence>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

class QLabel;
class QLayout;
class QLineEdit;
class QMenu;
class QSplitter;
class QStackedLayout;
class QToolBar;
class QToolButton;

namespace dstn::ui {

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
    RunTable* table = nullptr;
    QStackedLayout* stack = nullptr;
    QLabel* emptyText = nullptr;
    QToolButton* emptyButton = nullptr;
    QLabel* counts = nullptr;
    QSplitter* splitter = nullptr;
    RunPreview* preview = nullptr;
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
    void makeExperimentActions();
    void makeRecordActions();
    void makeExportActions();
    void makeViewActions();
    void makeKeys();
    void makeFilter();
    QLayout* makeTopRow();
    QWidget* makeEmptyPage();
    void layOut();
    void connectTable();
    void connectPreview();
    void connectArchive();
    QToolBar* makeToolBar();
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
    static bool canResume(const RunRow& row);
    void setDeleted(bool deleted);
    void askPurge();
    void exportSelected(ExportFormat format);
    void exportShownList();
};

} // namespace dstn::ui
