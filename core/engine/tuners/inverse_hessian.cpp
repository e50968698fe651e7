#include "core/engine/tuners/inverse_hessian.h"

#include "core/engine/tuners/training_loss.h"

#include <cmath>

namespace dstn {

static double number(const Tensor& scalar) { return scalar.item<double>(); }

static std::vector<Tensor> copies(const std::vector<Tensor>& a) {
    std::vector<Tensor> result;
    for (const Tensor& tensor : a) result.push_back(tensor.clone());
    return result;
}

InverseProduct conjugateGradient(const MatrixProduct& product, const std::vector<Tensor>& v,
                                 const std::vector<Tensor>& start, const ConjugateGradientOptions& options) {
    const at::NoGradGuard guard;
    InverseProduct result;
    const double whole = number(dot(v, v)), enough = options.tolerance * options.tolerance * whole;
    std::vector<Tensor>& p = result.solution;
    std::vector<Tensor> residual = copies(v);
    double rest = whole;
    bool cold = true;
    if (!start.empty()) {
        std::vector<Tensor> warm = copies(v);
        addTo(warm, product(start), -1.0);
        ++result.products;
        if (const double left = number(dot(warm, warm)); left < whole) {
            p = copies(start);
            residual = std::move(warm);
            rest = left;
            cold = false;
        }
    }
    if (cold) p = zerosLike(v);
    std::vector<Tensor> direction = copies(residual);
    for (std::int64_t k = 0; k < options.iterations && rest > enough; ++k) {
        const std::vector<Tensor> image = product(direction);
        ++result.products;
        const double curvature = number(dot(direction, image));
        if (!(curvature > 0)) {
            result.negativeCurvature = true;
            if (cold && k == 0) p = copies(v);
            return result;
        }
        const double step = rest / curvature;
        addTo(p, direction, step);
        addTo(residual, image, -step);
        const double next = number(dot(residual, residual));
        for (std::size_t i = 0; i < direction.size(); ++i) direction[i].mul_(next / rest).add_(residual[i]);
        rest = next;
    }
    return result;
}

InverseProduct neumannSeries(const MatrixProduct& product, const std::vector<Tensor>& v, double alpha,
                             std::int64_t terms) {
    const at::NoGradGuard guard;
    std::vector<Tensor> power = scaled(v, alpha);
    InverseProduct result{.solution = copies(power)};
    for (std::int64_t k = 0; k < terms; ++k) {
        addTo(power, product(power), -alpha);
        addTo(result.solution, power, 1.0);
    }
    result.products = terms;
    return result;
}

} // namespace dstn
