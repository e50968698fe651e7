#pragma once

#include "core/engine/batches/image_channels.h"
#include "core/engine/torch.h"
#include "core/export.h"

#include <vector>

namespace DSTN_EXPORT dstn {

/// Changes of colour, each an affine map of the pixel vector p [C] in the pixel range [0, 1], with a number
/// of its own for every image. u is uniform in [0, 1), s the strength; g(p) is the grey of a pixel
/// (ImageChannels::gray), f = l + u (1 + s − l) with l = max(0, 1 − s).
enum class ColorOperation {
    brightness, ///< f p
    contrast,   ///< f p + (1 − f) ḡ, ḡ the mean grey of the image
    saturation, ///< f p + (1 − f) g(p); images that have no three channels stay as they are
    /// p turned by s (2 u − 1) turns in the plane of I and Q, at constant luma Y; as saturation() for images
    /// that have no three channels.
    hue
};

/// One operation with its strength s ≥ 0, [batch] or [1]: hyperparameters in natural units.
struct ColorStep {
    ColorOperation operation;
    Tensor strength;
};

/// Draws one u an image for each step, in order, and composes the steps, the first applied first, into one
/// affine map [batch, C, C + 1]: y = A[:, :C] p + A[:, C]. At strength 0 it is the identity, exactly. Without
/// gradient.
/// @param images [batch, C, H, W], normalised
Tensor drawColorMap(const Tensor& images, const ImageChannels& channels, const std::vector<ColorStep>& steps,
                    at::Generator& generator);

/// The normalised images with their pixels through the maps, clamped to the pixel range at the end: a black
/// that becomes blacker is black. The identity leaves images bit for bit. Without gradient.
/// @param map [batch, C, C + 1], as drawColorMap() gives it
Tensor mapColors(const Tensor& images, const ImageChannels& channels, const Tensor& map);
/// mapColors() by tensor operations, on any device.
Tensor mapColorsByTensors(const Tensor& images, const ImageChannels& channels, const Tensor& map);
/// The same in one pass over the images, on the CPU; images float32 or float64.
Tensor mapColorsDirect(const Tensor& images, const ImageChannels& channels, const Tensor& map);

} // namespace dstn
