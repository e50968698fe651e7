#include "core/archive/schema.h"
#include "tests/core/archive/archive_fixture.h"
#include "tests/core/archive/unsynced_disk.h"
#include "tests/program.h"

#include <QTest>

#include <SQLiteCpp/Database.h>

using namespace dstn;
namespace fs = std::filesystem;

class CheckpointsTest : public QObject {
    Q_OBJECT

    static CheckpointTaken taken(std::int64_t step) {
        return {step, std::make_shared<const std::string>("state " + std::to_string(step))};
    }
    /// A run with checkpoints at steps 10, 20 and 30.
    static fs::path archiveWithThree(const Folder& folder) {
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        for (const std::int64_t step : {10, 20, 30}) archive.append(runA, {taken(step)});
        return path;
    }
    static void change(const fs::path& path, const char* sql) {
        SQLite::Database(path.string(), SQLite::OPEN_READWRITE).exec(sql);
    }

  private slots:
    void lastTwoAreKept() {
        const Folder folder;
        const fs::path path = archiveWithThree(folder);
        SQLite::Database database(path.string(), SQLite::OPEN_READONLY);
        QCOMPARE(database.execAndGet("SELECT group_concat(step) FROM checkpoints").getString(),
                 std::string("20,30"));
        QCOMPARE(database.execAndGet("SELECT count(*) FROM checkpoint_parts").getInt(), 2);
        const StoredCheckpoint last = Archive(path, Archive::Mode::readOnly).checkpoint(runA);
        QCOMPARE(*last.bytes, std::string("state 30"));
        QCOMPARE(last.step, std::int64_t{30});
        QCOMPARE(last.warning, std::string());
    }

    void oneThatIsNotWhatWasSavedGivesWayToTheOneBefore_data() {
        QTest::addColumn<QString>("damage");
        QTest::newRow("a bit of it")
            << "UPDATE checkpoint_parts SET bytes = CAST('state 31' AS BLOB) WHERE part = 2";
        QTest::newRow("its step") << "UPDATE checkpoints SET step = 4611686018427387904 WHERE step = 30";
        QTest::newRow("a part") << "DELETE FROM checkpoint_parts WHERE part = 2";
        QTest::newRow("another's")
            << "UPDATE checkpoint_parts SET bytes = (SELECT bytes FROM checkpoint_parts "
               "WHERE part = 1) WHERE part = 2";
    }
    void oneThatIsNotWhatWasSavedGivesWayToTheOneBefore() {
        QFETCH(QString, damage);
        const Folder folder;
        const fs::path path = archiveWithThree(folder);
        change(path, qPrintable(damage));
        const Archive archive(path, Archive::Mode::readOnly);
        const StoredCheckpoint used = archive.checkpoint(runA);
        QCOMPARE(*used.bytes, std::string("state 20"));
        QCOMPARE(used.step, std::int64_t{20});
        QVERIFY2(used.warning.find("is damaged") != std::string::npos &&
                     used.warning.find("The one before it, at step 20, is used.") != std::string::npos,
                 used.warning.c_str());
        QCOMPARE(archive.damagedCheckpoints().size(), std::size_t{1});
    }

    void whereBothAreDamagedNoneIsUsed() {
        const Folder folder;
        const fs::path path = archiveWithThree(folder);
        change(path, "UPDATE checkpoint_parts SET bytes = x'00'");
        const QString message = refusal([&] { Archive(path, Archive::Mode::readOnly).checkpoint(runA); });
        QVERIFY2(message.startsWith("5: ") && message.contains("There is no other"), qPrintable(message));
    }

    void theOneThatWasResumedFromStaysAndTheDamagedOneGoes() {
        const Folder folder;
        const fs::path path = archiveWithThree(folder);
        change(path, "UPDATE checkpoint_parts SET bytes = x'00' WHERE part = 2");
        Archive archive(path);
        archive.append(runA, {started(runA, 20)});
        archive.append(runA, {taken(25)});
        SQLite::Database database(path.string(), SQLite::OPEN_READONLY);
        QCOMPARE(database.execAndGet("SELECT group_concat(step) FROM checkpoints").getString(),
                 std::string("20,25"));
        QCOMPARE(archive.checkpoint(runA).step, std::int64_t{25});
    }

    void thoseOfEarlierVersionsAreUsed() {
        const Folder folder;
        const fs::path path = archiveWithThree(folder);
        change(path, "UPDATE checkpoints SET hash = ''");
        QCOMPARE(*Archive(path, Archive::Mode::readOnly).checkpoint(runA).bytes, std::string("state 30"));
    }

    void checkpointsOfAnOlderArchiveAreMigrated() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        {
            SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            migrate(database, archiveMigrations().first(3));
            database.exec("INSERT INTO runs(id, uuid, name, state, created) VALUES (7, '" + runA +
                          "', 'old', 'completed', '2026')");
            database.exec("INSERT INTO checkpoints(run_id, step) VALUES (7, 40)");
            database.exec(
                "INSERT INTO checkpoint_parts(run_id, part, bytes) VALUES (7, 0, x'6162'), (7, 1, x'63')");
        }
        Archive archive(path);
        const StoredCheckpoint old = archive.checkpoint(runA);
        QCOMPARE(*old.bytes, std::string("abc"));
        QCOMPARE(old.step, std::int64_t{40});
        archive.append(runA, {started(runA, 40), taken(50)});
        QCOMPARE(archive.checkpoint(runA).step, std::int64_t{50});
        change(path, "UPDATE checkpoints SET step = 51 WHERE step = 50");
        QCOMPARE(*archive.checkpoint(runA).bytes, std::string("abc"));
    }

    /// After each checkpoint nothing before it is lost, whenever the power is cut.
    void powerCutLosesNothingBeforeTheLastCheckpoint() {
        const Folder folder;
        const UnsyncedDisk disk;
        const fs::path path = folder / "runs.sqlite", copy = folder / "after.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        bool lost = false;
        for (std::int64_t epoch = 1; epoch <= 12; ++epoch) {
            const double loss = 1.0 / static_cast<double>(epoch);
            archive.append(runA, epochEvents(epoch, loss, loss));
            // Large, so that the journal is now and then moved into the file.
            const std::string state(std::size_t{1} << 20U, static_cast<char>('a' + epoch));
            archive.append(runA, {CheckpointTaken{epoch * 10, std::make_shared<const std::string>(state)}});
            archive.append(runA, {SamplesTaken{{{Series::trainLoss, epoch * 10 + 1, 0.1, 0.5}}}});
            lost = lost || disk.unsyncedWrites() > 0;

            UnsyncedDisk::cut(path, copy);
            const Archive after(copy);
            QCOMPARE(after.integrity(), std::string("ok"));
            const StoredCheckpoint checkpoint = after.checkpoint(runA);
            QCOMPARE(checkpoint.step, epoch * 10);
            QVERIFY(*checkpoint.bytes == state);
            QCOMPARE(after.details(runA).epochs.size(), static_cast<std::size_t>(epoch));
            QVERIFY(after.curve(runA, "train/loss").step.size() >= static_cast<std::size_t>(epoch * 10));
        }
        QVERIFY(lost); // or nothing was shown
    }
};

DSTN_TEST_IN(QCoreApplication, CheckpointsTest)
#include "tst_checkpoints.moc"
