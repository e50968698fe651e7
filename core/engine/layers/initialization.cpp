#include "core/engine/layers/initialization.h"

#include <cmath>

namespace dstn {

Tensor drawUniform(at::IntArrayRef shape, double bound, at::Generator& generator) {
    return at::empty(shape, at::kDouble).uniform_(-bound, bound, generator);
}

static Tensor normal(at::IntArrayRef shape, double variance, at::Generator& generator) {
    return at::empty(shape, at::kDouble).normal_(0, std::sqrt(variance), generator);
}

/// The orthogonal factor of a normal matrix, with the signs that make it uniform over all such matrices
/// (Mezzadri 2007).
static Tensor orthogonal(at::IntArrayRef shape, at::Generator& generator) {
    const Tensor matrix = normal(shape, 1, generator).flatten(1);
    const bool wide = matrix.size(0) < matrix.size(1);
    const auto [q, r] = at::linalg_qr(wide ? matrix.t() : matrix);
    const Tensor factor = q * at::where(r.diagonal() < 0, -1.0, 1.0).to(at::kDouble);
    return (wide ? factor.t() : factor).reshape(shape).contiguous();
}

Tensor drawWeight(Initialization init, at::IntArrayRef shape, const Fans& fans, at::Generator& generator) {
    const auto in = static_cast<double>(fans.in), both = static_cast<double>(fans.in + fans.out);
    switch (init) {
    case Initialization::standard:
        break;
    case Initialization::heNormal:
        return normal(shape, 2 / in, generator);
    case Initialization::heUniform:
        return drawUniform(shape, std::sqrt(6 / in), generator);
    case Initialization::xavierNormal:
        return normal(shape, 2 / both, generator);
    case Initialization::xavierUniform:
        return drawUniform(shape, std::sqrt(6 / both), generator);
    case Initialization::lecunNormal:
        return normal(shape, 1 / in, generator);
    case Initialization::orthogonal:
        return orthogonal(shape, generator);
    }
    return drawUniform(shape, 1 / std::sqrt(in), generator);
}

Tensor drawBias(Initialization init, std::int64_t out, const Fans& fans, at::Generator& generator) {
    return init == Initialization::standard ? drawResponseBias(out, fans, generator)
                                            : at::zeros({out}, at::kDouble);
}

Tensor drawResponseBias(std::int64_t out, const Fans& fans, at::Generator& generator) {
    return drawUniform({out}, 1 / std::sqrt(static_cast<double>(fans.in)), generator);
}

} // namespace dstn
