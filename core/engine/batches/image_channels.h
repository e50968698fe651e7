#pragma once

#include "core/data/dataset.h"
#include "core/engine/torch.h"
#include "core/export.h"

#include <vector>

namespace DSTN_EXPORT dstn {

/// What augmentations need to know about normalised images: where a pixel's value p, 0 for black and 1 for
/// white (a byte over 255), lies in channel c: x = (p − zero_c) · span_c. All tensors are [C], made once, so
/// that no step waits for a transfer.
struct ImageChannels {
    /// @param channels x = (byte − shift) · factor, one a channel. A factor of 0 means a constant channel,
    /// which every augmentation leaves as it is.
    ImageChannels(const std::vector<Scaling>& channels, const at::TensorOptions& options);

    std::int64_t count() const { return span.size(0); }

    Tensor zero;        ///< the pixel value that became 0
    Tensor span;        ///< 255 · factor
    Tensor inverseSpan; ///< 1 / span; 0 in a constant channel
    Tensor black;       ///< what byte 0 became
    Tensor white;       ///< what byte 255 became
    /// What each channel adds to the grey of a pixel: ITU-R BT.601's 0.299, 0.587, 0.114 for three channels,
    /// which are taken for red, green and blue, and 1 / C for any other number.
    Tensor gray;
    /// [3, 3]: T⁻¹ J T, where T maps RGB to YIQ (NTSC 1953) and J turns the plane of I and Q by a quarter.
    /// Undefined unless there are three channels.
    Tensor quarterHue;
};

} // namespace dstn
