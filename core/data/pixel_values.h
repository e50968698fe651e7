#pragma once

#include "core/data/dataset.h"
#include "core/data/numpy_array.h"

#include <optional>
#include <span>
#include <string>

namespace dstn {

/// What the numbers of images that are not bytes stand for: those of type uint16 run from 0 to 65535; others
/// by what they hold, where black and white are known for 0 to 1, −1 to 1 and 0 to 255.
PixelValues pixelValuesOf(const NumpyArray& array, std::span<const float> values);

/// What was found, as a sentence.
std::string sentenceOf(const PixelValues& values, const std::string& name);

/// A warning where the numbers leave most of their range empty.
std::optional<std::string> darkness(const PixelValues& values, const std::string& name);

} // namespace dstn
