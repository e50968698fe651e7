#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QTest>

#include <SQLiteCpp/Database.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace dstn;
namespace fs = std::filesystem;

/// A run has one writer: whoever took it up last.
class LeasesTest : public QObject {
    Q_OBJECT

    static void change(const fs::path& path, const std::string& sql) {
        SQLite::Database(path.string(), SQLite::OPEN_READWRITE).exec(sql);
    }
    /// As another process would find it that cannot see this one.
    static void moveElsewhere(const fs::path& path, int secondsAgo) {
        change(
            path,
            "UPDATE runs SET process_host = 'elsewhere', process_boot = 'theirs', heartbeat = heartbeat - " +
                std::to_string(secondsAgo));
    }
    static RunFinished end(RunState state, std::int64_t steps) {
        return {.state = state,
                .steps = steps,
                .seconds = static_cast<double>(steps) / 10,
                .best = {},
                .hyperparameters = {},
                .error = {},
                .message = {}};
    }
    /// A run of two epochs that was interrupted, with a checkpoint after the first.
    static fs::path interruptedRun(const Folder& folder) {
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(runA, {CheckpointTaken{10, std::make_shared<const std::string>("state 10")}});
        archive.append(runA, epochEvents(2, 0.2, 0.2));
        archive.append(runA, {end(RunState::interrupted, 20)});
        return path;
    }

  private slots:
    void whoLostTheRunWritesNothing() {
        const Folder folder;
        const fs::path path = interruptedRun(folder);
        Archive first(path), second(path);
        first.append(runA, {started(runA, 10)});
        second.append(runA, {started(runA, 10)}); // within one process nobody is refused
        second.append(runA, epochEvents(2, 0.3, 0.3));
        const auto refused = [&](const std::vector<Event>& events) {
            return refusal([&] { first.append(runA, events); });
        };
        for (const QString& message :
             {refused(epochEvents(2, 0.9, 0.7)), refused({end(RunState::completed, 20)}),
              refused({StateChanged{RunState::paused, {}}}),
              refused({CheckpointTaken{15, std::make_shared<const std::string>("wrong")}}),
              refusal([&] { first.heartbeat(runA); })})
            QVERIFY2(message.startsWith("5: ") &&
                         message.contains("Another process has taken over run aaaaaaaa"),
                     qPrintable(message));
        first.release(runA);
        second.append(runA, {end(RunState::completed, 20)});
        const RunDetails details = second.details(runA);
        QCOMPARE(details.row.state, RunState::completed);
        QCOMPARE(details.epochs.at(1).validationLoss, 0.3);
        QCOMPARE(*second.checkpoint(runA).bytes, std::string("state 10"));
    }

    void aRunThatAnotherProcessHasIsLeftAlone() {
        const Folder folder;
        const fs::path path = interruptedRun(folder);
        Archive(path).take(runA); // it is being prepared, and its state is still what it was
        moveElsewhere(path, 0);
        Archive archive(path);
        QCOMPARE(archive.runs().at(0).state, RunState::interrupted);
        const QString message = refusal([&] { Recorder recorder(path, runA); });
        QVERIFY2(message.startsWith("5: Run aaaaaaaa is being resumed in another process") &&
                     message.contains("without a sign of life for 2 minutes it may be taken over"),
                 qPrintable(message));
        moveElsewhere(path, 130);
        archive.take(runA);
        archive.append(runA, {started(runA, 10)});
    }

    /// Two resume the same state: the second must not undo what the first has done since.
    void whatWasGoneOnWithMeanwhileIsNotResumedFromEarlier() {
        const Folder folder;
        const fs::path path = interruptedRun(folder);
        const StoredCheckpoint seen = Archive(path, Archive::Mode::readOnly).checkpoint(runA);
        {
            Recorder recorder(path, runA, {.lease = seen.lease});
            recorder.publish(started(runA, 10));
            for (const Event& event : epochEvents(2, 0.2, 0.2)) recorder.publish(event);
            recorder.publish(end(RunState::completed, 20));
        }
        const QString message = refusal([&] { Recorder recorder(path, runA, {.lease = seen.lease}); });
        QVERIFY2(message.startsWith("5: ") && message.contains("has resumed run aaaaaaaa in the meantime"),
                 qPrintable(message));
        QCOMPARE(Archive(path).runs().at(0).state, RunState::completed);
    }

    void whoeverPublishesIsStoppedOnceAndTold() {
        const Folder folder;
        const fs::path path = interruptedRun(folder);
        Recorder recorder(path, runA);
        recorder.publish(started(runA, 10));
        QTRY_COMPARE(Archive(path, Archive::Mode::readOnly).runs().at(0).state, RunState::running);
        Archive(path).take(runA);
        recorder.publish(StateChanged{RunState::paused, {}});
        QTRY_VERIFY(recorder.lost());
        const QString message = refusal([&] { recorder.publish(end(RunState::completed, 20)); });
        QVERIFY2(message.contains("Another process has taken over run"), qPrintable(message));
        recorder.publish(end(RunState::failed, 10)); // how it ended here: nobody is told twice
        QCOMPARE(QString::fromStdString(recorder.finish().value_or("")), message.mid(3));
        QCOMPARE(Archive(path, Archive::Mode::readOnly).details(runA).row.state, RunState::running);
    }

    /// A process that stands still for minutes loses its run to whoever resumes it, and harms nothing when it
    /// wakes.
    void whoWasStoppedAndWakesHarmsNothing() {
        const Folder folder;
        const fs::path path = interruptedRun(folder);
        const pid_t child = fork();
        if (child == 0) {
            Archive archive(path);
            archive.append(runA, {started(runA, 10)});
            raise(SIGSTOP);
            try {
                archive.append(runA, epochEvents(2, 0.9, 0.7));
            } catch (const Taken&) {
                _exit(7);
            }
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, WUNTRACED);
        QVERIFY(WIFSTOPPED(status));
        Archive archive(path);
        QVERIFY(refusal([&] { archive.take(runA); }).contains("is running in another process"));
        change(path, "UPDATE runs SET heartbeat = heartbeat - 130");
        archive.take(runA);
        archive.append(runA, {started(runA, 10)});
        archive.append(runA, epochEvents(2, 0.2, 0.2));
        archive.append(runA, {end(RunState::completed, 20)});
        kill(child, SIGCONT);
        waitpid(child, &status, 0);
        QCOMPARE(WEXITSTATUS(status), 7);
        const RunDetails details = archive.details(runA);
        QCOMPARE(details.row.state, RunState::completed);
        QCOMPARE(details.epochs.at(1).validationLoss, 0.2);
    }

    void aStudyHasOneExecutor() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        const std::string study = "cccccccc-0000-4000-8000-000000000003";
        Archive first(path), second(path), runs(path);
        first.createStudy(study, "s", "{}");
        first.setStudyState(study, RunState::running);
        runs.writeUnder(study, first.studyLease(study));
        RunStarted run = started(runA);
        run.place = StudyPlace{.study = study};
        runs.append(runA, {run});
        second.setStudyState(study, RunState::running);
        run.run = runB;
        for (const QString& message :
             {refusal([&] { first.studyHeartbeat(study); }),
              refusal([&] { first.setStudyState(study, RunState::completed); }),
              refusal([&] { first.dropCheckpoints({runA}); }), refusal([&] { runs.append(runB, {run}); })})
            QVERIFY2(message.contains("Another process has taken over study cccccccc"), qPrintable(message));
        QCOMPARE(second.study(study).state, RunState::running);
        QCOMPARE(second.runs().size(), std::size_t{1});
        second.setStudyState(study, RunState::completed);
    }

    /// Nothing is deleted before its replacement is written: dying right after a resumption loses nothing.
    void whatAResumptionHasNotReachedStays() {
        const Folder folder;
        const fs::path path = interruptedRun(folder);
        {
            Archive archive(path);
            archive.append(runA, {started(runA, 10)});
            archive.append(
                runA, {SamplesTaken{{{Series::trainLoss, 11, 1.1, 5.0}, {Series::trainLoss, 13, 1.3, 6.0}}}});
        }
        moveElsewhere(path, 130);
        Archive archive(path);
        RunDetails details = archive.details(runA);
        QCOMPARE(details.row.state, RunState::interrupted);
        QCOMPARE(details.row.steps, std::int64_t{20});
        QCOMPARE(details.epochs.size(), std::size_t{2});
        QCOMPARE(details.row.bestValidationLoss, std::optional(0.2));
        QCOMPARE(*archive.checkpoint(runA).bytes, std::string("state 10"));
        const Curve curve = archive.curve(runA, "train/loss");
        QCOMPARE(curve.step.size(), std::size_t{19}); // but for step 12, between the new ones
        QCOMPARE(curve.value.at(10), 5.0);
        QCOMPARE(curve.value.back(), 1.0 / 20);

        // Another one gets further: from where it ends for good, nothing of the others is left.
        archive.append(runA, {started(runA, 10)});
        archive.append(
            runA, {SamplesTaken{{{Series::trainLoss, 11, 1.1, 7.0}, {Series::trainLoss, 12, 1.2, 8.0}}}});
        archive.append(runA, {end(RunState::stopped, 12)});
        details = archive.details(runA);
        QCOMPARE(details.row.steps, std::int64_t{12});
        QCOMPARE(details.row.seconds, 1.2);
        QCOMPARE(details.row.bestValidationLoss, std::optional(0.7));
        QCOMPARE(details.epochs.size(), std::size_t{1});
        QCOMPARE(archive.curve(runA, "train/loss").step.size(), std::size_t{12});
    }
};

DSTN_TEST_IN(QCoreApplication, LeasesTest)
#include "tst_leases.moc"
