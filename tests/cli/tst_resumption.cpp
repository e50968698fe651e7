#include "tests/program.h"

#include <QCoreApplication>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct Ended {
    int code = -1;
    QString out, err;
    QJsonObject object() const {
        return QJsonDocument::fromJson(out.section('\n', -2, -2).toUtf8()).object();
    }
};

const char* const overTable = R"({
  "schema": 1, "name": "table",
  "data": {"source": "csv", "path": "d.csv", "task": "classification", "validation": 0.25, "split": "random"},
  "model": {"parts": [{"type": "dropout", "rate": "dropout"}, {"type": "linear", "out": 2}]},
  "hyperparameters": [{"name": "dropout", "initial": 0.05, "min": 0, "max": 0.95}],
  "tuner": {"type": "delta-stn", "warmup_epochs": 1},
  "batch": {"train": 50, "validation": 50},
  "budget": {"epochs": 2}, "device": "cpu", "threads": 1
})";

} // namespace

/// What may change about a run that goes on, and what is kept of it.
class ResumptionTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;

    QString path(const QString& name) const { return folder_->filePath(name); }
    void put(const QString& name, const QByteArray& content) const {
        QVERIFY(QDir().mkpath(QFileInfo(path(name)).path()));
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    void putTable(const QString& name, int rows) const {
        QByteArray text("a,b,class\n");
        for (int i = 0; i < rows; ++i)
            text += QString("%1.5,%2.25,%3\n")
                        .arg(i % 17)
                        .arg(i * 7 % 23)
                        .arg(i % 3 == 0 ? "no" : "yes")
                        .toUtf8();
        put(name, text);
    }
    Ended dstn(QStringList arguments, const QString& folder = ".", const QByteArray& input = {}) const {
        if (arguments.first() != "validate") arguments << "--archive" << path("runs.sqlite");
        QProcess process;
        process.setWorkingDirectory(path(folder));
        process.start(QStringLiteral(DSTN_BIN_DIR "/dstn"), arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(120000)) process.kill();
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    QJsonObject shown() const { return dstn({"show", "last", "--json"}).object(); }
    Ended resumed(const QStringList& settings) const {
        QStringList arguments{"run", "--resume", "last"};
        for (const QString& setting : settings) arguments << "--set" << setting;
        return dstn(arguments);
    }

  private slots:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        put("e.json", overTable);
        putTable("d.csv", 200);
    }

    /// What makes no other run of it is amended; the experiment stays as it was begun with.
    void changesStandBesideTheExperiment() {
        QCOMPARE(dstn({"run", "e.json"}).code, 0);
        const QJsonObject before = shown();
        QVERIFY(before["original_experiment"].isNull());
        const Ended longer = resumed({"budget.epochs=4", "optimizers.general.lr=0.5", "name=renamed",
                                      "optimizers.general.schedule={\"type\": \"cosine\"}"});
        QVERIFY2(longer.code == 0, qPrintable(longer.err));
        const QJsonObject after = shown();
        QCOMPARE(after["name"].toString(), QString("renamed"));
        QCOMPARE(after["original_experiment"], before["experiment"]);
        QCOMPARE(after["experiment"]["budget"]["epochs"].toInt(), 4);
        QStringList paths;
        for (const QJsonValue& each : after["amendments"].toArray()) {
            paths << each["path"].toString();
            QCOMPARE(each["step"].toInt(), 6); // 150 training examples, batches of 50, two epochs
        }
        for (const char* path :
             {"budget.epochs", "optimizers.general.lr", "name", "optimizers.general.schedule.type"})
            QVERIFY2(paths.contains(path), path);
        const QString text = dstn({"show", "last"}).out;
        QVERIFY2(text.contains("CHANGED ON RESUMING") && text.contains("optimizers.general.lr"),
                 qPrintable(text));
        // The next one goes on from what is in force.
        QCOMPARE(resumed({"budget.epochs=5"}).code, 0);
        const QJsonObject last = shown();
        QCOMPARE(last["experiment"]["optimizers"]["general"]["lr"].toDouble(), 0.5);
        QCOMPARE(last["original_experiment"], before["experiment"]);
    }

    void whatWouldBeAnotherRunIsRefusedWithTheWayThere() {
        QCOMPARE(dstn({"run", "e.json"}).code, 0);
        const QJsonObject before = shown();
        for (const char* setting :
             {"batch.train=8", "seed=9", "data.validation=0.4", "data.test=0.1", "data.limit=100",
              "data.split=tail", "data.normalize=none", "regularization.weight_decay=0.1",
              "model.parts[1].bias=false", "tuner.type=stn", "tuner.train_steps=2", "precision=bfloat16",
              "optimizers.general.momentum=0.5", "hyperparameters.dropout.initial=0.2"}) {
            const Ended refused = resumed({"budget.epochs=3", setting});
            QVERIFY2(refused.code == 2, setting);
            QVERIFY2(refused.err.contains("under which it would be another run") &&
                         refused.err.contains("--experiment | dstn run - --set"),
                     qPrintable(refused.err));
        }
        QCOMPARE(shown(), before);
        // The way that it names.
        const Ended experiment = dstn({"show", "last", "--experiment"});
        QCOMPARE(experiment.code, 0);
        const Ended other = dstn({"run", "-", "--set", "seed=9", "--json"}, ".", experiment.out.toUtf8());
        QVERIFY2(other.code == 0, qPrintable(other.err));
        const QJsonObject begun = shown();
        QCOMPARE(begun["experiment"]["seed"].toInt(), 9);
        QVERIFY(begun["id"] != before["id"]);
    }

    /// Epochs of longer data begin where the earlier ones ended, and take nothing from them.
    void acceptedDataLeaveTheEarlierEpochsAlone() {
        QCOMPARE(dstn({"run", "e.json"}).code, 0);
        const QJsonArray before = shown()["epochs"].toArray();
        QCOMPARE(before.size(), 3);
        putTable("d.csv", 600);
        const Ended refused = resumed({"budget.epochs=4"});
        QCOMPARE(refused.code, 3);
        const Ended accepted =
            dstn({"run", "--resume", "last", "--set", "budget.epochs=4", "--accept-changed-data"});
        QVERIFY2(accepted.code == 0, qPrintable(accepted.err));
        const QJsonArray after = shown()["epochs"].toArray();
        QCOMPARE(after.size(), 5);
        for (int i = 0; i < 3; ++i) QCOMPARE(after[i], before[i]);
        QCOMPARE(after[3]["epoch"].toInt(), 3);
        QCOMPARE(after[3]["step"].toInt(), 6 + 9); // 450 training examples
        QCOMPARE(after[4]["step"].toInt(), 6 + 18);
        const Ended complete = resumed({});
        QVERIFY2(complete.code == 2 && complete.err.contains("has completed its 4 epochs"),
                 qPrintable(complete.err));
    }

    void relativePathThatLeadsNowhereSaysWhereItLed() {
        put("a/e.json", overTable);
        QVERIFY(QDir(folder_->path()).mkpath("c"));
        // Nothing anywhere.
        const Ended nowhere = dstn({"run", path("a/e.json")}, "c");
        QCOMPARE(nowhere.code, 3);
        QVERIFY2(nowhere.err.contains(path("c/d.csv") + " does not exist"), qPrintable(nowhere.err));
        QVERIFY(nowhere.err.contains("counts from the folder in which the program runs"));
        // Beside the experiment.
        putTable("a/d.csv", 200);
        for (const char* command : {"run", "validate"}) {
            const Ended beside = dstn({command, path("a/e.json")}, "c");
            QCOMPARE(beside.code, 3);
            QVERIFY2(beside.err.contains("there is nothing at " + path("c/d.csv")) &&
                         beside.err.contains("There, " + path("a/d.csv") + " exists"),
                     qPrintable(beside.err));
        }
        QCOMPARE(dstn({"validate", "e.json"}, "a").code, 0);
    }

    void studyGoesOnFromAnotherFolder() {
        put("s.json", R"({"schema": 1, "name": "s", "experiment": "e.json", "methods": [
            {"name": "Fixed", "set": {"tuner.type": "fixed"}}], "seeds": [0], "budget": {"epochs": 2}})");
        const Ended first = dstn({"study", "s.json"});
        QVERIFY2(first.code == 0, qPrintable(first.err));
        QVERIFY(QDir(folder_->path()).mkpath("c"));
        const Ended more = dstn({"study", "--resume", "last", "--seeds", "0-1"}, "c");
        QVERIFY2(more.code == 0, qPrintable(more.err));
        QCOMPARE(dstn({"list", "--json"}).out.count("\"state\":\"completed\""), 2);
    }
};

DSTN_TEST(ResumptionTest)
#include "tst_resumption.moc"
