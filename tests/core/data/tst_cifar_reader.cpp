#include "core/data/cifar_reader.h"
#include "core/data/dataset.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/inputs.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <filesystem>
#include <numeric>

using namespace dstn;
using namespace idxfiles;

class TestCifarReader : public QObject {
    Q_OBJECT

    /// Records of these labels; image i of the file is all `first` + i.
    static QByteArray records(const std::vector<int>& labels, int first, bool fine = false) {
        QByteArray bytes;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (fine) bytes.append('\7');
            bytes.append(static_cast<char>(labels[i]));
            bytes.append(3072, static_cast<char>(first + static_cast<int>(i)));
        }
        return bytes;
    }
    static void writeTen(const QTemporaryDir& folder) {
        for (int batch = 1; batch <= 5; ++batch)
            write(folder, qPrintable(QString("data_batch_%1.bin").arg(batch)),
                  records({batch, batch + 1}, 10 * batch));
        write(folder, "test_batch.bin", records({9}, 99));
        write(folder, "batches.meta.txt",
              "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
    }
    static DataSpec spec(const QTemporaryDir& folder, DataSource source = DataSource::cifar10) {
        DataSpec spec;
        spec.source = source;
        spec.path = folder.path().toStdString();
        spec.validation = 0.2;
        spec.split = SplitKind::tail;
        spec.normalize = Normalize::none;
        return spec;
    }
    static ImageSet parse(const QByteArray& bytes, CifarKind kind) {
        std::vector<std::uint8_t> pixels;
        ImageSet set;
        readCifar(*openMemory(span(bytes), "f.bin"), kind, "f.bin", pixels, set.labels);
        set.count = static_cast<std::int64_t>(set.labels.size());
        set.bytes = SharedBytes(std::move(pixels));
        return set;
    }

  private slots:
    void batchesFollowEachOther() {
        const QTemporaryDir folder;
        writeTen(folder);
        const Dataset data = loadDataset(spec(folder), 0);
        QCOMPARE(data.info.input, (Shape{3, 32, 32}));
        QCOMPARE(data.info.outputs, 10);
        QCOMPARE(data.info.classNames[9], std::string("truck"));
        QCOMPARE(data.info.train, 8);
        QCOMPARE(data.info.validation, 2);
        QCOMPARE(data.info.test, 1);
        QCOMPARE(data.train.labels, (std::vector<std::int64_t>{1, 2, 2, 3, 3, 4, 4, 5}));
        QCOMPARE(data.validation.labels, (std::vector<std::int64_t>{5, 6}));
        QCOMPARE(data.test.labels, (std::vector<std::int64_t>{9}));
        QCOMPARE(inputsOf(data, data.train)[3 * 3072], 21.0F);
        QCOMPARE(inputsOf(data, data.validation)[3072], 51.0F);
        QCOMPARE(inputsOf(data, data.test).back(), 99.0F);
        DataSpec limited = spec(folder);
        limited.limit = 5;
        const auto warnings = loadDataset(limited, 0).info.warnings;
        QVERIFY(warnings.at(0).find(
                    "none of the first 5 examples, which data.limit keeps, belongs to the classes") !=
                std::string::npos);
    }

    void probeSaysWhatLoadingYields() {
        const QTemporaryDir folder;
        writeTen(folder);
        const DataInfo info = probeDataset(spec(folder));
        QCOMPARE(info.input, (Shape{3, 32, 32}));
        QCOMPARE(info.outputs, 10);
        QCOMPARE(info.train, 8);
        QCOMPARE(info.validation, 2);
        QCOMPARE(info.test, 1);
        QCOMPARE(info.classNames.size(), std::size_t{10});
    }

    void channelsKeepTheirOrder() {
        QByteArray bytes(1, '\4');
        for (const char value : {'r', 'g', 'b'}) bytes.append(1024, value);
        const ImageSet set = parse(bytes, CifarKind::cifar10);
        QCOMPARE(set.labels, (std::vector<std::int64_t>{4}));
        QCOMPARE(set.bytes.view()[1023], std::uint8_t{'r'});
        QCOMPARE(set.bytes.view()[1024], std::uint8_t{'g'});
        QCOMPARE(set.bytes.view()[3071], std::uint8_t{'b'});
    }

    void fineLabelsOfAHundredClassesAreRead() {
        const QTemporaryDir folder;
        write(folder, "train.bin", records({99, 0, 50, 3, 4}, 1, true));
        write(folder, "test.bin", records({42}, 1, true));
        QByteArray names;
        for (int i = 0; i < 100; ++i) names += "class " + QByteArray::number(i) + "\r\n";
        write(folder, "fine_label_names.txt", names);
        const Dataset data = loadDataset(spec(folder, DataSource::cifar100), 0);
        QCOMPARE(data.train.labels, (std::vector<std::int64_t>{99, 0, 50, 3}));
        QCOMPARE(data.test.labels, (std::vector<std::int64_t>{42}));
        QCOMPARE(data.info.outputs, 100);
        QCOMPARE(data.info.classNames[99], std::string("class 99"));
    }

    void moreThanOneBufferIsRead() {
        std::vector<int> labels(600);
        for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i % 10);
        const ImageSet set = parse(records(labels, 0), CifarKind::cifar10);
        QCOMPARE(set.count, 600);
        QCOMPARE(set.labels[599], 9);
        QCOMPARE(set.bytes.view()[599 * 3072], static_cast<std::uint8_t>(599));
    }

    void packedFilesGiveTheSame() {
        const QTemporaryDir folder;
        writeTen(folder);
        write(folder, "data_batch_5.bin", gzip(records({5, 6}, 50)));
        QCOMPARE(probeDataset(spec(folder)).train, 8);
        QCOMPARE(loadDataset(spec(folder), 0).validation.labels, (std::vector<std::int64_t>{5, 6}));
    }

    void filesThatAreMissingAreNamed() {
        const QTemporaryDir folder;
        writeTen(folder);
        std::filesystem::remove(folder.filePath("data_batch_3.bin").toStdString());
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "has no data_batch_3.bin",
                     "data_batch_1.bin to data_batch_5.bin and test_batch.bin");
        EXPECT_ERROR(data, probeDataset(spec(folder, DataSource::cifar100)), "has no train.bin",
                     "train.bin and test.bin");
        DataSpec absent = spec(folder);
        absent.path = "/nonexistent/cifar";
        EXPECT_ERROR(data, loadDataset(absent, 0), "/nonexistent/cifar", "no such folder");
        absent.path = folder.filePath("test_batch.bin").toStdString();
        EXPECT_ERROR(data, loadDataset(absent, 0), "test_batch.bin: is a file");
        absent.path.clear();
        EXPECT_ERROR(data, loadDataset(absent, 0), "data.path");
    }

    void namesOfClassesMayBeMissingButNotWrong() {
        const QTemporaryDir folder;
        writeTen(folder);
        write(folder, "batches.meta.txt", "airplane\nautomobile\n");
        EXPECT_ERROR(data, probeDataset(spec(folder)), "batches.meta.txt", "names 2 classes", "has 10");
        std::filesystem::remove(folder.filePath("batches.meta.txt").toStdString());
        QVERIFY(loadDataset(spec(folder), 0).info.classNames.empty());
    }

    void filesThatDoNotEndWithARecordAreRefused() {
        const QTemporaryDir folder;
        writeTen(folder);
        QByteArray cut = records({1, 2}, 0);
        cut.chop(1);
        for (const QByteArray& content : {cut, gzip(cut)}) {
            write(folder, "data_batch_2.bin", content);
            EXPECT_ERROR(data, loadDataset(spec(folder), 0), "data_batch_2.bin: holds 6145 bytes",
                         "records of 3073 bytes");
            EXPECT_ERROR(data, probeDataset(spec(folder)), "data_batch_2.bin: holds 6145 bytes");
        }
        write(folder, "data_batch_2.bin", "");
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "data_batch_2.bin: the file is empty");
        // CIFAR-100's records under CIFAR-10's name.
        EXPECT_ERROR(data, parse(records({1}, 0, true), CifarKind::cifar10), "f.bin: holds 3074 bytes");
    }

    void labelsThatAreTooLargeAreRefused() {
        EXPECT_ERROR(data, parse(records({0, 9, 10}, 0), CifarKind::cifar10),
                     "f.bin: the label of record 2 is 10", "end at 9");
        EXPECT_ERROR(data, parse(records({100}, 0, true), CifarKind::cifar100),
                     "f.bin: the label of record 0 is 100", "end at 99");
    }

    void linksThatLeadNowhereAreNamed() {
        const QTemporaryDir folder;
        writeTen(folder);
        const std::string path = folder.filePath("test_batch.bin").toStdString();
        std::filesystem::remove(path);
        std::filesystem::create_symlink("test_batch.bin", path);
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "test_batch.bin: cannot be opened: Too many levels");
    }

    void cancellingEndsTheLoading() {
        const QTemporaryDir folder;
        writeTen(folder);
        EXPECT_ERROR(interrupted, loadDataset(spec(folder), 0, [](auto, double) { return false; }),
                     "cancelled");
    }
};

DSTN_TEST(TestCifarReader)
#include "tst_cifar_reader.moc"
