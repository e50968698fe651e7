#include "core/run/series.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <set>

using namespace dstn;

class SeriesTest : public QObject {
    Q_OBJECT

  private slots:
    /// What archives hold, in the order of their exports' columns: old ones must go on fitting. New metrics
    /// may stand anywhere.
    void namesOfTheFirstVersionStay() {
        const std::vector<std::string_view> first{
            "train/loss",       "train/accuracy",       "response/loss",         "validation_step/loss",
            "epoch/train_loss", "epoch/train_accuracy", "epoch/validation_loss", "epoch/validation_accuracy",
            "epoch/test_loss",  "epoch/test_accuracy",  "examples_per_second"};
        std::vector<std::string_view> now;
        for (const SeriesInfo& info : seriesTable)
            if (std::ranges::find(first, info.name) != first.end()) now.push_back(info.name);
        QVERIFY(now == first);
        QCOMPARE(hyperparameterSeries("dropout"), std::string("hyperparameter/dropout"));
        QCOMPARE(scaleSeries("dropout"), std::string("scale/dropout"));
    }

    void everyRowIsUniqueAndFound() {
        std::set<std::string_view> names, titles;
        for (const SeriesInfo& info : seriesTable) {
            QVERIFY2(names.insert(info.name).second, info.name.data());
            QVERIFY2(titles.insert(info.title).second, info.title.data());
            QVERIFY(!info.name.empty() && !info.title.empty());
            QVERIFY2(info.plot == SeriesPlot::itsOwn || !info.label.empty(), info.name.data());
            QVERIFY(!hyperparameterOf(info.name) && !hyperparameterOfScale(info.name));
            QCOMPARE(&infoOf(info.series), &info);
            QCOMPARE(findSeries(info.name), &info);
        }
        QVERIFY(findSeries("train/los") == nullptr);
        QVERIFY(findSeries("") == nullptr);
    }

    void rowsSayWhatTheirNamesDo() {
        for (const SeriesInfo& info : seriesTable) {
            const bool loss = info.name.ends_with("loss"), accuracy = info.name.ends_with("accuracy");
            if (loss) QVERIFY(info.better == SeriesBetter::lower && info.plot == SeriesPlot::loss);
            if (accuracy)
                QVERIFY(info.better == SeriesBetter::higher && info.plot == SeriesPlot::accuracy &&
                        info.unit == SeriesUnit::fraction);
            QCOMPARE(info.cadence == SeriesCadence::epoch, info.name.starts_with("epoch/"));
            QCOMPARE(info.split == SeriesSplit::test, info.name.find("test") != std::string_view::npos);
            QCOMPARE(info.split == SeriesSplit::validation,
                     info.name.find("validation") != std::string_view::npos);
        }
        QVERIFY(infoOf(Series::throughput).better == SeriesBetter::higher);
    }

    void hyperparametersAreToldByTheirNames() {
        QCOMPARE(hyperparameterOf("hyperparameter/a/b"), std::optional<std::string>("a/b"));
        QCOMPARE(hyperparameterOfScale("scale/a"), std::optional<std::string>("a"));
        QVERIFY(!hyperparameterOf("scale/a") && !hyperparameterOfScale("hyperparameter/a"));
        const std::vector<std::string> all = seriesOfRun({"a", "b"}, {"b"});
        QCOMPARE(all.size(), seriesTable.size() + 3);
        QCOMPARE(all.front(), std::string(seriesTable.front().name));
        QCOMPARE(std::vector<std::string>(all.end() - 3, all.end()),
                 (std::vector<std::string>{"hyperparameter/a", "hyperparameter/b", "scale/b"}));
    }
};

DSTN_TEST(SeriesTest)
#include "tst_series.moc"
