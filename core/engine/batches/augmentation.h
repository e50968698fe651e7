#pragma once

#include "core/export.h"

/// Augmentations as operations on whole batches on the device; colour, geometric and mixup operations have
/// files of their own beside this one. A new one: a description in core/spec/data_spec.h, a function, and its
/// call in core/engine/batches/augmentation_pipeline.cpp.

#include "core/engine/batches/image_channels.h"
#include "core/engine/torch.h"

#include <cstdint>

namespace DSTN_EXPORT dstn {

/// ⌊natural⌋, except that a value short of a whole number by no more than rounding (1e-5, relative above 1)
/// counts as that number: 4 stays 4 after the way through a transform in float32. Without gradient.
Tensor floorDiscrete(const Tensor& natural);

/// Cutout (DeVries & Taylor 2017), for every image its own: `holes` squares with a centre (cy, cx) uniform
/// over the pixels are set to 0, in all channels: rows cy − ⌊length / 2⌋ … cy + ⌊length / 2⌋ − 1, columns
/// alike, as far as they lie in the image. Without gradient.
/// @param images [B, C, H, W]; not changed
/// @param holes, length [B], whole numbers in any floating-point or integer dtype
/// @param maxHoles bounds `holes` from above and fixes how many centres are drawn
Tensor cutout(const Tensor& images, const Tensor& holes, const Tensor& length, std::int64_t maxHoles,
              at::Generator& generator);

/// Centres for cutout(): int64 [B, maxHoles, 2], (cy, cx), on the images' device.
Tensor cutoutCentres(const Tensor& images, std::int64_t maxHoles, at::Generator& generator);
/// cutout() at given centres by tensor operations, on any device.
Tensor cutoutByMask(const Tensor& images, const Tensor& holes, const Tensor& length, const Tensor& centres);
/// The same in one pass over the images, on the CPU; images float32 or float64.
Tensor cutoutDirect(const Tensor& images, const Tensor& holes, const Tensor& length, const Tensor& centres);

/// x + s span_c n with n ~ N(0, 1) for each pixel: noise of standard deviation s in the pixel range [0, 1].
/// Not clamped, so that its mean is 0 in black and white areas too. Without gradient.
/// @param images [batch, C, H, W], normalised; not changed
/// @param strength s ≥ 0, [batch] or [1]
Tensor addNoise(const Tensor& images, const ImageChannels& channels, const Tensor& strength,
                at::Generator& generator);

} // namespace dstn
