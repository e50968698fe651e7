#include "core/archive/archive.h"
#include "core/archive/run_requests.h"
#include "core/run/session.h"
#include "tests/program.h"
#include "ui/live/loaded_run.h"
#include "ui/live/run_view.h"
#include "ui/widgets/curve_plot.h"

#include <QApplication>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <fstream>

using namespace dstn;
using namespace dstn::ui;

class TestRunView : public QObject {
    Q_OBJECT

    /// Trains the small preset, with these settings too. @return the run and its events
    static std::pair<std::string, std::vector<Event>> train(const std::filesystem::path& archive,
                                                            Assignments settings) {
        settings.insert(settings.begin(),
                        {{"device", "cpu"}, {"threads", "1"}, {"tuner.warmup_epochs", "0"}});
        const ParsedExperiment parsed = parseExperiment(findPreset("quickstart")->json, settings);
        if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
        const std::string run = newUuid();
        const auto queue = std::make_shared<EventQueue>();
        const auto recorder = std::make_shared<Recorder>(archive, run);
        Session session({.experiment = *parsed.experiment, .run = run}, {recorder, queue});
        session.wait();
        if (const auto trouble = recorder->finish()) qFatal("%s", trouble->c_str());
        return {run, queue->drain()};
    }
    static const CurvePlot* plot(const RunView& view, const std::string& title) {
        for (const CurvePlot* one : view.plots())
            if (one->title() == QString::fromStdString(title)) return one;
        return nullptr;
    }

  private slots:
    /// From the engine straight to the plot, and by the archive: the same points, bit for bit.
    void hyperparametersTravelStraight() {
        const QTemporaryDir folder;
        const std::filesystem::path archive = folder.filePath("runs.sqlite").toStdString();
        const auto [run, events] = train(archive, {{"budget.epochs", "2"}});
        QVERIFY(std::get<RunFinished>(events.back()).state == RunState::completed);

        RunView live;
        for (const Event& event : events) live.feed(event);
        RunView archived;
        QSignalSpy opened(&archived, &RunView::opened), failed(&archived, &RunView::openFailed);
        archived.open(archive, QString::fromStdString(run));
        QTRY_COMPARE(opened.count() + failed.count(), 1);
        QCOMPARE(opened.count(), 1);

        // Of two points at the same step the later stays.
        std::map<std::int64_t, HyperparametersSampled> told;
        for (const Event& event : events)
            if (const auto* sampled = std::get_if<HyperparametersSampled>(&event))
                told[sampled->step] = *sampled;
        QVERIFY(told.size() > 5);
        const Archive reader(archive, Archive::Mode::readOnly);
        const auto& hyperparameters = live.experiment().hyperparameters;
        QVERIFY(!hyperparameters.empty());
        for (std::size_t h = 0; h < hyperparameters.size(); ++h) {
            const std::string& name = hyperparameters[h].name;
            const CurveData& shown = plot(live, name)->data(0);
            const CurveData& read = plot(archived, name)->data(0);
            const HyperparameterCurve curve = reader.curve(run, hyperparameters[h]);
            QCOMPARE(shown.size(), told.size());
            QCOMPARE(read.size(), told.size());
            QCOMPARE(curve.points.size(), told.size());
            std::size_t i = 0;
            for (const auto& [step, sampled] : told) {
                const HyperparameterPoint& point = sampled.points.at(h);
                QVERIFY(point.spread.has_value());
                for (const CurveData* data : {&shown, &read}) {
                    QVERIFY(data->x(XAxis::step)[i] == static_cast<double>(step));
                    QVERIFY(data->x(XAxis::seconds)[i] == sampled.seconds);
                    QVERIFY(data->values()[i] == point.value);
                }
                QVERIFY(shown.lower()[i] == point.spread->lower && shown.upper()[i] == point.spread->upper);
                QVERIFY(curve.points[i].value == point.value &&
                        curve.points[i].spread->scale == point.spread->scale);
                QVERIFY(read.lower()[i] == curve.points[i].spread->lower &&
                        read.upper()[i] == curve.points[i].spread->upper);
                const double span = point.spread->upper - point.spread->lower;
                QVERIFY(std::abs(read.lower()[i] - shown.lower()[i]) < 1e-12 * span);
                QVERIFY(std::abs(read.upper()[i] - shown.upper()[i]) < 1e-12 * span);
                ++i;
            }
        }
        // The metrics as well.
        QCOMPARE(live.plots().size(), archived.plots().size());
        for (qsizetype p = 0; p < live.plots().size(); ++p)
            for (int curve = 0; curve < live.plots()[p]->curveCount(); ++curve) {
                const CurveData &one = live.plots()[p]->data(curve),
                                &other = archived.plots()[p]->data(curve);
                QCOMPARE(one.size(), other.size());
                for (std::size_t i = 0; i < one.size(); ++i)
                    QVERIFY(one.values()[i] == other.values()[i] &&
                            one.x(XAxis::step)[i] == other.x(XAxis::step)[i]);
            }
    }

    void runThatIsOpenedLastIsShown() {
        const QTemporaryDir folder;
        const std::filesystem::path archive = folder.filePath("runs.sqlite").toStdString();
        const std::string first = train(archive, {{"budget.epochs", "2"}, {"name", "first"}}).first;
        const std::string second = train(archive, {{"budget.epochs", "1"}, {"name", "second"}}).first;
        RunView alone, switched;
        QSignalSpy aloneOpened(&alone, &RunView::opened), opened(&switched, &RunView::opened),
            failed(&switched, &RunView::openFailed);
        alone.open(archive, QString::fromStdString(second));
        switched.open(archive, QString::fromStdString(first));
        switched.open(archive, QString::fromStdString(second));
        QTRY_VERIFY(aloneOpened.count() == 1 && opened.count() == 1);
        // The archive answers in order: nothing of the first run is still to come.
        QCOMPARE(failed.count(), 0);
        QCOMPARE(switched.summary().name, QStringLiteral("second"));
        QCOMPARE(switched.plots().size(), alone.plots().size());
        for (qsizetype p = 0; p < alone.plots().size(); ++p)
            QCOMPARE(switched.plots()[p]->data(0).size(), alone.plots()[p]->data(0).size());
        QVERIFY(alone.plots()[0]->data(0).size() > 0);
    }

    void readingThatIsNotWantedIsLeftOff() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("runs.sqlite").toStdString();
        const std::string run = train(path, {{"budget.epochs", "1"}}).first;
        const Archive archive(path, Archive::Mode::readOnly);
        int asked = 0;
        QVERIFY(!readRun(archive, run, {}, [&] { return ++asked < 3; }));
        QCOMPARE(asked, 3);
        QVERIFY(readRun(archive, run, {}, [] { return true; }));
    }

    void archiveThatCannotBeReadIsTold() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("runs.sqlite").toStdString();
        std::ofstream(path) << "this is not an archive, and long enough to be looked at as one";
        RunView view;
        QSignalSpy opened(&view, &RunView::opened), failed(&view, &RunView::openFailed);
        view.open(path, "aaaaaaaa-0000-4000-8000-000000000001");
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(failed[0][0].toString().contains("runs.sqlite"));
        // What was asked for before another run is shown is of no interest any more.
        view.open(path, "aaaaaaaa-0000-4000-8000-000000000001");
        view.clear();
        QTest::qWait(300);
        QCOMPARE(failed.count(), 1);
        QCOMPARE(opened.count(), 0);
    }
};

DSTN_TEST_IN(QApplication, TestRunView)
#include "tst_run_view.moc"
