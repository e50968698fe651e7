#include "core/engine/layers/lstm.h"

#include "core/engine/kernels/lstm_kernels.h"
#include "core/engine/kernels/row_norms.h"
#include "core/engine/layers/affine.h"
#include "core/engine/layers/initialization.h"

#include <cmath>

namespace dstn {

/// a + s ⊙ z + t at every step; a and z [batch, time, out], s and t [batch, out].
static Tensor respondAlong(const Tensor& a, const Tensor& z, const Tensor& s, const Tensor& t) {
    return kernels::respond({}, a.defined() ? a.flatten(0, 1) : a, z.flatten(0, 1), s, t).view(z.sizes());
}

static Tensor times(const Tensor& tensor, const Tensor& mask) {
    return mask.defined() ? tensor * mask : tensor;
}

Lstm::Lstm(std::int64_t in, std::int64_t hidden, Setting dropConnect, std::size_t slot,
           std::int64_t hyperparameters, at::Generator& generator)
    : dropConnect_(dropConnect), slot_(slot) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(hidden));
    const std::int64_t rows = 4 * hidden;
    const auto uniform = [&](at::IntArrayRef shape) { return drawUniform(shape, bound, generator); };
    weight_ = uniform({rows, in});
    recurrent_ = uniform({rows, hidden});
    bias_ = uniform({rows});
    if (hyperparameters == 0) return;
    responseWeight_ = uniform({rows, in});
    responseRecurrent_ = uniform({rows, hidden});
    responseBias_ = uniform({rows});
    bottleneck_ = at::zeros({3 * rows, hyperparameters}, at::kDouble);
}

NamedTensors Lstm::general() {
    return {{"weight", weight_}, {"recurrent_weight", recurrent_}, {"bias", bias_}};
}
NamedTensors Lstm::response() {
    if (!bottleneck_.defined()) return {};
    return {{"response_weight", responseWeight_},
            {"response_recurrent_weight", responseRecurrent_},
            {"response_bias", responseBias_},
            {"bottleneck", bottleneck_}};
}

NamedTensors Lstm::moved(const Tensor& delta) {
    if (!bottleneck_.defined()) return general();
    const Tensor all = at::mv(bottleneck_, delta);
    const auto part = [&](std::int64_t i) { return all.narrow(0, i * bias_.size(0), bias_.size(0)); };
    return {{"weight", weight_ + part(0).unsqueeze(1) * responseWeight_},
            {"recurrent_weight", recurrent_ + part(1).unsqueeze(1) * responseRecurrent_},
            {"bias", bias_ + part(2) * responseBias_}};
}

Tensor Lstm::mask(Pass& pass) const {
    if (!pass.training || (!dropConnect_.tuned() && dropConnect_.value == 0)) return {};
    // All examples have the same rate: the weights are theirs in common.
    const Tensor rate = pass.value(dropConnect_, recurrent_).narrow(0, 0, 1).expand({recurrent_.size(0)});
    return kernels::dropoutMask(recurrent_.sizes(), rate, pass.generator);
}

std::pair<Tensor, Tensor> Lstm::before(const Tensor& x, const Pass& pass) const {
    if (pass.before != nullptr)
        return {pass.before->states.at(2 * slot_), pass.before->states.at(2 * slot_ + 1)};
    const Tensor zeros = at::zeros({x.size(0), hidden()}, recurrent_.options().requires_grad(false));
    return {zeros, zeros};
}

void Lstm::keep(const Tensor& output, const Tensor& cells, Pass& pass) const {
    if (pass.after == nullptr) return;
    // Copies: a view would keep the whole slice alive.
    pass.after->states.at(2 * slot_) = output.detach().select(1, output.size(1) - 1).clone();
    pass.after->states.at(2 * slot_ + 1) = cells.select(1, cells.size(1) - 1).clone();
}

Lstm::Factors Lstm::factors(const Pass& pass) const {
    const std::int64_t rows = bias_.size(0);
    const Tensor all = at::mm(pass.delta, pass.responding(bottleneck_).t());
    return {all.narrow(1, 0, rows), all.narrow(1, rows, rows),
            all.narrow(1, 2 * rows, rows) * pass.responding(responseBias_)};
}

Tensor Lstm::forward(const Tensor& x, Pass& pass) {
    const Tensor kept = mask(pass);
    Tensor gates = at::linear(x, pass.general(weight_), pass.general(bias_));
    const auto [h, c] = before(x, pass);
    kernels::LstmPass result;
    if (responds(pass)) {
        const Factors f = factors(pass);
        gates = respondAlong(gates, at::linear(x, pass.responding(responseWeight_)), f.input, f.bias);
        result = kernels::lstm(gates, times(pass.general(recurrent_), kept),
                               times(pass.responding(responseRecurrent_), kept), f.recurrent, h, c);
    } else {
        result = kernels::lstm(gates, times(pass.general(recurrent_), kept), {}, {}, h, c);
    }
    keep(result.output, result.point.cells, pass);
    return result.output;
}

Dual Lstm::forward(const Dual& x, Pass& pass) {
    const Tensor kept = mask(pass);
    const Tensor recurrent = times(pass.general(recurrent_), kept);
    const auto [h, c] = before(x.primal, pass);
    const kernels::LstmPass primal = kernels::lstm(
        at::linear(x.primal, pass.general(weight_), pass.general(bias_)), recurrent, {}, {}, h, c);
    keep(primal.output, primal.point.cells, pass);

    Tensor moved = x.tangent.defined() ? at::linear(x.tangent, pass.point(weight_)) : Tensor(); // W₀ ẋ
    if (responds(pass)) {
        const Factors f = factors(pass);
        moved = respondAlong(moved, at::linear(x.point(), pass.responding(responseWeight_)), f.input, f.bias);
        const Tensor own =
            at::linear(primal.point.previousHidden, times(pass.responding(responseRecurrent_), kept));
        moved = respondAlong(moved, own, f.recurrent, {});
    }
    return {primal.output, moved.defined() ? kernels::lstmTangent(primal.point, moved, recurrent) : Tensor()};
}

Tensor Lstm::penalty(Pass& pass) {
    if (decays_.empty()) return {};
    const bool moves = responds(pass);
    const Factors f = moves ? factors(pass) : Factors{};
    const auto norms = [&](const Tensor& weight, const Tensor& response, const Tensor& s) {
        return kernels::rowResponseNorms(pass.general(weight), moves ? pass.responding(response) : Tensor(),
                                         s);
    };
    const Tensor sum =
        norms(weight_, responseWeight_, f.input) + norms(recurrent_, responseRecurrent_, f.recurrent);
    Tensor total;
    for (const Setting& decay : decays_) {
        const Tensor term = 0.5 * (pass.value(decay, weight_) * sum).mean();
        total = total.defined() ? total + term : term;
    }
    return total;
}

} // namespace dstn
