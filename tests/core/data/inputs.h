#pragma once

#include "core/data/dataset.h"
#include "core/data/image_gather.h"

#include <cstddef>
#include <vector>

/// What a network gets of a part of a data set, [count, input shape].
inline std::vector<float> inputsOf(const dstn::Dataset& data, const dstn::Examples& part) {
    if (part.images.index.empty()) return part.inputs;
    const dstn::Shape& shape = data.info.input;
    std::vector<float> inputs(part.images.index.size() *
                              static_cast<std::size_t>(shape[0] * shape[1] * shape[2]));
    dstn::gatherImages(part.images.bytes.view(), part.images.index, dstn::tabulated(data.channels),
                       shape[1] * shape[2], inputs.data());
    return inputs;
}
