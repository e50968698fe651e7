#include "core/error.h"
#include "core/search/grid.h"
#include "core/search/sobol.h"
#include "core/search/uniform.h"
#include "tests/core/search/trials.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <functional>
#include <set>

using namespace dstn;

namespace {

TunerSpec randomSearch(std::int64_t trials) { return {.options = RandomOptions{.trials = trials}}; }

double zero(const Point&, std::int64_t) { return 0.0; }

std::vector<Point> pointsOf(const std::vector<Task>& tasks) {
    std::vector<Point> points;
    for (const Task& task : tasks) points.push_back(task.point);
    return points;
}

} // namespace

Q_DECLARE_METATYPE(dstn::TunerSpec)

class tst_samplers : public QObject {
    Q_OBJECT

  private slots:
    void gridGoesThroughAllCombinationsInOrder();
    void gridTakesNamedValues();
    void gridHasEachDiscreteValueOnce();
    void gridEndsAtItsTrials();
    void uniformPointsAreTheSameEverywhere();
    void uniformPointsFillTheCube();
    void sobolCoordinatesFallOnceInEachInterval();
    void sobolPairsFormANet();
    void sobolSequenceAndItsPointsAgree();
    void scramblingFollowsTheSeed();
    void scrambledPointIsUniform();
    void tooManyDimensionsAreRefused();
    void everyTrialIsAWholeTraining();
    void brokenOffTrialGoesOnFirst();
    void failedAndRunningTrialsAreLeftAlone();
    void resumedSearchContinuesAsIfNeverInterrupted_data();
    void resumedSearchContinuesAsIfNeverInterrupted();
    void extendedSearchKeepsItsFirstTrials();
    void everyTypeThatSearchesMakesASearch();
    void otherTunersAreNoSearch();
};

void tst_samplers::gridGoesThroughAllCombinationsInOrder() {
    const TunerSpec spec{.options = GridOptions{.trials = 100, .points = 2}};
    std::vector<Trial> trials;
    const auto tasks = carryOut(*makeSearch(spec, unitRanges(2), 4, 0), trials, zero);
    QCOMPARE(pointsOf(tasks), (std::vector<Point>{{0.25, 0.25}, {0.25, 0.75}, {0.75, 0.25}, {0.75, 0.75}}));
    QCOMPARE(tasks[2], (Task{.trial = 2, .point = {0.75, 0.25}, .epochs = 4}));
}

void tst_samplers::gridTakesNamedValues() {
    const GridOptions spec{.trials = 100, .points = 1, .values = {{.name = "decay", .values = {1e-3, 1e-1}}}};
    const std::vector<Hyperparameter> all{{.name = "rate", .min = 0.0, .max = 1.0},
                                          {.name = "decay", .min = 1e-4, .max = 1.0, .log = true}};
    const SearchSpace space(all);
    const Grid grid(space, spec);
    QCOMPARE(grid.size(), 2.0);
    QVERIFY(std::abs(space.natural(grid.point(0))[1] - 1e-3) < 1e-15);
    QVERIFY(std::abs(space.natural(grid.point(1))[1] - 1e-1) < 1e-13);
    QCOMPARE(space.natural(grid.point(1))[0], 0.5);
}

void tst_samplers::gridHasEachDiscreteValueOnce() {
    const GridOptions spec{.trials = 100, .points = 7};
    const SearchSpace space({{.name = "n", .min = 0.0, .max = 3.0, .discrete = true}});
    const Grid grid(space, spec);
    QCOMPARE(grid.size(), 3.0);
    QCOMPARE(space.natural(grid.point(2)), std::vector<double>{2.5});
}

void tst_samplers::gridEndsAtItsTrials() {
    const GridOptions spec{.trials = 3, .points = 10'000};
    std::vector<Trial> trials;
    QCOMPARE(carryOut(*makeSearch({.options = spec}, unitRanges(9), 1, 0), trials, zero).size(),
             std::size_t{3});
    QCOMPARE(Grid(SearchSpace(unitRanges(9)), spec).size(), 1e36);
}

void tst_samplers::uniformPointsAreTheSameEverywhere() {
    // By an implementation of SplitMix64 and MT19937-64 of its own.
    const SearchSpace space(unitRanges(2));
    QCOMPARE(uniformPoint(space, 0, 0), (Point{0.48207114651429983, 0.09763522103738842}));
    QCOMPARE(uniformPoint(space, 7, 3), (Point{0.517972737522216, 0.7212330090367963}));
    std::vector<Trial> trials;
    QCOMPARE(carryOut(*makeSearch(randomSearch(4), unitRanges(2), 1, 7), trials, zero)[3].point,
             uniformPoint(space, 7, 3));
}

void tst_samplers::uniformPointsFillTheCube() {
    const SearchSpace space(unitRanges(1));
    std::vector<int> counts(10, 0);
    for (std::uint64_t i = 0; i < 10'000; ++i)
        ++counts[static_cast<std::size_t>(uniformPoint(space, 1, i)[0] * 10.0)];
    for (const int count : counts) QVERIFY(std::abs(count - 1000) < 120); // four standard deviations
}

void tst_samplers::sobolCoordinatesFallOnceInEachInterval() {
    constexpr std::size_t dimension = 40;
    for (const std::uint64_t seed : {0, 1, 2})
        for (const std::uint32_t count : {1, 2, 4, 32, 256, 1024}) {
            const std::vector<Point> points = ScrambledSobol(dimension, seed).first(count);
            for (std::size_t d = 0; d < dimension; ++d) {
                std::set<int> intervals;
                for (const Point& point : points) {
                    QVERIFY(point[d] > 0.0 && point[d] < 1.0);
                    intervals.insert(static_cast<int>(point[d] * count));
                }
                QCOMPARE(intervals.size(), std::size_t{count});
            }
        }
}

void tst_samplers::sobolPairsFormANet() {
    // The first two dimensions are a (0, 4, 2)-net: each box of area 1/16 has one of 16 points.
    const std::vector<Point> points = ScrambledSobol(2, 5).first(16);
    for (const int wide : {1, 2, 4, 8, 16}) {
        std::set<std::pair<int, int>> boxes;
        for (const Point& point : points)
            boxes.emplace(static_cast<int>(point[0] * wide), static_cast<int>(point[1] * (16 / wide)));
        QCOMPARE(boxes.size(), std::size_t{16});
    }
}

void tst_samplers::sobolSequenceAndItsPointsAgree() {
    const ScrambledSobol sequence(3, 9);
    const std::vector<Point> points = sequence.first(50);
    for (std::uint32_t i = 0; i < 50; ++i) QCOMPARE(sequence.point(i), points[i]);
    const TunerSpec spec{.options = RandomOptions{.trials = 5, .sampling = Sampling::sobol}};
    std::vector<Trial> trials;
    QCOMPARE(pointsOf(carryOut(*makeSearch(spec, unitRanges(3), 1, 9), trials, zero)), sequence.first(5));
}

void tst_samplers::scramblingFollowsTheSeed() {
    QCOMPARE(ScrambledSobol(2, 3).first(8), ScrambledSobol(2, 3).first(8));
    const std::vector<Point> one = ScrambledSobol(2, 3).first(8), other = ScrambledSobol(2, 4).first(8);
    for (std::size_t i = 0; i < 8; ++i)
        QVERIFY(one[i][0] != other[i][0] && one[i][1] != other[i][1] && one[i][0] != one[i][1]);
}

void tst_samplers::scrambledPointIsUniform() {
    // Over seeds, point 5 falls anywhere.
    std::vector<int> counts(8, 0);
    for (std::uint64_t seed = 0; seed < 8000; ++seed)
        ++counts[static_cast<std::size_t>(ScrambledSobol(2, seed).point(5)[1] * 8.0)];
    for (const int count : counts) QVERIFY(std::abs(count - 1000) < 120);
}

void tst_samplers::tooManyDimensionsAreRefused() {
    QVERIFY_EXCEPTION_THROWN(ScrambledSobol(ScrambledSobol::largestDimension() + 1, 0), Error);
    QCOMPARE(ScrambledSobol(ScrambledSobol::largestDimension(), 0).point(1).size(),
             ScrambledSobol::largestDimension());
}

void tst_samplers::everyTrialIsAWholeTraining() {
    std::vector<Trial> trials;
    const auto tasks = carryOut(*makeSearch(randomSearch(5), unitRanges(2), 8, 0), trials, zero);
    QCOMPARE(tasks.size(), std::size_t{5});
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        QCOMPARE(tasks[i].trial, static_cast<std::int64_t>(i));
        QCOMPARE(tasks[i].epochs, std::int64_t{8});
        QVERIFY(!tasks[i].inherit);
    }
}

void tst_samplers::brokenOffTrialGoesOnFirst() {
    const auto search = makeSearch(randomSearch(5), unitRanges(1), 8, 0);
    const std::vector<Trial> trials{trained(0, {0.5}, 1.0, 8), trained(1, {0.7}, 1.0, 3),
                                    trained(2, {0.1}, 1.0, 8)};
    QCOMPARE(*search->next(trials), (Task{.trial = 1, .point = {0.7}, .epochs = 8}));
}

void tst_samplers::failedAndRunningTrialsAreLeftAlone() {
    const auto search = makeSearch(randomSearch(3), unitRanges(1), 8, 0);
    std::vector<Trial> trials{trained(0, {0.5}, 1.0, 2), trained(1, {0.7}, 1.0, 3)};
    trials[0].failed = true;
    trials[1].running = true;
    QCOMPARE(search->next(trials)->trial, std::int64_t{2});
    trials.push_back({.number = 2, .point = {0.2}, .running = true});
    QVERIFY(!search->next(trials));
}

void tst_samplers::resumedSearchContinuesAsIfNeverInterrupted_data() {
    QTest::addColumn<TunerSpec>("spec");
    constexpr std::int64_t trials = 14, startTrials = 5;
    const HalvingOptions none, asha{.earlyStopping = EarlyStopping::asha};
    const auto row = [](const char* name, TunerOptions options) {
        QTest::newRow(name) << TunerSpec{.options = std::move(options)};
    };
    row("grid", GridOptions{.trials = trials});
    row("random", RandomOptions{.trials = trials});
    row("bayesian", BayesianOptions{.trials = trials, .halving = none, .startTrials = startTrials});
    row("pbt", PbtOptions{});
    row("random, asha", RandomOptions{.trials = trials, .halving = asha});
    row("bayesian, asha", BayesianOptions{.trials = trials, .halving = asha, .startTrials = startTrials});
}

void tst_samplers::resumedSearchContinuesAsIfNeverInterrupted() {
    QFETCH(TunerSpec, spec);
    const std::vector<Hyperparameter> all{{.name = "a", .min = 0.0, .max = 1.0},
                                          {.name = "n", .min = 0.0, .max = 5.0, .discrete = true}};
    const auto loss = [](const Point& point, std::int64_t epoch) {
        return std::pow(point[0] - 0.3, 2) + std::abs(point[1] - 0.5) + 1.0 / static_cast<double>(epoch);
    };
    std::vector<Trial> whole;
    const auto tasks = carryOut(*makeSearch(spec, all, 9, 3), whole, loss);
    QVERIFY(tasks.size() >= 8);
    std::vector<Trial> trials;
    for (const Task& task : tasks) {
        const auto search = makeSearch(spec, all, 9, 3); // a new one each time knows the trials alone
        QCOMPARE(*search->next(trials), task);
        QCOMPARE(*search->next(trials), task);
        begin(trials, task);
        end(trials, task, loss);
    }
}

void tst_samplers::extendedSearchKeepsItsFirstTrials() {
    const auto bayesian = [](std::int64_t trials) {
        return TunerSpec{.options = BayesianOptions{.trials = trials}};
    };
    for (const auto& makeSpec :
         std::initializer_list<std::function<TunerSpec(std::int64_t)>>{randomSearch, bayesian}) {
        std::vector<Trial> few, many;
        const auto loss = [](const Point& point, std::int64_t) { return point[0]; };
        const auto first = carryOut(*makeSearch(makeSpec(10), unitRanges(2), 1, 3), few, loss);
        const auto longer = carryOut(*makeSearch(makeSpec(14), unitRanges(2), 1, 3), many, loss);
        QVERIFY(std::equal(first.begin(), first.end(), longer.begin()));
        const auto rest = carryOut(*makeSearch(makeSpec(14), unitRanges(2), 1, 3), few, loss);
        QVERIFY(std::equal(rest.begin(), rest.end(), longer.begin() + 10, longer.end()));
    }
}

void tst_samplers::everyTypeThatSearchesMakesASearch() {
    for (const TunerTraits& type : tunerTypes()) {
        if (!type.searches()) continue;
        const TunerSpec spec{.options = tunerOptions(type.id)};
        QVERIFY(makeSearch(spec, unitRanges(2), 4, 0)->next({}));
        QVERIFY(type.trials(spec) > 0);
    }
}

void tst_samplers::otherTunersAreNoSearch() {
    QVERIFY_EXCEPTION_THROWN((void)makeSearch(TunerSpec{}, unitRanges(1), 1, 0), Error);
}

DSTN_TEST(tst_samplers)
#include "tst_samplers.moc"
