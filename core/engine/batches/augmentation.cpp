#include "core/engine/batches/augmentation.h"

#include "core/engine/kernels/dispatch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dstn {

namespace {

/// The part of [centre − half, centre + half) inside [0, size). `half` may be NaN or negative: empty.
struct PixelSpan {
    std::int64_t begin, end;
    PixelSpan(std::int64_t centre, double half, std::int64_t size) {
        const auto reach =
            half > 0.0 ? static_cast<std::int64_t>(std::min(half, static_cast<double>(size))) : 0;
        begin = std::max<std::int64_t>(centre - reach, 0);
        end = std::min(centre + reach, size);
    }
};

template <typename T>
void cutImages(const Tensor& images, const double* holes, const double* length, const std::int64_t* centres,
               std::int64_t maxHoles, Tensor& result) {
    const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
    const std::int64_t plane = height * width;
    const T* from = images.data_ptr<T>();
    T* to = result.data_ptr<T>();
    // About 64 KiB of images make a thread worth its start.
    const std::int64_t grain = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(channels * plane, 1));
    at::parallel_for(0, images.size(0), grain, [&](std::int64_t begin, std::int64_t end) {
        std::memcpy(to + begin * channels * plane, from + begin * channels * plane,
                    static_cast<std::size_t>((end - begin) * channels * plane) * sizeof(T));
        for (std::int64_t b = begin; b < end; ++b) {
            for (std::int64_t k = 0; k < maxHoles && static_cast<double>(k) < holes[b]; ++k) {
                const std::int64_t* centre = centres + (b * maxHoles + k) * 2;
                const double half = std::floor(length[b] / 2.0);
                const PixelSpan rows(centre[0], half, height);
                const PixelSpan columns(centre[1], half, width);
                if (columns.begin >= columns.end) continue;
                for (std::int64_t c = 0; c < channels; ++c)
                    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
                        T* row = to + (b * channels + c) * plane + y * width;
                        std::fill(row + columns.begin, row + columns.end, T(0));
                    }
            }
        }
    });
}

void checkCutout(const Tensor& images, const Tensor& holes, const Tensor& length) {
    TORCH_CHECK(images.dim() == 4, "cutout needs images [batch, channels, height, width], got ",
                images.sizes());
    TORCH_CHECK(holes.dim() == 1 && holes.size(0) == images.size(0) && length.sizes() == holes.sizes(),
                "cutout needs one number of holes and one length per image");
}

} // namespace

Tensor floorDiscrete(const Tensor& natural) {
    const at::NoGradGuard noGrad;
    constexpr double tolerance = 1e-5;
    return at::floor(natural + natural.abs().clamp_min(1.0) * tolerance);
}

Tensor cutoutCentres(const Tensor& images, std::int64_t maxHoles, at::Generator& generator) {
    const auto options = at::TensorOptions(at::kLong).device(images.device());
    const std::vector<std::int64_t> size{images.size(0), maxHoles};
    return at::stack({at::randint(images.size(2), size, generator, options),
                      at::randint(images.size(3), size, generator, options)},
                     2);
}

Tensor cutoutByMask(const Tensor& images, const Tensor& holes, const Tensor& length, const Tensor& centres) {
    const at::NoGradGuard noGrad;
    checkCutout(images, holes, length);
    const auto options = at::TensorOptions(at::kDouble).device(images.device());
    const std::int64_t maxHoles = centres.size(1);
    const Tensor half = (length.to(options) / 2.0).floor().view({-1, 1, 1}); // [B, 1, 1]
    // Whether hole k of image b covers a row or column: [B, K, size].
    const auto covers = [&](std::int64_t coordinate, std::int64_t size) {
        const Tensor centre = centres.select(2, coordinate).to(options).unsqueeze(2);
        const Tensor line = at::arange(size, options);
        return (line >= centre - half).logical_and(line < centre + half);
    };
    const Tensor exists = at::arange(maxHoles, options) < holes.to(options).view({-1, 1}); // [B, K]
    const Tensor rows = covers(0, images.size(2)).logical_and(exists.unsqueeze(2));
    const Tensor columns = covers(1, images.size(3));
    // A pixel is cut if any hole covers both its row and its column: a product of counts above 0.
    const Tensor count = at::bmm(rows.to(at::kFloat).transpose(1, 2), columns.to(at::kFloat)); // [B, H, W]
    return images.masked_fill(count.gt(0.5).unsqueeze(1), 0.0);
}

Tensor cutoutDirect(const Tensor& images, const Tensor& holes, const Tensor& length, const Tensor& centres) {
    const at::NoGradGuard noGrad;
    checkCutout(images, holes, length);
    const Tensor source = images.contiguous();
    const Tensor count = holes.to(at::kDouble).contiguous();
    const Tensor side = length.to(at::kDouble).contiguous();
    const Tensor points = centres.contiguous();
    Tensor result = at::empty_like(source);
    AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "cutout", [&] {
        cutImages<scalar_t>(source, count.data_ptr<double>(), side.data_ptr<double>(),
                            points.data_ptr<std::int64_t>(), points.size(1), result);
    });
    return result;
}

Tensor cutout(const Tensor& images, const Tensor& holes, const Tensor& length, std::int64_t maxHoles,
              at::Generator& generator) {
    checkCutout(images, holes, length);
    const Tensor centres = cutoutCentres(images, maxHoles, generator);
    return ownKernelsServe(images) ? cutoutDirect(images, holes, length, centres)
                                   : cutoutByMask(images, holes, length, centres);
}

Tensor addNoise(const Tensor& images, const ImageChannels& channels, const Tensor& strength,
                at::Generator& generator) {
    const at::NoGradGuard noGrad;
    TORCH_CHECK(images.dim() == 4 && images.size(1) == channels.count(), "noise needs images [batch, ",
                channels.count(), ", height, width], got ", images.sizes());
    const Tensor deviation = strength.view({-1, 1, 1, 1}) * channels.span.view({-1, 1, 1});
    return at::addcmul(images, at::empty(images.sizes(), images.options()).normal_(0, 1, generator),
                       deviation);
}

} // namespace dstn
