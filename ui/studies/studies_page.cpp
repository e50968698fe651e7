#include "ui/studies/studies_page.h"

#include "core/run/session.h"
#include "ui/access/archive_client.h"
#include "ui/live/changed_data_question.h"
#include "ui/studies/new_study_page.h"
#include "ui/studies/study_list_model.h"
#include "ui/studies/study_page.h"
#include "ui/text/study_text.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/notice_bar.h"

#include <QAction>
#include <QBoxLayout>
#include <QElapsedTimer>
#include <QHeaderView>
#include <QLabel>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QToolBar>

#include <algorithm>

namespace dstn::ui {

namespace {

/// Between two computations of a study's results.
constexpr qint64 resultsEveryMs = 1000;
/// They take a tenth of the time at most.
constexpr qint64 resultsShare = 10;

} // namespace

/// The pages and what connects them with the archive.
struct StudiesPage::Impl {
    Impl(StudiesPage& owner, std::filesystem::path file, StudyController& studies)
        : page(owner),
          controller(studies),
          client(file, Archive::Mode::readWrite, ArchiveClient::List::studies),
          archive(std::move(file)) {}

    StudiesPage& page;
    StudyController& controller;
    ArchiveClient client;
    std::filesystem::path archive;
    StudyListModel list;
    QString busy;
    bool arrived = false;

    QStackedWidget *pages = nullptr, *listStack = nullptr;
    QWidget* listPage = nullptr;
    QTableView* table = nullptr;
    EmptyState* empty = nullptr;
    NoticeBar *trouble = nullptr, *notice = nullptr;
    QLabel* counts = nullptr;
    StudyPage* study = nullptr;
    NewStudyPage* newStudy = nullptr;
    QAction *make = nullptr, *open = nullptr, *remove = nullptr, *undo = nullptr, *reload = nullptr;
    std::function<void()> undoLast;
    QTimer readTimer;
    QElapsedTimer sinceRead;
    qint64 readTook = 0;
    bool reading = false, readAgain = false;

    void build();
    QWidget* makeList();
    void makeActions();
    void studiesArrived(const std::vector<StudyRow>& rows);
    void listChanged();
    void readSoon();
    void read();
    void run(const QString& id, bool acceptChangedData = false);
    void create(const Study& made, bool runIt);
    void extend(const QString& id, const Study& wanted);
    void removeSelected();
    QString selected() const;
};

void StudiesPage::Impl::makeActions() {
    const auto add = [this](const QString& text, const QList<QKeySequence>& keys, const QString& tip,
                            auto slot) {
        auto* action = new QAction(text, &page);
        action->setObjectName(text);
        action->setShortcuts(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(
            QStringLiteral("%1 (%2)").arg(tip, keys.first().toString(QKeySequence::NativeText)));
        QObject::connect(action, &QAction::triggered, &page, slot);
        listPage->addAction(action);
        return action;
    };
    make = add(tr("New study…"), {QKeySequence(Qt::CTRL | Qt::Key_N)},
               tr("Compare methods on one experiment, with the same budget"),
               [this] { pages->setCurrentWidget(newStudy); });
    open = add(tr("Open"), {Qt::Key_Return, Qt::Key_Enter}, tr("Show the study with its results"), [this] {
        if (const QString id = selected(); !id.isEmpty()) page.openStudy(id);
    });
    remove = add(tr("Delete"), {Qt::Key_Delete}, tr("Delete the study with its runs (can be undone)"),
                 [this] { removeSelected(); });
    undo = add(tr("Undo"), {QKeySequence(QKeySequence::Undo)}, tr("Undo the last deletion"), [this] {
        if (undoLast) std::exchange(undoLast, nullptr)();
    });
    reload = add(tr("Refresh"), {Qt::Key_F5}, tr("Reload the archive"), [this] { client.refresh(); });
}

QWidget* StudiesPage::Impl::makeList() {
    listPage = new QWidget;
    makeActions();
    table = new QTableView;
    table->setObjectName(QStringLiteral("studies"));
    table->setAccessibleName(tr("Studies"));
    table->setModel(&list);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setContextMenuPolicy(Qt::ActionsContextMenu);
    table->addActions({open, remove});
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 9);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setStretchLastSection(true);
    const int em = table->fontMetrics().horizontalAdvance(QLatin1Char('0'));
    for (const auto& [column, characters] : {std::pair{int(StudyListModel::Name), 44},
                                             {int(StudyListModel::State), 16},
                                             {int(StudyListModel::Runs), 20},
                                             {int(StudyListModel::Created), 20}})
        table->setColumnWidth(column, characters * em);
    QObject::connect(table, &QTableView::doubleClicked, open, &QAction::trigger);
    QObject::connect(table->selectionModel(), &QItemSelectionModel::selectionChanged, &page,
                     [this] { listChanged(); });

    empty = new EmptyState(
        QStringLiteral("studies"), tr("No studies yet"),
        tr("A study runs several methods with several seeds on one experiment, each with the same "
           "budget,\nand shows which is better and whether the difference could be chance."));
    empty->setAction(tr("New study…"));
    QObject::connect(empty, &EmptyState::actionChosen, make, &QAction::trigger);
    listStack = new QStackedWidget;
    listStack->addWidget(table);
    listStack->addWidget(empty);
    auto* bar = new QToolBar;
    bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
    for (QAction* action : {make, open, remove, reload}) bar->addAction(action);
    trouble = new NoticeBar;
    trouble->setObjectName(QStringLiteral("studiesTrouble"));
    notice = new NoticeBar;
    notice->setObjectName(QStringLiteral("studiesNotice"));
    counts = new QLabel;
    counts->setObjectName(QStringLiteral("studyCounts"));
    auto* layout = new QVBoxLayout(listPage);
    layout->setContentsMargins(8, 6, 8, 6);
    for (QWidget* each : std::initializer_list<QWidget*>{bar, trouble, notice}) layout->addWidget(each);
    layout->addWidget(listStack, 1);
    layout->addWidget(counts);
    return listPage;
}

void StudiesPage::Impl::build() {
    pages = new QStackedWidget;
    study = new StudyPage(controller, archive);
    newStudy = new NewStudyPage;
    pages->addWidget(makeList());
    pages->addWidget(study);
    pages->addWidget(newStudy);
    auto* layout = new QVBoxLayout(&page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(pages);

    readTimer.setSingleShot(true);
    QObject::connect(&readTimer, &QTimer::timeout, &page, [this] { read(); });
    QObject::connect(&client, &ArchiveClient::studiesArrived, &page,
                     [this](const ArchiveClient::Studies& rows) { studiesArrived(*rows); });
    QObject::connect(&client, &ArchiveClient::troubleChanged, &page, [this](const QString& message) {
        if (message.isEmpty())
            trouble->clear();
        else
            trouble->say(NoticeBar::Kind::warning, message,
                         {{tr("Try again"), [this] { client.refresh(); }}});
        listChanged();
    });
    QObject::connect(&client, &ArchiveClient::failed, &page, [this](const QString& message) {
        reading = false;
        if (pages->currentWidget() == study)
            study->showProblem(message);
        else if (message != trouble->text())
            notice->say(NoticeBar::Kind::warning, message);
    });
    QObject::connect(study, &StudyPage::closed, &page, [this] { page.showList(); });
    QObject::connect(study, &StudyPage::runRequested, &page, [this](const QString& id) { run(id); });
    QObject::connect(study, &StudyPage::openRunRequested, &page, &StudiesPage::openRunRequested);
    QObject::connect(study, &StudyPage::extendRequested, &page,
                     [this](const QString& id, const Study& wanted) { extend(id, wanted); });
    QObject::connect(study, &StudyPage::editRequested, &page, [this](const Study& copy) {
        newStudy->setStudy(copy);
        pages->setCurrentWidget(newStudy);
    });
    QObject::connect(newStudy, &NewStudyPage::closed, &page, [this] { page.showList(); });
    QObject::connect(newStudy, &NewStudyPage::created, &page,
                     [this](const Study& made, bool runIt) { create(made, runIt); });
    QObject::connect(&controller, &StudyController::failed, &page,
                     [this](const QString& message) { study->tell(message, true); });
    QObject::connect(&controller, &StudyController::finished, &page, [this](const StudyFinished& finished) {
        if (!finished.dataChanged) return;
        askAboutChangedData(&page, QString::fromStdString(finished.message),
                            [this, id = controller.study()] { run(id, true); });
    });
    QObject::connect(&controller, &StudyController::idled, &page, [this] { client.refresh(); });
    listChanged();
}

QString StudiesPage::Impl::selected() const {
    const QModelIndexList rows = table->selectionModel()->selectedRows();
    return rows.isEmpty() ? QString() : rows.first().data(StudyListModel::idRole).toString();
}

void StudiesPage::Impl::studiesArrived(const std::vector<StudyRow>& rows) {
    list.setRows(rows);
    arrived = true;
    if (list.rowCount() > 0 && selected().isEmpty())
        table->selectRow(std::max(0, list.indexOf(study->study())));
    listChanged();
    if (!study->study().isEmpty()) readSoon();
}

void StudiesPage::Impl::listChanged() {
    const int count = list.rowCount();
    const bool readable = trouble->text().isEmpty();
    if (!arrived)
        empty->setText(readable ? tr("Reading the archive…") : tr("The studies cannot be shown"),
                       readable ? QString() : tr("See the message above."));
    else
        empty->setText(
            tr("No studies yet"),
            tr("A study runs several methods with several seeds on one experiment, each with the same "
               "budget,\nand shows which is better and whether the difference could be chance."));
    listStack->setCurrentIndex(count > 0 ? 0 : 1);
    counts->setText(count == 1 ? tr("1 study") : tr("%1 studies").arg(count));
    counts->setVisible(count > 0);
    const bool any = !selected().isEmpty();
    open->setEnabled(any);
    remove->setEnabled(any);
}

/// Results are read at most once a second, and take a small share of the time.
void StudiesPage::Impl::readSoon() {
    if (reading) {
        readAgain = true;
        return;
    }
    if (readTimer.isActive()) return;
    const qint64 pause = std::max(resultsEveryMs, resultsShare * readTook);
    const qint64 waited = sinceRead.isValid() ? sinceRead.elapsed() : pause;
    readTimer.start(static_cast<int>(std::max<qint64>(0, pause - waited)));
}

void StudiesPage::Impl::read() {
    const QString id = study->study();
    if (id.isEmpty()) return;
    reading = true;
    readAgain = false;
    auto clock = std::make_shared<QElapsedTimer>();
    client.ask(
        &page,
        [id = id.toStdString(), clock](Archive& opened) {
            clock->start();
            auto loaded = std::make_shared<const LoadedStudy>(readStudy(opened, id));
            return std::pair(std::move(loaded), clock->elapsed());
        },
        [this](const std::pair<std::shared_ptr<const LoadedStudy>, qint64>& answer) {
            reading = false;
            readTook = answer.second;
            sinceRead.start();
            study->show(*answer.first);
            if (readAgain || QString::fromStdString(answer.first->row.id) != study->study()) readSoon();
        });
}

void StudiesPage::Impl::run(const QString& id, bool acceptChangedData) {
    if (!busy.isEmpty()) {
        study->tell(busy, false);
        return;
    }
    if (controller.isActive() && controller.study() != id) {
        study->tell(tr("Another study is in progress. Pause it first."), false);
        return;
    }
    controller.start(id, acceptChangedData);
}

void StudiesPage::Impl::create(const Study& made, bool runIt) {
    const QString id = QString::fromStdString(newUuid());
    client.ask(
        &page,
        [id = id.toStdString(), made](Archive& opened) {
            opened.createStudy(id, made.name, toJson(made));
            return true;
        },
        [this, id, runIt](bool) {
            client.refresh();
            page.openStudy(id);
            if (runIt) run(id);
        });
}

void StudiesPage::Impl::extend(const QString& id, const Study& wanted) {
    client.ask(
        &page,
        [id = id.toStdString(), wanted](Archive& opened) {
            opened.setStudyDocument(id, wanted.name, toJson(wanted));
            // What was completed no longer is.
            opened.setStudyState(id, RunState::paused, "extended");
            return true;
        },
        [this, id](bool) {
            client.refresh();
            if (study->study() == id) read();
            run(id);
        });
}

void StudiesPage::Impl::removeSelected() {
    const QString id = selected();
    const int at = list.indexOf(id);
    if (at < 0) return;
    const StudyRow row = list.row(at);
    if (row.state == RunState::running || (controller.isActive() && controller.study() == id)) {
        notice->say(NoticeBar::Kind::information,
                    tr("A study in progress cannot be deleted; pause it first."));
        return;
    }
    client.change([id = row.id](Archive& opened) { opened.setStudiesDeleted({id}, true); });
    const auto revert = [this, id = row.id] {
        undoLast = nullptr;
        notice->clear();
        client.change([id](Archive& opened) { opened.setStudiesDeleted({id}, false); });
    };
    undoLast = revert;
    notice->say(NoticeBar::Kind::information,
                tr("“%1” deleted, with %2.").arg(QString::fromStdString(row.name), runCountText(row.runs, 0)),
                {{tr("Undo"), revert}});
}

StudiesPage::StudiesPage(std::filesystem::path archive, StudyController& controller, QWidget* parent)
    : QWidget(parent), impl_(std::make_unique<Impl>(*this, std::move(archive), controller)) {
    setObjectName(QStringLiteral("studiesPage"));
    impl_->build();
    impl_->client.refresh();
}

StudiesPage::~StudiesPage() {
    impl_->client.disconnect(this);
    impl_->controller.disconnect(this);
    // The views refer to the models, which go with impl_.
    qDeleteAll(findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
}

void StudiesPage::setCurrentExperiment(const Experiment& experiment) {
    impl_->newStudy->setCurrentExperiment(experiment);
}

void StudiesPage::setBusy(const QString& reason) { impl_->busy = reason; }

void StudiesPage::openStudy(const QString& study) {
    impl_->study->open(study);
    impl_->pages->setCurrentWidget(impl_->study);
    if (!impl_->reading)
        impl_->read();
    else
        impl_->readAgain = true;
}

void StudiesPage::showList() {
    impl_->pages->setCurrentWidget(impl_->listPage);
    if (const int row = impl_->list.indexOf(impl_->study->study()); row >= 0) impl_->table->selectRow(row);
    impl_->table->setFocus();
}

void StudiesPage::startSearch(const Experiment& search) { impl_->create(studyOf(search), true); }

bool StudiesPage::exportPicture() {
    if (impl_->pages->currentWidget() != impl_->study) return false;
    impl_->study->exportPicture();
    return true;
}

void StudiesPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    impl_->client.setFollowing(true);
}

void StudiesPage::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    impl_->client.setFollowing(false);
}

} // namespace dstn::ui
