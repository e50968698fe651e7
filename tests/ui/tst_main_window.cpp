#include "tests/program.h"

#include "core/archive/archive.h"
#include "ui/forms/experiment_file.h"
#include "ui/live/archived_run_page.h"
#include "ui/live/live_page.h"
#include "ui/live/run_view.h"
#include "ui/main_window.h"
#include "ui/setup/setup_page.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/theme.h"
#include <QApplication>

#include <QAction>
#include <QDialog>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <memory>

using namespace dstn;
using namespace dstn::ui;

/// The real window on the real engine: what a person does from the first click to the comparison.
class TestMainWindow : public QObject {
    Q_OBJECT

    static constexpr int patience = dstn::test::patience;
    QTemporaryDir folder_;
    std::unique_ptr<Theme> theme_;
    int archives_ = 0;

    std::filesystem::path newArchive() {
        return folder_.filePath(QStringLiteral("%1.sqlite").arg(archives_++)).toStdString();
    }
    /// Two tuned dropout rates on synthetic data: steps of well under a millisecond.
    static Experiment smallExperiment(int epochs) {
        const ParsedExperiment parsed =
            parseExperiment(findPreset("quickstart")->json, {{"budget.epochs", std::to_string(epochs)},
                                                             {"device", "cpu"},
                                                             {"threads", "1"},
                                                             {"tuner.warmup_epochs", "0"}});
        if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
        return *parsed.experiment;
    }
    std::unique_ptr<MainWindow> open(const std::filesystem::path& archive, int epochs) {
        auto window = std::make_unique<MainWindow>(archive, smallExperiment(epochs), *theme_);
        window->show();
        return window;
    }
    static void press(MainWindow& window, Qt::Key key) { QTest::keyClick(&window, key, Qt::ControlModifier); }
    static std::size_t points(const RunView& view, const QString& plotTitle) {
        for (const CurvePlot* plot : view.plots())
            if (plot->title() == plotTitle && plot->curveCount() > 0) return plot->data(0).size();
        return 0;
    }
    /// Selects rows of the archive's list, as many as wanted, once they are there.
    static QTableView* selectRuns(MainWindow& window, int count) {
        auto* table = window.findChild<QTableView*>(QStringLiteral("runs"));
        if (table == nullptr ||
            !QTest::qWaitFor([&] { return table->model()->rowCount() >= count; }, patience))
            return nullptr;
        table->clearSelection();
        for (int row = 0; row < count; ++row)
            table->selectionModel()->select(table->model()->index(row, 0),
                                            QItemSelectionModel::Select | QItemSelectionModel::Rows);
        return table;
    }

  private slots:
    void initTestCase() {
        QCoreApplication::setOrganizationName(QStringLiteral("delta-stn-workbench"));
        QCoreApplication::setApplicationName(QStringLiteral("tst_main_window"));
        QSettings().clear();
        theme_ = std::make_unique<Theme>(*qApp);
    }

    void aPersonRunsPausesNudgesStopsReopensAndCompares() {
        const auto archive = newArchive();
        const auto window = open(archive, 100'000);
        QVERIFY(QTest::qWaitForWindowActive(window.get()));
        QCOMPARE(window->place(), MainWindow::setupPlace);
        auto* setup = window->findChild<SetupPage*>();
        auto* live = window->findChild<LivePage*>();
        QCOMPARE(setup->experiment().name, findPreset("quickstart")->title);

        press(*window, Qt::Key_R);
        QTRY_COMPARE_WITH_TIMEOUT(window->place(), MainWindow::livePlace, patience);
        QTRY_VERIFY_WITH_TIMEOUT(points(*live->view(), QStringLiteral("Loss")) > 5, patience);
        QTRY_VERIFY_WITH_TIMEOUT(points(*live->view(), QStringLiteral("dropout_in")) > 2, patience);
        QCOMPARE(live->view()->summary().state, RunState::running);
        QVERIFY(window->windowTitle().contains(QLatin1String("running")));
        for (const CurvePlot* plot : live->view()->plots())
            if (plot->title() == QLatin1String("dropout_in")) QVERIFY(plot->data(0).hasBand());

        press(*window, Qt::Key_P);
        QTRY_COMPARE_WITH_TIMEOUT(window->controller().state(), RunState::paused, patience);
        QTest::qWait(100); // what was published before the pause
        const std::size_t whilePaused = points(*live->view(), QStringLiteral("Loss"));
        QTest::qWait(300);
        QCOMPARE(points(*live->view(), QStringLiteral("Loss")), whilePaused);
        QVERIFY(live->pauseAction()->text().remove(QLatin1Char('&')).contains(QLatin1String("Resume")));

        press(*window, Qt::Key_P);
        QTRY_COMPARE_WITH_TIMEOUT(window->controller().state(), RunState::running, patience);
        QTRY_VERIFY_WITH_TIMEOUT(points(*live->view(), QStringLiteral("Loss")) > whilePaused, patience);

        bool moved = false;
        connect(&window->controller(), &RunController::eventArrived, this, [&](const Event& event) {
            if (const auto* set = std::get_if<HyperparameterSet>(&event))
                moved = set->value > 0.59 && set->value < 0.61;
        });
        for (auto* field : live->findChildren<QLineEdit*>())
            if (field->accessibleName().contains(QLatin1String("dropout_in"))) {
                field->selectAll();
                QTest::keyClicks(field, "0.6");
                QTest::keyClick(field, Qt::Key_Return);
            }
        QTRY_VERIFY_WITH_TIMEOUT(moved, patience);

        press(*window, Qt::Key_Period);
        QTRY_VERIFY_WITH_TIMEOUT(window->controller().isIdle(), patience);
        QCOMPARE(window->controller().state(), RunState::stopped);
        const std::size_t recorded = points(*live->view(), QStringLiteral("Loss"));

        press(*window, Qt::Key_3);
        QCOMPARE(window->place(), MainWindow::archivePlace);
        QTableView* table = selectRuns(*window, 1);
        QVERIFY(table != nullptr);
        window->openRun(window->controller().run());
        auto* archived = window->findChild<ArchivedRunPage*>();
        QTRY_COMPARE_WITH_TIMEOUT(points(*archived->view(), QStringLiteral("Loss")), recorded, patience);
        QCOMPARE(archived->view()->summary().state, RunState::stopped);
        QCOMPARE(archived->view()->experiment(), live->view()->experiment());

        // A second run, to be compared with the first.
        press(*window, Qt::Key_R);
        QTRY_VERIFY_WITH_TIMEOUT(window->controller().state() == RunState::running, patience);
        QTRY_VERIFY_WITH_TIMEOUT(points(*live->view(), QStringLiteral("Loss")) > 5, patience);
        press(*window, Qt::Key_Period);
        QTRY_VERIFY_WITH_TIMEOUT(window->controller().isIdle(), patience);
        press(*window, Qt::Key_3);
        QVERIFY(selectRuns(*window, 2) != nullptr);
        QAction* compare = window->findChild<QAction*>(QStringLiteral("Compare"));
        QVERIFY(compare != nullptr);
        QTRY_VERIFY(compare->isEnabled());
        compare->trigger();
        QCOMPARE(window->place(), MainWindow::comparePlace);
        auto* page = window->findChild<QWidget*>(QStringLiteral("comparePage"));
        QVERIFY(page != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                for (const CurvePlot* plot : page->findChildren<CurvePlot*>())
                    if (plot->curveCount() >= 2 && plot->data(0).size() > 0 && plot->data(1).size() > 0)
                        return true;
                return false;
            }(),
            patience);
    }

    void aRunClosedWithTheWindowIsInterruptedAndGoesOnFromThere() {
        const auto archive = newArchive();
        QString run;
        {
            const auto window = open(archive, 100'000);
            window->run();
            auto* live = window->findChild<LivePage*>();
            QTRY_VERIFY_WITH_TIMEOUT(points(*live->view(), QStringLiteral("Loss")) > 20, patience);
            run = window->controller().run();
            window->close();
            // It stays, and answers, until the run is saved.
            QVERIFY(window->isVisible());
            QCOMPARE(window->controller().pending(), Pending::stopping);
            QTRY_VERIFY_WITH_TIMEOUT(!window->isVisible(), patience);
        }
        const auto row = [&] {
            return Archive(archive, Archive::Mode::readOnly).details(run.toStdString()).row;
        };
        QCOMPARE(row().state, RunState::interrupted);
        QVERIFY(row().resumable);
        const std::int64_t stepsBefore = row().steps;

        const auto window = open(archive, 100'000);
        auto* live = window->findChild<LivePage*>();
        window->openRun(run);
        auto* archived = window->findChild<ArchivedRunPage*>();
        QTRY_VERIFY_WITH_TIMEOUT(archived->view()->isResumable(), patience);
        for (auto* button : archived->findChildren<QPushButton*>())
            if (button->text().remove(QLatin1Char('&')) == QLatin1String("Resume")) button->click();
        QCOMPARE(window->place(), MainWindow::livePlace);
        QTRY_COMPARE_WITH_TIMEOUT(window->controller().state(), RunState::running, patience);
        QCOMPARE(window->controller().run(), run);
        QTRY_VERIFY_WITH_TIMEOUT(live->view()->summary().step > stepsBefore, patience);
        QVERIFY(live->view()->plots().first()->data(0).x(XAxis::step).front() <
                static_cast<double>(stepsBefore));
        window->controller().stop();
        QTRY_VERIFY_WITH_TIMEOUT(window->controller().isIdle(), patience);
    }

    /// Other data under a run: the window asks, and what is not said is no.
    void aRunWhoseDataHaveChangedAsksBeforeItGoesOn() {
        const auto archive = newArchive();
        const QString file = folder_.filePath(QStringLiteral("changing.csv"));
        const auto write = [&](int shift) {
            QFile data(file);
            QVERIFY(data.open(QIODevice::WriteOnly));
            data.write("a,b,y\n");
            for (int i = 0; i < 60; ++i)
                data.write(QStringLiteral("%1,%2,%3\n")
                               .arg(0.5 * ((i + shift) % 7))
                               .arg(0.25 * (i % 5))
                               .arg(0.125 * (i % 11))
                               .toUtf8());
        };
        write(0);
        const ParsedExperiment parsed =
            parseExperiment(findPreset("ridge")->json,
                            {{"data", R"({"source": "csv", "task": "regression", "validation": 0.25})"},
                             {"data.path", file.toStdString()},
                             {"batch", R"({"train": 15, "validation": 15})"},
                             {"budget.epochs", "100000"},
                             {"threads", "1"}});
        QVERIFY2(parsed.experiment.has_value(), describe(parsed.mistakes).c_str());
        MainWindow window(archive, *parsed.experiment, *theme_);
        window.show();
        window.run();
        QTRY_COMPARE_WITH_TIMEOUT(window.controller().state(), RunState::running, patience);
        window.controller().stop();
        QTRY_VERIFY_WITH_TIMEOUT(window.controller().isIdle(), patience);
        const QString run = window.controller().run();
        write(1);

        auto* live = window.findChild<LivePage*>();
        const auto question = [&] { return live->findChild<QMessageBox*>("changedDataQuestion"); };
        live->resumeFromArchive(run);
        QTRY_VERIFY_WITH_TIMEOUT(question() != nullptr, patience);
        QVERIFY2(question()->text().contains("changing.csv: the data have changed"),
                 qPrintable(question()->text()));
        QTest::keyClick(question(), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(question() == nullptr && window.controller().isIdle(), patience);
        QCOMPARE(Archive(archive).details(run.toStdString()).row.state, RunState::stopped);

        live->resumeFromArchive(run);
        QTRY_VERIFY_WITH_TIMEOUT(question() != nullptr && window.controller().isIdle(), patience);
        live->findChild<QPushButton*>("continueWithChangedData")->click();
        QTRY_COMPARE_WITH_TIMEOUT(window.controller().state(), RunState::running, patience);
        QCOMPARE(window.controller().run(), run);
        window.controller().stop();
        QTRY_VERIFY_WITH_TIMEOUT(window.controller().isIdle(), patience);
        const auto events = Archive(archive).details(run.toStdString()).events;
        QVERIFY(std::ranges::any_of(events, [](const auto& event) {
            return event.second.find("which was accepted") != std::string::npos;
        }));
    }

    void anArchiveThatCannotBeWrittenIsToldInTheWindow() {
        const auto window = open("/proc/no-such-folder/runs.sqlite", 10);
        window->run();
        auto* live = window->findChild<LivePage*>();
        QTRY_VERIFY_WITH_TIMEOUT(live->banner()->text().contains(QLatin1String("/proc/no-such-folder")),
                                 patience);
        QTRY_VERIFY(window->controller().isIdle());
        QCOMPARE(live->view()->summary().state, RunState::failed);
    }

    void aSearchRunsAsAStudyAloneAndClosingInterruptsIt() {
        const auto archive = newArchive();
        Experiment search = smallExperiment(200);
        search.tuner.options = RandomOptions{.trials = 1000};
        search.hyperparameters.back().min = 1e-6;
        search.hyperparameters.back().max = 0.1;
        MainWindow window(archive, search, *theme_);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        press(window, Qt::Key_R);
        QTRY_COMPARE_WITH_TIMEOUT(window.place(), MainWindow::studiesPlace, patience);
        QTRY_VERIFY_WITH_TIMEOUT(!window.studyController().current().isEmpty(), patience);
        QVERIFY(!window.findChild<SetupPage*>()->runAction()->isEnabled());
        window.close();
        QTRY_VERIFY_WITH_TIMEOUT(!window.isVisible(), patience);
        const Archive opened(archive);
        QCOMPARE(opened.studies().size(), std::size_t(1));
        QCOMPARE(opened.studies().front().state, RunState::interrupted);
        QVERIFY(!opened.studyRuns(opened.studies().front().id).empty());
    }

    void placesAreReachedByKeyboard() {
        const auto window = open(newArchive(), 10);
        QVERIFY(QTest::qWaitForWindowActive(window.get()));
        press(*window, Qt::Key_4);
        QCOMPARE(window->place(), MainWindow::comparePlace);
        press(*window, Qt::Key_2);
        QCOMPARE(window->place(), MainWindow::livePlace);
        press(*window, Qt::Key_1);
        QCOMPARE(window->place(), MainWindow::setupPlace);
        // No two actions answer to the same keys.
        QStringList keys;
        for (const QAction* menu : window->menuBar()->actions())
            for (const QAction* action : menu->menu()->actions())
                if (!action->shortcut().isEmpty()) keys.append(action->shortcut().toString());
        const qsizetype all = keys.size();
        QVERIFY(all > 12);
        QCOMPARE(keys.removeDuplicates(), 0);
    }

    void shortcutsOfTheListsAreListedToo() {
        const auto window = open(newArchive(), 10);
        QVERIFY(QTest::qWaitForWindowActive(window.get()));
        QTest::keyClick(window.get(), Qt::Key_F1);
        auto* dialog = window->findChild<QDialog*>();
        QVERIFY(dialog != nullptr);
        QStringList texts;
        for (const QLabel* label : dialog->findChildren<QLabel*>()) texts.append(label->text());
        for (const char* wanted :
             {"Star", "Tags", "Rename", "Compare", "Filter", "Add part", "Duplicate", "Run"})
            QVERIFY2(texts.contains(QLatin1String(wanted)), wanted);
    }

    void windowFitsIntoASmallScreen() {
        const auto window = open(newArchive(), 100'000);
        window->run();
        auto* live = window->findChild<LivePage*>();
        QTRY_VERIFY_WITH_TIMEOUT(points(*live->view(), QStringLiteral("Loss")) > 5, patience);
        for (const auto place : {MainWindow::setupPlace, MainWindow::livePlace, MainWindow::archivePlace,
                                 MainWindow::comparePlace})
            window->goTo(place);
        QVERIFY2(window->minimumSizeHint().width() <= 1024,
                 qPrintable(QString::number(window->minimumSizeHint().width())));
        window->controller().stop();
        QTRY_VERIFY_WITH_TIMEOUT(window->controller().isIdle(), patience);
    }

    void menusOpenByTheirLettersInEveryPlace() {
        const auto window = open(newArchive(), 10);
        QVERIFY(QTest::qWaitForWindowActive(window.get()));
        for (const auto place : {MainWindow::setupPlace, MainWindow::livePlace, MainWindow::archivePlace,
                                 MainWindow::comparePlace}) {
            window->goTo(place);
            for (const QAction* menu : window->menuBar()->actions()) {
                const QKeySequence letter = QKeySequence::mnemonic(menu->text());
                QTest::keyClick(window.get(), letter[0].key(), Qt::AltModifier);
                QVERIFY2(menu->menu()->isVisible(), qPrintable(letter.toString()));
                menu->menu()->close();
            }
        }
    }

    void editedExperimentAndPlaceAreThereAtTheNextStart() {
        QFile::remove(sessionFile());
        const auto archive = newArchive();
        {
            const auto window = open(archive, 10);
            Experiment edited = smallExperiment(10);
            edited.name = "Half finished";
            window->findChild<SetupPage*>()->setExperiment(edited);
            window->goTo(MainWindow::archivePlace);
            window->close();
        }
        const Experiment again = lastExperiment(smallExperiment(10)).experiment;
        QCOMPARE(again.name, std::string("Half finished"));
        const MainWindow window(archive, again, *theme_);
        QCOMPARE(window.place(), MainWindow::archivePlace);
        QFile::remove(sessionFile());
        QSettings().clear();
    }

    void sizeAndThemeAreRemembered() {
        const auto archive = newArchive();
        {
            const auto window = open(archive, 10);
            window->resize(1111, 733);
            for (QAction* action : window->findChildren<QAction*>())
                if (action->text() == QLatin1String("D&ark")) action->trigger();
            QVERIFY(isDark(QApplication::palette()));
            window->close();
        }
        theme_->apply(ThemeChoice::light);
        const auto window = open(archive, 10);
        QCOMPARE(window->size(), QSize(1111, 733));
        QVERIFY(isDark(QApplication::palette()));
        QSettings().clear();
        theme_->apply(ThemeChoice::light);
    }

    void onOtherScreensTheWindowMayNotKeepItsPlace() {
        const auto archive = newArchive();
        {
            const auto window = open(archive, 10);
            window->resize(1111, 733);
            window->close();
        }
        // As if left on two screens beside each other, in another place than Qt's own record says.
        QSettings().setValue("window/screens", QRect(0, 0, 5120, 1440));
        QSettings().setValue("window/rectangle", QRect(2000, 100, 2400, 900));
        const auto window = open(archive, 10);
        QVERIFY2(window->width() <= 1111, qPrintable(QString::number(window->width())));
        QSettings().clear();
    }
};

DSTN_TEST_IN(QApplication, TestMainWindow)
#include "tst_main_window.moc"
