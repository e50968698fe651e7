#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QTest>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <limits>

using namespace dstn;

namespace {

const std::string study = "cccccccc-0000-4000-8000-000000000003";

RunStarted placed(const std::string& run, std::int64_t method, std::uint64_t seed, std::int64_t trial) {
    RunStarted event = started(run);
    event.place = StudyPlace{.study = study, .method = method, .seed = seed, .trial = trial};
    return event;
}

std::int64_t count(const std::filesystem::path& path, const std::string& sql) {
    SQLite::Database database(path.string(), SQLite::OPEN_READWRITE);
    return database.execAndGet(sql).getInt64();
}

} // namespace

class StudiesTest : public QObject {
    Q_OBJECT

  private slots:
    void runsAreGroupedUnderTheirStudyInOrder() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.createStudy(study, "a comparison", "{}");
        constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
        archive.append(runA, {placed(runA, 1, largest, 2)});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(runB, {placed(runB, 0, 3, 0)});
        archive.append("alone", {started("alone")});

        const std::vector<StudyRun> runs = archive.studyRuns(study);
        QCOMPARE(runs.size(), std::size_t{2});
        QCOMPARE(runs[0].run, runB);
        QCOMPARE(runs[1].run, runA);
        QVERIFY((runs[1].place == StudyPlace{.study = study, .method = 1, .seed = largest, .trial = 2}));
        QCOMPARE(runs[1].epochs.size(), std::size_t{1});
        QCOMPARE(runs[1].epochs[0].validationLoss, 0.7);
        QCOMPARE(runs[1].epochs[0].hyperparameters[0].first, std::string("dropout"));
        QCOMPARE(runs[1].stepsTotal, std::int64_t{100});
        QVERIFY(!runs[1].checkpoint);

        QCOMPARE(archive.studies().size(), std::size_t{1});
        QCOMPARE(archive.studies()[0].runs, std::int64_t{2});
        QVERIFY(archive.details(runA).place == runs[1].place);
        QVERIFY(!archive.details("alone").place);
        for (const RunRow& row : archive.runs())
            QCOMPARE(row.studyName, row.id == "alone" ? "" : "a comparison");
    }

    void whatARunSpentIsKept() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        EpochResult result = epochResult(1, 0.5);
        result.gradients = 12.5;
        archive.append(runA, {EpochFinished{result, result}});
        QCOMPARE(archive.runs()[0].gradients, 12.5);
        QCOMPARE(archive.details(runA).epochs[0].gradients, 12.5);
        RunFinished finished;
        finished.gradients = 14.0;
        archive.append(runA, {finished});
        QCOMPARE(archive.runs()[0].gradients, 14.0);
        // A resumption takes nothing of it back before it has got as far.
        archive.append(runA, {started(runA, 10)});
        QCOMPARE(archive.runs()[0].gradients, 14.0);
    }

    void studyIsFoundByNameAndBeginning() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        QCOMPARE(refusal([&] { (void)archive.resolveStudy("last"); }).left(28),
                 QString("2: The archive ") +
                     QString::fromStdString((folder / "runs.sqlite").string()).left(13));
        archive.createStudy(study, "one", "{}");
        archive.createStudy("cccccccc-1111-4000-8000-000000000003", "two", "{}");
        QCOMPARE(archive.resolveStudy("one"), study);
        QCOMPARE(archive.resolveStudy("cccccccc-0"), study);
        QVERIFY(
            refusal([&] { (void)archive.resolveStudy("cccc"); }).startsWith("2: 2 studies match \"cccc\": "));
        QVERIFY(refusal([&] { (void)archive.resolveStudy("three"); }).contains("No study in "));
    }

    void stateTellsWhoExecutesIt() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        Archive archive(path);
        archive.createStudy(study, "one", "{}");
        QCOMPARE(archive.study(study).state, RunState::paused);
        archive.setStudyState(study, RunState::running);
        QCOMPARE(archive.study(study).state, RunState::running);
        archive.setStudyState(study, RunState::running); // this process again
        // Process 1 of this machine lives, and is another.
        SQLite::Database other(path.string(), SQLite::OPEN_READWRITE);
        other.exec(
            "UPDATE studies SET process_id = 1, process_start = (SELECT process_start FROM studies) - 1");
        QCOMPARE(archive.study(study).state, RunState::interrupted); // no such process ever started then
        archive.setStudyState(study, RunState::running);             // so it can be taken up
        archive.setStudyState(study, RunState::failed, "no data");
        QCOMPARE(archive.study(study).reason, std::string("no data"));
    }

    void deletedStudyHidesItsRunsUntilItIsPurged() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        Archive archive(path);
        archive.createStudy(study, "one", "{}");
        archive.append(runA, {placed(runA, 0, 0, 0), RunFinished{}});
        archive.setStudiesDeleted({study}, true);
        QVERIFY(archive.studies().empty());
        QVERIFY(archive.runs().empty());
        QVERIFY(archive.studyRuns(study).empty());
        archive.setStudiesDeleted({study}, false);
        QCOMPARE(archive.studyRuns(study).size(), std::size_t{1});
        archive.setStudiesDeleted({study}, true);
        archive.purgeDeleted();
        QVERIFY(archive.studies(true).empty());
        QCOMPARE(count(path, "SELECT count(*) FROM runs"), std::int64_t{0});
    }

    void epochsOfRunsThatHaveNotChangedAreNotReadAgain() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.createStudy(study, "one", "{}");
        const EpochResult result = epochResult(1, 0.5);
        for (const std::string& run : {runA, runB})
            archive.append(run, {placed(run, 0, 0, run == runA ? 0 : 1), EpochFinished{result, result}});
        RunFinished finished;
        finished.steps = 10;
        archive.append(runA, {finished});
        std::vector<StudyRun> known = archive.studyRuns(study);
        QCOMPARE(known.size(), std::size_t{2});
        // What is taken over and what is read can be told apart.
        for (StudyRun& run : known) run.epochs[0].validationLoss = 0.25;
        known = archive.studyRuns(study, std::move(known));
        QCOMPARE(known[0].epochs[0].validationLoss, 0.25);
        QCOMPARE(known[1].epochs[0].validationLoss, 0.5); // it may still go on
        // It goes on, and ends elsewhere.
        finished.steps = 20;
        const EpochResult next = epochResult(2, 0.4);
        archive.append(runA, {started(runA, 10), EpochFinished{next, next}, finished});
        known = archive.studyRuns(study, std::move(known));
        QCOMPARE(known[0].epochs.size(), std::size_t{2});
        QCOMPARE(known[0].epochs[0].validationLoss, 0.5);
    }

    void checkpointsOfGivenRunsAreDropped() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        for (const std::string& run : {runA, runB})
            archive.append(
                run, {started(run), CheckpointTaken{1, std::make_shared<const std::string>("weights")}});
        archive.dropCheckpoints({runA});
        QVERIFY(archive.checkpoint(runA).bytes == nullptr);
        QVERIFY(archive.checkpoint(runB).bytes != nullptr);
    }

    void olderArchiveIsMigratedWithItsRuns() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        {
            Archive archive(path);
            archive.append(runA, {started(runA)});
        }
        {
            // As the first version's schema was.
            SQLite::Database database(path.string(), SQLite::OPEN_READWRITE);
            database.exec("DROP VIEW amendment; DROP TABLE amendments");
            database.exec("DROP VIEW study; DROP VIEW run; DROP INDEX runs_by_study; DROP TABLE studies");
            for (const char* column : {"study_id", "study_method", "study_seed", "study_trial", "gradients",
                                       "data_path", "data_files", "data_bytes", "data_hash", "data_split",
                                       "lease", "held", "tail", "first_step"})
                database.exec(std::string("ALTER TABLE runs DROP COLUMN ") + column);
            database.exec("ALTER TABLE epochs DROP COLUMN gradients");
            database.exec("CREATE VIEW run AS SELECT uuid AS id FROM runs");
            database.exec("PRAGMA user_version = 1");
        }
        const Archive archive(path);
        QCOMPARE(archive.runs().size(), std::size_t{1});
        QVERIFY(archive.studies().empty());
        QVERIFY(archive.details(runA).amendments.empty());
        QCOMPARE(archive.details(runA).originalJson, toJson(smallExperiment()));
        QCOMPARE(
            count(path, "SELECT count(*) FROM run WHERE study IS NULL AND gradients = 0 AND data_hash = ''"),
            std::int64_t{1});
    }
};

DSTN_TEST(StudiesTest)
#include "tst_studies.moc"
