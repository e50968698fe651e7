#include "core/engine/kernels/kernels.h"

#include "core/engine/kernels/fused.h"
#include "core/engine/kernels/over_rows.h"

#include <algorithm>
#include <limits>
#include <mutex>

namespace dstn::kernels {

using torch::autograd::AutogradContext;
using torch::autograd::Function;

namespace {

template <typename T>
const T* pointer(const Tensor& tensor) {
    return present(tensor) ? tensor.data_ptr<T>() : nullptr;
}

/// [batch, out] seen as [batch, out, 1, …] beside a tensor of `dim` dimensions.
Tensor spread(const Tensor& tensor, std::int64_t dim) {
    Tensor result = tensor;
    while (result.dim() < dim) result = result.unsqueeze(-1);
    return result;
}

Tensor respondComposite(const Tensor& gate, const Tensor& a, const Tensor& z, const Tensor& s,
                        const Tensor& t) {
    const auto beside = [&](const Tensor& tensor) {
        const std::int64_t repeats = tensor.size(0) == 0 ? 1 : z.size(0) / tensor.size(0);
        // Not by repeat_interleave(), which asks the device how long its result is.
        return spread(repeats == 1 ? tensor : tensor.unsqueeze(1).expand({-1, repeats, -1}).flatten(0, 1),
                      z.dim());
    };
    Tensor result = s.defined() ? z * beside(s) : z;
    if (a.defined()) result = result + a;
    if (t.defined()) result = result + beside(t);
    return gate.defined() ? result * (gate > 0) : result;
}

template <bool Gated, bool HasA, bool HasS, bool HasT, typename T>
void respondRow(std::int64_t width, const T* __restrict gate, const T* __restrict a, const T* __restrict z,
                const T* __restrict s, const T* __restrict t, std::int64_t advance, T* __restrict out) {
    for (std::int64_t i = 0; i < width; ++i) {
        T value = z[i];
        if constexpr (HasS) value *= s[advance * i];
        if constexpr (HasA) value += a[i];
        if constexpr (HasT) value += t[advance * i];
        if constexpr (Gated) value = gate[i] > T(0) ? value : T(0);
        out[i] = value;
    }
}

/// Turns four run-time flags into template arguments.
template <typename F>
void withFlags(bool one, bool two, bool three, bool four, const F& f) {
    const auto pick = [](bool flag, const auto& next) {
        if (flag)
            next(std::true_type{});
        else
            next(std::false_type{});
    };
    pick(one, [&](auto a) {
        pick(two, [&](auto b) { pick(three, [&](auto c) { pick(four, [&](auto d) { f(a, b, c, d); }); }); });
    });
}

/// Rows are examples where out is the last dimension, so that s and t run along; else planes with one s and
/// t. `repeats` rows in a row share theirs.
struct Rows {
    std::int64_t count, width, advance, perRow, repeats;
    Rows(const Tensor& z, const Tensor& s, const Tensor& t)
        : Rows(z, present(s)   ? s.size(0)
                  : present(t) ? t.size(0)
                               : 0) {}
    /// @param sharers rows of s and t, 0: there are none
    Rows(const Tensor& z, std::int64_t sharers) {
        const std::int64_t batch = z.size(0), out = z.size(1);
        const std::int64_t plane = batch * out == 0 ? 0 : z.numel() / (batch * out);
        const bool flat = plane == 1;
        count = flat ? batch : batch * out;
        width = flat ? out : plane;
        advance = flat ? 1 : 0;
        perRow = flat ? out : 1;
        repeats = sharers == 0 || !flat ? 1 : batch / sharers;
    }
    /// Where a row's s and t begin.
    std::int64_t side(std::int64_t row) const { return row / repeats * perRow; }
};

struct Respond : Function<Respond> {
    static Tensor forward(AutogradContext* ctx, const Tensor& gate, const Tensor& a, const Tensor& z,
                          const Tensor& s, const Tensor& t) {
        ctx->save_for_backward({gate, z, s});
        ctx->saved_data["hasA"] = present(a);
        ctx->saved_data["hasT"] = present(t);
        Tensor out = at::empty_like(z);
        const Rows rows(z, s, t);
        ctx->saved_data["sharers"] = z.size(0) / rows.repeats;
        AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "respond", [&] {
            withFlags(present(gate), present(a), present(s), present(t),
                      [&](auto g, auto ha, auto hs, auto ht) {
                          const scalar_t *pg = pointer<scalar_t>(gate), *pa = pointer<scalar_t>(a),
                                         *pz = z.data_ptr<scalar_t>(), *ps = pointer<scalar_t>(s),
                                         *pt = pointer<scalar_t>(t);
                          scalar_t* po = out.data_ptr<scalar_t>();
                          overRows(rows.count, rows.width, [&](std::int64_t first, std::int64_t last) {
                              for (std::int64_t row = first; row < last; ++row) {
                                  const std::int64_t at = row * rows.width, side = rows.side(row);
                                  respondRow<g.value, ha.value, hs.value, ht.value>(
                                      rows.width, g.value ? pg + at : nullptr, ha.value ? pa + at : nullptr,
                                      pz + at, hs.value ? ps + side : nullptr, ht.value ? pt + side : nullptr,
                                      rows.advance, po + at);
                              }
                          });
                      });
        });
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor &gate = saved[0], &z = saved[1], &s = saved[2];
        const Tensor g = gradients[0].contiguous();
        const bool needA = ctx->saved_data["hasA"].toBool() && ctx->needs_input_grad(1);
        const bool needZ = ctx->needs_input_grad(2);
        const bool needS = present(s) && ctx->needs_input_grad(3);
        const bool needT = ctx->saved_data["hasT"].toBool() && ctx->needs_input_grad(4);
        const std::int64_t sharers = ctx->saved_data["sharers"].toInt();
        const Rows rows(z, sharers);

        // Without a gate the gradient passes through; so it does to z where there is no s.
        const bool needGated = present(gate) && (needA || (needZ && !present(s)));
        Tensor gated = needGated ? at::empty_like(z) : g;
        Tensor dz = needZ && present(s) ? at::empty_like(z) : Tensor();
        const bool adds = rows.repeats > 1; // rows that share their s and t
        const auto side = [&] {
            return adds ? at::zeros({sharers, z.size(1)}, z.options())
                        : at::empty({sharers, z.size(1)}, z.options());
        };
        Tensor ds = needS ? side() : Tensor(), dt = needT ? side() : Tensor();
        AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "respond_backward", [&] {
            const scalar_t *pgate = pointer<scalar_t>(gate), *pz = z.data_ptr<scalar_t>(),
                           *ps = pointer<scalar_t>(s), *pg = g.data_ptr<scalar_t>();
            scalar_t* pgated = needGated ? gated.data_ptr<scalar_t>() : nullptr;
            scalar_t* pdz = dz.defined() ? dz.data_ptr<scalar_t>() : nullptr;
            scalar_t* pds = ds.defined() ? ds.data_ptr<scalar_t>() : nullptr;
            scalar_t* pdt = dt.defined() ? dt.data_ptr<scalar_t>() : nullptr;
            if (pgated == nullptr && pdz == nullptr && pds == nullptr && pdt == nullptr) return;
            // All rows that share their s and t belong to one task, which adds up their gradients.
            overRows(rows.count / rows.repeats, rows.width * rows.repeats,
                     [&](std::int64_t first, std::int64_t last) {
                         for (std::int64_t row = first * rows.repeats; row < last * rows.repeats; ++row) {
                             const std::int64_t at = row * rows.width, at2 = rows.side(row);
                             scalar_t sumS = 0, sumT = 0;
                             for (std::int64_t i = 0; i < rows.width; ++i) {
                                 const bool open = pgate == nullptr || pgate[at + i] > scalar_t(0);
                                 const scalar_t value = open ? pg[at + i] : scalar_t(0);
                                 if (pgated != nullptr) pgated[at + i] = value;
                                 if (pdz != nullptr) pdz[at + i] = value * ps[at2 + rows.advance * i];
                                 if (rows.advance != 0) {
                                     if (pds != nullptr)
                                         pds[at2 + i] =
                                             adds ? pds[at2 + i] + value * pz[at + i] : value * pz[at + i];
                                     if (pdt != nullptr) pdt[at2 + i] = adds ? pdt[at2 + i] + value : value;
                                 } else {
                                     sumS += value * pz[at + i];
                                     sumT += value;
                                 }
                             }
                             if (rows.advance == 0) {
                                 if (pds != nullptr) pds[at2] = sumS;
                                 if (pdt != nullptr) pdt[at2] = sumT;
                             }
                         }
                     });
        });
        if (needZ && !dz.defined()) dz = gated;
        return {Tensor(), needA ? gated : Tensor(), dz, ds, dt};
    }
};

struct AddRelu : Function<AddRelu> {
    static Tensor forward(AutogradContext* ctx, const Tensor& a, const Tensor& b) {
        Tensor out = at::empty_like(a);
        AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "add_relu", [&] {
            const scalar_t *pa = a.data_ptr<scalar_t>(), *pb = b.data_ptr<scalar_t>();
            scalar_t* po = out.data_ptr<scalar_t>();
            at::parallel_for(0, a.numel(), grain, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t i = first; i < last; ++i) {
                    const scalar_t sum = pa[i] + pb[i];
                    po[i] = sum < scalar_t(0) ? scalar_t(0) : sum; // a NaN stays
                }
            });
        });
        ctx->save_for_backward({out});
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const Tensor out = ctx->get_saved_variables()[0];
        const Tensor gated = at::threshold_backward(gradients[0], out, 0);
        return {gated, gated};
    }
};

struct Plane {
    std::int64_t planes, height, width, outHeight, outWidth;
    Plane(const Tensor& x, const PoolShape& shape)
        : planes(x.size(0) * x.size(1)),
          height(x.size(2)),
          width(x.size(3)),
          outHeight(shape.outputSize(height)),
          outWidth(shape.outputSize(width)) {}
    std::int64_t inputs() const { return height * width; }
    std::int64_t outputs() const { return outHeight * outWidth; }
};

/// Two by two without overlap: no bounds to mind, one row of results at a time.
template <typename T>
void poolTwoByTwo(const T* __restrict x, const Plane& p, T* __restrict out, std::int32_t* __restrict index) {
    for (std::int64_t oy = 0; oy < p.outHeight; ++oy) {
        const T* __restrict upper = x + 2 * oy * p.width;
        const T* __restrict lower = upper + p.width;
        const auto start = static_cast<std::int32_t>(2 * oy * p.width);
        const auto width = static_cast<std::int32_t>(p.width);
        for (std::int64_t ox = 0; ox < p.outWidth; ++ox) {
            T best = upper[2 * ox];
            std::int32_t place = 0;
            const auto take = [&](T candidate, std::int32_t at) {
                // A NaN compares false with everything; it has to win and stay.
                const bool better = candidate > best || candidate != candidate;
                place = better ? at : place;
                best = better ? candidate : best;
            };
            take(upper[2 * ox + 1], 1);
            take(lower[2 * ox], width);
            take(lower[2 * ox + 1], width + 1);
            out[oy * p.outWidth + ox] = best < T(0) ? T(0) : best;
            index[oy * p.outWidth + ox] = start + static_cast<std::int32_t>(2 * ox) + place;
        }
    }
}

template <typename T>
void poolPlane(const T* x, const Plane& p, const PoolShape& shape, T* out, std::int32_t* index) {
    if (shape.kernel == 2 && shape.stride == 2 && shape.padding == 0) return poolTwoByTwo(x, p, out, index);
    for (std::int64_t oy = 0; oy < p.outHeight; ++oy) {
        const std::int64_t top = oy * shape.stride - shape.padding;
        for (std::int64_t ox = 0; ox < p.outWidth; ++ox) {
            const std::int64_t left = ox * shape.stride - shape.padding;
            T best = -std::numeric_limits<T>::infinity();
            std::int64_t place = -1;
            for (std::int64_t y = std::max<std::int64_t>(top, 0); y < std::min(top + shape.kernel, p.height);
                 ++y)
                for (std::int64_t c = std::max<std::int64_t>(left, 0);
                     c < std::min(left + shape.kernel, p.width); ++c) {
                    const T candidate = x[y * p.width + c];
                    if (place < 0 || candidate > best || candidate != candidate) {
                        best = candidate;
                        place = y * p.width + c;
                    }
                }
            out[oy * p.outWidth + ox] = best < T(0) ? T(0) : best;
            index[oy * p.outWidth + ox] = static_cast<std::int32_t>(place);
        }
    }
}

struct ReluMaxPool : Function<ReluMaxPool> {
    static variable_list forward(AutogradContext* ctx, const Tensor& x, std::int64_t kernel,
                                 std::int64_t stride, std::int64_t padding) {
        const PoolShape shape{kernel, stride, padding};
        const Plane p(x, shape);
        Tensor out = at::empty({x.size(0), x.size(1), p.outHeight, p.outWidth}, x.options());
        Tensor index = at::empty(out.sizes(), x.options().dtype(at::kInt));
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "relu_max_pool", [&] {
            const scalar_t* px = x.data_ptr<scalar_t>();
            scalar_t* po = out.data_ptr<scalar_t>();
            auto* pi = index.data_ptr<std::int32_t>();
            overRows(p.planes, p.inputs(), [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t i = first; i < last; ++i)
                    poolPlane(px + i * p.inputs(), p, shape, po + i * p.outputs(), pi + i * p.outputs());
            });
        });
        ctx->save_for_backward({out, index});
        ctx->saved_data["height"] = x.size(2);
        ctx->saved_data["width"] = x.size(3);
        ctx->mark_non_differentiable({index});
        return {out, index};
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor &out = saved[0], &index = saved[1];
        const Tensor g = gradients[0].contiguous();
        const std::int64_t height = ctx->saved_data["height"].toInt(),
                           width = ctx->saved_data["width"].toInt();
        Tensor dx = at::empty({out.size(0), out.size(1), height, width}, out.options());
        const std::int64_t inputs = height * width, outputs = out.size(2) * out.size(3);
        AT_DISPATCH_FLOATING_TYPES(out.scalar_type(), "relu_max_pool_backward", [&] {
            const scalar_t *pg = g.data_ptr<scalar_t>(), *po = out.data_ptr<scalar_t>();
            const auto* pi = index.data_ptr<std::int32_t>();
            scalar_t* pd = dx.data_ptr<scalar_t>();
            overRows(out.size(0) * out.size(1), inputs, [&](std::int64_t first, std::int64_t last) {
                std::fill(pd + first * inputs, pd + last * inputs, scalar_t(0));
                for (std::int64_t plane = first; plane < last; ++plane)
                    for (std::int64_t i = plane * outputs; i < (plane + 1) * outputs; ++i)
                        pd[plane * inputs + pi[i]] += po[i] > scalar_t(0) ? pg[i] : scalar_t(0);
            });
        });
        return {dx, Tensor(), Tensor(), Tensor()};
    }
};

struct ReluMaxPoolTangent : Function<ReluMaxPoolTangent> {
    static Tensor forward(AutogradContext* ctx, const Tensor& output, const Tensor& index, const Tensor& a,
                          const Tensor& z, const Tensor& s, const Tensor& t) {
        ctx->save_for_backward({output, index, z, s});
        ctx->saved_data["hasA"] = present(a);
        ctx->saved_data["hasT"] = present(t);
        Tensor out = at::empty_like(output);
        const std::int64_t inputs = z.size(2) * z.size(3), outputs = output.size(2) * output.size(3);
        AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "relu_max_pool_tangent", [&] {
            withFlags(present(a), present(s), present(t), false, [&](auto ha, auto hs, auto ht, auto) {
                const scalar_t *pm = output.data_ptr<scalar_t>(), *pa = pointer<scalar_t>(a),
                               *pz = z.data_ptr<scalar_t>(), *ps = pointer<scalar_t>(s),
                               *pt = pointer<scalar_t>(t);
                const auto* pi = index.data_ptr<std::int32_t>();
                scalar_t* po = out.data_ptr<scalar_t>();
                overRows(z.size(0) * z.size(1), outputs, [&](std::int64_t first, std::int64_t last) {
                    for (std::int64_t plane = first; plane < last; ++plane) {
                        const scalar_t scale = hs.value ? ps[plane] : scalar_t(1);
                        const scalar_t shift = ht.value ? pt[plane] : scalar_t(0);
                        for (std::int64_t i = plane * outputs; i < (plane + 1) * outputs; ++i) {
                            const std::int64_t at = plane * inputs + pi[i];
                            scalar_t value = pz[at] * scale + shift;
                            if constexpr (ha.value) value += pa[at];
                            po[i] = pm[i] > scalar_t(0) ? value : scalar_t(0);
                        }
                    }
                });
            });
        });
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor &output = saved[0], &index = saved[1], &z = saved[2], &s = saved[3];
        const Tensor g = gradients[0].contiguous();
        const bool needA = ctx->saved_data["hasA"].toBool() && ctx->needs_input_grad(2);
        const bool needZ = ctx->needs_input_grad(3);
        const bool needS = present(s) && ctx->needs_input_grad(4);
        const bool needT = ctx->saved_data["hasT"].toBool() && ctx->needs_input_grad(5);
        Tensor da = needA ? at::empty_like(z) : Tensor(), dz = needZ ? at::empty_like(z) : Tensor();
        const auto side = [&] { return at::empty({z.size(0), z.size(1)}, z.options()); };
        Tensor ds = needS ? side() : Tensor(), dt = needT ? side() : Tensor();
        const std::int64_t inputs = z.size(2) * z.size(3), outputs = output.size(2) * output.size(3);
        AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "relu_max_pool_tangent_backward", [&] {
            const scalar_t *pm = output.data_ptr<scalar_t>(), *pz = z.data_ptr<scalar_t>(),
                           *ps = pointer<scalar_t>(s), *pg = g.data_ptr<scalar_t>();
            const auto* pi = index.data_ptr<std::int32_t>();
            scalar_t* pda = da.defined() ? da.data_ptr<scalar_t>() : nullptr;
            scalar_t* pdz = dz.defined() ? dz.data_ptr<scalar_t>() : nullptr;
            overRows(z.size(0) * z.size(1), inputs, [&](std::int64_t first, std::int64_t last) {
                if (pda != nullptr) std::fill(pda + first * inputs, pda + last * inputs, scalar_t(0));
                if (pdz != nullptr) std::fill(pdz + first * inputs, pdz + last * inputs, scalar_t(0));
                for (std::int64_t plane = first; plane < last; ++plane) {
                    const scalar_t scale = ps != nullptr ? ps[plane] : scalar_t(1);
                    scalar_t sumS = 0, sumT = 0;
                    for (std::int64_t i = plane * outputs; i < (plane + 1) * outputs; ++i) {
                        const std::int64_t at = plane * inputs + pi[i];
                        const scalar_t value = pm[i] > scalar_t(0) ? pg[i] : scalar_t(0);
                        if (pda != nullptr) pda[at] += value;
                        if (pdz != nullptr) pdz[at] += value * scale;
                        sumS += value * pz[at];
                        sumT += value;
                    }
                    if (ds.defined()) ds.data_ptr<scalar_t>()[plane] = sumS;
                    if (dt.defined()) dt.data_ptr<scalar_t>()[plane] = sumT;
                }
            });
        });
        return {Tensor(), Tensor(), da, dz, ds, dt};
    }
};

/// A 32-bit finaliser: every input bit changes every output bit with probability near one half.
inline std::uint32_t mix(std::uint32_t h) {
    h ^= h >> 16;
    h *= 0x7feb352dU;
    h ^= h >> 15;
    h *= 0x846ca68bU;
    h ^= h >> 16;
    return h;
}

} // namespace

Tensor respond(const Tensor& gate, const Tensor& a, const Tensor& z, const Tensor& s, const Tensor& t,
               Path path) {
    const bool sum = a.defined() && !gate.defined() && !s.defined() && !t.defined();
    if (sum || !useFused(z, path)) return respondComposite(gate, a, z, s, t);
    const auto contiguous = [&](const Tensor& x) { return orEmpty(x, z); };
    return Respond::apply(contiguous(gate), contiguous(a), z.contiguous(), contiguous(s), contiguous(t));
}

Tensor addRelu(const Tensor& a, const Tensor& b, Path path) {
    if (!useFused(a, path)) return at::relu(a + b);
    return AddRelu::apply(a.contiguous(), b.contiguous());
}

Pooled reluMaxPool(const Tensor& x, const PoolShape& shape, Path path) {
    if (useFused(x, path)) {
        auto result = ReluMaxPool::apply(x.contiguous(), shape.kernel, shape.stride, shape.padding);
        return {result[0], result[1]};
    }
    auto [output, index] =
        at::max_pool2d_with_indices(at::relu(x), {shape.kernel, shape.kernel}, {shape.stride, shape.stride},
                                    {shape.padding, shape.padding});
    return {output, index};
}

Tensor reluMaxPoolTangent(const Pooled& pooled, const Tensor& a, const Tensor& z, const Tensor& s,
                          const Tensor& t, Path path) {
    if (useFused(z, path)) {
        const auto contiguous = [&](const Tensor& x) { return orEmpty(x, z); };
        return ReluMaxPoolTangent::apply(pooled.output.detach(), pooled.index, contiguous(a), z.contiguous(),
                                         contiguous(s), contiguous(t));
    }
    const Tensor full = respondComposite({}, a, z, s, t);
    const Tensor at = full.flatten(2).gather(2, pooled.index.to(at::kLong).flatten(2)).view_as(pooled.output);
    return at * (pooled.output.detach() > 0);
}

Tensor dropoutMask(at::IntArrayRef shape, const Tensor& rate, at::Generator& generator, Path path) {
    const at::NoGradGuard guard;
    Tensor mask = at::empty(shape, rate.options());
    if (path == Path::composite || !ownKernelsServe(rate)) {
        const Tensor keep = 1 - spread(rate.detach(), mask.dim());
        return at::rand(shape, generator, rate.options()).lt(keep).to(rate.scalar_type()) / keep;
    }
    std::uint64_t seed = 0;
    {
        auto* cpu = at::check_generator<at::CPUGeneratorImpl>(generator);
        const std::lock_guard lock(cpu->mutex_);
        seed = cpu->random64();
    }
    const auto low = static_cast<std::uint32_t>(seed), high = static_cast<std::uint32_t>(seed >> 32);
    const std::int64_t batch = shape[0], width = batch == 0 ? 0 : mask.numel() / batch;
    const Tensor rates = rate.detach().contiguous();
    AT_DISPATCH_FLOATING_TYPES(rate.scalar_type(), "dropout_mask", [&] {
        const scalar_t* pr = rates.data_ptr<scalar_t>();
        const std::int64_t advance = rates.numel() == 1 ? 0 : 1;
        scalar_t* pm = mask.data_ptr<scalar_t>();
        overRows(batch, width, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t row = first; row < last; ++row) {
                const double p = static_cast<double>(pr[advance * row]);
                const auto kept = static_cast<scalar_t>(1.0 / (1.0 - p));
                // 24 bits: exact as float, and signed comparisons are what vector units have.
                const auto threshold = static_cast<std::int32_t>(p * 16777216.0);
                const std::uint32_t key = mix(low + static_cast<std::uint32_t>(row) * 0x9e3779b9U) ^ high;
                scalar_t* __restrict out = pm + row * width;
                for (std::int64_t i = 0; i < width; ++i) {
                    const std::uint32_t h = mix(key + static_cast<std::uint32_t>(i) * 0x9e3779b9U);
                    out[i] = static_cast<std::int32_t>(h >> 8) >= threshold ? kept : scalar_t(0);
                }
            }
        });
    });
    return mask;
}

} // namespace dstn::kernels
