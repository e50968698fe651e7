#include "tests/program.h"

#include "core/run/same_data.h"
#include "ui/live/hypergradient_panel.h"
#include <QApplication>

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPointer>
#include <QPushButton>
#include <QTableView>
#include <QTest>

using namespace dstn;
using namespace dstn::ui;

class TestHypergradientPanel : public QObject {
    Q_OBJECT

    static HypergradientReport sample() {
        HypergradientReport report;
        report.step = 1200;
        report.hyperparameters = {"dropout", "decay"};
        report.at = {0.1, 1e-4};
        report.methods.resize(2);
        report.methods[0].method = "implicit-cg";
        report.methods[0].values = {std::nullopt, -0.5};
        report.methods[0].gradients = 42.0;
        report.methods[1].method = "reference";
        report.methods[1].values = {0.25, -0.4};
        report.cosines = {{1.0, std::nullopt}, {std::nullopt, 1.0}};
        return report;
    }

  private slots:
    void cosinesAndValuesAreShownAndWhatIsHeldSaid() {
        CosineModel cosines;
        HypergradientModel values;
        const QAbstractItemModelTester first(&cosines), second(&values);
        cosines.setReport(sample());
        values.setReport(sample());
        QCOMPARE(cosines.index(0, 0).data().toString(), QStringLiteral("1.000"));
        QCOMPARE(cosines.index(0, 1).data().toString(), QStringLiteral("–"));
        QVERIFY(cosines.index(0, 0).data(Qt::BackgroundRole).isValid());
        QVERIFY(!cosines.index(0, 1).data(Qt::BackgroundRole).isValid());
        QCOMPARE(values.index(0, 0).data().toString(), QStringLiteral("held"));
        QCOMPARE(values.index(0, 1).data().toString(), QStringLiteral("-0.5000"));
        QCOMPARE(values.index(0, 2 + HypergradientModel::Gradients).data().toString(), QStringLiteral("42"));
    }

    void aReportIsComputedWithTheOptionsTypedAndErrorsAreSaid() {
        HypergradientOptions asked;
        bool fail = true, changed = false;
        HypergradientPanel panel("run", [&](const HypergradientOptions& options, bool acceptChangedData) {
            asked = options;
            if (changed && !acceptChangedData) throw ChangedData("The data have changed.");
            if (fail) throw Error(ErrorKind::usage, "The run has no checkpoint.");
            return sample();
        });
        panel.setAttribute(Qt::WA_DeleteOnClose, false);
        panel.show();
        auto* compute = panel.findChild<QPushButton*>("computeHypergradients");
        auto* status = panel.findChild<QLabel*>("hypergradientStatus");
        auto* examples = panel.findChild<QLineEdit*>("examples");
        examples->selectAll();
        QTest::keyClicks(examples, "0");
        QVERIFY(!compute->isEnabled());
        examples->selectAll();
        QTest::keyClicks(examples, "64");
        compute->click();
        QTRY_VERIFY(status->text().contains("no checkpoint"));
        QCOMPARE(asked.examples, 64);
        fail = false;
        compute->click();
        QTRY_COMPARE(panel.findChild<QTableView*>("cosines")->model()->rowCount(), 2);
        QVERIFY(status->text().contains("1,200"));
        changed = true;
        compute->click();
        QTRY_VERIFY(panel.findChild<QMessageBox*>("changedDataQuestion") != nullptr);
        QVERIFY(status->text().contains("have changed"));
        panel.findChild<QPushButton*>("continueWithChangedData")->click();
        QTRY_VERIFY(status->text().contains("1,200"));
    }
};

DSTN_TEST_IN(QApplication, TestHypergradientPanel)
#include "tst_hypergradient_panel.moc"
