#include "core/archive/run_filter.h"
#include "tests/program.h"

#include <QDateTime>
#include <QTest>

using namespace dstn;

namespace {

bool matches(const std::string& expression, const QDateTime& created) {
    RunRow row;
    row.created = created.toUTC().toString("yyyy-MM-ddTHH:mm:ssZ").toStdString();
    return RunFilter(expression).matches(row);
}

QString refusal(const std::string& expression) {
    try {
        RunFilter filter(expression);
    } catch (const Error& error) {
        return error.kind() == ErrorKind::usage ? error.what() : "another kind";
    }
    return {};
}

} // namespace

/// Dates; the rest of the filter's language is tested with the command line.
class TestRunFilter : public QObject {
    Q_OBJECT

  private slots:
    void aDateStandsForItsBeginningAndEqualsAllOfIt() {
        const QDateTime noon(QDate(2024, 5, 1), QTime(12, 0), Qt::UTC);
        for (const char* met :
             {"created>=2024-05-01", "created>2024-05-01", "created<2024-05-02", "created=2024-05-01",
              "created=2024", "created=2024-05", "created!=2024-06", "created>2024-05-01T11",
              "created>2024-05-01T11:30", "created=2024-05-01T12:00:00Z", "created<\"2024-05-01 12:30\"",
              "created~05-01T"})
            QVERIFY2(matches(met, noon), met);
        for (const char* missed : {"created<2024-05-01", "created>2024-05-01T12:30", "created=2023",
                                   "created=2024-05-02", "created!=2024-05-01"})
            QVERIFY2(!matches(missed, noon), missed);
    }

    void datesMayBeRelative() {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const QDateTime morning(now.date(), QTime(0, 0), Qt::UTC);
        QVERIFY(matches("created>-7d", now.addDays(-6)));
        QVERIFY(!matches("created>-7d", now.addDays(-8)));
        QVERIFY(matches("created<-2w", now.addDays(-15)));
        QVERIFY(!matches("created<-2w", now.addDays(-13)));
        QVERIFY(matches("created>-12h", now.addSecs(-11 * 3600)));
        QVERIFY(!matches("created>-12h", now.addSecs(-13 * 3600)));
        QVERIFY(matches("created>yesterday", morning.addSecs(-3600)));
        QVERIFY(!matches("created>yesterday", morning.addSecs(-25 * 3600)));
        QVERIFY(matches("created<yesterday", morning.addSecs(-25 * 3600)));
        QVERIFY(matches("created=yesterday", morning.addSecs(-1)));
        QVERIFY(matches("created=today", morning.addSecs(1)) || QDate::currentDate() != now.date());
    }

    void whatIsNoDateIsRefusedWithItsPlace_data() {
        QTest::addColumn<std::string>("value");
        for (const char* value : {"yesterdy", "2024-5-1", "05/01/2024", "2024-13", "2024-00-10", "2024-05-32",
                                  "-7", "-7m", "7d", "-d", "-99999d", "24", "2024-05-01T25", "1714564800"})
            QTest::newRow(value) << std::string(value);
    }

    void whatIsNoDateIsRefusedWithItsPlace() {
        QFETCH(const std::string, value);
        const QString told = refusal("state=completed created>" + value + " tag=x");
        const QString place = "\"created>" + QString::fromStdString(value) + "\" compares with";
        QVERIFY2(told.startsWith(place) && told.contains("2024-05-01, 2024-05"), qPrintable(told));
    }
};

DSTN_TEST(TestRunFilter)
#include "tst_run_filter.moc"
