#include "tests/program.h"
#include "tests/ui/sample_runs.h"
#include "ui/compare/compare_page.h"
#include "ui/compare/metric_table_model.h"
#include "ui/compare/run_groups.h"
#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/text/series_text.h"
#include "ui/widgets/curve_plot.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QLabel>
#include <QListWidget>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <cmath>

using namespace dstn;
using namespace dstn::ui;

namespace {

Curve curveOf(std::vector<double> steps, std::vector<double> values) {
    Curve curve;
    curve.step = steps;
    curve.epoch = steps;
    curve.seconds = steps;
    curve.value = std::move(values);
    return curve;
}

} // namespace

class TestComparePage : public QObject {
    Q_OBJECT

    const QTemporaryDir samples_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::filesystem::path file_;
    std::unique_ptr<ComparePage> page_;

    CurvePlot* plot(const QString& title) const {
        for (CurvePlot* plot : page_->findChildren<CurvePlot*>())
            if (plot->title() == title) return plot;
        return nullptr;
    }
    void openWith(const std::vector<int>& runs) {
        page_ = std::make_unique<ComparePage>(file_);
        page_->resize(1280, 720);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
        QStringList ids;
        for (const int run : runs) ids << QString::fromStdString(sampleId(run));
        page_->setRuns(ids);
    }
    /// Carries out an entry of the page's menus and accepts the folder that it asks for.
    void trigger(const QString& text) const {
        for (QAction* action : page_->findChildren<QAction*>()) {
            if (action->text() != text) continue;
            QTimer::singleShot(0, qApp, [] {
                if (auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget()))
                    dialog->accept();
            });
            action->trigger();
            return;
        }
        QFAIL(qPrintable("There is no action " + text));
    }
    std::size_t points(const QString& title, int curve) const {
        const CurvePlot* const found = plot(title);
        return found && curve < found->curveCount() ? found->data(curve).size() : 0;
    }

  private slots:
    void initTestCase() {
        QCoreApplication::setOrganizationName("dstn-test");
        QCoreApplication::setApplicationName("tst_compare_page");
        // Made once: a finished run goes to the disk for good, which takes its time.
        Archive archive(samples_.filePath("runs.sqlite").toStdString());
        addRun(archive, {.id = sampleId(1), .name = "base", .seed = 1, .loss = 0.5});
        addRun(archive, {.id = sampleId(2), .name = "base", .seed = 2, .loss = 0.52});
        addRun(archive, {.id = sampleId(3),
                         .name = "fast",
                         .seed = 1,
                         .lr = 0.1,
                         .loss = 0.3,
                         .hyperparameters = {"dropout0", "only_here"}});
        for (const int run : {7, 8})
            addRun(archive, {.id = sampleId(run),
                             .name = "text " + std::to_string(run),
                             .loss = run == 7 ? 2.0 : 1.5,
                             .language = true});
        for (const int run : {5, 6})
            addRun(archive, {.id = sampleId(run), .name = "alike", .hyperparameters = {"A-b", "a-b"}});
    }
    void init() {
        QSettings().clear();
        folder_ = std::make_unique<QTemporaryDir>();
        file_ = folder_->filePath("runs.sqlite").toStdString();
        std::filesystem::copy_file(samples_.filePath("runs.sqlite").toStdString(), file_);
    }
    void cleanup() { page_.reset(); }

    void nothingChosenSaysHowToChoose() {
        openWith({});
        QVERIFY(page_->findChild<QLabel*>("emptyText")->text().contains("Ctrl+Shift+C"));
    }

    void curvesOfAllRunsLieOverOneAnother() {
        openWith({1, 3});
        for (const int run : {0, 1}) QTRY_COMPARE(points("Validation loss", run), std::size_t{7});
        QTRY_COMPARE(points("dropout0", 1), std::size_t{7});
        // Only what the runs share is laid over one another.
        QVERIFY(!plot("only_here"));
        QVERIFY(!plot("dropout1"));
        const SampleRun fast{.id = sampleId(3), .name = "fast", .seed = 1, .loss = 0.3};
        QCOMPARE(plot("Validation loss")->data(1).values()[6], sampleEpoch(fast, 6).validationLoss);
    }

    void axisAndLogScaleReachEveryPlot() {
        openWith({1, 3});
        QTRY_VERIFY(plot("dropout0"));
        page_->findChild<QComboBox*>("axis")->setCurrentIndex(2);
        page_->findChild<QCheckBox*>("logScale")->setChecked(true);
        for (const CurvePlot* plot : page_->findChildren<CurvePlot*>())
            QCOMPARE(plot->xAxis(), XAxis::seconds);
        QVERIFY(plot("Validation loss")->logY());
        QVERIFY(!plot("Validation accuracy")->logY());
    }

    void hidingARunInTheLegendHidesItEverywhere() {
        openWith({1, 3});
        QTRY_COMPARE(points("Validation loss", 1), std::size_t{7});
        auto* legend = page_->findChild<QListWidget*>("legend");
        QCOMPARE(legend->count(), 2);
        legend->item(1)->setCheckState(Qt::Unchecked);
        for (const CurvePlot* plot : page_->findChildren<CurvePlot*>()) {
            QVERIFY(plot->isCurveVisible(0));
            QVERIFY(!plot->isCurveVisible(1));
        }
    }

    void onlyWhatDiffersIsListed() {
        openWith({1, 3});
        auto* table = page_->findChild<QTableView*>("differences");
        QTRY_VERIFY(table->model()->rowCount() > 0);
        QStringList paths;
        for (int i = 0; i < table->model()->rowCount(); ++i)
            paths << table->model()->index(i, 0).data().toString();
        QVERIFY(paths.contains("optimizers.general.lr"));
        QVERIFY(!paths.contains("seed"));
        QCOMPARE(table->model()->columnCount(), 3);
    }

    void bestValueIsMarked() {
        openWith({1, 3});
        auto* table = page_->findChild<QTableView*>("metrics");
        QTRY_COMPARE(table->model()->rowCount(), 2);
        QVERIFY(!table->model()->index(0, 1).data().toString().startsWith("✓"));
        QVERIFY(table->model()->index(1, 1).data().toString().startsWith("✓"));
    }

    void languageModelsAreComparedByPerplexity() {
        openWith({7, 8});
        QTRY_COMPARE(points("Validation perplexity", 1), std::size_t{6}); // without that before training
        QVERIFY(!plot("Validation accuracy"));
        const SampleRun better{.id = sampleId(8), .name = "text 8", .loss = 1.5, .language = true};
        for (std::size_t epoch = 1; epoch <= 6; ++epoch)
            QCOMPARE(plot("Validation perplexity")->data(1).values()[epoch - 1],
                     std::exp(sampleEpoch(better, static_cast<int>(epoch)).validationLoss));
        page_->findChild<QCheckBox*>("logScale")->setChecked(true);
        QVERIFY(plot("Validation perplexity")->logY());

        const auto* table = page_->findChild<QTableView*>("metrics")->model();
        QStringList titles;
        for (int i = 0; i < table->columnCount(); ++i)
            titles << table->headerData(i, Qt::Horizontal).toString();
        QVERIFY2(!titles.join('|').contains("accuracy"), qPrintable(titles.join('|')));
        const EpochResult last = sampleEpoch(better, 6); // the best too
        const auto cell = [&](int row, const char* title) {
            return table->index(row, int(titles.indexOf(title))).data().toString();
        };
        const QString validation = "✓ " + valueText(std::exp(last.validationLoss));
        QCOMPARE(cell(1, "Val. perplexity"), validation);
        QCOMPARE(cell(1, "Final val. perplexity"), validation);
        QCOMPARE(cell(1, "Test perplexity"), "✓ " + valueText(std::exp(*last.testLoss)));
        QVERIFY(!cell(0, "Val. perplexity").isEmpty());
    }

    void imagesAndTextsEachHaveTheirFigure() {
        openWith({1, 7});
        QTRY_COMPARE(points("Validation perplexity", 1), std::size_t{6});
        QTRY_COMPARE(points("Validation accuracy", 0), std::size_t{7});
        QCOMPARE(points("Validation perplexity", 0), std::size_t{0});
        QCOMPARE(points("Validation accuracy", 1), std::size_t{0});
        const auto* table = page_->findChild<QTableView*>("metrics")->model();
        for (int i = 1; i < table->columnCount(); ++i) {
            const QString title = table->headerData(i, Qt::Horizontal).toString();
            for (const int row : {0, 1}) // which of the two losses is lower says nothing
                QVERIFY2(!table->index(row, i).data().toString().startsWith("✓"), qPrintable(title));
            if (title.contains("perplexity")) QCOMPARE(table->index(0, i).data().toString(), QString());
            if (title.contains("accuracy")) QCOMPARE(table->index(1, i).data().toString(), QString());
        }
    }

    void throughputCountsTokensWhereAllRunsAreTexts() {
        QCOMPARE(seriesTitle("examples_per_second"), "Examples per second");
        QCOMPARE(seriesTitle("examples_per_second", true), "Tokens per second");
    }

    void runsThatDifferBySeedBecomeOneCurveWithItsDeviation() {
        openWith({1, 2, 3});
        QTRY_COMPARE(points("Validation loss", 2), std::size_t{7});
        page_->findChild<QCheckBox*>("overSeeds")->setChecked(true);
        QTRY_COMPARE(plot("Validation loss")->curveCount(), 2);
        QTRY_COMPARE(points("Validation loss", 0), std::size_t{7});
        QVERIFY(plot("Validation loss")->data(0).hasBand());
        QCOMPARE(page_->findChild<QListWidget*>("legend")->item(0)->text(), "base (2 seeds)");
        auto* table = page_->findChild<QTableView*>("metrics");
        QCOMPARE(table->model()->rowCount(), 2);
        QVERIFY(table->model()->index(0, 1).data().toString().contains("±"));
    }

    void runThatGoesOnIsFollowed() {
        Archive archive(file_);
        addRun(archive, {.id = sampleId(4), .name = "going", .epochs = 2, .state = RunState::running});
        openWith({1, 4});
        QTRY_COMPARE(points("Validation loss", 1), std::size_t{3});
        const SampleRun sample{.id = sampleId(4), .name = "going", .epochs = 4};
        std::vector<Event> events = samplesOf(sample, 3, 4);
        events.emplace_back(EpochFinished{sampleEpoch(sample, 4), sampleEpoch(sample, 4)});
        archive.append(sample.id, events);
        QTRY_COMPARE(points("Validation loss", 1), std::size_t{5});
    }

    void runThatIsGoneIsSaidAndTheOthersAreShown() {
        openWith({1, 77, 3});
        QTRY_COMPARE(page_->findChild<QListWidget*>("legend")->count(), 2);
        const QString said = page_->findChild<QFrame*>("notice")->findChild<QLabel*>("noticeText")->text();
        QVERIFY2(!said.isEmpty(), qPrintable(said));
    }

    void exportsReplaceNothing() {
        openWith({5, 6});
        QTRY_VERIFY(plot("A-b") && plot("a-b")); // whose names as files are the same
        QTRY_COMPARE(page_->findChild<QTableView*>("metrics")->model()->rowCount(), 2);
        const QTemporaryDir out;
        QSettings().setValue("compare/exportFolder", out.path());
        const auto names = [&] { return QDir(out.path()).entryList(QDir::Files, QDir::Name); };
        QFile own(out.filePath("values.csv"));
        QVERIFY(own.open(QIODevice::WriteOnly));
        own.write("mine");
        own.close();

        trigger("Tables as CSV…");
        QCOMPARE(names(), (QStringList{"differences.csv", "values-2.csv", "values.csv"}));
        QVERIFY(own.open(QIODevice::ReadOnly));
        QCOMPARE(own.readAll(), QByteArray("mine"));

        const qsizetype plots = page_->findChildren<CurvePlot*>().size();
        for (const char* action : {"Plotted curves as CSV…", "Figures as SVG…"})
            for (const int times : {1, 2}) {
                const qsizetype before = names().size();
                trigger(action);
                QVERIFY2(names().size() == before + plots, qPrintable(names().join(' ')));
                Q_UNUSED(times)
            }
        QVERIFY2(names().contains("a-b-4.csv") && names().contains("a-b-4.svg"),
                 qPrintable(names().join(' ')));
    }

    void groupsIgnoreSeedAndNameOnly() {
        const auto groups = groupBySeed({R"({"seed":1,"name":"a","lr":1})", R"({"seed":2,"name":"b","lr":1})",
                                         R"({"seed":1,"name":"a","lr":2})", "no json", "no json"});
        QCOMPARE(groups.size(), std::size_t{4});
        QCOMPARE(groups[0].members, (std::vector<std::size_t>{0, 1}));
        QCOMPARE(groups[1].members, (std::vector<std::size_t>{2}));
    }

    void meanIsTakenWhereAllCurvesAre() {
        const Curve a = curveOf({0, 10, 20}, {0, 10, 20}), b = curveOf({5, 15, 30}, {7, 17, 32});
        const MeanCurve mean = meanOf({&a, &b});
        QCOMPARE(mean.mean.step, (std::vector<double>{5, 10, 15, 20}));
        QCOMPARE(mean.mean.value, (std::vector<double>{6, 11, 16, 21}));
        for (const double deviation : mean.deviation) QVERIFY(std::abs(deviation - std::sqrt(2.0)) < 1e-12);
    }

    void meanOfACurveThatDivergedIsNotANumber() {
        const Curve a = curveOf({0, 1}, {1, NAN}), b = curveOf({0, 1}, {3, 3});
        const MeanCurve mean = meanOf({&a, &b});
        QCOMPARE(mean.mean.value[0], 2.0);
        QVERIFY(std::isnan(mean.mean.value[1]));
    }

    void hyperparametersOfOneRunAloneAreNotOffered() {
        const auto offered =
            comparableSeries({{"train/loss", "hyperparameter/a", "hyperparameter/b", "epoch/validation_loss"},
                              {"hyperparameter/b", "epoch/validation_loss"}});
        QCOMPARE(offered,
                 (std::vector<std::string>{"epoch/validation_loss", "hyperparameter/b", "train/loss"}));
        QCOMPARE(comparableSeries({{"hyperparameter/a"}}), (std::vector<std::string>{"hyperparameter/a"}));
    }
};

DSTN_TEST_IN(QApplication, TestComparePage)
#include "tst_compare_page.moc"
