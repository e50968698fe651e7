#include "tests/program.h"

#include "core/number_text.h"

#include <algorithm>
#include <clocale>
#include <limits>

using namespace dstn;

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

} // namespace

class TestNumberText : public QObject {
    Q_OBJECT

  private slots:
    void eachFormHasOneRule_data();
    void eachFormHasOneRule();
    void numbersReadBack();
    void noLocaleChangesThem();
};

void TestNumberText::eachFormHasOneRule_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const std::string& shown, const char* expected) {
        QTest::newRow(name) << text(shown) << QString::fromUtf8(expected);
    };
    row("number", numberText(0.05), "0.05");
    row("whole number", numberText(4.0), "4");
    row("zero", numberText(-0.0), "0");
    row("small number", numberText(0.0001), "1e-4");
    row("small number without exponent", numberText(0.0015), "0.0015");
    row("smaller number", numberText(1e-5), "1e-5");
    row("round number", numberText(100000), "100000");
    row("large round number", numberText(1e9), "1e9");
    row("large number", numberText(1234567), "1234567");
    row("all digits", numberText(0.1 + 0.2), "0.30000000000000004");
    row("infinite number", numberText(-infinite), "-∞");

    row("value", valueText(0.43217), "0.4322");
    row("value, zeros kept", valueText(61.7), "61.70");
    row("value, one digit more after rounding", valueText(9.99996), "10.00");
    row("value, large", valueText(12345.6), "12346");
    row("value, whole", valueText(123456), "123456");
    row("value, huge", valueText(1234567), "1.235e6");
    row("value, huge after rounding", valueText(999999.7), "1.000e6");
    row("value, tiny", valueText(1.23456e-7), "1.235e-7");
    row("value, negative", valueText(-0.5), "-0.5000");
    row("value, none", valueText(notANumber), "NaN");
    row("value, infinite", valueText(infinite), "∞");
    row("difference up", signedText(0.0123), "+0.01230");
    row("difference down", signedText(-4), "-4");
    row("no difference", signedText(0.0), "0");

    row("percent", percentText(0.88134), "88.13 %");
    row("percent, none", percentText(notANumber), "NaN");

    row("mean", meanText(0.42134, 0.00213), "0.4213 ± 0.0021");
    row("mean with a large error", meanText(123.4, 56.7), "123 ± 57");
    row("mean of small numbers", meanText(3.2146e-5, 1.23e-6), "(3.21 ± 0.12)e-5");
    row("mean of large numbers", meanText(1234567, 89000), "(1.235 ± 0.089)e6");
    row("mean of one", meanText(0.42134, {}), "0.4213");
    row("mean of equals", meanText(10001.7, 0.0), "10002 ± 0");
    row("mean of nothing", meanText(notANumber, 0.1), "NaN");
    row("mean percent", meanPercentText(0.8813, 0.002), "88.13 ± 0.20 %");
    row("mean percent of one", meanPercentText(0.8813, {}), "88.13 %");

    row("probability", probabilityText(0.0412), "0.041");
    row("small probability", probabilityText(0.0004), "< 0.001");

    row("count", countText(1234567), "1,234,567");
    row("count of three digits", countText(-123), "-123");
    row("count of four digits", countText(-1234), "-1,234");
    row("quantity", quantityText(3.254), "3.25");
    row("whole quantity", quantityText(36), "36");
    row("large quantity", quantityText(1199.7), "1,200");
    row("huge quantity", quantityText(1e300), "1.000e300");
    row("quantity, none", quantityText(notANumber), "NaN");
    row("kibibytes", bytesText(80 * 1024), "80 KiB");
    row("mebibytes", bytesText(312.4 * (1 << 20)), "312 MiB");
    row("gibibytes", bytesText(3.0 * (1 << 30)), "3.0 GiB");
    row("rate", rateText(12345.6, "examples"), "12,346 examples/s");
    row("slow rate", rateText(4.213, "steps"), "4.21 steps/s");
    row("very slow rate", rateText(0.0042, "examples"), "0.004200 examples/s");
    row("decimals", decimalText(3.2, 2), "3.20");
    row("decimals, none", decimalText(notANumber, 2), "NaN");

    row("seconds", durationText(4.26), "4.3 s");
    row("tens of seconds", durationText(48.2), "48 s");
    row("almost a minute", durationText(59.7), "1 min 00 s");
    row("minutes", durationText(185), "3 min 05 s");
    row("hours", durationText(7440), "2 h 04 min");
    row("days", durationText(277200), "3 d 05 h");
    row("unknown duration", durationText(-1), "–");
    row("duration that is none", durationText(notANumber), "–");
    row("rough seconds", roughDurationText(40.4), "40 s");
    row("rough minutes", roughDurationText(310), "5 min");
    row("rough hours", roughDurationText(7810), "2 h 10 min");
    row("rough days", roughDurationText(270000), "3 d");
    row("unknown estimate", roughDurationText(infinite), "–");
}

void TestNumberText::eachFormHasOneRule() {
    QFETCH(QString, text);
    QFETCH(QString, expected);
    QCOMPARE(text, expected);
}

void TestNumberText::numbersReadBack() {
    for (const double value : {0.1 + 0.2, 1e-300, 5e-324, 1.7976931348623157e308, -123456.789, 1e5, 1e-4})
        QCOMPARE(text(numberText(value)).toDouble(), value);
}

/// A program with a window has its person's locale set.
void TestNumberText::noLocaleChangesThem() {
    const std::string before = std::setlocale(LC_NUMERIC, nullptr);
    const auto names = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8"};
    if (std::ranges::none_of(names, [](const char* name) { return std::setlocale(LC_NUMERIC, name); }))
        QSKIP("No locale with a decimal comma is installed here.");
    const std::vector<std::string> texts{numberText(0.05), valueText(0.43217), meanText(0.42134, 0.00213),
                                         countText(1234567), bytesText(1.5 * (1 << 30))};
    std::setlocale(LC_NUMERIC, before.c_str());
    QCOMPARE(texts, (std::vector<std::string>{"0.05", "0.4322", "0.4213 ± 0.0021", "1,234,567", "1.5 GiB"}));
}

DSTN_TEST(TestNumberText)
#include "tst_number_text.moc"
