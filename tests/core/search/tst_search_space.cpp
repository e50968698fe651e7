#include "core/error.h"
#include "core/search/search_space.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>

using namespace dstn;

class tst_search_space : public QObject {
    Q_OBJECT

  private slots:
    void coordinateIsLinearInTheRange();
    void coordinateFollowsALogarithmicScale();
    void endsOfARangeAreNotReached();
    void discreteValuesAreEquallyLikelyAndInside();
    void discreteOnALogarithmicScaleHasItsShare();
    void rangeWithoutAWholeNumberHasItsMiddle();
    void naturalAndUnitAreInverse();
    void roundedPointsThatTrainTheSameAreTheSame();
    void allPointsAreListedWhereTheyAreFew();
    void onlyTunedOnesAreTaken();
    void missingEndIsRefused();
};

void tst_search_space::coordinateIsLinearInTheRange() {
    const SearchSpace space({{.name = "a", .min = -2.0, .max = 6.0}});
    QCOMPARE(space.natural({0.25}), std::vector<double>{0.0});
    QCOMPARE(space.unit({4.0}), Point{0.75});
}

void tst_search_space::coordinateFollowsALogarithmicScale() {
    const SearchSpace space({{.name = "a", .min = 1e-4, .max = 1.0, .log = true}});
    QVERIFY(std::abs(space.natural({0.5})[0] - 1e-2) < 1e-15);
    QVERIFY(std::abs(space.unit({1e-3})[0] - 0.25) < 1e-12);
}

void tst_search_space::endsOfARangeAreNotReached() {
    const SearchSpace space({{.name = "a", .min = 0.0, .max = 2.0}});
    QCOMPARE(space.natural({0.0}), std::vector<double>{2e-6});
    QVERIFY(space.natural({1.0})[0] < 2.0);
    QCOMPARE(space.natural(space.unit({0.0})), std::vector<double>{2e-6});
}

void tst_search_space::discreteValuesAreEquallyLikelyAndInside() {
    // Of a range from 2 to 6 the floors 2, 3, 4 and 5 lie inside.
    const SearchSpace space({{.name = "n", .min = 2.0, .max = 6.0, .discrete = true}});
    std::vector<int> counts(8, 0);
    for (int i = 0; i < 400; ++i) {
        const double value = space.natural({(i + 0.5) / 400.0})[0];
        QCOMPARE(value - std::floor(value), 0.5);
        ++counts[static_cast<std::size_t>(value)];
    }
    QCOMPARE(counts, (std::vector<int>{0, 0, 100, 100, 100, 100, 0, 0}));
    QCOMPARE(space.natural({0.0}), std::vector<double>{2.5});
    QCOMPARE(space.natural({1.0}), std::vector<double>{5.5});
}

void tst_search_space::discreteOnALogarithmicScaleHasItsShare() {
    // 1 has the half of log 4, 2 and 3 share the other one.
    const SearchSpace space({{.name = "n", .min = 1.0, .max = 4.0, .discrete = true, .log = true}});
    QCOMPARE(space.natural({0.49}), std::vector<double>{1.5});
    QCOMPARE(space.natural({0.51}), std::vector<double>{2.5});
    QCOMPARE(space.natural({0.80}), std::vector<double>{3.5}); // log 3 / log 4 = 0.792
    QCOMPARE(space.unit({1.0}), Point{0.25});
}

void tst_search_space::rangeWithoutAWholeNumberHasItsMiddle() {
    const SearchSpace space({{.name = "n", .min = 0.125, .max = 0.375, .discrete = true}});
    QCOMPARE(space.natural({0.9}), std::vector<double>{0.25});
    QCOMPARE(space.unit({0.25}), Point{0.5});
    QCOMPARE(space.all(10)->size(), std::size_t{1});
}

void tst_search_space::naturalAndUnitAreInverse() {
    const SearchSpace space({{.name = "a", .min = -3.0, .max = 11.0},
                             {.name = "b", .min = 1e-5, .max = 10.0, .log = true},
                             {.name = "c", .min = 0.0, .max = 5.0, .discrete = true},
                             {.name = "d", .min = 2.0, .max = 100.0, .discrete = true, .log = true}});
    for (int i = 0; i <= 100; ++i) {
        const double u = i / 100.0;
        const std::vector<double> values = space.natural({u, u, u, u}),
                                  again = space.natural(space.unit(values));
        for (std::size_t k = 0; k < values.size(); ++k)
            QVERIFY(std::abs(again[k] - values[k]) <= 1e-12 * std::abs(values[k]) + 1e-15);
    }
}

void tst_search_space::roundedPointsThatTrainTheSameAreTheSame() {
    const SearchSpace space(
        {{.name = "a", .min = 0.0, .max = 1.0}, {.name = "n", .min = 0.0, .max = 5.0, .discrete = true}});
    QCOMPARE(space.rounded({0.3, 0.21}), (Point{0.3, 0.3}));
    QCOMPARE(space.rounded({0.3, 0.39}), (Point{0.3, 0.3}));
    QCOMPARE(space.rounded({0.3, 0.41}), (Point{0.3, 0.5}));
}

void tst_search_space::allPointsAreListedWhereTheyAreFew() {
    const Hyperparameter three{.name = "n", .min = 0.0, .max = 3.0, .discrete = true},
        two{.name = "m", .min = 1.0, .max = 3.0, .discrete = true};
    const auto points = SearchSpace({three, two}).all(6);
    QVERIFY(points.has_value());
    QCOMPARE(points->size(), std::size_t{6});
    QCOMPARE(points->front(), (Point{1.0 / 6.0, 0.25}));
    QCOMPARE((*points)[1], (Point{1.0 / 6.0, 0.75}));
    QVERIFY(!SearchSpace({three, two}).all(5));
    QVERIFY(!SearchSpace({three, {.name = "a", .min = 0.0, .max = 1.0}}).all(1000));
}

void tst_search_space::onlyTunedOnesAreTaken() {
    const SearchSpace space({{.name = "held", .tune = false}, {.name = "a", .min = 0.0, .max = 1.0}});
    QCOMPARE(space.size(), std::size_t{1});
    QCOMPARE(space.tuned()[0].name, std::string("a"));
}

void tst_search_space::missingEndIsRefused() {
    try {
        const SearchSpace space({{.name = "a", .min = 0.0}});
        QFAIL("taken");
    } catch (const Error& error) {
        QVERIFY(error.kind() == ErrorKind::usage);
        QVERIFY(std::string(error.what()).find("\"a\" has no max") != std::string::npos);
    }
}

DSTN_TEST(tst_search_space)
#include "tst_search_space.moc"
