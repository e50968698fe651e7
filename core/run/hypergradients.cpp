#include "core/run/hypergradients.h"

#include <cmath>

namespace dstn {

std::optional<double> cosine(const std::vector<std::optional<double>>& a,
                             const std::vector<std::optional<double>>& b) {
    double product = 0.0, squareA = 0.0, squareB = 0.0;
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
        if (!a[i] || !b[i]) continue;
        product += *a[i] * *b[i];
        squareA += *a[i] * *a[i];
        squareB += *b[i] * *b[i];
    }
    const double result = product / (std::sqrt(squareA) * std::sqrt(squareB));
    return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

} // namespace dstn
