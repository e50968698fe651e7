#include "core/data/data_identity.h"
#include "core/data/dataset.h"
#include "core/data/image_cache.h"
#include "core/data/image_folder.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/image_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace dstn;
using namespace imagefiles;
using idxfiles::write;
namespace fs = std::filesystem;

class TestImageFolder : public QObject {
    Q_OBJECT

    /// A PNG of one grey value.
    static void add(const QTemporaryDir& folder, const char* name, int value, int width = 2, int height = 3) {
        fs::create_directories(fs::path(folder.filePath(name).toStdString()).parent_path());
        write(folder, name, png(width, height, 1, filled(width, height, {static_cast<std::uint8_t>(value)})));
    }
    static void addTwoClasses(const QTemporaryDir& folder) {
        add(folder, "train/dog/b.png", 12);
        add(folder, "train/dog/a.PNG", 11);
        add(folder, "train/cat/z.png", 1);
        add(folder, "train/cat/y.png", 2);
        add(folder, "test/dog/t.png", 21);
    }
    static fs::path path(const QTemporaryDir& folder) { return folder.path().toStdString(); }
    static ImageSource read(const QTemporaryDir& folder, const fs::path& cache = {},
                            const ImageFolderOptions& options = {.channels = 1, .imageSize = 0},
                            const LoadingProgress& progress = {}) {
        return readImageFolder(path(folder), options, cache, progress);
    }
    /// The first pixel of each image.
    static std::vector<int> firsts(const ImageSource& source, const ImageSet& set) {
        const auto size = static_cast<std::size_t>(source.shape[0] * source.shape[1] * source.shape[2]);
        std::vector<int> values;
        for (std::size_t i = 0; i < set.bytes.size(); i += size) values.push_back(set.bytes.view()[i]);
        return values;
    }
    static fs::path cacheFile(const QTemporaryDir& cache) {
        const QStringList files = QDir(cache.path()).entryList(QDir::Files);
        return files.size() == 1 ? fs::path(cache.filePath(files.front()).toStdString()) : fs::path();
    }
    static QStringList namesIn(const QTemporaryDir& folder) {
        return QDir(folder.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
    }
    /// How often a folder's reading tells that images are decoded.
    static int decodings(const fs::path& folder, const fs::path& cache) {
        int count = 0;
        readImageFolder(folder, {.channels = 1, .imageSize = 0}, cache, [&](std::string_view what, double) {
            count += what == "decoding images" ? 1 : 0;
            return true;
        });
        return count;
    }
    static std::uint64_t printOf(const QTemporaryDir& folder) {
        FilesRead files;
        read(folder);
        return fingerprint(listImageFolder(path(folder)), {.channels = 1, .imageSize = 0},
                           files.identity(path(folder)).hash);
    }
    static std::vector<std::uint8_t> content(const fs::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

  private slots:
    void classesAndFilesFollowTheirNames() {
        const QTemporaryDir folder;
        addTwoClasses(folder);
        write(folder, "README", "no class");
        write(folder, "train/notes.txt", "no class");
        write(folder, "train/cat/notes.txt", "no image");
        write(folder, "train/cat/.hidden.png", "no image");
        const ImageSource source = read(folder);
        QCOMPARE(source.classNames, (std::vector<std::string>{"cat", "dog"}));
        QCOMPARE(source.shape, (Shape{1, 3, 2}));
        QCOMPARE(source.train.labels, (std::vector<std::int64_t>{0, 0, 1, 1}));
        QCOMPARE(firsts(source, source.train), (std::vector<int>{2, 1, 11, 12}));
        QVERIFY(source.test.has_value());
        QCOMPARE(source.test->labels, (std::vector<std::int64_t>{1}));
        QCOMPARE(firsts(source, *source.test), (std::vector<int>{21}));
    }

    void classesMayStandInTheFolderItself() {
        const QTemporaryDir folder;
        add(folder, "b/1.png", 1);
        add(folder, "a/2.png", 2);
        const ImageSource source = read(folder);
        QCOMPARE(source.train.labels, (std::vector<std::int64_t>{0, 1}));
        QVERIFY(!source.test.has_value());
    }

    void partsGoByTheirNames() {
        for (const auto& [train, validation, test] :
             {std::tuple{"train", "val", "test"}, std::tuple{"Training", "Validation", "Testing"},
              std::tuple{"TRAIN", "dev", "test"}, std::tuple{"train", "valid", "Test"}}) {
            const QTemporaryDir folder;
            for (const auto& [part, value] :
                 {std::pair{train, 1}, std::pair{validation, 3}, std::pair{test, 5}}) {
                add(folder, qPrintable(QString("%1/cat/1.png").arg(part)), value);
                add(folder, qPrintable(QString("%1/dog/1.png").arg(part)), value + 1);
            }
            const ImageSource source = read(folder);
            QCOMPARE(firsts(source, source.train), (std::vector<int>{1, 2}));
            QVERIFY(source.validation && source.test);
            QCOMPARE(firsts(source, *source.validation), (std::vector<int>{3, 4}));
            QCOMPARE(source.validation->labels, (std::vector<std::int64_t>{0, 1}));
            QCOMPARE(firsts(source, *source.test), (std::vector<int>{5, 6}));
            QVERIFY(source.warnings.empty());
            QCOMPARE(probeImageFolder(path(folder), {}).validation->count, 2);
        }
    }

    void ownValidationPartIsUsedFromTheCacheToo() {
        const QTemporaryDir folder, cache;
        qputenv("XDG_CACHE_HOME", cache.path().toUtf8());
        addTwoClasses(folder);
        add(folder, "val/cat/v.png", 31);
        add(folder, "val/dog/v.png", 32);
        DataSpec spec{.source = DataSource::imageFolder, .path = folder.path().toStdString()};
        spec.normalize = Normalize::none;
        for (int pass = 0; pass < 2; ++pass) {
            const Dataset data = loadDataset(spec, 0);
            QCOMPARE(data.train.count, 4);
            QCOMPARE(data.validation.labels, (std::vector<std::int64_t>{0, 1}));
            QCOMPARE(int(data.validation.images.bytes.view()[0]), 31);
            QCOMPARE(data.test.count, 1);
            QCOMPARE(data.info.validationOfClass, (std::vector<std::int64_t>{1, 1}));
            QCOMPARE(probeDataset(spec).warnings, data.info.warnings);
            QCOMPARE(probeDataset(spec).decisions, data.info.decisions);
        }
        spec.split = SplitKind::given;
        QCOMPARE(loadDataset(spec, 0).info.validation, 2);
        fs::remove_all(path(folder) / "val");
        EXPECT_ERROR(data, probeDataset(spec), "has no validation part of its own", "a folder val");
    }

    void classMayBeCalledLikeAPart() {
        const QTemporaryDir folder;
        for (const char* name : {"bus/1.png", "car/1.png", "train/1.png"}) add(folder, name, 1);
        const ImageSource source = read(folder);
        QCOMPARE(source.classNames, (std::vector<std::string>{"bus", "car", "train"}));
        QVERIFY(source.decisions.at(0).starts_with("The folder train holds images rather than folders"));
        // Images in test beside classes: a class, or examples without one?
        add(folder, "test/1.png", 1);
        EXPECT_ERROR(data, read(folder), "train: holds images", "data.folders");
        fs::remove_all(path(folder) / "train");
        EXPECT_ERROR(data, read(folder), "test: holds images", "Set data.folders to classes or to parts");
        const auto as = [&](FolderKind kind) {
            return read(folder, {}, {.channels = 1, .imageSize = 0, .folders = kind});
        };
        const QTemporaryDir none;
        for (const char* name : {"a/1.png", "b/1.png"}) add(none, name, 1);
        EXPECT_ERROR(data, listImageFolder(path(none), FolderKind::parts),
                     "no folder that is called like a part");
        QCOMPARE(as(FolderKind::classes).classNames, (std::vector<std::string>{"bus", "car", "test"}));
        const ImageSource parts = as(FolderKind::parts);
        QCOMPARE(parts.classNames, (std::vector<std::string>{"bus", "car"}));
        QVERIFY(!parts.test &&
                parts.warnings.at(0).ends_with("left unused: 1 image without a class in test."));
        // Both names of one part.
        add(folder, "testing/bus/1.png", 1);
        EXPECT_ERROR(data, as(FolderKind::parts), "both test and testing name the same part");
    }

    void whatIsLeftUnusedIsCounted() {
        const QTemporaryDir folder;
        addTwoClasses(folder);
        fs::remove_all(path(folder) / "test");
        add(folder, "test/1.png", 1);
        add(folder, "test/2.png", 1);
        add(folder, "extra/cat/1.png", 1);
        add(folder, "train/cat/inner/1.png", 1);
        add(folder, "train/3.png", 1);
        write(folder, "train/cat/a.gif", "");
        write(folder, "train/dog/b.GIF", "");
        write(folder, "train/dog/c.bmp", "");
        write(folder, "LICENSE", "");
        EXPECT_ERROR(data, probeImageFolder(path(folder), {}), "train: holds images", "data.folders");
        const ImageFolderOptions parts{.channels = 1, .imageSize = 0, .folders = FolderKind::parts};
        const ImageSource source = probeImageFolder(path(folder), parts);
        QVERIFY(!source.test);
        QCOMPARE(
            source.warnings,
            (std::vector<std::string>{
                folder.path().toStdString() +
                ": left unused: 1 image without a class in train, 2 images without a class in test, 1 file "
                "without an ending, 1 file ending in .bmp, 2 files ending in .gif, the folder extra with 1 "
                "file, the folder train/cat/inner with 1 file."}));
        QCOMPARE(read(folder, {}, parts).warnings, source.warnings);
    }

    void folderAboveTheRightOneIsToldFromIt() {
        const QTemporaryDir folder;
        for (const char* name : {"set/cat/1.png", "set/dog/1.png"}) add(folder, name, 1);
        EXPECT_ERROR(data, read(folder), "1 folder of classes", "/set meant?");
    }

    void channelsComeOneAfterTheOther() {
        const QTemporaryDir folder;
        add(folder, "a/1.png", 9, 2, 1);
        fs::create_directories(path(folder) / "b");
        write(folder, "b/1.png", png(2, 1, 3, {1, 2, 3, 4, 5, 6}));
        const ImageSource source = read(folder, {}, {.channels = 3, .imageSize = 0});
        QCOMPARE(source.shape, (Shape{3, 1, 2}));
        const auto bytes = source.train.bytes.view();
        QCOMPARE(std::vector<std::uint8_t>(bytes.begin(), bytes.end()),
                 (std::vector<std::uint8_t>{9, 9, 9, 9, 9, 9, 1, 4, 2, 5, 3, 6}));
    }

    void dataSetIsSplitAndNormalised() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        qputenv("XDG_CACHE_HOME", cache.path().toUtf8());
        DataSpec spec;
        spec.source = DataSource::imageFolder;
        spec.path = folder.path().toStdString();
        spec.validation = 0.5;
        spec.normalize = Normalize::unit;
        for (int pass = 0; pass < 2; ++pass) {
            const Dataset data = loadDataset(spec, 0);
            QCOMPARE(data.info.input, (Shape{3, 3, 2}));
            QCOMPARE(data.info.outputs, 2);
            QCOMPARE(data.train.labels, (std::vector<std::int64_t>{0, 1}));
            QCOMPARE(data.validation.labels, (std::vector<std::int64_t>{0, 1}));
            QCOMPARE(data.info.test, 1);
            QCOMPARE(data.channels.size(), std::size_t{3});
            const DataInfo probed = probeDataset(spec);
            QCOMPARE(probed.input, data.info.input);
            QCOMPARE(probed.train, data.info.train);
            QCOMPARE(probed.validation, data.info.validation);
            QCOMPARE(probed.test, data.info.test);
            QCOMPARE(probed.classNames, data.info.classNames);
            QVERIFY(QDir(cache.filePath("delta-stn-workbench")).entryList(QDir::Files).size() == 1);
        }
        spec.channels = 2;
        EXPECT_ERROR(data, loadDataset(spec, 0), "2 channels", "data.channels");
        spec.path.clear();
        EXPECT_ERROR(data, loadDataset(spec, 0), "data.path");
    }

    void limitTakesItsShareOfEachClass() {
        const QTemporaryDir folder, cache;
        qputenv("XDG_CACHE_HOME", cache.path().toUtf8());
        // Twelve cats, six dogs and two owls.
        for (int i = 0; i < 20; ++i) {
            const char* name = i < 12 ? "cat" : i < 18 ? "dog" : "owl";
            add(folder, qPrintable(QString("%1/%2.png").arg(name).arg(i, 2, 10, QChar('0'))), i);
        }
        DataSpec spec{
            .source = DataSource::imageFolder, .path = folder.path().toStdString(), .validation = 0.3};
        spec.normalize = Normalize::none;
        spec.limit = 10;
        // The second time from the cache.
        for (int pass = 0; pass < 2; ++pass) {
            const Dataset data = loadDataset(spec, 0);
            QCOMPARE(data.train.count, 7);
            QCOMPARE(data.info.train, 7);
            QCOMPARE(data.validation.count, 3);
            QCOMPARE(probeDataset(spec).train, 7);
            std::vector<int> taken;
            for (const Examples* part : {&data.train, &data.validation})
                for (std::size_t i = 0; i < part->images.index.size(); ++i) {
                    const auto image = static_cast<std::size_t>(part->images.index[i]);
                    taken.push_back(part->images.bytes.view()[image * 18]);
                    const int value = taken.back();
                    QCOMPARE(part->labels[i], value < 12 ? 0 : value < 18 ? 1 : 2);
                }
            std::sort(taken.begin(), taken.end());
            QCOMPARE(taken, (std::vector<int>{0, 1, 2, 3, 4, 5, 12, 13, 14, 18}));
        }
    }

    void limitThatLeavesClassesOutIsRefused() {
        const QTemporaryDir folder, cache;
        qputenv("XDG_CACHE_HOME", cache.path().toUtf8());
        for (const char* name : {"a/1.png", "a/2.png", "a/3.png", "b/1.png", "c/1.png"}) add(folder, name, 1);
        DataSpec spec{
            .source = DataSource::imageFolder, .path = folder.path().toStdString(), .validation = 0.5};
        spec.limit = 2;
        const QByteArray name = folder.path().toUtf8();
        EXPECT_ERROR(data, loadDataset(spec, 0), name.constData(), "keeps 2 images of 3 classes",
                     "Set data.limit to 3 or more");
        EXPECT_ERROR(data, probeDataset(spec), "keeps 2 images of 3 classes");
        spec.limit = 1;
        EXPECT_ERROR(data, loadDataset(spec, 0), "keeps 1 image of 3 classes");
        // One of each class is not enough for a validation part.
        spec.limit = 3;
        EXPECT_ERROR(data, loadDataset(spec, 0), "3 for training, 0 for validation",
                     "keeps one of each class");
        spec.split = SplitKind::random;
        QCOMPARE(loadDataset(spec, 0).info.train, 1);
        for (const std::int64_t enough : {0, 5, 6}) {
            spec.limit = enough;
            const Dataset data = loadDataset(spec, 0);
            QCOMPARE(data.train.count + data.validation.count, 5);
        }
    }

    void tailOfAFolderIsRefused() {
        const QTemporaryDir folder, cache;
        qputenv("XDG_CACHE_HOME", cache.path().toUtf8());
        for (const char* name : {"a/1.png", "a/2.png", "b/1.png", "c/1.png"}) add(folder, name, 1);
        DataSpec spec{.source = DataSource::imageFolder,
                      .path = folder.path().toStdString(),
                      .validation = 0.5,
                      .split = SplitKind::tail};
        for (const auto& read :
             {+[](const DataSpec& s) { loadDataset(s, 0); }, +[](const DataSpec& s) { probeDataset(s); }})
            EXPECT_ERROR(data, read(spec), "ordered by class", "no example of class b for training",
                         "Set data.split to stratified or random.");
    }

    void imagesAreDecodedOnce() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        int decoding = 0;
        const LoadingProgress progress = [&](std::string_view what, double) {
            decoding += what == "decoding images" ? 1 : 0;
            return true;
        };
        const ImageSource decoded = read(folder, path(cache), {.channels = 1, .imageSize = 0}, progress);
        QVERIFY(decoding > 0);
        QVERIFY(!cacheFile(cache).empty());
        decoding = 0;
        const ImageSource cached = read(folder, path(cache), {.channels = 1, .imageSize = 0}, progress);
        QCOMPARE(decoding, 0);
        QCOMPARE(cached.shape, decoded.shape);
        QCOMPARE(cached.classNames, decoded.classNames);
        QCOMPARE(cached.train.labels, decoded.train.labels);
        QCOMPARE(firsts(cached, cached.train), firsts(decoded, decoded.train));
        QCOMPARE(firsts(cached, *cached.test), firsts(decoded, *decoded.test));
    }

    void imagesOutliveTheirCacheFile() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        read(folder, path(cache));
        const ImageSource source = read(folder, path(cache));
        fs::remove(cacheFile(cache));
        QCOMPARE(firsts(source, source.train), (std::vector<int>{2, 1, 11, 12}));
    }

    void changedFilesAreDecodedAnew() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        read(folder, path(cache));
        add(folder, "train/cat/y.png", 77);
        QCOMPARE(firsts(read(folder, path(cache)), read(folder, path(cache)).train),
                 (std::vector<int>{77, 1, 11, 12}));
        add(folder, "train/cat/x.png", 78);
        QCOMPARE(read(folder, path(cache)).train.count, 5);
        fs::remove(path(folder) / "train/cat/x.png");
        QCOMPARE(read(folder, path(cache)).train.count, 4);
    }

    /// The cache goes by what files hold, not by when they were written.
    void filesOfTheSameSizeAndTimeAreToldApart() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        const fs::path file = path(folder) / "train/cat/y.png";
        const auto time = fs::last_write_time(file);
        const auto size = fs::file_size(file);
        QCOMPARE(firsts(read(folder, path(cache)), read(folder, path(cache)).train),
                 (std::vector<int>{2, 1, 11, 12}));
        add(folder, "train/cat/y.png", 77);
        fs::last_write_time(file, time);
        QCOMPARE(fs::file_size(file), size);
        QCOMPARE(firsts(read(folder, path(cache)), read(folder, path(cache)).train),
                 (std::vector<int>{77, 1, 11, 12}));
        // Another time alone means nothing.
        fs::last_write_time(file, time - std::chrono::hours(1));
        QCOMPARE(decodings(path(folder), path(cache)), 0);
        // Files that have changed their names have changed their places.
        fs::rename(path(folder) / "train/cat/y.png", path(folder) / "train/cat/zz.png");
        QCOMPARE(firsts(read(folder, path(cache)), read(folder, path(cache)).train),
                 (std::vector<int>{1, 77, 11, 12}));
    }

    /// The data set's identity is the cache's: what it holds is read once for both.
    void identityIsTheSameFromTheCache() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        const auto identity = [&] {
            FilesRead files;
            read(folder, path(cache));
            return files.identity(path(folder));
        };
        const DataIdentity decoded = identity();
        QCOMPARE(decoded.files, 5);
        QCOMPARE(identity(), decoded);
        FilesRead files;
        read(folder, path(cache));
        add(folder, "train/cat/y.png", 250, 3, 3);
        EXPECT_ERROR(data, files.identity(path(folder)), "y.png: was changed while it was being read");
    }

    void optionsHaveCachesOfTheirOwn() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        QCOMPARE(read(folder, path(cache), {.channels = 3, .imageSize = 0}).shape, (Shape{3, 3, 2}));
        QCOMPARE(read(folder, path(cache), {.channels = 1, .imageSize = 0}).shape, (Shape{1, 3, 2}));
        QCOMPARE(read(folder, path(cache), {.channels = 1, .imageSize = 4}).shape, (Shape{1, 4, 4}));
        QCOMPARE(QDir(cache.path()).entryList(QDir::Files).size(), 3);
    }

    void cacheThatIsDamagedAnywhereIsRefused() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        read(folder, path(cache));
        const std::uint64_t print = printOf(folder);
        const std::vector<std::uint8_t> whole = content(cacheFile(cache));
        QVERIFY(parseImageCache(SharedBytes(whole), print, "f").has_value());
        QVERIFY(!parseImageCache(SharedBytes(whole), print + 1, "f").has_value());
        // Nine numbers of 8 bytes, the folder's path and the names "cat" and "dog" with their lengths, two
        // checksums.
        const std::size_t headerBytes =
            9 * 8 + 4 + fs::canonical(path(folder)).string().size() + 2 * (4 + 3) + 2 * 4;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            std::vector<std::uint8_t> other = whole;
            other[i] ^= 1U;
            // But for the zeros between header and data, which nothing depends on.
            const bool padding = i >= headerBytes && i < 4096;
            QCOMPARE(parseImageCache(SharedBytes(other), print, "f").has_value(), padding);
        }
        for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 97)
            QVERIFY(!parseImageCache(SharedBytes({whole.begin(), whole.begin() + static_cast<long>(size)}),
                                     print, "f")
                         .has_value());
        std::vector<std::uint8_t> longer = whole;
        longer.push_back(0);
        QVERIFY(!parseImageCache(SharedBytes(longer), print, "f").has_value());
    }

    void damagedCacheIsMadeAnew() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        read(folder, path(cache));
        const fs::path file = cacheFile(cache);
        const auto whole = content(file);
        for (const std::size_t size : {std::size_t{0}, std::size_t{100}, whole.size() - 1}) {
            fs::resize_file(file, size);
            QCOMPARE(firsts(read(folder, path(cache)), read(folder, path(cache)).train),
                     (std::vector<int>{2, 1, 11, 12}));
            QCOMPARE(content(file), whole);
        }
    }

    void cacheThatCannotBeWrittenIsNoMistake() {
        const QTemporaryDir folder;
        addTwoClasses(folder);
        write(folder, "file", "no folder");
        const ImageSource source = read(folder, path(folder) / "file");
        QCOMPARE(firsts(source, source.train), (std::vector<int>{2, 1, 11, 12}));
        QCOMPARE(firsts(read(folder, "/proc/nowhere"), source.train), (std::vector<int>{2, 1, 11, 12}));
    }

    void cacheInTheMakingIsNotTouched() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        read(folder, path(cache));
        const fs::path file = cacheFile(cache);
        fs::remove(file);
        {
            const auto other = PartialFile::create(file, 10);
            QVERIFY(other != nullptr);
            QVERIFY(PartialFile::create(file, 10) == nullptr);
            QCOMPARE(firsts(read(folder, path(cache)), read(folder, path(cache)).train),
                     (std::vector<int>{2, 1, 11, 12}));
            QVERIFY(!fs::exists(file));
        }
        // Left alone, nothing of it stays.
        QVERIFY(QDir(cache.path()).isEmpty());
        read(folder, path(cache));
        QVERIFY(fs::exists(file));
    }

    void whatAKilledProcessLeftIsTakenOver() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        read(folder, path(cache));
        const fs::path file = cacheFile(cache);
        fs::rename(file, fs::path(file).concat(".partial"));
        read(folder, path(cache));
        QCOMPARE(cacheFile(cache), file);
    }

    void cachesOfFoldersThatAreGoneAreRemoved() {
        const QTemporaryDir parent, cache;
        for (const char* name :
             {"gone/a/1.png", "gone/b/1.png", "kept/a/1.png", "kept/b/1.png", "new/a/1.png", "new/b/1.png"})
            add(parent, name, 1);
        const auto readOne = [&](const char* name, std::int64_t size) {
            readImageFolder(path(parent) / name, {.channels = 1, .imageSize = size}, path(cache), {});
        };
        readOne("gone", 0);
        readOne("gone", 4);
        readOne("kept", 0);
        fs::remove_all(path(parent) / "gone");
        // Nothing is written, nothing is removed.
        readOne("kept", 0);
        QCOMPARE(namesIn(cache).size(), 3);
        readOne("new", 0);
        QCOMPARE(namesIn(cache).size(), 2);
        QCOMPARE(decodings(path(parent) / "kept", path(cache)), 0);
        QCOMPARE(decodings(path(parent) / "new", path(cache)), 0);
    }

    void cachesOfAnEarlierVersionAreRemoved() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        write(cache, "images-0123456789abcdef.cache", QByteArray("DSTNIM\1\0", 8) + QByteArray(100, 'x'));
        write(cache, "images-0123456789abcde0.cache", QByteArray("DSTNIM\2\0", 8) + QByteArray(100, 'x'));
        // What a later version makes is that version's.
        write(cache, "images-0123456789abcde1.cache", QByteArray("DSTNIM\x7f\0", 8) + QByteArray(100, 'x'));
        read(folder, path(cache));
        QCOMPARE(namesIn(cache).size(), 2);
        QVERIFY(!namesIn(cache).contains("images-0123456789abcdef.cache"));
        QVERIFY(namesIn(cache).contains("images-0123456789abcde1.cache"));
    }

    void cacheFilesThatAreNotCertainlyOrphanedStay() {
        const QTemporaryDir parent, cache, other;
        for (const char* name : {"gone/a/1.png", "gone/b/1.png", "new/a/1.png", "new/b/1.png"})
            add(parent, name, 1);
        const fs::path gone = path(parent) / "gone";
        readImageFolder(gone, {}, path(cache), {});
        const fs::path file = cacheFile(cache);
        const std::vector<std::uint8_t> whole = content(file);
        fs::remove_all(gone);
        const auto put = [&](const fs::path& to, const std::vector<std::uint8_t>& bytes) {
            std::ofstream(to, std::ios::binary)
                .write(reinterpret_cast<const char*>(bytes.data()),
                       static_cast<std::streamsize>(bytes.size()));
        };
        const QStringList kept{"images-0000000000000001.cache",         "images-0000000000000002.cache",
                               "images-0000000000000003.cache",         "images-0000000000000004.cache",
                               "images-0000000000000005.cache",         "images-000000000000000g.cache",
                               "images-0123456789abcdef.cache.partial", "copy-of-" + namesIn(cache).front()};
        const auto in = [&](qsizetype i) { return path(cache) / kept[i].toStdString(); };
        std::vector<std::uint8_t> damaged = whole;
        damaged[70] ^= 1U;
        put(in(0), damaged);
        put(in(1), {whole.begin(), whole.begin() + 80});
        put(in(2), {});
        std::vector<std::uint8_t> later = whole;
        ++later[6];
        put(in(3), later);
        fs::create_directory(in(4));
        for (const qsizetype i : {5, 6, 7}) put(in(i), whole);
        // The folder is no folder, and cannot be looked for: it may be there.
        fs::create_symlink("gone", gone);
        readImageFolder(path(parent) / "new", {}, path(other), {});
        fs::rename(cacheFile(other), path(cache) / "images-ffffffffffffffff.cache");
        readImageFolder(path(parent) / "new", {}, path(cache), {});
        QVERIFY(fs::exists(file));
        fs::remove(gone);
        add(parent, "new/a/1.png", 2);
        readImageFolder(path(parent) / "new", {}, path(cache), {});
        QVERIFY(!fs::exists(file));
        for (const QString& name : kept) QVERIFY2(namesIn(cache).contains(name), qPrintable(name));
        QCOMPARE(namesIn(cache).size(), kept.size() + 2);
    }

    void cancellingEndsTheDecodingAndLeavesNoCache() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        const auto decoding = [](std::string_view what, double) { return what != "decoding images"; };
        EXPECT_ERROR(interrupted, read(folder, path(cache), {.channels = 1, .imageSize = 0}, decoding),
                     "cancelled");
        QVERIFY(QDir(cache.path()).isEmpty());
        EXPECT_ERROR(
            interrupted,
            read(folder, path(cache), {.channels = 1, .imageSize = 0}, [](auto, double) { return false; }),
            "cancelled");
    }

    void foldersWithoutClassesAreRefused() {
        const QTemporaryDir folder;
        const QByteArray name = folder.path().toUtf8();
        EXPECT_ERROR(data, read(folder), name.constData(), "0 folders of classes", "train/CLASS/FILE");
        add(folder, "train/cat/a.png", 1);
        EXPECT_ERROR(data, read(folder), "train: holds 1 folder of classes", "at least two");
        fs::create_directories(path(folder) / "train/dog");
        write(folder, "train/dog/notes.txt", "no image");
        EXPECT_ERROR(data, read(folder), "train/dog: holds no image");
        EXPECT_ERROR(data, probeImageFolder(path(folder), {}), "train/dog: holds no image");
        add(folder, "train/dog/b.png", 2);
        fs::create_directories(path(folder) / "test");
        EXPECT_ERROR(data, read(folder), "test: holds no image");
        add(folder, "test/cow/b.png", 2);
        EXPECT_ERROR(data, read(folder), "test/cow: there is no such class");
        EXPECT_ERROR(data, readImageFolder("/nonexistent/images", {}, {}, {}), "/nonexistent/images",
                     "no such folder");
        EXPECT_ERROR(data, readImageFolder(path(folder) / "train/cat/a.png", {}, {}, {}), "a.png: is a file");
    }

    void sizesThatDifferAreRefusedOrMadeOne() {
        const QTemporaryDir folder, cache;
        addTwoClasses(folder);
        add(folder, "train/dog/c.png", 13, 5, 3);
        EXPECT_ERROR(data, read(folder, path(cache)), "train/dog/c.png: is an image of 5 × 3 pixels",
                     "cat/y.png has 2 × 3", "data.image_size");
        QVERIFY(QDir(cache.path()).isEmpty());
        const ImageSource source = read(folder, path(cache), {.channels = 1, .imageSize = 2});
        QCOMPARE(source.shape, (Shape{1, 2, 2}));
        QCOMPARE(firsts(source, source.train), (std::vector<int>{2, 1, 11, 12, 13}));
    }

    void firstFileAtFaultIsNamedWhateverTheThreads() {
        const QTemporaryDir folder;
        for (int i = 0; i < 40; ++i)
            add(folder, qPrintable(QString("%1/%2.png").arg(i < 20 ? "a" : "b").arg(i, 2, 10, QChar('0'))),
                i);
        QByteArray cut = jpeg(2, 3, 1, std::vector<std::uint8_t>(6));
        cut.chop(2);
        write(folder, "a/07.jpg", cut);
        write(folder, "b/21.png", "nothing");
        write(folder, "b/22.jpg", "");
        for (int pass = 0; pass < 20; ++pass)
            EXPECT_ERROR(data, read(folder), "a/07.jpg: the image is truncated");
        fs::remove(path(folder) / "a/07.jpg");
        for (int pass = 0; pass < 20; ++pass)
            EXPECT_ERROR(data, read(folder), "b/21.png: its content is neither a JPEG, a PNG nor a WebP");
        fs::remove(path(folder) / "b/21.png");
        EXPECT_ERROR(data, read(folder), "b/22.jpg: the file is empty");
    }

    void filesThatCannotBeReadAreNamed() {
        const QTemporaryDir folder;
        addTwoClasses(folder);
        const fs::path loop = path(folder) / "train/dog/loop.png";
        fs::create_symlink("loop.png", loop);
        EXPECT_ERROR(data, read(folder), "loop.png: cannot be opened: Too many levels");
        fs::remove(loop);
        QCOMPARE(mkfifo(loop.c_str(), 0600), 0);
        EXPECT_ERROR(data, read(folder), "loop.png: is not a regular file");
        fs::remove(loop);
        fs::create_directory_symlink("train", path(folder) / "train/train");
        EXPECT_ERROR(data, read(folder), "train/train: cannot be opened: Too many levels");
    }

    void cacheFolderIsThatOfTheSpecification() {
        qputenv("XDG_CACHE_HOME", "/somewhere/cache");
        QCOMPARE(imageCacheFolder(), fs::path("/somewhere/cache/delta-stn-workbench"));
        qputenv("XDG_CACHE_HOME", "relative");
        qputenv("HOME", "/home/person");
        QCOMPARE(imageCacheFolder(), fs::path("/home/person/.cache/delta-stn-workbench"));
        qunsetenv("HOME");
        QVERIFY(imageCacheFolder().empty());
    }
};

DSTN_TEST(TestImageFolder)
#include "tst_image_folder.moc"
