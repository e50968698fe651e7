#include "core/data/pixel_values.h"

#include "core/number_text.h"

#include <algorithm>

namespace dstn {

PixelValues pixelValuesOf(const NumpyArray& array, std::span<const float> values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    PixelValues found{.least = static_cast<double>(*least), .most = static_cast<double>(*most)};
    const auto between = [&](double black, double white) {
        found.black = black;
        found.white = white;
    };
    if (array.kind == NumpyArray::Kind::unsignedInteger && array.itemSize == 2) {
        between(0.0, 65535.0);
        return found;
    }
    // Other numbers end below 255 too, such as shades from 0 to 16, but then they seldom come near it.
    constexpr double byteMost = 255.0, surelyBytes = 200.0, clearly = 0.5;
    if (found.least >= 0.0 && found.most <= 1.0)
        between(0.0, 1.0);
    else if (found.least >= 0.0 && found.most <= byteMost && found.most >= surelyBytes)
        between(0.0, byteMost);
    else if (found.least >= -1.0 && found.least < -clearly && found.most > clearly && found.most <= 1.0)
        between(-1.0, 1.0);
    else
        found.known = false;
    return found;
}

std::string sentenceOf(const PixelValues& values, const std::string& name) {
    const std::string found = "The images' numbers in " + name + " lie from " + valueText(values.least) +
                              " to " + valueText(values.most);
    return values.known ? found + ": black is taken to be " + valueText(values.black) + ", white " +
                              valueText(values.white) + "."
                        : found + ", so that black and white are not known.";
}

std::optional<std::string> darkness(const PixelValues& values, const std::string& name) {
    constexpr double sixteenth = 1.0 / 16.0;
    if (!values.known || values.white < 65535.0 || values.most > values.white * sixteenth)
        return std::nullopt;
    return name + ": the largest value is " + valueText(values.most) + " of " + valueText(values.white) +
           ", which is taken to be white: the images are nearly black to colour augmentations and to "
           "data.normalize unit. If white is less, scale the images before.";
}

} // namespace dstn
