#include "core/search/pbt.h"
#include "core/search/uniform.h"
#include "tests/core/search/trials.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <set>

using namespace dstn;

namespace {

PbtOptions pbtSpec(std::int64_t population, double quantile = 0.25) {
    return {.population = population, .intervalEpochs = 2, .quantile = quantile};
}

PopulationBasedTraining pbt(const PbtOptions& spec, std::vector<Hyperparameter> all = unitRanges(2),
                            std::int64_t epochs = 6) {
    return {SearchSpace(all), spec, epochs, 0};
}

/// A population that has come to an epoch with these losses.
std::vector<Trial> population(std::initializer_list<double> losses, std::int64_t epochs = 2) {
    std::vector<Trial> trials;
    for (const double loss : losses) {
        const auto number = static_cast<std::int64_t>(trials.size());
        trials.push_back(trained(number, {0.1 + 0.1 * static_cast<double>(number), 0.5}, loss, epochs));
    }
    return trials;
}

} // namespace

class tst_pbt : public QObject {
    Q_OBJECT

  private slots:
    void membersStartAtPointsOfTheirOwn();
    void worstTakesOverTheBestAndComesFirst();
    void othersGoOnAsTheyAre();
    void generationWaitsForAllItsMembers();
    void rankingIsTheSameWhileTheGenerationGoesOn();
    void rankingGoesByTheLossAtThatEpoch();
    void donorsAreDrawnUniformlyFromTheBest();
    void explorationMultipliesOrDrawsAnew();
    void explorationStaysInsideTheRange();
    void discreteOnesGoOneUpOrDown();
    void drawsFollowFromMemberAndGeneration();
    void failedMemberIsLeftOut();
    void lossThatIsNotFiniteRanksLastAndIsNotTakenOver();
    void memberBrokenOffGoesOnWithoutExploiting();
    void lastGenerationEndsWithTheTraining();
    void populationGetsBetter();
};

void tst_pbt::membersStartAtPointsOfTheirOwn() {
    const auto search = pbt(pbtSpec(4));
    std::vector<Trial> trials;
    for (std::int64_t m = 0; m < 4; ++m) {
        const Task task = *search.next(trials);
        QCOMPARE(task,
                 (Task{.trial = m,
                       .point = uniformPoint(SearchSpace(unitRanges(2)), 0, static_cast<std::uint64_t>(m)),
                       .epochs = 2}));
        begin(trials, task);
    }
    QVERIFY(!search.next(trials));
}

void tst_pbt::worstTakesOverTheBestAndComesFirst() {
    // Of four a quarter is one: 2, the worst, takes over 1, the best.
    const auto search = pbt(pbtSpec(4));
    const std::vector<Trial> trials = population({0.4, 0.1, 0.9, 0.3});
    const Task task = *search.next(trials);
    QCOMPARE(task.trial, std::int64_t{2});
    QCOMPARE(task.inherit, std::optional<std::int64_t>{1});
    QCOMPARE(task.epochs, std::int64_t{4});
    QCOMPARE(task.point, search.explored(trials[1].point, 2, 2));
    QVERIFY(task.point != trials[1].point && task.point != trials[2].point);
}

void tst_pbt::othersGoOnAsTheyAre() {
    const auto search = pbt(pbtSpec(4));
    std::vector<Trial> trials = population({0.4, 0.1, 0.9, 0.3});
    begin(trials, *search.next(trials));
    for (const std::int64_t m : {0, 1, 3}) {
        const Task task = *search.next(trials);
        QCOMPARE(task, (Task{.trial = m, .point = trials[static_cast<std::size_t>(m)].point, .epochs = 4}));
        begin(trials, task);
    }
    QVERIFY(!search.next(trials));
}

void tst_pbt::generationWaitsForAllItsMembers() {
    const auto search = pbt(pbtSpec(4));
    std::vector<Trial> trials = population({0.4, 0.1, 0.9, 0.3});
    trials[3].epochs = 1;
    trials[3].losses.pop_back();
    trials[3].running = true;
    QVERIFY(!search.next(trials));
    trials[3].running = false; // broken off: it is to go on
    QCOMPARE(search.next(trials)->trial, std::int64_t{3});
}

void tst_pbt::rankingIsTheSameWhileTheGenerationGoesOn() {
    const auto search = pbt(pbtSpec(4));
    std::vector<Trial> trials = population({0.4, 0.1, 0.9, 0.3});
    const Task first = *search.next(trials);
    // 2 was begun and broken off at once; meanwhile 1 trained on and got worse, and 0 failed.
    trials[2].point = first.point;
    trials[1] = trained(1, trials[1].point, 0.1, 2);
    trials[1].losses.insert(trials[1].losses.end(), {{3, 9.0}, {4, 9.0}});
    trials[1].epochs = 4;
    trials[0].failed = true;
    QCOMPARE(*search.next(trials), first);
}

void tst_pbt::rankingGoesByTheLossAtThatEpoch() {
    std::vector<Trial> trials = population({0.4, 0.1, 0.5, 0.3});
    trials[0].losses = {{1, 0.0}, {2, 0.9}}; // it was the best once
    QCOMPARE(pbt(pbtSpec(4)).next(trials)->trial, std::int64_t{0});
}

void tst_pbt::donorsAreDrawnUniformlyFromTheBest() {
    // Half of 400 members: the worst 200 take over the best 200.
    std::vector<Trial> trials;
    for (std::int64_t m = 0; m < 400; ++m)
        trials.push_back(trained(m, {0.5, 0.5}, static_cast<double>(m), 2));
    const auto search = pbt(pbtSpec(400, 0.5));
    std::vector<int> quarters(4, 0);
    for (std::int64_t m = 0; m < 400; ++m) {
        const auto donor = search.exploited(trials, m, 2);
        QCOMPARE(donor.has_value(), m >= 200);
        if (!donor) continue;
        QVERIFY(*donor < 200);
        ++quarters[static_cast<std::size_t>(*donor / 50)];
    }
    for (const int count : quarters) QVERIFY(std::abs(count - 50) < 25); // four standard deviations
}

void tst_pbt::explorationMultipliesOrDrawsAnew() {
    const std::vector<Hyperparameter> all{{.name = "a", .min = 1e-3, .max = 10.0, .log = true}};
    const SearchSpace space(all);
    const auto search = pbt(pbtSpec(4), all);
    const Point donor = space.unit({0.5});
    int up = 0, down = 0, anew = 0;
    std::set<double> drawn;
    for (std::int64_t m = 0; m < 4000; ++m) {
        const double value = space.natural(search.explored(donor, m, 2))[0];
        if (std::abs(value - 0.6) < 1e-12)
            ++up;
        else if (std::abs(value - 0.4) < 1e-12)
            ++down;
        else {
            ++anew;
            drawn.insert(value);
        }
    }
    QVERIFY(std::abs(anew - 1000) < 110); // four standard deviations
    QVERIFY(std::abs(up - down) < 220);
    QCOMPARE(drawn.size(), static_cast<std::size_t>(anew));
    QVERIFY(*drawn.begin() < 0.003 && *drawn.rbegin() > 3.0);
}

void tst_pbt::explorationStaysInsideTheRange() {
    const auto search = pbt(pbtSpec(4), unitRanges(1));
    for (std::int64_t m = 0; m < 200; ++m) {
        const double u = search.explored({0.95}, m, 2)[0];
        QVERIFY(u > 0.0 && u < 1.0);
    }
}

void tst_pbt::discreteOnesGoOneUpOrDown() {
    const std::vector<Hyperparameter> all{{.name = "n", .min = 0.0, .max = 100.0, .discrete = true}};
    const SearchSpace space(all);
    const auto search = pbt(pbtSpec(4), all);
    int near = 0, atTheEnd = 0;
    for (std::int64_t m = 0; m < 400; ++m) {
        const double value = space.natural(search.explored(space.unit({40.5}), m, 2))[0];
        QCOMPARE(value - std::floor(value), 0.5);
        if (value == 39.5 || value == 41.5) ++near;
        if (space.natural(search.explored(space.unit({0.5}), m, 2))[0] == 0.5) ++atTheEnd;
    }
    QVERIFY(near > 250 && near < 350);
    QVERIFY(atTheEnd > 90); // down from the lowest is the lowest
}

void tst_pbt::drawsFollowFromMemberAndGeneration() {
    const auto search = pbt(pbtSpec(4));
    const Point donor{0.5, 0.5};
    QCOMPARE(search.explored(donor, 1, 2), search.explored(donor, 1, 2));
    std::set<Point> different;
    for (const std::int64_t member : {0, 1, 2})
        for (const std::int64_t epochs : {2, 4}) different.insert(search.explored(donor, member, epochs));
    QVERIFY(different.size() >= 4); // two factors and two dimensions alone give four points
}

void tst_pbt::failedMemberIsLeftOut() {
    const auto search = pbt(pbtSpec(5));
    std::vector<Trial> trials = population({0.4, 0.1, 0.9, 0.3, 0.2});
    trials[2].failed = true;
    trials[2].epochs = 1;
    const Task task = *search.next(trials);
    QCOMPARE(task.trial, std::int64_t{0}); // the worst of the four that came here
    QCOMPARE(task.inherit, std::optional<std::int64_t>{1});
}

void tst_pbt::lossThatIsNotFiniteRanksLastAndIsNotTakenOver() {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto search = pbt(pbtSpec(4, 0.5));
    std::vector<Trial> trials = population({nan, 0.7, 0.9, nan});
    QVERIFY(!search.exploited(trials, 1, 2));
    for (const std::int64_t m : {0, 3}) {
        const auto donor = search.exploited(trials, m, 2);
        QVERIFY(donor == std::optional<std::int64_t>{1} || donor == std::optional<std::int64_t>{2});
    }
    trials = population({nan, nan, nan, nan});
    for (const std::int64_t m : {0, 1, 2, 3}) QVERIFY(!search.exploited(trials, m, 2));
}

void tst_pbt::memberBrokenOffGoesOnWithoutExploiting() {
    const auto search = pbt(pbtSpec(4));
    std::vector<Trial> trials = population({0.4, 0.1, 0.9, 0.3});
    trials[2] = trained(2, {0.7, 0.7}, 0.9, 3);
    QCOMPARE(*search.next(trials), (Task{.trial = 2, .point = {0.7, 0.7}, .epochs = 4}));
    trials = std::vector<Trial>{{.number = 0, .point = {0.3, 0.3}}};
    QCOMPARE(*search.next(trials), (Task{.trial = 0, .point = {0.3, 0.3}, .epochs = 2}));
}

void tst_pbt::lastGenerationEndsWithTheTraining() {
    const auto search = pbt(pbtSpec(4), unitRanges(2), 5);
    QCOMPARE(search.next(population({0.4, 0.1, 0.9, 0.3}, 4))->epochs, std::int64_t{5});
    QVERIFY(!search.next(population({0.4, 0.1, 0.9, 0.3}, 5)));
}

void tst_pbt::populationGetsBetter() {
    // The loss is the distance from the optimum: those far from it die out.
    const auto search = pbt(pbtSpec(12), unitRanges(2), 40);
    std::vector<Trial> trials;
    carryOut(search, trials, [](const Point& p, std::int64_t) { return std::hypot(p[0] - 0.3, p[1] - 0.6); });
    const auto median = [&](std::int64_t epoch) {
        std::vector<double> losses;
        for (const Trial& trial : trials)
            losses.push_back(trial.losses[static_cast<std::size_t>(epoch - 1)].second);
        std::ranges::sort(losses);
        return losses[6];
    };
    QVERIFY(median(40) < 0.5 * median(1));
}

DSTN_TEST(tst_pbt)
#include "tst_pbt.moc"
