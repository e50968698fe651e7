#include "tests/program.h"

#include "tests/ui/sample_studies.h"
#include "ui/forms/marked_field.h"
#include "ui/studies/new_study_page.h"
#include "ui/studies/studies_page.h"
#include "ui/studies/study_chart.h"
#include "ui/studies/study_page.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/curve_plot.h"
#include <QApplication>

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace dstn;
using namespace dstn::ui;

namespace {

/// Stands in for a StudySession: it begins, and goes on until it is paused.
class PretendedStudy : public StudyHandle {
  public:
    struct Log {
        std::vector<std::string> started;
        bool paused = false, interrupted = false;
        std::string refuse; ///< why it cannot start
        bool dataChanged = false, acceptChangedData = false;
    };
    PretendedStudy(std::string study, StudySink sink, std::shared_ptr<Log> log)
        : study_(std::move(study)), sink_(std::move(sink)), log_(std::move(log)) {
        if (!log_->refuse.empty()) throw Error(ErrorKind::archive, log_->refuse);
        log_->started.push_back(study_);
        if (log_->dataChanged && !log_->acceptChangedData) {
            ended_ = true;
            sink_(StudyFinished{.state = RunState::failed,
                                .error = ErrorKind::data,
                                .message = "d.csv: the data have changed",
                                .dataChanged = true});
            return;
        }
        StudyRunBegun begun;
        begun.place.study = study_;
        begun.run = "r";
        begun.name = "Two methods: Δ-STN, seed 0";
        sink_(begun);
        sink_(StudyProgress{.spent = 9.0, .total = 36.0, .runsDone = 1, .secondsLeft = 90.0});
    }
    ~PretendedStudy() override { end(true); }
    void pause(bool interrupted) override { end(interrupted); }

  private:
    void end(bool interrupted) {
        if (std::exchange(ended_, true)) return;
        log_->paused = true;
        log_->interrupted = interrupted;
        sink_(StudyFinished{.state = interrupted ? RunState::interrupted : RunState::paused});
    }
    std::string study_;
    StudySink sink_;
    std::shared_ptr<Log> log_;
    bool ended_ = false;
};

StudyLauncher pretend(std::shared_ptr<PretendedStudy::Log> log) {
    return [log](std::filesystem::path, std::string study, StudySink sink,
                 bool acceptChangedData) -> std::unique_ptr<StudyHandle> {
        log->acceptChangedData = acceptChangedData;
        return std::make_unique<PretendedStudy>(std::move(study), std::move(sink), log);
    };
}

} // namespace

class TestStudiesPage : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    int archives_ = 0;
    std::filesystem::path file_;
    std::shared_ptr<PretendedStudy::Log> log_;
    std::unique_ptr<StudyController> controller_;
    std::unique_ptr<StudiesPage> page_;

    static Experiment quickstart() {
        return *parseExperiment(findPreset("quickstart")->json, sampleStudy().set).experiment;
    }
    template <class Widget>
    Widget* find(const char* name) const {
        auto* found = page_->findChild<Widget*>(QLatin1String(name));
        if (found == nullptr) qFatal("no %s", name);
        return found;
    }
    NewStudyPage* newStudy() const { return page_->findChild<NewStudyPage*>(); }
    QPushButton* button(const char* name) const { return find<QPushButton>(name); }
    QString banner() const { return find<Banner>("studyBanner")->text(); }
    void open() {
        controller_ = std::make_unique<StudyController>(file_, pretend(log_));
        page_ = std::make_unique<StudiesPage>(file_, *controller_);
        page_->resize(1200, 740);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    }
    /// The study page with the study read.
    void openSample(const std::string& id, int rows) {
        open();
        page_->openStudy(QString::fromStdString(id));
        QTRY_COMPARE(find<QTableView>("studyRunTable")->model()->rowCount(), rows);
        QTRY_VERIFY(button("duplicateStudy")->isEnabled());
    }
    static void type(QLineEdit* edit, const QString& text) {
        edit->selectAll();
        QTest::keyClick(edit, Qt::Key_Delete);
        QTest::keyClicks(edit, text);
    }
    QString method(int row, const char* title) const {
        const auto* model = find<QTableView>("studyMethods")->model();
        for (int column = 0; column < model->columnCount(); ++column)
            if (model->headerData(column, Qt::Horizontal).toString() == QLatin1String(title))
                return model->index(row, column).data().toString();
        qFatal("no column %s", title);
    }

  private slots:
    void initTestCase() {
        QCoreApplication::setOrganizationName(QStringLiteral("delta-stn-workbench"));
        QCoreApplication::setApplicationName(QStringLiteral("tst_studies_page"));
        QSettings().clear();
    }
    void init() {
        file_ = folder_.filePath(QStringLiteral("%1.sqlite").arg(archives_++)).toStdString();
        log_ = std::make_shared<PretendedStudy::Log>();
    }
    void cleanup() {
        page_.reset();
        controller_.reset();
    }

    void anEmptyArchiveOffersANewStudy() {
        open();
        const auto* table = find<QTableView>("studies");
        QTRY_VERIFY(!table->isVisible());
        page_->findChild<QAction*>("New study…")->trigger();
        QVERIFY(newStudy()->isVisible());
    }

    void theListFollowsTheArchive() {
        open();
        const auto* model = find<QTableView>("studies")->model();
        Archive archive(file_);
        addWholeStudy(archive, sampleStudyId(1), sampleStudy({0}));
        QTRY_COMPARE(model->rowCount(), 1);
        QCOMPARE(model->index(0, 1).data().toString(), QStringLiteral("completed"));
        QCOMPARE(model->index(0, 2).data().toString(), QStringLiteral("4 runs"));
    }

    void aDeletedStudyComesBackWithUndo() {
        {
            Archive archive(file_);
            addWholeStudy(archive, sampleStudyId(1), sampleStudy({0}));
        }
        open();
        const auto* model = find<QTableView>("studies")->model();
        QTRY_COMPARE(model->rowCount(), 1);
        page_->findChild<QAction*>("Delete")->trigger();
        QTRY_COMPARE(model->rowCount(), 0);
        page_->findChild<QAction*>("Undo")->trigger();
        QTRY_COMPARE(model->rowCount(), 1);
        QCOMPARE(Archive(file_).runs().size(), std::size_t(4));
    }

    void theStudyThatIsClickedTogetherIsMade() {
        open();
        page_->setCurrentExperiment(quickstart());
        page_->findChild<QAction*>("New study…")->trigger();
        auto* experiment = find<QComboBox>("studyExperiment");
        emit experiment->activated(0); // the one that is set up
        type(newStudy()->findChild<QLineEdit*>("studyName"), "Mine");
        type(find<QLineEdit>("studySeeds"), "0-1");
        type(find<QLineEdit>("studyBudget"), "40");
        type(find<QLineEdit>("studyParallel"), "2");
        auto* methods = find<QTableView>("draftMethods");
        for (int row = 0; row < methods->model()->rowCount(); ++row)
            methods->model()->setData(methods->model()->index(row, 0), row < 2 ? Qt::Checked : Qt::Unchecked,
                                      Qt::CheckStateRole);
        methods->selectRow(1);
        find<QPlainTextEdit>("methodOptions")
            ->setPlainText("tuner.type=random\ntuner.trials=4\nbudget.epochs=10\n"
                           "hyperparameters.weight_decay.min=1e-6\nhyperparameters.weight_decay.max=1");
        QTRY_VERIFY2(button("createStudy")->isEnabled(), describe(newStudy()->mistakes()).c_str());
        button("createStudy")->click();
        QTRY_COMPARE(Archive(file_).studies().size(), std::size_t(1));
        const Archive archive(file_);
        const StudyRow row = archive.studies().front();
        QCOMPARE(row.name, std::string("Mine"));
        const auto parsed = parseStudy(archive.studyDocument(row.id), {});
        QVERIFY(parsed.study.has_value());
        QCOMPARE(parsed.study->seeds, std::vector<std::uint64_t>({0, 1}));
        QCOMPARE(parsed.study->budget, 40.0);
        QCOMPARE(parsed.study->parallel, 2);
        QCOMPARE(parsed.study->methods.size(), std::size_t(2));
        QCOMPARE(experimentOf(*parsed.study, 1, 0).tuner.optionsOr<RandomOptions>().trials, 4);
        QTRY_VERIFY(find<StudyPage>("studyPage")->isVisible());
        QVERIFY(log_->started.empty());
    }

    void mistakesOfANewStudyAreShownWhereTheyAre() {
        open();
        page_->findChild<QAction*>("New study…")->trigger();
        type(find<QLineEdit>("studySeeds"), "x");
        auto* seeds = qobject_cast<MarkedField*>(find<QLineEdit>("studySeeds")->parentWidget());
        QVERIFY(seeds != nullptr && seeds->isMarked());
        QVERIFY(!button("createStudy")->isEnabled());
        type(find<QLineEdit>("studySeeds"), "0");
        QVERIFY(!seeds->isMarked());

        auto* methods = find<QTableView>("draftMethods");
        methods->selectRow(0);
        find<QPlainTextEdit>("methodOptions")->setPlainText("tuner.type=delta-stn\ntuner.trials=4");
        QVERIFY(find<QLabel>("methodNote")->text().contains("trials"));
        QVERIFY(methods->model()->index(0, 0).data().toString().startsWith("⚠"));
        QCOMPARE(find<QListWidget>("studyMistakes")->count(), 1);
        QVERIFY(!button("createAndRunStudy")->isEnabled());

        find<QPlainTextEdit>("methodOptions")->setPlainText("tuner.type=delta-stn");
        type(find<QLineEdit>("studyBudget"), "0");
        auto* budget = qobject_cast<MarkedField*>(find<QLineEdit>("studyBudget")->parentWidget());
        QVERIFY(budget->isMarked());
        for (int row = 0; row < methods->model()->rowCount(); ++row)
            methods->model()->setData(methods->model()->index(row, 0), Qt::Unchecked, Qt::CheckStateRole);
        QVERIFY(find<QLabel>("methodNote")->text().contains("at least one method"));
    }

    void resultsAreShownByMethod() {
        {
            Archive archive(file_);
            addWholeStudy(archive, sampleStudyId(1), sampleStudy());
        }
        openSample(sampleStudyId(1), 12);
        QCOMPARE(find<QTableView>("studyMethods")->model()->rowCount(), 2);
        QVERIFY(method(0, "Best val. loss").contains("±"));
        QVERIFY(method(1, "Best val. loss") > method(0, "Best val. loss"));
        QCOMPARE(method(1, "Runs"), QStringLiteral("9 runs"));
        QVERIFY(method(0, "Hyperparameters chosen").contains("dropout_in"));
        QCOMPARE(find<QTableView>("studyTests")->model()->rowCount(), 2);
        QVERIFY(find<QTableView>("studyTests")->model()->index(0, 1).data().toString().contains("better"));
        auto* plot = find<CurvePlot>("studyPlot");
        QCOMPARE(plot->curveCount(), 2);
        QVERIFY(plot->data(0).size() > 2 && plot->data(0).hasBand());
        // A search's line goes on over all of its trainings.
        QVERIFY(plot->data(1).x(XAxis::epoch).back() > 17.0);
        QCOMPARE(button("runStudy")->isEnabled(), false); // completed
    }

    void theCurvesAreDrawnAgainstWhatIsChosen() {
        {
            Archive archive(file_);
            addWholeStudy(archive, sampleStudyId(1), sampleStudy());
        }
        openSample(sampleStudyId(1), 12);
        auto* plot = find<CurvePlot>("studyPlot");
        const double epochs = plot->data(0).x(XAxis::epoch).back();
        find<QComboBox>("studyAxis")->setCurrentIndex(1);
        const double gradients = plot->data(0).x(XAxis::step).back();
        find<QComboBox>("studyAxis")->setCurrentIndex(2);
        const double seconds = plot->data(0).x(XAxis::seconds).back();
        QCOMPARE(epochs, 6.0);
        QCOMPARE(gradients, 480.0);
        QCOMPARE(seconds, 45.0);
        QVERIFY(plot->csv().startsWith("curve,training time (s),value"));
    }

    void aStudyWithoutRunsSaysSo() {
        {
            Archive archive(file_);
            const Study study = sampleStudy();
            archive.createStudy(sampleStudyId(1), study.name, toJson(study));
        }
        openSample(sampleStudyId(1), 0);
        QCOMPARE(method(0, "Best val. loss"), QStringLiteral("–"));
        QCOMPARE(find<QTableView>("studyTests")->model()->index(0, 1).data().toString(), QStringLiteral("–"));
        QVERIFY(button("runStudy")->isEnabled());
        QCOMPARE(button("runStudy")->text(), QStringLiteral("Run"));
        QCOMPARE(find<CurvePlot>("studyPlot")->data(0).size(), std::size_t(0));
    }

    void failuresNaNAndASingleSeedAreShown() {
        {
            Archive archive(file_);
            const Study study = sampleStudy({7});
            const std::string id = sampleStudyId(1);
            archive.createStudy(id, study.name, toJson(study));
            addTrial(archive, {.place = {.study = id, .method = 0, .seed = 7},
                               .loss = std::numeric_limits<double>::quiet_NaN(),
                               .state = RunState::failed});
            addTrial(archive, {.place = {.study = id, .method = 1, .seed = 7}});
        }
        openSample(sampleStudyId(1), 2);
        QCOMPARE(method(0, "Best val. loss"), QStringLiteral("–"));
        QCOMPARE(method(0, "Runs"), QStringLiteral("1 run, 1 failed"));
        QVERIFY(!method(1, "Best val. loss").contains("±"));
        QCOMPARE(find<QLabel>("studyRuns")->text(), QStringLiteral("2 runs, 1 failed"));
    }

    void aStudyIsRunPausedAndResumed() {
        {
            Archive archive(file_);
            const Study study = sampleStudy();
            archive.createStudy(sampleStudyId(1), study.name, toJson(study));
        }
        openSample(sampleStudyId(1), 0);
        button("runStudy")->click();
        QTRY_COMPARE(button("runStudy")->text(), QStringLiteral("Pause"));
        QTRY_COMPARE(find<QLabel>("studySpent")->text(), QStringLiteral("9 of 36 epochs"));
        QCOMPARE(find<QLabel>("studyLeft")->text(), QStringLiteral("1 min 30 s"));
        QVERIFY(!button("extendStudy")->isEnabled());
        button("runStudy")->click();
        QTRY_VERIFY(controller_->isIdle());
        QVERIFY(log_->paused && !log_->interrupted);
        QTRY_COMPARE(button("runStudy")->text(), QStringLiteral("Run"));
        button("runStudy")->click();
        QTRY_COMPARE(log_->started.size(), std::size_t(2));
    }

    void aStudyThatCannotStartSaysWhy() {
        {
            Archive archive(file_);
            const Study study = sampleStudy();
            archive.createStudy(sampleStudyId(1), study.name, toJson(study));
        }
        log_->refuse = "Study abcd0001 is running in another process. Pause it there first.";
        openSample(sampleStudyId(1), 0);
        button("runStudy")->click();
        QTRY_VERIFY(banner().contains("another process"));
        QVERIFY(button("runStudy")->isEnabled());
    }

    void aStudyWhoseDataHaveChangedAsksAndGoesOnIfTold() {
        {
            Archive archive(file_);
            const Study study = sampleStudy();
            archive.createStudy(sampleStudyId(1), study.name, toJson(study));
        }
        log_->dataChanged = true;
        openSample(sampleStudyId(1), 0);
        button("runStudy")->click();
        QTRY_VERIFY(page_->findChild<QMessageBox*>("changedDataQuestion") != nullptr);
        auto* question = find<QMessageBox>("changedDataQuestion");
        QVERIFY(question->text().contains("d.csv: the data have changed"));
        QVERIFY(question->defaultButton() != button("continueWithChangedData"));
        QTest::keyClick(question, Qt::Key_Escape);
        QTRY_VERIFY(page_->findChild<QMessageBox*>("changedDataQuestion") == nullptr);
        QTRY_VERIFY(controller_->isIdle());
        QCOMPARE(log_->started.size(), std::size_t(1));
        button("runStudy")->click();
        QTRY_VERIFY(page_->findChild<QMessageBox*>("changedDataQuestion") != nullptr);
        QTRY_VERIFY(controller_->isIdle());
        button("continueWithChangedData")->click();
        QTRY_COMPARE(log_->started.size(), std::size_t(3));
        QVERIFY(log_->acceptChangedData);
        QTRY_VERIFY(controller_->isActive());
    }

    void aStudyWaitsForTheRunThatGoesOn() {
        {
            Archive archive(file_);
            const Study study = sampleStudy();
            archive.createStudy(sampleStudyId(1), study.name, toJson(study));
        }
        openSample(sampleStudyId(1), 0);
        page_->setBusy("A run is in progress in Live.");
        button("runStudy")->click();
        QVERIFY(banner().contains("A run is in progress"));
        QVERIFY(log_->started.empty());
    }

    void anExtendedStudyKeepsWhatItHasAndGoesOn() {
        const Study study = sampleStudy({0});
        {
            Archive archive(file_);
            addWholeStudy(archive, sampleStudyId(1), study);
        }
        openSample(sampleStudyId(1), 4);
        button("extendStudy")->click();
        auto* apply = find<QPushButton>("extend");
        QVERIFY(!apply->isEnabled());
        type(find<QLineEdit>("extendBudget"), "1");
        QVERIFY(find<QLabel>("extendProblem")->text().contains("grow"));
        QVERIFY(!apply->isEnabled());
        type(find<QLineEdit>("extendBudget"), "500");
        type(find<QLineEdit>("extendSeeds"), "0-1");
        QVERIFY2(apply->isEnabled(), qPrintable(find<QLabel>("extendProblem")->text()));
        apply->click();
        QTRY_COMPARE(log_->started.size(), std::size_t(1));
        const auto parsed = parseStudy(Archive(file_).studyDocument(sampleStudyId(1)), {});
        QCOMPARE(parsed.study->budget, 500.0);
        QCOMPARE(parsed.study->seeds.size(), std::size_t(2));
        QCOMPARE(Archive(file_).studyRuns(sampleStudyId(1)).size(), std::size_t(4));
    }

    void aRunOfTheStudyIsOpenedByADoubleClick() {
        {
            Archive archive(file_);
            addWholeStudy(archive, sampleStudyId(1), sampleStudy({0}));
        }
        openSample(sampleStudyId(1), 4);
        QSignalSpy asked(page_.get(), &StudiesPage::openRunRequested);
        auto* table = find<QTableView>("studyRunTable");
        emit table->doubleClicked(table->model()->index(1, 0));
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].toString().size(), 36);
    }

    void aSearchBecomesAStudyThatRuns() {
        open();
        Experiment search = quickstart();
        search.tuner.options = RandomOptions{.trials = 4};
        page_->startSearch(search);
        QTRY_COMPARE(log_->started.size(), std::size_t(1));
        const Archive archive(file_);
        const auto parsed = parseStudy(archive.studyDocument(log_->started.front()), {});
        QCOMPARE(parsed.study->budget, 4.0 * double(search.epochs));
        QCOMPARE(experimentOf(*parsed.study, 0, search.seed).tuner, search.tuner);
        QVERIFY(find<StudyPage>("studyPage")->isVisible());
    }

    void aStudyWhoseDocumentIsNotUnderstoodIsToldAndNothingBreaks() {
        Archive(file_).createStudy(sampleStudyId(1), "odd", R"({"schema": 99})");
        open();
        page_->openStudy(QString::fromStdString(sampleStudyId(1)));
        QTRY_VERIFY(banner().contains("cannot be read by this version"));
        QVERIFY(!button("runStudy")->isEnabled());
    }

    void destroyingTheControllerInterruptsTheStudy() {
        {
            Archive archive(file_);
            const Study study = sampleStudy();
            archive.createStudy(sampleStudyId(1), study.name, toJson(study));
        }
        openSample(sampleStudyId(1), 0);
        button("runStudy")->click();
        QTRY_COMPARE(log_->started.size(), std::size_t(1));
        page_.reset();
        controller_.reset();
        QVERIFY(log_->paused && log_->interrupted);
    }
};

DSTN_TEST_IN(QApplication, TestStudiesPage)
#include "tst_studies_page.moc"
