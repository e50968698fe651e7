#include "core/data/idx_reader.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <sys/resource.h>

using namespace dstn;
using namespace idxfiles;

class TestIdxReader : public QObject {
    Q_OBJECT

    const std::vector<std::uint8_t> twelve_{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255};
    QByteArray valid() const { return idx({3, 2, 2}, twelve_); }

    static QByteArray shapeOnly(std::vector<std::uint32_t> shape) { return idx(shape, {}); }

  private slots:
    void shapeAndBytesAreReadInOrder() {
        const IdxFile file = parseIdx(span(valid()), "images");
        QCOMPARE(file.shape, (std::vector<std::int64_t>{3, 2, 2}));
        QCOMPARE(file.bytes, twelve_);
    }

    void fourDimensionsAndOneAreRead() {
        QCOMPARE(parseIdx(span(idx({1, 3, 2, 2}, twelve_)), "x").shape,
                 (std::vector<std::int64_t>{1, 3, 2, 2}));
        QCOMPARE(parseIdx(span(idx({12}, twelve_)), "x").shape, (std::vector<std::int64_t>{12}));
    }

    void gzipIsRecognisedByContent() {
        QCOMPARE(parseIdx(span(gzip(valid())), "without an ending").bytes, twelve_);
    }

    void gzipOfSeveralMembersIsRead() {
        const QByteArray plain = valid();
        QCOMPARE(parseIdx(span(gzip(plain.left(7)) + gzip(plain.mid(7))), "x").bytes, twelve_);
    }

    void gzipThatFillsMemoryIsRefused() {
        // 1.25 GiB of zeros in 1.3 MB, as one member over and over.
        const QByteArray bomb = gzip(QByteArray(64 << 20, '\0')).repeated(20);
        const auto stream =
            openMemory(std::as_bytes(std::span(bomb.data(), std::size_t(bomb.size()))), "bomb.gz");
        std::vector<std::byte> piece(1 << 20);
        std::uint64_t read = 0;
        QString told;
        try {
            while (const std::size_t count = stream->read(piece)) read += count;
        } catch (const Error& error) {
            told = QString(error.what());
        }
        QVERIFY2(told.startsWith("bomb.gz: more than 1 GiB comes out of ") && told.contains("gunzip"),
                 qPrintable(told));
        QVERIFY(read <= (std::uint64_t{1} << 30));
    }

    void largeFilesAreReadWhole() {
        std::vector<std::uint8_t> data(5'000'000);
        for (std::size_t i = 0; i < data.size(); ++i)
            data[i] = static_cast<std::uint8_t>(i * 2654435761U >> 24);
        const QByteArray plain = idx({5000, 25, 40}, data);
        QVERIFY(parseIdx(span(plain), "x").bytes == data);
        QVERIFY(parseIdx(span(gzip(plain)), "x").bytes == data);
    }

    void filesAndMemoryGiveTheSame() {
        const QTemporaryDir folder;
        for (const QByteArray& content : {valid(), gzip(valid())}) {
            const std::string path = write(folder, "data", content);
            QCOMPARE(readIdx(*openFile(path), path).bytes, twelve_);
            QCOMPARE(readIdxHeader(*openFile(path), path).shape, (std::vector<std::int64_t>{3, 2, 2}));
        }
    }

    void headerAloneIsReadWithoutItsData() {
        QVERIFY(readIdxHeader(*openMemory(span(valid()), "x"), "x").bytes.empty());
    }

    void missingFileIsRefusedWithItsName() {
        const QTemporaryDir folder;
        EXPECT_ERROR(data, openFile(folder.filePath("absent").toStdString()), "absent", "no such file");
        EXPECT_ERROR(data, openFile(folder.path().toStdString()), "is not a regular file");
    }

    void emptyFileIsRefused() { EXPECT_ERROR(data, parseIdx({}, "labels"), "labels", "empty"); }

    void wrongMagicIsRefusedWithWhatWasFound() {
        EXPECT_ERROR(data, parseIdx(span(QByteArray("\x89PNG\r\n")), "cat.png"), "cat.png", "89 50 4e 47",
                     "00 00 08");
        EXPECT_ERROR(data, parseIdx(span(QByteArray("\0\0", 2)), "x"), "00 00");
    }

    void otherElementTypesAreRefused() {
        QByteArray floats = valid();
        floats[2] = '\x0d';
        EXPECT_ERROR(data, parseIdx(span(floats), "x"), "0d", "unsigned bytes");
    }

    void impossibleRankIsRefused() {
        for (const char rank : {0, 5, 127}) {
            QByteArray bytes = valid();
            bytes[3] = rank;
            EXPECT_ERROR(data, parseIdx(span(bytes), "x"), "dimensions");
        }
    }

    void headerCutShortIsRefused() {
        EXPECT_ERROR(data, parseIdx(span(valid().left(10)), "x"), "16 bytes expected", "10 found");
    }

    void truncatedFileIsRefusedWithBothCounts() {
        EXPECT_ERROR(data, parseIdx(span(valid().chopped(5)), "images"), "images", "truncated", "3 × 2 × 2",
                     "7");
        EXPECT_ERROR(data, parseIdx(span(gzip(valid().chopped(5))), "images"), "truncated", "12", "7 found");
    }

    void oversizedFileIsRefused() {
        EXPECT_ERROR(data, parseIdx(span(valid() + "x"), "images"), "images", "too long", "12");
        EXPECT_ERROR(data, parseIdx(span(gzip(valid() + "x")), "images"), "too long");
    }

    void emptyDimensionIsRefused() {
        EXPECT_ERROR(data, parseIdx(span(shapeOnly({0, 28, 28})), "x"), "no examples", "0 × 28 × 28");
    }

    void gzipCutShortIsRefused() {
        const QByteArray packed = gzip(valid());
        // Within the header, within the data, within the checksum at the end.
        for (const qsizetype left : {qsizetype{3}, qsizetype{14}, packed.size() - 3})
            EXPECT_ERROR(data, parseIdx(span(packed.left(left)), "images.gz"), "images.gz", "cut short");
    }

    void gzipWithWrongChecksumIsRefused() {
        QByteArray packed = gzip(valid());
        packed[packed.size() - 8] = static_cast<char>(packed[packed.size() - 8] ^ 1);
        EXPECT_ERROR(data, parseIdx(span(packed), "images.gz"), "images.gz", "damaged", "data check");
    }

    void bytesAfterGzipAreRefused() {
        EXPECT_ERROR(data, parseIdx(span(gzip(valid()) + "tail"), "images.gz"), "4 bytes follow");
    }

    void absurdHeaderIsRefusedWithoutMemoryForIt() {
        const QByteArray absurd = shapeOnly({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff});
        EXPECT_ERROR(data, parseIdx(span(absurd), "x"), "truncated", "4294967295 × 4294967295");
        EXPECT_ERROR(data, parseIdx(span(gzip(absurd)), "x"), "truncated");
        EXPECT_ERROR(data, parseIdx(span(gzip(shapeOnly({1'000'000'000, 28, 28}))), "x"), "truncated");
    }

    void gzipBombIsReadNoFurtherThanItsHeaderSays() {
        // 50 MB of zeros behind a header for 12 bytes.
        const QByteArray bomb = gzip(valid() + QByteArray(50'000'000, '\0'));
        rusage before{}, after{};
        getrusage(RUSAGE_SELF, &before);
        EXPECT_ERROR(data, parseIdx(span(bomb), "bomb"), "too long");
        getrusage(RUSAGE_SELF, &after);
        const auto cpu = [](const rusage& use) {
            return use.ru_utime.tv_sec * 1000 + use.ru_utime.tv_usec / 1000;
        };
        QVERIFY2(cpu(after) - cpu(before) < 50, "decompressing it all takes longer");
    }

    void cancellingEndsTheReading() {
        const QByteArray bytes = valid();
        EXPECT_ERROR(interrupted, readIdx(*openMemory(span(bytes), "x"), "x", [] { return true; }),
                     "cancelled");
    }

    void everyOneByteChangeIsReadOrRefusedCleanly() {
        for (const QByteArray& original : {valid(), gzip(valid())})
            for (qsizetype i = 0; i < original.size(); ++i)
                for (const int flip : {1, 0x80, 0xff}) {
                    QByteArray changed = original;
                    changed[i] = static_cast<char>(changed[i] ^ flip);
                    std::size_t bytes = 0;
                    const auto thrown = thrownBy([&] { bytes = parseIdx(span(changed), "x").bytes.size(); });
                    QVERIFY(thrown ? thrown->kind == ErrorKind::data : bytes == 12);
                }
    }
};

DSTN_TEST(TestIdxReader)
#include "tst_idx_reader.moc"
