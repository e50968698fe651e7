#include "core/search/gaussian_process.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <numbers>

using namespace dstn;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

VectorXd vector(std::initializer_list<double> values) {
    return Eigen::Map<const VectorXd>(values.begin(), static_cast<Eigen::Index>(values.size()));
}

bool near(double a, double b, double relative = 1e-10) { return std::abs(a - b) <= relative * std::abs(b); }

/// Five observations in two dimensions.
MatrixXd fixedPoints() {
    MatrixXd points(2, 5);
    points << 0.1, 0.4, 0.5, 0.8, 0.95, 0.2, 0.9, 0.5, 0.3, 0.7;
    return points;
}
VectorXd fixedValues() { return vector({0.3, -1.2, 0.7, 1.1, -0.4}); }
Kernel fixedKernel() { return {.lengths = vector({0.3, 0.8}), .variance = 1.7, .noise = 0.01}; }

/// k(r) as the paper has it.
double matern52(double r) {
    const double root = std::sqrt(5.0);
    return (1.0 + root * r + 5.0 / 3.0 * r * r) * std::exp(-root * r);
}

} // namespace

class tst_gaussian_process : public QObject {
    Q_OBJECT

  private slots:
    void oneObservationHasItsClosedForm();
    void twoObservationsHaveTheirClosedForm();
    void posteriorMeetsScikitLearn();
    void manyPointsAreAsEachAlone();
    void slopesMeetCentralDifferences();
    void likelihoodMeetsScikitLearn();
    void likelihoodGradientMeetsCentralDifferences();
    void fittedKernelIsAStationaryPoint();
    void fitFindsWhichDimensionMatters();
    void fitTellsNoiseFromFunction();
    void repeatedPointsAreFitted();
    void equalValuesAreFitted();
};

void tst_gaussian_process::oneObservationHasItsClosedForm() {
    const GaussianProcess process(MatrixXd::Constant(1, 1, 0.25), vector({2.0}),
                                  {.lengths = vector({0.5}), .variance = 3.0, .noise = 0.5});
    const double k = 3.0 * matern52((0.75 - 0.25) / 0.5);
    const auto at = process.predict(vector({0.75}));
    QVERIFY(near(at.mean, k * 2.0 / 3.5, 1e-14));
    QVERIFY(near(at.variance, 3.0 - k * k / 3.5, 1e-14));
}

void tst_gaussian_process::twoObservationsHaveTheirClosedForm() {
    MatrixXd points(1, 2);
    points << 0.0, 1.0;
    const GaussianProcess process(points, vector({1.0, -2.0}),
                                  {.lengths = vector({1.0}), .variance = 1.0, .noise = 0.1});
    // K = [1.1 c; c 1.1] has the inverse [1.1 −c; −c 1.1] / (1.21 − c²).
    const double c = matern52(1.0), k0 = matern52(0.3), k1 = matern52(0.7), det = 1.21 - c * c;
    const auto at = process.predict(vector({0.3}));
    QVERIFY(near(at.mean, (k0 * (1.1 + 2.0 * c) + k1 * (-c - 2.2)) / det, 1e-13));
    QVERIFY(near(at.variance, 1.0 - (1.1 * (k0 * k0 + k1 * k1) - 2.0 * c * k0 * k1) / det, 1e-13));
}

void tst_gaussian_process::posteriorMeetsScikitLearn() {
    // scikit-learn 1.9: ConstantKernel(1.7) * Matern([0.3, 0.8], nu=2.5), alpha=0.01, not optimised.
    const GaussianProcess process(fixedPoints(), fixedValues(), fixedKernel());
    const double expected[][4] = {{0.45, 0.7, -0.29439583223731397, 0.03784906813466882},
                                  {0.2, 0.3, 0.18351410848715918, 0.21741837101752148},
                                  {0.5, 0.5, 0.6818605473033322, 0.00981045483573162}};
    for (const auto& [x, y, mean, variance] : expected) {
        const auto at = process.predict(vector({x, y}));
        QVERIFY(near(at.mean, mean, 1e-12));
        QVERIFY(near(at.variance, variance, 1e-11));
    }
}

void tst_gaussian_process::manyPointsAreAsEachAlone() {
    const GaussianProcess process(fixedPoints(), fixedValues(), fixedKernel());
    const MatrixXd points = MatrixXd::Random(2, 30);
    VectorXd means, variances;
    process.predict(points, means, variances);
    for (Eigen::Index i = 0; i < points.cols(); ++i) {
        const auto at = process.predict(points.col(i));
        QVERIFY(near(means[i], at.mean, 1e-11));
        QVERIFY(near(variances[i], at.variance, 1e-10));
    }
}

void tst_gaussian_process::slopesMeetCentralDifferences() {
    const GaussianProcess process(fixedPoints(), fixedValues(), fixedKernel());
    for (const VectorXd& x : {vector({0.45, 0.7}), vector({0.2, 0.3}), vector({0.9, 0.05})}) {
        const auto at = process.predict(x);
        for (Eigen::Index d = 0; d < 2; ++d) {
            constexpr double step = 1e-5;
            VectorXd up = x, down = x;
            up[d] += step;
            down[d] -= step;
            const auto above = process.predict(up), below = process.predict(down);
            QVERIFY(std::abs(at.meanSlope[d] - (above.mean - below.mean) / (2 * step)) < 1e-7);
            QVERIFY(std::abs(at.varianceSlope[d] - (above.variance - below.variance) / (2 * step)) < 1e-7);
        }
    }
}

void tst_gaussian_process::likelihoodMeetsScikitLearn() {
    VectorXd gradient;
    QVERIFY(near(logMarginalLikelihood(fixedPoints(), fixedValues(), fixedKernel(), gradient),
                 -7.817097851131197, 1e-13));
}

void tst_gaussian_process::likelihoodGradientMeetsCentralDifferences() {
    const auto value = [](const VectorXd& theta, VectorXd& gradient) {
        return logMarginalLikelihood(fixedPoints(), fixedValues(),
                                     {.lengths = theta.head(2).array().exp(),
                                      .variance = std::exp(theta[2]),
                                      .noise = std::exp(theta[3])},
                                     gradient);
    };
    for (const VectorXd& theta : {vector({-1.2, -0.2, 0.5, -4.6}), vector({0.3, 0.4, -0.5, -1.0})}) {
        VectorXd gradient, unused;
        value(theta, gradient);
        for (Eigen::Index i = 0; i < theta.size(); ++i) {
            constexpr double step = 1e-5;
            VectorXd up = theta, down = theta;
            up[i] += step;
            down[i] -= step;
            const double difference = (value(up, unused) - value(down, unused)) / (2 * step);
            QVERIFY(std::abs(gradient[i] - difference) < 1e-7 * std::max(1.0, std::abs(difference)));
        }
    }
}

void tst_gaussian_process::fittedKernelIsAStationaryPoint() {
    MatrixXd points = (MatrixXd::Random(1, 12).array() + 1.0) / 2.0;
    VectorXd values = (points.row(0).array() * 6.0).sin().matrix().transpose();
    values.array() -= values.mean();
    const Kernel kernel = fitKernel(points, values);
    VectorXd gradient;
    logMarginalLikelihood(points, values, kernel, gradient);
    // The prior's own gradient, by hand: −(log ℓ − √2) / 3, −log s², −(log σ² + 6) / 4.
    gradient[0] -= (std::log(kernel.lengths[0]) - std::numbers::sqrt2) / 3.0;
    gradient[1] -= std::log(kernel.variance);
    gradient[2] -= (std::log(kernel.noise) + 6.0) / 4.0;
    QVERIFY(std::abs(gradient[0]) < 1e-2 && std::abs(gradient[1]) < 1e-2);
    // The noise of a function without any is at its bound, towards which the slope still leads.
    QVERIFY(kernel.noise < 1e-4);
}

void tst_gaussian_process::fitFindsWhichDimensionMatters() {
    MatrixXd points(2, 25);
    VectorXd values(25);
    for (Eigen::Index i = 0; i < 25; ++i) {
        points(0, i) = (static_cast<double>(i % 5) + 0.5) / 5.0;
        points(1, i) = (static_cast<double>(i / 5) + 0.5) / 5.0;
        values[i] = std::sin(5.0 * points(0, i));
    }
    values.array() -= values.mean();
    const Kernel kernel = fitKernel(points, values);
    QVERIFY(kernel.lengths[1] > 4.0 * kernel.lengths[0]);
}

void tst_gaussian_process::fitTellsNoiseFromFunction() {
    MatrixXd points(1, 40);
    VectorXd values(40);
    for (Eigen::Index i = 0; i < 40; ++i) {
        points(0, i) = (static_cast<double>(i) + 0.5) / 40.0;
        values[i] = std::sin(3.0 * points(0, i)) + (i % 2 == 0 ? 0.4 : -0.4);
    }
    values.array() -= values.mean();
    const double noise = fitKernel(points, values).noise;
    QVERIFY(noise > 0.08 && noise < 0.32);
}

void tst_gaussian_process::repeatedPointsAreFitted() {
    const MatrixXd points = MatrixXd::Constant(2, 6, 0.5);
    const GaussianProcess process(points, vector({1.0, -1.0, 1.0, -1.0, 1.0, -1.0}));
    const auto at = process.predict(vector({0.5, 0.5}));
    QVERIFY(std::isfinite(at.mean) && std::abs(at.mean) < 0.1 && at.variance >= 0.0);
}

void tst_gaussian_process::equalValuesAreFitted() {
    const GaussianProcess process(fixedPoints(), VectorXd::Zero(5));
    QCOMPARE(process.predict(vector({0.3, 0.3})).mean, 0.0);
}

DSTN_TEST(tst_gaussian_process)
#include "tst_gaussian_process.moc"
