#include "core/data/image_file.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/image_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace dstn;
using namespace imagefiles;
using idxfiles::span;
using Pixels = std::vector<std::uint8_t>;

class TestImageFile : public QObject {
    Q_OBJECT

    static DecodedImage decode(const QByteArray& bytes, std::int64_t channels = 3) {
        return decodeImage(span(bytes), channels, "f.jpg");
    }
    /// Straight from the definition: each pixel a weighted mean over all of the square.
    static Pixels squaredByDefinition(const DecodedImage& image, std::int64_t side) {
        const std::int64_t square = std::min(image.size.width, image.size.height);
        const std::int64_t left = (image.size.width - square) / 2, top = (image.size.height - square) / 2;
        const double ratio = static_cast<double>(square) / static_cast<double>(side);
        const auto weight = [&](std::int64_t to, std::int64_t from) {
            const double off =
                std::abs(static_cast<double>(from) + 0.5 - (static_cast<double>(to) + 0.5) * ratio);
            return std::max(0.0, 1.0 - off / std::max(1.0, ratio));
        };
        Pixels result;
        for (std::int64_t y = 0; y < side; ++y)
            for (std::int64_t x = 0; x < side; ++x)
                for (std::int64_t c = 0; c < image.channels; ++c) {
                    double sum = 0.0, weights = 0.0;
                    for (std::int64_t v = 0; v < square; ++v)
                        for (std::int64_t u = 0; u < square; ++u) {
                            const double w = weight(y, v) * weight(x, u);
                            const auto at = ((top + v) * image.size.width + left + u) * image.channels + c;
                            sum += w * image.pixels[static_cast<std::size_t>(at)];
                            weights += w;
                        }
                    result.push_back(static_cast<std::uint8_t>(std::lround(sum / weights)));
                }
        return result;
    }
    static DecodedImage noise(std::int64_t width, std::int64_t height, std::int64_t channels) {
        DecodedImage image{.size = {.width = width, .height = height}, .channels = channels, .pixels = {}};
        std::uint32_t state = 1;
        for (std::int64_t i = 0; i < width * height * channels; ++i) {
            state = state * 1664525U + 1013904223U;
            image.pixels.push_back(static_cast<std::uint8_t>(state >> 24U));
        }
        return image;
    }

  private slots:
    void pngIsDecodedExactly() {
        const Pixels pixels{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 250, 251, 252, 253, 254, 255};
        const DecodedImage image = decode(png(2, 3, 3, pixels));
        QCOMPARE(image.size.width, 2);
        QCOMPARE(image.size.height, 3);
        QCOMPARE(image.pixels, pixels);
    }

    void jpegIsDecodedClosely() {
        const DecodedImage image = decode(jpeg(16, 8, 3, filled(16, 8, {200, 100, 50})));
        QVERIFY((image.size == ImageSize{.width = 16, .height = 8}));
        for (std::size_t i = 0; i < image.pixels.size(); ++i) {
            const int expected[] = {200, 100, 50};
            QVERIFY(std::abs(image.pixels[i] - expected[i % 3]) <= 2);
        }
    }

    void greyAndColourBecomeEachOther() {
        QCOMPARE(decode(png(1, 2, 1, {7, 9})).pixels, (Pixels{7, 7, 7, 9, 9, 9}));
        QCOMPARE(decode(png(1, 1, 3, {10, 10, 10}), 1).pixels, Pixels{10});
        // Rec. 601: 0.299 R + 0.587 G + 0.114 B.
        QVERIFY(std::abs(decode(png(1, 1, 3, {200, 100, 50}), 1).pixels[0] - 124) <= 1);
        QCOMPARE(decode(png(1, 1, 4, {1, 2, 3, 0})).pixels, (Pixels{1, 2, 3}));
    }

    void sizeIsReadFromTheHeader() {
        QByteArray image = png(300, 200, 1, Pixels(60000));
        image.truncate(64);
        QVERIFY((imageSize(span(image), "f.png") == ImageSize{.width = 300, .height = 200}));
    }

    void filesThatAreNoImagesAreRefused() {
        EXPECT_ERROR(data, decode(""), "f.jpg: the file is empty");
        EXPECT_ERROR(data, decode("GIF89a, which is neither"), "f.jpg: is neither a JPEG nor a PNG");
        EXPECT_ERROR(data, decode(QByteArray("\xFF\xD8\xFF\xE0", 4)), "f.jpg: the image is damaged");
    }

    void truncatedImagesAreRefusedWhereverTheyEnd() {
        const DecodedImage image = noise(24, 24, 3);
        for (const QByteArray& whole : {jpeg(24, 24, 3, image.pixels), png(24, 24, 3, image.pixels)}) {
            QCOMPARE(decode(whole).pixels.size(), image.pixels.size());
            for (qsizetype size = 8; size < whole.size(); ++size)
                EXPECT_ERROR(data, decode(whole.first(size)), "f.jpg: the image is ");
            EXPECT_ERROR(data, decode(whole.first(whole.size() - 1)), "f.jpg: the image is truncated");
        }
    }

    void damagedPngIsFoundByItsChecksums() {
        QByteArray bytes = png(8, 8, 1, noise(8, 8, 1).pixels);
        const auto middle = bytes.indexOf("IDAT") + 30;
        bytes[middle] = static_cast<char>(bytes[middle] ^ 1);
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image is damaged: a checksum does not fit");
    }

    void tablesThatOverflowTheDecoderAreRefused() {
        QByteArray bytes = jpeg(8, 8, 1, noise(8, 8, 1).pixels);
        const auto table = bytes.indexOf("\xFF\xC4") + 5;
        bytes.replace(table, 16, QByteArray(16, '\xFF'));
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image is damaged: a Huffman table has 4080 codes");
        EXPECT_ERROR(data, imageSize(span(bytes), "f.jpg"), "4080 codes");
        // Three codes of one bit each.
        bytes.replace(table, 16, QByteArray("\3") + QByteArray(15, '\0'));
        EXPECT_ERROR(data, decode(bytes), "a Huffman table has 3 codes, for which there is no room");
    }

    void bytesBehindTheEndDoNotMatter() {
        const QByteArray whole = jpeg(8, 8, 1, noise(8, 8, 1).pixels);
        QCOMPARE(decode(whole + "trailing").pixels, decode(whole).pixels);
    }

    void absurdSizesAreRefusedBeforeMemoryIsAsked() {
        // A PNG header that announces 2^31 − 1 by 2^31 − 1 pixels; and one that only has too many together.
        QByteArray bytes = png(1, 1, 1, {0});
        bytes.replace(16, 8, QByteArray("\x7f\xff\xff\xff\x7f\xff\xff\xff", 8));
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image is damaged");
        bytes.replace(16, 8, QByteArray("\0\0\x40\0\0\0\x40\0", 8));
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image's 16384 × 16384 pixels are too many");
    }

    void squareOfTheSameSizeStaysAsItIs() {
        const DecodedImage image = noise(7, 7, 3);
        QCOMPARE(squared(image, 7).pixels, image.pixels);
    }

    void cropIsCentral() {
        const DecodedImage image{.size = {.width = 5, .height = 1}, .channels = 1, .pixels = {1, 2, 3, 4, 5}};
        QCOMPARE(squared(image, 1).pixels, Pixels{3});
        const DecodedImage tall{
            .size = {.width = 2, .height = 4}, .channels = 1, .pixels = {1, 1, 2, 3, 4, 5, 1, 1}};
        QCOMPARE(squared(tall, 2).pixels, (Pixels{2, 3, 4, 5}));
    }

    void resizingIsTheFilterOfItsDefinition() {
        for (const auto& [width, height, side] :
             {std::tuple{9, 9, 4}, std::tuple{12, 7, 3}, std::tuple{5, 8, 11}, std::tuple{6, 6, 1},
              std::tuple{1, 1, 5}, std::tuple{31, 30, 29}}) {
            const DecodedImage image = noise(width, height, 3), result = squared(image, side);
            QVERIFY((result.size == ImageSize{.width = side, .height = side}));
            const Pixels expected = squaredByDefinition(image, side);
            for (std::size_t i = 0; i < expected.size(); ++i)
                QVERIFY(std::abs(result.pixels[i] - expected[i]) <= 1); // float against double, rounded
        }
    }

    void shrinkingLeavesNoMoire() {
        // A checkerboard of single pixels is grey from afar.
        DecodedImage image{.size = {.width = 64, .height = 64}, .channels = 1, .pixels = {}};
        for (int i = 0; i < 64 * 64; ++i)
            image.pixels.push_back(static_cast<std::uint8_t>((i + i / 64) % 2 == 0 ? 255 : 0));
        for (const std::uint8_t value : squared(image, 13).pixels) QVERIFY(std::abs(value - 127) < 12);
    }
};

DSTN_TEST(TestImageFile)
#include "tst_image_file.moc"
