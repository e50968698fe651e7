#include "core/engine/kernels/normalization_kernels.h"

#include "core/engine/kernels/fused.h"
#include "core/engine/kernels/over_rows.h"
#include "core/engine/kernels/vector_clones.h"
#include "core/engine/kernels/vectors.h"

#include <algorithm>

namespace dstn::kernels {

using torch::autograd::AutogradContext;
using torch::autograd::Function;

namespace {

/// An image's channels are planes, one after the other: row b · channels + c is a channel of an example.
struct Planes {
    std::int64_t batch, channels, width;
    explicit Planes(const Tensor& x)
        : batch(x.size(0)),
          channels(x.size(1)),
          width(batch * channels == 0 ? 0 : x.numel() / (batch * channels)) {}
    std::int64_t rows() const { return batch * channels; }
    /// Numbers that a channel's statistics are taken over.
    double perChannel() const { return static_cast<double>(batch * width); }
};

/// Whether the loops below are made for it: where a plane is a single number they would be all overhead, and
/// ATen's operations along the channels are not.
bool usePlanes(const Tensor& x, Path path) { return useFused(x, path) && x.dim() > 2 && Planes(x).width > 1; }

/// A channel of an example normalised: (x − mean) · slope + offset; the ReLU's gate is open where that is
/// above zero.
template <typename T>
struct Line {
    T mean, slope, offset;
};

template <typename T>
using Mask = decltype(VectorOf<T>{} > VectorOf<T>{});

template <typename T>
inline __attribute__((always_inline)) T total(const VectorOf<T>& v) {
    T result = 0;
    for (std::int64_t i = 0; i < Vector<T>::size; ++i) result += v[i];
    return result;
}

/// Mean and sum of squared deviations of each row. The second sweep over a row finds it in the cache.
template <typename T>
inline __attribute__((always_inline)) void momentLoop(std::int64_t rows, std::int64_t width,
                                                      const T* __restrict x, T* __restrict mean,
                                                      T* __restrict squares) {
    constexpr std::int64_t lanes = Vector<T>::size;
    const std::int64_t whole = width / lanes * lanes;
    for (std::int64_t row = 0; row < rows; ++row, x += width) {
        VectorOf<T> sums{};
        for (std::int64_t i = 0; i < whole; i += lanes) sums += at(x + i);
        T sum = total<T>(sums);
        for (std::int64_t i = whole; i < width; ++i) sum += x[i];
        const T middle = sum / static_cast<T>(width);
        VectorOf<T> deviations{};
        for (std::int64_t i = 0; i < whole; i += lanes) {
            const VectorOf<T> d = at(x + i) - middle;
            deviations += d * d;
        }
        T deviation = total<T>(deviations);
        for (std::int64_t i = whole; i < width; ++i) deviation += (x[i] - middle) * (x[i] - middle);
        mean[row] = middle;
        squares[row] = deviation;
    }
}

template <typename T>
inline __attribute__((always_inline)) void lineLoop(std::int64_t rows, std::int64_t width, bool relu,
                                                    const Line<T>* __restrict lines, const T* __restrict x,
                                                    T* __restrict out) {
    constexpr std::int64_t lanes = Vector<T>::size;
    const std::int64_t whole = width / lanes * lanes;
    for (std::int64_t row = 0; row < rows; ++row, x += width, out += width) {
        const Line<T> line = lines[row];
        const VectorOf<T> zero{};
        // A NaN is not below zero and so stays visible.
        for (std::int64_t i = 0; i < whole; i += lanes) {
            const VectorOf<T> y = (at(x + i) - line.mean) * line.slope + line.offset;
            at(out + i) = relu ? (y < zero ? zero : y) : y;
        }
        for (std::int64_t i = whole; i < width; ++i) {
            const T y = (x[i] - line.mean) * line.slope + line.offset;
            out[i] = relu && y < T(0) ? T(0) : y;
        }
    }
}

/// Σ g and Σ g (x − mean) of each row, g zero where the gate is shut.
template <typename T>
inline __attribute__((always_inline)) void
sumLoop(std::int64_t rows, std::int64_t width, bool gated, const Line<T>* __restrict lines,
        const T* __restrict x, const T* __restrict g, T* __restrict plain, T* __restrict product) {
    constexpr std::int64_t lanes = Vector<T>::size;
    const std::int64_t whole = width / lanes * lanes;
    for (std::int64_t row = 0; row < rows; ++row, x += width, g += width) {
        const Line<T> line = lines[row];
        const VectorOf<T> zero{};
        VectorOf<T> sums{}, products{};
        for (std::int64_t i = 0; i < whole; i += lanes) {
            const VectorOf<T> d = at(x + i) - line.mean;
            VectorOf<T> value = at(g + i);
            if (gated) value = d * line.slope + line.offset > zero ? value : zero;
            sums += value;
            products += value * d;
        }
        T sum = total<T>(sums), sumOfProducts = total<T>(products);
        for (std::int64_t i = whole; i < width; ++i) {
            const T d = x[i] - line.mean;
            const T value = gated && !(d * line.slope + line.offset > T(0)) ? T(0) : g[i];
            sum += value;
            sumOfProducts += value * d;
        }
        plain[row] = sum;
        product[row] = sumOfProducts;
    }
}

/// What a row's result is made of: p u + q (x − mean) + r.
template <typename T>
struct Mix {
    T u, x, constant;
};
enum class Gate {
    none,
    inner, ///< u counts where the gate is open
    outer  ///< the result is zero where it is shut
};

template <Gate gate, typename T>
inline __attribute__((always_inline)) void
mixLoop(std::int64_t rows, std::int64_t width, const Line<T>* __restrict lines,
        const Mix<T>* __restrict mixes, const T* __restrict x, const T* __restrict u, T* __restrict out) {
    constexpr std::int64_t lanes = Vector<T>::size;
    const std::int64_t whole = width / lanes * lanes;
    // Without a u, x takes its place in memory and counts nothing.
    for (std::int64_t row = 0; row < rows; ++row, x += width, u += width, out += width) {
        const Line<T> line = lines[row];
        const Mix<T> mix = mixes[row];
        const VectorOf<T> zero{};
        for (std::int64_t i = 0; i < whole; i += lanes) {
            const VectorOf<T> d = at(x + i) - line.mean;
            const Mask<T> open = d * line.slope + line.offset > zero;
            VectorOf<T> value = at(u + i);
            if (gate == Gate::inner) value = open ? value : zero;
            value = value * mix.u + d * mix.x + mix.constant;
            if (gate == Gate::outer) value = open ? value : zero;
            at(out + i) = value;
        }
        for (std::int64_t i = whole; i < width; ++i) {
            const T d = x[i] - line.mean;
            const bool open = d * line.slope + line.offset > T(0);
            const T own = gate == Gate::inner && !open ? T(0) : u[i];
            const T value = own * mix.u + d * mix.x + mix.constant;
            out[i] = gate == Gate::outer && !open ? T(0) : value;
        }
    }
}

#define DSTN_EACH_TYPE(define) define(float) define(double)

#define DSTN_DEFINE(T)                                                                                       \
    DSTN_VECTOR_CLONES void rowMoments(std::int64_t rows, std::int64_t width, const T* x, T* mean,           \
                                       T* squares) {                                                         \
        momentLoop(rows, width, x, mean, squares);                                                           \
    }                                                                                                        \
    DSTN_VECTOR_CLONES void rowLines(std::int64_t rows, std::int64_t width, bool relu, const Line<T>* lines, \
                                     const T* x, T* out) {                                                   \
        if (relu)                                                                                            \
            lineLoop(rows, width, true, lines, x, out);                                                      \
        else                                                                                                 \
            lineLoop(rows, width, false, lines, x, out);                                                     \
    }                                                                                                        \
    DSTN_VECTOR_CLONES void rowSums(std::int64_t rows, std::int64_t width, bool gated, const Line<T>* lines, \
                                    const T* x, const T* g, T* plain, T* product) {                          \
        if (gated)                                                                                           \
            sumLoop(rows, width, true, lines, x, g, plain, product);                                         \
        else                                                                                                 \
            sumLoop(rows, width, false, lines, x, g, plain, product);                                        \
    }                                                                                                        \
    DSTN_VECTOR_CLONES void rowMixes(std::int64_t rows, std::int64_t width, Gate gate, const Line<T>* lines, \
                                     const Mix<T>* mixes, const T* x, const T* u, T* out) {                  \
        if (gate == Gate::inner)                                                                             \
            mixLoop<Gate::inner>(rows, width, lines, mixes, x, u, out);                                      \
        else if (gate == Gate::outer)                                                                        \
            mixLoop<Gate::outer>(rows, width, lines, mixes, x, u, out);                                      \
        else                                                                                                 \
            mixLoop<Gate::none>(rows, width, lines, mixes, x, u, out);                                       \
    }
DSTN_EACH_TYPE(DSTN_DEFINE)
#undef DSTN_DEFINE
#undef DSTN_EACH_TYPE

/// Runs f(row, rows, place of the first in memory) over shares of the rows in parallel.
template <typename F>
void overPlanes(const Planes& planes, const F& f) {
    overRows(planes.rows(), planes.width,
             [&](std::int64_t first, std::int64_t last) { f(first, last - first, first * planes.width); });
}

/// What the loops need to know of a normalisation, row by row.
template <typename T>
class Normalization {
  public:
    /// @param scale, shift [channels] or [batch, channels]
    Normalization(const Tensor& x, const Tensor& mean, const Tensor& inverse, const Tensor& scale,
                  const Tensor& shift)
        : planes_(x),
          x_(x.data_ptr<T>()),
          inverse_(inverse.data_ptr<T>()),
          scale_(scale.data_ptr<T>()),
          perExample_(scale.dim() == 2),
          lines_(static_cast<std::size_t>(planes_.rows())) {
        const T *means = mean.data_ptr<T>(), *shifts = shift.data_ptr<T>();
        each([&](std::int64_t row, std::int64_t channel) {
            line(row) = {means[channel], scaleOf(row, channel) * inverse_[channel],
                         shifts[perExample_ ? row : channel]};
        });
    }

    const Planes& planes() const { return planes_; }
    bool perExample() const { return perExample_; }

    Tensor value(const Tensor& x, bool relu) const {
        Tensor out = at::empty_like(x);
        T* to = out.data_ptr<T>();
        overPlanes(planes_, [&](std::int64_t row, std::int64_t rows, std::int64_t place) {
            rowLines(rows, planes_.width, relu, lines_.data() + row, x_ + place, to + place);
        });
        return out;
    }

    /// Σ g and Σ g x̂ of each row, [batch, channels] each.
    std::pair<Tensor, Tensor> sums(const Tensor& g, bool gated) const {
        const auto make = [&] { return at::empty({planes_.batch, planes_.channels}, g.options()); };
        Tensor plain = make(), product = make();
        T *to = plain.data_ptr<T>(), *products = product.data_ptr<T>();
        const T* from = g.data_ptr<T>();
        overPlanes(planes_, [&](std::int64_t row, std::int64_t rows, std::int64_t place) {
            rowSums(rows, planes_.width, gated, lines_.data() + row, x_ + place, from + place, to + row,
                    products + row);
        });
        each([&](std::int64_t row, std::int64_t channel) { products[row] *= inverse_[channel]; });
        return {plain, product};
    }

    /// Means over a channel's numbers of κ g and κ g x̂, from the rows' sums; without `scaled` of g and g x̂.
    struct Means {
        std::vector<double> plain, product;
    };
    Means means(const std::pair<Tensor, Tensor>& sums, bool scaled) const {
        const auto channels = static_cast<std::size_t>(planes_.channels);
        Means result{std::vector<double>(channels), std::vector<double>(channels)};
        const T *plain = sums.first.data_ptr<T>(), *product = sums.second.data_ptr<T>();
        each([&](std::int64_t row, std::int64_t channel) {
            const double factor =
                (scaled ? static_cast<double>(scaleOf(row, channel)) : 1.0) / planes_.perChannel();
            result.plain[static_cast<std::size_t>(channel)] += factor * static_cast<double>(plain[row]);
            result.product[static_cast<std::size_t>(channel)] += factor * static_cast<double>(product[row]);
        });
        return result;
    }

    /// p u + q x̂ + r, each row's (p, q, r) from `mix(row, channel)`; u undefined: zero.
    template <typename F>
    Tensor mixed(const Tensor& x, const Tensor& u, Gate gate, const F& mix) const {
        std::vector<Mix<T>> mixes(static_cast<std::size_t>(planes_.rows()));
        each([&](std::int64_t row, std::int64_t channel) {
            Mix<T>& own = mixes[static_cast<std::size_t>(row)] = mix(row, channel);
            own.x *= inverse_[channel];
            if (!u.defined()) own.u = 0;
        });
        Tensor out = at::empty_like(x);
        T* to = out.data_ptr<T>();
        const T* from = u.defined() ? u.data_ptr<T>() : x_;
        overPlanes(planes_, [&](std::int64_t row, std::int64_t rows, std::int64_t place) {
            rowMixes(rows, planes_.width, gate, lines_.data() + row, mixes.data() + row, x_ + place,
                     from + place, to + place);
        });
        return out;
    }

    T slope(std::int64_t row) const { return lines_[static_cast<std::size_t>(row)].slope; }
    T inverse(std::int64_t channel) const { return inverse_[channel]; }

  private:
    template <typename F>
    void each(const F& f) const {
        for (std::int64_t b = 0, row = 0; b < planes_.batch; ++b)
            for (std::int64_t c = 0; c < planes_.channels; ++c, ++row) f(row, c);
    }
    Line<T>& line(std::int64_t row) { return lines_[static_cast<std::size_t>(row)]; }
    T scaleOf(std::int64_t row, std::int64_t channel) const { return scale_[perExample_ ? row : channel]; }

    Planes planes_;
    const T *x_, *inverse_, *scale_;
    bool perExample_;
    std::vector<Line<T>> lines_;
};

struct BatchNormalize : Function<BatchNormalize> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& scale, const Tensor& shift,
                          const Tensor& mean, const Tensor& inverse, bool ofBatch, bool relu) {
        ctx->save_for_backward({x, scale, shift, mean, inverse});
        ctx->saved_data["ofBatch"] = ofBatch;
        ctx->saved_data["relu"] = relu;
        Tensor out;
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_normalize", [&] {
            out = Normalization<scalar_t>(x, mean, inverse, scale, shift).value(x, relu);
        });
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor& x = saved[0];
        const Tensor g = gradients[0].contiguous();
        const bool ofBatch = ctx->saved_data["ofBatch"].toBool(), relu = ctx->saved_data["relu"].toBool();
        const bool needX = ctx->needs_input_grad(0), needScale = ctx->needs_input_grad(1),
                   needShift = ctx->needs_input_grad(2);
        Tensor dx, dScale, dShift;
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_normalize_backward", [&] {
            const Normalization<scalar_t> n(x, saved[3], saved[4], saved[1], saved[2]);
            std::pair<Tensor, Tensor> sums;
            if (needScale || needShift || ofBatch) sums = n.sums(g, relu);
            const auto gather = [&](const Tensor& rows) { return n.perExample() ? rows : rows.sum(0); };
            if (needScale) dScale = gather(sums.second);
            if (needShift) dShift = gather(sums.first);
            if (!needX) return;
            typename Normalization<scalar_t>::Means means;
            if (ofBatch) means = n.means(sums, true);
            dx = n.mixed(x, g, relu ? Gate::inner : Gate::none, [&](std::int64_t row, std::int64_t channel) {
                Mix<scalar_t> mix{n.slope(row), 0, 0};
                if (ofBatch) {
                    const auto c = static_cast<std::size_t>(channel);
                    mix.x = -n.inverse(channel) * static_cast<scalar_t>(means.product[c]);
                    mix.constant = -n.inverse(channel) * static_cast<scalar_t>(means.plain[c]);
                }
                return mix;
            });
        });
        return {dx, dScale, dShift, Tensor(), Tensor(), Tensor(), Tensor()};
    }
};

struct BatchNormalizeTangent : Function<BatchNormalizeTangent> {
    static Tensor forward(AutogradContext* ctx, const Tensor& carried, const Tensor& scaleChange,
                          const Tensor& shiftChange, const Tensor& x, const Tensor& scale,
                          const Tensor& shift, const Tensor& mean, const Tensor& inverse, bool ofBatch,
                          bool relu) {
        ctx->save_for_backward({x, scale, shift, mean, inverse});
        ctx->saved_data["ofBatch"] = ofBatch;
        ctx->saved_data["relu"] = relu;
        const bool carries = present(carried), responds = present(scaleChange);
        Tensor out;
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_normalize_tangent", [&] {
            const Normalization<scalar_t> n(x, mean, inverse, scale, shift);
            typename Normalization<scalar_t>::Means means;
            const bool moving = ofBatch && carries; // the statistics change too
            if (moving) means = n.means(n.sums(carried, false), false);
            const scalar_t *scales = responds ? scaleChange.data_ptr<scalar_t>() : nullptr,
                           *shifts = responds ? shiftChange.data_ptr<scalar_t>() : nullptr;
            out = n.mixed(x, carries ? carried : Tensor(), relu ? Gate::outer : Gate::none,
                          [&](std::int64_t row, std::int64_t channel) {
                              Mix<scalar_t> mix{n.slope(row), 0, 0};
                              if (moving) {
                                  const auto c = static_cast<std::size_t>(channel);
                                  mix.x = -n.slope(row) * static_cast<scalar_t>(means.product[c]);
                                  mix.constant = -n.slope(row) * static_cast<scalar_t>(means.plain[c]);
                              }
                              if (responds) {
                                  mix.x += scales[row];
                                  mix.constant += shifts[row];
                              }
                              return mix;
                          });
        });
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor& x = saved[0];
        const Tensor g = gradients[0].contiguous();
        const bool ofBatch = ctx->saved_data["ofBatch"].toBool(), relu = ctx->saved_data["relu"].toBool();
        const bool needCarried = ctx->needs_input_grad(0), needScale = ctx->needs_input_grad(1),
                   needShift = ctx->needs_input_grad(2);
        Tensor dCarried, dScale, dShift;
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_normalize_tangent_backward", [&] {
            const Normalization<scalar_t> n(x, saved[3], saved[4], saved[1], saved[2]);
            std::pair<Tensor, Tensor> sums;
            if (needScale || needShift || ofBatch) sums = n.sums(g, relu);
            if (needScale) dScale = sums.second;
            if (needShift) dShift = sums.first;
            if (!needCarried) return;
            typename Normalization<scalar_t>::Means means;
            if (ofBatch) means = n.means(sums, false);
            dCarried =
                n.mixed(x, g, relu ? Gate::inner : Gate::none, [&](std::int64_t row, std::int64_t channel) {
                    Mix<scalar_t> mix{n.slope(row), 0, 0};
                    if (ofBatch) {
                        const auto c = static_cast<std::size_t>(channel);
                        mix.x = -n.slope(row) * static_cast<scalar_t>(means.product[c]);
                        mix.constant = -n.slope(row) * static_cast<scalar_t>(means.plain[c]);
                    }
                    return mix;
                });
        });
        return {dCarried, dScale,   dShift,   Tensor(), Tensor(),
                Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
    }
};

/// All dimensions but the channels': what a batch's statistics are taken over.
std::vector<std::int64_t> batchDimensions(const Tensor& x) {
    std::vector<std::int64_t> dims{0};
    for (std::int64_t d = 2; d < x.dim(); ++d) dims.push_back(d);
    return dims;
}

/// [channels] or [batch, channels] beside an x of more dimensions.
Tensor beside(const Tensor& values, const Tensor& x) {
    Tensor result = values.dim() == 1 ? values.unsqueeze(0) : values;
    while (result.dim() < x.dim()) result = result.unsqueeze(-1);
    return result;
}

/// Statistics are taken in float32 at least.
Tensor widened(const Tensor& x) {
    return x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf ? x.to(at::kFloat) : x;
}

/// x̂, through whose statistics derivatives go where they are the batch's.
Tensor normalizedComposite(const Tensor& given, const Statistics& statistics) {
    const Tensor x = widened(given);
    if (!statistics.ofBatch) return (x - beside(statistics.mean, x)) * beside(statistics.inverse, x);
    const auto dims = batchDimensions(x);
    const Tensor centred = x - x.mean(dims, true);
    return centred * at::rsqrt(centred.square().mean(dims, true) + statistics.epsilon);
}

} // namespace

Moments batchMoments(const Tensor& x, Path path) {
    const at::NoGradGuard guard;
    if (!usePlanes(x, path)) {
        const auto dims = batchDimensions(x);
        const Tensor wide = widened(x), mean = wide.mean(dims, true);
        return {mean.flatten(), (wide - mean).square().mean(dims)};
    }
    const Tensor source = x.contiguous();
    const Planes planes(source);
    Moments result{at::empty({planes.channels}, x.options()), at::empty({planes.channels}, x.options())};
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_moments", [&] {
        std::vector<scalar_t> means(static_cast<std::size_t>(planes.rows())), squares(means.size());
        overPlanes(planes, [&](std::int64_t row, std::int64_t rows, std::int64_t place) {
            rowMoments(rows, planes.width, source.data_ptr<scalar_t>() + place, means.data() + row,
                       squares.data() + row);
        });
        // Sums of deviations about the rows' own means add up with those of the means (Chan et al. 1979), in
        // an order that does not depend on the number of threads.
        const auto channels = static_cast<std::size_t>(planes.channels);
        std::vector<double> mean(channels), square(channels);
        for (std::size_t row = 0; row < means.size(); ++row)
            mean[row % channels] += static_cast<double>(means[row]);
        for (double& value : mean) value /= static_cast<double>(planes.batch);
        for (std::size_t row = 0; row < means.size(); ++row) {
            const double apart = static_cast<double>(means[row]) - mean[row % channels];
            square[row % channels] +=
                static_cast<double>(squares[row]) + static_cast<double>(planes.width) * apart * apart;
        }
        for (std::size_t c = 0; c < channels; ++c) {
            result.mean.data_ptr<scalar_t>()[c] = static_cast<scalar_t>(mean[c]);
            result.variance.data_ptr<scalar_t>()[c] = static_cast<scalar_t>(square[c] / planes.perChannel());
        }
    });
    return result;
}

Tensor batchNormalize(const Tensor& x, const Statistics& statistics, const Tensor& scale, const Tensor& shift,
                      bool relu, Path path) {
    if (usePlanes(x, path))
        return BatchNormalize::apply(x.contiguous(), scale.contiguous(), shift.contiguous(),
                                     statistics.mean.contiguous(), statistics.inverse.contiguous(),
                                     statistics.ofBatch, relu);
    const Tensor y = normalizedComposite(x, statistics) * beside(scale, x) + beside(shift, x);
    return relu ? at::relu(y) : y;
}

Tensor batchNormalizeTangent(const Tensor& x, const Tensor& carried, const Statistics& statistics,
                             const Tensor& scale, const Tensor& shift, const Tensor& scaleChange,
                             const Tensor& shiftChange, bool relu, Path path) {
    const Tensor point = x.detach(), fixedScale = scale.detach(), fixedShift = shift.detach();
    if (usePlanes(x, path))
        return BatchNormalizeTangent::apply(
            orEmpty(carried, x), orEmpty(scaleChange, x), orEmpty(shiftChange, x), point.contiguous(),
            fixedScale.contiguous(), fixedShift.contiguous(), statistics.mean.contiguous(),
            statistics.inverse.contiguous(), statistics.ofBatch, relu);
    const Tensor normal = normalizedComposite(point, statistics);
    Tensor tangent;
    if (carried.defined()) {
        Tensor change = widened(carried);
        if (statistics.ofBatch) {
            const auto dims = batchDimensions(x);
            change = change - change.mean(dims, true) - normal * (normal * change).mean(dims, true);
        }
        tangent = change * beside(statistics.inverse * fixedScale, x);
    }
    if (scaleChange.defined()) {
        const Tensor own = beside(scaleChange, x) * normal + beside(shiftChange, x);
        tangent = tangent.defined() ? tangent + own : own;
    }
    return relu ? tangent * (normal * beside(fixedScale, x) + beside(fixedShift, x) > 0) : tangent;
}

} // namespace dstn::kernels
