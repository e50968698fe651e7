#include "core/spec/hyperparameter.h"

#include <cmath>

namespace dstn {

double softplus(double raw) {
    // log1p(exp(raw)) overflows for large raw; the two forms agree exactly.
    return raw > 0 ? raw + std::log1p(std::exp(-raw)) : std::log1p(std::exp(raw));
}

double inverseSoftplus(double value) { return value + std::log(-std::expm1(-value)); }

static double sigmoid(double u) {
    return u >= 0 ? 1.0 / (1.0 + std::exp(-u)) : std::exp(u) / (1.0 + std::exp(u));
}

Transform::Transform(const Hyperparameter& h) : log_(h.log) {
    const auto inner = [&](double bound) { return h.log ? std::log(bound) : bound; };
    // A lower bound of 0 says nothing about a logarithm.
    const bool bounded = h.min && !(h.log && *h.min <= 0);
    if (bounded) lower_ = inner(*h.min);
    if (h.max) upper_ = inner(*h.max);
    shape_ = bounded && h.max ? Shape::interval
             : bounded        ? Shape::lower
             : h.max          ? Shape::upper
                              : Shape::identity;
}

double Transform::toNatural(double u) const {
    double v = u;
    switch (shape_) {
    case Shape::identity:
        break;
    case Shape::lower:
        v = lower_ + softplus(u);
        break;
    case Shape::upper:
        v = upper_ - softplus(-u);
        break;
    case Shape::interval:
        v = lower_ + (upper_ - lower_) * sigmoid(u);
        break;
    }
    return log_ ? std::exp(v) : v;
}

double Transform::toUnconstrained(double natural) const {
    const double v = log_ ? std::log(natural) : natural;
    switch (shape_) {
    case Shape::identity:
        return v;
    case Shape::lower:
        return inverseSoftplus(v - lower_);
    case Shape::upper:
        return -inverseSoftplus(upper_ - v);
    case Shape::interval:
        return std::log((v - lower_) / (upper_ - v));
    }
    return v;
}

double Transform::derivative(double u) const {
    double slope = 1.0;
    switch (shape_) {
    case Shape::identity:
        break;
    case Shape::lower:
        slope = sigmoid(u);
        break;
    case Shape::upper:
        slope = sigmoid(-u);
        break;
    case Shape::interval:
        slope = (upper_ - lower_) * sigmoid(u) * sigmoid(-u);
        break;
    }
    return log_ ? slope * toNatural(u) : slope;
}

static std::optional<Spread> spreadAt(const Transform& transform, double u, std::optional<double> scale) {
    if (!scale) return std::nullopt;
    return Spread{
        .scale = *scale, .lower = transform.toNatural(u - *scale), .upper = transform.toNatural(u + *scale)};
}

HyperparameterPoint pointAt(const Transform& transform, double unconstrained, std::optional<double> scale) {
    return {.value = transform.toNatural(unconstrained), .spread = spreadAt(transform, unconstrained, scale)};
}

HyperparameterPoint pointOf(const Transform& transform, double natural, std::optional<double> scale) {
    return {.value = natural, .spread = spreadAt(transform, transform.toUnconstrained(natural), scale)};
}

} // namespace dstn
