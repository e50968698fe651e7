#include "core/search/asha.h"
#include "tests/core/search/trials.h"
#include "tests/program.h"

#include <QTest>

#include <limits>
#include <map>

using namespace dstn;

namespace {

TunerSpec ashaSpec(std::int64_t trials, std::int64_t minimum = 1) {
    return {.options = RandomOptions{
                .trials = trials,
                .halving = {.earlyStopping = EarlyStopping::asha, .reduction = 3, .minimumEpochs = minimum}}};
}

using Step = std::pair<std::int64_t, std::int64_t>; // trial, epochs
using Losses = std::map<Step, double>;              // by trial and epoch

/// Carries the search out, one task after the other; losses between rungs are high.
std::vector<Step> stepsOf(const TunerSpec& spec, const Losses& losses) {
    const auto search = makeSearch(spec, unitRanges(1), 9, 0);
    std::vector<Trial> trials;
    std::vector<Step> steps;
    while (const auto task = search->next(trials)) {
        begin(trials, *task);
        end(trials, *task, [&](const Point&, std::int64_t epoch) {
            const auto found = losses.find({task->trial, epoch});
            return found == losses.end() ? 10.0 : found->second;
        });
        steps.emplace_back(task->trial, task->epochs);
    }
    return steps;
}

/// Trials 0, 1, … after one epoch.
std::vector<Trial> firstRung(std::initializer_list<double> losses) {
    std::vector<Trial> trials;
    for (const double loss : losses)
        trials.push_back(trained(static_cast<std::int64_t>(trials.size()), {0.5}, loss));
    return trials;
}

Step stepOf(const std::optional<Task>& task) { return task ? Step{task->trial, task->epochs} : Step{-1, -1}; }

} // namespace

class tst_asha : public QObject {
    Q_OBJECT

  private slots:
    void rungsReachFromTheMinimumToAWholeTraining();
    void recordedSequenceIsPromotedAsThePaperSays();
    void runningTrialIsNotPromotedTwice();
    void topOfARungIsCountedWithThosePromoted();
    void highestRungIsLookedAtFirst();
    void failedTrialIsNeverPromotedAndCountsBehindAllOthers();
    void trialThatFailedOnItsWayUpCountsInThatRung();
    void infiniteAndNaNLossesAreNotPromoted();
    void trialBrokenOffGoesOnToItsRung();
    void noTrialsBeyondTheBudgetAreBegun();
    void oneRungIsPlainSearch();
};

void tst_asha::rungsReachFromTheMinimumToAWholeTraining() {
    using Rungs = std::vector<std::int64_t>;
    QCOMPARE(ashaRungs(1, 3, 9), (Rungs{1, 3, 9}));
    QCOMPARE(ashaRungs(1, 3, 10), (Rungs{1, 3, 9, 10}));
    QCOMPARE(ashaRungs(2, 4, 32), (Rungs{2, 8, 32}));
    QCOMPARE(ashaRungs(5, 2, 5), Rungs{5});
    QCOMPARE(ashaRungs(1, 1000, std::int64_t{1} << 62).back(), std::int64_t{1} << 62);
}

void tst_asha::recordedSequenceIsPromotedAsThePaperSays() {
    // η = 3, rungs at 1, 3 and 9 epochs, one worker. By hand from Algorithm 2:
    // - 0, 1, 2 fill the lowest rung; of three the best third is 1 alone: it goes to 3.
    // - 3 comes to be the best of four: it goes to 3. 4 and 5 change nothing: of six the best two are 3
    // and 1.
    // - 6 is the best of seven: it goes to 3; there it is the best of three (1, 3, 6): it goes to 9 at once.
    // - 7 and 8: of nine the best three are 6, 3 and 1, all of whom have gone on. No trial is left.
    const Losses losses{{{0, 1}, 0.50}, {{1, 1}, 0.30}, {{2, 1}, 0.90}, {{3, 1}, 0.20}, {{4, 1}, 0.80},
                        {{5, 1}, 0.70}, {{6, 1}, 0.10}, {{7, 1}, 0.60}, {{8, 1}, 0.40}, {{1, 3}, 0.25},
                        {{3, 3}, 0.15}, {{6, 3}, 0.09}, {{6, 9}, 0.05}};
    const std::vector<Step> expected{{0, 1}, {1, 1}, {2, 1}, {1, 3}, {3, 1}, {3, 3}, {4, 1},
                                     {5, 1}, {6, 1}, {6, 3}, {6, 9}, {7, 1}, {8, 1}};
    QCOMPARE(stepsOf(ashaSpec(9), losses), expected);
}

void tst_asha::runningTrialIsNotPromotedTwice() {
    const auto search = makeSearch(ashaSpec(9), unitRanges(1), 9, 0);
    std::vector<Trial> trials = firstRung({0.5, 0.3, 0.9});
    const auto task = search->next(trials);
    QCOMPARE(stepOf(task), (Step{1, 3}));
    begin(trials, *task);
    QCOMPARE(stepOf(search->next(trials)), (Step{3, 1}));
}

void tst_asha::topOfARungIsCountedWithThosePromoted() {
    // Of six the best two are 1, which has gone on, and 4.
    const auto search = makeSearch(ashaSpec(9), unitRanges(1), 9, 0);
    std::vector<Trial> trials = firstRung({0.5, 0.3, 0.9, 0.8, 0.4, 0.6});
    trials[1] = trained(1, {0.5}, 0.3, 3);
    QCOMPARE(stepOf(search->next(trials)), (Step{4, 3}));
    trials.pop_back();
    QCOMPARE(stepOf(search->next(trials)), (Step{5, 1})); // of five only one
}

void tst_asha::highestRungIsLookedAtFirst() {
    const auto search = makeSearch(ashaSpec(20), unitRanges(1), 9, 0);
    std::vector<Trial> trials = firstRung({0.5, 0.3, 0.9, 0.1, 0.8, 0.7});
    for (const std::size_t i : {0U, 1U, 2U}) trials[i] = trained(static_cast<std::int64_t>(i), {0.5}, 0.6, 3);
    // 3 could go to the middle rung, and 0, the first of equals, to the last.
    QCOMPARE(stepOf(search->next(trials)), (Step{0, 9}));
}

void tst_asha::failedTrialIsNeverPromotedAndCountsBehindAllOthers() {
    const auto search = makeSearch(ashaSpec(9), unitRanges(1), 9, 0);
    std::vector<Trial> trials = firstRung({0.5, 0.3, 0.9});
    trials[1].failed = true; // it was the best; it has gone from the rung that it was in to fail in the next
    QCOMPARE(stepOf(search->next(trials)), (Step{3, 1}));
    // Two that failed before the first rung make it a rung of three, whose best goes on.
    trials = firstRung({0.5});
    for (const std::int64_t i : {1, 2}) trials.push_back({.number = i, .point = {0.5}, .failed = true});
    QCOMPARE(stepOf(search->next(trials)), (Step{0, 3}));
}

void tst_asha::trialThatFailedOnItsWayUpCountsInThatRung() {
    // 0 and 1 failed on their way to 3 epochs: of three in the middle rung the best is 2.
    const auto search = makeSearch(ashaSpec(9), unitRanges(1), 9, 0);
    std::vector<Trial> trials = firstRung({0.1, 0.2, 0.3});
    trials[0] = trained(0, {0.5}, 0.1, 2);
    trials[0].failed = trials[1].failed = true;
    trials[2] = trained(2, {0.5}, 0.3, 3);
    QCOMPARE(stepOf(search->next(trials)), (Step{2, 9}));
}

void tst_asha::infiniteAndNaNLossesAreNotPromoted() {
    const auto search = makeSearch(ashaSpec(4), unitRanges(1), 9, 0);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    QCOMPARE(stepOf(search->next(firstRung({nan, nan, nan}))), (Step{3, 1}));
    QCOMPARE(stepOf(search->next(firstRung({nan, 5.0, nan}))), (Step{1, 3}));
}

void tst_asha::trialBrokenOffGoesOnToItsRung() {
    const auto search = makeSearch(ashaSpec(9), unitRanges(1), 9, 0);
    std::vector<Trial> trials = firstRung({0.5, 0.3, 0.9});
    trials[1] = trained(1, {0.25}, 0.3, 2);
    QCOMPARE(*search->next(trials), (Task{.trial = 1, .point = {0.25}, .epochs = 3}));
    trials[1] = {.number = 1, .point = {0.25}};
    QCOMPARE(*search->next(trials), (Task{.trial = 1, .point = {0.25}, .epochs = 1}));
}

void tst_asha::noTrialsBeyondTheBudgetAreBegun() {
    const auto search = makeSearch(ashaSpec(3), unitRanges(1), 9, 0);
    std::vector<Trial> trials = firstRung({0.5, 0.3, 0.9});
    const auto task = search->next(trials);
    QCOMPARE(stepOf(task), (Step{1, 3}));
    begin(trials, *task);
    QVERIFY(!search->next(trials));
}

void tst_asha::oneRungIsPlainSearch() {
    QCOMPARE(stepsOf(ashaSpec(3, 9), {}), (std::vector<Step>{{0, 9}, {1, 9}, {2, 9}}));
}

DSTN_TEST(tst_asha)
#include "tst_asha.moc"
