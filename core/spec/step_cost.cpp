#include "core/spec/step_cost.h"

#include <optional>

namespace dstn {

StepCost costOf(const TunerSpec& tuner, std::int64_t tuned) {
    constexpr double plain = 3.0;
    const auto products = [](double train, double validate, std::optional<double> least = {}) {
        return StepCost{train / plain, validate / plain, least.value_or(validate) / plain};
    };
    if (tuner.type == "delta-stn") {
        constexpr double validation = 4.0;
        if (!tuner.separate) return products(tuner.linearize ? 7.0 : 6.0, validation);
        if (tuner.sharePrimal) return products(7.0, validation);
        return products(plain + (tuner.linearize && !tuner.centered ? 7.0 : 5.0), validation);
    }
    if (tuner.type == "stn") return products(6.0, 4.0);
    if (tuner.type == "hypernetwork") return products(plain, plain);
    constexpr double hessian = 6.0; // a product with it, by the derivative of the gradient
    if (tuner.type == "implicit") {
        const double gradients = plain + plain;
        if (tuner.inverse == InverseKind::identity) return products(plain, gradients + hessian);
        return products(plain, gradients + hessian * (static_cast<double>(tuner.iterations) + 1.0),
                        tuner.inverse == InverseKind::neumann ? gradients : gradients + hessian);
    }
    if (tuner.type == "unrolled") {
        if (tuner.unroll == UnrollMode::forward)
            return products(plain + hessian * static_cast<double>(tuned), plain);
        return products(plain, plain + (plain + hessian) * static_cast<double>(tuner.unrollSteps));
    }
    return {};
}

} // namespace dstn
