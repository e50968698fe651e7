#include "tests/program.h"

#include "ui/forms/number_edit.h"
#include "ui/text/number_text.h"
#include "ui/text/run_summary.h"
#include "ui/text/study_text.h"
#include "ui/widgets/curve_plot.h"
#include <QApplication>

#include <QLocale>
#include <qcustomplot.h>

#include <limits>

using namespace dstn;
using namespace dstn::ui;

/// What tests/core/tst_number_text.cpp pins of each number, here of what the window adds.
class TestTextFormats : public QObject {
    Q_OBJECT

  private slots:
    void typedNumbersReadBackTheSame();
    void roundedNumbersHaveNoMoreDigitsThanNeeded();
    void whatIsUnknownIsADash();
    void noLocaleChangesWhatIsShown();
    void plotsAreLabelledInTheSameWay();
};

void TestTextFormats::typedNumbersReadBackTheSame() {
    QCOMPARE(typedText(1e-3), QStringLiteral("0.001"));
    QCOMPARE(typedText(1e-5), QStringLiteral("1e-5"));
    for (const double value : {1e-8, 0.95, 0.1 + 0.2, 123456789.125, -2.5e-7, 1e22})
        QCOMPARE(parseReal(typedText(value)), std::optional(value));
    QCOMPARE(typedText(std::numeric_limits<std::uint64_t>::max()), QStringLiteral("18446744073709551615"));
}

void TestTextFormats::roundedNumbersHaveNoMoreDigitsThanNeeded() {
    QCOMPARE(roundedText(0.0500001, 3), QStringLiteral("0.05"));
    QCOMPARE(roundedText(1.23456e-5, 3), QStringLiteral("1.23e-5"));
    QCOMPARE(roundedText(-123456.0, 3), QStringLiteral("-123000"));
    QCOMPARE(roundedText(std::numeric_limits<double>::infinity(), 3), QStringLiteral("∞"));
}

void TestTextFormats::whatIsUnknownIsADash() {
    QCOMPARE(durationText(std::optional<double>()), QStringLiteral("–"));
    QCOMPARE(durationText(std::optional<double>(185)), QStringLiteral("3 min 05 s"));
    QCOMPARE(meanText(std::nullopt), QStringLiteral("–"));
    QVERIFY(valueText(std::optional<double>()).isEmpty());
}

void TestTextFormats::noLocaleChangesWhatIsShown() {
    const QLocale before;
    QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    NumberEdit field(NumberEdit::Kind::real);
    field.setNumber(0.05);
    const QStringList shown{typedText(0.05),
                            field.text(),
                            valueText(0.43217),
                            countText(1234567),
                            bytesText(1.5 * (1 << 30)),
                            rateText(12345.6, "examples"),
                            durationText(4.26),
                            lossText(0.6215, 0.7563),
                            hyperparametersText({{"rate", 0.05}}),
                            amountText(1200.0, BudgetUnit::gradients),
                            meanText(Mean{.mean = 0.8813, .error = 0.002, .count = 3}, true)};
    QLocale::setDefault(before);
    QCOMPARE(shown, (QStringList{"0.05", "0.05", "0.4322", "1,234,567", "1.5 GiB", "12,346 examples/s",
                                 "4.3 s", "0.6215, accuracy 75.63 %", "rate 0.05",
                                 "1,200 gradient evaluations", "88.13 ± 0.20 %"}));
}

void TestTextFormats::plotsAreLabelledInTheSameWay() {
    const QLocale before;
    QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    CurvePlot plot(QStringLiteral("Loss"));
    plot.resize(500, 300);
    const int curve = plot.addCurve(QStringLiteral("loss"), CurveStyle{});
    for (int i = 0; i < 10; ++i) plot.append(curve, i * 1000.0, i, i * 2.0, 0.1 * i);
    plot.show();
    auto* const drawn = plot.findChild<QCustomPlot*>();
    plot.renderNow();
    QStringList labels = drawn->yAxis->tickVectorLabels() + drawn->xAxis->tickVectorLabels();
    QLocale::setDefault(before);
    QVERIFY(!labels.isEmpty());
    for (const QString& label : labels) QVERIFY2(!label.contains(u','), qPrintable(labels.join(u'|')));
    QVERIFY2(labels.join(u'|').contains(u'.'), qPrintable(labels.join(u'|')));
}

DSTN_TEST_IN(QApplication, TestTextFormats)
#include "tst_text_formats.moc"
