#include "core/engine/batches/augmentation.h"
#include "core/engine/batches/color_augmentation.h"
#include "core/engine/batches/geometric_augmentation.h"
#include "core/engine/batches/mixup.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

using namespace dstn;

Q_DECLARE_METATYPE(dstn::ColorOperation)
Q_DECLARE_METATYPE(dstn::GeometricOperation)

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

at::Generator generator(std::uint64_t seed = 1) { return at::detail::createCPUGenerator(seed); }
Tensor doubles(const std::vector<double>& list) {
    return at::tensor(at::ArrayRef<double>(list), at::kDouble);
}
double largest(const Tensor& tensor) { return tensor.abs().max().item<double>(); }
at::TensorOptions real(at::ScalarType type = at::kDouble) { return at::TensorOptions(type); }

/// Three standardised channels, each its own; a single one.
const std::vector<Scaling> colors{{125.3, 1 / 63.0}, {123.0, 1 / 62.1}, {113.9, 1 / 66.7}};
const std::vector<Scaling> gray{{72.9, 1 / 90.0}};

ImageChannels channelsOf(const std::vector<Scaling>& scalings, at::ScalarType type = at::kDouble) {
    return {scalings, real(type)};
}

/// Images with bytes as pixels, normalised as a data set's are.
Tensor byteImages(std::int64_t batch, const std::vector<Scaling>& scalings, std::int64_t height,
                  std::int64_t width, at::ScalarType type = at::kDouble, std::int64_t low = 0,
                  std::int64_t high = 256) {
    auto g = generator(77);
    const auto channels = static_cast<std::int64_t>(scalings.size());
    Tensor images = at::randint(low, high, {batch, channels, height, width}, g, real());
    for (std::int64_t c = 0; c < channels; ++c) {
        const Scaling& s = scalings[static_cast<std::size_t>(c)];
        images.select(1, c).sub_(s.shift).mul_(s.factor);
    }
    return images.to(type);
}

/// The pixel range [0, 1] and back.
double pixel(double value, const Scaling& s) { return (value / s.factor + s.shift) / 255.0; }
double normalized(double p, const Scaling& s) { return (p * 255.0 - s.shift) * s.factor; }

std::vector<double> listOf(const Tensor& tensor) {
    const Tensor t = tensor.to(at::kDouble).contiguous();
    return {t.data_ptr<double>(), t.data_ptr<double>() + t.numel()};
}

using Pixel = std::array<double, 3>;
double grayOf(const Pixel& p) { return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]; }

/// A hue turned by `angle` by way of YIQ coordinates and back by solving for RGB.
Pixel turnHue(const Pixel& p, double angle) {
    const double y = grayOf(p);
    const double i = 0.595716 * p[0] - 0.274453 * p[1] - 0.321263 * p[2];
    const double q = 0.211456 * p[0] - 0.522591 * p[1] + 0.311135 * p[2];
    const double i2 = std::cos(angle) * i - std::sin(angle) * q;
    const double q2 = std::sin(angle) * i + std::cos(angle) * q;
    const Tensor yiq =
        doubles({0.299, 0.587, 0.114, 0.595716, -0.274453, -0.321263, 0.211456, -0.522591, 0.311135})
            .view({3, 3});
    const std::vector<double> rgb = listOf(at::inverse(yiq).mv(doubles({y, i2, q2})));
    return {rgb[0], rgb[1], rgb[2]};
}

/// The definition of the colour operations, image by image and pixel by pixel, without the clamp.
Tensor colorsByLoops(const Tensor& images, const std::vector<Scaling>& scalings, ColorOperation operation,
                     const std::vector<double>& drawn) {
    Tensor result = images.clone();
    const std::int64_t count = images.size(1), pixels = images.size(2) * images.size(3);
    auto values = result.view({images.size(0), count, pixels});
    auto access = values.accessor<double, 3>();
    for (std::int64_t b = 0; b < images.size(0); ++b) {
        const double f = drawn[static_cast<std::size_t>(b)];
        const auto read = [&](std::int64_t i) {
            Pixel p{};
            for (std::int64_t c = 0; c < count; ++c)
                p[static_cast<std::size_t>(c)] =
                    pixel(access[b][c][i], scalings[static_cast<std::size_t>(c)]);
            return p;
        };
        const auto grayed = [&](const Pixel& p) { return count == 3 ? grayOf(p) : p[0]; };
        double mean = 0.0;
        for (std::int64_t i = 0; i < pixels; ++i) mean += grayed(read(i)) / static_cast<double>(pixels);
        for (std::int64_t i = 0; i < pixels; ++i) {
            const Pixel p = read(i);
            Pixel to = p;
            for (std::size_t c = 0; c < static_cast<std::size_t>(count); ++c) {
                if (operation == ColorOperation::brightness) to[c] = f * p[c];
                if (operation == ColorOperation::contrast) to[c] = f * p[c] + (1 - f) * mean;
                if (operation == ColorOperation::saturation) to[c] = f * p[c] + (1 - f) * grayed(p);
            }
            if (operation == ColorOperation::hue && count == 3) to = turnHue(p, f);
            for (std::int64_t c = 0; c < count; ++c)
                access[b][c][i] =
                    normalized(to[static_cast<std::size_t>(c)], scalings[static_cast<std::size_t>(c)]);
        }
    }
    return result;
}

Tensor clamped(const Tensor& images, const ImageChannels& channels) {
    return at::clamp(images, channels.black.view({-1, 1, 1}), channels.white.view({-1, 1, 1}));
}

/// What the documentation says is drawn for a colour step: factors, or angles in radians.
std::vector<double> drawnColors(ColorOperation operation, const Tensor& strength, std::int64_t batch,
                                at::Generator& g) {
    const std::vector<double> u = listOf(at::rand({batch}, g, real()));
    const std::vector<double> s = listOf(strength.expand({batch}));
    std::vector<double> result;
    for (std::size_t b = 0; b < u.size(); ++b) {
        const double low = std::max(0.0, 1 - s[b]);
        result.push_back(operation == ColorOperation::hue ? 2 * M_PI * s[b] * (2 * u[b] - 1)
                                                          : low + u[b] * (1 + s[b] - low));
    }
    return result;
}

using Matrix = std::array<double, 6>; ///< [[0, 1, 2], [3, 4, 5]]: a place q goes to M[:, :2] q + M[:, 2]

/// What a geometric step does to one image's places, by its definition; u, v in [−1, 1).
Matrix movement(GeometricOperation operation, double s, double u, double v, double height, double width) {
    const double a = s * u * M_PI / 180, b = s * v * M_PI / 180;
    switch (operation) {
    case GeometricOperation::horizontalFlip:
        return {(u + 1) / 2 < s ? -1.0 : 1.0, 0, 0, 0, 1, 0};
    case GeometricOperation::rotation:
        return {std::cos(a), -std::sin(a), 0, std::sin(a), std::cos(a), 0};
    case GeometricOperation::translation:
        return {1, 0, s * u * width, 0, 1, s * v * height};
    case GeometricOperation::scale:
        return {std::pow(1 + s, u), 0, 0, 0, std::pow(1 + s, u), 0};
    case GeometricOperation::shear:
        break;
    }
    return {1, std::tan(a), 0, std::tan(b), 1 + std::tan(a) * std::tan(b), 0};
}

int drawsOf(GeometricOperation operation) {
    return operation == GeometricOperation::translation || operation == GeometricOperation::shear ? 2 : 1;
}

/// The movements that the documentation says are drawn.
std::vector<Matrix> drawnMovements(const GeometricStep& step, const Tensor& images, at::Generator& g) {
    const std::int64_t batch = images.size(0);
    const std::vector<double> u = listOf(2 * at::rand({batch}, g, real()) - 1);
    const std::vector<double> v =
        drawsOf(step.operation) == 2 ? listOf(2 * at::rand({batch}, g, real()) - 1) : u;
    const std::vector<double> s = listOf(step.strength.expand({batch}));
    std::vector<Matrix> result;
    for (std::size_t b = 0; b < u.size(); ++b)
        result.push_back(movement(step.operation, s[b], u[b], v[b], static_cast<double>(images.size(2)),
                                  static_cast<double>(images.size(3))));
    return result;
}

/// first, then second.
Matrix after(const Matrix& second, const Matrix& first) {
    Matrix result{};
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            result[i * 3 + j] = second[i * 3] * first[j] + second[i * 3 + 1] * first[3 + j] +
                                (j == 2 ? second[i * 3 + 2] : 0.0);
    return result;
}

/// The moved images: each pixel of the result looks where it came from, by Cramer's rule, and blends the four
/// pixels around; what lies outside is black.
Tensor movedByLoops(const Tensor& images, const std::vector<Scaling>& scalings,
                    const std::vector<Matrix>& moves) {
    const std::int64_t height = images.size(2), width = images.size(3);
    Tensor result = at::empty_like(images);
    const auto from = images.accessor<double, 4>();
    auto to = result.accessor<double, 4>();
    for (std::int64_t b = 0; b < images.size(0); ++b) {
        const Matrix& m = moves[static_cast<std::size_t>(b)];
        const double determinant = m[0] * m[4] - m[1] * m[3];
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x) {
                const double qx = static_cast<double>(x) - static_cast<double>(width - 1) / 2 - m[2];
                const double qy = static_cast<double>(y) - static_cast<double>(height - 1) / 2 - m[5];
                const double sx = (m[4] * qx - m[1] * qy) / determinant + static_cast<double>(width - 1) / 2;
                const double sy = (m[0] * qy - m[3] * qx) / determinant + static_cast<double>(height - 1) / 2;
                for (std::int64_t c = 0; c < images.size(1); ++c) {
                    double value = 0.0;
                    for (const double row : {std::floor(sy), std::floor(sy) + 1})
                        for (const double column : {std::floor(sx), std::floor(sx) + 1}) {
                            const double weight = (1 - std::abs(sx - column)) * (1 - std::abs(sy - row));
                            const bool inside = row >= 0 && column >= 0 &&
                                                row < static_cast<double>(height) &&
                                                column < static_cast<double>(width);
                            value +=
                                weight * (inside ? from[b][c][static_cast<std::int64_t>(row)]
                                                       [static_cast<std::int64_t>(column)]
                                                 : normalized(0.0, scalings[static_cast<std::size_t>(c)]));
                        }
                    to[b][c][y][x] = value;
                }
            }
    }
    return result;
}

constexpr std::array colorOperations{ColorOperation::brightness, ColorOperation::contrast,
                                     ColorOperation::saturation, ColorOperation::hue};
constexpr std::array geometricOperations{GeometricOperation::horizontalFlip, GeometricOperation::rotation,
                                         GeometricOperation::translation, GeometricOperation::scale,
                                         GeometricOperation::shear};

/// A strength that shows, growing over the batch.
Tensor strengths(GeometricOperation operation, std::int64_t batch) {
    const bool degrees = operation == GeometricOperation::rotation || operation == GeometricOperation::shear;
    return at::linspace(0.1, degrees ? 40.0 : 0.6, batch, real());
}

std::vector<ColorStep> allColors(const Tensor& strength) {
    std::vector<ColorStep> steps;
    for (const ColorOperation operation : colorOperations) steps.push_back({operation, strength});
    return steps;
}
std::vector<GeometricStep> allMovements(std::int64_t batch) {
    std::vector<GeometricStep> steps;
    for (const GeometricOperation operation : geometricOperations)
        steps.push_back({operation, strengths(operation, batch)});
    return steps;
}

/// Everything at once, as a training step might want it.
Tensor everything(const Tensor& images, const ImageChannels& channels, at::Generator& g) {
    const auto type = images.scalar_type();
    std::vector<GeometricStep> movements = allMovements(images.size(0));
    for (GeometricStep& step : movements) step.strength = step.strength.to(type);
    Tensor result = sampleImages(images, channels, drawSamplingMap(images, movements, g));
    result = mapColors(result, channels,
                       drawColorMap(result, channels, allColors(at::full({1}, 0.4, real(type))), g));
    result = addNoise(result, channels, at::full({1}, 0.1, real(type)), g);
    return mix(result, drawMixing(at::full({1}, 0.5, real(type)), images.size(0), g));
}

} // namespace

class TestAugmentation : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void channelsSayWhereBlackAndWhiteAre() {
        const ImageChannels channels = channelsOf(colors);
        for (std::int64_t c = 0; c < 3; ++c) {
            const Scaling& s = colors[static_cast<std::size_t>(c)];
            QCOMPARE(channels.black[c].item<double>(), (0.0 - s.shift) * s.factor);
            QCOMPARE(channels.white[c].item<double>(), (255.0 - s.shift) * s.factor);
            const double x = 0.3;
            QVERIFY(std::abs(x * channels.inverseSpan[c].item<double>() + channels.zero[c].item<double>() -
                             pixel(x, s)) < 1e-15);
        }
        const ImageChannels constant = channelsOf({{17.0, 0.0}});
        QCOMPARE(constant.inverseSpan.item<double>(), 0.0);
        QCOMPARE(constant.black.item<double>(), 0.0);
        QCOMPARE(constant.white.item<double>(), 0.0);
    }

    void colorsFollowTheirDefinition_data() {
        QTest::addColumn<ColorOperation>("operation");
        QTest::newRow("brightness") << ColorOperation::brightness;
        QTest::newRow("contrast") << ColorOperation::contrast;
        QTest::newRow("saturation") << ColorOperation::saturation;
        QTest::newRow("hue") << ColorOperation::hue;
    }
    void colorsFollowTheirDefinition() {
        QFETCH(ColorOperation, operation);
        for (const auto& scalings : {colors, gray}) {
            const ImageChannels channels = channelsOf(scalings);
            const Tensor images = byteImages(6, scalings, 5, 7);
            const Tensor strength = at::linspace(0.1, 0.5, 6, real()) *
                                    (operation == ColorOperation::hue ? 1.0 : 4.0); // beyond 1 too
            at::Generator drawn = generator(4), same = generator(4);
            const Tensor map = drawColorMap(images, channels, {{operation, strength}}, drawn);
            const Tensor expected =
                clamped(colorsByLoops(images, scalings, operation, drawnColors(operation, strength, 6, same)),
                        channels);
            const bool idle = scalings.size() == 1 &&
                              (operation == ColorOperation::saturation || operation == ColorOperation::hue);
            QCOMPARE(largest(expected - images) < 1e-12, idle);
            QVERIFY(largest(mapColorsByTensors(images, channels, map) - expected) < 1e-12);
            QVERIFY(largest(mapColorsDirect(images, channels, map) - expected) < 1e-12);
            QVERIFY(largest(mapColors(images, channels, map) - expected) < 1e-12);
        }
    }

    void composedColorsEqualOneAfterTheOther() {
        // Pixels in the middle of the range and small strengths: nothing is clamped on the way.
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(8, colors, 6, 5, at::kDouble, 100, 156);
        const Tensor strength = at::linspace(0.01, 0.2, 8, real());
        std::vector<ColorStep> steps = allColors(strength);
        for (int order = 0; order < 4; ++order) {
            std::rotate(steps.begin(), steps.begin() + 1, steps.end());
            at::Generator one = generator(9), other = generator(9);
            const Tensor composed = mapColors(images, channels, drawColorMap(images, channels, steps, one));
            Tensor expected = images;
            for (const ColorStep& step : steps)
                expected = colorsByLoops(expected, colors, step.operation,
                                         drawnColors(step.operation, strength, 8, other));
            QVERIFY(largest(expected - images) > 0.05);
            QVERIFY(largest(composed - expected) < 1e-12);
        }
    }

    void colorsAreClampedToThePixelRange() {
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(64, colors, 4, 4);
        at::Generator g = generator();
        const Tensor result =
            mapColors(images, channels, drawColorMap(images, channels, allColors(doubles({0.5})), g));
        QVERIFY(at::equal(result, clamped(result, channels)));
        for (std::int64_t c = 0; c < 3; ++c) {
            QCOMPARE(result.select(1, c).min().item<double>(), channels.black[c].item<double>());
            QCOMPARE(result.select(1, c).max().item<double>(), channels.white[c].item<double>());
        }
    }

    void hueKeepsLumaAndAFullTurnIsNone() {
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(1, colors, 3, 3);
        at::Generator g = generator();
        const Tensor map = drawColorMap(images, channels, {{ColorOperation::hue, doubles({0.5})}}, g);
        QVERIFY(largest(at::matmul(channels.gray, map.narrow(2, 0, 3)) - channels.gray) < 1e-15);
        // Half a turn negates the chroma: twice half a turn is the identity.
        const Tensor half = at::eye(3, real()) - 2.0 * (at::eye(3, real()) - channels.gray.expand({3, 3}));
        QVERIFY(largest(half.mm(half) - at::eye(3, real())) < 1e-15);
        QVERIFY(largest(channels.quarterHue.mm(channels.quarterHue) +
                        (at::eye(3, real()) - channels.gray.expand({3, 3}))) < 1e-12);
    }

    void aConstantChannelStaysAsItIs() {
        const std::vector<Scaling> scalings{colors[0], {40.0, 0.0}, colors[2]};
        const ImageChannels channels = channelsOf(scalings);
        const Tensor images = byteImages(5, scalings, 4, 4);
        at::Generator g = generator();
        const Tensor map = drawColorMap(images, channels, allColors(doubles({0.4})), g);
        for (const Tensor& result :
             {mapColorsDirect(images, channels, map), mapColorsByTensors(images, channels, map)}) {
            QCOMPARE(largest(result.select(1, 1)), 0.0);
            QVERIFY(result.isfinite().all().item<bool>());
        }
    }

    void movementsFollowTheirDefinition_data() {
        QTest::addColumn<GeometricOperation>("operation");
        QTest::newRow("horizontal flip") << GeometricOperation::horizontalFlip;
        QTest::newRow("rotation") << GeometricOperation::rotation;
        QTest::newRow("translation") << GeometricOperation::translation;
        QTest::newRow("scale") << GeometricOperation::scale;
        QTest::newRow("shear") << GeometricOperation::shear;
    }
    void movementsFollowTheirDefinition() {
        QFETCH(GeometricOperation, operation);
        for (const auto& scalings : {colors, gray})
            for (const auto& [height, width] : {std::pair{9, 9}, std::pair{6, 11}, std::pair{1, 4}}) {
                const ImageChannels channels = channelsOf(scalings);
                const Tensor images = byteImages(6, scalings, height, width);
                const GeometricStep step{operation, strengths(operation, 6)};
                at::Generator drawn = generator(4), same = generator(4);
                const Tensor map = drawSamplingMap(images, {step}, drawn);
                const Tensor expected = movedByLoops(images, scalings, drawnMovements(step, images, same));
                QVERIFY(largest(expected - images) > 0.01);
                QVERIFY(largest(sampleByGrid(images, channels, map) - expected) < 1e-12);
                QVERIFY(largest(sampleDirect(images, channels, map) - expected) < 1e-12);
                QVERIFY(largest(sampleImages(images, channels, map) - expected) < 1e-12);
            }
    }

    void composedMovementsAreOneSampling() {
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(8, colors, 7, 10);
        std::vector<GeometricStep> steps = allMovements(8);
        for (std::size_t order = 0; order < steps.size(); ++order) {
            std::rotate(steps.begin(), steps.begin() + 1, steps.end());
            at::Generator one = generator(9), other = generator(9);
            std::vector<Matrix> moves(8, Matrix{1, 0, 0, 0, 1, 0});
            for (const GeometricStep& step : steps) {
                const std::vector<Matrix> next = drawnMovements(step, images, other);
                for (std::size_t b = 0; b < moves.size(); ++b) moves[b] = after(next[b], moves[b]);
            }
            const Tensor map = drawSamplingMap(images, steps, one);
            const Tensor expected = movedByLoops(images, colors, moves);
            QVERIFY(largest(sampleDirect(images, channels, map) - expected) < 1e-12);
            QVERIFY(largest(sampleByGrid(images, channels, map) - expected) < 1e-12);
        }
    }

    /// A translation by whole pixels and then a flip, one picture after the other, equals their composition.
    void movementsActInTheOrderOfTheList() {
        const ImageChannels channels = channelsOf(gray);
        const Tensor images = byteImages(1, gray, 5, 8);
        const Tensor right = doubles({1, 0, -2, 0, 1, 0}).view({1, 2, 3}); // moves the picture by 2
        const Tensor flip = doubles({-1, 0, 0, 0, 1, 0}).view({1, 2, 3});
        const Tensor moved = sampleDirect(images, channels, right);
        QVERIFY(at::equal(moved.slice(3, 2), images.slice(3, 0, 6)));
        QVERIFY(at::equal(moved.slice(3, 0, 2), channels.black.expand({1, 1, 5, 2})));
        QVERIFY(at::equal(sampleDirect(moved, channels, flip), moved.flip(3)));
    }

    void strengthZeroKeepsEveryBit() {
        for (const at::ScalarType type : {at::kFloat, at::kDouble})
            for (const auto& scalings : {colors, gray, std::vector<Scaling>(3, {0.0, 1 / 255.0})}) {
                const ImageChannels channels = channelsOf(scalings, type);
                const Tensor images = byteImages(9, scalings, 28, 27, type);
                const Tensor zero = at::zeros({9}, real(type));
                at::Generator g = generator();
                const Tensor map = drawColorMap(images, channels, allColors(zero), g);
                QVERIFY(at::equal(mapColorsDirect(images, channels, map), images));
                QVERIFY(at::equal(mapColorsByTensors(images, channels, map), images));
                std::vector<GeometricStep> steps;
                for (const GeometricOperation operation : geometricOperations)
                    steps.push_back({operation, zero});
                const Tensor sampling = drawSamplingMap(images, steps, g);
                QVERIFY(at::equal(sampleDirect(images, channels, sampling), images));
                const double error =
                    largest(sampleByGrid(images, channels, sampling).to(at::kDouble) - images);
                QVERIFY(error < (type == at::kFloat ? 1e-4 : 1e-12));
                QVERIFY(at::equal(addNoise(images, channels, zero, g), images));
                QVERIFY(at::equal(mix(images, drawMixing(zero, 9, g)), images));
            }
    }

    void aFlipKeepsEveryBit() {
        for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
            const ImageChannels channels = channelsOf(colors, type);
            const Tensor images = byteImages(40, colors, 32, 31, type);
            at::Generator g = generator();
            const Tensor map = drawSamplingMap(
                images, {{GeometricOperation::horizontalFlip, at::full({1}, 0.5, real(type))}}, g);
            const Tensor flipped = map.select(1, 0).select(1, 0) < 0;
            QVERIFY(flipped.any().item<bool>() && !flipped.all().item<bool>());
            const Tensor expected = at::where(flipped.view({-1, 1, 1, 1}), images.flip(3), images);
            QVERIFY(at::equal(sampleDirect(images, channels, map), expected));
            QVERIFY(at::equal(flipImages(images, map), expected));
            QVERIFY(largest(sampleByGrid(images, channels, map) - expected) <
                    (type == at::kFloat ? 1e-4 : 1e-12));
        }
    }

    void flipsComeWithTheirProbability() {
        constexpr std::int64_t count = 20000;
        const Tensor images = at::zeros({count, 1, 1, 2}, real());
        at::Generator g = generator();
        for (const double p : {0.0, 0.2, 0.5, 1.0}) {
            const Tensor map =
                drawSamplingMap(images, {{GeometricOperation::horizontalFlip, doubles({p})}}, g);
            const double share = (map.select(1, 0).select(1, 0) < 0).to(at::kDouble).mean().item<double>();
            QVERIFY(std::abs(share - p) <= 5 * std::sqrt(p * (1 - p) / count));
        }
        // Each example by its own probability.
        const Tensor own = at::arange(count, real()).remainder(2.0);
        const Tensor map = drawSamplingMap(images, {{GeometricOperation::horizontalFlip, own}}, g);
        QVERIFY(at::equal(map.select(1, 0).select(1, 0), 1.0 - 2.0 * own));
    }

    void drawsAreUniformOverTheirRanges() {
        constexpr std::int64_t count = 20000;
        const Tensor images = at::zeros({count, 3, 2, 4}, real());
        const ImageChannels channels = channelsOf(colors);
        /// Ends and mean of what should be uniform.
        const auto uniform = [](const Tensor& values, double low, double high) {
            const double width = high - low, slack = 2e-3 * width;
            const double error = width / std::sqrt(12.0 * count);
            return values.min().item<double>() >= low - 1e-12 && values.min().item<double>() < low + slack &&
                   values.max().item<double>() <= high + 1e-12 &&
                   values.max().item<double>() > high - slack &&
                   std::abs(values.mean().item<double>() - (low + high) / 2) < 5 * error &&
                   std::abs(values.std().item<double>() - width / std::sqrt(12.0)) < 0.02 * width;
        };
        at::Generator g = generator();
        const auto entry = [](const Tensor& map, std::int64_t row, std::int64_t column) {
            return map.select(1, row).select(1, column);
        };
        const auto colorMap = [&](ColorOperation operation, double s) {
            return drawColorMap(images, channels, {{operation, doubles({s})}}, g);
        };
        QVERIFY(uniform(entry(colorMap(ColorOperation::brightness, 0.4), 1, 1), 0.6, 1.4));
        QVERIFY(uniform(entry(colorMap(ColorOperation::brightness, 3), 0, 0), 0, 4));
        QVERIFY(uniform(entry(colorMap(ColorOperation::contrast, 0.4), 2, 2), 0.6, 1.4));
        // f + (1 − f) w for the weight w of red in grey.
        QVERIFY(uniform((entry(colorMap(ColorOperation::saturation, 0.5), 0, 0) - 0.299) / 0.701, 0.5, 1.5));
        const Tensor hue = colorMap(ColorOperation::hue, 0.25).narrow(2, 0, 3);
        // Along quarterHue lies the sine alone: J is antisymmetric and has no trace.
        const Tensor cosine = (hue.diagonal(0, 1, 2).sum(1) - 1.0) / 2.0;
        const Tensor sine = at::matmul(hue, channels.quarterHue).diagonal(0, 1, 2).sum(1) / -2.0;
        QVERIFY(uniform(at::atan2(sine, cosine), -M_PI / 2, M_PI / 2));

        const auto moved = [&](GeometricOperation operation, double s) {
            return drawSamplingMap(images, {{operation, doubles({s})}}, g);
        };
        const Tensor rotation = moved(GeometricOperation::rotation, 30);
        QVERIFY(uniform(at::atan2(entry(rotation, 0, 1), entry(rotation, 0, 0)), -M_PI / 6, M_PI / 6));
        const Tensor translation = moved(GeometricOperation::translation, 0.25);
        QVERIFY(uniform(entry(translation, 0, 2), -1, 1));
        QVERIFY(uniform(entry(translation, 1, 2), -0.5, 0.5));
        QVERIFY(std::abs((entry(translation, 0, 2) * entry(translation, 1, 2)).mean().item<double>()) < 0.01);
        const double least = std::log(1.5);
        QVERIFY(uniform(at::log(entry(moved(GeometricOperation::scale, 0.5), 0, 0)), -least, least));
        const Tensor shear = moved(GeometricOperation::shear, 20);
        QVERIFY(uniform(at::atan(entry(shear, 0, 1)), -M_PI / 9, M_PI / 9));
        QVERIFY(uniform(at::atan(entry(shear, 1, 0)), -M_PI / 9, M_PI / 9));
        QVERIFY(largest(entry(shear, 0, 0) - entry(shear, 0, 1) * entry(shear, 1, 0) - 1.0) < 1e-12);
    }

    void noiseIsNormalInPixelUnits() {
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(200, colors, 16, 16);
        at::Generator g = generator();
        const Tensor strength = at::cat({at::full({100}, 0.05, real()), at::full({100}, 0.2, real())});
        const Tensor noise =
            (addNoise(images, channels, strength, g) - images) / channels.span.view({-1, 1, 1});
        for (const auto& [first, deviation] : {std::pair{0, 0.05}, std::pair{100, 0.2}})
            for (std::int64_t c = 0; c < 3; ++c) {
                const Tensor part = noise.narrow(0, first, 100).select(1, c);
                QVERIFY(std::abs(part.mean().item<double>()) < 5 * deviation / std::sqrt(25600.0));
                QVERIFY(std::abs(part.std().item<double>() / deviation - 1) < 0.03);
                const Tensor within = part.abs().lt(deviation).to(at::kDouble).mean();
                QVERIFY(std::abs(within.item<double>() - 0.6827) < 0.02);
            }
    }

    void strengthsActImageByImage() {
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(6, colors, 8, 8);
        const Tensor strength = doubles({0, 0.4, 0, 0.4, 0, 0.4});
        const auto onlyOddChange = [&](const Tensor& result) {
            for (std::int64_t b = 0; b < 6; ++b)
                if (at::equal(result[b], images[b]) != (b % 2 == 0)) return false;
            return true;
        };
        at::Generator g = generator(3);
        for (const ColorOperation operation : colorOperations)
            QVERIFY(onlyOddChange(
                mapColors(images, channels, drawColorMap(images, channels, {{operation, strength}}, g))));
        for (const GeometricOperation operation : geometricOperations) {
            const bool flip = operation == GeometricOperation::horizontalFlip;
            QVERIFY(onlyOddChange(sampleImages(
                images, channels,
                drawSamplingMap(images, {{operation, flip ? strength.gt(0).to(at::kDouble) : strength * 20}},
                                g))));
        }
        QVERIFY(onlyOddChange(addNoise(images, channels, strength, g)));
    }

    void theDirectWaysAgreeWithTheTensorWays() {
        const int threads = at::get_num_threads();
        for (const at::ScalarType type : {at::kFloat, at::kDouble})
            for (const auto& [scalings, height, width] :
                 {std::tuple{colors, 32, 32}, std::tuple{gray, 28, 28}, std::tuple{colors, 5, 17}}) {
                const double tolerance = type == at::kFloat ? 1e-3 : 1e-11;
                const ImageChannels channels = channelsOf(scalings, type);
                const Tensor images = byteImages(50, scalings, height, width, type);
                const Tensor otherLayout = images.transpose(2, 3).contiguous().transpose(2, 3);
                at::Generator g = generator(5);
                std::vector<GeometricStep> movements = allMovements(50);
                for (GeometricStep& step : movements) step.strength = step.strength.to(type);
                const Tensor sampling = drawSamplingMap(images, movements, g);
                const Tensor map =
                    drawColorMap(images, channels, allColors(at::full({1}, 0.5, real(type))), g);
                const Tensor sampled = sampleByGrid(images, channels, sampling);
                const Tensor mapped = mapColorsByTensors(images, channels, map);
                for (const int count : {1, 2, 3}) {
                    at::set_num_threads(count);
                    for (const Tensor& layout : {images, otherLayout}) {
                        QVERIFY(largest(sampleDirect(layout, channels, sampling) - sampled) < tolerance);
                        QVERIFY(largest(mapColorsDirect(layout, channels, map) - mapped) < tolerance);
                    }
                }
                at::set_num_threads(threads);
            }
    }

    void theSeedFixesTheImagesWhateverTheThreads() {
        const int threads = at::get_num_threads();
        const ImageChannels channels = channelsOf(colors, at::kFloat);
        const Tensor images = byteImages(64, colors, 32, 32, at::kFloat);
        at::set_num_threads(1);
        at::Generator first = generator(3);
        const Tensor expected = everything(images, channels, first);
        for (const int count : {1, 2, 3}) {
            at::set_num_threads(count);
            at::Generator again = generator(3), other = generator(4);
            QVERIFY(at::equal(everything(images, channels, again), expected));
            QVERIFY(!at::equal(everything(images, channels, other), expected));
        }
        at::set_num_threads(threads);
    }

    void imagesAreNotChangedAndNothingIsRecorded() {
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(4, colors, 8, 8);
        const Tensor before = images.clone();
        at::Generator g = generator();
        everything(images, channels, g);
        QVERIFY(at::equal(images, before));
        const Tensor strength = doubles({0.3}).requires_grad_(true);
        QVERIFY(!drawColorMap(images, channels, allColors(strength), g).requires_grad());
        QVERIFY(!drawSamplingMap(images, {{GeometricOperation::rotation, strength}}, g).requires_grad());
        QVERIFY(!addNoise(images, channels, strength, g).requires_grad());
        QVERIFY(!drawShare(strength, 4, g).requires_grad());
    }

    void nanAndInfinityDoNotCrash() {
        const ImageChannels channels = channelsOf(colors);
        const Tensor images = byteImages(4, colors, 6, 7);
        at::Generator g = generator();
        for (const double bad : {notANumber, std::numeric_limits<double>::infinity(), 1e300}) {
            const Tensor strength = doubles({0.1, bad, 0.1, 0.1});
            const Tensor map = drawColorMap(images, channels, allColors(strength), g);
            for (const auto& way : {mapColorsDirect, mapColorsByTensors}) {
                const Tensor result = way(images, channels, map);
                QVERIFY(result[0].isfinite().all().item<bool>());
                if (std::isnan(bad)) QVERIFY(result[1].isnan().all().item<bool>());
            }
            std::vector<GeometricStep> steps;
            for (const GeometricOperation operation : geometricOperations)
                steps.push_back({operation, strength});
            const Tensor sampling = drawSamplingMap(images, steps, g);
            const Tensor result = sampleDirect(images, channels, sampling);
            QVERIFY(result[0].isfinite().all().item<bool>());
            if (std::isnan(bad))
                QVERIFY(at::equal(result[1], channels.black.view({3, 1, 1}).expand({3, 6, 7})));
            sampleByGrid(images, channels, sampling);
            addNoise(images, channels, strength, g);
            mix(images, drawMixing(strength, 4, g));
        }
    }

    void emptyBatchesStayEmpty() {
        const ImageChannels channels = channelsOf(colors);
        at::Generator g = generator();
        QCOMPARE(everything(at::empty({0, 3, 8, 8}, real()), channels, g).size(0), 0);
    }

    void imagesOfOtherChannelsAreRefused() {
        const ImageChannels channels = channelsOf(colors);
        at::Generator g = generator();
        const Tensor images = byteImages(2, gray, 4, 4), flat = at::zeros({2, 3}, real());
        const Tensor map = at::eye(3, 4, real()).expand({2, 3, 4});
        const Tensor sampling = at::eye(2, 3, real()).expand({2, 2, 3});
        for (const Tensor& wrong : {images, flat}) {
            QVERIFY_EXCEPTION_THROWN(mapColors(wrong, channels, map), c10::Error);
            QVERIFY_EXCEPTION_THROWN(sampleImages(wrong, channels, sampling), c10::Error);
            QVERIFY_EXCEPTION_THROWN(addNoise(wrong, channels, doubles({1}), g), c10::Error);
        }
    }

    void mixturesAreOfEachExampleAndItsPartner() {
        at::Generator g = generator(6);
        const Tensor x = at::randn({9, 2, 3}, g, real());
        const Mixing mixing = drawMixing(doubles({0.7}), 9, g);
        QVERIFY(at::equal(std::get<0>(at::sort(mixing.partner)), at::arange(9)));
        const Tensor mixed = mix(x, mixing);
        for (std::int64_t i = 0; i < 9; ++i) {
            const double m = mixing.share[i].item<double>();
            QVERIFY(m >= 0.5 && m <= 1.0);
            QVERIFY(largest(mixed[i] - (m * x[i] + (1 - m) * x[mixing.partner[i].item<std::int64_t>()])) <
                    1e-14);
        }
    }

    void partnersAreUniform() {
        constexpr int draws = 4000;
        std::array<std::array<int, 4>, 4> hits{};
        at::Generator g = generator();
        for (int k = 0; k < draws; ++k) {
            const Tensor partner = drawMixing(at::ones({1}), 4, g).partner;
            for (std::int64_t i = 0; i < 4; ++i)
                ++hits[static_cast<std::size_t>(i)]
                      [static_cast<std::size_t>(partner[i].item<std::int64_t>())];
        }
        for (const auto& row : hits)
            for (const int hit : row) QVERIFY(std::abs(hit - draws / 4.0) < 5 * std::sqrt(draws * 0.1875));
    }

    void sharesFollowTheBetaDistribution() {
        constexpr std::int64_t count = 40000;
        at::Generator g = generator();
        for (const at::ScalarType type : {at::kFloat, at::kDouble})
            for (const double alpha : {1e-6, 0.01, 0.2, 1.0, 5.0, 1000.0}) {
                const Tensor m = drawShare(at::full({1}, alpha, real(type)), count, g).to(at::kDouble);
                QVERIFY(m.isfinite().all().item<bool>());
                // For the smallest α no draw is far from 0 or 1, so the error is bounded by hand.
                // Of β and 1 − β the second moment about ½ is the same: Var β = 1 / (4 (2 α + 1)).
                const Tensor squares = (m - 0.5).square();
                const double error = squares.std().item<double>() / std::sqrt(double(count));
                QVERIFY(std::abs(squares.mean().item<double>() - 0.25 / (2 * alpha + 1)) < 5 * error + 1e-6);
            }
        // α = 1: uniform, so m is uniform in [½, 1].
        const Tensor uniform = drawShare(at::ones({1}, real()), count, g);
        QVERIFY(std::abs(uniform.mean().item<double>() - 0.75) < 0.01);
        QVERIFY(std::abs(uniform.lt(0.6).to(at::kDouble).mean().item<double>() - 0.2) < 0.01);
        QVERIFY(drawShare(doubles({1e-9}), count, g).gt(0.999).all().item<bool>());
        QVERIFY(drawShare(doubles({0.0}), count, g).eq(1.0).all().item<bool>());
        const Tensor each = drawShare(doubles({0.0, 1000.0, 0.0}), 3, g);
        QVERIFY(each[0].item<double>() == 1.0 && each[1].item<double>() < 0.6);
    }
};

DSTN_TEST(TestAugmentation)
#include "tst_augmentation.moc"
