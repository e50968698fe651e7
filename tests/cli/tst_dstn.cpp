#include "tests/program.h"
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

#include <QCoreApplication>

#include <SQLiteCpp/Database.h>

#include <csignal>

namespace {

struct Outcome {
    int code = -1;
    QString out, err;
    QList<QJsonObject> lines() const {
        QList<QJsonObject> result;
        for (const QString& line : out.split('\n', Qt::SkipEmptyParts))
            result.append(QJsonDocument::fromJson(line.toUtf8()).object());
        return result;
    }
};

/// A linear network on synthetic classes: an epoch takes milliseconds.
const char* const tiny = R"({
  "schema": 1, "name": "tiny",
  "data": {"source": "synthetic-classification", "examples": 400, "features": 6, "classes": 3, "validation": 0.25},
  "model": {"parts": [{"type": "dropout", "rate": "dropout"}, {"type": "linear", "out": 3}]},
  "hyperparameters": [{"name": "dropout", "initial": 0.05, "min": 0, "max": 0.95}],
  "tuner": {"type": "delta-stn", "warmup_epochs": 1},
  "batch": {"train": 50, "validation": 50},
  "budget": {"epochs": 3}, "device": "cpu", "threads": 1, "seed": 3
})";

} // namespace

/// The real program, as a shell starts it.
class DstnTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    QString path(const QString& name) const { return folder_.filePath(name); }

    void write(const QString& name, const QByteArray& text) const {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }

    void prepare(QProcess& process, const QStringList& arguments, const QString& folder = {}) const {
        process.setProgram(QString(DSTN_BIN_DIR) + "/dstn");
        process.setArguments(arguments);
        process.setWorkingDirectory(folder.isEmpty() ? folder_.path() : folder);
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_DATA_HOME", path("home"));
        process.setProcessEnvironment(environment);
    }

    /// @param folder where it is started; usually that of the experiments
    Outcome dstn(const QStringList& arguments, const QString& folder = {}) const {
        QProcess process;
        prepare(process, arguments, folder);
        process.start();
        if (!process.waitForFinished(120000)) return {};
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

    /// Starts a run that would last long and waits until it has finished an epoch.
    void startLongRun(QProcess& process, const QString& archive) const {
        prepare(process,
                {"run", "tiny.json", "--set", "budget.epochs=1000000", "--archive", archive, "--json"});
        process.start();
        QString out;
        QTRY_VERIFY((process.waitForReadyRead(50), out += QString::fromUtf8(process.readAllStandardOutput()),
                     out.contains("\"epoch\":2,\"step\"")));
    }

  private slots:
    void initTestCase() {
        write("tiny.json", tiny);
        write("decay.json", QByteArray(tiny).replace(
                                "\"hyperparameters\": [",
                                "\"regularization\": {\"weight_decay\": \"decay\"}, \"hyperparameters\": "
                                "[{\"name\": \"decay\", \"initial\": 0.01, \"log\": true}, "));
        write("adam.json",
              QByteArray(tiny).replace("\"batch\":",
                                       "\"optimizers\": {\"general\": {\"type\": \"adam\"}}, \"batch\":"));
        write("wrong.json",
              QByteArray(tiny).replace("\"max\": 0.95", "\"max\": -1").replace("\"seed\"", "\"sede\""));
    }

    void runPrintsJsonLinesAndIsKept() {
        const Outcome run = dstn({"run", "tiny.json", "--archive", "a.sqlite", "--json"});
        QCOMPARE(run.code, 0);
        const auto lines = run.lines();
        QCOMPARE(lines.first()["event"].toString(), QString("started"));
        const QJsonObject end = lines.last();
        QCOMPARE(end["event"].toString(), QString("finished"));
        QCOMPARE(end["state"].toString(), QString("completed"));
        QCOMPARE(end["steps"].toInt(), 18); // 300 training examples, batches of 50, three epochs
        QVERIFY(end["seconds"].toDouble() > 0);
        QVERIFY(end["best"].toObject()["validation_loss"].toDouble() > 0);
        QVERIFY(end["best"].toObject()["validation_accuracy"].toDouble() > 0.33);
        QVERIFY(end["hyperparameters"].toObject()["dropout"].isDouble());
        QCOMPARE(lines[lines.size() - 2]["event"].toString(), QString("epoch"));
        QCOMPARE(lines[lines.size() - 2]["epoch"].toInt(), 3);

        const Outcome list = dstn({"list", "--archive", "a.sqlite", "--json"});
        QCOMPARE(list.lines().size(), 1);
        QCOMPARE(list.lines().first()["id"].toString(), end["run"].toString());
        QCOMPARE(list.lines().first()["state"].toString(), QString("completed"));
        QCOMPARE(list.lines().first()["best_validation_loss"].toDouble(),
                 end["best"].toObject()["validation_loss"].toDouble());
    }

    void linesGoToStderrAndTheSummaryToStdout() {
        const Outcome run = dstn({"run", "tiny.json", "--archive", "b.sqlite"});
        QCOMPARE(run.code, 0);
        QVERIFY2(run.err.contains("epoch 3/3: training loss"), qPrintable(run.err));
        QVERIFY2(run.out.contains("completed after 18 steps") &&
                     run.out.contains("hyperparameters at the end: dropout"),
                 qPrintable(run.out));
        QVERIFY(!run.err.contains('\r'));
        const Outcome quiet =
            dstn({"run", "tiny.json", "--archive", "b.sqlite", "--quiet", "--set", "name=other"});
        QCOMPARE(quiet.err, QString());
        QVERIFY(dstn({"show", "other", "--archive", "b.sqlite"}).out.contains("EPOCH"));
    }

    void optionsOverrideTheFile() {
        const Outcome run =
            dstn({"run", "tiny.json", "--archive", "c.sqlite", "--json", "--seed", "7", "--max-steps", "5",
                  "--set", "hyperparameters.dropout.initial=0.5", "--device", "cpu"});
        QCOMPARE(run.code, 0);
        QCOMPARE(run.lines().last()["steps"].toInt(), 5);
        QCOMPARE(run.lines().first()["seed"].toInt(), 7);
        const QJsonObject shown = dstn({"show", "last", "--archive", "c.sqlite", "--json"}).lines().first();
        const QJsonObject experiment = shown["experiment"].toObject();
        QCOMPARE(experiment["hyperparameters"].toArray().first().toObject()["initial"].toDouble(), 0.5);
    }

    void sameSeedGivesTheSameRun() {
        const auto best = [&](const QString& archive) {
            QJsonObject result =
                dstn({"run", "tiny.json", "--archive", archive, "--json"}).lines().last()["best"].toObject();
            result.remove("seconds"); // all but what time it took
            return result;
        };
        const QJsonObject first = best("d.sqlite");
        QCOMPARE(first, best("d2.sqlite"));
        for (const char* key : {"epoch", "validation_loss", "validation_accuracy", "test_accuracy",
                                "hyperparameters", "scales"})
            QVERIFY2(first.contains(key), key);
    }

    void wrongUsageIsTwo() {
        for (const QStringList& arguments : {QStringList{},
                                             {"fly"},
                                             {"run"},
                                             {"run", "tiny.json", "--fly"},
                                             {"run", "nowhere.json"},
                                             {"run", "tiny.json", "--max-steps", "0"},
                                             {"run", "tiny.json", "--set", "seed"},
                                             {"run", "tiny.json", "--resume", "last"},
                                             {"show"},
                                             {"compare", "last"},
                                             {"list", "--filter", "x=1"},
                                             {"export", "last", "--format", "xml", "--out", "x"},
                                             {"presets", "nothing"},
                                             {"bench", "--preset", "no"}})
            QVERIFY2(dstn(arguments).code == 2, qPrintable(arguments.join(' ')));
        QCOMPARE(dstn({"--help"}).code, 0);
        QCOMPARE(dstn({"list", "--help"}).code, 0);
        QVERIFY(dstn({"--version"}).out.contains('.'));
        const Outcome nowhere = dstn({"run", "nowhere.json"});
        QVERIFY2(nowhere.err.startsWith("dstn: There is neither a file nor a preset named \"nowhere.json\""),
                 qPrintable(nowhere.err));
    }

    void everyMistakeOfAnExperimentIsSaid() {
        const Outcome run = dstn({"run", "wrong.json", "--archive", "none.sqlite"});
        QCOMPARE(run.code, 2);
        QVERIFY2(run.err.contains("dstn: wrong.json: ") && run.err.contains("sede") &&
                     run.err.contains("max"),
                 qPrintable(run.err));
        QVERIFY(!QFile::exists(path("none.sqlite")));
        const Outcome validated = dstn({"validate", "tiny.json", "wrong.json", "ridge"});
        QCOMPARE(validated.code, 2);
        QVERIFY(validated.out.contains("tiny.json: ok\n"));
        QVERIFY(validated.out.contains("ridge: ok\n"));
        QVERIFY2(validated.err.startsWith("wrong.json: "), qPrintable(validated.err));
        // What only the data can tell.
        write("batch.json", QByteArray(tiny).replace("\"train\": 50", "\"train\": 5000"));
        const Outcome batch = dstn({"validate", "batch.json"});
        QCOMPARE(batch.code, 2);
        QVERIFY2(batch.err.contains("batch.train"), qPrintable(batch.err));
        QCOMPARE(dstn({"validate", "--without-data", "batch.json"}).code, 0);
    }

    void missingDataIsThree() {
        const Outcome run = dstn({"run", "tiny.json", "--archive", "e.sqlite", "--set",
                                  R"(data={"source": "csv", "path": "nowhere.csv"})"});
        QVERIFY2(run.code == 3, qPrintable(run.err));
        QVERIFY2(run.err.contains("nowhere.csv"), qPrintable(run.err));
    }

    void missingDeviceIsFour() {
        const Outcome run = dstn({"run", "tiny.json", "--archive", "e.sqlite", "--device", "cuda:63"});
        QVERIFY2(run.code == 4, qPrintable(run.err));
        QVERIFY2(run.err.contains("cuda:63"), qPrintable(run.err));
    }

    void resumptionThatCannotStartLeavesTheRunAsItWas() {
        QCOMPARE(dstn({"run", "tiny.json", "--archive", "kept.sqlite"}).code, 0);
        const auto run = [&] { return dstn({"list", "--archive", "kept.sqlite", "--json"}).lines().first(); };
        const QJsonObject before = run();
        const Outcome device = dstn({"run", "--resume", "last", "--archive", "kept.sqlite", "--set",
                                     "budget.epochs=9", "--device", "cuda:63"});
        QVERIFY2(device.code == 4, qPrintable(device.err));
        QVERIFY2(device.err.contains("The run is unchanged."), qPrintable(device.err));
        QCOMPARE(device.out, QString());
        QCOMPARE(run(), before);
        const Outcome other = dstn({"run", "--resume", "last", "--archive", "kept.sqlite", "--set",
                                    "budget.epochs=9", "--set", "data.features=7"});
        QVERIFY2(other.code == 2 && other.err.contains("data.features is 7, was 6"), qPrintable(other.err));
        QCOMPARE(run(), before);
        QVERIFY(dstn({"show", "last", "--archive", "kept.sqlite"}).out.contains("not resumed: "));
        const Outcome slower = dstn({"run", "--resume", "last", "--archive", "kept.sqlite", "--set",
                                     "budget.epochs=4", "--set", "optimizers.general.lr=0.001"});
        QVERIFY2(slower.code == 0, qPrintable(slower.err));
        const QString shown = dstn({"show", "last", "--archive", "kept.sqlite"}).out;
        QVERIFY2(shown.contains("changed on resuming: budget.epochs is 4, was 3\n") &&
                     shown.contains("changed on resuming: optimizers.general.lr is 0.001, was 0.01\n"),
                 qPrintable(shown));
    }

    void interruptionBeforeTheRunBeganPromisesNothing() {
        QProcess process;
        prepare(process, {"run", "tiny.json", "--set", "data.examples=200000", "--set",
                          "budget.epochs=1000000", "--archive", "early.sqlite"});
        process.start();
        // The archive is there before the engine is loaded.
        QTRY_VERIFY(QFile::exists(path("early.sqlite")));
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(dstn::test::patience));
        QCOMPARE(process.exitCode(), 130);
        const QString err = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(err.contains("the run had not started") && !err.contains("--resume"), qPrintable(err));
        QCOMPARE(dstn({"list", "--archive", "early.sqlite", "--json"}).lines().size(), 0);
    }

    void archiveThatIsLockedMeanwhileIsToldAtOnce() {
        QProcess process;
        startLongRun(process, "locked.sqlite");
        SQLite::Database holder(path("locked.sqlite").toStdString(), SQLite::OPEN_READWRITE, 5000);
        holder.exec("BEGIN IMMEDIATE");
        QString err;
        const auto says = [&](const char* text) {
            process.waitForReadyRead(50);
            err += QString::fromUtf8(process.readAllStandardError());
            return err.contains(text);
        };
        QTRY_VERIFY(says("is locked by another program"));
        QCOMPARE(process.state(), QProcess::Running);
        holder.exec("ROLLBACK");
        QTRY_VERIFY(says("the archive can be written again"));
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(dstn::test::patience));
        QCOMPARE(process.exitCode(), 130);
    }

    void archiveThatVanishesMeanwhileIsFive() {
        QProcess process;
        startLongRun(process, "gone.sqlite");
        QVERIFY(QFile::remove(path("gone.sqlite")));
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(dstn::test::patience));
        QCOMPARE(process.exitCode(), 5);
        const QString err = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(err.contains("gone.sqlite was moved, deleted or replaced"), qPrintable(err));
    }

    void brokenArchiveIsFive() {
        write("notes.txt", "milk");
        const Outcome run = dstn({"run", "tiny.json", "--archive", "notes.txt"});
        QCOMPARE(run.code, 5);
        QVERIFY2(run.err.contains("notes.txt is not a SQLite file"), qPrintable(run.err));
        QVERIFY(!run.err.contains("epoch"));
        QCOMPARE(dstn({"list", "--archive", "nowhere.sqlite"}).code, 5);
        QCOMPARE(dstn({"list"}).code, 0); // the user has none yet
    }

    void lossThatIsNotFiniteIsOne() {
        const Outcome run = dstn({"run", "tiny.json", "--archive", "f.sqlite", "--json", "--set",
                                  "optimizers.general.lr=1e30", "--set", "regularization.weight_decay=1e9"});
        QVERIFY2(run.code == 1, qPrintable(run.err));
        QVERIFY2(run.err.contains("dstn: ") && run.err.contains("At step"), qPrintable(run.err));
        QCOMPARE(run.lines().last()["state"].toString(), QString("failed"));
        QCOMPARE(dstn({"list", "--archive", "f.sqlite", "--filter", "state=failed", "--json"}).lines().size(),
                 1);
    }

    void interruptedRunIsSavedAndResumed() {
        QProcess process;
        startLongRun(process, "g.sqlite");
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(dstn::test::patience));
        QCOMPARE(process.exitCode(), 130);
        const QString err = QString::fromUtf8(process.readAllStandardError());
        const QJsonObject before = dstn({"list", "--archive", "g.sqlite", "--json"}).lines().first();
        QVERIFY2(err.contains("resume with: dstn run --resume " + before["id"].toString().left(8) +
                              " --archive g.sqlite\n"),
                 qPrintable(err));
        QCOMPARE(before["state"].toString(), QString("interrupted"));
        QVERIFY(before["resumable"].toBool());

        const int goal = before["steps"].toInt() + 10;
        const Outcome resumed = dstn({"run", "--resume", "last", "--archive", "g.sqlite", "--max-steps",
                                      QString::number(goal), "--json"});
        QVERIFY2(resumed.code == 0, qPrintable(resumed.err));
        QCOMPARE(resumed.lines().first()["steps"].toInt(), before["steps"].toInt());
        QCOMPARE(resumed.lines().last()["run"].toString(), before["id"].toString());
        QCOMPARE(resumed.lines().last()["steps"].toInt(), goal);
        QCOMPARE(dstn({"list", "--archive", "g.sqlite", "--json"}).lines().size(), 1);
    }

    void resumedRunEqualsAnUnbrokenOne() {
        QCOMPARE(dstn({"run", "tiny.json", "--archive", "h.sqlite", "--max-steps", "8"}).code, 0);
        const Outcome resumed = dstn({"run", "--resume", "last", "--archive", "h.sqlite", "--json"});
        QVERIFY2(resumed.code == 0, qPrintable(resumed.err));
        const Outcome whole = dstn({"run", "tiny.json", "--archive", "h2.sqlite", "--json"});
        QCOMPARE(resumed.lines().last()["hyperparameters"], whole.lines().last()["hyperparameters"]);
        const auto figures = [&](const QString& archive) {
            QStringList rows;
            for (const QString& row :
                 dstn({"export", "last", "--format", "csv", "--out", "-", "--archive", archive})
                     .out.split("\r\n")) {
                const QStringList fields = row.split(',');
                if (fields.size() > 4) rows.append(fields[0] + ": " + fields[3]); // step, train/loss
            }
            return rows;
        };
        QCOMPARE(figures("h.sqlite"), figures("h2.sqlite"));
    }

    /// A table of numbers in two columns and a class, in a place of its own.
    void writeTable(const QString& folder, int rows, bool reversed = false) const {
        QVERIFY(QDir(folder_.path()).mkpath(folder));
        QByteArray text("a,b,class\n");
        for (int i = 0; i < rows; ++i) {
            const int n = reversed ? rows - 1 - i : i;
            text += QString("%1.5,%2.25,%3\n")
                        .arg(n % 17)
                        .arg(n * 7 % 23)
                        .arg(n % 3 == 0 ? "no" : "yes")
                        .toUtf8();
        }
        write(folder + "/d.csv", text);
    }

    void runsGoOnWithTheSameDataOnly() {
        writeTable("data", 200);
        writeTable("elsewhere", 200, true); // where a relative path means another file
        write("table.json",
              QByteArray(tiny)
                  .replace("\"source\": \"synthetic-classification\", \"examples\": 400, "
                           "\"features\": 6, \"classes\": 3",
                           "\"source\": \"csv\", \"path\": \"d.csv\", \"task\": \"classification\"")
                  .replace("\"out\": 3", "\"out\": 2"));
        const auto in = [&](const QString& folder, QStringList arguments) {
            arguments += {"--archive", path("same.sqlite")};
            return dstn(arguments, path(folder));
        };
        const Outcome first = in("data", {"run", path("table.json"), "--max-steps", "4"});
        QVERIFY2(first.code == 0, qPrintable(first.err));
        const QJsonObject read = in(".", {"show", "last", "--json"}).lines().first()["data_read"].toObject();
        QCOMPARE(read["path"].toString(), path("data/d.csv"));
        QCOMPARE(read["files"].toInt(), 1);
        QCOMPARE(read["bytes"].toInt(), QFileInfo(path("data/d.csv")).size());
        QCOMPARE(read["hash"].toString().size(), 32);

        // From anywhere the run's own data are read.
        const Outcome elsewhere = in("elsewhere", {"run", "--resume", "last", "--max-steps", "6"});
        QVERIFY2(elsewhere.code == 0 && !elsewhere.err.contains("data"), qPrintable(elsewhere.err));

        writeTable("data", 200, true);
        const QJsonObject before = in(".", {"show", "last", "--json"}).lines().first();
        for (const QStringList& command :
             {QStringList{"run", "--resume", "last"},
              {"run", "--replay", "last"},
              {"run", "--retrain", "last"},
              {"hypergradients", "last", "--fit-steps", "2", "--reference-steps", "2"}}) {
            const Outcome refused = in("data", command);
            QCOMPARE(refused.code, 3);
            QVERIFY2(refused.err.contains("d.csv: the data have changed since the run read them: " +
                                          QString::number(QFileInfo(path("data/d.csv")).size()) +
                                          " bytes as before, with other contents."),
                     qPrintable(refused.err));
        }
        // Not there any more: it is said where they were, not where the command was given.
        QVERIFY(QFile::rename(path("data/d.csv"), path("data/kept.csv")));
        const Outcome gone = in(".", {"run", "--resume", "last"});
        QVERIFY2(gone.code == 3 && gone.err.contains(path("data/d.csv")), qPrintable(gone.err));
        QVERIFY(QFile::rename(path("data/kept.csv"), path("data/d.csv")));
        const QJsonObject after = in(".", {"show", "last", "--json"}).lines().first();
        for (const char* key : {"state", "steps", "experiment", "data_read", "epochs"})
            QCOMPARE(after[key], before[key]);
        QCOMPARE(after["events"].toArray().size(), before["events"].toArray().size() + 1);
        QVERIFY(after["events"].toArray().last().toObject()["text"].toString().startsWith("not resumed: "));
        QCOMPARE(in(".", {"list", "--json"}).lines().size(), 1);

        const Outcome accepted = in("data", {"run", "--resume", "last", "--accept-changed-data", "--json"});
        QVERIFY2(accepted.code == 0, qPrintable(accepted.err));
        QVERIFY2(accepted.err.contains("The data have changed, which was accepted"),
                 qPrintable(accepted.err));
        QVERIFY(
            in(".", {"show", "last", "--json"}).out.contains("The data have changed, which was accepted"));
        // From now on these are the run's data.
        const Outcome prolonged = in("data", {"run", "--resume", "last", "--set", "budget.epochs=4"});
        QVERIFY2(prolonged.code == 0 && !prolonged.err.contains("data have changed"),
                 qPrintable(prolonged.err));
    }

    void studyReadsTheSameDataOnly() {
        writeTable("studied", 200);
        const QByteArray experiment =
            QByteArray(tiny)
                .replace("\"source\": \"synthetic-classification\", \"examples\": 400, "
                         "\"features\": 6, \"classes\": 3",
                         "\"source\": \"csv\", \"path\": \"studied/d.csv\", \"task\": "
                         "\"classification\"")
                .replace("\"out\": 3", "\"out\": 2");
        write("studied.json", experiment);
        write("same-study.json",
              R"({"schema": 1, "name": "same", "experiment": "studied.json", "methods": [
                  {"name": "Fixed", "set": {"tuner.type": "fixed"}}, {"name": "STN", "set": {"tuner.type": "stn"}}],
                  "seeds": [0], "budget": {"gradients": 40}})");
        const QStringList archive{"--archive", "same-study.sqlite"};
        const Outcome first = dstn(QStringList{"study", "same-study.json"} + archive);
        QVERIFY2(first.code == 0, qPrintable(first.err));
        writeTable("studied", 230);
        const Outcome refused = dstn(QStringList{"study", "same-study.json", "--seeds", "0-1"} + archive);
        QCOMPARE(refused.code, 3);
        QVERIFY2(refused.err.contains("the data have changed since the run read them"),
                 qPrintable(refused.err));
        const Outcome accepted = dstn(
            QStringList{"study", "same-study.json", "--seeds", "0-1", "--accept-changed-data"} + archive);
        QVERIFY2(accepted.code == 0, qPrintable(accepted.err));
        QVERIFY2(accepted.err.contains("which was accepted"), qPrintable(accepted.err));
    }

    void completedRunIsNotResumed() {
        QCOMPARE(dstn({"run", "tiny.json", "--archive", "i.sqlite"}).code, 0);
        const Outcome again = dstn({"run", "--resume", "last", "--archive", "i.sqlite"});
        QCOMPARE(again.code, 2);
        QVERIFY2(again.err.contains("has completed its 3 epochs"), qPrintable(again.err));
        QCOMPARE(dstn({"run", "--resume", "last", "--archive", "i.sqlite", "--set", "budget.epochs=4"}).code,
                 0);
    }

    void killedRunReadsAsInterrupted() {
        QProcess process;
        startLongRun(process, "j.sqlite");
        QCOMPARE(dstn({"list", "--archive", "j.sqlite", "--json"}).lines().first()["state"].toString(),
                 QString("running"));
        QCOMPARE(dstn({"run", "--resume", "last", "--archive", "j.sqlite"}).code, 2); // it runs
        process.kill();
        QVERIFY(process.waitForFinished(dstn::test::patience));
        const QJsonObject run = dstn({"list", "--archive", "j.sqlite", "--json"}).lines().first();
        QCOMPARE(run["state"].toString(), QString("interrupted"));
        QVERIFY(run["resumable"].toBool()); // by the checkpoint of its last epoch
        const Outcome resumed = dstn({"run", "--resume", "last", "--archive", "j.sqlite", "--max-steps",
                                      QString::number(run["steps"].toInt() + 20)});
        QVERIFY2(resumed.code == 0, qPrintable(resumed.err));
    }

    void runThatIsToOutliveItsTerminalDoes() {
        QProcess process;
        prepare(process, {"run", "tiny.json", "--set", "budget.epochs=1000000", "--archive", "nohup.sqlite",
                          "--json"});
        process.setChildProcessModifier([] { ::signal(SIGHUP, SIG_IGN); });
        process.start();
        QByteArray heard;
        QTRY_VERIFY((process.waitForReadyRead(50), heard += process.readAllStandardOutput(),
                     heard.contains("epoch")));
        ::kill(static_cast<pid_t>(process.processId()), SIGHUP);
        QVERIFY(!process.waitForFinished(1000));
        ::kill(static_cast<pid_t>(process.processId()), SIGTERM);
        QVERIFY(process.waitForFinished(dstn::test::patience));
        QCOMPARE(process.exitCode(), 130);
    }

    void damageIsTheDoctorsFive() {
        QCOMPARE(dstn({"run", "tiny.json", "--archive", "ill.sqlite"}).code, 0);
        QCOMPARE(dstn({"doctor", "--archive", "ill.sqlite"}).code, 0);
        SQLite::Database(path("ill.sqlite").toStdString(), SQLite::OPEN_READWRITE)
            .exec("UPDATE checkpoint_parts SET bytes = zeroblob(length(bytes)) WHERE part = (SELECT "
                  "max(part) FROM "
                  "checkpoint_parts)");
        const Outcome ill = dstn({"doctor", "--archive", "ill.sqlite"});
        QCOMPARE(ill.code, 5);
        QVERIFY2(ill.out.contains("at step 18 is damaged"), qPrintable(ill.out));
        // The one before it is used.
        const Outcome prolonged =
            dstn({"run", "--resume", "last", "--archive", "ill.sqlite", "--set", "budget.epochs=4"});
        QVERIFY2(prolonged.code == 0 && prolonged.err.contains("The one before it, at step 1"),
                 qPrintable(prolonged.err));
    }

    void runsAreListedShownComparedAndExported() {
        QCOMPARE(dstn({"run", "tiny.json", "--archive", "k.sqlite", "--set", "name=one"}).code, 0);
        QCOMPARE(dstn({"run", "tiny.json", "--archive", "k.sqlite", "--set", "name=two", "--seed", "4"}).code,
                 0);
        const Outcome list = dstn({"list", "--archive", "k.sqlite"});
        QCOMPARE(list.out.count('\n'), 3);
        QVERIFY(list.out.indexOf("two") < list.out.indexOf("one"));
        QCOMPARE(dstn({"list", "--archive", "k.sqlite", "--filter", "name=one state=completed", "--json"})
                     .lines()
                     .size(),
                 1);
        const Outcome compared = dstn({"compare", "one", "two", "--archive", "k.sqlite"});
        QVERIFY2(compared.out.contains(QRegularExpression("seed +3 +4\n")), qPrintable(compared.out));
        QVERIFY(!compared.out.contains("budget"));
        QCOMPARE(dstn({"show", "three", "--archive", "k.sqlite"}).code, 2);

        QCOMPARE(dstn({"export", "one", "--format", "csv", "--out", "one.csv", "--archive", "k.sqlite"}).code,
                 0);
        QFile csv(path("one.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QVERIFY(csv.readLine().startsWith("step,epoch,seconds,train/loss,"));
        QCOMPARE(
            dstn({"export", "one", "--format", "json", "--out", "one.csv", "--archive", "k.sqlite"}).code, 2);
        QCOMPARE(dstn({"export", "one", "--format", "json", "--out", "one.csv", "--force", "--archive",
                       "k.sqlite"})
                     .code,
                 0);
        csv.close();
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(QJsonDocument::fromJson(csv.readAll()).object()["run"].toObject()["name"].toString(),
                 QString("one"));
        QCOMPARE(
            dstn({"export", "one", "--format", "csv", "--out", "no/such.csv", "--archive", "k.sqlite"}).code,
            5);
    }

    void presetsAreListedAndPrinted() {
        QVERIFY(dstn({"presets"}).out.contains("fashion-mnist-cnn"));
        const Outcome preset = dstn({"presets", "ridge"});
        QVERIFY(QJsonDocument::fromJson(preset.out.toUtf8()).object().contains("model"));
        QVERIFY(QJsonDocument::fromJson(dstn({"schema"}).out.toUtf8()).object().contains("$schema"));
    }

    void doctorLooksAtBrokenThingsToo() {
        write("broken.sqlite", "milk");
        const Outcome doctor = dstn({"doctor", "--archive", "broken.sqlite"});
        QCOMPARE(doctor.code, 5);
        for (const char* part : {"LibTorch", "BLAS", "device cpu", "Fashion-MNIST", "is not a SQLite file"})
            QVERIFY2(doctor.out.contains(part), qPrintable(doctor.out));
    }

    void benchReportsWhatItPromises() {
        const Outcome bench = dstn({"bench", "--preset", "tiny.json", "--repetitions", "3", "--json"});
        QVERIFY2(bench.code == 0, qPrintable(bench.err));
        const QJsonObject report = bench.lines().first();
        for (const char* key : {"plain_step_ms", "train_step_ms", "validation_step_ms", "average_step_ms",
                                "stock_step_ms", "step_ratio", "stock_step_ratio", "shared_step_ratio",
                                "hyperparameter_ratio", "threads", "batch"})
            QVERIFY2(report[key].toDouble() > 0, key);
        QVERIFY(!report["torch_version"].toString().isEmpty());
        QVERIFY(report["data_at_hand"].toBool());
        QCOMPARE(report["repetitions"].toInt(), 3);
    }

    /// A wide layer: W, its gradient and its momentum, and as much again for R; besides, next to nothing.
    void benchCountsTheMemoryOfTensors() {
        write("wide.json", R"({"schema": 1, "data": {"source": "synthetic-regression", "features": 1000},
            "model": {"parts": [{"type": "dropout", "rate": "rate"}, {"type": "linear", "out": 1000},
                                {"type": "linear", "out": 1}]},
            "hyperparameters": [{"name": "rate", "initial": 0.1, "min": 0, "max": 0.9}],
            "batch": {"train": 8, "validation": 8}})");
        const Outcome bench = dstn({"bench", "--preset", "wide.json", "--repetitions", "1", "--json"});
        QVERIFY2(bench.code == 0, qPrintable(bench.err));
        const QJsonObject report = bench.lines().first();
        const double weights = 4e6;
        QVERIFY(report["plain_bytes"].toDouble() >= 3 * weights);
        QVERIFY(report["plain_bytes"].toDouble() < 3.5 * weights);
        // Both momenta, both weights, and the gradient of one at a time.
        QVERIFY(report["tuned_bytes"].toDouble() >= 5 * weights);
        QVERIFY(report["tuned_bytes"].toDouble() < 6.5 * weights);
        QCOMPARE(report["memory_ratio"].toDouble(),
                 report["tuned_bytes"].toDouble() / report["plain_bytes"].toDouble());
    }

    void benchStopsRepeatingWhenTimeIsUp() {
        const Outcome bench = dstn(
            {"bench", "--preset", "tiny.json", "--repetitions", "1000000", "--seconds", "0.001", "--json"});
        QCOMPARE(bench.code, 0);
        QCOMPARE(bench.lines().first()["repetitions"].toInt(), 3);
    }

    void benchOfTunersReportsEachOfThem() {
        const Outcome bench =
            dstn({"bench", "--tuners", "--preset", "decay.json", "--repetitions", "3", "--json"});
        QVERIFY2(bench.code == 0, qPrintable(bench.err));
        const QJsonObject report = bench.lines().first();
        for (const char* key : {"plain_step_ms", "gradient_ms", "stn_over_delta_stn", "bayesian_proposal_ms"})
            QVERIFY2(report[key].toDouble() > 0, key);
        QStringList names;
        for (const QJsonValue& each : report["tuners"].toArray()) {
            const QJsonObject tuner = each.toObject();
            names.append(tuner["tuner"].toString());
            for (const char* key : {"train_step_ms", "validation_step_ms", "train_ratio", "validation_ratio",
                                    "validation_gradients", "counted_train", "counted_validation"})
                QVERIFY2(tuner[key].toDouble() > 0, qPrintable(names.last() + " " + key));
        }
        for (const char* name : {"delta-stn", "stn", "hypernetwork", "implicit, Neumann series of 5",
                                 "unrolled, reverse", "unrolled, forward"})
            QVERIFY2(names.contains(name), name);
        const QJsonObject search = report["random_search"].toObject();
        QCOMPARE(search["trials"].toInt(), 4);
        QCOMPARE(search["repetitions"].toInt(), 3);
        for (const char* key : {"seconds", "plain_trainings_seconds", "over_plain_trainings"})
            QVERIFY2(search[key].toDouble() > 0, key);
        // Unrolling knows no adam, and says so.
        const Outcome text = dstn({"bench", "--tuners", "--preset", "adam.json", "--repetitions", "1"});
        QVERIFY2(text.code == 0, qPrintable(text.err));
        QVERIFY2(text.out.contains("unrolled, reverse: optimizers.general.type: expected \"sgd\""),
                 qPrintable(text.out));
    }

    void hypergradientsAreComparedAtARunsCheckpoint() {
        const Outcome run = dstn({"run", "decay.json", "--archive", "h.sqlite"});
        QVERIFY2(run.code == 0, qPrintable(run.err));
        const QStringList command{"hypergradients", "last", "--archive",         "h.sqlite",
                                  "--fit-steps",    "20",   "--reference-steps", "15"};
        const Outcome comparison = dstn(command + QStringList{"--json"});
        QVERIFY2(comparison.code == 0, qPrintable(comparison.err));
        const QJsonObject report = comparison.lines().first();
        QCOMPARE(report["step"].toInt(), 18);
        QVERIFY(report["at"].toObject()["decay"].toDouble() > 0);
        QStringList names;
        const QJsonArray methods = report["methods"].toArray();
        for (const QJsonValue& each : methods) {
            const QJsonObject method = each.toObject();
            names.append(method["method"].toString());
            const QJsonObject values = method["hypergradient"].toObject();
            QVERIFY2(values["decay"].isDouble(), qPrintable(names.last()));
            const bool responds = names.size() <= 3;
            QVERIFY2(values["dropout"].isDouble() == responds, qPrintable(names.last()));
            QCOMPARE(method["cosines"].toArray().size(), methods.size());
            QVERIFY(method["gradients"].toDouble() > 0);
        }
        QCOMPARE(names, (QStringList{"delta-stn", "stn", "hypernetwork", "implicit-cg", "implicit-neumann",
                                     "t1-t2", "unrolled", "reference"}));
        QCOMPARE(methods[0].toObject()["steps"].toInt(), 0); // the run's own method
        QCOMPARE(methods[1].toObject()["steps"].toInt(), 20);
        QCOMPARE(methods[7].toObject()["steps"].toInt(), 15);
        const Outcome text = dstn(command);
        QVERIFY2(text.code == 0, qPrintable(text.err));
        for (const char* part :
             {"after 18 steps", "implicit-cg", "to reference", "no derivative with respect to dropout"})
            QVERIFY2(text.out.contains(part), qPrintable(text.out));
    }

    void benchGoesWithoutDataWhoseFormIsKnown() {
        const QByteArray experiment = R"({"schema": 1, "data": {"source": "SOURCE", "path": "nowhere"},
            "model": {"parts": [{"type": "flatten"}, {"type": "linear", "out": 10}]},
            "tuner": {"type": "fixed"}})";
        write("known.json", QByteArray(experiment).replace("SOURCE", "fashion-mnist"));
        write("unknown.json", QByteArray(experiment).replace("SOURCE", "idx"));
        const Outcome known = dstn({"bench", "--preset", "known.json", "--repetitions", "1", "--json"});
        QVERIFY2(known.code == 0, qPrintable(known.err));
        QVERIFY2(known.err.contains("known.json: the data are not available"), qPrintable(known.err));
        QVERIFY(!known.lines().first()["data_at_hand"].toBool(true));
        // Nothing is tuned here.
        QVERIFY(known.lines().first()["hyperparameter_ratio"].isNull());
        QCOMPARE(dstn({"bench", "--preset", "unknown.json", "--repetitions", "1"}).code, 3);
    }
};

DSTN_TEST_IN(QCoreApplication, DstnTest)
#include "tst_dstn.moc"
