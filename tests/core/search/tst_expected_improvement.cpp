#include "core/search/expected_improvement.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace dstn;

namespace {

Hyperparameter discrete(const char* name, double count) {
    return {.name = name, .min = 0.0, .max = count, .discrete = true};
}

GaussianProcess modelOf(const std::vector<Point>& points, const std::vector<double>& values) {
    const auto d = static_cast<Eigen::Index>(points.front().size()),
               n = static_cast<Eigen::Index>(points.size());
    Eigen::MatrixXd columns(d, n);
    for (Eigen::Index i = 0; i < n; ++i)
        columns.col(i) = Eigen::Map<const Eigen::VectorXd>(points[static_cast<std::size_t>(i)].data(), d);
    return {columns, Eigen::Map<const Eigen::VectorXd>(values.data(), n),
            Kernel{.lengths = Eigen::VectorXd::Constant(d, 0.3), .variance = 1.0, .noise = 1e-6}};
}

double expectedImprovement(double mean, double variance, double best) {
    return std::exp(logExpectedImprovement(mean, variance, best));
}

double improvement(const GaussianProcess& model, const Point& point, double best) {
    const auto p = model.predict(
        Eigen::Map<const Eigen::VectorXd>(point.data(), static_cast<Eigen::Index>(point.size())));
    return expectedImprovement(p.mean, p.variance, best);
}

} // namespace

class tst_expected_improvement : public QObject {
    Q_OBJECT

  private slots:
    void improvementMeetsMpmath_data();
    void improvementMeetsMpmath();
    void improvementOfThePosteriorMeetsScipy();
    void expansionJoinsTheFormula();
    void withoutVarianceItIsWhatIsCertain();
    void maximumIsFound();
    void maximiserHoldsDiscreteCoordinatesInTheirSteps();
    void triedPointIsNotReturnedAgain();
    void exhaustedSpaceGivesATriedPoint();
};

void tst_expected_improvement::improvementMeetsMpmath_data() {
    QTest::addColumn<double>("mean");
    QTest::addColumn<double>("variance");
    QTest::addColumn<double>("best");
    QTest::addColumn<double>("expected");
    QTest::addColumn<double>("logarithm");
    // mpmath with 40 digits.
    QTest::newRow("at the best") << 0.0 << 1.0 << 0.0 << 0.39894228040143268 << -0.91893853320467274;
    QTest::newRow("above") << 1.0 << 0.25 << 0.0 << 0.0042453513084148188 << -5.4619307044770595;
    QTest::newRow("below") << -1.0 << 4.0 << 0.5 << 1.7623338357443065 << 0.56663897366799233;
    QTest::newRow("ten deviations above")
        << 10.0 << 1.0 << 0.0 << 7.474560254589328e-25 << -55.553122036122356;
    QTest::newRow("thirty") << 3.0 << 0.01 << 0.0 << 1.6319567340914012e-200 << -460.02723885359205;
    QTest::newRow("forty") << 40.0 << 1.0 << 0.0 << 0.0 << -808.29856835661996;
}

void tst_expected_improvement::improvementMeetsMpmath() {
    QFETCH(double, mean);
    QFETCH(double, variance);
    QFETCH(double, best);
    QFETCH(double, expected);
    QFETCH(double, logarithm);
    QVERIFY(std::abs(expectedImprovement(mean, variance, best) - expected) <= 1e-7 * expected);
    QVERIFY(std::abs(logExpectedImprovement(mean, variance, best) - logarithm) <= 1e-8);
}

void tst_expected_improvement::improvementOfThePosteriorMeetsScipy() {
    // The posterior of tst_gaussian_process at (0.45, 0.7) and (0.2, 0.3), over −1.2.
    QVERIFY(std::abs(expectedImprovement(-0.29439583223731397, 0.03784906813466882, -1.2) /
                         6.2576189503378090e-08 -
                     1.0) < 1e-10);
    QVERIFY(std::abs(expectedImprovement(0.18351410848715918, 0.21741837101752148, -1.2) /
                         2.0004004178852608e-04 -
                     1.0) < 1e-11);
}

void tst_expected_improvement::expansionJoinsTheFormula() {
    const double before = logExpectedImprovement(24.999999, 1.0, 0.0),
                 after = logExpectedImprovement(25.000001, 1.0, 0.0);
    QVERIFY(std::abs((before - after) - 2e-6 * 25.08) < 1e-7);
}

void tst_expected_improvement::withoutVarianceItIsWhatIsCertain() {
    QCOMPARE(expectedImprovement(1.0, 0.0, 3.0), 2.0);
    QCOMPARE(expectedImprovement(3.0, 0.0, 1.0), 0.0);
    QCOMPARE(logExpectedImprovement(3.0, 0.0, 1.0), -std::numeric_limits<double>::infinity());
}

void tst_expected_improvement::maximumIsFound() {
    const SearchSpace space({{.name = "a", .min = 0.0, .max = 1.0}, {.name = "b", .min = 0.0, .max = 1.0}});
    const std::vector<Point> points{{0.1, 0.1}, {0.9, 0.2}, {0.5, 0.6}, {0.2, 0.8}, {0.8, 0.9}};
    const std::vector<double> values{0.5, 1.0, -1.0, -0.2, 0.3};
    const GaussianProcess model = modelOf(points, values);
    const double found =
        improvement(model, maximizeExpectedImprovement(model, -1.0, space, points, {points[2]}, 0, 0), -1.0);
    double most = 0.0;
    for (int i = 0; i <= 300; ++i)
        for (int j = 0; j <= 300; ++j)
            most = std::max(most, improvement(model, {i / 300.0, j / 300.0}, -1.0));
    QVERIFY(most > 0.0);
    QVERIFY(found >= most * (1.0 - 1e-6));
}

void tst_expected_improvement::maximiserHoldsDiscreteCoordinatesInTheirSteps() {
    const SearchSpace space({{.name = "a", .min = 0.0, .max = 1.0}, discrete("n", 4.0)});
    const std::vector<Point> points{{0.1, 0.125}, {0.9, 0.375}, {0.5, 0.875}};
    const GaussianProcess model = modelOf(points, {0.5, -1.0, 0.4});
    const Point found = maximizeExpectedImprovement(model, -1.0, space, points, points, 0, 0);
    QCOMPARE(space.rounded(found), found);
    double most = 0.0;
    for (int i = 0; i <= 2000; ++i)
        for (const double n : {0.125, 0.375, 0.625, 0.875})
            most = std::max(most, improvement(model, {i / 2000.0, n}, -1.0));
    QVERIFY(improvement(model, found, -1.0) >= most * (1.0 - 1e-6));
}

void tst_expected_improvement::triedPointIsNotReturnedAgain() {
    const SearchSpace space({discrete("n", 5.0)});
    const std::vector<Point> observed{{0.1}, {0.9}};
    const GaussianProcess model = modelOf(observed, {0.0, -1.0});
    std::vector<Point> tried = observed;
    for (int i = 0; i < 3; ++i) {
        const Point next = maximizeExpectedImprovement(model, -1.0, space, tried, {}, 0, 0);
        for (const Point& point : tried) QVERIFY(!samePoint(point, next));
        tried.push_back(next);
    }
}

void tst_expected_improvement::exhaustedSpaceGivesATriedPoint() {
    const SearchSpace space({discrete("n", 2.0)});
    const std::vector<Point> tried{{0.25}, {0.75}};
    const GaussianProcess model = modelOf(tried, {0.0, -1.0});
    QCOMPARE(space.rounded(maximizeExpectedImprovement(model, -1.0, space, tried, {}, 0, 0)).size(),
             std::size_t{1});
}

DSTN_TEST(tst_expected_improvement)
#include "tst_expected_improvement.moc"
