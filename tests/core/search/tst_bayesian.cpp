#include "core/search/bayesian.h"
#include "core/search/expected_improvement.h"
#include "tests/core/search/trials.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

using namespace dstn;

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// Branin's function on [−5, 10] × [0, 15]; lowest 0.397887.
double branin(const std::vector<double>& v) {
    constexpr double pi = std::numbers::pi;
    const double a = v[1] - 5.1 / (4.0 * pi * pi) * v[0] * v[0] + 5.0 / pi * v[0] - 6.0;
    return a * a + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * std::cos(v[0]) + 10.0;
}

/// Hartmann's function of six variables on the unit cube; lowest −3.32237.
double hartmann6(const std::vector<double>& x) {
    static const double weight[4] = {1.0, 1.2, 3.0, 3.2};
    static const double sharpness[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                           {0.05, 10, 17, 0.1, 8, 14},
                                           {3, 3.5, 1.7, 10, 17, 8},
                                           {17, 8, 0.05, 10, 0.1, 14}};
    static const double centre[4][6] = {{1312, 1696, 5569, 124, 8283, 5886},
                                        {2329, 4135, 8307, 3736, 1004, 9991},
                                        {2348, 1451, 3522, 2883, 3047, 6650},
                                        {4047, 8828, 8732, 5743, 1091, 381}};
    double sum = 0.0;
    for (std::size_t i = 0; i < 4; ++i) {
        double away = 0.0;
        for (std::size_t j = 0; j < 6; ++j) away += sharpness[i][j] * std::pow(x[j] - 1e-4 * centre[i][j], 2);
        sum -= weight[i] * std::exp(-away);
    }
    return sum;
}

TunerSpec bayesian(std::int64_t trials) { return {.options = BayesianOptions{.trials = trials}}; }

using Function = std::function<double(const std::vector<double>&)>;

double bestOf(const TunerSpec& spec, const std::vector<Hyperparameter>& all, const Function& f,
              std::uint64_t seed) {
    const SearchSpace space(all);
    std::vector<Trial> trials;
    carryOut(*makeSearch(spec, all, 1, seed), trials,
             [&](const Point& point, std::int64_t) { return f(space.natural(point)); });
    double best = std::numeric_limits<double>::infinity();
    for (const Trial& trial : trials) best = std::min(best, trial.best(1));
    return best;
}

struct Contest {
    double bayesian, random; ///< medians of the distance from the optimum
    int wins = 0;            ///< seeds with which Bayesian search came lower
};

Contest contest(const std::vector<Hyperparameter>& all, const Function& f, double optimum,
                std::int64_t trials) {
    constexpr std::size_t seeds = 20;
    std::vector<double> bayesian, random;
    int wins = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        bayesian.push_back(bestOf(bayesian(trials), all, f, seed) - optimum);
        random.push_back(bestOf({.options = RandomOptions{.trials = trials}}, all, f, seed) - optimum);
        if (bayesian.back() < random.back()) ++wins;
    }
    const auto median = [](std::vector<double> values) {
        std::ranges::sort(values);
        return (values[seeds / 2 - 1] + values[seeds / 2]) / 2.0;
    };
    return {median(bayesian), median(random), wins};
}

} // namespace

class tst_bayesian : public QObject {
    Q_OBJECT

  private slots:
    void firstTrialsAreASobolSequence();
    void braninIsSolvedWhereRandomSearchIsFar();
    void hartmannIsApproachedWhereRandomSearchIsFar();
    void runningTrialsAreAvoided();
    void failedAndNaNTrialsAreAvoided();
    void nothingButFailuresGoesOnWithTheSobolSequence();
    void discreteSpaceIsNotTriedTwice();
    void constantLossIsSearchedOn();
    void manyTrialsAreThinnedOut();
    void modelSeesTheHighestRungWithEnoughTrials();
    void runningTrialCountsAsTheBest();
    void failedTrialCountsAsTheWorst();
    void outliersAreLoweredToTheFence();
    void earlyStoppingSearchFindsTheBestRegion();
};

void tst_bayesian::firstTrialsAreASobolSequence() {
    std::vector<Trial> trials;
    const auto tasks = carryOut(*makeSearch(bayesian(9), unitRanges(3), 1, 5), trials,
                                [](const Point& point, std::int64_t) { return point[0]; });
    const std::vector<Point> sequence = ScrambledSobol(3, 5).first(9);
    for (std::size_t i = 0; i < 8; ++i) QCOMPARE(tasks[i].point, sequence[i]);
    QVERIFY(tasks[8].point != sequence[8]);
}

void tst_bayesian::braninIsSolvedWhereRandomSearchIsFar() {
    const std::vector<Hyperparameter> all{{.name = "a", .min = -5.0, .max = 10.0},
                                          {.name = "b", .min = 0.0, .max = 15.0}};
    const Contest result = contest(all, branin, 0.397887, 40);
    QVERIFY2(result.bayesian < 0.01, QByteArray::number(result.bayesian));
    QVERIFY2(result.bayesian < 0.1 * result.random, QByteArray::number(result.random));
    QVERIFY2(result.wins >= 18, QByteArray::number(result.wins));
}

void tst_bayesian::hartmannIsApproachedWhereRandomSearchIsFar() {
    const Contest result = contest(unitRanges(6), hartmann6, -3.32237, 60);
    QVERIFY2(result.bayesian < 0.5, QByteArray::number(result.bayesian));
    QVERIFY2(result.bayesian < 0.5 * result.random, QByteArray::number(result.random));
    QVERIFY2(result.wins >= 17, QByteArray::number(result.wins));
}

void tst_bayesian::runningTrialsAreAvoided() {
    const std::vector<Hyperparameter> all{{.name = "a", .min = -5.0, .max = 10.0},
                                          {.name = "b", .min = 0.0, .max = 15.0}};
    const auto search = makeSearch(bayesian(100), all, 1, 0);
    std::vector<Trial> trials;
    carryOut(
        *search, trials,
        [&](const Point& point, std::int64_t) { return branin(SearchSpace(all).natural(point)); }, 12);
    std::vector<Point> running;
    for (int i = 0; i < 4; ++i) {
        const Task task = *search->next(trials);
        for (const Point& point : running)
            QVERIFY(std::hypot(point[0] - task.point[0], point[1] - task.point[1]) > 0.02);
        running.push_back(task.point);
        begin(trials, task);
    }
}

void tst_bayesian::failedAndNaNTrialsAreAvoided() {
    // What lies above one half is broken, by failure and by NaN in turn.
    const auto search = makeSearch(bayesian(40), unitRanges(1), 1, 2);
    std::vector<Trial> trials;
    int broken = 0;
    while (const auto task = search->next(trials)) {
        begin(trials, *task);
        const bool bad = task->point[0] > 0.5;
        if (bad && ++broken % 2 == 0) {
            trials.back().running = false;
            trials.back().failed = true;
        } else {
            end(trials, *task, [&](const Point& p, std::int64_t) { return bad ? notANumber : 1.0 - p[0]; });
        }
    }
    QVERIFY(broken <= 16); // of 32 after the start, most look where there is something to gain
    const auto best = std::ranges::min(trials, {}, [](const Trial& trial) { return trial.best(1); });
    QVERIFY(best.point[0] > 0.45);
}

void tst_bayesian::nothingButFailuresGoesOnWithTheSobolSequence() {
    const auto search = makeSearch(bayesian(100), unitRanges(2), 1, 0);
    std::vector<Trial> trials;
    for (std::int64_t i = 0; i < 12; ++i) {
        const Task task = *search->next(trials);
        QCOMPARE(task.point, ScrambledSobol(2, 0).point(static_cast<std::uint32_t>(i)));
        begin(trials, task);
        trials.back().running = false;
        trials.back().failed = true;
    }
}

void tst_bayesian::discreteSpaceIsNotTriedTwice() {
    const std::vector<Hyperparameter> all{{.name = "n", .min = 0.0, .max = 5.0, .discrete = true},
                                          {.name = "m", .min = 0.0, .max = 4.0, .discrete = true}};
    std::vector<Trial> trials;
    const auto tasks = carryOut(*makeSearch(bayesian(21), all, 1, 1), trials,
                                [](const Point& p, std::int64_t) { return p[0] - p[1]; });
    for (std::size_t i = 0; i < 20; ++i)
        for (std::size_t j = 0; j < i; ++j) QVERIFY(!samePoint(tasks[i].point, tasks[j].point));
    QCOMPARE(tasks.size(), std::size_t{21}); // the last one has no new point to go to
}

void tst_bayesian::constantLossIsSearchedOn() {
    std::vector<Trial> trials;
    const auto tasks = carryOut(*makeSearch(bayesian(12), unitRanges(2), 1, 1), trials,
                                [](const Point&, std::int64_t) { return 2.0; });
    for (std::size_t i = 0; i < tasks.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) QVERIFY(!samePoint(tasks[i].point, tasks[j].point));
}

void tst_bayesian::manyTrialsAreThinnedOut() {
    std::vector<Trial> trials;
    const std::vector<Point> points = ScrambledSobol(1, 3).first(600);
    for (std::int64_t i = 0; i < 600; ++i) {
        const Point& point = points[static_cast<std::size_t>(i)];
        trials.push_back(trained(i, point, std::pow(point[0] - 0.7, 2)));
    }
    const auto task = makeSearch(bayesian(1000), unitRanges(1), 1, 0)->next(trials);
    QVERIFY(std::abs(task->point[0] - 0.7) < 0.02);
}

void tst_bayesian::modelSeesTheHighestRungWithEnoughTrials() {
    // Two dimensions: three trials make a rung. Each trial's loss falls with its epochs.
    std::vector<Trial> trials;
    const auto add = [&](std::int64_t epochs) {
        const auto number = static_cast<std::int64_t>(trials.size());
        Trial trial{.number = number, .point = {0.1 * static_cast<double>(number), 0.5}, .epochs = epochs};
        for (std::int64_t e = 1; e <= epochs; ++e)
            trial.losses.emplace_back(e, static_cast<double>(10 * number) + 1.0 / static_cast<double>(e));
        trials.push_back(trial);
    };
    for (const std::int64_t epochs : {9, 3, 1, 3, 9}) add(epochs);
    const Observations middle = observationsOf(trials, {1, 3, 9}, 2);
    QCOMPARE(middle.points, (std::vector<Point>{{0.0, 0.5}, {0.1, 0.5}, {0.1 * 3.0, 0.5}, {0.4, 0.5}}));
    QCOMPARE(middle.losses[0], 1.0 / 3.0); // also those that went on count as they stood at that rung
    add(9);
    QCOMPARE(observationsOf(trials, {1, 3, 9}, 2).losses,
             (std::vector<double>{1.0 / 9.0, 40.0 + 1.0 / 9.0, 50.0 + 1.0 / 9.0}));
    QCOMPARE(observationsOf(trials, {1, 3, 9}, 9).points.size(), std::size_t{6});
}

void tst_bayesian::runningTrialCountsAsTheBest() {
    std::vector<Trial> trials{trained(0, {0.1}, 3.0), trained(1, {0.2}, 1.0), trained(2, {0.3}, 2.0)};
    trials.push_back({.number = 3, .point = {0.4}, .running = true});
    QCOMPARE(observationsOf(trials, {1}, 1).losses, (std::vector<double>{3.0, 1.0, 2.0, 1.0}));
}

void tst_bayesian::failedTrialCountsAsTheWorst() {
    std::vector<Trial> trials{trained(0, {0.1}, 3.0), trained(1, {0.2}, notANumber), trained(2, {0.3}, 2.0)};
    trials.push_back({.number = 3, .point = {0.4}, .failed = true});
    trials.push_back({.number = 4, .point = {0.5}}); // broken off
    QCOMPARE(observationsOf(trials, {1}, 1).losses, (std::vector<double>{3.0, 3.0, 2.0, 3.0}));
    trials[2].losses[0].second = std::numeric_limits<double>::infinity();
    QVERIFY(observationsOf(trials, {1}, 1).points.empty());
}

void tst_bayesian::outliersAreLoweredToTheFence() {
    // Quartiles 2 and 4: the fence is at 7.
    QCOMPARE(fenced({1.0, 2.0, 3.0, 4.0, 1e9}), (std::vector<double>{1.0, 2.0, 3.0, 4.0, 7.0}));
    QCOMPARE(fenced({-1e9, 2.0, 3.0, 4.0, 5.0}), (std::vector<double>{-1e9, 2.0, 3.0, 4.0, 5.0}));
}

void tst_bayesian::earlyStoppingSearchFindsTheBestRegion() {
    const TunerSpec spec{
        .options = BayesianOptions{.trials = 40, .halving = {.earlyStopping = EarlyStopping::asha}}};
    std::vector<Trial> trials;
    const auto tasks =
        carryOut(*makeSearch(spec, unitRanges(2), 9, 4), trials, [](const Point& p, std::int64_t e) {
            return std::pow(p[0] - 0.3, 2) + std::pow(p[1] - 0.6, 2) + 1.0 / static_cast<double>(e);
        });
    std::int64_t epochs = 0;
    for (const Trial& trial : trials) epochs += trial.epochs;
    QVERIFY(epochs < 40 * 9 / 2); // poor trials ended early
    const auto best = std::ranges::min(trials, {}, [](const Trial& trial) { return trial.best(9); });
    QCOMPARE(best.epochs, std::int64_t{9});
    QVERIFY(std::hypot(best.point[0] - 0.3, best.point[1] - 0.6) < 0.05);
    QVERIFY(tasks.size() > trials.size());
}

DSTN_TEST(tst_bayesian)
#include "tst_bayesian.moc"
