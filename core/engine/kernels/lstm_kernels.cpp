#include "core/engine/kernels/lstm_kernels.h"

#include "core/engine/kernels/fused.h"
#include "core/engine/kernels/vector_clones.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dstn::kernels {

using torch::autograd::AutogradContext;
using torch::autograd::Function;

namespace {

/// eˣ − 1 to two units in the last place, in operations that vector units have: with n = ⌊x / ln 2⌉ and
/// r = x − n ln 2, it is 2ⁿ (eʳ − 1) + (2ⁿ − 1), and eʳ − 1 is a polynomial. Beyond ±80 it stays where it is.
[[gnu::always_inline]] inline float expMinusOne(float x) {
    constexpr float most = 80.0F;
    x = x > most ? most : x;
    x = x < -most ? -most : x; // a NaN passes both
    // Adding and taking away 1.5 · 2²³ rounds to a whole number, whose bits are the sum's low ones.
    constexpr float shift = 12582912.0F;
    const float shifted = x * 1.44269504F + shift;
    const float n = shifted - shift;
    float r = x - n * 0.693359375F;
    r = r - n * -2.12194440e-4F; // ln 2 in two parts, the first of few bits
    float p = 1.0F / 5040;
    p = p * r + 1.0F / 720;
    p = p * r + 1.0F / 120;
    p = p * r + 1.0F / 24;
    p = p * r + 1.0F / 6;
    p = p * r + 0.5F;
    p = p * r * r + r;
    const auto exponent = std::bit_cast<std::uint32_t>(shifted) << 23;
    const float scale = std::bit_cast<float>(exponent + std::bit_cast<std::uint32_t>(1.0F));
    return scale * p + (scale - 1.0F);
}
inline double expMinusOne(double x) { return std::expm1(std::clamp(x, -300.0, 300.0)); }

template <typename T>
[[gnu::always_inline]] inline T sigmoid(T x) {
    return T(1) / (T(2) + expMinusOne(-x));
}
template <typename T>
[[gnu::always_inline]] inline T hyperbolicTangent(T x) {
    const T e = expMinusOne(T(2) * x);
    return e / (e + T(2));
}

/// The four quarters of one example's gates at one step.
template <typename T>
struct Quarters {
    T *i, *f, *g, *o;
    Quarters(T* gates, std::int64_t hidden)
        : i(gates), f(gates + hidden), g(gates + 2 * hidden), o(gates + 3 * hidden) {}
};

/// Gates and states of one example at one step, from the gates' arguments in their place.
template <typename T>
[[gnu::always_inline]] inline void stepBody(T* gates, const T* __restrict before, T* __restrict cell,
                                            T* __restrict tangent, T* __restrict out, std::int64_t hidden) {
    const Quarters<T> q(gates, hidden);
    T* __restrict gi = q.i, * __restrict gf = q.f, * __restrict gg = q.g, * __restrict go = q.o;
    for (std::int64_t j = 0; j < hidden; ++j) {
        const T i = sigmoid(gi[j]), f = sigmoid(gf[j]), g = hyperbolicTangent(gg[j]), o = sigmoid(go[j]);
        const T c = f * before[j] + i * g;
        const T th = hyperbolicTangent(c);
        gi[j] = i;
        gf[j] = f;
        gg[j] = g;
        go[j] = o;
        cell[j] = c;
        tangent[j] = th;
        out[j] = o * th;
    }
}
DSTN_VECTOR_CLONES void step(float* gates, const float* before, float* cell, float* tangent, float* out,
                             std::int64_t hidden) {
    stepBody(gates, before, cell, tangent, out, hidden);
}
void step(double* gates, const double* before, double* cell, double* tangent, double* out,
          std::int64_t hidden) {
    stepBody(gates, before, cell, tangent, out, hidden);
}

/// The tangent of a step: ḣ and, in place, ċ from ȧ.
template <typename T>
[[gnu::always_inline]] inline void tangentBody(const T* gates, const T* __restrict before,
                                               const T* __restrict th, const T* moved, T* __restrict cellDot,
                                               T* __restrict out, std::int64_t hidden) {
    const Quarters<const T> q(gates, hidden), d(moved, hidden);
    for (std::int64_t j = 0; j < hidden; ++j) {
        const T i = q.i[j], f = q.f[j], g = q.g[j], o = q.o[j];
        const T c = f * cellDot[j] + before[j] * f * (1 - f) * d.f[j] + g * i * (1 - i) * d.i[j] +
                    i * (1 - g * g) * d.g[j];
        cellDot[j] = c;
        out[j] = th[j] * o * (1 - o) * d.o[j] + o * (1 - th[j] * th[j]) * c;
    }
}
DSTN_VECTOR_CLONES void tangentStep(const float* gates, const float* before, const float* th,
                                    const float* moved, float* cellDot, float* out, std::int64_t hidden) {
    tangentBody(gates, before, th, moved, cellDot, out, hidden);
}
void tangentStep(const double* gates, const double* before, const double* th, const double* moved,
                 double* cellDot, double* out, std::int64_t hidden) {
    tangentBody(gates, before, th, moved, cellDot, out, hidden);
}

/// The transpose of a tangent step: the gradient of the gates' arguments, and in place that of c.
/// @param late the gradient of h from the next step; null: there is none
template <typename T>
[[gnu::always_inline]] inline void
backBody(const T* gates, const T* __restrict before, const T* __restrict th, const T* __restrict gradient,
         const T* __restrict late, T* __restrict cellGradient, T* result, std::int64_t hidden) {
    const Quarters<const T> q(gates, hidden);
    const Quarters<T> d(result, hidden);
    T* __restrict di = d.i, * __restrict df = d.f, * __restrict dg = d.g, * __restrict dout = d.o;
    for (std::int64_t j = 0; j < hidden; ++j) {
        const T i = q.i[j], f = q.f[j], g = q.g[j], o = q.o[j];
        const T dh = gradient[j] + (late != nullptr ? late[j] : T(0));
        const T dc = cellGradient[j] + dh * o * (1 - th[j] * th[j]);
        di[j] = dc * g * i * (1 - i);
        df[j] = dc * before[j] * f * (1 - f);
        dg[j] = dc * i * (1 - g * g);
        dout[j] = dh * th[j] * o * (1 - o);
        cellGradient[j] = dc * f;
    }
}
DSTN_VECTOR_CLONES void backStep(const float* gates, const float* before, const float* th,
                                 const float* gradient, const float* late, float* cellGradient, float* result,
                                 std::int64_t hidden) {
    backBody(gates, before, th, gradient, late, cellGradient, result, hidden);
}
void backStep(const double* gates, const double* before, const double* th, const double* gradient,
              const double* late, double* cellGradient, double* result, std::int64_t hidden) {
    backBody(gates, before, th, gradient, late, cellGradient, result, hidden);
}

/// A batch's sizes, and the places of one example at one step.
struct Extent {
    std::int64_t batch, time, hidden;
    explicit Extent(const Tensor& gates)
        : batch(gates.size(0)), time(gates.size(1)), hidden(gates.size(2) / 4) {}
    std::int64_t state(std::int64_t b, std::int64_t t) const { return (b * time + t) * hidden; }
    std::int64_t gate(std::int64_t b, std::int64_t t) const { return 4 * state(b, t); }
};

/// Runs f(first, count) over shares of the batch, one a thread.
template <typename F>
void overShares(const Extent& e, const F& f) {
    // About this many multiplications in a share's recurrent product make a thread worth its start.
    constexpr std::int64_t worth = 1 << 16;
    const std::int64_t cost = std::max<std::int64_t>(1, 4 * e.hidden * e.hidden * e.time);
    const std::int64_t threads = std::max(1, at::get_num_threads());
    const std::int64_t least = std::max<std::int64_t>((e.batch + threads - 1) / threads, worth / cost);
    at::parallel_for(0, e.batch, std::max<std::int64_t>(1, least),
                     [&](std::int64_t first, std::int64_t last) {
                         const at::NoGradGuard guard; // of this thread
                         f(first, last - first);
                     });
}

/// A share's [count, width] at every step, as views.
std::vector<Tensor> steps(const Tensor& tensor, std::int64_t first, std::int64_t count) {
    return tensor.narrow(0, first, count).unbind(1);
}

/// The gradient of the gates' arguments, [batch, time, 4·hidden], for the gradient of h.
Tensor sweepBack(const LstmPoint& point, const Tensor& gradient, const Tensor& weight, const Tensor& response,
                 const Tensor& s) {
    const Extent e(point.gates);
    Tensor result = at::empty_like(point.gates);
    const bool responds = s.numel() > 0;
    AT_DISPATCH_FLOATING_TYPES(result.scalar_type(), "lstm_back", [&] {
        const scalar_t *gates = point.gates.data_ptr<scalar_t>(), *cells = point.cells.data_ptr<scalar_t>(),
                       *th = point.cellTangents.data_ptr<scalar_t>(),
                       *initial = point.initialCell.data_ptr<scalar_t>(), *g = gradient.data_ptr<scalar_t>();
        scalar_t* out = result.data_ptr<scalar_t>();
        overShares(e, [&](std::int64_t first, std::int64_t count) {
            const std::vector<Tensor> moved = steps(result, first, count);
            const Tensor factor = responds ? s.narrow(0, first, count) : Tensor();
            Tensor late = at::empty({count, e.hidden}, result.options());
            Tensor cellGradient = at::zeros({count, e.hidden}, result.options());
            scalar_t *pl = late.data_ptr<scalar_t>(), *pc = cellGradient.data_ptr<scalar_t>();
            for (std::int64_t t = e.time - 1; t >= 0; --t) {
                for (std::int64_t k = 0; k < count; ++k) {
                    const std::int64_t b = first + k;
                    const scalar_t* before = t > 0 ? cells + e.state(b, t - 1) : initial + b * e.hidden;
                    backStep(gates + e.gate(b, t), before, th + e.state(b, t), g + e.state(b, t),
                             t + 1 < e.time ? pl + k * e.hidden : nullptr, pc + k * e.hidden,
                             out + e.gate(b, t), e.hidden);
                }
                if (t == 0) break;
                const Tensor& here = moved[static_cast<std::size_t>(t)];
                at::mm_out(late, here, weight);
                if (responds) late.addmm_(here * factor, response);
            }
        });
    });
    return result;
}

/// h before each step: the initial one, then the outputs.
Tensor shifted(const Tensor& output, const Tensor& initial) {
    return at::cat({initial.unsqueeze(1), output.narrow(1, 0, output.size(1) - 1)}, 1);
}

struct Lstm : Function<Lstm> {
    static variable_list forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                                 const Tensor& response, const Tensor& s, const Tensor& h, const Tensor& c) {
        const Extent e(x);
        const bool responds = s.numel() > 0;
        Tensor output = at::empty({e.batch, e.time, e.hidden}, x.options());
        LstmPoint point{.gates = at::empty_like(x),
                        .cells = at::empty_like(output),
                        .cellTangents = at::empty_like(output),
                        .initialCell = c,
                        .previousHidden = {}};
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "lstm", [&] {
            scalar_t *gates = point.gates.data_ptr<scalar_t>(), *cells = point.cells.data_ptr<scalar_t>(),
                     *th = point.cellTangents.data_ptr<scalar_t>(), *out = output.data_ptr<scalar_t>();
            const scalar_t* initial = c.data_ptr<scalar_t>();
            overShares(e, [&](std::int64_t first, std::int64_t count) {
                const std::vector<Tensor> inputs = steps(x, first, count),
                                          outputs = steps(output, first, count);
                std::vector<Tensor> sums = steps(point.gates, first, count);
                const Tensor transposed = weight.t(), responding = responds ? response.t() : Tensor();
                const Tensor factor = responds ? s.narrow(0, first, count) : Tensor();
                Tensor before = h.narrow(0, first, count);
                for (std::int64_t t = 0; t < e.time; ++t) {
                    const auto at = static_cast<std::size_t>(t);
                    at::addmm_out(sums[at], inputs[at], before, transposed);
                    if (responds) sums[at].addcmul_(at::mm(before, responding), factor);
                    for (std::int64_t b = first; b < first + count; ++b)
                        step(gates + e.gate(b, t), t > 0 ? cells + e.state(b, t - 1) : initial + b * e.hidden,
                             cells + e.state(b, t), th + e.state(b, t), out + e.state(b, t), e.hidden);
                    before = outputs[at];
                }
            });
        });
        point.previousHidden = shifted(output, h);
        ctx->save_for_backward(
            {point.gates, point.cells, point.cellTangents, c, point.previousHidden, weight, response, s});
        ctx->mark_non_differentiable({point.gates, point.cells, point.cellTangents, point.previousHidden});
        return {output, point.gates, point.cells, point.cellTangents, point.previousHidden};
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const LstmPoint point{saved[0], saved[1], saved[2], saved[3], saved[4]};
        const Tensor &weight = saved[5], &response = saved[6], &s = saved[7];
        const Tensor moved = sweepBack(point, gradients[0].contiguous(), weight, response, s);
        const Tensor flat = moved.flatten(0, 1), previous = point.previousHidden.flatten(0, 1);
        Tensor dWeight, dResponse, dS;
        if (ctx->needs_input_grad(1)) dWeight = at::mm(flat.t(), previous);
        if (s.numel() > 0) {
            if (ctx->needs_input_grad(2))
                dResponse = at::mm((moved * s.unsqueeze(1)).flatten(0, 1).t(), previous);
            if (ctx->needs_input_grad(3)) dS = (moved * at::mm(previous, response.t()).view_as(moved)).sum(1);
        }
        return {moved, dWeight, dResponse, dS, Tensor(), Tensor()};
    }
};

struct LstmTangent : Function<LstmTangent> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Tensor& gates,
                          const Tensor& cells, const Tensor& cellTangents, const Tensor& initialCell) {
        const Extent e(gates);
        Tensor output = at::empty_like(cells);
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "lstm_tangent", [&] {
            const scalar_t *pg = gates.data_ptr<scalar_t>(), *pc = cells.data_ptr<scalar_t>(),
                           *th = cellTangents.data_ptr<scalar_t>(),
                           *initial = initialCell.data_ptr<scalar_t>();
            scalar_t* out = output.data_ptr<scalar_t>();
            overShares(e, [&](std::int64_t first, std::int64_t count) {
                const std::vector<Tensor> inputs = steps(x, first, count),
                                          outputs = steps(output, first, count);
                const Tensor transposed = weight.t();
                Tensor moved = inputs[0].contiguous();
                Tensor cellDot = at::zeros({count, e.hidden}, output.options());
                scalar_t* dot = cellDot.data_ptr<scalar_t>();
                for (std::int64_t t = 0; t < e.time; ++t) {
                    const auto at = static_cast<std::size_t>(t);
                    if (t > 0) at::addmm_out(moved, inputs[at], outputs[at - 1], transposed);
                    const scalar_t* pm = moved.data_ptr<scalar_t>();
                    for (std::int64_t k = 0; k < count; ++k) {
                        const std::int64_t b = first + k;
                        tangentStep(pg + e.gate(b, t),
                                    t > 0 ? pc + e.state(b, t - 1) : initial + b * e.hidden,
                                    th + e.state(b, t), pm + k * 4 * e.hidden, dot + k * e.hidden,
                                    out + e.state(b, t), e.hidden);
                    }
                    // The first sums may be the caller's own memory.
                    if (t == 0) moved = at::empty_like(moved);
                }
            });
        });
        ctx->save_for_backward({gates, cells, cellTangents, initialCell, weight});
        return output;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const LstmPoint point{saved[0], saved[1], saved[2], saved[3], {}};
        const Tensor none = at::empty({0}, saved[4].options());
        return {sweepBack(point, gradients[0].contiguous(), saved[4], none, none),
                Tensor(),
                Tensor(),
                Tensor(),
                Tensor(),
                Tensor()};
    }
};

LstmPass lstmComposite(const Tensor& x, const Tensor& weight, const Tensor& response, const Tensor& s,
                       const Tensor& initialHidden, const Tensor& initialCell) {
    const std::int64_t hidden = weight.size(1);
    std::vector<Tensor> outputs, gates, cells, tangents;
    Tensor h = initialHidden, c = initialCell;
    for (std::int64_t t = 0; t < x.size(1); ++t) {
        Tensor a = x.select(1, t) + at::mm(h, weight.t());
        if (s.defined()) a = a + s * at::mm(h, response.t());
        const Tensor i = at::sigmoid(a.narrow(1, 0, hidden)), f = at::sigmoid(a.narrow(1, hidden, hidden)),
                     g = at::tanh(a.narrow(1, 2 * hidden, hidden)),
                     o = at::sigmoid(a.narrow(1, 3 * hidden, hidden));
        c = f * c + i * g;
        const Tensor th = at::tanh(c);
        h = o * th;
        outputs.push_back(h);
        gates.push_back(at::cat({i, f, g, o}, 1).detach());
        cells.push_back(c.detach());
        tangents.push_back(th.detach());
    }
    const Tensor output = at::stack(outputs, 1);
    return {output,
            {at::stack(gates, 1), at::stack(cells, 1), at::stack(tangents, 1), initialCell,
             shifted(output.detach(), initialHidden)}};
}

Tensor lstmTangentComposite(const LstmPoint& point, const Tensor& x, const Tensor& weight) {
    const std::int64_t hidden = weight.size(1);
    std::vector<Tensor> outputs;
    Tensor h, c = at::zeros_like(point.initialCell);
    for (std::int64_t t = 0; t < x.size(1); ++t) {
        const Tensor a = h.defined() ? x.select(1, t) + at::mm(h, weight.t()) : x.select(1, t);
        const auto quarter = [&](const Tensor& of, std::int64_t k) {
            return of.narrow(1, k * hidden, hidden);
        };
        const Tensor gates = point.gates.select(1, t);
        const Tensor i = quarter(gates, 0), f = quarter(gates, 1), g = quarter(gates, 2),
                     o = quarter(gates, 3);
        const Tensor before = t > 0 ? point.cells.select(1, t - 1) : point.initialCell;
        const Tensor th = point.cellTangents.select(1, t);
        c = f * c + before * f * (1 - f) * quarter(a, 1) + g * i * (1 - i) * quarter(a, 0) +
            i * (1 - g * g) * quarter(a, 2);
        h = th * o * (1 - o) * quarter(a, 3) + o * (1 - th * th) * c;
        outputs.push_back(h);
    }
    return at::stack(outputs, 1);
}

} // namespace

LstmPass lstm(const Tensor& x, const Tensor& weight, const Tensor& response, const Tensor& s, const Tensor& h,
              const Tensor& c, Path path) {
    if (!useFused(x, path)) return lstmComposite(x, weight, response, s, h, c);
    const auto orEmpty = [&](const Tensor& tensor) {
        return tensor.defined() ? tensor.contiguous() : at::empty({0}, x.options());
    };
    const variable_list result = Lstm::apply(x.contiguous(), weight.contiguous(), orEmpty(response),
                                             orEmpty(s), h.contiguous(), c.contiguous());
    return {result[0], {result[1], result[2], result[3], c.contiguous(), result[4]}};
}

Tensor lstmTangent(const LstmPoint& point, const Tensor& x, const Tensor& weight, Path path) {
    const Tensor w = weight.detach();
    if (!useFused(x, path)) return lstmTangentComposite(point, x, w);
    return LstmTangent::apply(x.contiguous(), w.contiguous(), point.gates, point.cells, point.cellTangents,
                              point.initialCell);
}

} // namespace dstn::kernels
