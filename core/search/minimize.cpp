#include "core/search/minimize.h"

#include <nlopt.hpp>

#include <limits>
#include <stdexcept>

namespace dstn {

namespace {

struct Descent {
    const DifferentiableFunction* objective;
    Minimum* best;
};

double evaluate(unsigned size, const double* x, double* gradient, void* data) {
    const Descent& descent = *static_cast<const Descent*>(data);
    const Eigen::VectorXd at = Eigen::Map<const Eigen::VectorXd>(x, size);
    Eigen::VectorXd slope = Eigen::VectorXd::Zero(size);
    const double value = (*descent.objective)(at, slope);
    if (value < descent.best->value) *descent.best = {at, value};
    if (gradient != nullptr) Eigen::Map<Eigen::VectorXd>(gradient, size) = slope;
    return value;
}

} // namespace

Minimum minimize(const DifferentiableFunction& objective, const Eigen::VectorXd& start,
                 const Eigen::VectorXd& lower, const Eigen::VectorXd& upper, int evaluations) {
    Minimum best{start, std::numeric_limits<double>::infinity()};
    Descent descent{&objective, &best};
    nlopt::opt optimizer(nlopt::LD_LBFGS, static_cast<unsigned>(start.size()));
    optimizer.set_lower_bounds(std::vector<double>(lower.begin(), lower.end()));
    optimizer.set_upper_bounds(std::vector<double>(upper.begin(), upper.end()));
    optimizer.set_min_objective(evaluate, &descent);
    optimizer.set_maxeval(evaluations);
    constexpr double tolerance = 1e-6;
    optimizer.set_ftol_rel(tolerance);
    optimizer.set_xtol_abs(tolerance);
    std::vector<double> x(start.begin(), start.end());
    double value = 0.0;
    try {
        optimizer.optimize(x, value);
    } catch (const std::runtime_error&) { // NOLINT(bugprone-empty-catch)
        // A line search that cannot go on, because of rounding or at a bound: what was met so far stands.
    }
    return best;
}

} // namespace dstn
