#include "tests/program.h"

#include "tests/core/study/sample_study.h"
#include <QCoreApplication>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace dstn;

namespace {

struct Outcome {
    int code = -1;
    QString out, err;
    QList<QJsonObject> lines() const {
        QList<QJsonObject> objects;
        for (const QString& line : out.split(u'\n', Qt::SkipEmptyParts))
            objects << QJsonDocument::fromJson(line.toUtf8()).object();
        return objects;
    }
};

} // namespace

/// Studies through the real program, training a small linear model.
class StudyCommandTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;

    QString path(const QString& name) const { return folder_->filePath(name); }
    QString put(const QString& name, const std::string& content) const {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write");
        file.write(QByteArray::fromStdString(content));
        return path(name);
    }
    Outcome dstn(QStringList arguments, bool archived = true) const {
        if (archived) arguments << "--archive" << path("runs.sqlite");
        QProcess process;
        process.start(QStringLiteral(DSTN_BIN_DIR "/dstn"), arguments);
        if (!process.waitForFinished(120000)) process.kill();
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void studyIsRunListedShownAndExtended() {
        const QString file =
            put("study.json", toJson(sampleStudy({"delta-stn", "fixed", "random", "bayesian"}, 8, {0, 1})));
        const Outcome run = dstn({"study", file, "--json", "--set", "tuner.start_trials=2", "--set",
                                  "tuner.type=delta-stn", "--quiet"});
        // An option that only one of the methods has is no option of the others.
        QCOMPARE(run.code, 2);
        QVERIFY2(run.err.contains("tuner.start_trials"), qPrintable(run.err));

        Study study = sampleStudy({"delta-stn", "fixed", "random"}, 8, {0, 1});
        put("study.json", toJson(study));
        const Outcome first = dstn({"study", file, "--json"});
        QVERIFY2(first.code == 0, qPrintable(first.err));
        const QList<QJsonObject> lines = first.lines();
        QCOMPARE(lines.size(), 9); // two seeds of two trainings and two trials, and the end
        QCOMPARE(lines.last()["state"].toString(), QStringLiteral("completed"));
        QCOMPARE(lines.last()["results"].toObject()["methods"].toArray().size(), 3);
        double spent = 0;
        for (const QJsonObject& line : lines)
            if (line["event"] == "run" && line["method"] == 2 && line["seed"] == 1)
                spent += line["steps"].toDouble();
        QCOMPARE(spent, 80.0);

        const Outcome list = dstn({"study", "--list"});
        QVERIFY2(list.out.contains("completed") && list.out.contains("sample study"), qPrintable(list.out));
        const Outcome again = dstn({"study", file, "--json", "--quiet"});
        QCOMPARE(again.lines().size(), 1); // nothing was left to do
        const Outcome more = dstn({"study", file, "--budget", "12", "--seeds", "0-2", "--json", "--quiet"});
        QVERIFY2(more.code == 0, qPrintable(more.err));
        QCOMPARE(more.lines().last()["runs"].toInt(), 2 * 3 + 2 + 3);

        for (const char* format : {"text", "markdown", "csv", "json", "study"}) {
            const Outcome shown = dstn({"study", "--show", "last", "--format", format});
            QVERIFY2(shown.code == 0 && !shown.out.isEmpty(), qPrintable(shown.err));
        }
        const Outcome table = dstn({"study", "--show", "sample study"});
        for (const char* method : {"delta-stn", "fixed", "random"}) QVERIFY(table.out.contains(method));
        QCOMPARE(dstn({"study", "--show", "last", "--format", "csv", "--out", path("a.csv")}).code, 0);
        QCOMPARE(dstn({"study", "--show", "last", "--format", "csv", "--out", path("a.csv")}).code,
                 2); // it exists
    }

    void changedStudyIsRefusedAndNothingIsLost() {
        const QString file = put("study.json", toJson(sampleStudy({"fixed"}, 2, {0})));
        QCOMPARE(dstn({"study", file, "--quiet"}).code, 0);
        const Outcome changed = dstn({"study", file, "--set", "model.parts[1].bias=false"});
        QCOMPARE(changed.code, 2);
        QVERIFY2(changed.err.contains("has runs of a different study"), qPrintable(changed.err));
        QVERIFY2(changed.err.contains("methods[0] (fixed): model.parts[1].bias was true, is now false"),
                 qPrintable(changed.err));
        QVERIFY(dstn({"study", "--show", "last"}).out.contains("fixed"));
        QCOMPARE(dstn({"study", file, "--set", "model.parts[1].bias=false", "--new", "--quiet"}).code, 0);
        QCOMPARE(dstn({"study", "--list", "--json"}).lines().size(), 2);
    }

    void interruptedStudyGoesOn() {
        const QString file = put("study.json", toJson(sampleStudy({"fixed", "random"}, 4000, {0})));
        QProcess process;
        process.start(QStringLiteral(DSTN_BIN_DIR "/dstn"),
                      {"study", file, "--set", "budget.epochs=2000", "--archive", path("runs.sqlite")});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY(dstn({"list", "--json"}).lines().size() > 0);
        kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(dstn::test::patience));
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(process.readAllStandardError().contains("resume with: dstn study --resume "));
        QCOMPARE(dstn({"study", "--list", "--json"}).lines()[0]["state"].toString(),
                 QStringLiteral("interrupted"));
        const Outcome rest = dstn({"study", "--resume", "last", "--json"});
        QVERIFY2(rest.code == 0, qPrintable(rest.err));
        QVERIFY2(rest.err.contains(": resumed"), qPrintable(rest.err));
        QCOMPARE(rest.lines().last()["state"].toString(), QStringLiteral("completed"));
    }

    void searchRunsAsAStudyOfTrials() {
        const QString file = put("sample.json", sampleExperiment);
        const Outcome run =
            dstn({"run", file, "--set", "tuner.type=random", "--set", "tuner.trials=3", "--json"});
        QVERIFY2(run.code == 0, qPrintable(run.err));
        QCOMPARE(run.lines().size(), 4);
        QCOMPARE(run.lines().last()["results"].toObject()["methods"].toArray().size(), 1);
        const Outcome bounded = dstn({"run", file, "--set", "tuner.type=grid", "--set", "tuner.points=2",
                                      "--max-steps", "50", "--json"});
        QVERIFY2(bounded.code == 0, qPrintable(bounded.err));
        double steps = 0;
        for (const QJsonObject& line : bounded.lines()) steps += line["steps"].toDouble();
        QCOMPARE(steps, 50.0);
    }

    void studyThatTurnsToNanSaysSo() {
        const QString file = put("study.json", toJson(sampleStudy({"fixed"}, 4, {0})));
        const Outcome run = dstn({"study", file, "--set", "optimizers.general.lr=1e30", "--set",
                                  "regularization.weight_decay=1e9"});
        QCOMPARE(run.code, 2); // decay is declared and now unused
        const Outcome diverged = dstn({"study", file, "--set", "optimizers.general.lr=1e30", "--json"});
        QCOMPARE(diverged.code, 1);
        QCOMPARE(diverged.lines()[0]["state"].toString(), QStringLiteral("failed"));
        QVERIFY2(diverged.err.contains("failed: At step"), qPrintable(diverged.err));
    }

    void nonsenseIsRefusedWithASentence_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("message");
        QTest::newRow("nothing") << QStringList{} << 2 << "Name a study file or a preset";
        QTest::newRow("no file") << QStringList{"none.json"} << 2
                                 << "There is no study file or study preset \"none.json\". The presets are ";
        QTest::newRow("seeds") << QStringList{"ridge", "--seeds", "3-1"} << 2 << "expected seeds such as 0-4";
        QTest::newRow("seeds text") << QStringList{"ridge", "--seeds", "a"} << 2
                                    << "expected seeds such as 0-4";
        QTest::newRow("budget") << QStringList{"ridge", "--budget", "-1"} << 2 << "--budget";
        QTest::newRow("budget too small")
            << QStringList{"ridge", "--budget", "10"} << 2 << "budget.epochs: expected at least";
        QTest::newRow("resume") << QStringList{"--resume", "x"} << 2 << "has no studies yet";
        QTest::newRow("resume and file")
            << QStringList{"ridge", "--resume", "x"} << 2 << "leave \"ridge\" out";
        QTest::newRow("format") << QStringList{"--show", "last", "--format", "xml"} << 2 << "--format";
        QTest::newRow("data") << QStringList{"cifar10", "--set", "data.path=/nowhere"} << 3 << "/nowhere";
    }
    void nonsenseIsRefusedWithASentence() {
        QFETCH(const QStringList, arguments);
        QFETCH(const int, code);
        QFETCH(const QString, message);
        dstn({"study", "--list"}); // no archive is no mistake
        const Outcome outcome = dstn(QStringList{"study"} + arguments);
        QVERIFY2(outcome.err.contains(message), qPrintable(outcome.err));
        QCOMPARE(outcome.code, code);
    }
};

DSTN_TEST_IN(QCoreApplication, StudyCommandTest)
#include "tst_study.moc"
