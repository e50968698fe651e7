#pragma once

#include "core/engine/batches/image_channels.h"
#include "core/engine/torch.h"
#include "core/export.h"

#include <vector>

namespace DSTN_EXPORT dstn {

/// Geometric operations about the image's centre, each an affine map of the plane with numbers of its own for
/// every image; x runs to the right and y down, both in pixels. u, v are uniform in [−1, 1), s is the
/// strength.
enum class GeometricOperation {
    horizontalFlip, ///< x ↦ −x with probability s
    rotation,       ///< by s u degrees
    translation,    ///< by s u of the width and s v of the height
    scale,          ///< by the factor (1 + s)^u: log-uniform in [1 / (1 + s), 1 + s], so never by zero
    shear           ///< x ↦ x + tan(s u °) y, then y ↦ y + tan(s v °) x: the area is kept
};

/// One operation with its strength s, [batch] or [1]: hyperparameters in natural units.
struct GeometricStep {
    GeometricOperation operation;
    Tensor strength;
};

/// Draws the numbers of each step, in order (u for all images, then v), and composes the steps, the first
/// applied first, into one sampling map [batch, 2, 3]: the pixel at q = (x, y) of the result takes its value
/// from S[:, :2] q + S[:, 2] in the image. At strength 0 it is the identity, and a flip is (−x, y), exactly.
/// Without gradient.
/// @param images [batch, C, H, W]
Tensor drawSamplingMap(const Tensor& images, const std::vector<GeometricStep>& steps,
                       at::Generator& generator);

/// The images sampled through the maps: bilinear between the four pixels around a place, black (byte 0)
/// outside the image, blended over the last half pixel. Without gradient.
/// @param images [batch, C, H, W], normalised
/// @param map [batch, 2, 3], as drawSamplingMap() gives it; where it is NaN the result is black
Tensor sampleImages(const Tensor& images, const ImageChannels& channels, const Tensor& map);
/// sampleImages() by tensor operations, on any device; identity and flip are exact up to rounding.
Tensor sampleByGrid(const Tensor& images, const ImageChannels& channels, const Tensor& map);
/// The same in one pass over the images, on the CPU; images float32 or float64. Identity and flip keep every
/// pixel bit for bit.
Tensor sampleDirect(const Tensor& images, const ImageChannels& channels, const Tensor& map);
/// sampleImages() for maps that are identities and flips alone: exact on any device.
Tensor flipImages(const Tensor& images, const Tensor& map);

} // namespace dstn
