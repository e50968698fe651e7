#pragma once

#include <Eigen/Core>

#include <functional>

namespace dstn {

struct Minimum {
    Eigen::VectorXd at;
    double value = 0.0;
};

/// A function's value; its gradient, of the same size as x, is written into the second argument.
using DifferentiableFunction = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

/// The lowest point that L-BFGS (Nocedal 1980, as in NLopt, by Lukšan) meets between bounds, the start among
/// them. Deterministic. The function must be finite.
Minimum minimize(const DifferentiableFunction& objective, const Eigen::VectorXd& start,
                 const Eigen::VectorXd& lower, const Eigen::VectorXd& upper, int evaluations);

} // namespace dstn
