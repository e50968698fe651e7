#include "tests/program.h"

#include "ui/archive/run_list_model.h"
#include "ui/archive/run_search.h"
#include "ui/archive/run_table_model.h"
#include "ui/text/run_text.h"
#include <QApplication>

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QItemSelectionModel>
#include <QSignalSpy>
#include <QTest>

#include <limits>

using namespace dstn;
using namespace dstn::ui;

namespace {

RunRow makeRow(const std::string& id, const std::string& name) {
    RunRow row;
    row.id = id;
    row.name = name;
    row.dataName = "fashion-mnist";
    row.modelName = "SimpleCNN";
    row.method = "delta-stn";
    row.state = RunState::completed;
    row.created = "2024-05-01T12:00:00Z";
    row.seconds = 65;
    row.steps = 50;
    row.stepsTotal = 100;
    row.bestValidationLoss = 0.5;
    row.bestValidationAccuracy = 0.8813;
    row.testAtBest = 0.87;
    return row;
}

bool found(const QString& filter, const RunRow& row) {
    return RunSearch(filter).matches(row, RunSearch::haystackOf(row));
}

QStringList namesOf(const QAbstractItemModel& model) {
    QStringList names;
    for (int i = 0; i < model.rowCount(); ++i)
        names << model.index(i, static_cast<int>(RunColumn::name)).data().toString();
    return names;
}

} // namespace

class TestRunTable : public QObject {
    Q_OBJECT

  private slots:
    void unchangedRunsAreNotTouchedByARefresh();
    void refreshTouchesOnlyTheRowThatChanged();
    void divergedRunIsNotSeenAsChangedEachTime();
    void selectionStaysWithItsRunsOverRefreshes();
    void runsThatChangedPlacesKeepTheirIdentity();
    void renamingInPlaceTellsTheNewName();
    void blankNameIsRefused();
    void runsWithoutAValueStandLastBothWays();
    void figuresOfDifferentKindsAreSortedApart();
    void numbersInNamesSortAsNumbers();
    void statesAreWordsAndShapes();
    void filterTerms_data();
    void filterTerms();
    void whatIsNotUnderstoodIsToldAndTheRestHolds();
    void starAndDeletionNarrowTheList();
    void tenThousandRunsAreFilteredAtOnce();
    void tagsAreTrimmedAndUnique();
    void trialsAreShownByWhatTellsThemApart();
    void relativeTimesAreWords();
};

void TestRunTable::unchangedRunsAreNotTouchedByARefresh() {
    RunTableModel model;
    QAbstractItemModelTester tester(&model);
    const std::vector<RunRow> rows{makeRow("a", "one"), makeRow("b", "two")};
    model.setRows(rows);
    QSignalSpy changed(&model, &RunTableModel::dataChanged), inserted(&model, &RunTableModel::rowsInserted),
        removed(&model, &RunTableModel::rowsRemoved), reset(&model, &RunTableModel::modelReset);
    model.setRows(rows);
    QCOMPARE(changed.count() + inserted.count() + removed.count() + reset.count(), 0);
    QCOMPARE(model.rowCount(), 2);
}

void TestRunTable::refreshTouchesOnlyTheRowThatChanged() {
    RunTableModel model;
    QAbstractItemModelTester tester(&model);
    std::vector<RunRow> rows{makeRow("a", "one"), makeRow("b", "two"), makeRow("c", "three")};
    model.setRows(rows);
    QSignalSpy changed(&model, &RunTableModel::dataChanged), inserted(&model, &RunTableModel::rowsInserted),
        removed(&model, &RunTableModel::rowsRemoved);
    rows[1].steps = 51;
    rows.erase(rows.begin());
    rows.insert(rows.begin(), makeRow("d", "four"));
    rows.push_back(makeRow("e", "five"));
    model.setRows(rows);
    QCOMPARE(namesOf(model), (QStringList{"four", "two", "three", "five"}));
    QCOMPARE(changed.count(), 1);
    QCOMPARE(changed[0][0].toModelIndex().row(), 1);
    QCOMPARE(removed.count(), 1);
    QCOMPARE(inserted.count(), 2);
}

void TestRunTable::divergedRunIsNotSeenAsChangedEachTime() {
    RunTableModel model;
    RunRow row = makeRow("a", "one");
    row.bestValidationLoss = std::numeric_limits<double>::quiet_NaN();
    model.setRows({row});
    QSignalSpy changed(&model, &RunTableModel::dataChanged);
    model.setRows({row});
    QCOMPARE(changed.count(), 0);
    QCOMPARE(model.text(0, RunColumn::validationLoss), QStringLiteral("NaN"));
}

void TestRunTable::selectionStaysWithItsRunsOverRefreshes() {
    RunTableModel model;
    RunListModel list(&model);
    list.sort(static_cast<int>(RunColumn::name));
    std::vector<RunRow> rows{makeRow("a", "m"), makeRow("b", "n"), makeRow("c", "o")};
    model.setRows(rows);
    QItemSelectionModel selection(&list);
    selection.select(list.index(1, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
    QCOMPARE(list.run(selection.selectedRows()[0]).id, std::string("b"));
    rows.insert(rows.begin(), makeRow("d", "a first one"));
    rows[2].name = "z last";
    model.setRows(rows);
    QCOMPARE(selection.selectedRows().size(), 1);
    QCOMPARE(list.run(selection.selectedRows()[0]).id, std::string("b"));
    QCOMPARE(selection.selectedRows()[0].row(), 3);
}

void TestRunTable::runsThatChangedPlacesKeepTheirIdentity() {
    RunTableModel model;
    QAbstractItemModelTester tester(&model);
    const RunRow a = makeRow("a", "one"), b = makeRow("b", "two"), c = makeRow("c", "three");
    model.setRows({a, b, c});
    const QPersistentModelIndex kept = model.index(0, 1);
    model.setRows({c, a, b});
    QCOMPARE(namesOf(model), (QStringList{"three", "one", "two"}));
    QCOMPARE(kept.row(), 1);
    QCOMPARE(kept.data(RunTableModel::idRole).toString(), QStringLiteral("a"));
}

void TestRunTable::renamingInPlaceTellsTheNewName() {
    RunTableModel model;
    model.setRows({makeRow("a", "one")});
    QSignalSpy renamed(&model, &RunTableModel::renamed);
    QVERIFY(
        model.setData(model.index(0, static_cast<int>(RunColumn::name)), "  better  name ", Qt::EditRole));
    QCOMPARE(renamed.count(), 1);
    QCOMPARE(renamed[0][0].toString(), QStringLiteral("a"));
    QCOMPARE(renamed[0][1].toString(), QStringLiteral("better name"));
    QCOMPARE(model.text(0, RunColumn::name), QStringLiteral("better name"));
    QVERIFY(RunSearch("better").matches(model.row(0), model.haystack(0)));
}

void TestRunTable::blankNameIsRefused() {
    RunTableModel model;
    model.setRows({makeRow("a", "one")});
    QSignalSpy renamed(&model, &RunTableModel::renamed);
    QVERIFY(!model.setData(model.index(0, static_cast<int>(RunColumn::name)), "   ", Qt::EditRole));
    QCOMPARE(renamed.count(), 0);
    QCOMPARE(model.text(0, RunColumn::name), QStringLiteral("one"));
}

void TestRunTable::runsWithoutAValueStandLastBothWays() {
    RunTableModel model;
    RunListModel list(&model);
    RunRow none = makeRow("a", "none"), nan = makeRow("b", "nan"), low = makeRow("c", "low"),
           high = makeRow("d", "high");
    none.bestValidationLoss = std::nullopt;
    nan.bestValidationLoss = std::numeric_limits<double>::quiet_NaN();
    low.bestValidationLoss = 0.1;
    high.bestValidationLoss = 0.9;
    model.setRows({none, high, nan, low});
    list.sort(static_cast<int>(RunColumn::validationLoss), Qt::AscendingOrder);
    QCOMPARE(namesOf(list).mid(0, 2), (QStringList{"low", "high"}));
    list.sort(static_cast<int>(RunColumn::validationLoss), Qt::DescendingOrder);
    QCOMPARE(namesOf(list).mid(0, 2), (QStringList{"high", "low"}));
}

void TestRunTable::figuresOfDifferentKindsAreSortedApart() {
    RunTableModel model;
    RunListModel list(&model);
    const auto image = [](const std::string& id, double accuracy) {
        RunRow row = makeRow(id, "image " + id);
        row.bestValidationAccuracy = accuracy;
        row.testAtBest = accuracy;
        return row;
    };
    const auto text = [](const std::string& id, double perplexity) {
        RunRow row = makeRow(id, "text " + id);
        row.language = true;
        row.bestValidationPerplexity = perplexity;
        row.testPerplexityAtBest = perplexity + 2.0;
        row.bestValidationAccuracy = 0.25; // of tokens
        row.testAtBest = 0.25;
        return row;
    };
    const auto regression = [](const std::string& id, double loss) {
        RunRow row = makeRow(id, "regression " + id);
        row.bestValidationAccuracy = std::nullopt;
        row.testAtBest = loss;
        return row;
    };
    model.setRows({text("a", 61.5), image("b", 0.875), regression("c", 0.5), text("d", 8.25), image("e", 0.5),
                   regression("f", 0.125)});
    QCOMPARE(model.text(0, RunColumn::accuracy), QStringLiteral("61.50 ppl"));
    QCOMPARE(model.text(0, RunColumn::test), QStringLiteral("63.50 ppl"));
    QCOMPARE(model.text(1, RunColumn::accuracy), QStringLiteral("87.50 %"));
    QCOMPARE(model.text(2, RunColumn::accuracy), QString());
    QCOMPARE(model.text(2, RunColumn::test), QStringLiteral("0.5000"));

    list.sort(static_cast<int>(RunColumn::accuracy), Qt::AscendingOrder);
    QCOMPARE(namesOf(list).mid(0, 4), (QStringList{"image e", "image b", "text d", "text a"}));
    list.sort(static_cast<int>(RunColumn::accuracy), Qt::DescendingOrder);
    QCOMPARE(namesOf(list).mid(0, 4), (QStringList{"text a", "text d", "image b", "image e"}));
    QVERIFY(namesOf(list)[5].startsWith("regression"));
    list.sort(static_cast<int>(RunColumn::test), Qt::AscendingOrder);
    QCOMPARE(namesOf(list),
             (QStringList{"image e", "image b", "text d", "text a", "regression f", "regression c"}));

    QVERIFY(found("ppl", model.row(0)) && !found("ppl", model.row(1)));
    QVERIFY(found("perplexity<62 test<64", model.row(0)) && !found("accuracy>0", model.row(0)));
}

void TestRunTable::numbersInNamesSortAsNumbers() {
    RunTableModel model;
    RunListModel list(&model);
    model.setRows({makeRow("a", "run 10"), makeRow("b", "Run 2"), makeRow("c", "run 1")});
    list.sort(static_cast<int>(RunColumn::name));
    QCOMPARE(namesOf(list), (QStringList{"run 1", "Run 2", "run 10"}));
}

void TestRunTable::statesAreWordsAndShapes() {
    RunTableModel model;
    std::vector<RunRow> rows;
    for (const RunState state :
         {RunState::preparing, RunState::running, RunState::paused, RunState::completed, RunState::stopped,
          RunState::failed, RunState::interrupted}) {
        rows.push_back(makeRow(std::to_string(rows.size()), "run"));
        rows.back().state = state;
    }
    model.setRows(rows);
    const int column = static_cast<int>(RunColumn::state);
    QList<QImage> shapes;
    for (int i = 0; i < model.rowCount(); ++i) {
        QVERIFY(!model.index(i, column).data().toString().isEmpty());
        const QImage shape =
            qvariant_cast<QIcon>(model.index(i, column).data(Qt::DecorationRole)).pixmap(32).toImage();
        // Only what is covered counts: two states must differ without their colour too.
        const QImage mask = shape.convertToFormat(QImage::Format_Alpha8);
        for (const QImage& other : shapes) QVERIFY(mask != other);
        shapes << mask;
    }
}

void TestRunTable::filterTerms_data() {
    QTest::addColumn<QString>("filter");
    QTest::addColumn<bool>("matches");
    QTest::newRow("nothing typed") << "" << true;
    QTest::newRow("word in the name") << "BASE" << true;
    QTest::newRow("word in the note") << "promising" << true;
    QTest::newRow("word in the tags") << "paper" << true;
    QTest::newRow("word nowhere") << "nowhere" << false;
    QTest::newRow("all words must hold") << "base nowhere" << false;
    QTest::newRow("two words") << "base paper" << true;
    QTest::newRow("quoted words") << "\"line seven\"" << true;
    QTest::newRow("quoted words in another order") << "\"seven line\"" << false;
    QTest::newRow("state") << "state=completed" << true;
    QTest::newRow("other state") << "state=running" << false;
    QTest::newRow("not a state") << "state!=running" << true;
    QTest::newRow("word that is absent") << "-nowhere" << true;
    QTest::newRow("word that is not absent") << "-base" << false;
    QTest::newRow("tag") << "tag=paper" << true;
    QTest::newRow("other tag") << "tag=draft" << false;
    QTest::newRow("method") << "method~delta" << true;
    QTest::newRow("data") << "data~cifar" << false;
    QTest::newRow("starred") << "starred=yes" << true;
    QTest::newRow("resumable") << "resumable=yes" << false;
    QTest::newRow("loss below") << "best<0.6" << true;
    QTest::newRow("loss not below") << "best<0.5" << false;
    QTest::newRow("loss at most") << "best<=0.5" << true;
    QTest::newRow("accuracy above") << "accuracy>0.9" << false;
    QTest::newRow("since") << "created>=2024-05" << true;
    QTest::newRow("since later") << "created>=2024-06-01" << false;
    QTest::newRow("condition and word") << "state=completed base" << true;
    QTest::newRow("condition and absent word") << "state=completed nowhere" << false;
    QTest::newRow("quoted text is no condition") << "\"loss<\"" << false;
}

void TestRunTable::filterTerms() {
    QFETCH(QString, filter);
    QFETCH(bool, matches);
    RunRow row = makeRow("3f2a77", "Baseline seven");
    row.tags = {"paper"};
    row.note = "promising, see line seven";
    row.starred = true;
    QCOMPARE(found(filter, row), matches);
}

void TestRunTable::whatIsNotUnderstoodIsToldAndTheRestHolds() {
    RunTableModel model;
    RunListModel list(&model);
    model.setRows({makeRow("a", "one"), makeRow("b", "two")});
    QCOMPARE(list.setFilterText("two"), QString());
    for (const auto& [typed, said] :
         {std::pair{"loss<abc", "names no field"}, std::pair{"best<abc", "\"abc\""},
          std::pair{"best<", "no value"}, std::pair{"state=done", "names no state"},
          std::pair{"state:completed", "Write state=completed"}, std::pair{"\"one", "closing"}}) {
        const QString problem = list.setFilterText(QString("two ") + typed);
        QVERIFY2(problem.contains(said), qPrintable(problem));
        QCOMPARE(namesOf(list), (QStringList{"two"}));
    }
}

void TestRunTable::starAndDeletionNarrowTheList() {
    RunTableModel model;
    RunListModel list(&model);
    RunRow starred = makeRow("a", "starred"), plain = makeRow("b", "plain"),
           deleted = makeRow("c", "deleted");
    starred.starred = true;
    deleted.deleted = true;
    model.setRows({starred, plain, deleted});
    QCOMPARE(namesOf(list), (QStringList{"starred", "plain"}));
    list.setStarredOnly(true);
    QCOMPARE(namesOf(list), (QStringList{"starred"}));
    list.setStarredOnly(false);
    list.setDeletedShown(true);
    QCOMPARE(namesOf(list), (QStringList{"deleted"}));
}

void TestRunTable::tenThousandRunsAreFilteredAtOnce() {
    RunTableModel model;
    RunListModel list(&model);
    list.sort(static_cast<int>(RunColumn::validationLoss));
    std::vector<RunRow> rows;
    for (int i = 0; i < 10'000; ++i) {
        rows.push_back(makeRow("id" + std::to_string(i), "run " + std::to_string(i)));
        rows.back().bestValidationLoss = (i * 7919 % 10'000) / 1e4;
    }
    model.setRows(rows);
    QCOMPARE(list.setFilterText("run best<0.5"), QString());
    QCOMPARE(list.rowCount(), 5000);
    QCOMPARE(list.run(list.index(0, 0)).bestValidationLoss, std::optional(0.0));
    QSignalSpy changed(&model, &RunTableModel::dataChanged);
    rows[17].steps = 99;
    model.setRows(rows);
    QCOMPARE(changed.count(), 1);
}

void TestRunTable::tagsAreTrimmedAndUnique() {
    QCOMPARE(tagsFromText(" paper,  two words ,, paper;x"),
             (std::vector<std::string>{"paper", "two words", "x"}));
}

void TestRunTable::trialsAreShownByWhatTellsThemApart() {
    RunRow trial = makeRow("a", "Ridge: Random, seed 1");
    trial.study = "s";
    trial.studyName = "Ridge";
    RunTableModel model;
    model.setRows({trial, makeRow("b", "Ridge: mine")});
    const auto name = [&](int row, int role) {
        return model.index(row, static_cast<int>(RunColumn::name)).data(role).toString();
    };
    QCOMPARE(name(0, Qt::DisplayRole), QStringLiteral("Random, seed 1"));
    QCOMPARE(name(0, Qt::EditRole), QStringLiteral("Ridge: Random, seed 1"));
    QCOMPARE(name(1, Qt::DisplayRole), QStringLiteral("Ridge: mine"));
}

void TestRunTable::relativeTimesAreWords() {
    const QDateTime now(QDate(2024, 5, 10), QTime(12, 0));
    QCOMPARE(relativeText(now.addSecs(-10), now), QStringLiteral("just now"));
    QCOMPARE(relativeText(now.addSecs(-60), now), QStringLiteral("1 minute ago"));
    QCOMPARE(relativeText(now.addSecs(-3 * 3600), now), QStringLiteral("3 hours ago"));
    QCOMPARE(relativeText(now.addDays(-1), now), QStringLiteral("yesterday"));
    QCOMPARE(relativeText(now.addDays(-6), now), QStringLiteral("6 days ago"));
    QVERIFY(!momentOf("no date").isValid());
    QCOMPARE(momentOf("2024-05-01T12:00:00").toUTC().time(), QTime(12, 0));
}

DSTN_TEST_IN(QApplication, TestRunTable)
#include "tst_run_table.moc"
