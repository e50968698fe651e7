#include "core/engine/layers/affine.h"

#include "core/engine/kernels/dispatch.h"
#include "core/engine/kernels/row_norms.h"

namespace dstn {

namespace {

/// A tensor's rows as vectors: [out, …] → [out, in].
Tensor rows(const Tensor& weight) { return weight.flatten(1); }

} // namespace

Affine::Affine(Options options, at::Generator& generator) : options_(std::move(options)) {
    const std::int64_t out = options_.weightShape.front(), h = options_.hyperparameters;
    weight_ = drawWeight(options_.init, options_.weightShape, options_.fans, generator);
    if (options_.bias) bias_ = drawBias(options_.init, out, options_.fans, generator);
    if (h == 0) return;
    if (options_.kind == ResponseKind::structured) {
        responseWeight_ = drawWeight(options_.init, options_.weightShape, options_.fans, generator);
        if (options_.bias) responseBias_ = drawResponseBias(out, options_.fans, generator);
        bottleneck_ = at::zeros({options_.bias ? 2 * out : out, h}, at::kDouble);
    } else {
        std::vector<std::int64_t> shape = options_.weightShape;
        shape.insert(shape.begin(), h);
        responseWeight_ = at::zeros(shape, at::kDouble);
        if (options_.bias) responseBias_ = at::zeros({h, out}, at::kDouble);
    }
}

NamedTensors Affine::general() {
    NamedTensors result{{"weight", weight_}};
    if (options_.bias) result.emplace_back("bias", bias_);
    return result;
}

NamedTensors Affine::response() {
    if (options_.hyperparameters == 0) return {};
    NamedTensors result{{"response_weight", responseWeight_}};
    if (options_.bias) result.emplace_back("response_bias", responseBias_);
    if (bottleneck_.defined()) result.emplace_back("bottleneck", bottleneck_);
    return result;
}

NamedTensors Affine::moved(const Tensor& delta) {
    if (options_.hyperparameters == 0) return general();
    const std::int64_t out = options_.weightShape.front();
    if (options_.kind == ResponseKind::dense) {
        NamedTensors result{
            {"weight", weight_ + at::mv(responseWeight_.flatten(1).t(), delta).view_as(weight_)}};
        if (options_.bias) result.emplace_back("bias", bias_ + at::mv(responseBias_.t(), delta));
        return result;
    }
    const Tensor factors = at::mv(bottleneck_, delta); // [U Δ; C Δ]
    const Tensor turn = rows(responseWeight_) * factors.narrow(0, 0, out).unsqueeze(1);
    NamedTensors result{{"weight", weight_ + turn.view_as(weight_)}};
    if (options_.bias) result.emplace_back("bias", bias_ + factors.narrow(0, out, out) * responseBias_);
    return result;
}

std::pair<Tensor, Tensor> Affine::factors(const Pass& pass) const {
    const std::int64_t out = options_.weightShape.front();
    const Tensor both = at::mm(pass.delta, pass.responding(bottleneck_).t());
    return {both.narrow(1, 0, out),
            options_.bias ? both.narrow(1, out, out) * pass.responding(responseBias_) : Tensor()};
}

Affine::Share Affine::share(const Tensor& x, const Pass& pass) const {
    if (!responds(pass)) return {};
    const Tensor weight = pass.responding(responseWeight_);
    if (options_.kind == ResponseKind::structured) {
        const auto [s, t] = factors(pass);
        return {apply(x, weight, {}), s, t};
    }
    const Tensor shift = options_.bias ? at::mm(pass.delta, pass.responding(responseBias_)) : Tensor();
    const auto conv = convolution();
    if (conv && conv->groups > 1) {
        Tensor z;
        for (std::int64_t h = 0; h < options_.hyperparameters; ++h) {
            const Tensor along = apply(x, weight.select(0, h), {});
            const Tensor term = along * pass.delta.select(1, h).view({-1, 1, 1, 1});
            z = z.defined() ? z + term : term;
        }
        return {z, {}, shift};
    }
    // All directions at once: [H, out, …] as H · out outputs, then their sum by each example's Δ.
    const std::int64_t count = options_.hyperparameters, out = options_.weightShape.front();
    const Tensor along = apply(x, weight.flatten(0, 1), {});
    if (conv) {
        const Tensor sum = at::bmm(pass.delta.unsqueeze(1), along.view({x.size(0), count, -1}));
        return {sum.view({x.size(0), out, along.size(2), along.size(3)}), {}, shift};
    }
    if (x.dim() == 2) {
        const Tensor delta = pass.delta.unsqueeze(1), each = along.view({x.size(0), count, out});
        return {(shift.defined() ? at::baddbmm(shift.unsqueeze(1), delta, each) : at::bmm(delta, each))
                    .squeeze(1),
                {},
                {}};
    }
    const Tensor steps = along.view({x.size(0), x.size(1), count, out});
    return {at::matmul(pass.delta.view({-1, 1, 1, count}), steps).squeeze(2), {}, shift};
}

/// kernels::respond() on [batch, out, …], or on a sequence [batch, time, out].
static Tensor respond(const Tensor& gate, const Tensor& a, const Tensor& z, const Tensor& s,
                      const Tensor& t) {
    if (z.dim() != 3) return kernels::respond(gate, a, z, s, t);
    const auto flat = [](const Tensor& x) { return x.defined() ? x.flatten(0, 1) : x; };
    return kernels::respond(flat(gate), flat(a), flat(z), s, t).view(z.sizes());
}

Tensor Affine::finish(const Tensor& y) const {
    if (tail_.pool) return kernels::reluMaxPool(y, *tail_.pool).output;
    return tail_.relu ? at::relu(y) : y;
}

/// Whether what follows the ReLU and the pool is wanted, and computed, at the maxima alone.
bool Affine::atMaxima(const Tensor& x) const {
    const auto conv = convolution();
    return conv && tail_.pool &&
           (options_.kind == ResponseKind::structured || options_.hyperparameters == 0) &&
           kernels::poolsConvolution(x, weight_, *conv, *tail_.pool);
}

Tensor Affine::forward(const Tensor& x, Pass& pass) {
    const Tensor bias = options_.bias ? pass.general(bias_) : Tensor();
    // With a response the pooled convolution is differentiable once.
    if (atMaxima(x) && !(higherDerivatives() && responds(pass))) {
        const auto [s, t] = responds(pass) ? factors(pass) : std::pair<Tensor, Tensor>{};
        return kernels::convReluMaxPool(x, pass.general(weight_), bias,
                                        responds(pass) ? pass.responding(responseWeight_) : Tensor(), s, t,
                                        *convolution(), *tail_.pool)
            .output;
    }
    const Tensor y = notes(x, pass) ? noted(x, bias, pass) : apply(x, pass.general(weight_), bias);
    const Share extra = share(x, pass);
    return finish(extra.z.defined() ? respond({}, y, extra.z, extra.s, extra.t) : y);
}

bool Affine::notes(const Tensor& x, const Pass& pass) const {
    if (pass.noted == nullptr || convolution() || x.dim() != 2) return false;
    for (const auto& decays : decays_)
        if (decays.size() > 1) return false; // a decay of each column leaves no factors
    return x.size(0) * (weight_.size(0) + weight_.size(1)) < weight_.numel();
}

Tensor Affine::noted(const Tensor& x, const Tensor& bias, Pass& pass) const {
    const Tensor input = x.requires_grad() ? x.view_as(x) : x;
    Tensor y = apply(input, weight_.detach(), bias);
    if (!y.requires_grad()) y.requires_grad_(true);
    Tensor decay;
    for (const auto& decays : decays_) {
        const Tensor one = pass.value(decays.front(), weight_).mean();
        decay = decay.defined() ? decay + one : one;
    }
    pass.noted->push_back({input, y, weight_, bias.defined() ? bias.detach() : bias, decay});
    return y;
}

Dual Affine::forward(const Dual& x, Pass& pass) {
    const Tensor bias = options_.bias ? pass.general(bias_) : Tensor();
    if (atMaxima(x.primal)) {
        const kernels::Pooled pooled = kernels::convReluMaxPool(x.primal, pass.general(weight_), bias, {}, {},
                                                                {}, *convolution(), *tail_.pool);
        if (!responds(pass) && !x.tangent.defined()) return {pooled.output, {}};
        const auto [s, t] = responds(pass) ? factors(pass) : std::pair<Tensor, Tensor>{};
        return {pooled.output,
                kernels::convReluMaxPoolTangent(pooled, x.point(), x.tangent, pass.point(weight_),
                                                responds(pass) ? pass.responding(responseWeight_) : Tensor(),
                                                s, t, *convolution())};
    }
    const Tensor y = apply(x.primal, pass.general(weight_), bias);
    const Tensor carried = x.tangent.defined() ? apply(x.tangent, pass.point(weight_), {}) : Tensor(); // W₀ ẋ
    Share extra = share(x.point(), pass);
    // Where nothing of this layer responds, what is carried takes the response's place.
    const bool responds = extra.z.defined();
    const Tensor& a = responds ? carried : extra.z;
    const Tensor& z = responds ? extra.z : carried;

    if (tail_.pool) {
        const kernels::Pooled pooled = kernels::reluMaxPool(y, *tail_.pool);
        return {pooled.output,
                z.defined() ? kernels::reluMaxPoolTangent(pooled, a, z, extra.s, extra.t) : Tensor()};
    }
    const Tensor primal = tail_.relu ? at::relu(y) : y;
    if (!z.defined()) return {primal, {}};
    return {primal, respond(tail_.relu ? primal.detach() : Tensor(), a, z, extra.s, extra.t)};
}

Tensor Affine::linearized(const Dual& x, Pass& pass) {
    if (tail_.relu || atMaxima(x.primal)) return Layer::linearized(x, pass);
    const Tensor moved = x.tangent.defined() ? x.point() + x.tangent : x.point();
    const Tensor y = apply(moved, pass.point(weight_), options_.bias ? pass.point(bias_) : Tensor());
    const Share extra = share(x.point(), pass);
    return extra.z.defined() ? respond({}, y, extra.z, extra.s, extra.t) : y;
}

/// ‖W(Δ)‖² of every example, [batch] or [1]; perColumn: of every input feature, [batch or 1, in].
Tensor Affine::squaredNorms(const Pass& pass, bool perColumn) const {
    const Tensor weight = pass.general(weight_), w = rows(weight);
    const bool moves = pass.delta.defined() && options_.hyperparameters > 0;
    const Tensor responseWeight = moves ? pass.responding(responseWeight_) : Tensor();
    const Tensor& delta = pass.delta;
    const bool structured = options_.kind == ResponseKind::structured;
    const Tensor u = moves && structured
                         ? at::mm(delta, pass.responding(bottleneck_).narrow(0, 0, w.size(0)).t())
                         : Tensor();
    if (!perColumn && (structured || !moves)) return kernels::rowResponseNorms(weight, responseWeight, u);
    if (!moves) return w.square().sum(0, true);
    if (structured) {
        const Tensor r = rows(responseWeight);
        return w.square().sum(0, true) + 2 * at::mm(u, w * r) + at::mm(u.square(), r.square());
    }
    const Tensor theta = responseWeight.flatten(2); // [H, out, in]
    const Tensor flat = theta.flatten(1);
    if (perColumn) {
        const Tensor change = at::mm(delta, flat).view({delta.size(0), w.size(0), w.size(1)});
        return (w + change).square().sum(1);
    }
    const Tensor mixed = at::mv(flat, w.flatten()), gram = at::mm(flat, flat.t());
    return w.square().sum() + 2 * at::mv(delta, mixed) + (at::mm(delta, gram) * delta).sum(1);
}

/// The settings' values side by side, [batch or 1, settings].
static Tensor sideBySide(const std::vector<Setting>& settings, const Pass& pass, const Tensor& like) {
    const auto count = static_cast<std::int64_t>(settings.size());
    bool neighbours = true;
    for (std::int64_t i = 0; i < count; ++i)
        neighbours = neighbours && settings[static_cast<std::size_t>(i)].tuned() &&
                     settings[static_cast<std::size_t>(i)].index == settings.front().index + i;
    if (neighbours) return pass.values.narrow(1, settings.front().index, count);
    std::vector<Tensor> columns;
    for (const Setting& setting : settings) columns.push_back(pass.value(setting, like));
    return at::stack(at::broadcast_tensors(columns), 1);
}

Tensor Affine::penalty(Pass& pass) {
    Tensor total;
    for (const auto& decays : decays_) {
        const bool perColumn = decays.size() > 1;
        const Tensor norms = squaredNorms(pass, perColumn);
        const Tensor term = perColumn ? (sideBySide(decays, pass, weight_) * norms).sum(1)
                                      : pass.value(decays.front(), weight_) * norms;
        total = total.defined() ? total + 0.5 * term.mean() : 0.5 * term.mean();
    }
    return total;
}

Linear::Linear(const LinearPart& part, std::int64_t in, std::int64_t hyperparameters,
               at::Generator& generator)
    : Affine({{part.out, in}, {in, part.out}, part.init, part.bias, part.response, hyperparameters},
             generator) {}

Tensor Linear::apply(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

Conv2d::Conv2d(const Conv2dPart& part, std::int64_t in, std::int64_t hyperparameters,
               at::Generator& generator)
    : Affine(
          {{part.out, in / part.groups, part.kernel, part.kernel},
           {in / part.groups * part.kernel * part.kernel, part.out / part.groups * part.kernel * part.kernel},
           part.init,
           part.bias,
           part.response,
           hyperparameters},
          generator),
      part_(part) {}

std::optional<kernels::ConvShape> Conv2d::convolution() const {
    return kernels::ConvShape{part_.stride, part_.padding, part_.dilation, part_.groups};
}

Tensor Conv2d::apply(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    const auto both = [](std::int64_t value) { return std::array<std::int64_t, 2>{value, value}; };
    return at::conv2d(x, weight, bias, both(part_.stride), both(part_.padding), both(part_.dilation),
                      part_.groups);
}

} // namespace dstn
