#include "ui/main_window.h"

#include "ui/archive/archive_page.h"
#include "ui/compare/compare_page.h"
#include "ui/forms/experiment_file.h"
#include "ui/live/archived_run_page.h"
#include "ui/live/live_page.h"
#include "ui/live/run_header.h"
#include "ui/live/run_view.h"
#include "ui/navigation_bar.h"
#include "ui/setup/measured_speed.h"
#include "ui/setup/setup_page.h"
#include "ui/studies/studies_page.h"
#include "ui/text/number_text.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/theme.h"

#include <QActionGroup>
#include <QBoxLayout>
#include <QCloseEvent>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QMenuBar>
#include <QProgressBar>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>

#include <algorithm>
#include <array>
#include <utility>

namespace dstn::ui {

namespace {

constexpr int messageMs = 8000;
constexpr int keepExperimentMs = 1000;

QString pathText(const std::filesystem::path& path) { return QString::fromStdString(path.string()); }

} // namespace

MainWindow::MainWindow(const std::filesystem::path& archive, const Experiment& experiment, Theme& theme,
                       RunLauncher launcher, StudyLauncher studyLauncher)
    : theme_(theme),
      controller_(archive, std::move(launcher)),
      studyController_(archive, std::move(studyLauncher)),
      navigation_(new NavigationBar),
      places_(new QStackedWidget),
      setup_(new SetupPage),
      live_(new LivePage(controller_)),
      archiveStack_(new QStackedWidget),
      archive_(new ArchivePage(archive)),
      archivedRun_(new ArchivedRunPage(archive)),
      compare_(new ComparePage(archive)),
      studies_(new StudiesPage(archive, studyController_)) {
    setWindowTitle(tr("Delta-STN Workbench"));
    archiveStack_->addWidget(archive_);
    archiveStack_->addWidget(archivedRun_);
    for (QWidget* page : std::initializer_list<QWidget*>{setup_, live_, archiveStack_, compare_, studies_})
        places_->addWidget(page);
    auto* center = new QWidget;
    auto* layout = new QHBoxLayout(center);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(navigation_);
    layout->addWidget(places_, 1);
    setCentralWidget(center);
    makeMenus();
    makeStatusBar();
    connectPages();
    setup_->setExperiment(experiment);
    // From here on: opening on an experiment that was named leaves the last session's alone until it is
    // edited.
    keepExperiment_.setSingleShot(true);
    keepExperiment_.setInterval(keepExperimentMs);
    connect(&keepExperiment_, &QTimer::timeout, this, [this] {
        if (const QString problem = keepExperiment(setup_->experiment()); !problem.isEmpty())
            statusBar()->showMessage(problem, messageMs);
    });
    connect(setup_, &SetupPage::experimentChanged, &keepExperiment_, qOverload<>(&QTimer::start));
    restoreSettings();
    updateStatus();
}

MainWindow::~MainWindow() {
    delete takeCentralWidget(); // the pages refer to the controllers, which go before the window's children
                                // do
}

void MainWindow::makeMenus() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addAction(setup_->openAction());
    file->addAction(setup_->saveAction());
    file->addSeparator();
    export_ = file->addAction(tr("&Export plot…"), this, &MainWindow::exportPlot);
    export_->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_E));
    file->addSeparator();
    QAction* quit = file->addAction(tr("&Quit"), this, &QWidget::close);
    quit->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Q));
    quit->setMenuRole(QAction::QuitRole);

    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addAction(setup_->undoAction());
    edit->addAction(setup_->redoAction());

    QMenu* run = menuBar()->addMenu(tr("&Run"));
    run->addAction(setup_->runAction());
    run->addAction(live_->pauseAction());
    run->addAction(live_->stopAction());
    run->addAction(live_->checkpointAction());
    // These work wherever the focus is.
    for (QAction* action : {setup_->openAction(), setup_->saveAction(), setup_->runAction()})
        action->setShortcutContext(Qt::WindowShortcut);

    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addAction(
        navigation_->addPlace(QStringLiteral("setup"), tr("Set up"), QKeySequence(Qt::CTRL | Qt::Key_1)));
    view->addAction(
        navigation_->addPlace(QStringLiteral("live"), tr("Live"), QKeySequence(Qt::CTRL | Qt::Key_2)));
    view->addAction(
        navigation_->addPlace(QStringLiteral("archive"), tr("Archive"), QKeySequence(Qt::CTRL | Qt::Key_3)));
    view->addAction(
        navigation_->addPlace(QStringLiteral("compare"), tr("Compare"), QKeySequence(Qt::CTRL | Qt::Key_4)));
    view->addAction(
        navigation_->addPlace(QStringLiteral("studies"), tr("Studies"), QKeySequence(Qt::CTRL | Qt::Key_5)));
    view->addSeparator();
    QMenu* themeMenu = view->addMenu(tr("&Theme"));
    themes_ = new QActionGroup(this);
    for (const auto& [choice, text] :
         {std::pair{ThemeChoice::system, tr("Same as &desktop")}, std::pair{ThemeChoice::light, tr("&Light")},
          std::pair{ThemeChoice::dark, tr("D&ark")}}) {
        QAction* action = themeMenu->addAction(text);
        action->setCheckable(true);
        action->setData(static_cast<int>(choice));
        themes_->addAction(action);
    }
    connect(themes_, &QActionGroup::triggered, this, [this](const QAction* action) {
        theme_.apply(static_cast<ThemeChoice>(action->data().toInt()));
    });
    QAction* full = view->addAction(tr("&Full screen"), this,
                                    [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    full->setShortcut(QKeySequence(Qt::Key_F11));

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&Keyboard shortcuts"), this, &MainWindow::showShortcuts)
        ->setShortcut(QKeySequence(Qt::Key_F1));
    help->addAction(tr("&About Delta-STN Workbench"), this, &MainWindow::showAbout);
}

void MainWindow::makeStatusBar() {
    device_ = new QLabel;
    state_ = new QLabel;
    progress_ = new QProgressBar;
    progress_->setFixedWidth(140);
    progress_->setMaximumHeight(12);
    progress_->setTextVisible(false);
    progress_->setAccessibleName(tr("Progress of the run"));
    auto* archive = new QLabel(tr("Archive: %1").arg(pathText(controller_.archive())));
    archive->setToolTip(tr("Where runs are stored"));
    archive->setForegroundRole(QPalette::PlaceholderText);
    archive->setTextInteractionFlags(Qt::TextSelectableByMouse);
    archive->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    statusBar()->setContentsMargins(10, 0, 6, 0);
    statusBar()->addWidget(archive, 1);
    statusBar()->addPermanentWidget(device_);
    statusBar()->addPermanentWidget(state_);
    statusBar()->addPermanentWidget(progress_);
}

void MainWindow::connectPages() {
    connect(navigation_, &NavigationBar::chosen, this, [this](int index) {
        // The second click on the archive leads from a run back to the list.
        if (index == archivePlace && places_->currentIndex() == archivePlace)
            archiveStack_->setCurrentIndex(0);
        if (index == studiesPlace && places_->currentIndex() == studiesPlace) studies_->showList();
        goTo(static_cast<Place>(index));
    });
    connect(archiveStack_, &QStackedWidget::currentChanged, this, &MainWindow::offerExport);
    connect(setup_, &SetupPage::runRequested, this, &MainWindow::start);
    connect(live_, &LivePage::setUpRequested, this, [this] { goTo(setupPlace); });
    connect(archive_, &ArchivePage::openRequested, this, &MainWindow::openRun);
    connect(archive_, &ArchivePage::compareRequested, this, [this](const QStringList& runs) {
        compare_->setRuns(runs);
        goTo(comparePlace);
    });
    connect(archive_, &ArchivePage::duplicateRequested, this, &MainWindow::duplicate);
    connect(archive_, &ArchivePage::followRequested, this, [this](const RunRequest& request) {
        setUp(request.experiment);
        followed_ = request;
    });
    connect(archive_, &ArchivePage::resumeRequested, this, &MainWindow::resumeRun);
    connect(archive_, &ArchivePage::studyRequested, this, &MainWindow::openStudy);
    connect(compare_, &ComparePage::openRequested, this, &MainWindow::openRun);
    connect(studies_, &StudiesPage::openRunRequested, this, &MainWindow::openRun);
    connect(archivedRun_, &ArchivedRunPage::closed, this, [this] { archiveStack_->setCurrentIndex(0); });
    connect(archivedRun_, &ArchivedRunPage::duplicateRequested, this, &MainWindow::duplicate);
    connect(archivedRun_, &ArchivedRunPage::resumeRequested, this, &MainWindow::resumeRun);

    connect(&controller_, &RunController::stateChanged, this, &MainWindow::updateStatus);
    connect(&controller_, &RunController::pendingChanged, this, &MainWindow::updateStatus);
    connect(&controller_, &RunController::progressMade, this, &MainWindow::updateStatus);
    connect(&controller_, &RunController::runStarted, this, &MainWindow::updateStatus);
    connect(&controller_, &RunController::launched, this, [this] {
        runStarted_ = false;
        archive_->refresh();
    });
    connect(&controller_, &RunController::runStarted, this, [this](const RunStarted& started) {
        runStarted_ = true;
        const Estimate whole = estimate(started.experiment, started.data);
        flopsPerStep_ = whole.trainingFlops / static_cast<double>(std::max<std::int64_t>(1, whole.steps));
    });
    connect(&controller_, &RunController::runFinished, this, [this](const RunFinished& finished) {
        if (const auto speed = measuredSpeed(flopsPerStep_, finished.steps, finished.seconds)) {
            measuredFlops_ = *speed;
            setup_->setMeasuredFlops(measuredFlops_);
        }
        statusBar()->showMessage(runStarted_ ? tr("Run %1 after %2 steps; it is kept in the archive.")
                                                   .arg(stateText(finished.state), countText(finished.steps))
                                             : tr("Run %1 before its first step; there was nothing to keep.")
                                                   .arg(stateText(finished.state)),
                                 messageMs);
    });
    connect(&controller_, &RunController::idled, this, [this] {
        updateStatus();
        archive_->refresh();
        if (closing_) close();
    });
    connect(&studyController_, &StudyController::changed, this, &MainWindow::updateStatus);
    connect(&studyController_, &StudyController::finished, this, [this](const StudyFinished& finished) {
        statusBar()->showMessage(
            finished.state == RunState::failed
                ? tr("The study failed: %1").arg(QString::fromStdString(finished.message))
                : tr("Study %1; it is kept in the archive.").arg(stateText(finished.state)),
            messageMs);
    });
    connect(&studyController_, &StudyController::idled, this, [this] {
        updateStatus();
        archive_->refresh();
        if (closing_) close();
    });
}

void MainWindow::goTo(Place place) {
    if (place == studiesPlace) studies_->setCurrentExperiment(setup_->experiment());
    places_->setCurrentIndex(place);
    navigation_->setCurrent(place);
    offerExport();
}

void MainWindow::offerExport() {
    // The list of runs has an export of its own under the same keys.
    export_->setEnabled(place() == livePlace || place() == comparePlace || place() == studiesPlace ||
                        (place() == archivePlace && archiveStack_->currentWidget() == archivedRun_));
}

void MainWindow::tell(const QString& problem) { setup_->tell(problem); }

MainWindow::Place MainWindow::place() const { return static_cast<Place>(places_->currentIndex()); }

void MainWindow::run() { setup_->run(); }

void MainWindow::start(const Experiment& experiment) {
    if (traitsOf(experiment.tuner).searches()) {
        goTo(studiesPlace);
        studies_->startSearch(experiment);
        return;
    }
    // As long as it repeats the run, its data must be that run's.
    if (followed_ && experiment.data == followed_->experiment.data &&
        experiment.tuner == followed_->experiment.tuner &&
        experiment.hyperparameters == followed_->experiment.hyperparameters) {
        RunRequest request = *followed_;
        request.experiment = experiment;
        controller_.follow(request);
    } else {
        controller_.start(experiment);
    }
    goTo(livePlace);
}

void MainWindow::openStudy(const QString& study) {
    studies_->openStudy(study);
    goTo(studiesPlace);
}

void MainWindow::openRun(const QString& run) {
    // The run in progress here is shown live, with its controls.
    if (controller_.isActive() && run == controller_.run()) {
        goTo(livePlace);
        return;
    }
    archivedRun_->open(run);
    archiveStack_->setCurrentWidget(archivedRun_);
    goTo(archivePlace);
}

void MainWindow::resumeRun(const QString& run) {
    if (studyController_.isActive()) {
        statusBar()->showMessage(tr("A study is in progress. Pause it before resuming a run."), messageMs);
        return;
    }
    goTo(livePlace);
    live_->resumeFromArchive(run);
}

void MainWindow::duplicate(const QString& experimentJson) {
    const ParsedExperiment parsed = parseExperiment(experimentJson.toStdString());
    if (!parsed.experiment) {
        statusBar()->showMessage(tr("This version cannot read the run's experiment: %1")
                                     .arg(QString::fromStdString(describe(parsed.mistakes)).simplified()));
        return;
    }
    setUp(*parsed.experiment);
}

void MainWindow::setUp(const Experiment& experiment) {
    followed_.reset();
    setup_->setExperiment(experiment);
    goTo(setupPlace);
    statusBar()->showMessage(tr("Loaded from “%1”. Undo restores the previous experiment.")
                                 .arg(QString::fromStdString(experiment.name)),
                             messageMs);
}

void MainWindow::exportPlot() {
    CurvePlot* plot = nullptr;
    if (place() == studiesPlace) {
        if (!studies_->exportPicture())
            statusBar()->showMessage(tr("There is no plot to export here. Open a study first."), messageMs);
        return;
    }
    if (place() == comparePlace) {
        // The one with the focus, else the first in view.
        for (CurvePlot* each : compare_->findChildren<CurvePlot*>())
            if (each->isVisible() && (plot == nullptr || each->hasFocus())) plot = each;
    } else {
        plot = (place() == livePlace ? live_->view() : archivedRun_->view())->currentPlot();
    }
    if (plot != nullptr && plot->isVisible())
        plot->askForExport();
    else
        statusBar()->showMessage(tr("There is no plot to export here. Open a run first."), messageMs);
}

void MainWindow::updateBusy() {
    const bool run = controller_.isActive(), study = studyController_.isActive();
    const QString reason = run     ? tr("A run is in progress. Stop it, or wait for it to finish.")
                           : study ? tr("A study is in progress. Pause it, or wait for it to finish.")
                                   : QString();
    // Asks for a review of the whole page, which ten times a second would be too much.
    if (reason != setupSays_) setup_->setBusy(reason);
    setupSays_ = reason;
    studies_->setBusy(run ? tr("A run is in progress in Live, and a run and a study cannot run at the same "
                               "time: stop the run, or wait for it to finish.")
                          : QString());
    navigation_->setBusy(livePlace, run);
    navigation_->setBusy(studiesPlace, study);
}

QString MainWindow::studyStatus() const {
    const StudyProgress& progress = studyController_.progress();
    QString text = studyController_.isPausing() ? tr("study pausing…") : tr("study running");
    if (progress.total > 0.0)
        text += QStringLiteral("  %1 %").arg(
            static_cast<int>(std::clamp(progress.spent / progress.total, 0.0, 1.0) * 100.0));
    if (progress.secondsLeft > 0.0) text += tr("  %1 left").arg(durationText(progress.secondsLeft));
    return text;
}

void MainWindow::updateStatus() {
    const RunSummary& summary = live_->view()->summary();
    const bool active = controller_.isActive();
    updateBusy();
    device_->setVisible(active && !summary.device.isEmpty());
    device_->setText(summary.device);
    progress_->setVisible(active);
    progress_->setRange(0, controller_.state() == RunState::preparing ? 0 : 1000);
    progress_->setValue(static_cast<int>(summary.progress() * 1000.0));
    if (!active && studyController_.isActive()) {
        const StudyProgress& progress = studyController_.progress();
        progress_->setVisible(true);
        progress_->setRange(0, progress.total > 0.0 ? 1000 : 0);
        if (progress.total > 0.0)
            progress_->setValue(static_cast<int>(progress.spent / progress.total * 1000.0));
        state_->setText(closing_ ? tr("Saving the study; it can be resumed later…") : studyStatus());
        setWindowTitle(tr("study running – Delta-STN Workbench"));
        return;
    }
    if (!active) {
        state_->setText(tr("Ready"));
        setWindowTitle(tr("Delta-STN Workbench"));
        return;
    }
    QString text = stateText(controller_.state());
    if (summary.stepsTotal > 0)
        text += QStringLiteral("  %1 %").arg(static_cast<int>(summary.progress() * 100.0));
    if (summary.secondsLeft && controller_.state() == RunState::running)
        text += tr("  %1 left").arg(durationText(summary.secondsLeft));
    if (closing_) text = tr("Saving the run; it can be resumed from the archive…");
    state_->setText(text);
    setWindowTitle(tr("%1 – %2 – Delta-STN Workbench").arg(stateText(controller_.state()), summary.name));
}

void MainWindow::showShortcuts() {
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keyboard shortcuts"));
    auto* layout = new QVBoxLayout(dialog);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(40);
    layout->addLayout(columns);
    QGridLayout* grid = nullptr;
    int row = 0;
    const auto column = [&] {
        grid = new QGridLayout;
        grid->setHorizontalSpacing(28);
        grid->setVerticalSpacing(5);
        auto* sheet = new QVBoxLayout;
        sheet->addLayout(grid);
        sheet->addStretch(1);
        columns->addLayout(sheet);
        row = 0;
    };
    column();
    const auto heading = [&](const QString& text) {
        auto* label = new QLabel(text);
        QFont bold = label->font();
        bold.setBold(true);
        label->setFont(bold);
        if (row > 0) grid->setRowMinimumHeight(row++, 8);
        grid->addWidget(label, row++, 0, 1, 2);
    };
    const auto line = [&](const QString& keys, const QString& text) {
        grid->addWidget(new QLabel(keys), row, 0);
        grid->addWidget(new QLabel(text), row++, 1);
    };
    for (const QAction* menuAction : menuBar()->actions()) {
        bool first = true;
        for (const QAction* action : menuAction->menu()->actions()) {
            if (action->shortcut().isEmpty()) continue;
            if (std::exchange(first, false)) heading(QString(menuAction->text()).remove(QLatin1Char('&')));
            line(action->shortcut().toString(QKeySequence::NativeText),
                 QString(action->text()).remove(QLatin1Char('&')));
        }
    }
    const auto section = [&](const QString& title, const QList<QAction*>& actions) {
        heading(title);
        for (const QAction* action : actions)
            if (!action->shortcut().isEmpty() && !action->text().isEmpty())
                line(action->shortcut().toString(QKeySequence::NativeText),
                     QString(action->text()).remove(QLatin1Char('&')));
    };
    column();
    section(tr("List of runs"), archive_->findChildren<QAction*>());
    line(QKeySequence(QKeySequence::Find).toString(QKeySequence::NativeText), tr("Filter"));
    section(tr("List of studies"), studies_->findChildren<QAction*>(Qt::FindDirectChildrenOnly));
    column();
    for (const auto& [name, title] : {std::pair{"modelTable", tr("Parts and augmentations")},
                                      std::pair{"hyperparameterTable", tr("Table of hyperparameters")}})
        if (const auto* table = setup_->findChild<QWidget*>(QLatin1String(name)))
            section(title, table->actions());
    heading(tr("In a plot"));
    line(tr("+  −  ←  →"), tr("Zoom and move in time"));
    line(tr("Ctrl++  Ctrl+−"), tr("Zoom the values"));
    line(tr("Home, double-click"), tr("Follow the run again"));
    line(tr("L"), tr("Logarithmic values"));
    line(tr("Drag, Shift+drag"), tr("Zoom a rectangle, move"));
    line(tr("Ctrl+wheel"), tr("Zoom; with Shift: the values"));
    line(tr("Shift+F10, right-click"), tr("Everything else"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    layout->addSpacing(10);
    layout->addWidget(buttons);
    dialog->show();
}

void MainWindow::showAbout() {
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("About Delta-STN Workbench"));
    auto* layout = new QVBoxLayout(dialog);
    auto* picture = new QLabel;
    picture->setPixmap(windowIcon().pixmap(QSize(72, 72)));
    auto* text =
        new QLabel(tr("<h3>Delta-STN Workbench %1</h3>"
                      "<p>Tunes the regularisation hyperparameters of a neural network while it trains.</p>"
                      "<p>The method: Bae &amp; Grosse, <i>Delta-STN: Efficient Bilevel Optimization for "
                      "Neural Networks "
                      "using Structured Response Jacobians</i>, NeurIPS 2020.</p>"
                      "<p>Free software under the GNU General Public License, version 3 or later. "
                      "Made with Qt, QCustomPlot, LibTorch and SQLite.</p>")
                       .arg(QCoreApplication::applicationVersion()));
    text->setTextFormat(Qt::RichText);
    text->setWordWrap(true);
    text->setMinimumWidth(380);
    auto* top = new QHBoxLayout;
    top->setSpacing(18);
    top->addWidget(picture, 0, Qt::AlignTop);
    top->addWidget(text, 1);
    layout->addLayout(top);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    layout->addWidget(buttons);
    dialog->show();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    saveSettings();
    if (keepExperiment_.isActive()) {
        keepExperiment_.stop();
        keepExperiment(setup_->experiment());
    }
    // A second wish to close is granted at once; the controller then waits for the run at its end.
    if (isIdle() || closing_) {
        event->accept();
        return;
    }
    closing_ = true;
    controller_.interrupt();
    studyController_.interrupt();
    updateStatus();
    event->ignore();
}

void MainWindow::restoreSettings() {
    const QSettings settings;
    if (!restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray())) {
        const QSize room = QGuiApplication::primaryScreen()->availableSize();
        resize(QSize(1380, 880).boundedTo(room));
    } else if (const QRect left = settings.value(QStringLiteral("window/rectangle")).toRect();
               left.isValid() && !isMaximized() && !isFullScreen() &&
               settings.value(QStringLiteral("window/screens")).toRect() ==
                   QGuiApplication::primaryScreen()->virtualGeometry()) {
        // Newer Qt (met with 6.8) makes a restored window fit one screen; one that reached over two would
        // come back narrower. It does so where the screens are no longer those on which the window was left.
        setGeometry(left);
    }
    goTo(
        static_cast<Place>(std::clamp(settings.value(QStringLiteral("window/place"), int(setupPlace)).toInt(),
                                      int(setupPlace), int(studiesPlace))));
    measuredFlops_ = settings.value(QStringLiteral("setup/measured_flops"), 0.0).toDouble();
    if (!isPlausibleSpeed(measuredFlops_)) measuredFlops_ = 0.0;
    setup_->setMeasuredFlops(measuredFlops_);
    live_->restoreLayout(settings.value(QStringLiteral("live/layout")).toByteArray());
    const auto count = static_cast<int>(themes_->actions().size());
    const int choice = std::clamp(settings.value(QStringLiteral("window/theme"), 0).toInt(), 0, count - 1);
    themes_->actions().at(choice)->setChecked(true);
    theme_.apply(static_cast<ThemeChoice>(choice));
}

void MainWindow::saveSettings() const {
    QSettings settings;
    settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
    settings.setValue(QStringLiteral("window/rectangle"), geometry());
    settings.setValue(QStringLiteral("window/screens"), QGuiApplication::primaryScreen()->virtualGeometry());
    settings.setValue(QStringLiteral("window/place"), int(place()));
    settings.setValue(QStringLiteral("window/theme"), static_cast<int>(theme_.choice()));
    settings.setValue(QStringLiteral("live/layout"), live_->saveLayout());
    settings.setValue(QStringLiteral("setup/measured_flops"), measuredFlops_);
}

} // namespace dstn::ui
