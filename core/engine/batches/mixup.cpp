#include "core/engine/batches/mixup.h"

namespace dstn {

Tensor drawShare(const Tensor& alpha, std::int64_t batch, at::Generator& generator) {
    const at::NoGradGuard noGrad;
    const Tensor a = alpha.expand({batch}).contiguous();
    /// log of a Gamma(α) variate, as log Gamma(α + 1) + log(u) / α (Marsaglia & Tsang 2000): for small α the
    /// variate itself falls below the smallest number there is.
    const auto logGamma = [&] {
        const Tensor gamma = at::_standard_gamma(a + 1.0, generator);
        // rand() may give 0, whose logarithm would make infinity minus infinity of two such variates.
        const Tensor u = 1.0 - at::rand({batch}, generator, a.options());
        return gamma.log() + u.log() / a;
    };
    const Tensor first = logGamma();
    const Tensor beta = at::sigmoid(first - logGamma());
    return at::where(a > 0, at::max(beta, 1.0 - beta), at::ones_like(a));
}

Mixing drawMixing(const Tensor& alpha, std::int64_t batch, at::Generator& generator) {
    const at::NoGradGuard noGrad;
    const Tensor share = drawShare(alpha, batch, generator);
    return {share, at::rand({batch}, generator, alpha.options()).argsort()};
}

Tensor mix(const Tensor& x, const Mixing& mixing) {
    const at::NoGradGuard noGrad;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = -1;
    // Above one half lerp() starts from the end, so that a share of 1 is exact.
    return at::lerp(x.index_select(0, mixing.partner), x, mixing.share.view(shape));
}

} // namespace dstn
