#pragma once

#include "core/export.h"

#include <optional>
#include <string>

namespace DSTN_EXPORT dstn {

/// A hyperparameter as an experiment declares it; every value is in natural units, `scale` (the initial
/// perturbation scale σ) in unconstrained units.
struct Hyperparameter {
    std::string name;
    double initial = 0.0;
    std::optional<double> min = {};
    std::optional<double> max = {};
    double scale = 1.0;
    bool discrete = false; ///< rounded down where it is used
    bool log = false;      ///< the unconstrained value follows the logarithm of the natural one
    bool tune = true;      ///< false: held at `initial`

    bool operator==(const Hyperparameter&) const = default;
};

/// The map between a hyperparameter's unconstrained value u and its natural value v, and its exact inverse.
///
/// | bounds           | v(u)                          |
/// | ---------------- | ----------------------------- |
/// | min and max      | min + (max − min) sigmoid(u)  |
/// | min only         | min + softplus(u)             |
/// | max only         | max − softplus(−u)            |
/// | none             | u                             |
///
/// With `log`, the table applies to log v with log bounds, so an unbounded one is v = exp(u).
/// Throws nothing; a natural value on or outside an open bound maps to ±infinity or NaN, which the
/// experiment's validation refuses beforehand.
class Transform {
  public:
    explicit Transform(const Hyperparameter& hyperparameter);

    double toNatural(double unconstrained) const;
    double toUnconstrained(double natural) const;
    /// dv/du at u.
    double derivative(double unconstrained) const;

    enum class Shape { identity, lower, upper, interval };
    Shape shape() const { return shape_; }
    bool log() const { return log_; }
    /// Bounds of the inner table above: natural bounds, or their logarithms with `log`.
    double lower() const { return lower_; }
    double upper() const { return upper_; }

  private:
    Shape shape_ = Shape::identity;
    bool log_ = false;
    double lower_ = 0.0;
    double upper_ = 0.0;
};

/// How far a hyperparameter at unconstrained u is perturbed: σ, unconstrained, and the band v(u − σ) to v(u +
/// σ), natural.
struct Spread {
    double scale = 0.0;
    double lower = 0.0, upper = 0.0;
    bool operator==(const Spread&) const = default;
};

/// The value of a hyperparameter at one moment.
struct HyperparameterPoint {
    double value = 0.0;                ///< natural
    std::optional<Spread> spread = {}; ///< absent: it is not perturbed
    bool operator==(const HyperparameterPoint&) const = default;
};
/// Of its unconstrained value.
HyperparameterPoint pointAt(const Transform& transform, double unconstrained, std::optional<double> scale);
/// Of its natural value, which is kept exactly.
HyperparameterPoint pointOf(const Transform& transform, double natural, std::optional<double> scale);

/// σ = softplus(raw) = log(1 + exp(raw)), and its inverse.
double softplus(double raw);
double inverseSoftplus(double value);

/// A number in an experiment that is either fixed or tuned.
struct Tunable {
    double value = 0.0;
    std::string hyperparameter = {}; ///< empty: the number is `value`

    bool named() const { return !hyperparameter.empty(); }
    bool operator==(const Tunable&) const = default;
};

} // namespace dstn
