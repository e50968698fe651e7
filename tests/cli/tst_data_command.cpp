#include "tests/program.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct DataOutcome {
    int code = -1;
    QString out, err;
    QJsonObject json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }
};

} // namespace

/// `dstn data` as a shell starts it.
class TestDataCommand : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    QString write(const QString& name, const QByteArray& text) const {
        QFile file(folder_.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) return {};
        return file.fileName();
    }
    static DataOutcome data(const QStringList& arguments) {
        QProcess process;
        process.start(QString(DSTN_BIN_DIR) + "/dstn", QStringList{"data"} + arguments);
        if (!process.waitForFinished(dstn::test::patience)) return {};
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    /// Forty rows of an index, a number, and two classes.
    static QByteArray table() {
        QByteArray text = ",width,kind\n";
        for (int i = 0; i < 40; ++i)
            text += QByteArray::number(i) + "," + QByteArray::number(i) + ".25," +
                    (i % 4 == 0 ? "cat" : "dog") + "\n";
        return text;
    }

  private slots:
    void columnsClassesAndDecisionsAreShown() {
        const QString path = write("d.csv", table());
        const DataOutcome shown = data({path});
        QCOMPARE(shown.code, 0);
        QCOMPARE(shown.err, QString());
        for (const char* part :
             {"source csv, as its name ends in .csv", "40 rows, separated by comma, with a header", "index",
              "width", "First rows", "Training 34, validation 6, test 0 examples", "cat", "dog",
              "it is an index", "as it holds text"})
            QVERIFY2(shown.out.contains(part), qPrintable(shown.out));
    }

    void jsonHoldsTheSame() {
        const QJsonObject json = data({write("d.csv", table()), "--json"}).json();
        QCOMPARE(json["source"].toString(), QString("csv"));
        QVERIFY(json["problem"].isNull());
        const QJsonArray columns = json["table"].toObject()["columns"].toArray();
        QCOMPARE(columns.size(), 3);
        QCOMPARE(columns[0].toObject()["role"].toString(), QString("index"));
        QCOMPARE(columns[1].toObject()["most"].toDouble(), 39.25);
        QCOMPARE(json["classes"].toArray(), (QJsonArray{"cat", "dog"}));
        const QJsonObject counts = json["examples_of_class"].toObject();
        int cats = 0;
        for (const char* part : {"train", "validation"}) cats += counts[part].toArray()[0].toInt();
        QCOMPARE(cats, 10);
    }

    void fileThatIsRefusedIsShownAsFarAsItIsUnderstood() {
        const QString path =
            write("d.csv", "a,price,y\n1.5,\"1,234\",0\n" + QByteArray("2.5,2,1\n1.5,3,0\n").repeated(10));
        const DataOutcome shown = data({path});
        QCOMPARE(shown.code, 3);
        QVERIFY2(shown.out.contains("price"), qPrintable(shown.out));
        QVERIFY2(shown.err.contains("line 2, column \"price\": \"1,234\"") &&
                     shown.err.contains("data.thousands"),
                 qPrintable(shown.err));
        QVERIFY(data({path, "--json"}).json()["problem"].toString().contains("data.thousands"));
        QCOMPARE(data({path, "--set", "data.thousands=\",\""}).code, 0);
    }

    void allOfTheDataAreReadAsARunDoes() {
        QByteArray text = "a,y\n";
        for (int i = 0; i < 40; ++i)
            text += QByteArray::number(i) + "e300," + QByteArray::number(i % 2) + "\n";
        const QString path = write("far.csv", text);
        QCOMPARE(data({path, "--headers"}).code, 0);
        const DataOutcome whole = data({path});
        QCOMPARE(whole.code, 3);
        QVERIFY2(whole.err.contains("far apart"), qPrintable(whole.err));
        QVERIFY(whole.out.contains("40 rows"));
    }

    void sourceThatIsNotClearIsAsked() {
        const QString path = write("d.txt", "a b y\n" + QByteArray("1 2.5 0\n2 3.5 1\n").repeated(10));
        const DataOutcome asked = data({path});
        QCOMPARE(asked.code, 3);
        QVERIFY2(asked.err.contains("--source"), qPrintable(asked.err));
        QCOMPARE(data({path, "--source", "csv"}).code, 0);
        QCOMPARE(data({path, "--source", "sheet"}).code, 2);
        QCOMPARE(data({folder_.filePath("none.csv")}).code, 3);
        QCOMPARE(data({path, "--source", "csv", "--set", "data.colour=red"}).code, 2);
    }
};

DSTN_TEST(TestDataCommand)
#include "tst_data_command.moc"
