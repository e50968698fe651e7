#include "core/data/numpy_array.h"
#include "core/data/zip_archive.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/numpy_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace dstn;
using namespace numpyfiles;
using idxfiles::span;
using Numbers = std::vector<double>;

class TestNumpyArray : public QObject {
    Q_OBJECT

    static NumpyArray parse(const QByteArray& bytes) {
        const auto stream = openMemory(span(bytes), "f.npy");
        NumpyArray array = readNumpyHeader(*stream, "f.npy");
        readNumpyData(*stream, array, "f.npy");
        return array;
    }
    static Numbers numbers(const QByteArray& bytes) {
        const NumpyArray array = parse(bytes);
        Numbers result(static_cast<std::size_t>(array.count()));
        array.numbers(0, result);
        return result;
    }
    static QByteArray header(const QByteArray& text) {
        return QByteArray("\x93NUMPY\1\0", 8) + littleEndian(static_cast<std::uint64_t>(text.size()), 2) +
               text;
    }
    static QByteArray member(const ZipArchive& archive, const std::string& name) {
        const auto stream = archive.open(*archive.find(name));
        QByteArray content;
        std::array<std::byte, 7> part{};
        for (std::size_t found = part.size(); found == part.size();) {
            found = stream->read(part);
            content.append(reinterpret_cast<const char*>(part.data()), static_cast<qsizetype>(found));
        }
        return content;
    }

  private slots:
    void everyTypeIsRead() {
        QCOMPARE(numbers(npy("|b1", "(2,)", QByteArray("\0\1", 2))), (Numbers{0, 1}));
        QCOMPARE(numbers(npy("|u1", "(2,)", raw<std::uint8_t>({0, 255}))), (Numbers{0, 255}));
        QCOMPARE(numbers(npy("|i1", "(2,)", raw<std::int8_t>({-128, 127}))), (Numbers{-128, 127}));
        QCOMPARE(numbers(npy("<u2", "(1,)", raw<std::uint16_t>({65535}))), (Numbers{65535}));
        QCOMPARE(numbers(npy("<i2", "(1,)", raw<std::int16_t>({-300}))), (Numbers{-300}));
        QCOMPARE(numbers(npy("<u4", "(1,)", raw<std::uint32_t>({4000000000U}))), (Numbers{4e9}));
        QCOMPARE(numbers(npy("<i4", "(1,)", raw<std::int32_t>({-5}))), (Numbers{-5}));
        QCOMPARE(numbers(npy("<u8", "(1,)", raw<std::uint64_t>({1ULL << 63}))), (Numbers{std::ldexp(1, 63)}));
        QCOMPARE(numbers(npy("<i8", "(1,)", raw<std::int64_t>({-7}))), (Numbers{-7}));
        QCOMPARE(numbers(npy("<f4", "(2,)", raw<float>({1.5F, -2}))), (Numbers{1.5, -2}));
        QCOMPARE(numbers(npy("<f8", "(1,)", raw<double>({0.1}))), (Numbers{0.1}));
    }

    void halfPrecisionIsThatOfItsDefinition() {
        const Numbers found = numbers(
            npy("<f2", "(7,)", raw<std::uint16_t>({0x3C00, 0xC000, 0x3555, 0x0001, 0x8000, 0x7BFF, 0x7C00})));
        QCOMPARE(found[0], 1.0);
        QCOMPARE(found[1], -2.0);
        QCOMPARE(found[2], 0.333251953125);
        QCOMPARE(found[3], std::ldexp(1, -24));
        QVERIFY(std::signbit(found[4]) && found[4] == 0.0);
        QCOMPARE(found[5], 65504.0);
        QVERIFY(std::isinf(found[6]));
        QVERIFY(std::isnan(numbers(npy("<f2", "(1,)", raw<std::uint16_t>({0x7C01})))[0]));
    }

    void byteOrderIsThatOfTheFile() {
        QCOMPARE(numbers(npy(">i2", "(2,)", QByteArray("\1\2\xFF\xFE", 4))), (Numbers{258, -2}));
        QCOMPARE(numbers(npy(">f4", "(1,)", QByteArray("\x3F\xC0\0\0", 4))), (Numbers{1.5}));
    }

    void columnsBecomeRows() {
        QCOMPARE(numbers(npy("|u1", "(2, 3)", raw<std::uint8_t>({1, 4, 2, 5, 3, 6}), true)),
                 (Numbers{1, 2, 3, 4, 5, 6}));
        // By the definition: element (i, j, k) of [2, 3, 2] lies at i + 2 j + 6 k.
        std::vector<std::int16_t> file(12);
        Numbers expected;
        for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t j = 0; j < 3; ++j)
                for (std::size_t k = 0; k < 2; ++k) {
                    expected.push_back(static_cast<double>(100 * i + 10 * j + k));
                    file[i + 2 * j + 6 * k] = static_cast<std::int16_t>(expected.back());
                }
        QCOMPARE(numbers(npy("<i2", "(2, 3, 2)", raw(file), true)), expected);
    }

    void everyVersionAndSpellingIsRead() {
        for (const int version : {1, 2, 3})
            QCOMPARE(parse(npy("|u1", "(3,)", "abc", false, version)).shape, (std::vector<std::int64_t>{3}));
        QCOMPARE(parse(npy("|u1", "()", "a")).count(), 1);
        QCOMPARE(parse(npy("|u1", "(0, 5)", "")).count(), 0);
        QCOMPARE(numbers(header(R"({"shape":(1,),"descr":"|u1","fortran_order":False})") + "a"),
                 (Numbers{97}));
    }

    void filesThatAreNoArraysAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("what");
        const auto row = [](const char* name, const QByteArray& bytes, const char* what) {
            QTest::newRow(name) << bytes << QByteArray(what);
        };
        row("empty", "", "the file is empty");
        row("other", "PK something else", "does not start with");
        row("short", "\x93NUM", "does not start with");
        row("version", QByteArray("\x93NUMPY\x09\0\x10\0", 10) + QByteArray(16, ' '), "version is 9");
        row("no length", QByteArray("\x93NUMPY\1\0", 8), "header is cut short");
        row("header cut", npy("|u1", "(3,)", "abc").first(40), "header is cut short");
        row("huge header", QByteArray("\x93NUMPY\2\0\xFF\xFF\xFF\x7F", 12), "header is cut short");
        row("no dictionary", header("[1, 2]"), "lacks a '{'");
        row("key missing", header("{'descr': '|u1', 'shape': (1,)}"), "does not have all of");
        row("unknown key", header("{'descr': '|u1', 'order': True}"), "unknown key 'order'");
        row("no flag", header("{'fortran_order': Maybe}"), "neither True nor False");
        row("negative extent", npy("|u1", "(-1,)", ""), "not a list of sizes");
        row("extent too large", npy("|u1", "(99999999999999999999,)", ""), "not a list of sizes");
        row("open shape", header("{'shape': (1, 2"), "lacks a ')'");
        row("records", header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"),
            "array of records");
        row("complex", npy("<c16", "(1,)", QByteArray(16, '\0')), "type '<c16'");
        row("no word", npy("<U0", "(1,)", ""), "type '<U0'");
        row("endless words", npy("|S99999999999", "(1,)", ""), "type '|S99999999999'");
        row("objects", npy("|O", "(1,)", "x"), "type '|O'");
        row("truncated", npy("<f4", "(2, 2)", QByteArray(15, '\0')), "truncated: its header declares 2 × 2");
        row("absurd", npy("<f8", "(4000000000, 4000000000, 4000000000)", "x"), "is truncated");
        row("too long", npy("|u1", "(2,)", "abc"), "too long");
    }
    void filesThatAreNoArraysAreRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, what);
        EXPECT_ERROR(data, parse(bytes), "f.npy: ", what.constData());
    }

    void membersOfAnArchiveAreRead() {
        const QByteArray large(100000, 'x');
        for (const bool pack : {false, true})
            for (const bool big : {false, true}) {
                const QByteArray file = zip({{"a.npy", "hello"}, {"b/c", large}, {"empty", ""}}, pack, big);
                for (const QByteArray& bytes : {file, file + QByteArray()}) {
                    const ZipArchive archive(span(bytes), "f.npz");
                    QCOMPARE(archive.members().size(), std::size_t{3});
                    QCOMPARE(member(archive, "a.npy"), QByteArray("hello"));
                    QCOMPARE(member(archive, "b/c"), large);
                    QCOMPARE(member(archive, "empty"), QByteArray());
                    QVERIFY(archive.find("d") == nullptr);
                }
            }
    }

    void archiveMayEndWithAComment() {
        QByteArray file = zip({{"a", "hello"}});
        file.chop(2);
        file += littleEndian(7, 2) + "comment";
        QCOMPARE(member(ZipArchive(span(file), "f.npz"), "a"), QByteArray("hello"));
    }

    void damagedMembersAreRefused() {
        for (const bool pack : {false, true}) {
            const QByteArray file = zip({{"a", QByteArray(200, 'x') + "end"}}, pack);
            for (qsizetype i = 31; i < file.indexOf("PK\1\2"); ++i) {
                QByteArray other = file;
                other[i] = static_cast<char>(other[i] ^ 4);
                EXPECT_ERROR(data, member(ZipArchive(span(other), "f.npz"), "a"), "f.npz, member a",
                             "damaged");
            }
        }
    }

    void archivesThatAreCutShortAreRefused() {
        const QByteArray file = zip({{"a", "hello"}, {"b", "world"}}, true);
        for (qsizetype size = 0; size < file.size(); ++size) {
            const QByteArray cut = file.first(size);
            EXPECT_ERROR(data, ZipArchive(span(cut), "f.npz"), "f.npz: ");
        }
    }

    void archivesThatLieAboutSizesAreRefused() {
        QByteArray file = zip({{"a", "hello"}}, true);
        const auto directory = file.indexOf("PK\1\2");
        file.replace(directory + 24, 4, littleEndian(1U << 31U, 4));
        EXPECT_ERROR(data, member(ZipArchive(span(file), "f.npz"), "a"),
                     "has 5 bytes where its directory says");
        file.replace(directory + 24, 4, littleEndian(3, 4));
        EXPECT_ERROR(data, member(ZipArchive(span(file), "f.npz"), "a"), "longer than its directory says");
    }

    void membersThatCannotBeUnpackedAreRefused() {
        QByteArray file = zip({{"a", "hello"}});
        const auto directory = file.indexOf("PK\1\2");
        file.replace(directory + 10, 2, littleEndian(14, 2));
        EXPECT_ERROR(data, member(ZipArchive(span(file), "f.npz"), "a"), "compressed by method 14");
        file.replace(directory + 8, 2, littleEndian(1, 2));
        EXPECT_ERROR(data, member(ZipArchive(span(file), "f.npz"), "a"), "is encrypted");
    }
};

DSTN_TEST(TestNumpyArray)
#include "tst_numpy_array.moc"
