#include "core/engine/layers/embedding.h"

#include "core/engine/kernels/kernels.h"
#include "core/engine/kernels/row_norms.h"
#include "core/engine/layers/affine.h"
#include "core/engine/layers/initialization.h"

#include <cmath>

namespace dstn {

Embedding::Embedding(const EmbeddingPart& part, std::int64_t vocabulary, Setting dropout,
                     std::int64_t hyperparameters, at::Generator& generator)
    : dropout_(dropout) {
    constexpr double bound = 0.1;
    weight_ = drawUniform({vocabulary, part.width}, bound, generator);
    if (hyperparameters == 0) return;
    responseWeight_ = drawUniform({vocabulary, part.width}, bound, generator);
    bottleneck_ = at::zeros({vocabulary, hyperparameters}, at::kDouble);
}

NamedTensors Embedding::general() { return {{"weight", weight_}}; }
NamedTensors Embedding::response() {
    if (!bottleneck_.defined()) return {};
    return {{"response_weight", responseWeight_}, {"bottleneck", bottleneck_}};
}

NamedTensors Embedding::moved(const Tensor& delta) {
    if (!bottleneck_.defined()) return general();
    return {{"weight", weight_ + at::mv(bottleneck_, delta).unsqueeze(1) * responseWeight_}};
}

Tensor Embedding::mask(const Tensor& tokens, Pass& pass) const {
    if (!pass.training || (!dropout_.tuned() && dropout_.value == 0)) return {};
    const Tensor rate = pass.value(dropout_, weight_);
    return kernels::dropoutMask({tokens.size(0), vocabulary()}, rate, pass.generator)
        .gather(1, tokens)
        .unsqueeze(2);
}

Tensor Embedding::change(const Tensor& tokens, const Pass& pass) const {
    const Tensor u = at::embedding(pass.responding(bottleneck_), tokens); // [batch, time, H]
    const Tensor s = at::matmul(u, pass.delta.unsqueeze(2));              // [batch, time, 1]
    return s * at::embedding(pass.responding(responseWeight_), tokens);
}

Tensor Embedding::forward(const Tensor& tokens, Pass& pass) {
    Tensor y = at::embedding(pass.general(weight_), tokens);
    if (responds(pass)) y = y + change(tokens, pass);
    const Tensor kept = mask(tokens, pass);
    return kept.defined() ? y * kept : y;
}

Dual Embedding::forward(const Dual& tokens, Pass& pass) {
    Dual y{at::embedding(pass.general(weight_), tokens.primal), {}};
    if (responds(pass)) y.tangent = change(tokens.primal, pass);
    const Tensor kept = mask(tokens.primal, pass);
    if (!kept.defined()) return y;
    return {y.primal * kept, y.tangent.defined() ? y.tangent * kept : Tensor()};
}

Tensor Embedding::penalty(Pass& pass) {
    if (decays_.empty()) return {};
    const Tensor norms = kernels::rowResponseNorms(
        pass.general(weight_), responds(pass) ? pass.responding(responseWeight_) : Tensor(),
        responds(pass) ? at::mm(pass.delta, pass.responding(bottleneck_).t()) : Tensor());
    Tensor total;
    for (const Setting& decay : decays_) {
        const Tensor term = 0.5 * (pass.value(decay, weight_) * norms).mean();
        total = total.defined() ? total + term : term;
    }
    return total;
}

TiedLinear::TiedLinear(std::shared_ptr<Embedding> embedding, std::int64_t hyperparameters,
                       at::Generator& generator)
    : embedding_(std::move(embedding)) {
    const std::int64_t out = embedding_->vocabulary();
    const double bound = 1.0 / std::sqrt(static_cast<double>(embedding_->weight().size(1)));
    bias_ = drawUniform({out}, bound, generator);
    if (hyperparameters == 0) return;
    responseBias_ = drawUniform({out}, bound, generator);
    bottleneck_ = at::zeros({out, hyperparameters}, at::kDouble);
}

NamedTensors TiedLinear::general() { return {{"bias", bias_}}; }
NamedTensors TiedLinear::response() {
    if (!bottleneck_.defined()) return {};
    return {{"response_bias", responseBias_}, {"bottleneck", bottleneck_}};
}

NamedTensors TiedLinear::moved(const Tensor& delta) {
    if (!bottleneck_.defined()) return general();
    return {{"bias", bias_ + at::mv(bottleneck_, delta) * responseBias_}};
}

Tensor TiedLinear::respond(const Tensor& a, const Tensor& x, const Pass& pass) const {
    const Tensor z = at::linear(x, pass.responding(embedding_->responseWeight())).flatten(0, 1);
    const Tensor s = at::mm(pass.delta, pass.responding(embedding_->bottleneck()).t());
    const Tensor t = at::mm(pass.delta, pass.responding(bottleneck_).t()) * pass.responding(responseBias_);
    return kernels::respond({}, a.defined() ? a.flatten(0, 1) : Tensor(), z, s, t)
        .view({x.size(0), x.size(1), bias_.size(0)});
}

Tensor TiedLinear::forward(const Tensor& x, Pass& pass) {
    const Tensor y = at::linear(x, pass.general(embedding_->weight()), pass.general(bias_));
    return responds(pass) ? respond(y, x, pass) : y;
}

Dual TiedLinear::forward(const Dual& x, Pass& pass) {
    const Tensor y = at::linear(x.primal, pass.general(embedding_->weight()), pass.general(bias_));
    const Tensor carried =
        x.tangent.defined() ? at::linear(x.tangent, pass.point(embedding_->weight())) : Tensor();
    return {y, responds(pass) ? respond(carried, x.point(), pass) : carried};
}

Tensor TiedLinear::linearized(const Dual& x, Pass& pass) {
    const Tensor moved = x.tangent.defined() ? x.point() + x.tangent : x.point();
    const Tensor y = at::linear(moved, pass.point(embedding_->weight()), pass.point(bias_));
    return responds(pass) ? respond(y, x.point(), pass) : y;
}

} // namespace dstn
