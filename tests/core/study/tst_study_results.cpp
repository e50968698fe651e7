#include "core/study/study_results.h"
#include "tests/core/study/sample_study.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace dstn;
using nlohmann::ordered_json;

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// A run with a loss at each epoch, from epoch 0 on; an epoch takes 10 steps, 10 gradients and 2 seconds.
StudyRun runOf(std::int64_t method, std::uint64_t seed, std::int64_t trial, const std::vector<double>& losses,
               RunState state = RunState::completed) {
    StudyRun run;
    run.run = "run-" + std::to_string(method) + std::to_string(seed) + std::to_string(trial);
    run.place = {.method = method, .seed = seed, .trial = trial};
    run.state = state;
    run.experimentJson = sampleExperiment;
    run.stepsPerEpoch = 10;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const auto epoch = static_cast<std::int64_t>(i);
        run.epochs.push_back(
            {.epoch = epoch,
             .step = 10 * epoch,
             .seconds = 2.0 * static_cast<double>(epoch) + 0.5,
             .gradients = 10.0 * static_cast<double>(epoch),
             .validationLoss = losses[i],
             .validationAccuracy = 1.0 - losses[i] / 2.0,
             .testLoss = losses[i] + 0.125,
             .testAccuracy = 0.5,
             .hyperparameters = {{"rate", 0.1 + 0.1 * static_cast<double>(trial)}, {"decay", 0.01}}});
    }
    if (!losses.empty()) {
        run.steps = run.epochs.back().step;
        run.seconds = run.epochs.back().seconds;
        run.gradients = run.epochs.back().gradients;
    }
    return run;
}

const Progress& progressOf(const StudyResults& results, std::size_t method, std::size_t seed,
                           BudgetUnit unit) {
    return results.methods[method].seeds[seed].progress[static_cast<std::size_t>(unit)];
}

/// Two methods, five seeds, one run each, with the losses of which scipy has the p value.
StudyResults fiveSeeds(Study& study) {
    study = sampleStudy({"delta-stn", "random"}, 12, {0, 1, 2, 3, 4});
    const double first[] = {0.42, 0.39, 0.45, 0.41, 0.40}, second[] = {0.47, 0.44, 0.46, 0.48, 0.41};
    std::vector<StudyRun> runs;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        runs.push_back(runOf(0, seed, 0, {1.0, first[seed]}));
        runs.push_back(runOf(1, seed, 0, {1.0, second[seed]}));
    }
    return studyResults(study, runs);
}

using Numbers = std::vector<double>;

} // namespace

class tst_study_results : public QObject {
    Q_OBJECT

  private slots:
    void trialsAreCountedBehindEachOther();
    void onlyFallsOfTheLossArePoints();
    void progressIsAStepFunction();
    void nanIsNeverTheBest();
    void failedRunsCostAndAreCounted();
    void seedWithoutRunsHasNoBest();
    void bandIsTheMedianWithTheQuartilesOnTheUnionOfPoints();
    void bandEndsWhereFewerThanHalfHaveCome();
    void bandBeginsWhereHalfHaveBegun();
    void standardErrorIsOfTheMean();
    void pairedTestMeetsScipy();
    void equalDifferencesHaveNoDistribution();
    void pairsAreSeedsThatBothHave();
    void figuresAreTakenAtTheBestValidationPoint();
    void chosenHyperparametersAreThoseThatAreTuned();
    void textShowsEveryFigure();
    void smallAndLargeNumbersAreScaled();
    void absentFiguresHaveNoColumn();
    void markdownIsATable();
    void csvHasARowForEachFall();
    void jsonHasEverything();
    void emptyStudyIsShownToo();
};

void tst_study_results::trialsAreCountedBehindEachOther() {
    Study study = sampleStudy({"random"}, 12, {7});
    // In whatever order they come from the archive.
    const StudyResults results = studyResults(
        study, {runOf(0, 7, 1, {0.9, 0.3}), runOf(0, 7, 0, {1.0, 0.8, 0.6}), runOf(0, 7, 2, {0.9, 0.5})});
    const SeedResult& seed = results.methods[0].seeds[0];
    QCOMPARE(seed.epochs, 4.0);
    QCOMPARE(seed.gradients, 40.0);
    QCOMPARE(seed.seconds, 4.5 + 2.5 + 2.5);
    QCOMPARE(seed.runs, std::int64_t{3});
    QCOMPARE(seed.bestRun, std::string("run-071"));
    QCOMPARE(progressOf(results, 0, 0, BudgetUnit::epochs).spent, (Numbers{0, 1, 2, 3, 4}));
    QCOMPARE(progressOf(results, 0, 0, BudgetUnit::epochs).best, (Numbers{1.0, 0.8, 0.6, 0.3, 0.3}));
    QCOMPARE(progressOf(results, 0, 0, BudgetUnit::gradients).spent, (Numbers{0, 10, 20, 30, 40}));
    // Epoch 0 is evaluated too, which takes half a second.
    QCOMPARE(progressOf(results, 0, 0, BudgetUnit::seconds).spent, (Numbers{0.5, 2.5, 4.5, 7.0, 9.5}));
}

void tst_study_results::onlyFallsOfTheLossArePoints() {
    Study study = sampleStudy({"random"}, 12, {0});
    const StudyResults results = studyResults(study, {runOf(0, 0, 0, {1.0, 0.5, 0.7, 0.5, 0.4, 0.6})});
    QCOMPARE(progressOf(results, 0, 0, BudgetUnit::epochs).spent, (Numbers{0, 1, 4, 5}));
    QCOMPARE(progressOf(results, 0, 0, BudgetUnit::epochs).best, (Numbers{1.0, 0.5, 0.4, 0.4}));
    QCOMPARE(results.methods[0].seeds[0].best->epoch, std::int64_t{4});
    QCOMPARE(results.methods[0].seeds[0].improvedBy.size(), std::size_t{3});
}

void tst_study_results::progressIsAStepFunction() {
    const Progress progress{.spent = {1, 3, 5}, .best = {0.9, 0.6, 0.6}};
    QVERIFY(!progress.at(0.5));
    QCOMPARE(progress.at(1), std::optional(0.9));
    QCOMPARE(progress.at(2.999), std::optional(0.9));
    QCOMPARE(progress.at(3), std::optional(0.6));
    QCOMPARE(progress.at(99), std::optional(0.6));
    QVERIFY(!Progress{}.at(0));
}

void tst_study_results::nanIsNeverTheBest() {
    Study study = sampleStudy({"random"}, 12, {0, 1});
    const StudyResults results =
        studyResults(study, {runOf(0, 0, 0, {notANumber, 0.5, notANumber}), runOf(0, 1, 0, {notANumber})});
    QCOMPARE(results.methods[0].seeds[0].best->validationLoss, 0.5);
    QCOMPARE(progressOf(results, 0, 0, BudgetUnit::epochs).best, (Numbers{0.5, 0.5}));
    QVERIFY(!results.methods[0].seeds[1].best);
    QCOMPARE(results.methods[0].validationLoss->count, std::int64_t{1});
}

void tst_study_results::failedRunsCostAndAreCounted() {
    Study study = sampleStudy({"random"}, 12, {0});
    const StudyResults results =
        studyResults(study, {runOf(0, 0, 0, {1.0, 0.9}, RunState::failed), runOf(0, 0, 1, {1.0, 0.5}),
                             runOf(0, 0, 2, {}, RunState::failed)});
    const SeedResult& seed = results.methods[0].seeds[0];
    QCOMPARE(seed.failedRuns, std::int64_t{2});
    QCOMPARE(seed.runs, std::int64_t{3});
    QCOMPARE(seed.epochs, 2.0);
    QCOMPARE(seed.best->validationLoss, 0.5);
    // Of failures alone: what was learned before counts, the untrained network does not.
    StudyRun late = runOf(0, 0, 0, {1.0, 0.9}, RunState::failed);
    QCOMPARE(studyResults(study, {late}).methods[0].validationLoss->mean, 0.9);
    late.epochs.front().validationLoss = 0.8;
    late.epochs.front().epoch = 0;
    const StudyResults none = studyResults(study, {late});
    QVERIFY(!none.methods[0].validationLoss && none.methods[0].hyperparameters.empty());
    QVERIFY(none.methods[0].seeds[0].progress[0].spent.empty());
    QCOMPARE(none.methods[0].seeds[0].failedRuns, std::int64_t{1});
}

void tst_study_results::seedWithoutRunsHasNoBest() {
    Study study = sampleStudy({"random", "delta-stn"}, 12, {0, 1});
    const StudyResults results = studyResults(study, {runOf(0, 1, 0, {1.0, 0.5})});
    QCOMPARE(results.methods[0].seeds.size(), std::size_t{2});
    QVERIFY(!results.methods[0].seeds[0].best);
    QVERIFY(results.methods[0].seeds[1].best.has_value());
    QVERIFY(!results.methods[1].validationLoss);
    QVERIFY(!results.methods[1].epochs);
    QVERIFY(results.methods[1].bands[0].spent.empty());
}

void tst_study_results::bandIsTheMedianWithTheQuartilesOnTheUnionOfPoints() {
    const Band band = bandOf({{.spent = {0, 2, 6}, .best = {1.0, 0.5, 0.5}},
                              {.spent = {0, 3, 6}, .best = {2.0, 0.25, 0.25}},
                              {.spent = {0, 4, 6}, .best = {3.0, 1.0, 1.0}}});
    QCOMPARE(band.spent, (Numbers{0, 2, 3, 4, 6}));
    QCOMPARE(band.median, (Numbers{2.0, 2.0, 0.5, 0.5, 0.5}));
    // With linear interpolation: halfway to the neighbours of the median.
    QCOMPARE(band.lower, (Numbers{1.5, 1.25, 0.375, 0.375, 0.375}));
    QCOMPARE(band.upper, (Numbers{2.5, 2.5, 1.75, 0.75, 0.75}));
}

void tst_study_results::bandEndsWhereFewerThanHalfHaveCome() {
    const Band band = bandOf({{.spent = {0, 2}, .best = {1.0, 1.0}},
                              {.spent = {0, 3}, .best = {2.0, 2.0}},
                              {.spent = {0, 9}, .best = {3.0, 3.0}}});
    QCOMPARE(band.spent, (Numbers{0, 3})); // to 3 two of three have come, to 9 one
    QCOMPARE(band.median, (Numbers{2.0, 2.5}));
    // A seed that has not run yet does not count.
    QCOMPARE(bandOf({{.spent = {0, 2}, .best = {1.0, 0.5}}, {}, {}}).median, (Numbers{1.0, 0.5}));
    QVERIFY(bandOf({}).spent.empty());
}

void tst_study_results::bandBeginsWhereHalfHaveBegun() {
    const Band band = bandOf({{.spent = {1, 9}, .best = {1.0, 1.0}},
                              {.spent = {4, 9}, .best = {2.0, 2.0}},
                              {.spent = {5, 9}, .best = {3.0, 3.0}}});
    QCOMPARE(band.spent, (Numbers{4, 5, 9}));
}

void tst_study_results::standardErrorIsOfTheMean() {
    const Mean mean = *meanOf({0.42, 0.39, 0.45, 0.41, 0.40}); // scipy.stats.sem
    QVERIFY(std::abs(mean.mean - 0.414) < 1e-15);
    QVERIFY(std::abs(*mean.error - 0.010295630140986998) < 1e-15);
    QCOMPARE(mean.count, std::int64_t{5});
    QVERIFY(!meanOf({0.5})->error);
    const Mean equal = *meanOf({15.823529411764707, 15.823529411764707, 15.823529411764707});
    QCOMPARE(equal.mean, 15.823529411764707);
    QCOMPARE(*equal.error, 0.0);
    QVERIFY(!meanOf({}));
}

void tst_study_results::pairedTestMeetsScipy() {
    Study study;
    const StudyResults results = fiveSeeds(study);
    QCOMPARE(results.tests.size(), std::size_t{1});
    const PairedTest& test = results.tests[0];
    QVERIFY(std::abs(test.difference + 0.038) < 1e-15);
    QVERIFY(std::abs(*test.p - 0.03396614445768256) < 1e-12); // scipy.stats.ttest_rel
    QVERIFY(std::abs(*test.testDifference + 0.038) < 1e-15);
    QVERIFY(std::abs(*test.testP - 0.03396614445768256) < 1e-12);
    QVERIFY(std::abs(*pairedP({-0.5, -0.7}) - 0.10513691342250694) < 1e-12);
    QVERIFY(std::abs(*pairedP({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) - 0.0002781960110481857) < 1e-15);
}

void tst_study_results::equalDifferencesHaveNoDistribution() {
    QCOMPARE(pairedP({0.0, 0.0, 0.0}), std::optional(1.0));
    QCOMPARE(pairedP({0.5, 0.5}), std::optional(0.0));
    QVERIFY(!pairedP({0.5}));
    QVERIFY(!pairedP({0.5, notANumber}));
}

void tst_study_results::pairsAreSeedsThatBothHave() {
    Study study = sampleStudy({"a", "b", "c"}, 12, {0, 1, 2});
    const StudyResults results =
        studyResults(study, {runOf(0, 0, 0, {0.5}), runOf(0, 1, 0, {0.6}), runOf(0, 2, 0, {0.9}),
                             runOf(1, 1, 0, {0.4}), runOf(1, 2, 0, {notANumber})});
    QCOMPARE(results.tests.size(), std::size_t{3});
    QCOMPARE(results.tests[0].pairs, std::int64_t{1});
    QVERIFY(std::abs(results.tests[0].difference - 0.2) < 1e-15);
    QVERIFY(!results.tests[0].p);
    QCOMPARE(results.tests[1].pairs, std::int64_t{0});
    QVERIFY(!results.tests[1].testDifference);
    QCOMPARE(results.tests[2].first, std::size_t{1});
    QCOMPARE(results.tests[2].second, std::size_t{2});
}

void tst_study_results::figuresAreTakenAtTheBestValidationPoint() {
    Study study = sampleStudy({"random"}, 12, {0});
    StudyRun run = runOf(0, 0, 0, {1.0, 0.5, 0.75});
    run.epochs[2].testLoss = 0.0; // lower, but not where the validation loss is
    const StudyResults results = studyResults(study, {run});
    QCOMPARE(results.methods[0].testLoss->mean, 0.625);
    QCOMPARE(results.methods[0].validationAccuracy->mean, 0.75);
}

void tst_study_results::chosenHyperparametersAreThoseThatAreTuned() {
    Study study = sampleStudy({"random"}, 12, {0, 1});
    std::vector<StudyRun> runs{runOf(0, 0, 0, {1.0, 0.9}), runOf(0, 0, 1, {1.0, 0.5}),
                               runOf(0, 1, 3, {1.0, 0.5})};
    StudyResults results = studyResults(study, runs);
    const auto& chosen = results.methods[0].hyperparameters;
    QCOMPARE(chosen.size(), std::size_t{2});
    QCOMPARE(chosen[0].first, std::string("rate"));
    QVERIFY(std::abs(chosen[0].second.mean - 0.3) < 1e-15); // 0.2 by trial 1 and 0.4 by trial 3
    QVERIFY(std::abs(*chosen[0].second.error - 0.1) < 1e-15);
    ordered_json held = ordered_json::parse(sampleExperiment);
    held["hyperparameters"][1]["tune"] = false;
    for (StudyRun& run : runs) run.experimentJson = held.dump();
    results = studyResults(study, runs);
    QCOMPARE(results.methods[0].hyperparameters.size(), std::size_t{1});
}

void tst_study_results::textShowsEveryFigure() {
    Study study;
    StudyResults results = fiveSeeds(study);
    results.methods[0].name = "Δ-STN";
    const QStringList lines = QString::fromStdString(resultsText(study, results)).split('\n');
    QCOMPARE(lines[0], QString("sample study"));
    QCOMPARE(lines[1], QString("Budget of each method and seed: 12 epochs."));
    QCOMPARE(lines[4].simplified(),
             QString("method validation loss validation accuracy test loss test accuracy epochs "
                     "gradient evaluations seconds seeds runs failed"));
    QCOMPARE(lines[5].simplified(),
             QString("Δ-STN 0.414 ± 0.010 0.7930 ± 0.0051 0.539 ± 0.010 0.5000 ± 0 1 ± 0 10 ± 0 "
                     "2.500 ± 0 5 5 0"));
    // Columns stand under each other, "Δ" and "±" being one wide.
    QCOMPARE(lines[5].size(), lines[4].size());
    QCOMPARE(lines[6].size(), lines[4].size());
    QCOMPARE(lines[9].simplified(), QString("method rate decay"));
    QCOMPARE(lines[10].simplified(), QString("Δ-STN 0.1000 ± 0 0.01000 ± 0"));
    QCOMPARE(lines[14].simplified(), QString("methods validation loss p test loss p seeds"));
    QCOMPARE(lines[15].simplified(), QString("Δ-STN − random -0.03800 0.034 -0.03800 0.034 5"));
}

void tst_study_results::smallAndLargeNumbersAreScaled() {
    Study study = sampleStudy({"random"}, 12, {0});
    StudyResults results = studyResults(study, {runOf(0, 0, 0, {1.0})});
    const auto shown = [&](double mean, std::optional<double> error) {
        results.methods[0].validationLoss = Mean{.mean = mean, .error = error, .count = 3};
        return QString::fromStdString(resultsMarkdown(study, results)).split('\n')[8].split('|')[2].trimmed();
    };
    QCOMPARE(shown(3.2146e-5, 1.23e-6), QString("(3.21 ± 0.12)e-5"));
    QCOMPARE(shown(1234567.0, 89000.0), QString("(1.235 ± 0.089)e6"));
    QCOMPARE(shown(0.42134, 0.00213), QString("0.4213 ± 0.0021"));
    QCOMPARE(shown(123.4, 56.7), QString("123 ± 57"));
    QCOMPARE(shown(0.42134, std::nullopt), QString("0.4213"));
    QCOMPARE(shown(10001.7, 0.0), QString("10002 ± 0"));
    QCOMPARE(shown(1234567.0, 0.0), QString("1.235e6 ± 0"));
    QCOMPARE(shown(notANumber, notANumber), QString("NaN"));
    QCOMPARE(shown(1e300, 1e299), QString("(1.00 ± 0.10)e300"));
}

void tst_study_results::absentFiguresHaveNoColumn() {
    Study study = sampleStudy({"random"}, 12, {0});
    StudyRun run = runOf(0, 0, 0, {1.0, 0.5});
    for (EpochResult& epoch : run.epochs)
        epoch.validationAccuracy = epoch.testLoss = epoch.testAccuracy = std::nullopt;
    const QString text = QString::fromStdString(resultsText(study, studyResults(study, {run})));
    QVERIFY(text.contains("validation loss"));
    QVERIFY(!text.contains("accuracy") && !text.contains("test loss"));
}

void tst_study_results::markdownIsATable() {
    Study study;
    StudyResults results = fiveSeeds(study);
    results.methods[0].name = "a|b";
    const QStringList lines = QString::fromStdString(resultsMarkdown(study, results)).split('\n');
    QCOMPARE(lines[0], QString("## sample study"));
    QVERIFY(lines[6].startsWith("| method | validation loss |"));
    QVERIFY(lines[7].startsWith("| --- | ---: |"));
    QVERIFY(lines[8].startsWith("| a\\|b | 0.414 ± 0.010 |"));
    QCOMPARE(lines[7].count('|'), lines[6].count('|'));
}

void tst_study_results::csvHasARowForEachFall() {
    Study study = sampleStudy({"random"}, 12, {3});
    study.methods[0].name = "a, \"b\"";
    const StudyResults results =
        studyResults(study, {runOf(0, 3, 0, {1.0, 1.5}), runOf(0, 3, 1, {1.0, 0.25})});
    std::ostringstream out;
    exportCsv(study, results, out);
    QCOMPARE(QString::fromStdString(out.str()),
             QString("method,seed,epochs,gradients,seconds,validation_loss,run\r\n"
                     "\"a, \"\"b\"\"\",3,0,0,0.5,1,run-030\r\n"
                     "\"a, \"\"b\"\"\",3,2,20,5,0.25,run-031\r\n"));
}

void tst_study_results::jsonHasEverything() {
    Study study;
    StudyResults results = fiveSeeds(study);
    results.methods[1].testLoss->mean = std::numeric_limits<double>::infinity();
    const ordered_json json = ordered_json::parse(exportJson(study, results));
    QCOMPARE(json["format"].get<std::string>(), std::string("delta-stn-workbench study"));
    QCOMPARE(json["study"]["name"].get<std::string>(), std::string("sample study"));
    const ordered_json& method = json["methods"][0];
    QCOMPARE(method["name"].get<std::string>(), std::string("delta-stn"));
    QVERIFY(std::abs(method["validation_loss"]["mean"].get<double>() - 0.414) < 1e-15);
    QCOMPARE(method["seeds"][1]["best"]["run"].get<std::string>(), std::string("run-010"));
    QCOMPARE(method["seeds"][1]["best"]["hyperparameters"]["rate"].get<double>(), 0.1);
    QCOMPARE(method["seeds"][0]["progress"]["gradients"]["spent"].get<Numbers>(), (Numbers{0, 10}));
    QCOMPARE(method["bands"]["epochs"]["median"].get<Numbers>(), (Numbers{1.0, 0.41}));
    QCOMPARE(method["hyperparameters"]["decay"]["count"].get<int>(), 5);
    QCOMPARE(json["methods"][1]["test_loss"]["mean"].get<std::string>(), std::string("Infinity"));
    QVERIFY(std::abs(json["tests"][0]["p"].get<double>() - 0.03396614445768256) < 1e-12);
}

void tst_study_results::emptyStudyIsShownToo() {
    const Study study = sampleStudy();
    const StudyResults results = studyResults(study, {});
    const QString text = QString::fromStdString(resultsText(study, results));
    QVERIFY(text.contains("delta-stn") && text.contains("random"));
    QVERIFY(!text.contains("Hyperparameters") && !text.contains("t-test"));
    QVERIFY(ordered_json::parse(exportJson(study, results))["methods"][0]["seeds"][0]["best"].is_null());
    std::ostringstream out;
    exportCsv(study, results, out);
    QCOMPARE(out.str(), std::string("method,seed,epochs,gradients,seconds,validation_loss,run\r\n"));
}

DSTN_TEST(tst_study_results)
#include "tst_study_results.moc"
