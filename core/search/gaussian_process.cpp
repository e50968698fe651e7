#include "core/search/gaussian_process.h"

#include "core/search/minimize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace dstn {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

const double sqrt5 = std::sqrt(5.0);

/// k / s² by r².
double matern(double squared) {
    const double a = sqrt5 * std::sqrt(squared);
    return (1.0 + a + a * a / 3.0) * std::exp(-a);
}

/// −(dk/dr) / (r s²): 5/3 (1 + √5 r) exp(−√5 r), also where r = 0.
double maternSlope(double squared) {
    const double a = sqrt5 * std::sqrt(squared);
    return 5.0 / 3.0 * (1.0 + a) * std::exp(-a);
}

MatrixXd scaledBy(MatrixXd points, const VectorXd& lengths) {
    points.array().colwise() /= lengths.array();
    return points;
}

/// K; its lower triangle is what counts.
MatrixXd covariance(const MatrixXd& scaled, const Kernel& kernel) {
    const Eigen::Index n = scaled.cols();
    MatrixXd result(n, n);
    for (Eigen::Index j = 0; j < n; ++j) {
        result(j, j) = kernel.variance + kernel.noise;
        for (Eigen::Index i = j + 1; i < n; ++i)
            result(i, j) = kernel.variance * matern((scaled.col(i) - scaled.col(j)).squaredNorm());
    }
    return result;
}

// The vector that L-BFGS moves: (log ℓ, log s², log σ²).

Kernel kernelOf(const VectorXd& theta) {
    const Eigen::Index d = theta.size() - 2;
    return {.lengths = theta.head(d).array().exp(),
            .variance = std::exp(theta[d]),
            .noise = std::exp(theta[d + 1])};
}

VectorXd theta(double length, double variance, double noise, Eigen::Index dimension) {
    VectorXd result = VectorXd::Constant(dimension + 2, std::log(length));
    result[dimension] = std::log(variance);
    result[dimension + 1] = std::log(noise);
    return result;
}

/// −log(likelihood · prior) but for a constant.
double cost(const MatrixXd& points, const VectorXd& values, const VectorXd& at, VectorXd& gradient) {
    const Eigen::Index d = points.rows();
    const double likelihood = logMarginalLikelihood(points, values, kernelOf(at), gradient);
    constexpr double none = 1e10; // L-BFGS needs a number
    double result = std::isfinite(likelihood) ? -likelihood : none;
    gradient = -gradient;
    const auto prior = [&](Eigen::Index i, double mean, double variance) {
        const double away = at[i] - mean;
        result += away * away / (2.0 * variance);
        gradient[i] += away / variance;
    };
    const double length = std::numbers::sqrt2 + 0.5 * std::log(static_cast<double>(d));
    for (Eigen::Index i = 0; i < d; ++i) prior(i, length, 3.0);
    prior(d, 0.0, 1.0);
    prior(d + 1, -6.0, 4.0);
    return result;
}

} // namespace

double logMarginalLikelihood(const MatrixXd& points, const VectorXd& values, const Kernel& kernel,
                             VectorXd& gradient) {
    const Eigen::Index d = points.rows(), n = points.cols();
    gradient.setZero(d + 2);
    const MatrixXd scaled = scaledBy(points, kernel.lengths);
    const MatrixXd k = covariance(scaled, kernel);
    const Eigen::LLT<MatrixXd> factor(k);
    if (factor.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
    const VectorXd alpha = factor.solve(values);
    const MatrixXd inverse = factor.solve(MatrixXd::Identity(n, n));
    double byVariance = 0.0, trace = 0.0; // of (α αᵀ − K⁻¹) times k, and of itself
    VectorXd byLengths = VectorXd::Zero(d);
    for (Eigen::Index j = 0; j < n; ++j) {
        const double diagonal = alpha[j] * alpha[j] - inverse(j, j);
        trace += diagonal;
        byVariance += diagonal * kernel.variance;
        for (Eigen::Index i = j + 1; i < n; ++i) {
            const double weight = 2.0 * (alpha[i] * alpha[j] - inverse(i, j)); // both triangles
            byVariance += weight * k(i, j);
            const auto squares = (scaled.col(i) - scaled.col(j)).array().square().eval();
            byLengths.array() += weight * kernel.variance * maternSlope(squares.sum()) * squares;
        }
    }
    gradient.head(d) = 0.5 * byLengths;
    gradient[d] = 0.5 * byVariance;
    gradient[d + 1] = 0.5 * kernel.noise * trace;
    return -0.5 * values.dot(alpha) - factor.matrixLLT().diagonal().array().log().sum() -
           0.5 * static_cast<double>(n) * std::log(2.0 * std::numbers::pi);
}

Kernel fitKernel(const MatrixXd& points, const VectorXd& values) {
    const Eigen::Index d = points.rows();
    const DifferentiableFunction objective = [&](const VectorXd& at, VectorXd& gradient) {
        return cost(points, values, at, gradient);
    };
    const double wide = std::sqrt(static_cast<double>(d));
    std::vector<Minimum> starts;
    for (const double length : {0.2, 0.6, 2.0})
        for (const double noise : {1e-4, 1e-1}) {
            VectorXd at = theta(length * wide, 1.0, noise, d), gradient;
            const double value = objective(at, gradient);
            starts.push_back({std::move(at), value});
        }
    std::ranges::stable_sort(starts, {}, &Minimum::value);
    const VectorXd lower = theta(0.02, 0.05, 1e-6, d), upper = theta(200.0, 20.0, 1.0, d);
    constexpr int evaluations = 40;
    Minimum best = starts[0];
    for (std::size_t i = 0; i < 2; ++i)
        if (Minimum found =
                minimize(objective, starts[i].at.cwiseMax(lower).cwiseMin(upper), lower, upper, evaluations);
            found.value < best.value)
            best = std::move(found);
    return kernelOf(best.at.cwiseMax(lower).cwiseMin(upper));
}

GaussianProcess::GaussianProcess(MatrixXd points, const VectorXd& values, Kernel kernel)
    : kernel_(std::move(kernel)),
      scaled_(scaledBy(std::move(points), kernel_.lengths)),
      factor_(covariance(scaled_, kernel_)),
      alpha_(factor_.solve(values)) {}

GaussianProcess::GaussianProcess(MatrixXd points, const VectorXd& values)
    : GaussianProcess(points, values, fitKernel(points, values)) {}

GaussianProcess::Prediction GaussianProcess::predict(const VectorXd& x) const {
    const VectorXd at = x.cwiseQuotient(kernel_.lengths);
    const MatrixXd apart = scaled_.colwise() - at; // (X − x) / ℓ
    VectorXd k(apart.cols()), slope(apart.cols());
    for (Eigen::Index i = 0; i < apart.cols(); ++i) {
        const double squared = apart.col(i).squaredNorm();
        k[i] = kernel_.variance * matern(squared);
        slope[i] = kernel_.variance * maternSlope(squared);
    }
    const VectorXd weights = factor_.solve(k);
    // ∂k_i/∂x_d = slope_i (X_di − x_d) / ℓ_d²
    return {.mean = k.dot(alpha_),
            .variance = std::max(0.0, kernel_.variance - k.dot(weights)),
            .meanSlope = (apart * slope.cwiseProduct(alpha_)).cwiseQuotient(kernel_.lengths),
            .varianceSlope = -2.0 * (apart * slope.cwiseProduct(weights)).cwiseQuotient(kernel_.lengths)};
}

void GaussianProcess::predict(const MatrixXd& points, VectorXd& means, VectorXd& variances) const {
    const MatrixXd at = scaledBy(points, kernel_.lengths);
    MatrixXd k(scaled_.cols(), at.cols());
    for (Eigen::Index j = 0; j < at.cols(); ++j)
        for (Eigen::Index i = 0; i < scaled_.cols(); ++i)
            k(i, j) = kernel_.variance * matern((scaled_.col(i) - at.col(j)).squaredNorm());
    means = k.transpose() * alpha_;
    factor_.matrixL().solveInPlace(k);
    variances = (kernel_.variance - k.colwise().squaredNorm().transpose().array()).max(0.0);
}

} // namespace dstn
