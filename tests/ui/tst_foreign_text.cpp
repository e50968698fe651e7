#include "core/archive/archive.h"
#include "core/study/study.h"
#include "tests/program.h"
#include "tests/ui/sample_runs.h"
#include "ui/forms/experiment_file.h"
#include "ui/live/archived_run_page.h"
#include "ui/main_window.h"
#include "ui/setup/setup_page.h"
#include "ui/text/csv_text.h"
#include "ui/text/file_name.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/plain_labels.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QFile>
#include <QLabel>
#include <QSettings>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <memory>

using namespace dstn;
using namespace dstn::ui;

namespace {

const char* const markup = "<img src=\"file:///dev/zero\"> <b>bold</b> &amp;";

} // namespace

/// The window with an archive whose names, tags, notes and reasons are markup.
class TestForeignText : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::unique_ptr<Theme> theme_;
    std::unique_ptr<PlainLabels> labels_;

    static Experiment experiment() {
        const ParsedExperiment parsed = parseExperiment(
            findPreset("quickstart")->json, {{"name", markup}, {"description", markup}, {"device", "cpu"}});
        if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
        return *parsed.experiment;
    }
    std::filesystem::path archive() const {
        const std::filesystem::path path = folder_.filePath(QStringLiteral("runs.sqlite")).toStdString();
        Archive archive(path);
        for (int number = 1; number <= 3; ++number) {
            SampleRun sample{.id = sampleId(number), .name = markup + std::to_string(number)};
            if (number == 3) sample.state = RunState::failed;
            addRun(archive, sample);
            archive.setTags(sample.id, {markup});
            archive.setNote(sample.id, markup);
        }
        const Preset& preset = studyPresets().front();
        ParsedStudy study =
            parseStudy(preset.json, [](const std::string& id) { return findPreset(id)->json; });
        study.study->name = markup;
        study.study->methods.front().name = markup;
        archive.createStudy("cccccccc-0000-4000-8000-000000000003", markup, toJson(*study.study));
        return path;
    }
    static int labelsWithMarkup(const QWidget& window) {
        int found = 0;
        for (const QLabel* label : window.findChildren<QLabel*>()) {
            label->ensurePolished();
            if (label->text().contains(QLatin1String("<img"))) ++found;
            if (label->textFormat() != Qt::PlainText && label->text().contains(QLatin1String("<img")))
                qFatal("%s", qPrintable(label->objectName() + label->text()));
            if (label->textFormat() == Qt::AutoText) qFatal("%s", qPrintable(label->text()));
        }
        return found;
    }

  private slots:
    void initTestCase() {
        QCoreApplication::setOrganizationName(QStringLiteral("delta-stn-workbench"));
        QCoreApplication::setApplicationName(QStringLiteral("tst_foreign_text"));
        QSettings().clear();
        theme_ = std::make_unique<Theme>(*qApp);
        labels_ = std::make_unique<PlainLabels>(*qApp);
    }

    void noLabelOfTheWindowDrawsMarkup() {
        MainWindow window(archive(), experiment(), *theme_);
        window.resize(1200, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        int seen = 0;
        for (const MainWindow::Place place :
             {MainWindow::setupPlace, MainWindow::livePlace, MainWindow::archivePlace,
              MainWindow::comparePlace, MainWindow::studiesPlace}) {
            window.goTo(place);
            QTest::qWait(50);
            seen += labelsWithMarkup(window);
        }
        window.goTo(MainWindow::archivePlace);
        auto* table = window.findChild<QTableView*>(QStringLiteral("runs"));
        QTRY_COMPARE(table->model()->rowCount(), 3);
        table->selectRow(0);
        QTest::qWait(200);
        seen += labelsWithMarkup(window);
        window.openRun(QString::fromStdString(sampleId(1)));
        QTRY_VERIFY(window.findChild<ArchivedRunPage*>()->isVisible());
        QTest::qWait(200);
        seen += labelsWithMarkup(window);
        QVERIFY2(seen > 0, "no label showed what this looks for");
    }

    void fileNameIsOneInAnyFolder() {
        QCOMPARE(fileName("Δ-STN, seed 1", "run"), QString("Δ-STN-seed-1"));
        QCOMPARE(fileName("../../etc/passwd", "run"), QString("etc-passwd"));
        QCOMPARE(fileName("a\nb\x1b[2J\u202Ec", "run"), QString("a-b-2J-c"));
        QCOMPARE(fileName("<img src=\"x\">", "run"), QString("img-src=-x"));
        for (const char* nothing : {"", "...", "///", "--", " ", "\n"})
            QCOMPARE(fileName(nothing, "run"), QString("run"));
        QCOMPARE(fileName(QString(300, QChar(0x65E5)), "run").toUtf8().size(), 180);
        QCOMPARE(fileName(QString(59, u'a') + QString::fromUtf8("𝒜𝒜"), "run"), QString(59, u'a'));
    }

    void pictureOfAPlotHoldsItsTitleAsText() {
        CurvePlot plot(QString::fromLatin1(markup));
        const QString path = folder_.filePath(QStringLiteral("plot.svg"));
        plot.exportTo(path);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QXmlStreamReader svg(&file);
        QString title;
        while (!svg.atEnd())
            if (svg.readNext() == QXmlStreamReader::StartElement && svg.name() == QLatin1String("title"))
                title = svg.readElementText();
        QVERIFY2(!svg.hasError(), qPrintable(svg.errorString()));
        QCOMPARE(title, QStringLiteral("img src=\"file:///dev/zero\" bbold/b amp;"));
    }

    void csvOfTablesHoldsNoFormula() {
        QCOMPARE(csvLine({"=1+1", "-0.5", "a,b"}), QString("'=1+1,-0.5,\"a,b\"\r\n"));
    }
};

DSTN_TEST_IN(QApplication, TestForeignText)
#include "tst_foreign_text.moc"
