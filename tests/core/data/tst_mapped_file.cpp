#include "core/data/image_cache.h"
#include "core/data/mapped_file.h"
#include "core/data/numpy_source.h"
#include "tests/core/data/numpy_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace dstn;
namespace fs = std::filesystem;

/// Others may cut short or rewrite a file while it is mapped: an error, and no signal.
class TestMappedFile : public QObject {
    Q_OBJECT

    static constexpr std::size_t page = 4096;

    static fs::path filled(const QTemporaryDir& folder, std::size_t bytes) {
        const fs::path path = fs::path(folder.path().toStdString()) / "file";
        std::ofstream(path, std::ios::binary) << std::string(bytes, 'x');
        return path;
    }

  private slots:
    void whatIsCutOffReadsAsZerosAndIsTold() {
        const QTemporaryDir folder;
        const fs::path path = filled(folder, 5 * page);
        const auto whole = MappedFile::open(path);
        requireIntact(whole->bytes());
        fs::resize_file(path, 2 * page);
        const auto bytes = whole->bytes();
        QCOMPARE(std::ranges::count(bytes, 'x'), static_cast<std::ptrdiff_t>(2 * page));
        QCOMPARE(std::ranges::count(bytes, 0), static_cast<std::ptrdiff_t>(3 * page));
        QVERIFY(!whole->intact());
        EXPECT_ERROR(data, requireIntact(bytes.subspan(page, 10)), "file", "cut short or rewritten");
    }

    void whatIsRewrittenInPlaceIsTold() {
        const QTemporaryDir folder;
        const fs::path path = filled(folder, 2 * page);
        const auto file = MappedFile::open(path);
        QTest::qWait(20); // the file system's clock goes by ticks
        std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << "y";
        EXPECT_ERROR(data, file->requireIntact(), "cut short or rewritten");
    }

    void memoryOfItsOwnIsAlwaysIntact() {
        const std::vector<std::uint8_t> bytes(10);
        requireIntact(bytes);
    }

    void manyFilesComeAndGo() {
        const QTemporaryDir folder;
        const fs::path path = filled(folder, page);
        for (int i = 0; i < 1000; ++i) QVERIFY(MappedFile::open(path) != nullptr);
    }

    void anArchiveThatIsCutShortWhileItIsReadIsAnError_data() {
        QTest::addColumn<int>("after"); // so many calls of whoever may cancel
        for (int after = 0; after < 3; ++after) QTest::addRow("%d", after) << after;
    }
    void anArchiveThatIsCutShortWhileItIsReadIsAnError() {
        QFETCH(int, after);
        const QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "d.npz";
        constexpr int count = 1 << 20;
        const QByteArray numbers(count * 4, '\1');
        const QByteArray labels(count, '\1');
        std::ofstream(path, std::ios::binary)
            << numpyfiles::zip({{"x.npy", numpyfiles::npy("<f4", "(1048576, 1)", numbers)},
                                {"y.npy", numpyfiles::npy("|u1", "(1048576,)", labels)}})
                   .toStdString();
        DataSpec spec;
        spec.source = DataSource::numpy;
        spec.path = path.string();
        int calls = 0;
        EXPECT_ERROR(data,
                     readNumpySource(spec, NumpyContents::everything,
                                     [&] {
                                         if (calls++ == after) fs::resize_file(path, page);
                                         return false;
                                     }),
                     "d.npz");
        QVERIFY(calls > after);
    }

    void aCacheThatIsCutShortWhileItIsUsedIsTold() {
        const QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "cache";
        const ImageCacheHeader header{
            .fingerprint = 7, .shape = {1, 64, 64}, .train = 4, .folder = {}, .classNames = {"a"}};
        {
            ImageCacheWriter writer(path, header, "images");
            std::ranges::fill(writer.pixels(), std::uint8_t{9});
            const ImageSource written = writer.finish();
            requireIntact(written.train.bytes.view());
        }
        const auto source = openImageCache(path, 7, "images");
        QVERIFY(source.has_value());
        requireIntact(source->train.bytes.view());
        fs::resize_file(path, page);
        QCOMPARE(std::ranges::count(source->train.bytes.view(), 0), static_cast<std::ptrdiff_t>(4 * page));
        EXPECT_ERROR(data, requireIntact(source->train.bytes.view()), "cache", "cut short or rewritten");
    }
};

DSTN_TEST_IN(QCoreApplication, TestMappedFile)
#include "tst_mapped_file.moc"
