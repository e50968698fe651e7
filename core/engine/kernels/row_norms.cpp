#include "core/engine/kernels/row_norms.h"

#include "core/engine/kernels/fused.h"
#include "core/engine/kernels/over_rows.h"
#include "core/engine/kernels/vector_clones.h"
#include "core/engine/kernels/vectors.h"

#include <algorithm>
#include <array>
#include <vector>

namespace dstn::kernels {

using torch::autograd::AutogradContext;
using torch::autograd::Function;

namespace {

/// Σ w², Σ w r and Σ r² over a row.
template <typename T>
[[gnu::always_inline]] inline std::array<T, 3> productsLoop(std::int64_t width, const T* w, const T* r) {
    constexpr std::int64_t lanes = Vector<T>::size;
    VectorOf<T> ww{}, wr{}, rr{};
    std::int64_t i = 0;
    for (; i + lanes <= width; i += lanes) {
        const VectorOf<T> a = at(w + i), b = at(r + i);
        ww += a * a;
        wr += a * b;
        rr += b * b;
    }
    std::array<T, 3> sums{};
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        sums[0] += ww[lane];
        sums[1] += wr[lane];
        sums[2] += rr[lane];
    }
    for (; i < width; ++i) {
        sums[0] += w[i] * w[i];
        sums[1] += w[i] * r[i];
        sums[2] += r[i] * r[i];
    }
    return sums;
}
DSTN_VECTOR_CLONES void products(std::int64_t width, const float* w, const float* r,
                                 std::array<float, 3>& sums) {
    sums = productsLoop(width, w, r);
}
DSTN_VECTOR_CLONES void products(std::int64_t width, const double* w, const double* r,
                                 std::array<double, 3>& sums) {
    sums = productsLoop(width, w, r);
}

/// out = p a + q b.
template <typename T>
[[gnu::always_inline]] inline void combineLoop(std::int64_t width, T p, const T* __restrict a, T q,
                                               const T* __restrict b, T* __restrict out) {
    for (std::int64_t i = 0; i < width; ++i) out[i] = p * a[i] + q * b[i];
}
DSTN_VECTOR_CLONES void combine(std::int64_t width, float p, const float* a, float q, const float* b,
                                float* out) {
    combineLoop(width, p, a, q, b, out);
}
DSTN_VECTOR_CLONES void combine(std::int64_t width, double p, const double* a, double q, const double* b,
                                double* out) {
    combineLoop(width, p, a, q, b, out);
}

struct RowResponseNorms : Function<RowResponseNorms> {
    static Tensor forward(AutogradContext* ctx, const Tensor& w, const Tensor& r, const Tensor& u) {
        const std::int64_t out = w.size(0), in = w.size(1), batch = u.size(0);
        Tensor result = at::empty({batch}, u.options());
        // Of each row: Σ w r, Σ r².
        const Tensor sums = at::empty({2, out}, w.options());
        AT_DISPATCH_FLOATING_TYPES(w.scalar_type(), "row_response_norms", [&] {
            const scalar_t *pw = w.data_ptr<scalar_t>(), *pr = r.data_ptr<scalar_t>(),
                           *pu = u.data_ptr<scalar_t>();
            scalar_t *mixed = sums.data_ptr<scalar_t>(), *squares = mixed + out;
            std::vector<scalar_t> own(static_cast<std::size_t>(out));
            overRows(out, in, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t o = first; o < last; ++o) {
                    std::array<scalar_t, 3> row;
                    products(in, pw + o * in, pr + o * in, row);
                    own[static_cast<std::size_t>(o)] = row[0];
                    mixed[o] = row[1];
                    squares[o] = row[2];
                }
            });
            double total = 0.0;
            for (const scalar_t value : own) total += static_cast<double>(value);
            scalar_t* norms = result.data_ptr<scalar_t>();
            overRows(batch, out, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t b = first; b < last; ++b) {
                    double norm = total;
                    for (std::int64_t o = 0; o < out; ++o) {
                        const scalar_t factor = pu[b * out + o];
                        norm += static_cast<double>(factor * (2 * mixed[o] + factor * squares[o]));
                    }
                    norms[b] = static_cast<scalar_t>(norm);
                }
            });
        });
        ctx->save_for_backward({w, r, u, sums});
        return result;
    }

    /// With g = ∂L/∂out, s_o = Σ_b g_b u_bo and q_o = Σ_b g_b u_bo²: ∂w = 2 (Σ g · w + s r), ∂r = 2 (s w + q
    /// r), ∂u = 2 g (Σ w r + u Σ r²).
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor &w = saved[0], &r = saved[1], &u = saved[2], &sums = saved[3];
        const std::int64_t out = w.size(0), in = w.size(1), batch = u.size(0);
        const Tensor g = gradients[0].contiguous();
        const auto wanted = [&](std::size_t input, const Tensor& like) {
            return ctx->needs_input_grad(input) ? at::empty_like(like) : Tensor();
        };
        Tensor dw = wanted(0, w), dr = wanted(1, r), du = wanted(2, u);
        AT_DISPATCH_FLOATING_TYPES(w.scalar_type(), "row_response_norms_backward", [&] {
            const scalar_t *pw = w.data_ptr<scalar_t>(), *pr = r.data_ptr<scalar_t>(),
                           *pu = u.data_ptr<scalar_t>(), *pg = g.data_ptr<scalar_t>();
            const scalar_t *mixed = sums.data_ptr<scalar_t>(), *squares = mixed + out;
            std::vector<scalar_t> s(static_cast<std::size_t>(out)), q(s.size());
            scalar_t total = 0;
            for (std::int64_t b = 0; b < batch; ++b) {
                total += pg[b];
                for (std::int64_t o = 0; o < out; ++o) {
                    const scalar_t factor = pu[b * out + o], term = pg[b] * factor;
                    s[static_cast<std::size_t>(o)] += term;
                    q[static_cast<std::size_t>(o)] += term * factor;
                }
            }
            overRows(out, in, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t o = first; o < last; ++o) {
                    const auto k = static_cast<std::size_t>(o);
                    const std::int64_t row = o * in;
                    if (dw.defined())
                        combine(in, 2 * total, pw + row, 2 * s[k], pr + row, dw.data_ptr<scalar_t>() + row);
                    if (dr.defined())
                        combine(in, 2 * s[k], pw + row, 2 * q[k], pr + row, dr.data_ptr<scalar_t>() + row);
                }
            });
            if (!du.defined()) return;
            scalar_t* to = du.data_ptr<scalar_t>();
            for (std::int64_t b = 0; b < batch; ++b)
                for (std::int64_t o = 0; o < out; ++o)
                    to[b * out + o] = 2 * pg[b] * (mixed[o] + pu[b * out + o] * squares[o]);
        });
        return {dw, dr, du};
    }
};

} // namespace

Tensor rowResponseNorms(const Tensor& weight, const Tensor& response, const Tensor& u, Path path) {
    const Tensor w = weight.flatten(1);
    if (!response.defined()) return w.square().sum().reshape({1});
    const Tensor r = response.flatten(1);
    if (useFused(w, path) && r.scalar_type() == w.scalar_type() && u.scalar_type() == w.scalar_type())
        return RowResponseNorms::apply(w.contiguous(), r.contiguous(), u.contiguous());
    return w.square().sum() + 2 * at::mv(u, (w * r).sum(1)) + at::mv(u.square(), r.square().sum(1));
}

} // namespace dstn::kernels
