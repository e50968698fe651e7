#include "core/engine/batches/color_augmentation.h"

#include "core/engine/kernels/dispatch.h"
#include "core/engine/kernels/vector_clones.h"

#include <algorithm>
#include <cmath>

namespace dstn {

namespace {

/// The map from normalised images to normalised images.
struct NormalizedMap {
    Tensor matrix; ///< [batch, C, C]
    Tensor offset; ///< [batch, C]
};

/// With p = x / span + zero the map y = M p + o becomes x + span ((M − I) x / span + (M − I) zero + o):
/// written with M − I, so that rounding leaves the identity alone.
NormalizedMap normalized(const ImageChannels& channels, const Tensor& map) {
    const std::int64_t count = channels.count();
    const Tensor identity = at::eye(count, map.options());
    const Tensor change = map.narrow(2, 0, count) - identity;
    const Tensor offset = at::matmul(change, channels.zero) + map.select(2, count);
    return {identity + change * (channels.span.unsqueeze(1) * channels.inverseSpan), offset * channels.span};
}

void checkColorMap(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    TORCH_CHECK(images.dim() == 4 && images.size(1) == channels.count(), "colours need images [batch, ",
                channels.count(), ", height, width], got ", images.sizes());
    TORCH_CHECK(map.dim() == 3 && map.size(0) == images.size(0) && map.size(1) == channels.count() &&
                    map.size(2) == channels.count() + 1,
                "colours need one map [", channels.count(), ", ", channels.count() + 1, "] an image, got ",
                map.sizes());
}

/// One image: to[c] = clamp(Σ_j matrix[c, j] from[j] + offset[c]) over planes of `pixels`.
template <typename T>
inline void mapImage(const T* __restrict from, T* __restrict to, std::int64_t channels, std::int64_t pixels,
                     const T* matrix, const T* offset, const T* black, const T* white) {
    for (std::int64_t c = 0; c < channels; ++c) {
        T* __restrict plane = to + c * pixels;
        const T constant = offset[c], low = black[c], high = white[c];
        for (std::int64_t i = 0; i < pixels; ++i) plane[i] = constant;
        for (std::int64_t j = 0; j < channels; ++j) {
            const T weight = matrix[c * channels + j];
            const T* __restrict source = from + j * pixels;
            for (std::int64_t i = 0; i < pixels; ++i) plane[i] += weight * source[i];
        }
        // NaN fails both comparisons and stays.
        for (std::int64_t i = 0; i < pixels; ++i) {
            const T value = plane[i] < low ? low : plane[i];
            plane[i] = value > high ? high : value;
        }
    }
}

DSTN_VECTOR_CLONES void mapOne(const float* from, float* to, std::int64_t channels, std::int64_t pixels,
                               const float* matrix, const float* offset, const float* black,
                               const float* white) {
    mapImage(from, to, channels, pixels, matrix, offset, black, white);
}
DSTN_VECTOR_CLONES void mapOne(const double* from, double* to, std::int64_t channels, std::int64_t pixels,
                               const double* matrix, const double* offset, const double* black,
                               const double* white) {
    mapImage(from, to, channels, pixels, matrix, offset, black, white);
}

} // namespace

Tensor drawColorMap(const Tensor& images, const ImageChannels& channels, const std::vector<ColorStep>& steps,
                    at::Generator& generator) {
    const at::NoGradGuard noGrad;
    const std::int64_t batch = images.size(0), count = channels.count();
    const auto options = channels.span.options();
    Tensor map = at::eye(count, count + 1, options).expand({batch, count, count + 1});
    /// Per image a number, against [batch, C, C + 1].
    const auto spread = [](const Tensor& numbers) { return numbers.view({-1, 1, 1}); };
    for (const ColorStep& step : steps) {
        const Tensor u = at::rand({batch}, generator, options);
        if (step.operation == ColorOperation::hue) {
            if (!channels.quarterHue.defined()) continue;
            const Tensor angle = spread((2.0 * u - 1.0) * step.strength) * (2.0 * M_PI);
            // Turning the chroma p − g(p) by an angle: p + (cos − 1) (p − g(p)) + sin · T⁻¹ J T p.
            map = map + (at::cos(angle) - 1.0) * (map - at::matmul(channels.gray, map).unsqueeze(1)) +
                  at::sin(angle) * at::matmul(channels.quarterHue, map);
            continue;
        }
        const Tensor least = at::clamp_min(1.0 - step.strength, 0.0);
        const Tensor factor = spread(least + u * (1.0 + step.strength - least));
        if (step.operation == ColorOperation::brightness) {
            map = factor * map;
        } else if (step.operation == ColorOperation::contrast) {
            // The mean grey follows through all maps so far from the mean of each channel.
            const Tensor means = images.mean({2, 3}) * channels.inverseSpan + channels.zero; // [batch, C]
            const Tensor mean = at::bmm(map.narrow(2, 0, count), means.unsqueeze(2)).squeeze(2) +
                                map.select(2, count); // [batch, C]
            const Tensor offset = (1.0 - factor) * spread(at::matmul(mean, channels.gray));
            map = factor * map;
            map.narrow(2, count, 1).add_(offset);
        } else if (count == 3) {
            map = factor * map + (1.0 - factor) * at::matmul(channels.gray, map).unsqueeze(1);
        }
    }
    return map;
}

Tensor mapColorsByTensors(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    const at::NoGradGuard noGrad;
    checkColorMap(images, channels, map);
    const NormalizedMap maps = normalized(channels, map);
    const auto spread = [](const Tensor& numbers) { return numbers.unsqueeze(-1).unsqueeze(-1); };
    // Sums of products rather than a matrix product, which some devices round more coarsely.
    Tensor result = spread(maps.offset);
    for (std::int64_t j = 0; j < channels.count(); ++j)
        result = at::addcmul(result, spread(maps.matrix.select(2, j)), images.narrow(1, j, 1));
    return at::clamp(result, spread(channels.black), spread(channels.white));
}

Tensor mapColorsDirect(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    const at::NoGradGuard noGrad;
    checkColorMap(images, channels, map);
    const NormalizedMap maps = normalized(channels, map);
    const Tensor source = images.contiguous(), matrix = maps.matrix.contiguous();
    const Tensor offset = maps.offset.contiguous();
    Tensor result = at::empty_like(source);
    const std::int64_t count = channels.count(), pixels = images.size(2) * images.size(3);
    // About 64 KiB of images make a thread worth its start.
    const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(count * pixels, 1));
    AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "map_colors", [&] {
        const scalar_t* from = source.data_ptr<scalar_t>();
        const scalar_t* matrices = matrix.data_ptr<scalar_t>();
        const scalar_t* offsets = offset.data_ptr<scalar_t>();
        const scalar_t* black = channels.black.data_ptr<scalar_t>();
        const scalar_t* white = channels.white.data_ptr<scalar_t>();
        scalar_t* to = result.data_ptr<scalar_t>();
        at::parallel_for(0, images.size(0), grain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t b = begin; b < end; ++b)
                mapOne(from + b * count * pixels, to + b * count * pixels, count, pixels,
                       matrices + b * count * count, offsets + b * count, black, white);
        });
    });
    return result;
}

Tensor mapColors(const Tensor& images, const ImageChannels& channels, const Tensor& map) {
    return ownKernelsServe(images) ? mapColorsDirect(images, channels, map)
                                   : mapColorsByTensors(images, channels, map);
}

} // namespace dstn
