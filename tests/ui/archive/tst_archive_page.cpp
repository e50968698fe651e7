#include "tests/program.h"
#include "tests/ui/sample_studies.h"
#include "ui/archive/archive_page.h"
#include "ui/archive/run_export.h"
#include "ui/archive/run_list_model.h"
#include "ui/text/number_text.h"
#include "ui/text/run_text.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolButton>
#include <QTreeWidget>

#include <cmath>
#include <fstream>

using namespace dstn;
using namespace dstn::ui;

namespace {

int column(RunColumn which) { return static_cast<int>(which); }

} // namespace

class TestArchivePage : public QObject {
    Q_OBJECT

    const QTemporaryDir samples_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::filesystem::path file_;
    std::unique_ptr<ArchivePage> page_;

    QTableView* table() const { return page_->findChild<QTableView*>("runs"); }
    QAction* action(const QString& text) const { return page_->findChild<QAction*>(text); }
    QString label(const char* name) const { return page_->findChild<QLabel*>(name)->text(); }
    QString notice() const {
        return page_->findChild<QFrame*>("notice")->findChild<QLabel*>("noticeText")->text();
    }
    QString trouble() const {
        return page_->findChild<QFrame*>("trouble")->findChild<QLabel*>("noticeText")->text();
    }
    QString cell(int row, RunColumn which) const {
        return table()->model()->index(row, column(which)).data().toString();
    }
    void open() {
        page_ = std::make_unique<ArchivePage>(file_);
        page_->resize(1280, 720);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }
    void openWithRuns() {
        std::filesystem::copy_file(samples_.filePath("runs.sqlite").toStdString(), file_);
        open();
        QTRY_COMPARE(table()->model()->rowCount(), 3);
        table()->sortByColumn(column(RunColumn::name), Qt::AscendingOrder);
        table()->setFocus();
    }
    void select(std::initializer_list<int> rows) {
        table()->clearSelection();
        for (const int row : rows)
            table()->selectionModel()->select(table()->model()->index(row, 0),
                                              QItemSelectionModel::Select | QItemSelectionModel::Rows);
        table()->selectionModel()->setCurrentIndex(
            table()->model()->index(*rows.begin(), column(RunColumn::name)), QItemSelectionModel::NoUpdate);
    }
    RunRow stored(int number) const {
        for (const RunRow& row : Archive(file_, Archive::Mode::readOnly).runs(true))
            if (row.id == sampleId(number)) return row;
        return {};
    }

  private slots:
    void initTestCase() {
        QCoreApplication::setOrganizationName("dstn-test");
        QCoreApplication::setApplicationName("tst_archive_page");
        // Made once: a finished run goes to the disk for good, which takes its time.
        Archive archive(samples_.filePath("runs.sqlite").toStdString());
        addRun(archive, {.id = sampleId(1), .name = "first", .loss = 0.5});
        addRun(archive, {.id = sampleId(2), .name = "second", .loss = 0.4});
        addRun(archive, {.id = sampleId(3),
                         .name = "third",
                         .epochs = 3,
                         .loss = 0.3,
                         .state = RunState::stopped,
                         .checkpoint = true});
    }
    void init() {
        QSettings().clear();
        folder_ = std::make_unique<QTemporaryDir>();
        file_ = folder_->filePath("runs.sqlite").toStdString();
    }
    void cleanup() { page_.reset(); }

    void emptyArchiveSaysHowToBegin() {
        open();
        QTRY_VERIFY(label("emptyText").contains("Run (Ctrl+R)"));
        QVERIFY(!table()->isVisible());
    }

    void runsAreListedWithTheirValues() {
        openWithRuns();
        QCOMPARE(cell(0, RunColumn::name), "first");
        QCOMPARE(cell(0, RunColumn::state), "completed");
        QCOMPARE(cell(2, RunColumn::state), "stopped");
        QCOMPARE(cell(2, RunColumn::progress), "50 %");
        QVERIFY(cell(0, RunColumn::accuracy).endsWith(" %"));
        QCOMPARE(label("counts"), "3 runs");
    }

    void languageModelsAreJudgedByPerplexity() {
        openWithRuns();
        const SampleRun sample{.id = sampleId(4), .name = "a text", .loss = 2.0, .language = true};
        {
            Archive other(file_);
            addRun(other, sample);
        }
        QTRY_COMPARE(table()->model()->rowCount(), 4);
        const RunRow row = stored(4);
        QCOMPARE(cell(0, RunColumn::name), "a text");
        QCOMPARE(cell(0, RunColumn::model), "LSTM 8");
        QCOMPARE(cell(0, RunColumn::accuracy), valueText(std::exp(*row.bestValidationLoss)) + " ppl");
        QCOMPARE(cell(0, RunColumn::test), valueText(std::exp(*row.bestValidationLoss + 0.02)) + " ppl");

        const auto preview = [&] {
            QStringList lines;
            const auto* values = page_->findChild<QTreeWidget*>("values");
            for (int i = 0; i < values->topLevelItemCount(); ++i) {
                const QTreeWidgetItem* item = values->topLevelItem(i);
                lines << QStringList{item->text(0), item->text(1), item->text(2)}.join('|');
            }
            return lines.join('\n');
        };
        select({0});
        const EpochResult last = sampleEpoch(sample, 6); // the best too
        const auto line = [](const char* title, double loss) {
            return QStringLiteral("%1|%2|%2").arg(title, valueText(std::exp(loss)));
        };
        QTRY_VERIFY2(preview().contains(line("val. perplexity", last.validationLoss)), qPrintable(preview()));
        QVERIFY2(preview().contains(line("training perplexity", *last.trainLoss)), qPrintable(preview()));
        QVERIFY2(preview().contains(line("test perplexity", *last.testLoss)), qPrintable(preview()));
        QVERIFY2(!preview().contains("accuracy"), qPrintable(preview()));
        select({1});
        QTRY_VERIFY2(preview().contains("val. accuracy"), qPrintable(preview()));
        QVERIFY2(!preview().contains("perplexity"), qPrintable(preview()));
    }

    /// What was changed of a run stands with its facts.
    void changesOnResumingAreShown() {
        open();
        SampleRun sample{.id = sampleId(7100), .name = "changed"};
        Archive other(file_);
        addRun(other, sample);
        RunStarted again = startOf(sample);
        again.firstStep = 240;
        again.experiment.optimizers.general.lr = 0.125;
        other.append(sample.id, {again, RunFinished{.state = RunState::stopped,
                                                    .steps = 240,
                                                    .best = {},
                                                    .hyperparameters = {},
                                                    .error = {},
                                                    .message = {}}});
        auto* filter = page_->findChild<QLineEdit*>("filter");
        filter->setText("name=changed");
        QTRY_COMPARE(table()->model()->rowCount(), 1);
        select({0});
        const auto* values = page_->findChild<QTreeWidget*>("values");
        QTRY_COMPARE(values
                         ->findItems(QStringLiteral("optimizers.general.lr: 0.125, was 0.01; after step 240"),
                                     Qt::MatchExactly)
                         .size(),
                     1);
        filter->clear();
    }

    void runWrittenByAnotherProcessAppearsByItself() {
        openWithRuns();
        Archive other(file_);
        addRun(other, {.id = sampleId(4), .name = "elsewhere"});
        QTRY_COMPARE(table()->model()->rowCount(), 4);
    }

    void typingFiltersAtOnceAndEscapeShowsAll() {
        openWithRuns();
        auto* filter = page_->findChild<QLineEdit*>("filter");
        filter->setFocus();
        QTest::keyClicks(filter, "state=stopped");
        QCOMPARE(table()->model()->rowCount(), 1);
        QCOMPARE(label("counts"), "1 of 3 runs");
        QVERIFY(!page_->findChild<QLabel*>("filterProblem")->isVisible());
        QTest::keyClicks(filter, " best<");
        QVERIFY(page_->findChild<QLabel*>("filterProblem")->isVisible());
        QVERIFY(label("filterProblem").contains("best<"));
        QCOMPARE(label("counts"), "1 of 3 runs");
        for (int i = 0; i < 6; ++i) QTest::keyClick(filter, Qt::Key_Backspace);
        QTest::keyClicks(filter, " nothing");
        QVERIFY(label("emptyText").contains("No run matches"));
        QTest::keyClick(filter, Qt::Key_Escape);
        QCOMPARE(table()->model()->rowCount(), 3);
    }

    void returnInTheTagsGoesBackToTheList() {
        openWithRuns();
        select({1});
        auto* tags = page_->findChild<QLineEdit*>("tags");
        QTest::keyClick(table(), Qt::Key_T);
        QTRY_VERIFY(tags->hasFocus());
        QTest::keyClicks(tags, "paper");
        QTest::keyClick(tags, Qt::Key_Return);
        QVERIFY(table()->hasFocus());
    }

    void enterOpensTheSelectedRun() {
        openWithRuns();
        select({1});
        QSignalSpy opened(page_.get(), &ArchivePage::openRequested);
        QTest::keyClick(table(), Qt::Key_Return);
        QCOMPARE(opened.count(), 1);
        QCOMPARE(opened[0][0].toString().toStdString(), sampleId(2));
    }

    void compareNeedsTwoRuns() {
        openWithRuns();
        QSignalSpy compared(page_.get(), &ArchivePage::compareRequested);
        select({1});
        QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(compared.count(), 0);
        select({0, 2});
        QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(compared.count(), 1);
        QCOMPARE(compared[0][0].toStringList(),
                 (QStringList{QString::fromStdString(sampleId(1)), QString::fromStdString(sampleId(3))}));
    }

    void duplicateHandsOutTheExperiment() {
        openWithRuns();
        select({0});
        QSignalSpy duplicated(page_.get(), &ArchivePage::duplicateRequested);
        QTest::keyClick(table(), Qt::Key_D, Qt::ControlModifier);
        QTRY_COMPARE(duplicated.count(), 1);
        QVERIFY(duplicated[0][0].toString().contains("\"first\""));
    }

    void onlyARunThatStoppedEarlyCanBeResumed() {
        openWithRuns();
        select({0});
        QVERIFY(!action("Resume")->isEnabled());
        select({2});
        QVERIFY(action("Resume")->isEnabled());
        QSignalSpy resumed(page_.get(), &ArchivePage::resumeRequested);
        action("Resume")->trigger();
        QCOMPARE(resumed[0][0].toString().toStdString(), sampleId(3));
    }

    void renamingInTheListReachesTheArchive() {
        openWithRuns();
        select({0});
        action("Rename")->trigger();
        QTRY_VERIFY(table()->viewport()->findChild<QLineEdit*>());
        auto* editor = table()->viewport()->findChild<QLineEdit*>();
        editor->selectAll();
        QTest::keyClicks(editor, "a better name");
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE(stored(1).name, std::string("a better name"));
    }

    void starsAreSetForAllSelectedRuns() {
        openWithRuns();
        select({0, 1});
        QTest::keyClick(table(), Qt::Key_S);
        QTRY_VERIFY(stored(1).starred && stored(2).starred);
        QVERIFY(!stored(3).starred);
        action("★ Starred")->setChecked(true);
        QTRY_COMPARE(table()->model()->rowCount(), 2);
    }

    void noteAndTagsAreSavedAsTyped() {
        openWithRuns();
        select({1});
        QTest::keyClicks(page_->findChild<QPlainTextEdit*>("note"), "saw a spike");
        QTRY_COMPARE(stored(2).note, std::string("saw a spike"));
        QTest::keyClicks(page_->findChild<QLineEdit*>("tags"), "paper, seed 1");
        QTRY_COMPARE(stored(2).tags.size(), std::size_t{2});
        QTRY_VERIFY(cell(1, RunColumn::tags).contains("paper"));
    }

    void noteTypedJustBeforeLeavingIsNotLost() {
        openWithRuns();
        select({1});
        QTest::keyClicks(page_->findChild<QPlainTextEdit*>("note"), "last words");
        page_.reset();
        QCOMPARE(stored(2).note, std::string("last words"));
    }

    void deletedRunsComeBackByUndo() {
        openWithRuns();
        select({0, 1});
        QTest::keyClick(table(), Qt::Key_Delete);
        QTRY_COMPARE(table()->model()->rowCount(), 1);
        QCOMPARE(notice(), "2 runs deleted.");
        QVERIFY(stored(1).deleted);
        QTest::mouseClick(page_->findChild<QPushButton*>("Undo"), Qt::LeftButton);
        QTRY_COMPARE(table()->model()->rowCount(), 3);
        QVERIFY(!stored(1).deleted);
    }

    void removingForGoodAsksInTheWindowAndOnlyThenRemoves() {
        openWithRuns();
        select({0});
        QTest::keyClick(table(), Qt::Key_Delete);
        QTRY_COMPARE(table()->model()->rowCount(), 2);
        action("Deleted")->setChecked(true);
        QTRY_COMPARE(table()->model()->rowCount(), 1);
        QTRY_VERIFY(action("Delete permanently…")->isEnabled());
        action("Delete permanently…")->trigger();
        QVERIFY(notice().contains("cannot be undone"));
        QVERIFY(stored(1).deleted);
        QTest::mouseClick(page_->findChild<QPushButton*>("Delete permanently"), Qt::LeftButton);
        QTRY_VERIFY(stored(1).id.empty());
        QVERIFY(!stored(2).id.empty());
    }

    void runThatGoesOnIsNotDeleted() {
        openWithRuns();
        Archive other(file_);
        addRun(other, {.id = sampleId(4), .name = "going", .epochs = 2, .state = RunState::running});
        QTRY_COMPARE(table()->model()->rowCount(), 4);
        select({1});
        QCOMPARE(cell(1, RunColumn::name), "going");
        QTest::keyClick(table(), Qt::Key_Delete);
        QTRY_VERIFY(notice().contains("stop it first"));
        QVERIFY(!stored(4).deleted);
    }

    void selectedRunShowsValuesAndConfiguration() {
        openWithRuns();
        select({0});
        auto* values = page_->findChild<QTreeWidget*>("values");
        QTRY_VERIFY(!values->findItems("val. loss", Qt::MatchExactly).isEmpty());
        QVERIFY(!values->findItems("dropout1", Qt::MatchExactly).isEmpty());
    }

    void fileThatIsNoArchiveIsSaidInWords() {
        std::ofstream(file_) << "this is a text, and long enough to be taken for a data base header ........";
        open();
        QTRY_VERIFY(trouble().contains("runs.sqlite"));
        QVERIFY(label("emptyText").contains("message above"));
    }

    void archiveThatVanishesIsSaidAndNotReplacedUnasked() {
        openWithRuns();
        std::filesystem::remove(file_);
        QTRY_VERIFY(trouble().contains("moved or deleted"));
        QTest::qWait(1200);
        QVERIFY(!std::filesystem::exists(file_));
        page_->refresh();
        QTRY_VERIFY(std::filesystem::exists(file_));
        QTRY_COMPARE(table()->model()->rowCount(), 0);
        QTRY_COMPARE(trouble(), QString());
    }

    void columnsAndOrderAreRemembered() {
        openWithRuns();
        table()->setColumnHidden(column(RunColumn::note), true);
        table()->sortByColumn(column(RunColumn::validationLoss), Qt::DescendingOrder);
        page_.reset();
        open();
        QTRY_COMPARE(table()->model()->rowCount(), 3);
        QVERIFY(table()->isColumnHidden(column(RunColumn::note)));
        QCOMPARE(cell(0, RunColumn::name), "first");
    }

    void exportKeepsFilesThatAreThere() {
        openWithRuns();
        const Archive archive(file_, Archive::Mode::readOnly);
        const std::vector<RunRow> rows = archive.runs();
        const std::filesystem::path out = folder_->path().toStdString();
        const auto first = exportRuns(archive, rows, ExportFormat::csv, out);
        const auto second = exportRuns(archive, rows, ExportFormat::csv, out);
        QCOMPARE(first.size(), std::size_t{3});
        for (const auto& file : first) QVERIFY(std::filesystem::file_size(file) > 0);
        for (std::size_t i = 0; i < first.size(); ++i) QVERIFY(first[i] != second[i]);
    }

    void exportOntoTheArchiveIsRefused() {
        openWithRuns();
        select({0});
        for (const char* text : {"This list as CSV…", "Runs as CSV…"}) {
            page_->findChild<QFrame*>("notice")->findChild<QLabel*>("noticeText")->clear();
            QTimer answers; // the file, then that it may be replaced
            connect(&answers, &QTimer::timeout, this, [this] {
                QWidget* asked = QApplication::activeModalWidget();
                if (auto* really = qobject_cast<QMessageBox*>(asked))
                    really->button(QMessageBox::Yes)->click();
                else if (auto* files = qobject_cast<QFileDialog*>(asked)) {
                    files->findChild<QLineEdit*>("fileNameEdit")
                        ->setText(QString::fromStdString(file_.string()));
                    // Queued, as it asks in a loop of its own, in which this timer would stand still.
                    QMetaObject::invokeMethod(files, "accept", Qt::QueuedConnection);
                }
            });
            answers.start(20);
            action(text)->trigger();
            answers.stop();
            QTRY_VERIFY2(notice().contains("it is the archive itself"), qPrintable(text + notice()));
        }
        QCOMPARE(Archive(file_, Archive::Mode::readOnly).runs().size(), std::size_t{3});
    }

    void exportedListIsTheListShown() {
        RunTableModel runs;
        RunListModel list(&runs);
        RunRow row;
        row.id = "a";
        row.name = "with \"quotes\", and commas";
        runs.setRows({row});
        QCOMPARE(listAsCsv(list, {column(RunColumn::name), column(RunColumn::state)}),
                 "Name,State\r\n\"with \"\"quotes\"\", and commas\",preparing\r\n");
    }

    void runsOfStudiesAreRecognisedHiddenAndLeadToTheirStudy() {
        {
            Archive archive(file_);
            addWholeStudy(archive, sampleStudyId(1), sampleStudy({0}));
            addRun(archive, {.id = sampleId(7001), .name = "of no study"});
        }
        open();
        QTRY_COMPARE(table()->model()->rowCount(), 5);
        const int all = table()->model()->rowCount();
        auto* filter = page_->findChild<QLineEdit*>("filter");
        filter->setText("study=\"Two methods\"");
        QCOMPARE(table()->model()->rowCount(), 4);
        QCOMPARE(cell(0, RunColumn::study), QStringLiteral("Two methods"));
        QCOMPARE(cell(0, RunColumn::gradients), QStringLiteral("480"));
        table()->selectRow(0);
        QSignalSpy asked(page_.get(), &ArchivePage::studyRequested);
        action("Show its study")->trigger();
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toString(), QString::fromStdString(sampleStudyId(1)));
        filter->clear();
        action("Hide trials")->setChecked(true);
        QCOMPARE(table()->model()->rowCount(), all - 4);
        action("Hide trials")->setChecked(false);
    }

    void aRunsScheduleIsReplayedAndItsLastValuesRetrained() {
        {
            Archive archive(file_);
            addRun(archive, {.id = sampleId(7000), .name = "followed", .hyperparameters = {"dropout0"}});
        }
        open();
        auto* filter = page_->findChild<QLineEdit*>("filter");
        filter->setText("name=followed");
        QTRY_COMPARE(table()->model()->rowCount(), 1);
        table()->selectRow(0);
        std::vector<RunRequest> set;
        connect(page_.get(), &ArchivePage::followRequested, this,
                [&](const RunRequest& request) { set.push_back(request); });
        action("Retrain with its final values")->trigger();
        QTRY_COMPARE(set.size(), std::size_t{1});
        QCOMPARE(traitsOf(set[0].experiment.tuner).id, std::string_view("fixed"));
        QVERIFY(set[0].experiment.hyperparameters[0].initial > 0.1); // from 0.05 on it grew
        QVERIFY(set[0].sameData.has_value());
        action("Replay its schedule")->trigger();
        QTRY_COMPARE(set.size(), std::size_t{2});
        QCOMPARE(traitsOf(set[1].experiment.tuner).id, std::string_view("replay"));
        QVERIFY(std::get<ReplayOptions>(set[1].experiment.tuner.options).steps.size() > 2);
    }
};

DSTN_TEST_IN(QApplication, TestArchivePage)
#include "tst_archive_page.moc"
