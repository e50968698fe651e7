#include "core/engine/batches/geometric_augmentation.h"

#include "core/engine/kernels/dispatch.h"
#include "core/engine/kernels/vector_clones.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dstn {

namespace {

void checkSamplingMap(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    TORCH_CHECK(images.dim() == 4 && images.size(1) == channels.count(), "sampling needs images [batch, ",
                channels.count(), ", height, width], got ", images.sizes());
    TORCH_CHECK(map.dim() == 3 && map.size(0) == images.size(0) && map.size(1) == 2 && map.size(2) == 3,
                "sampling needs one map [2, 3] an image, got ", map.sizes());
}

/// The inverse of one step, [batch, 2, 3]: where in its input the step's result finds the value of a place.
Tensor drawInverse(const Tensor& images, const GeometricStep& step, at::Generator& generator) {
    const std::int64_t batch = images.size(0);
    const auto options = step.strength.options();
    const auto uniform = [&] { return 2.0 * at::rand({batch}, generator, options) - 1.0; };
    const Tensor zero = at::zeros({batch}, options), one = at::ones({batch}, options);
    const auto rows = [&](const Tensor& xx, const Tensor& xy, const Tensor& x, const Tensor& yx,
                          const Tensor& yy, const Tensor& y) {
        return at::stack({xx, xy, x, yx, yy, y}, 1).view({batch, 2, 3});
    };
    switch (step.operation) {
    case GeometricOperation::horizontalFlip: {
        const Tensor flips = at::rand({batch}, generator, options).lt(step.strength);
        return rows(at::where(flips, -one, one), zero, zero, zero, one, zero);
    }
    case GeometricOperation::rotation: {
        const Tensor angle = uniform() * step.strength * (M_PI / 180.0);
        const Tensor cosine = at::cos(angle), sine = at::sin(angle);
        return rows(cosine, sine, zero, -sine, cosine, zero);
    }
    case GeometricOperation::translation: {
        const Tensor x = uniform() * step.strength, y = uniform() * step.strength;
        return rows(one, zero, x * -static_cast<double>(images.size(3)), zero, one,
                    y * -static_cast<double>(images.size(2)));
    }
    case GeometricOperation::scale: {
        const Tensor factor = at::exp(-uniform() * at::log1p(step.strength));
        return rows(factor, zero, zero, zero, factor, zero);
    }
    case GeometricOperation::shear:
        break;
    }
    const Tensor x = at::tan(uniform() * step.strength * (M_PI / 180.0));
    const Tensor y = at::tan(uniform() * step.strength * (M_PI / 180.0));
    return rows(one + x * y, -x, zero, -y, one, zero);
}

/// A picture's plane with a border of black, one pixel wide: every tap of a bilinear sample, of a place
/// inside or outside, then exists.
template <typename T>
struct Padded {
    Padded(std::int64_t rows, std::int64_t columns)
        : height(rows),
          width(columns),
          stride(columns + 2),
          values(static_cast<std::size_t>((rows + 2) * (columns + 2))) {}

    void fill(const T* plane, T black) {
        std::fill(values.begin(), values.end(), black);
        for (std::int64_t y = 0; y < height; ++y)
            std::copy_n(plane + y * width, width, values.data() + (y + 1) * stride + 1);
    }
    std::int64_t height, width, stride;
    std::vector<T> values;
};

/// The samples of one row of the result: the upper left of the four taps and the weights of the others.
template <typename T>
struct Taps {
    explicit Taps(std::int64_t width)
        : index(static_cast<std::size_t>(width)), right(index.size()), lower(index.size()) {}
    std::vector<std::int32_t> index;
    std::vector<T> right, lower;
};

/// Finds the taps for row y of the result. Coordinates are relative to the centre, so that for the identity
/// and for a flip all of this is exact.
template <typename T>
inline void findTaps(const T* __restrict map, std::int64_t row, std::int64_t height, std::int64_t width,
                     std::int32_t* __restrict index, T* __restrict right, T* __restrict lower) {
    const T centreX = static_cast<T>(width - 1) / T(2), centreY = static_cast<T>(height - 1) / T(2);
    const T y = static_cast<T>(row) - centreY;
    const T atX = map[1] * y + map[2] + centreX + T(1), atY = map[4] * y + map[5] + centreY + T(1);
    const T endX = static_cast<T>(width + 1), endY = static_cast<T>(height + 1);
    const auto lastX = static_cast<std::int32_t>(width), lastY = static_cast<std::int32_t>(height);
    const auto stride = static_cast<std::int32_t>(width + 2);
    for (std::int64_t column = 0; column < width; ++column) {
        const T x = static_cast<T>(static_cast<std::int32_t>(column)) - centreX;
        // In the padded plane, held inside it. A NaN fails the comparison and becomes the border.
        T u = map[0] * x + atX, v = map[3] * x + atY;
        u = u > T(0) ? u : T(0);
        v = v > T(0) ? v : T(0);
        u = u < endX ? u : endX;
        v = v < endY ? v : endY;
        const std::int32_t left = std::min(static_cast<std::int32_t>(u), lastX);
        const std::int32_t upper = std::min(static_cast<std::int32_t>(v), lastY);
        index[column] = upper * stride + left;
        right[column] = u - static_cast<T>(left);
        lower[column] = v - static_cast<T>(upper);
    }
}

template <typename T>
inline void blendTaps(const T* __restrict plane, std::int64_t stride, std::int64_t width,
                      const std::int32_t* __restrict index, const T* __restrict right,
                      const T* __restrict lower, T* __restrict to) {
    for (std::int64_t i = 0; i < width; ++i) {
        const T* tap = plane + index[i];
        const T top = tap[0] * (T(1) - right[i]) + tap[1] * right[i];
        const T bottom = tap[stride] * (T(1) - right[i]) + tap[stride + 1] * right[i];
        to[i] = top * (T(1) - lower[i]) + bottom * lower[i];
    }
}

DSTN_VECTOR_CLONES void find(const float* map, std::int64_t row, std::int64_t height, std::int64_t width,
                             Taps<float>& taps) {
    findTaps(map, row, height, width, taps.index.data(), taps.right.data(), taps.lower.data());
}
DSTN_VECTOR_CLONES void find(const double* map, std::int64_t row, std::int64_t height, std::int64_t width,
                             Taps<double>& taps) {
    findTaps(map, row, height, width, taps.index.data(), taps.right.data(), taps.lower.data());
}
DSTN_VECTOR_CLONES void blend(const Padded<float>& plane, const Taps<float>& taps, float* to) {
    blendTaps(plane.values.data(), plane.stride, plane.width, taps.index.data(), taps.right.data(),
              taps.lower.data(), to);
}
DSTN_VECTOR_CLONES void blend(const Padded<double>& plane, const Taps<double>& taps, double* to) {
    blendTaps(plane.values.data(), plane.stride, plane.width, taps.index.data(), taps.right.data(),
              taps.lower.data(), to);
}

template <typename T>
void sampleAll(const Tensor& images, const Tensor& map, const Tensor& black, Tensor& result) {
    const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
    const std::int64_t pixels = height * width;
    const T* from = images.data_ptr<T>();
    const T* maps = map.data_ptr<T>();
    const T* outside = black.data_ptr<T>();
    T* to = result.data_ptr<T>();
    at::parallel_for(0, images.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<Padded<T>> planes(static_cast<std::size_t>(channels), Padded<T>(height, width));
        Taps<T> taps(width);
        for (std::int64_t b = begin; b < end; ++b) {
            for (std::int64_t c = 0; c < channels; ++c)
                planes[static_cast<std::size_t>(c)].fill(from + (b * channels + c) * pixels, outside[c]);
            for (std::int64_t y = 0; y < height; ++y) {
                find(maps + b * 6, y, height, width, taps);
                for (std::int64_t c = 0; c < channels; ++c)
                    blend(planes[static_cast<std::size_t>(c)], taps,
                          to + (b * channels + c) * pixels + y * width);
            }
        }
    });
}

} // namespace

Tensor drawSamplingMap(const Tensor& images, const std::vector<GeometricStep>& steps,
                       at::Generator& generator) {
    const at::NoGradGuard noGrad;
    Tensor map = at::eye(2, 3, images.options()).expand({images.size(0), 2, 3});
    for (const GeometricStep& step : steps) {
        // What the composed result shows at q the last step took from inverse(q), and the steps before it
        // from S(inverse(q)).
        const Tensor before = map;
        map = at::bmm(before.narrow(2, 0, 2), drawInverse(images, step, generator));
        map.narrow(2, 2, 1).add_(before.narrow(2, 2, 1));
    }
    return map;
}

Tensor sampleByGrid(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    const at::NoGradGuard noGrad;
    checkSamplingMap(images, channels, map);
    // The grid's coordinates run from −1 to 1 over the image's sides.
    const auto width = static_cast<double>(images.size(3)), height = static_cast<double>(images.size(2));
    const Tensor x = map.select(1, 0), y = map.select(1, 1);
    const Tensor theta = at::stack(
        {at::stack({x.select(1, 0), x.select(1, 1) * (height / width), x.select(1, 2) * (2.0 / width)}, 1),
         at::stack({y.select(1, 0) * (width / height), y.select(1, 1), y.select(1, 2) * (2.0 / height)}, 1)},
        1);
    constexpr std::int64_t bilinear = 0, zeros = 0;
    const Tensor grid = at::affine_grid_generator(theta, images.sizes(), false);
    const Tensor black = channels.black.view({-1, 1, 1});
    return at::grid_sampler(images - black, grid, bilinear, zeros, false) + black;
}

Tensor sampleDirect(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    const at::NoGradGuard noGrad;
    checkSamplingMap(images, channels, map);
    TORCH_CHECK((images.size(2) + 2) * (images.size(3) + 2) < INT32_MAX, "images of ", images.sizes(),
                " are too large to be sampled");
    const Tensor source = images.contiguous(), maps = map.contiguous();
    Tensor result = at::empty_like(source);
    AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "sample_images",
                               [&] { sampleAll<scalar_t>(source, maps, channels.black, result); });
    return result;
}

Tensor flipImages(const Tensor& images, const Tensor& map) {
    const at::NoGradGuard noGrad;
    return at::where(map.select(1, 0).select(1, 0).lt(0.0).view({-1, 1, 1, 1}), images.flip(3), images);
}

Tensor sampleImages(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    return ownKernelsServe(images) ? sampleDirect(images, channels, map)
                                   : sampleByGrid(images, channels, map);
}

} // namespace dstn
