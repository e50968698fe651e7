#include "tests/program.h"

#include "tests/ui/sample_runs.h"
#include "ui/live/event_list.h"
#include "ui/live/nudge_panel.h"
#include "ui/live/run_header.h"
#include "ui/live/run_view.h"
#include "ui/text/number_text.h"
#include "ui/text/run_summary.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/elided_label.h"
#include <QApplication>

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>

using namespace dstn;
using namespace dstn::ui;

/// The widgets beside the curves of a run that goes on.
class TestLiveWidgets : public QObject {
    Q_OBJECT

    static std::vector<Hyperparameter> hyperparameters() {
        return {{.name = "dropout", .initial = 0.05, .min = 0.0, .max = 0.95},
                {.name = "decay", .initial = 1e-4, .log = true}};
    }
    static void type(QLineEdit* field, const QString& text) {
        field->setFocus();
        field->selectAll();
        QTest::keyClicks(field, text);
    }
    static QString labels(const NudgePanel& panel) {
        QStringList texts;
        for (const QLabel* label : panel.findChildren<QLabel*>()) texts.append(label->text());
        return texts.join(u'\n');
    }

  private slots:
    void returnAppliesExactlyWhatWasTyped() {
        NudgePanel panel;
        panel.setHyperparameters(hyperparameters());
        panel.setActive(true);
        panel.show();
        QSignalSpy nudged(&panel, &NudgePanel::nudged);
        auto* dropout = panel.findChildren<QLineEdit*>().at(0);
        type(dropout, "0.0007123");
        QVERIFY2(labels(panel).contains("not applied"), qPrintable(labels(panel)));
        panel.showValue("dropout", 0.06); // the run goes on meanwhile
        QCOMPARE(dropout->text(), QStringLiteral("0.0007123"));
        QTest::keyClick(dropout, Qt::Key_Return);
        QCOMPARE(nudged.count(), 1);
        QCOMPARE(nudged[0][0].toString(), QStringLiteral("dropout"));
        QCOMPARE(nudged[0][1].toDouble(), 0.0007123);
        QVERIFY2(labels(panel).contains("→ 7.123e-4"), qPrintable(labels(panel)));
        panel.showValue("dropout", 0.06); // a sample from before
        QVERIFY(labels(panel).contains("→ 7.123e-4"));
        panel.confirm({.name = "dropout", .value = 0.0007123, .step = 7});
        QVERIFY(!labels(panel).contains("→"));
        panel.showValue("dropout", 0.0008);
        QCOMPARE(dropout->text(), QStringLiteral("8e-4"));
    }

    void nothingIsAppliedThatChangesNothingOrLiesOutside() {
        NudgePanel panel;
        panel.setHyperparameters(hyperparameters());
        panel.setActive(true);
        panel.show();
        QSignalSpy nudged(&panel, &NudgePanel::nudged);
        auto* dropout = panel.findChildren<QLineEdit*>().at(0);
        auto* apply = panel.findChildren<QPushButton*>().at(0);
        QVERIFY(!apply->isEnabled());
        QTest::keyClick(dropout, Qt::Key_Return);
        type(dropout, "0.05");
        QVERIFY(!apply->isEnabled());
        for (const char* text : {"0.95", "0", "-1", "much"}) {
            type(dropout, text);
            QVERIFY(!apply->isEnabled());
            QVERIFY2(labels(panel).contains("between 0 and 0.95"), qPrintable(labels(panel)));
            QTest::keyClick(dropout, Qt::Key_Return);
        }
        QCOMPARE(nudged.count(), 0);
        type(dropout, "0.5");
        QVERIFY(apply->isEnabled());
        QTest::keyClick(dropout, Qt::Key_Escape);
        QCOMPARE(dropout->text(), QStringLiteral("0.05"));
        QVERIFY(!apply->isEnabled());
        type(dropout, "0.5");
        QTest::mouseClick(apply, Qt::LeftButton);
        QCOMPARE(nudged.count(), 1);
        panel.setActive(false);
        QVERIFY(!apply->isEnabled() && !dropout->isEnabled());
    }

    void resumedRunKeepsItsEarlierEvents() {
        EventList list;
        list.showEarlier({{"2024-05-01T12:00:00Z", "started"}, {"2024-05-01T12:10:00Z", "interrupted"}});
        QCOMPARE(list.count(), 2);
        QVERIFY(list.item(1)->text().contains("interrupted"));
        list.feed(CheckpointTaken{.step = 38, .bytes = {}});
        QCOMPARE(list.count(), 3);
        QVERIFY2(list.item(2)->text().startsWith("Step 38: "), qPrintable(list.item(2)->text()));
    }

    void languageModelsLossReadsAsAPerplexity() {
        RunSummary summary;
        RunStarted started;
        started.data.task = TaskKind::language;
        summary.feed(started);
        QVERIFY(summary.language);
        QCOMPARE(lossText(std::log(61.7), {}, true), QStringLiteral("4.122, perplexity 61.70"));
        QVERIFY(!lossText(4.122, {}).contains("perplexity"));

        RunDetails details;
        QVERIFY(!RunSummary::fromDetails(details).language);
        details.row.language = true;
        QVERIFY(RunSummary::fromDetails(details).language);

        EventList list;
        list.feed(started);
        EpochFinished epoch;
        epoch.result.validationLoss = std::log(20.0);
        list.feed(epoch);
        QVERIFY2(list.item(1)->text().contains("perplexity 20"), qPrintable(list.item(1)->text()));
    }

    void languageModelsRunIsDrawnByPerplexityAndTokens() {
        RunStarted started = startOf({.id = sampleId(1), .name = "text", .language = true});
        started.series.clear();
        for (const Series series :
             {Series::trainLoss, Series::trainAccuracy, Series::epochTrainLoss, Series::epochValidationLoss,
              Series::epochValidationAccuracy, Series::epochTestLoss, Series::throughput})
            started.series.emplace_back(seriesName(series));
        started.data.test = 500;
        RunView view;
        view.feed(started);
        view.feed(SamplesTaken{{{Series::epochValidationLoss, 0, 0.0, std::log(9000.0)},
                                {Series::epochTrainLoss, 40, 7.5, std::log(50.0)},
                                {Series::epochValidationLoss, 40, 7.5, std::log(60.0)},
                                {Series::epochTestLoss, 40, 7.5, std::log(64.0)},
                                {Series::epochValidationAccuracy, 40, 7.5, 0.25},
                                {Series::trainLoss, 41, 7.6, std::log(49.0)}}});
        view.feed(ProgressMade{.step = 41, .stepsTotal = 240, .examplesPerSecond = 12345.0});
        QStringList titles;
        for (const CurvePlot* plot : view.plots()) titles << plot->title();
        QCOMPARE(titles, (QStringList{"Loss", "Perplexity", "Tokens per second"}));
        const CurvePlot* perplexity = view.plots()[1];
        QCOMPARE(perplexity->curveCount(), 3);
        const std::array<double, 3> expected{50.0, 60.0, 64.0};
        for (int curve = 0; curve < 3; ++curve) {
            // Not before training, where it is about the vocabulary's size.
            QCOMPARE(perplexity->data(curve).values().size(), std::size_t{1});
            QCOMPARE(perplexity->data(curve).values()[0], expected.at(static_cast<std::size_t>(curve)));
        }
        QCOMPARE(view.plots()[0]->data(2).values().size(), std::size_t{2}); // the validation loss has both
        view.findChild<QCheckBox*>()->setChecked(true);
        QVERIFY(view.plots()[0]->logY() && perplexity->logY() && !view.plots()[2]->logY());

        QStringList texts;
        for (const QLabel* label : view.header()->findChildren<QLabel*>()) texts << label->text();
        QVERIFY2(texts.contains("Tokens/s") && !texts.contains("Examples/s"), qPrintable(texts.join('|')));
        QVERIFY2(texts.contains(countText(12345)), qPrintable(texts.join('|')));

        started.run = sampleId(3);
        started.experiment.name = "without a test split";
        started.data.test = 0;
        view.feed(started);
        QCOMPARE(view.plots()[1]->curveCount(), 2);

        view.feed(startOf({.id = sampleId(2), .name = "image"}));
        titles.clear();
        for (const CurvePlot* plot : view.plots()) titles << plot->title();
        QVERIFY2(titles.contains("Accuracy") && !titles.contains("Perplexity"), qPrintable(titles.join('|')));
    }

    void headerTellsWhatIsReadBeforeARun() {
        RunHeader header;
        RunSummary summary;
        summary.feed(LoadingProgressed{.what = "decoding images", .fraction = 0.43});
        header.show(summary, Pending::starting);
        const auto* bar = header.findChild<QProgressBar*>();
        QCOMPARE(bar->maximum(), 1000);
        QCOMPARE(bar->value(), 430);
        const auto widgets = header.findChildren<QWidget*>();
        QVERIFY(std::ranges::any_of(widgets, [](const QWidget* one) {
            const auto* badge = dynamic_cast<const Badge*>(one);
            return badge != nullptr && badge->text() == u"decoding images, 43 %";
        }));
        summary.feed(LoadingProgressed{.what = "reading", .fraction = {}});
        header.show(summary, Pending::starting);
        QCOMPARE(bar->maximum(), 0);
        summary.feed(StateChanged{.state = RunState::running, .reason = {}});
        QVERIFY(!summary.loading);
    }

    void headerFitsIntoASmallWindow() {
        RunHeader header;
        RunSummary summary;
        summary.name = QString(80, u'n');
        summary.step = 123'456'789;
        summary.stepsTotal = 987'654'321;
        summary.stepsPerEpoch = 1000;
        summary.best = EpochResult{};
        summary.best->validationLoss = 0.6215;
        summary.best->validationAccuracy = 0.7563;
        for (int i = 0; i < 12; ++i) summary.best->hyperparameters.emplace_back("hyperparameter", 0.5);
        header.show(summary, Pending::none);
        QVERIFY2(header.minimumSizeHint().width() < 480,
                 qPrintable(QString::number(header.minimumSizeHint().width())));
        QVERIFY(lossText(0.6215, 0.7563).contains("accuracy 75.63 %"));
    }

    void headersCellsAreWholeInASmallWindow() {
        RunHeader header;
        RunSummary summary;
        summary.language = true;
        summary.step = 1372;
        summary.stepsTotal = 1740;
        summary.stepsPerEpoch = 58;
        summary.examplesPerSecond = 14420.0;
        summary.seconds = 3599.0;
        summary.secondsLeft = 3599.0;
        summary.best = EpochResult{.epoch = 12, .validationLoss = 4.368};
        for (int i = 0; i < 7; ++i) summary.best->hyperparameters.emplace_back("input_dropout", 0.5);
        for (const int width : {600, 614, 700, 820, 900, 1000, 1300}) {
            header.resize(width, 100);
            static_cast<QWidget&>(header).show();
            header.show(summary, Pending::none);
            QVERIFY(QTest::qWaitForWindowExposed(&header));
            QCoreApplication::processEvents();
            QStringList cut;
            for (const auto* label : header.findChildren<QLabel*>())
                if (label->sizeHint().width() > label->width() && !label->text().contains("input_dropout"))
                    cut << label->text();
            QVERIFY2(cut.isEmpty(), qPrintable(QString::number(width) + ": " + cut.join(u'|')));
        }
    }

    void elidedLabelShowsAllWhereThereIsRoom() {
        ElidedLabel label(QStringLiteral("a line that is rather long"));
        label.resize(label.sizeHint());
        const QImage whole = label.grab().toImage();
        label.resize(label.minimumSizeHint());
        QVERIFY(label.width() < whole.width() / 2);
        const QImage cut = label.grab().toImage();
        QVERIFY(cut != whole.copy(cut.rect())); // an ellipsis, not a letter's half
    }
};

DSTN_TEST_IN(QApplication, TestLiveWidgets)
#include "tst_live_widgets.moc"
