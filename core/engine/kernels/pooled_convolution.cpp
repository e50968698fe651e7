#include "core/engine/kernels/pooled_convolution.h"

#include "core/engine/kernels/fused.h"
#include "core/engine/kernels/vector_clones.h"
#include "core/engine/kernels/vectors.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dstn::kernels {

using torch::autograd::AutogradContext;
using torch::autograd::Function;

namespace {

/// How patches lie in memory. Images are kept with their channels last and zeros around them, so that each of
/// the kernel's rows meets one run of memory, k · in long. Runs are stretched to whole vectors: weights are
/// zero there, and what is read there counts for nothing.
struct Layout {
    std::int64_t batch, in, height, width, out, kernel, stride, padding;
    std::int64_t positionsWide; ///< the convolution's output width
    std::int64_t row, run, image;

    Layout(const Tensor& x, const Tensor& weight, const ConvShape& conv)
        : Layout(x.size(0), x.size(2), x.size(3), weight, conv) {}
    Layout(std::int64_t images, std::int64_t imageHeight, std::int64_t imageWidth, const Tensor& weight,
           const ConvShape& conv)
        : batch(images),
          in(weight.size(1)),
          height(imageHeight),
          width(imageWidth),
          out(weight.size(0)),
          kernel(weight.size(2)),
          stride(conv.stride),
          padding(conv.padding),
          positionsWide((width + 2 * padding - kernel) / stride + 1) {
        constexpr std::int64_t lanes = 16;
        row = (width + 2 * padding) * in;
        run = (kernel * in + lanes - 1) / lanes * lanes;
        image = (height + 2 * padding) * row + lanes; // a stretched run may reach past the last row
    }
    std::int64_t filter() const { return kernel * run; }
    /// Where the patch of a position of the convolution's output begins in an image.
    std::int64_t patch(std::int64_t position) const {
        return position / positionsWide * stride * row + position % positionsWide * stride * in;
    }
    std::vector<std::int32_t> patches(std::int64_t positions) const {
        std::vector<std::int32_t> result(static_cast<std::size_t>(positions));
        for (std::int64_t i = 0; i < positions; ++i)
            result[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(patch(i));
        return result;
    }
};

/// [batch, in, height, width] → [batch, image].
template <typename T>
Tensor channelsLast(const Tensor& x, const Layout& l) {
    const Tensor source = x.contiguous();
    Tensor result = at::empty({l.batch, l.image}, x.options());
    const T* from = source.data_ptr<T>();
    T* to = result.data_ptr<T>();
    at::parallel_for(0, l.batch, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t b = first; b < last; ++b) {
            T* image = to + b * l.image;
            std::fill(image, image + l.image, T(0));
            for (std::int64_t c = 0; c < l.in; ++c)
                for (std::int64_t y = 0; y < l.height; ++y) {
                    const T* line = from + ((b * l.in + c) * l.height + y) * l.width;
                    T* place = image + (y + l.padding) * l.row + l.padding * l.in + c;
                    for (std::int64_t column = 0; column < l.width; ++column)
                        place[column * l.in] = line[column];
                }
        }
    });
    return result;
}

/// The way back, without the border, of one image.
template <typename T>
void channelsFirst(const T* image, const Layout& l, T* to) {
    for (std::int64_t c = 0; c < l.in; ++c)
        for (std::int64_t y = 0; y < l.height; ++y) {
            const T* place = image + (y + l.padding) * l.row + l.padding * l.in + c;
            T* line = to + (c * l.height + y) * l.width;
            for (std::int64_t column = 0; column < l.width; ++column) line[column] = place[column * l.in];
        }
}

/// [out, in, k, k] → [out, k, run].
Tensor filters(const Tensor& weight, const Layout& l) {
    Tensor result = at::zeros({l.out, l.kernel, l.run}, weight.options());
    result.narrow(2, 0, l.kernel * l.in)
        .copy_(weight.permute({0, 2, 3, 1}).reshape({l.out, l.kernel, l.kernel * l.in}));
    return result;
}

/// The way back.
Tensor filterGradient(const Tensor& rows, const Layout& l) {
    return rows.narrow(2, 0, l.kernel * l.in)
        .reshape({l.out, l.kernel, l.kernel, l.in})
        .permute({0, 3, 1, 2})
        .contiguous();
}

/// Some places of one plane of results: where their patches begin, and a number for each.
template <typename T>
struct Sites {
    std::vector<std::int32_t> patch, place;
    std::vector<T> value;
    std::int64_t count = 0;
    explicit Sites(std::int64_t most)
        : patch(static_cast<std::size_t>(most)),
          place(static_cast<std::size_t>(most)),
          value(static_cast<std::size_t>(most)) {}

    /// Those of the plane's maxima that the ReLU lets through.
    void collect(const T* maxima, const std::int32_t* index, std::int64_t size,
                 const std::vector<std::int32_t>& patches) {
        count = 0;
        for (std::int64_t i = 0; i < size; ++i) {
            patch[static_cast<std::size_t>(count)] = patches[static_cast<std::size_t>(index[i])];
            place[static_cast<std::size_t>(count)] = static_cast<std::int32_t>(i);
            count += maxima[i] > T(0) ? 1 : 0;
        }
    }
    /// The numbers found at the sites of a plane, times a factor.
    void take(const T* plane, T factor) {
        for (std::int64_t i = 0; i < count; ++i)
            value[static_cast<std::size_t>(i)] = factor * plane[place[static_cast<std::size_t>(i)]];
    }
    /// f(the plane's entry, the number) at every site.
    template <typename F>
    void put(T* plane, const F& f) const {
        for (std::int64_t i = 0; i < count; ++i)
            f(plane[place[static_cast<std::size_t>(i)]], value[static_cast<std::size_t>(i)]);
    }
};

/// 32 bytes: sums live in registers of this width. Of the 64 bytes that rows are padded to the compiler keeps
/// a variable in memory where registers are smaller.
template <typename T>
struct Half {
    static constexpr std::int64_t size = 32 / sizeof(T);
    typedef T type
        __attribute__((vector_size(32), aligned(alignof(T)), may_alias)); // NOLINT(modernize-use-using)
};
template <typename T>
inline __attribute__((always_inline)) const typename Half<T>::type& half(const T* place) {
    return *reinterpret_cast<const typename Half<T>::type*>(place);
}
template <typename T>
inline __attribute__((always_inline)) typename Half<T>::type& half(T* place) {
    return *reinterpret_cast<typename Half<T>::type*>(place);
}

inline __attribute__((always_inline)) float sum(const Half<float>::type& v) {
    const auto four = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
    const auto two = four + __builtin_shufflevector(four, four, 2, 3, 0, 1);
    return two[0] + two[1];
}
inline __attribute__((always_inline)) double sum(const Half<double>::type& v) {
    const auto two = __builtin_shufflevector(v, v, 0, 1) + __builtin_shufflevector(v, v, 2, 3);
    return two[0] + two[1];
}

/// value[i] = ⟨filter, patch i⟩.
template <typename T>
inline __attribute__((always_inline)) void dotLoop(const T* image, const T* filter, std::int64_t kernel,
                                                   std::int64_t run, std::int64_t row,
                                                   const std::int32_t* patch, std::int64_t count, T* value) {
    using H = typename Half<T>::type;
    constexpr std::int64_t width = Half<T>::size, lanes = Vector<T>::size, together = 4;
    std::int64_t i = 0;
    // Four patches share the loads of the filter and keep eight chains of additions going.
    for (; i + together <= count; i += together) {
        H a{}, b{}, c{}, d{}, a2{}, b2{}, c2{}, d2{};
        for (std::int64_t ky = 0; ky < kernel; ++ky) {
            const T *f = filter + ky * run, *x = image + ky * row;
            for (std::int64_t j = 0; j < run; j += lanes) {
                const H &w = half(f + j), &w2 = half(f + j + width);
                a += w * half(x + patch[i] + j);
                b += w * half(x + patch[i + 1] + j);
                c += w * half(x + patch[i + 2] + j);
                d += w * half(x + patch[i + 3] + j);
                a2 += w2 * half(x + patch[i] + j + width);
                b2 += w2 * half(x + patch[i + 1] + j + width);
                c2 += w2 * half(x + patch[i + 2] + j + width);
                d2 += w2 * half(x + patch[i + 3] + j + width);
            }
        }
        value[i] = sum(a + a2);
        value[i + 1] = sum(b + b2);
        value[i + 2] = sum(c + c2);
        value[i + 3] = sum(d + d2);
    }
    for (; i < count; ++i) {
        H a{}, a2{};
        for (std::int64_t ky = 0; ky < kernel; ++ky)
            for (std::int64_t j = 0; j < run; j += lanes) {
                const T *f = filter + ky * run + j, *x = image + ky * row + patch[i] + j;
                a += half(f) * half(x);
                a2 += half(f + width) * half(x + width);
            }
        value[i] = sum(a + a2);
    }
}

/// filter += Σᵢ value[i] · patch i.
template <typename T>
inline __attribute__((always_inline)) void
gatherLoop(const T* image, T* filter, std::int64_t kernel, std::int64_t run, std::int64_t row,
           const std::int32_t* patch, std::int64_t count, const T* value) {
    constexpr std::int64_t width = Half<T>::size, together = 4;
    std::int64_t i = 0;
    for (; i + together <= count; i += together) {
        // Copies: as far as the compiler knows the filter might be any of these.
        const T v = value[i], v1 = value[i + 1], v2 = value[i + 2], v3 = value[i + 3];
        const T *x = image + patch[i], *x1 = image + patch[i + 1], *x2 = image + patch[i + 2],
                *x3 = image + patch[i + 3];
        for (std::int64_t ky = 0; ky < kernel; ++ky)
            for (std::int64_t j = 0; j < run; j += width) {
                const std::int64_t k = ky * row + j;
                half(filter + ky * run + j) +=
                    (v * half(x + k) + v1 * half(x1 + k)) + (v2 * half(x2 + k) + v3 * half(x3 + k));
            }
    }
    for (; i < count; ++i)
        for (std::int64_t ky = 0; ky < kernel; ++ky)
            for (std::int64_t j = 0; j < run; j += width)
                half(filter + ky * run + j) += value[i] * half(image + ky * row + patch[i] + j);
}

/// What the positions of a convolution's output send back: at position p, value · filter of the arrivals from
/// begin[p] to begin[p + 1].
template <typename T>
struct Arrivals {
    std::vector<std::int32_t> begin, filter;
    std::vector<T> value;

    /// Sorts one image's maxima, [out, size] each, by the position that they came from. With factors each
    /// brings a second filter, out + o, times its output's factor.
    void collect(const T* g, const T* maxima, const std::int32_t* index, const T* factor, std::int64_t out,
                 std::int64_t size, std::int64_t positions) {
        const std::int32_t each = factor != nullptr ? 2 : 1;
        begin.assign(static_cast<std::size_t>(positions) + 1, 0);
        for (std::int64_t i = 0; i < out * size; ++i)
            if (maxima[i] > T(0)) begin[static_cast<std::size_t>(index[i]) + 1] += each;
        for (std::size_t p = 1; p < begin.size(); ++p) begin[p] += begin[p - 1];
        filter.resize(static_cast<std::size_t>(begin.back()));
        value.resize(static_cast<std::size_t>(begin.back()));
        next_.assign(begin.begin(), begin.end() - 1);
        for (std::int64_t o = 0; o < out; ++o)
            for (std::int64_t i = o * size; i < (o + 1) * size; ++i) {
                if (!(maxima[i] > T(0))) continue;
                auto& place = next_[static_cast<std::size_t>(index[i])];
                add(place++, o, g[i]);
                if (factor != nullptr) add(place++, out + o, factor[o] * g[i]);
            }
    }

  private:
    void add(std::int32_t place, std::int64_t which, T number) {
        filter[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(which);
        value[static_cast<std::size_t>(place)] = number;
    }
    std::vector<std::int32_t> next_;
};

/// patch += Σ value · filter over N arrivals: one load and one store of the patch for all of them.
template <std::size_t N, typename T>
inline __attribute__((always_inline)) void scatterSome(T* patch, const T* filters, const Layout& l,
                                                       const std::int32_t* filter, const T* value) {
    // Copies: as far as the compiler knows the patch might be any of these.
    std::array<T, N> v;
    std::array<const T*, N> from;
    for (std::size_t n = 0; n < N; ++n) {
        v[n] = value[n];
        from[n] = filters + filter[n] * l.filter();
    }
    const std::int64_t kernel = l.kernel, run = l.run, row = l.row;
    for (std::int64_t ky = 0; ky < kernel; ++ky)
        for (std::int64_t j = 0; j < run; j += Half<T>::size) {
            typename Half<T>::type sum = half(patch + ky * row + j);
            for (std::size_t n = 0; n < N; ++n) sum += v[n] * half(from[n] + ky * run + j);
            half(patch + ky * row + j) = sum;
        }
}

template <typename T>
inline __attribute__((always_inline)) void scatterLoop(T* image, const T* filters, const Layout& l,
                                                       const std::vector<std::int32_t>& patches,
                                                       const Arrivals<T>& arrivals) {
    for (std::size_t p = 0; p + 1 < arrivals.begin.size(); ++p) {
        const std::int32_t* filter = arrivals.filter.data() + arrivals.begin[p];
        const T* value = arrivals.value.data() + arrivals.begin[p];
        T* patch = image + patches[p];
        std::int32_t left = arrivals.begin[p + 1] - arrivals.begin[p];
        for (; left >= 4; left -= 4, filter += 4, value += 4)
            scatterSome<4>(patch, filters, l, filter, value);
        if (left >= 2) {
            scatterSome<2>(patch, filters, l, filter, value);
            left -= 2, filter += 2, value += 2;
        }
        if (left == 1) scatterSome<1>(patch, filters, l, filter, value);
    }
}

DSTN_VECTOR_CLONES void dots(const float* image, const float* filter, const Layout& l, Sites<float>& sites) {
    dotLoop(image, filter, l.kernel, l.run, l.row, sites.patch.data(), sites.count, sites.value.data());
}
DSTN_VECTOR_CLONES void dots(const double* image, const double* filter, const Layout& l,
                             Sites<double>& sites) {
    dotLoop(image, filter, l.kernel, l.run, l.row, sites.patch.data(), sites.count, sites.value.data());
}
DSTN_VECTOR_CLONES void gather(const float* image, float* filter, const Layout& l,
                               const Sites<float>& sites) {
    gatherLoop(image, filter, l.kernel, l.run, l.row, sites.patch.data(), sites.count, sites.value.data());
}
DSTN_VECTOR_CLONES void gather(const double* image, double* filter, const Layout& l,
                               const Sites<double>& sites) {
    gatherLoop(image, filter, l.kernel, l.run, l.row, sites.patch.data(), sites.count, sites.value.data());
}
DSTN_VECTOR_CLONES void scatter(float* image, const float* filters, const Layout& l,
                                const std::vector<std::int32_t>& patches, const Arrivals<float>& arrivals) {
    scatterLoop(image, filters, l, patches, arrivals);
}
DSTN_VECTOR_CLONES void scatter(double* image, const double* filters, const Layout& l,
                                const std::vector<std::int32_t>& patches, const Arrivals<double>& arrivals) {
    scatterLoop(image, filters, l, patches, arrivals);
}

Tensor orUndefined(const Tensor& tensor) { return present(tensor) ? tensor : Tensor(); }

/// The maxima of a pooled convolution as the loops below walk over them.
struct Maxima {
    Tensor output, index; ///< [batch, out, height, width], contiguous
    std::int64_t size;    ///< of a plane
    std::vector<std::int32_t> patches;

    Maxima(const Tensor& maxima, const Tensor& places, const Layout& l, std::int64_t positions)
        : output(maxima),
          index(places),
          size(maxima.size(2) * maxima.size(3)),
          patches(l.patches(positions)) {}

    template <typename T>
    void collect(std::int64_t plane, Sites<T>& sites) const {
        sites.collect(output.data_ptr<T>() + plane * size, index.data_ptr<std::int32_t>() + plane * size,
                      size, patches);
    }
};

/// Σ over images and maxima of factor · g · patch, [out, k, run]. One thread has all images of some outputs,
/// so that the sum's order does not depend on the number of threads.
template <typename T>
Tensor weightGradient(const Tensor& images, const Tensor& g, const Tensor& factor, const Maxima& maxima,
                      const Layout& l) {
    Tensor result = at::zeros({l.out, l.kernel, l.run}, g.options());
    const T *pg = g.data_ptr<T>(), *pf = factor.defined() ? factor.data_ptr<T>() : nullptr,
            *px = images.data_ptr<T>();
    T* pr = result.data_ptr<T>();
    at::parallel_for(0, l.out, 1, [&](std::int64_t first, std::int64_t last) {
        Sites<T> sites(maxima.size);
        for (std::int64_t b = 0; b < l.batch; ++b)
            for (std::int64_t o = first; o < last; ++o) {
                const std::int64_t plane = b * l.out + o;
                maxima.collect(plane, sites);
                sites.take(pg + plane * maxima.size, pf != nullptr ? pf[plane] : T(1));
                gather(px + b * l.image, pr + o * l.filter(), l, sites);
            }
    });
    return result;
}

/// Σ over outputs and maxima of g · (W + factor · R), [batch, in, height, width]; R undefined: without.
template <typename T>
Tensor inputGradient(const Tensor& g, const Tensor& weight, const Tensor& response, const Tensor& factor,
                     const Maxima& maxima, const Layout& l) {
    Tensor result = at::empty({l.batch, l.in, l.height, l.width}, g.options());
    const Tensor rows =
        response.defined() ? at::cat({filters(weight, l), filters(response, l)}) : filters(weight, l);
    const T *pg = g.data_ptr<T>(), *pm = maxima.output.data_ptr<T>(), *pw = rows.data_ptr<T>(),
            *pf = response.defined() ? factor.data_ptr<T>() : nullptr;
    const auto* pi = maxima.index.data_ptr<std::int32_t>();
    T* po = result.data_ptr<T>();
    at::parallel_for(0, l.batch, 1, [&](std::int64_t first, std::int64_t last) {
        Arrivals<T> arrivals;
        std::vector<T> image(static_cast<std::size_t>(l.image));
        for (std::int64_t b = first; b < last; ++b) {
            std::fill(image.begin(), image.end(), T(0));
            const std::int64_t start = b * l.out * maxima.size;
            arrivals.collect(pg + start, pm + start, pi + start, pf != nullptr ? pf + b * l.out : nullptr,
                             l.out, maxima.size, static_cast<std::int64_t>(maxima.patches.size()));
            scatter(image.data(), pw, l, maxima.patches, arrivals);
            channelsFirst(image.data(), l, po + b * l.in * l.height * l.width);
        }
    });
    return result;
}

/// Σ over each plane's maxima of g · factor, [batch, out]; factor undefined: one.
Tensor planeSums(const Tensor& g, const Tensor& factor, const Tensor& output) {
    const Tensor open = g * (output > 0);
    return (factor.defined() ? open * factor : open).flatten(2).sum(2);
}

struct ConvReluMaxPool : Function<ConvReluMaxPool> {
    static variable_list forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                                 const Tensor& bias, const Tensor& response, const Tensor& s, const Tensor& t,
                                 const ConvShape& conv, const PoolShape& pool) {
        const std::array<std::int64_t, 2> stride{conv.stride, conv.stride},
            padding{conv.padding, conv.padding};
        Tensor y = at::conv2d(x, weight, orUndefined(bias), stride, padding);
        Tensor z;
        if (present(response)) {
            z = at::conv2d(x, response, {}, stride, padding);
            y = respond({}, y, z, s, orUndefined(t));
        }
        Pooled pooled = reluMaxPool(y, pool);
        const Tensor zThere =
            z.defined() ? z.flatten(2).gather(2, pooled.index.flatten(2).to(at::kLong)).view_as(pooled.output)
                        : at::empty({0}, x.options());
        ctx->save_for_backward({x, weight, response, s, pooled.output, pooled.index, zThere});
        ctx->saved_data["hasBias"] = present(bias);
        ctx->saved_data["hasT"] = present(t);
        ctx->saved_data["stride"] = conv.stride;
        ctx->saved_data["padding"] = conv.padding;
        ctx->saved_data["positions"] = y.size(2) * y.size(3);
        ctx->mark_non_differentiable({pooled.index});
        return {pooled.output, pooled.index};
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor &x = saved[0], &weight = saved[1], &response = saved[2], &s = saved[3],
                     &output = saved[4], &z = saved[6];
        const Tensor g = gradients[0].contiguous();
        const bool responds = present(response);
        const Layout l(
            x, weight,
            {.stride = ctx->saved_data["stride"].toInt(), .padding = ctx->saved_data["padding"].toInt()});
        const Maxima maxima(output, saved[5], l, ctx->saved_data["positions"].toInt());
        Tensor dx, dw, db, dr, ds, dt;
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "conv_relu_max_pool_backward", [&] {
            const bool needW = ctx->needs_input_grad(1), needR = responds && ctx->needs_input_grad(3);
            if (needW || needR) {
                const Tensor images = channelsLast<scalar_t>(x, l);
                if (needW) dw = filterGradient(weightGradient<scalar_t>(images, g, {}, maxima, l), l);
                if (needR) dr = filterGradient(weightGradient<scalar_t>(images, g, s, maxima, l), l);
            }
            if (ctx->needs_input_grad(0))
                dx = inputGradient<scalar_t>(g, weight, orUndefined(response), orUndefined(s), maxima, l);
            const bool needB = ctx->saved_data["hasBias"].toBool() && ctx->needs_input_grad(2);
            const bool needT = ctx->saved_data["hasT"].toBool() && ctx->needs_input_grad(5);
            if (needB || needT) dt = planeSums(g, {}, output);
            if (needB) db = dt.sum(0);
            if (!needT) dt = Tensor();
            if (responds && ctx->needs_input_grad(4)) ds = planeSums(g, z, output);
        });
        return {dx, dw, db, dr, ds, dt, Tensor(), Tensor()};
    }
};

struct ConvReluMaxPoolTangent : Function<ConvReluMaxPoolTangent> {
    static Tensor forward(AutogradContext* ctx, const Tensor& output, const Tensor& index, const Tensor& x,
                          const Tensor& carried, const Tensor& weight, const Tensor& response,
                          const Tensor& s, const Tensor& t, const ConvShape& conv) {
        const Layout l(x, weight, conv);
        const bool responds = present(response), carries = present(carried);
        Tensor result = at::zeros_like(output), z, images;
        const std::int64_t positions =
            l.positionsWide * ((l.height + 2 * l.padding - l.kernel) / l.stride + 1);
        const Maxima maxima(output, index, l, positions);
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "conv_relu_max_pool_tangent", [&] {
            Tensor r, w, moved;
            if (responds) {
                images = channelsLast<scalar_t>(x, l);
                r = filters(response, l);
                z = at::zeros_like(output);
            }
            if (carries) {
                moved = channelsLast<scalar_t>(carried, l);
                w = filters(weight, l);
            }
            const scalar_t *ps = responds ? s.data_ptr<scalar_t>() : nullptr,
                           *pt = present(t) ? t.data_ptr<scalar_t>() : nullptr;
            at::parallel_for(0, l.batch, 1, [&](std::int64_t first, std::int64_t last) {
                Sites<scalar_t> sites(maxima.size);
                for (std::int64_t b = first; b < last; ++b)
                    for (std::int64_t o = 0; o < l.out; ++o) {
                        const std::int64_t plane = b * l.out + o;
                        maxima.collect(plane, sites);
                        scalar_t* to = result.data_ptr<scalar_t>() + plane * maxima.size;
                        const scalar_t shift = pt != nullptr ? pt[plane] : scalar_t(0);
                        if (responds) {
                            scalar_t* pz = z.data_ptr<scalar_t>() + plane * maxima.size;
                            dots(images.data_ptr<scalar_t>() + b * l.image,
                                 r.data_ptr<scalar_t>() + o * l.filter(), l, sites);
                            sites.put(pz, [](scalar_t& there, scalar_t value) { there = value; });
                            sites.put(to, [&](scalar_t& there, scalar_t value) {
                                there = ps[plane] * value + shift;
                            });
                        }
                        if (carries) {
                            dots(moved.data_ptr<scalar_t>() + b * l.image,
                                 w.data_ptr<scalar_t>() + o * l.filter(), l, sites);
                            sites.put(to, [](scalar_t& there, scalar_t value) { there += value; });
                        }
                    }
            });
        });
        const auto kept = [&](const Tensor& tensor) {
            return tensor.defined() ? tensor : at::empty({0}, x.options());
        };
        ctx->save_for_backward({output, index, kept(images), weight, s, kept(z)});
        ctx->saved_data["stride"] = conv.stride;
        ctx->saved_data["padding"] = conv.padding;
        ctx->saved_data["positions"] = positions;
        ctx->saved_data["height"] = x.size(2);
        ctx->saved_data["width"] = x.size(3);
        ctx->saved_data["hasT"] = present(t);
        return result;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const Tensor &output = saved[0], &images = saved[2], &weight = saved[3], &s = saved[4], &z = saved[5];
        const Tensor g = gradients[0].contiguous();
        const Layout l(
            output.size(0), ctx->saved_data["height"].toInt(), ctx->saved_data["width"].toInt(), weight,
            {.stride = ctx->saved_data["stride"].toInt(), .padding = ctx->saved_data["padding"].toInt()});
        const Maxima maxima(output, saved[1], l, ctx->saved_data["positions"].toInt());
        Tensor dCarried, dr, ds, dt;
        AT_DISPATCH_FLOATING_TYPES(g.scalar_type(), "conv_relu_max_pool_tangent_backward", [&] {
            if (ctx->needs_input_grad(3)) dCarried = inputGradient<scalar_t>(g, weight, {}, {}, maxima, l);
            if (present(images) && ctx->needs_input_grad(5))
                dr = filterGradient(weightGradient<scalar_t>(images, g, s, maxima, l), l);
        });
        if (present(z) && ctx->needs_input_grad(6)) ds = planeSums(g, z, output);
        if (ctx->saved_data["hasT"].toBool() && ctx->needs_input_grad(7)) dt = planeSums(g, {}, output);
        return {Tensor(), Tensor(), Tensor(), dCarried, Tensor(), dr, ds, dt, Tensor()};
    }
};

/// What the three operations below share: where the maxima are, and the convolution's form.
struct Place {
    Tensor output, index; ///< of the pool
    ConvShape conv;
    std::int64_t kernel, in, height, width; ///< of the filters and of the images

    std::int64_t positions() const {
        const auto along = [&](std::int64_t size) {
            return (size + 2 * conv.padding - kernel) / conv.stride + 1;
        };
        return along(height) * along(width);
    }
    void save(AutogradContext* ctx, const Tensor& a, const Tensor& b) const {
        ctx->save_for_backward({a, b, output, index});
        for (const auto& [key, value] : {std::pair{"stride", conv.stride},
                                         {"padding", conv.padding},
                                         {"kernel", kernel},
                                         {"in", in},
                                         {"height", height},
                                         {"width", width}})
            ctx->saved_data[key] = value;
    }
    static std::pair<Place, std::array<Tensor, 2>> saved(AutogradContext* ctx) {
        const variable_list all = ctx->get_saved_variables();
        const auto number = [&](const char* key) { return ctx->saved_data[key].toInt(); };
        return {Place{.output = all[2],
                      .index = all[3],
                      .conv = {.stride = number("stride"), .padding = number("padding")},
                      .kernel = number("kernel"),
                      .in = number("in"),
                      .height = number("height"),
                      .width = number("width")},
                {all[0], all[1]}};
    }
};

// T(g, x, W) = Σ over the open maxima of g · ⟨W[o], patch of x⟩ is linear in each of the three. Its
// derivatives by g, by x and by W are each linear in the other two, and have each other as derivatives, to
// any order.

Tensor valuesAtMaxima(const Tensor& x, const Tensor& weight, const Place& place);
Tensor imagesFromMaxima(const Tensor& g, const Tensor& weight, const Place& place);
Tensor filtersFromMaxima(const Tensor& g, const Tensor& x, const Place& place);

/// ∂T/∂g: the convolution's values at the open maxima, zero elsewhere; like the pool's output.
struct ValuesAtMaxima : Function<ValuesAtMaxima> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Place& place) {
        place.save(ctx, x, weight);
        const Layout l(x, weight, place.conv);
        const Maxima maxima(place.output, place.index, l, place.positions());
        Tensor result = at::zeros_like(place.output);
        AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "values_at_maxima", [&] {
            const Tensor images = channelsLast<scalar_t>(x, l), rows = filters(weight, l);
            at::parallel_for(0, l.batch, 1, [&](std::int64_t first, std::int64_t last) {
                Sites<scalar_t> sites(maxima.size);
                for (std::int64_t b = first; b < last; ++b)
                    for (std::int64_t o = 0; o < l.out; ++o) {
                        maxima.collect(b * l.out + o, sites);
                        dots(images.data_ptr<scalar_t>() + b * l.image,
                             rows.data_ptr<scalar_t>() + o * l.filter(), l, sites);
                        sites.put(result.data_ptr<scalar_t>() + (b * l.out + o) * maxima.size,
                                  [](scalar_t& there, scalar_t value) { there = value; });
                    }
            });
        });
        return result;
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto [place, factors] = Place::saved(ctx);
        const auto& [x, weight] = factors;
        return {ctx->needs_input_grad(0) ? imagesFromMaxima(gradients[0], weight, place) : Tensor(),
                ctx->needs_input_grad(1) ? filtersFromMaxima(gradients[0], x, place) : Tensor(), Tensor()};
    }
};

/// ∂T/∂x, [batch, in, height, width].
struct ImagesFromMaxima : Function<ImagesFromMaxima> {
    static Tensor forward(AutogradContext* ctx, const Tensor& g, const Tensor& weight, const Place& place) {
        place.save(ctx, g, weight);
        const Layout l(g.size(0), place.height, place.width, weight, place.conv);
        const Maxima maxima(place.output, place.index, l, place.positions());
        Tensor result;
        AT_DISPATCH_FLOATING_TYPES(g.scalar_type(), "images_from_maxima",
                                   [&] { result = inputGradient<scalar_t>(g, weight, {}, {}, maxima, l); });
        return result;
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto [place, factors] = Place::saved(ctx);
        const auto& [g, weight] = factors;
        return {ctx->needs_input_grad(0) ? valuesAtMaxima(gradients[0], weight, place) : Tensor(),
                ctx->needs_input_grad(1) ? filtersFromMaxima(g, gradients[0], place) : Tensor(), Tensor()};
    }
};

/// ∂T/∂W, [out, in, k, k].
struct FiltersFromMaxima : Function<FiltersFromMaxima> {
    static Tensor forward(AutogradContext* ctx, const Tensor& g, const Tensor& x, const Place& place) {
        place.save(ctx, g, x);
        const Tensor like =
            at::empty({g.size(1), place.in, place.kernel, place.kernel}, at::TensorOptions(at::kMeta));
        const Layout l(x, like, place.conv);
        const Maxima maxima(place.output, place.index, l, place.positions());
        Tensor result;
        AT_DISPATCH_FLOATING_TYPES(g.scalar_type(), "filters_from_maxima", [&] {
            result =
                filterGradient(weightGradient<scalar_t>(channelsLast<scalar_t>(x, l), g, {}, maxima, l), l);
        });
        return result;
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto [place, factors] = Place::saved(ctx);
        const auto& [g, x] = factors;
        return {ctx->needs_input_grad(0) ? valuesAtMaxima(x, gradients[0], place) : Tensor(),
                ctx->needs_input_grad(1) ? imagesFromMaxima(g, gradients[0], place) : Tensor(), Tensor()};
    }
};

Tensor valuesAtMaxima(const Tensor& x, const Tensor& weight, const Place& place) {
    return ValuesAtMaxima::apply(x.contiguous(), weight.contiguous(), place);
}
Tensor imagesFromMaxima(const Tensor& g, const Tensor& weight, const Place& place) {
    return ImagesFromMaxima::apply(g.contiguous(), weight.contiguous(), place);
}
Tensor filtersFromMaxima(const Tensor& g, const Tensor& x, const Place& place) {
    return FiltersFromMaxima::apply(g.contiguous(), x.contiguous(), place);
}

/// ConvReluMaxPool without a response, its output found beforehand; differentiable any number of times.
struct ConvReluMaxPoolAgain : Function<ConvReluMaxPoolAgain> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Place& place) {
        place.save(ctx, x, weight);
        ctx->saved_data["hasBias"] = present(bias);
        return place.output.clone();
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto [place, factors] = Place::saved(ctx);
        const auto& [x, weight] = factors;
        const Tensor& g = gradients[0];
        const bool needB = ctx->saved_data["hasBias"].toBool() && ctx->needs_input_grad(2);
        return {ctx->needs_input_grad(0) ? imagesFromMaxima(g, weight, place) : Tensor(),
                ctx->needs_input_grad(1) ? filtersFromMaxima(g, x, place) : Tensor(),
                needB ? planeSums(g, {}, place.output).sum(0) : Tensor(), Tensor()};
    }
};

Pooled convReluMaxPoolAgain(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvShape& conv,
                            const PoolShape& pool) {
    Place place{.output = {},
                .index = {},
                .conv = conv,
                .kernel = weight.size(2),
                .in = weight.size(1),
                .height = x.size(2),
                .width = x.size(3)};
    {
        const at::NoGradGuard guard;
        const std::array<std::int64_t, 2> stride{conv.stride, conv.stride},
            padding{conv.padding, conv.padding};
        const Pooled pooled = reluMaxPool(at::conv2d(x, weight, bias, stride, padding), pool);
        place.output = pooled.output;
        place.index = pooled.index;
    }
    return {ConvReluMaxPoolAgain::apply(x, weight, orEmpty(bias, x), place), place.index};
}

} // namespace

bool poolsConvolution(const Tensor& x, const Tensor& weight, const ConvShape& conv, const PoolShape& pool) {
    constexpr std::int64_t shortestRun = 8;
    constexpr std::int64_t largestImage = std::int64_t{1} << 30; // patches are found by 32-bit numbers
    // Differentiated again, the dense convolution has so much more to do that short runs pay too.
    const bool pays = weight.size(1) * weight.size(2) >= shortestRun || higherDerivatives();
    return ownKernelsServe(x) && conv.dilation == 1 && conv.groups == 1 && pool.stride >= 2 && pays &&
           Layout(x, weight, conv).image < largestImage;
}

Pooled convReluMaxPool(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& response,
                       const Tensor& s, const Tensor& t, const ConvShape& conv, const PoolShape& pool) {
    if (higherDerivatives() && !response.defined())
        return convReluMaxPoolAgain(x.contiguous(), weight, bias, conv, pool);
    const auto result = ConvReluMaxPool::apply(x.contiguous(), weight, orEmpty(bias, x), orEmpty(response, x),
                                               orEmpty(s, x), orEmpty(t, x), conv, pool);
    return {result[0], result[1]};
}

Tensor convReluMaxPoolTangent(const Pooled& pooled, const Tensor& x, const Tensor& carried,
                              const Tensor& weight, const Tensor& response, const Tensor& s, const Tensor& t,
                              const ConvShape& conv) {
    return ConvReluMaxPoolTangent::apply(pooled.output.detach(), pooled.index, x, orEmpty(carried, x), weight,
                                         orEmpty(response, x), orEmpty(s, x), orEmpty(t, x), conv);
}

} // namespace dstn::kernels
