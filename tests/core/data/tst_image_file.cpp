#include "core/data/image_file.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/image_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <webp/encode.h>

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

    void pngsOfAllKindsAreDecodedExactly() {
        const auto grey = [](const QByteArray& file) { return decode(file, 1).pixels; };
        // Four bits a pixel, and 0 to 15 become 0 to 255; one bit; a line is filled up to a byte.
        QCOMPARE(grey(pngFile(pngHeader(3, 1, 4, 0), pngData(QByteArray("\0\x0f\x10", 3)))),
                 (Pixels{0, 255, 17}));
        QCOMPARE(grey(pngFile(pngHeader(3, 1, 1, 0), pngData(QByteArray("\0\xa0", 2)))),
                 (Pixels{255, 0, 255}));
        // 16 bits become the nearest of 8: 0x12ff / 257 = 18.93, 0xfe80 / 257 = 253.5.
        const QByteArray deep =
            pngFile(pngHeader(3, 1, 16, 0), pngData(QByteArray("\0\x12\xff\xfe\x90\xff\xff", 7)));
        QCOMPARE(grey(deep), (Pixels{19, 254, 255}));
        QVERIFY(imageFacts(span(deep), "f.png").deep);
        QVERIFY(!imageFacts(span(png(1, 1, 1, {7})), "f.png").deep);
        const QByteArray palette = pngChunk("PLTE", QByteArray("\1\2\3\4\5\6", 6));
        const QByteArray transparent = pngChunk("tRNS", QByteArray("\0\x80", 2));
        const QByteArray indices = pngData(QByteArray("\0\1\0", 3));
        for (const QByteArray& before : {palette, palette + transparent})
            QCOMPARE(decode(pngFile(pngHeader(2, 1, 8, 3), before + indices)).pixels,
                     (Pixels{4, 5, 6, 1, 2, 3}));
        QCOMPARE(grey(png(2, 1, 2, {7, 0, 9, 255})), (Pixels{7, 9}));
        // Adam7: the first pass has the first pixel, the sixth the second of the first line, the last all of
        // the second line.
        QCOMPARE(grey(pngFile(pngHeader(2, 2, 8, 0, true), pngData(QByteArray("\0\1\0\2\0\3\4", 7)))),
                 (Pixels{1, 2, 3, 4}));
    }

    void whatAPngSaysBesideItsPixelsDoesNotMatter() {
        const QByteArray data = pngData(QByteArray("\0\7", 2));
        // A profile that is none, a gamma of zero, text of 9 MB.
        const QByteArray beside = pngChunk("iCCP", "no profile") + pngChunk("gAMA", QByteArray(4, '\0')) +
                                  pngChunk("tEXt", QByteArray(9'000'000, 'x'));
        QCOMPARE(decode(pngFile(pngHeader(1, 1, 8, 0), beside + data), 1).pixels, Pixels{7});
        QByteArray damaged = pngFile(pngHeader(1, 1, 8, 0), pngChunk("tEXt", "a comment") + data);
        damaged.replace("comment", "komment");
        EXPECT_ERROR(data, decode(damaged), "f.jpg: the image is damaged (libpng: tEXt: CRC error)");
    }

    void jpegIsDecodedAsItsStandardHasIt() {
        // Y = 124, Cb = 86, Cr = 182 by JFIF's formulas, which give the same colour again.
        const Pixels flat = filled(16, 8, {200, 100, 50});
        QCOMPARE(decode(jpeg(16, 8, 3, flat)).pixels, flat);
        QVERIFY((decode(jpeg(16, 8, 3, flat)).size == ImageSize{.width = 16, .height = 8}));
        QCOMPARE(decode(jpeg(16, 8, 3, flat), 1).pixels, filled(16, 8, {124}));
        // A ramp in both directions, as libjpeg decodes it by its precise integer transform.
        Pixels ramp;
        for (int i = 0; i < 64; ++i)
            ramp.push_back(static_cast<std::uint8_t>(20 + 13 * (i % 8) + 17 * (i / 8)));
        const Pixels decoded = decode(jpeg(8, 8, 1, ramp), 1).pixels;
        for (std::size_t i = 0; i < ramp.size(); ++i) QVERIFY(std::abs(decoded[i] - ramp[i]) <= 1);
        QCOMPARE(Pixels(decoded.begin(), decoded.begin() + 8), (Pixels{20, 33, 46, 59, 72, 85, 98, 111}));
        // Colours at half the resolution are interpolated linearly, 3 : 1.
        Pixels halves;
        for (int i = 0; i < 16 * 8; ++i)
            for (const int value : {i % 16 < 8 ? 200 : 50, 100, i % 16 < 8 ? 50 : 200})
                halves.push_back(static_cast<std::uint8_t>(value));
        const Pixels smooth = decode(jpeg(16, 8, 3, halves)).pixels;
        QCOMPARE(Pixels(smooth.begin() + 3 * 6, smooth.begin() + 3 * 10),
                 (Pixels{200, 100, 50, 169, 107, 94, 81, 92, 154, 50, 100, 199}));
    }

    void progressiveJpegHasTheSamePixels() {
        const DecodedImage image = noise(40, 24, 3);
        QCOMPARE(decode(jpeg(40, 24, 3, image.pixels, {.progressive = true})).pixels,
                 decode(jpeg(40, 24, 3, image.pixels)).pixels);
    }

    void orientationOfACameraIsApplied() {
        // Quarters of 8 × 8 pixels that survive compression: 10 at the top left, 80, 150, 220.
        Pixels stored;
        for (int y = 0; y < 16; ++y)
            for (int x = 0; x < 32; ++x)
                stored.push_back(static_cast<std::uint8_t>(10 + 70 * ((x < 16 ? 0 : 1) + (y < 8 ? 0 : 2))));
        const QByteArray plain = jpeg(32, 16, 1, stored);
        /// The file with an Exif marker that says how it is to be turned, in either byte order.
        const auto marked = [&](int orientation, bool little) {
            QByteArray tiff = little ? QByteArray("II\x2a\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0", 18)
                                     : QByteArray("MM\0\x2a\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1", 18);
            tiff += little ? QByteArray(1, static_cast<char>(orientation)) + QByteArray(3, '\0')
                           : QByteArray(1, '\0') + static_cast<char>(orientation) + QByteArray(2, '\0');
            const QByteArray marker = QByteArray("Exif\0\0", 6) + tiff + QByteArray(4, '\0');
            QByteArray file = plain;
            const auto length = static_cast<char>(marker.size() + 2);
            return file.insert(2, QByteArray("\xFF\xE1\0", 3) + length + marker);
        };
        // The corners as they are seen: top left, top right, bottom left, bottom right.
        const std::vector<std::vector<int>> seen{{10, 80, 150, 220}, {80, 10, 220, 150}, {220, 150, 80, 10},
                                                 {150, 220, 10, 80}, {10, 150, 80, 220}, {150, 10, 220, 80},
                                                 {220, 80, 150, 10}, {80, 220, 10, 150}};
        for (int orientation = 1; orientation <= 8; ++orientation)
            for (const bool little : {false, true}) {
                const QByteArray file = marked(orientation, little);
                const DecodedImage image = decode(file, 1);
                const ImageSize size = orientation > 4 ? ImageSize{.width = 16, .height = 32}
                                                       : ImageSize{.width = 32, .height = 16};
                QVERIFY(image.size == size);
                QVERIFY(imageFacts(span(file), "f.jpg").size == size);
                const auto at = [&](std::int64_t x, std::int64_t y) {
                    return image.pixels[static_cast<std::size_t>(y * size.width + x)];
                };
                const std::vector<int> corners{at(2, 2), at(size.width - 3, 2), at(2, size.height - 3),
                                               at(size.width - 3, size.height - 3)};
                for (std::size_t i = 0; i < 4; ++i)
                    QVERIFY(std::abs(corners[i] - seen[static_cast<std::size_t>(orientation - 1)][i]) <= 2);
            }
        // What cannot be understood turns nothing.
        const Pixels same = decode(plain, 1).pixels;
        QCOMPARE(decode(marked(9, true), 1).pixels, same);
        QByteArray cut = marked(6, true);
        cut.replace(cut.indexOf("\x12\1"), 2, QByteArray("\x13\1"));
        QCOMPARE(decode(cut, 1).pixels, same);
    }

    void webpIsDecodedExactly() {
        const Pixels colours{1, 2, 3, 40, 50, 60, 7, 8, 9, 200, 110, 120, 250, 251, 252, 253, 254, 255};
        std::uint8_t* packed = nullptr;
        const std::size_t size = WebPEncodeLosslessRGB(colours.data(), 2, 3, 6, &packed);
        QByteArray file(reinterpret_cast<const char*>(packed), static_cast<qsizetype>(size));
        WebPFree(packed);
        QCOMPARE(decode(file).pixels, colours);
        QVERIFY((imageFacts(span(file), "f.webp").size == ImageSize{.width = 2, .height = 3}));
        QVERIFY(std::abs(decode(file, 1).pixels[3] - (299 * 200 + 587 * 110 + 114 * 120) / 1000) <= 1);
        // Transparency is left out.
        const Pixels transparent{10, 20, 30, 128, 40, 50, 60, 255};
        const std::size_t alphaSize = WebPEncodeLosslessRGBA(transparent.data(), 2, 1, 8, &packed);
        const QByteArray alpha(reinterpret_cast<const char*>(packed), static_cast<qsizetype>(alphaSize));
        WebPFree(packed);
        QCOMPARE(decode(alpha).pixels, (Pixels{10, 20, 30, 40, 50, 60}));
        for (qsizetype cut = 12; cut < file.size() - 1; ++cut)
            QVERIFY(thrownBy([&] { decode(file.first(cut)); }));
        EXPECT_ERROR(data, decode(file.first(14)), "f.jpg: the image is truncated");
        file.replace(16, 4, QByteArray(4, '\xFF'));
        EXPECT_ERROR(data, decode(file), "f.jpg: the image is");
    }

    void inksBecomeColours() {
        // Adobe's programs store the light that each ink leaves: R = C · K / 255.
        const Pixels inks = filled(8, 8, {200, 100, 50, 204});
        QCOMPARE(decode(jpeg(8, 8, 4, inks)).pixels, filled(8, 8, {160, 80, 40}));
        QCOMPARE(decode(jpeg(8, 8, 4, inks), 1).pixels, filled(8, 8, {99}));
        // Others store what each takes: R = (255 − C) (255 − K) / 255.
        QCOMPARE(decode(jpeg(8, 8, 4, inks, {.adobeMarker = false})).pixels, filled(8, 8, {11, 31, 41}));
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
        QVERIFY((imageFacts(span(image), "f.png").size == ImageSize{.width = 300, .height = 200}));
    }

    void filesThatAreNoImagesAreRefused() {
        EXPECT_ERROR(data, decode(""), "f.jpg: the file is empty");
        EXPECT_ERROR(data, decode("GIF89a, which is neither"),
                     "f.jpg: its content is neither a JPEG, a PNG nor a WebP");
        EXPECT_ERROR(data, decode(QByteArray("\xFF\xD8\xFF\xE0", 4)), "f.jpg: the image is truncated");
        EXPECT_ERROR(data, decode(QByteArray("\xFF\xD8\xFF\xD9", 4)), "f.jpg: the image is damaged");
    }

    void truncatedImagesAreRefusedWhereverTheyEnd() {
        const DecodedImage image = noise(24, 24, 3);
        for (const QByteArray& whole :
             {jpeg(24, 24, 3, image.pixels), jpeg(24, 24, 3, image.pixels, {.progressive = true}),
              png(24, 24, 3, image.pixels)}) {
            QCOMPARE(decode(whole).pixels.size(), image.pixels.size());
            for (qsizetype size = 8; size < whole.size(); ++size)
                EXPECT_ERROR(data, decode(whole.first(size)), "f.jpg: the image is truncated");
        }
    }

    void jpegWhoseDataEndEarlyIsRefused() {
        // The end of the image follows half its data: decoders fill the rest with grey.
        const QByteArray whole = jpeg(24, 24, 3, noise(24, 24, 3).pixels);
        EXPECT_ERROR(data, decode(whole.first(whole.size() / 2) + QByteArray("\xFF\xD9")),
                     "f.jpg: the image is damaged (libjpeg: Corrupt JPEG data: premature end of data");
        // And bytes that no pixel needs mean that some of the data were not understood.
        QByteArray longer = whole;
        longer.insert(longer.size() - 2, "none of the image"); // as some cameras pad their files
        QCOMPARE(decode(longer).pixels, decode(whole).pixels);
    }

    void jpegOfAnotherVersionOfItsFormatIsRead() {
        const QByteArray whole = jpeg(8, 8, 1, noise(8, 8, 1).pixels);
        QByteArray other = whole;
        other[other.indexOf("JFIF") + 5] = 0;
        QCOMPARE(decode(other).pixels, decode(whole).pixels);
    }

    void jpegThatCannotBeDecodedIsToldFromADamagedOne() {
        QByteArray bytes = jpeg(8, 8, 1, noise(8, 8, 1).pixels);
        const auto frame = bytes.indexOf("\xFF\xC0");
        bytes[frame + 1] = '\xC3';
        EXPECT_ERROR(data, decode(bytes),
                     "f.jpg: an image of this kind cannot be decoded (libjpeg: Unsupported");
        bytes[frame + 1] = '\xC0';
        bytes[frame + 4] = 12;
        EXPECT_ERROR(data, decode(bytes),
                     "f.jpg: an image of this kind cannot be decoded (libjpeg: Unsupported");
    }

    void damagedPngIsFoundByItsChecksums() {
        QByteArray bytes = png(8, 8, 1, noise(8, 8, 1).pixels);
        const auto middle = bytes.indexOf("IDAT") + 30;
        bytes[middle] = static_cast<char>(bytes[middle] ^ 1);
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image is damaged (libpng: IDAT: ");
        // The last byte is of a checksum.
        bytes = png(8, 8, 1, noise(8, 8, 1).pixels);
        bytes[bytes.size() - 1] = static_cast<char>(bytes.back() ^ 1);
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image is damaged (libpng: IEND: CRC error)");
    }

    void pngOfTooFewOrTooManyLinesIsRefused() {
        const QByteArray header = pngHeader(2, 2, 8, 0);
        EXPECT_ERROR(data, decode(pngFile(header, pngData(QByteArray("\0\1\2", 3)))), "the image is damaged");
        EXPECT_ERROR(data, decode(pngFile(header, pngData(QByteArray(9, '\0')))), "the image is damaged");
        EXPECT_ERROR(data, decode(pngFile(header, {})), "the image is damaged");
    }

    void tablesThatAreNoneAreRefused() {
        QByteArray bytes = jpeg(8, 8, 1, noise(8, 8, 1).pixels);
        const auto table = bytes.indexOf("\xFF\xC4") + 5;
        bytes.replace(table, 16, QByteArray(16, '\xFF'));
        const char* bogus = "f.jpg: the image is damaged (libjpeg: Bogus Huffman table definition)";
        EXPECT_ERROR(data, decode(bytes), bogus);
        EXPECT_ERROR(data, imageFacts(span(bytes), "f.jpg"), bogus);
        // Three codes of one bit each.
        bytes.replace(table, 16, QByteArray("\3") + QByteArray(15, '\0'));
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image is damaged (libjpeg: ");
    }

    void bytesBehindTheEndDoNotMatter() {
        const QByteArray whole = jpeg(8, 8, 1, noise(8, 8, 1).pixels);
        QCOMPARE(decode(whole + "trailing").pixels, decode(whole).pixels);
    }

    void absurdSizesAreRefusedBeforeMemoryIsAsked() {
        const auto announced = [](int width, int height) {
            return pngFile(pngHeader(width, height, 8, 0), pngData({}));
        };
        EXPECT_ERROR(data, decode(announced(0x7fffffff, 0x7fffffff)),
                     "f.jpg: the image has 2147483647 × 2147483647 pixels, which is too many");
        EXPECT_ERROR(data, decode(announced(16384, 16384)),
                     "f.jpg: the image has 16384 × 16384 pixels, which is too many");
        EXPECT_ERROR(data, decode(announced(16385, 1)),
                     "f.jpg: the image has 16385 × 1 pixels, which is too many");
        EXPECT_ERROR(data, decode(announced(0, 1)), "f.jpg: the image is damaged");
        QByteArray bytes = jpeg(8, 8, 1, noise(8, 8, 1).pixels);
        const auto size = bytes.indexOf("\xFF\xC0") + 5;
        bytes.replace(size, 4, QByteArray("\x40\0\x40\0", 4));
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image has 16384 × 16384 pixels, which is too many");
        bytes.replace(size, 4, QByteArray("\xFF\xFF\xFF\xFF", 4));
        EXPECT_ERROR(data, decode(bytes), "f.jpg: an image of this kind cannot be decoded (libjpeg: Maximum");
        bytes.replace(size, 4, QByteArray("\0\0\0\0", 4));
        EXPECT_ERROR(data, decode(bytes), "f.jpg: the image is damaged");
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
