#include "core/archive/unsaved.h"
#include "tests/program.h"

#include "tests/core/archive/archive_fixture.h"
#include <QCoreApplication>

#include <QElapsedTimer>
#include <QTest>

#include <fstream>

#include <SQLiteCpp/Database.h>

#include <sys/resource.h>

#include <csignal>
#include <ctime>
#include <thread>

using namespace dstn;

namespace {

RunFinished completed() {
    return {.state = RunState::completed,
            .steps = 10,
            .seconds = 1,
            .best = epochResult(1, 0.7),
            .hyperparameters = {},
            .error = {},
            .message = {}};
}

} // namespace

class RecorderTest : public QObject {
    Q_OBJECT

  private slots:
    void everythingPublishedIsWrittenAtTheEnd() {
        const Folder folder;
        {
            Recorder recorder(folder / "runs.sqlite", runA);
            recorder.publish(started(runA));
            for (const Event& event : epochEvents(1, 0.7, 0.7)) recorder.publish(event);
            recorder.publish(completed());
            QCOMPARE(recorder.finish(), std::optional<std::string>());
        }
        const Archive archive(folder / "runs.sqlite", Archive::Mode::readOnly);
        QCOMPARE(archive.runs().at(0).state, RunState::completed);
        QCOMPARE(archive.curve(runA, "train/loss").step.size(), std::size_t{10});
    }

    void destructorWritesWhatIsLeft() {
        const Folder folder;
        {
            Recorder recorder(folder / "runs.sqlite", runA);
            recorder.publish(started(runA));
            for (const Event& event : epochEvents(1, 0.7, 0.7)) recorder.publish(event);
        }
        const Archive archive(folder / "runs.sqlite", Archive::Mode::readOnly);
        QCOMPARE(archive.runs().at(0).steps, std::int64_t{10});
    }

    void readerSeesARunningRunSoon() {
        const Folder folder;
        Recorder recorder(folder / "runs.sqlite", runA);
        recorder.publish(started(runA));
        const Archive reader(folder / "runs.sqlite", Archive::Mode::readOnly);
        QTRY_COMPARE(reader.runs().size(), std::size_t{1});
        recorder.publish(ProgressMade{.step = 7, .stepsTotal = 100});
        QTRY_COMPARE(reader.runs().at(0).steps, std::int64_t{7});
    }

    void brokenArchiveIsToldBeforeTheRunBegins() {
        const Folder folder;
        std::ofstream(folder / "notes.txt") << "milk";
        QVERIFY(
            refusal([&] { Recorder recorder(folder / "notes.txt", runA); }).contains("is not a SQLite file"));
    }

    void lockedArchiveIsToldBeforeTheRunBegins() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        { const Archive archive(path); }
        SQLite::Database holder(path.string(), SQLite::OPEN_READWRITE);
        holder.exec("BEGIN IMMEDIATE");
        const QString message = refusal([&] { Recorder recorder(path, runA); });
        QVERIFY2(message.startsWith("5: ") && message.contains("is locked by another program"),
                 qPrintable(message));
    }

    void fullDiskIsToldBeforeTheRunBegins() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        const Archive archive(path); // keeps the files beside it, for which there is no room any more
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &none);
        const QString message = refusal([&] { Recorder recorder(path, runA); });
        setrlimit(RLIMIT_FSIZE, &before);
        QVERIFY2(message.startsWith("5: ") && message.contains("disk"), qPrintable(message));
    }

    void ofTheCheckpointsThatWaitOnlyTheNewestIsKept() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        Recorder recorder(path, runA);
        recorder.publish(started(runA));
        QTRY_COMPARE(Archive(path, Archive::Mode::readOnly).runs().size(), std::size_t{1});
        SQLite::Database holder(path.string(), SQLite::OPEN_READWRITE);
        holder.exec("BEGIN IMMEDIATE");
        std::vector<std::weak_ptr<const std::string>> checkpoints;
        for (std::int64_t step = 1; step <= 3; ++step) {
            const auto bytes = std::make_shared<const std::string>("state " + std::to_string(step));
            checkpoints.push_back(bytes);
            recorder.publish(SamplesTaken{{{Series::trainLoss, step, 0.1, 0.5}}});
            recorder.publish(CheckpointTaken{step, bytes});
            std::this_thread::sleep_for(std::chrono::milliseconds(300)); // the first is being tried
        }
        QTRY_VERIFY(checkpoints[0].expired() && checkpoints[1].expired());
        QVERIFY(!checkpoints[2].expired());
        holder.exec("ROLLBACK");
        QCOMPARE(recorder.finish(), std::optional<std::string>());
        const Archive archive(path, Archive::Mode::readOnly);
        QCOMPARE(*archive.checkpoint(runA).bytes, std::string("state 3"));
        QCOMPARE(archive.curve(runA, "train/loss").step.size(), std::size_t{3});
    }

    void archiveThatVanishesIsTold() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        Recorder recorder(path, runA);
        recorder.publish(started(runA));
        QTRY_COMPARE(Archive(path, Archive::Mode::readOnly).runs().size(), std::size_t{1});
        std::filesystem::remove(path);
        recorder.publish(completed());
        const auto trouble = recorder.finish();
        QVERIFY(trouble.has_value());
        QVERIFY2(trouble->find("was moved, deleted or replaced") != std::string::npos, trouble->c_str());
    }

    /// What the archive cannot take is kept beside it, and taken in by whoever opens it next.
    void whatIsNotWrittenAtTheEndIsTakenInLater_data() {
        QTest::addColumn<bool>("startToo"); // the archive has not even heard that the run began
        QTest::newRow("the rest") << false;
        QTest::newRow("all of it") << true;
    }
    void whatIsNotWrittenAtTheEndIsTakenInLater() {
        QFETCH(bool, startToo);
        const Folder folder;
        const auto path = folder / "runs.sqlite", away = folder / "away.sqlite";
        {
            Recorder recorder(path, runA);
            if (!startToo) {
                recorder.publish(started(runA));
                for (const Event& event : epochEvents(1, 0.7, 0.7)) recorder.publish(event);
                recorder.publish(CheckpointTaken{10, std::make_shared<const std::string>("state 10")});
                QTRY_VERIFY(Archive(path, Archive::Mode::readOnly).runs().size() == 1 &&
                            Archive(path, Archive::Mode::readOnly).checkpoint(runA).step == 10);
            }
            std::filesystem::rename(path, away);
            if (startToo) {
                recorder.publish(started(runA));
                for (const Event& event : epochEvents(1, 0.7, 0.7)) recorder.publish(event);
            }
            recorder.publish(LogLine{LogLevel::warning, "meanwhile"});
            for (const Event& event : epochEvents(2, 0.6, 0.6)) recorder.publish(event);
            recorder.publish(CheckpointTaken{20, std::make_shared<const std::string>("state 20")});
            RunFinished end = completed();
            end.steps = 20;
            end.best = epochResult(2, 0.6);
            recorder.publish(end);
            const std::string trouble = recorder.finish().value_or("");
            QVERIFY2(trouble.find("was moved, deleted or replaced") != std::string::npos, trouble.c_str());
            QVERIFY2(trouble.find("They are kept in " + path.string() + "-" + runA) != std::string::npos,
                     trouble.c_str());
            std::filesystem::rename(away, path);
        }
        QCOMPARE(unsavedFiles(path).size(), std::size_t{1});
        const Archive archive(path, Archive::Mode::readOnly); // a reader has it taken in
        QVERIFY(unsavedFiles(path).empty());
        const RunDetails details = archive.details(runA);
        QCOMPARE(details.row.state, RunState::completed);
        QCOMPARE(details.row.name, std::string("small"));
        QCOMPARE(details.row.steps, std::int64_t{20});
        QCOMPARE(details.row.bestValidationLoss, std::optional(0.6));
        QCOMPARE(details.epochs.size(), std::size_t{2});
        QCOMPARE(details.epochs.at(1).hyperparameters.at(0).second, 0.2);
        QCOMPARE(archive.curve(runA, "train/loss").step.size(), std::size_t{20});
        QCOMPARE(*archive.checkpoint(runA).bytes, std::string("state 20"));
        std::string events;
        for (const auto& [time, text] : details.events) events += text + "; ";
        QCOMPARE(events, std::string("started on cpu (a processor); meanwhile; completed after 20 steps; "));
    }

    /// The archive comes back while the run goes on: what waited beside it is taken in, and the rest follows.
    void muchThatWaitsIsKeptBesideUntilTheArchiveIsBack() {
        const Folder folder;
        const auto path = folder / "runs.sqlite", away = folder / "away.sqlite";
        Recorder recorder(path, runA);
        recorder.publish(started(runA));
        QTRY_COMPARE(Archive(path, Archive::Mode::readOnly).runs().size(), std::size_t{1});
        std::filesystem::rename(path, away);
        constexpr std::int64_t many = 100000;
        for (std::int64_t step = 1; step <= many; ++step)
            recorder.publish(SamplesTaken{{{Series::trainLoss, step, 0.1, 0.5}}});
        QTRY_COMPARE(unsavedFiles(path).size(), std::size_t{1});
        std::filesystem::rename(away, path);
        QTRY_VERIFY(unsavedFiles(path).empty());
        recorder.publish(SamplesTaken{{{Series::trainLoss, many + 1, 0.1, 0.5}}});
        RunFinished end = completed();
        end.steps = many + 1;
        recorder.publish(end);
        QCOMPARE(recorder.finish(), std::optional<std::string>());
        const Archive archive(path, Archive::Mode::readOnly);
        QCOMPARE(archive.runs().at(0).state, RunState::completed);
        QCOMPARE(archive.curve(runA, "train/loss").step.size(), static_cast<std::size_t>(many + 1));
    }

    void damagedFileKeepsNoOtherFromBeingTakenIn() {
        const Folder folder;
        const auto path = folder / "runs.sqlite", away = folder / "away.sqlite";
        {
            Recorder recorder(path, runA);
            std::filesystem::rename(path, away);
            recorder.publish(started(runA));
            RunFinished end = completed();
            end.steps = 20;
            recorder.publish(end);
            QVERIFY(recorder.finish().has_value());
            std::filesystem::rename(away, path);
        }
        // Its name comes first.
        const std::string bad = path.string() + "-00000000-1.unsaved";
        std::ofstream(bad) << "milk";
        QCOMPARE(unsavedFiles(path).size(), std::size_t{2});
        QCOMPARE(Archive(path).details(runA).row.steps, std::int64_t{20});
        QCOMPARE(unsavedFiles(path), std::vector<std::filesystem::path>{bad});
    }

    void lockDelaysNothingAndLosesNothing() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        Recorder recorder(path, runA);
        recorder.publish(started(runA));
        QTRY_COMPARE(Archive(path, Archive::Mode::readOnly).runs().size(), std::size_t{1});
        SQLite::Database holder(path.string(), SQLite::OPEN_READWRITE);
        holder.exec("BEGIN IMMEDIATE");
        QElapsedTimer timer;
        timer.start();
        qint64 longest = 0;
        for (std::int64_t step = 1; step <= 200; ++step) {
            const qint64 before = timer.nsecsElapsed();
            recorder.publish(SamplesTaken{{{Series::trainLoss, step, 0.1, 0.5}}});
            longest = std::max(longest, timer.nsecsElapsed() - before);
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        QVERIFY2(longest < 1'000'000'000, std::to_string(longest).c_str()); // the lock is held for longer
        QTRY_VERIFY(recorder.trouble().has_value());
        QVERIFY2(recorder.trouble()->find("is locked by another program") != std::string::npos,
                 recorder.trouble()->c_str());
        holder.exec("ROLLBACK");
        QCOMPARE(recorder.finish(), std::optional<std::string>());
        QCOMPARE(Archive(path, Archive::Mode::readOnly).curve(runA, "train/loss").step.size(),
                 std::size_t{200});
    }

    void fullDiskIsToldAndWhatWasWrittenStays() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        {
            Recorder recorder(path, runA);
            recorder.publish(started(runA));
            QTRY_COMPARE(Archive(path, Archive::Mode::readOnly).runs().size(), std::size_t{1});
            const rlimit small{.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
            setrlimit(RLIMIT_FSIZE, &small);
            recorder.publish(
                CheckpointTaken{1, std::make_shared<const std::string>(std::size_t{4} << 20U, 'x')});
            const auto trouble = recorder.finish();
            setrlimit(RLIMIT_FSIZE, &before);
            QVERIFY(trouble.has_value());
            QVERIFY2(trouble->find("disk") != std::string::npos, trouble->c_str());
            QVERIFY2(trouble->find("events are not written") != std::string::npos, trouble->c_str());
        }
        const Archive archive(path);
        QCOMPARE(archive.integrity(), std::string("ok"));
        QCOMPARE(archive.runs().size(), std::size_t{1});
    }

    void progressIsCollapsed() {
        const Folder folder;
        const auto path = folder / "runs.sqlite";
        Recorder recorder(path, runA);
        recorder.publish(started(runA));
        for (std::int64_t step = 1; step <= 100000; ++step)
            recorder.publish(ProgressMade{.step = step, .stepsTotal = 100000});
        // The processor's time, which other programs do not lengthen.
        const std::clock_t before = std::clock();
        QCOMPARE(recorder.finish(), std::optional<std::string>());
        // A statement for each of them would take some hundred times as long.
        const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
        QVERIFY2(seconds < 1.0, std::to_string(seconds).c_str());
        QCOMPARE(Archive(path, Archive::Mode::readOnly).runs().at(0).steps, std::int64_t{100000});
    }
};

DSTN_TEST_IN(QCoreApplication, RecorderTest)
#include "tst_recorder.moc"
