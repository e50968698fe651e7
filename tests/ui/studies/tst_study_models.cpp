#include "tests/program.h"

#include "tests/ui/sample_studies.h"
#include "ui/studies/loaded_study.h"
#include "ui/studies/method_draft_model.h"
#include "ui/studies/method_table_model.h"
#include "ui/studies/paired_test_model.h"
#include "ui/studies/study_draft.h"
#include "ui/studies/study_file.h"
#include "ui/studies/study_list_model.h"
#include "ui/studies/study_run_model.h"
#include "ui/text/study_text.h"
#include <QApplication>

#include <QAbstractItemModelTester>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace dstn;
using namespace dstn::ui;

class TestStudyModels : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    static Experiment quickstart() {
        return *parseExperiment(findPreset("quickstart")->json, sampleStudy().set).experiment;
    }
    static std::size_t rowNamed(const StudyDraft& draft, const std::string& name) {
        for (std::size_t i = 0; i < draft.methods().size(); ++i)
            if (draft.methods()[i].method.name == name) return i;
        qFatal("no method %s", name.c_str());
    }
    static QString cell(const QAbstractItemModel& model, int row, int column, int role = Qt::DisplayRole) {
        return model.index(row, column).data(role).toString();
    }
    static std::optional<Mean> mean(double value, std::optional<double> error = {}) {
        return Mean{.mean = value, .error = error, .count = error ? 3 : 1};
    }

  private slots:
    void seedsAreReadAsRangesAndListsAndWrittenBack_data() {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("written");
        QTest::addColumn<int>("count");
        QTest::newRow("range") << "0-9"
                               << "0-9" << 10;
        QTest::newRow("list") << "0,1, 2"
                              << "0-2" << 3;
        QTest::newRow("two are no range") << "3-4"
                                          << "3, 4" << 2;
        QTest::newRow("both") << " 0-2, 7 "
                              << "0-2, 7" << 4;
    }
    void seedsAreReadAsRangesAndListsAndWrittenBack() {
        QFETCH(QString, typed);
        QFETCH(QString, written);
        QFETCH(int, count);
        QString problem;
        const auto seeds = parseSeeds(typed, problem);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        QCOMPARE(int(seeds.size()), count);
        QCOMPARE(seedsText(seeds), written);
    }

    void whatIsNoSeedIsSaid_data() {
        QTest::addColumn<QString>("typed");
        for (const char* typed : {"", "a", "1,,2", "5-3", "-1", "1-2-3", "0-100000"})
            QTest::newRow(*typed == 0 ? "nothing" : typed) << typed;
    }
    void whatIsNoSeedIsSaid() {
        QFETCH(QString, typed);
        QString problem;
        QVERIFY(parseSeeds(typed, problem).empty());
        QVERIFY(problem.startsWith("Expected"));
    }

    void optionsAreLinesOfPathAndValue() {
        QString problem;
        const Assignments read = parseAssignments("tuner.type = random\n\n tuner.values=[1, 2]\n", problem);
        QVERIFY(problem.isEmpty());
        QCOMPARE(read.size(), std::size_t(2));
        QCOMPARE(read[0].second, std::string("random"));
        QCOMPARE(assignmentsText(read), QStringLiteral("tuner.type=random\ntuner.values=[1, 2]"));
        QVERIFY(parseAssignments("tuner.type", problem).empty());
        QVERIFY(problem.contains("tuner.type"));
    }

    void aBudgetIsToldAsWhatItIsForEachMethod() {
        Study study = sampleStudy();
        const auto epochs = double(quickstart().epochs);
        study.budget = 3.0 * epochs + 1.0;
        QCOMPARE(budgetMeaning(study, study.methods[0], {}),
                 QStringLiteral("one training of %1 epochs").arg(3.0 * epochs + 1.0));
        QCOMPARE(budgetMeaning(study, study.methods[1], {}),
                 QStringLiteral("3 trainings of %1 epochs").arg(epochs));
        study.methods[1].set.emplace_back("tuner.trials", "2");
        QVERIFY(budgetMeaning(study, study.methods[1], {}).startsWith("2 trainings"));
        study.budget = epochs - 1.0;
        QVERIFY(budgetMeaning(study, study.methods[1], {}).startsWith("less than one training"));
        study.methods[1].set.emplace_back("tuner.trails", "2");
        QVERIFY(budgetMeaning(study, study.methods[1], {}).startsWith("not available for this experiment: "));
        const StudyMethod implicit{"Implicit", {{"tuner.type", "implicit"}}};
        QVERIFY(budgetMeaning(study, implicit, {}).endsWith("; holds dropout_in, dropout_hidden"));
    }

    void aBudgetInGradientsIsToldInEpochsOnceTheDataIsKnown() {
        Study study = sampleStudy();
        study.unit = BudgetUnit::gradients;
        study.budget = 1e5;
        DataInfo data;
        data.train = 12'800;
        const QString unknown = budgetMeaning(study, study.methods[0], {});
        const QString known = budgetMeaning(study, study.methods[0], data);
        QVERIFY(unknown.contains("100,000 gradient evaluations"));
        QVERIFY(!unknown.contains("epochs") && known.contains("epochs"));
    }

    void aNewStudyOffersEveryTunerAndChoosesSome() {
        StudyDraft draft;
        draft.setExperiment(quickstart());
        QCOMPARE(draft.methods().size(), tunerTypes().size() - 1); // all but replay
        QStringList chosen;
        for (const StudyMethod& method : draft.study().methods) chosen << QString::fromStdString(method.name);
        QCOMPARE(chosen, QStringList({"Δ-STN", "STN", "Random search", "Bayesian optimisation"}));
        QVERIFY2(validate(draft.study()).empty(), describe(validate(draft.study())).c_str());
    }

    void theOptionsOfTheExperimentsOwnTunerGoToItsMethodAlone() {
        Experiment experiment = quickstart();
        experiment.tuner.options = DeltaStnOptions{.centered = false};
        experiment.tuner.trainSteps = 7; // that all have
        StudyDraft draft;
        draft.setExperiment(experiment);
        const Study study = draft.study();
        QVERIFY2(validate(study).empty(), describe(validate(study)).c_str());
        QCOMPARE(experimentOf(study, 0, 0).tuner.optionsOr<DeltaStnOptions>().centered, false);
        QCOMPARE(traitsOf(experimentOf(study, 2, 0).tuner).id, std::string_view("random"));
        QCOMPARE(experimentOf(study, 1, 0).tuner.trainSteps, 7);
    }

    void aGridsValuesSurviveTheWayIntoAStudy() {
        Experiment experiment = quickstart();
        experiment.tuner.options = GridOptions{.values = {{"dropout_in", {0.1, 0.25}}}};
        StudyDraft draft;
        draft.setExperiment(experiment);
        const std::size_t grid = rowNamed(draft, "Grid search");
        for (std::size_t i = 0; i < draft.methods().size(); ++i) draft.setUsed(i, i == grid);
        QVERIFY2(validate(draft.study()).empty(), describe(validate(draft.study())).c_str());
        QVERIFY(experimentOf(draft.study(), 0, 0).tuner.options == experiment.tuner.options);
    }

    void aDuplicatedMethodHasANameOfItsOwnAndIsChosen() {
        StudyDraft draft;
        draft.setExperiment(quickstart());
        const std::size_t copy = draft.duplicate(draft.duplicate(0) - 1);
        QCOMPARE(copy, std::size_t(1));
        QCOMPARE(draft.methods()[1].method.name, std::string("Δ-STN (3)"));
        QVERIFY(draft.methods()[1].used);
        QVERIFY(validate(draft.study()).empty());
        draft.remove(1);
        QCOMPARE(draft.methods()[1].method.name, std::string("Δ-STN (2)"));
    }

    void mistakesAreMarkedInTheRowOfTheirMethod() {
        StudyDraft draft;
        draft.setExperiment(quickstart());
        MethodDraftModel model(draft);
        const QAbstractItemModelTester tester(&model);
        draft.setUsed(0, false); // so that rows and methods count differently
        const std::size_t row = rowNamed(draft, "Random search");
        StudyMethod method = draft.methods()[row].method;
        method.set.emplace_back("tuner.trials", "0");
        draft.setMethod(row, method);
        model.setMistakes(validate(draft.study()));
        QVERIFY(model.mistakeOf(int(row)).contains("tuner.trials"));
        QVERIFY(model.mistakeOf(1).isEmpty());
        QVERIFY(cell(model, int(row), MethodDraftModel::Name).startsWith("⚠"));
    }

    void checkingAMethodInTheTableTakesItIn() {
        StudyDraft draft;
        draft.setExperiment(quickstart());
        MethodDraftModel model(draft);
        const auto before = draft.study().methods.size();
        const int row = int(rowNamed(draft, "Fixed"));
        QVERIFY(model.setData(model.index(row, 0), Qt::Checked, Qt::CheckStateRole));
        QCOMPARE(draft.study().methods.size(), before + 1);
        QVERIFY(model.setData(model.index(row, 0), "Plain", Qt::EditRole));
        QCOMPARE(draft.study().methods.back().name, std::string("Plain"));
    }

    void aStudyFileIsReadBackAsItWasSaved() {
        const QString path = folder_.filePath("study.json");
        const Study study = sampleStudy();
        QCOMPARE(saveStudy(study, path), QString());
        const OpenedStudy opened = openStudy(path);
        QVERIFY2(opened.study.has_value(), qPrintable(opened.problem));
        QCOMPARE(opened.study->methods, study.methods);
        QCOMPARE(opened.study->budget, study.budget);
    }

    void whatIsNoStudyFileIsSaidWithItsMistakes() {
        QVERIFY(openStudy(folder_.filePath("none.json")).problem.contains("none.json"));
        QFile file(folder_.filePath("broken.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(
            R"({"schema": 1, "experiment": "no-such", "methods": ["random"], "budget": {"epochs": 3}})");
        file.close();
        const OpenedStudy opened = openStudy(file.fileName());
        QVERIFY(!opened.study);
        QVERIFY2(opened.problem.contains("no-such"), qPrintable(opened.problem));
    }

    void everyStudyPresetFillsTheDraftWithoutMistakes() {
        for (const Preset& preset : studyPresets()) {
            const OpenedStudy opened = openStudyPreset(preset);
            QVERIFY2(opened.study.has_value(), qPrintable(opened.problem));
            StudyDraft draft;
            draft.setStudy(*opened.study);
            QCOMPARE(draft.study(), *opened.study);
        }
    }

    void meansAreShownWithTheirErrorToTheSameDecimals() {
        QCOMPARE(meanText(mean(0.41234, 0.00612)), QStringLiteral("0.4123 ± 0.0061"));
        QCOMPARE(meanText(mean(0.8813, 0.002), true), QStringLiteral("88.13 ± 0.20 %"));
        QCOMPARE(meanText(mean(0.41234)), QStringLiteral("0.4123"));
        QCOMPARE(meanText(std::nullopt), QStringLiteral("–"));
        QCOMPARE(meanText(mean(std::nan(""), 0.1)), QStringLiteral("NaN"));
    }

    void theBestMethodStandsOutAndColumnsWithoutValuesAreKnown() {
        MethodTableModel model;
        const QAbstractItemModelTester tester(&model);
        StudyResults results;
        results.methods.resize(3);
        results.methods[0].name = "none yet";
        results.methods[1].validationLoss = mean(0.5, 0.1);
        results.methods[2].validationLoss = mean(0.4, 0.1);
        model.setResults(results);
        const auto bold = [&](int row) {
            return model.index(row, MethodTableModel::ValidationLoss)
                .data(Qt::FontRole)
                .value<QFont>()
                .bold();
        };
        QVERIFY(!bold(0) && !bold(1) && bold(2));
        QCOMPARE(cell(model, 0, MethodTableModel::ValidationLoss), QStringLiteral("–"));
        QVERIFY(!model.hasValues(MethodTableModel::TestAccuracy));
        QVERIFY(!model.hasValues(MethodTableModel::Hyperparameters));
    }

    void pairedTestsReadTheSameFromBothSides() {
        PairedTestModel model;
        const QAbstractItemModelTester tester(&model);
        StudyResults results;
        results.methods.resize(3);
        results.methods[0].name = "A";
        results.methods[1].name = "B";
        results.methods[2].name = "C";
        results.tests = {{.first = 0, .second = 1, .pairs = 5, .difference = -0.1, .p = 0.01},
                         {.first = 0, .second = 2, .pairs = 1, .difference = 0.25},
                         {.first = 1, .second = 2, .pairs = 5, .difference = 0.125, .p = 0.3}};
        model.setResults(results);
        QCOMPARE(cell(model, 0, 0), QString());
        QCOMPARE(cell(model, 0, 1), QStringLiteral("▲ better, -0.1000, p = 0.010"));
        QCOMPARE(cell(model, 1, 0), QStringLiteral("▼ worse, +0.1000, p = 0.010"));
        QCOMPARE(cell(model, 2, 1), QStringLiteral("-0.1250, p = 0.300"));
        QCOMPARE(cell(model, 0, 2), QStringLiteral("+0.2500, no test"));
        QVERIFY(cell(model, 0, 2, Qt::ToolTipRole).contains("two seeds"));
        QVERIFY(model.index(0, 1).data(Qt::BackgroundRole).isValid());
        QVERIFY(!model.index(2, 1).data(Qt::BackgroundRole).isValid());
    }

    void theListKeepsTheSelectionWhenStudiesComeAndGo() {
        StudyListModel model;
        const QAbstractItemModelTester tester(&model);
        const StudyRow a{.id = "a",
                         .name = "A",
                         .state = RunState::completed,
                         .reason = {},
                         .created = {},
                         .runs = 4,
                         .failedRuns = 1};
        StudyRow b = a, hidden = a;
        b.id = "b";
        hidden.id = "c";
        hidden.deleted = true;
        model.setRows({a, hidden});
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(cell(model, 0, StudyListModel::Runs), QStringLiteral("4 runs, 1 failed"));
        const QPersistentModelIndex kept = model.index(0, 0);
        model.setRows({b, a});
        QCOMPARE(kept.row(), 1);
        model.setRows({b});
        QVERIFY(!kept.isValid());
    }

    void runsOfAStudyAreToldByMethodSeedAndTrial() {
        const auto file = std::filesystem::path(folder_.filePath("runs.sqlite").toStdString());
        Archive archive(file);
        const std::string id = sampleStudyId(1);
        const Study study = sampleStudy({4});
        archive.createStudy(id, study.name, toJson(study));
        addTrial(archive, {.place = {.study = id, .method = 1, .seed = 4, .trial = 2},
                           .loss = std::numeric_limits<double>::quiet_NaN(),
                           .state = RunState::failed});
        StudyRunModel model;
        const QAbstractItemModelTester tester(&model);
        model.setStudy(readStudy(archive, id));
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(cell(model, 0, StudyRunModel::Method), QStringLiteral("Random search"));
        QCOMPARE(cell(model, 0, StudyRunModel::Trial), QStringLiteral("2"));
        QCOMPARE(cell(model, 0, StudyRunModel::ValidationLoss), QStringLiteral("NaN"));
        QVERIFY(cell(model, 0, StudyRunModel::Reason).contains("NaN"));
        addTrial(archive, {.place = {.study = id, .method = 1, .seed = 4, .trial = 3}});
        addTrial(archive, {.place = {.study = id, .method = 0, .seed = 4}});
        model.setStudy(readStudy(archive, id));
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(cell(model, 0, StudyRunModel::Method), QStringLiteral("Δ-STN"));
        QCOMPARE(cell(model, 0, StudyRunModel::Trial), QStringLiteral("–")); // of no search
    }
};

DSTN_TEST_IN(QApplication, TestStudyModels)
#include "tst_study_models.moc"
