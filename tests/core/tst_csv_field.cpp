#include "core/csv_field.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

class TestCsvField : public QObject {
    Q_OBJECT

  private slots:
    void fieldIsQuotedWhereItMustBe() {
        QCOMPARE(csvField("plain text"), std::string("plain text"));
        QCOMPARE(csvField(""), std::string());
        QCOMPARE(csvField("a,b"), std::string("\"a,b\""));
        QCOMPARE(csvField("a;b"), std::string("\"a;b\"")); // where a comma is the decimal point
        QCOMPARE(csvField("say \"so\""), std::string("\"say \"\"so\"\"\""));
        QCOMPARE(csvField("two\nlines"), std::string("\"two\nlines\""));
    }

    void noFieldIsAFormula_data() {
        QTest::addColumn<std::string>("text");
        QTest::addColumn<std::string>("field");
        const auto row = [](const char* text, const char* field) {
            QTest::addRow("%s", text) << std::string(text) << std::string(field);
        };
        row("=cmd|'/c calc'!A0", "'=cmd|'/c calc'!A0");
        row("=1+1", "'=1+1");
        row("+study", "'+study");
        row("-study", "'-study");
        row("@SUM(A1)", "'@SUM(A1)");
        row("\t=1", "\"'\t=1\"");
        row("\r=1", "\"'\r=1\"");
        row("  =1+1", "'  =1+1");
        row("＝1+1", "'＝1+1");
        row("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
        row("-1+cmd", "'-1+cmd");
        row("+-1", "'+-1");
        // Numbers, and a sign alone, compute nothing.
        row("-1.5e-3", "-1.5e-3");
        row("+0.25", "+0.25");
        row("-inf", "-inf");
        row("-", "-");
        row("a=b", "a=b");
        row("Δ-STN", "Δ-STN");
    }

    void noFieldIsAFormula() {
        QFETCH(const std::string, text);
        QFETCH(const std::string, field);
        QCOMPARE(csvField(text), field);
    }

    void whatSteersADisplayIsEscaped() {
        QCOMPARE(csvField("a\x1b[31mb"), std::string("a\\x1b[31mb"));
        QCOMPARE(csvField("a\u202Eb"), std::string("a\\u202eb"));
        QCOMPARE(csvField("caf\xE9"), std::string("caf\\xe9"));
    }
};

DSTN_TEST(TestCsvField)
#include "tst_csv_field.moc"
