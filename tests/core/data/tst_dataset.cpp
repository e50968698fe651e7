#include "core/data/dataset.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/inputs.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QTest>

#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>

using namespace dstn;
using namespace idxfiles;

class TestDataset : public QObject {
    Q_OBJECT

    static constexpr int count_ = 40;

    /// Image i of a training part is all i, or i + 100 of a test part; its label is i mod 4.
    static void writePart(const QTemporaryDir& folder, const char* part, int count, int offset,
                          bool packed = false) {
        std::vector<std::uint8_t> pixels, labels;
        for (int i = 0; i < count; ++i) {
            pixels.insert(pixels.end(), 6, static_cast<std::uint8_t>(i + offset));
            labels.push_back(static_cast<std::uint8_t>(i % 4));
        }
        const auto n = static_cast<std::uint32_t>(count);
        const QByteArray ending = packed ? ".gz" : "";
        const QByteArray images = idx({n, 2, 3}, pixels), classes = idx({n}, labels);
        write(folder, QByteArray(part) + "-images-idx3-ubyte" + ending, packed ? gzip(images) : images);
        write(folder, QByteArray(part) + "-labels-idx1-ubyte" + ending, packed ? gzip(classes) : classes);
    }
    static DataSpec images(const QTemporaryDir& folder) {
        DataSpec spec;
        spec.source = DataSource::idx;
        spec.path = folder.path().toStdString();
        spec.validation = 0.25;
        spec.split = SplitKind::tail;
        spec.normalize = Normalize::none;
        return spec;
    }
    static DataSpec csv(const std::string& path) {
        DataSpec spec;
        spec.source = DataSource::csv;
        spec.path = path;
        spec.validation = 0.25;
        spec.split = SplitKind::tail;
        return spec;
    }
    static DataSpec synthetic(DataSource source) {
        DataSpec spec;
        spec.source = source;
        spec.test = 0.2;
        return spec;
    }

    /// The first pixel of each image.
    static std::vector<int> firstPixels(const Examples& examples) {
        std::vector<int> pixels;
        for (std::size_t i = 0; i < examples.images.index.size(); ++i)
            pixels.push_back(
                examples.images.bytes.view()[static_cast<std::size_t>(examples.images.index[i]) * 6]);
        return pixels;
    }
    static std::vector<int> range(int from, int to) {
        std::vector<int> values(static_cast<std::size_t>(to - from));
        std::iota(values.begin(), values.end(), from);
        return values;
    }
    static std::vector<float> inputs(const DataSpec& spec, Examples Dataset::*part) {
        const Dataset data = loadDataset(spec, 0);
        return inputsOf(data, data.*part);
    }
    static double column(const Examples& examples, std::size_t features, std::size_t j, double power) {
        double sum = 0.0;
        for (std::size_t i = j; i < examples.inputs.size(); i += features)
            sum += std::pow(static_cast<double>(examples.inputs[i]), power);
        return sum / static_cast<double>(examples.count);
    }

    static void compareWithProbe(const DataSpec& spec) {
        const DataInfo probed = probeDataset(spec);
        const Dataset data = loadDataset(spec, 7);
        QCOMPARE(data.info.input, probed.input);
        QVERIFY(data.info.task == probed.task);
        QCOMPARE(data.info.outputs, probed.outputs);
        QCOMPARE(data.info.classNames, probed.classNames);
        QCOMPARE(data.info.featureNames, probed.featureNames);
        const auto size = static_cast<std::size_t>(
            std::accumulate(probed.input.begin(), probed.input.end(), std::int64_t{1}, std::multiplies<>()));
        for (const auto& [part, loaded, said] :
             {std::tuple{&data.train, data.info.train, probed.train},
              std::tuple{&data.validation, data.info.validation, probed.validation},
              std::tuple{&data.test, data.info.test, probed.test}}) {
            QCOMPARE(part->count, said);
            QCOMPARE(loaded, said);
            QCOMPARE(inputsOf(data, *part).size(), static_cast<std::size_t>(said) * size);
            const bool classes = probed.task == TaskKind::classification;
            QCOMPARE(part->labels.size(), static_cast<std::size_t>(classes ? said : 0));
            QCOMPARE(part->targets.size(), static_cast<std::size_t>(classes ? 0 : said));
        }
    }

  private slots:
    void tailSplitTakesTheLastTrainingExamples() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        writePart(folder, "t10k", 8, 100);
        const Dataset data = loadDataset(images(folder), 0);
        QCOMPARE(firstPixels(data.train), range(0, 30));
        QCOMPARE(firstPixels(data.validation), range(30, 40));
        QCOMPARE(firstPixels(data.test), range(100, 108));
        QCOMPARE(data.info.input, (Shape{1, 2, 3}));
        QCOMPARE(data.info.outputs, 4);
        QCOMPARE(data.validation.labels, (std::vector<std::int64_t>{2, 3, 0, 1, 2, 3, 0, 1, 2, 3}));
    }

    void packedFilesGiveTheSame() {
        const QTemporaryDir plain, packed;
        writePart(plain, "train", count_, 0);
        writePart(packed, "train", count_, 0, true);
        QCOMPARE(inputs(images(packed), &Dataset::train), inputs(images(plain), &Dataset::train));
    }

    void namesWithDotsAndPackedFilesWithoutEndingAreFound() {
        const QTemporaryDir folder;
        write(folder, "train-images.idx3-ubyte", gzip(idx({4, 1, 1}, {9, 8, 7, 6})));
        write(folder, "train-labels.idx1-ubyte", idx({4}, {0, 1, 1, 0}));
        QCOMPARE(inputs(images(folder), &Dataset::train), (std::vector<float>{9, 8, 7}));
    }

    void colourImagesKeepTheirChannels() {
        const QTemporaryDir folder;
        write(folder, "train-images-idx4-ubyte", idx({4, 3, 1, 2}, std::vector<std::uint8_t>(24, 1)));
        write(folder, "train-labels-idx1-ubyte", idx({4}, {0, 1, 1, 0}));
        QCOMPARE(loadDataset(images(folder), 0).info.input, (Shape{3, 1, 2}));
    }

    void testShareComesFirstAndOnlyWithoutTestPart() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        DataSpec spec = images(folder);
        spec.test = 0.2;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(firstPixels(data.train), range(0, 24));
        QCOMPARE(firstPixels(data.validation), range(24, 32));
        QCOMPARE(firstPixels(data.test), range(32, 40));
        writePart(folder, "t10k", 8, 100);
        QCOMPARE(loadDataset(spec, 0).info.train, 30);
        QCOMPARE(loadDataset(spec, 0).info.test, 8);
    }

    void limitComesBeforeTheSplit() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        DataSpec spec = images(folder);
        spec.limit = 12;
        QCOMPARE(firstPixels(loadDataset(spec, 0).train), range(0, 9));
        QCOMPARE(firstPixels(loadDataset(spec, 0).validation), range(9, 12));
        spec.limit = 1000;
        QCOMPARE(loadDataset(spec, 0).info.train, 30);
    }

    void randomSplitFollowsItsSeedAndLosesNothing() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        DataSpec spec = images(folder);
        spec.split = SplitKind::random;
        spec.test = 0.2;
        const auto parts = [&](std::uint64_t seed) {
            const Dataset data = loadDataset(spec, seed);
            return std::vector{firstPixels(data.train), firstPixels(data.validation), firstPixels(data.test)};
        };
        const auto first = parts(1);
        QVERIFY(first == parts(1));
        QVERIFY(first != parts(2));
        std::multiset<int> all;
        for (const auto& part : first) all.insert(part.begin(), part.end());
        const std::vector<int> everything = range(0, 40);
        QVERIFY(all == std::multiset<int>(everything.begin(), everything.end()));
        QCOMPARE(first[0].size(), std::size_t{24});
        // Pinned, so that a run can be repeated on any machine and after any update.
        QCOMPARE(first[2], (std::vector<int>{0, 5, 14, 21, 25, 33, 35, 39}));
    }

    void emptyPartIsRefusedWithTheCounts() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        DataSpec spec = images(folder);
        spec.validation = 0.01;
        EXPECT_ERROR(data, loadDataset(spec, 0), "40 examples", "40 for training", "0 for validation");
        EXPECT_ERROR(data, probeDataset(spec), "0 for validation");
        spec.validation = 0.999;
        EXPECT_ERROR(data, loadDataset(spec, 0), "0 for training");
        spec.validation = 0.25;
        spec.test = 0.01;
        EXPECT_ERROR(data, loadDataset(spec, 0), "0 for testing");
        spec.validation = std::nan("");
        EXPECT_ERROR(data, loadDataset(spec, 0), "0 for validation");
    }

    void classesThatALimitCutsOffAreWarnedOf() {
        const QTemporaryDir folder;
        DataSpec spec = csv(write(folder, "f.csv", "1,cat\n2,cat\n3,dog\n4,dog\n5,owl\n6,owl\n7,cat\n"));
        spec.limit = 4;
        spec.split = SplitKind::random;
        QCOMPARE(loadDataset(spec, 0).info.warnings.at(0),
                 spec.path +
                     ": none of the first 4 examples, which data.limit keeps, belongs to class owl (of "
                     "3 classes in all). Raise data.limit, or bring the examples into random order.");
        QCOMPARE(probeDataset(spec, 0).warnings, loadDataset(spec, 0).info.warnings);
        QVERIFY(probeDataset(spec).warnings.empty());
        spec.limit = 0;
        spec.split = SplitKind::automatic;
        spec.validation = 0.45;
        QVERIFY(loadDataset(spec, 0).info.warnings.empty());
        // Numbers that are no classes are nothing to warn of.
        spec.task = TaskKind::regression;
        spec.path = write(folder, "g.csv", "1,0\n2,0\n3,1\n4,1\n5,2\n6,2\n");
        spec.limit = 4;
        QVERIFY(loadDataset(spec, 0).info.warnings.empty());

        writePart(folder, "train", count_, 0);
        DataSpec idxSpec = images(folder);
        QVERIFY(loadDataset(idxSpec, 0).info.warnings.empty());
        idxSpec.limit = 2;
        idxSpec.validation = 0.5;
        const Dataset data = loadDataset(idxSpec, 0);
        QVERIFY(data.info.warnings.at(0).find("belongs to the classes 2, 3 (of 4 classes in all)") !=
                std::string::npos);
    }

    void pixelsAreScaledToUnit() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        DataSpec spec = images(folder);
        spec.normalize = Normalize::unit;
        QCOMPARE(inputs(spec, &Dataset::validation).back(), 39.0F / 255.0F);
    }

    void channelsAreStandardisedByTheTrainingPartAlone() {
        const QTemporaryDir folder;
        // Channel 0: 0, 0, 4, 4, then 200; channel 1: constant in the training part.
        write(folder, "train-images-idx4-ubyte", idx({5, 2, 1, 1}, {0, 7, 0, 7, 4, 7, 4, 7, 200, 9}));
        write(folder, "train-labels-idx1-ubyte", idx({5}, {0, 1, 1, 0, 1}));
        DataSpec spec = images(folder);
        spec.validation = 0.2;
        spec.normalize = Normalize::standardize;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(inputsOf(data, data.train), (std::vector<float>{-1, 0, -1, 0, 1, 0, 1, 0}));
        QCOMPARE(inputsOf(data, data.validation), (std::vector<float>{99, 0}));
    }

    void missingIdxFilesAreRefusedWithTheirNames() {
        const QTemporaryDir folder;
        DataSpec spec = images(folder);
        EXPECT_ERROR(data, loadDataset(spec, 0), "training images", "train-images-idx3-ubyte");
        write(folder, "train-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        EXPECT_ERROR(data, loadDataset(spec, 0), "training labels", "train-labels-idx1-ubyte");
        write(folder, "train-labels-idx1-ubyte", idx({4}, {0, 1, 1, 0}));
        write(folder, "t10k-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        EXPECT_ERROR(data, loadDataset(spec, 0), "test labels", "t10k-labels-idx1-ubyte");
        spec.path = folder.filePath("absent").toStdString();
        EXPECT_ERROR(data, loadDataset(spec, 0), "absent", "no such folder");
        spec.path = folder.filePath("train-images-idx3-ubyte").toStdString();
        EXPECT_ERROR(data, loadDataset(spec, 0), "is a file");
        spec.path = "";
        EXPECT_ERROR(data, loadDataset(spec, 0), "data.path");
    }

    void disagreeingCountsAreRefused() {
        const QTemporaryDir folder;
        write(folder, "train-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        write(folder, "train-labels-idx1-ubyte", idx({3}, {0, 1, 1}));
        EXPECT_ERROR(data, loadDataset(images(folder), 0), "4 images", "3 labels");
        EXPECT_ERROR(data, probeDataset(images(folder)), "4 images", "3 labels");
    }

    void swappedFilesAreRefused() {
        const QTemporaryDir folder;
        write(folder, "train-labels-idx1-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        write(folder, "train-images-idx3-ubyte", idx({4}, {0, 1, 1, 0}));
        EXPECT_ERROR(data, loadDataset(images(folder), 0), "swapped");
    }

    void testPartThatDoesNotFitIsRefused() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        write(folder, "t10k-images-idx3-ubyte", idx({2, 3, 2}, std::vector<std::uint8_t>(12)));
        write(folder, "t10k-labels-idx1-ubyte", idx({2}, {0, 1}));
        EXPECT_ERROR(data, loadDataset(images(folder), 0), "differ in size");
        write(folder, "t10k-images-idx3-ubyte", idx({2, 2, 3}, std::vector<std::uint8_t>(12)));
        write(folder, "t10k-labels-idx1-ubyte", idx({2}, {0, 4}));
        EXPECT_ERROR(data, loadDataset(images(folder), 0), "t10k-labels", "label 1 is 4", "no example of",
                     "has this label");
    }

    void labelsOfAnyValueAreClasses() {
        const QTemporaryDir folder;
        write(folder, "train-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        write(folder, "train-labels-idx1-ubyte", idx({4}, {255, 1, 1, 255}));
        DataSpec spec = images(folder);
        spec.split = SplitKind::automatic;
        spec.validation = 0.5;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(data.info.outputs, 2);
        QCOMPARE(data.info.classNames, (std::vector<std::string>{"1", "255"}));
        QVERIFY(data.info.decisions.at(0).starts_with("The labels 1, 255 of "));
        QCOMPARE(data.info.trainOfClass, (std::vector<std::int64_t>{1, 1}));
        QCOMPARE(data.info.validationOfClass, (std::vector<std::int64_t>{1, 1}));
        QCOMPARE(probeDataset(spec).validationOfClass, data.info.validationOfClass);
    }

    void idxPartsGoByTheirNames() {
        const QTemporaryDir folder;
        write(folder, "EMNIST-digits-train-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        write(folder, "EMNIST-digits-train-labels-idx1-ubyte.gz", gzip(idx({4}, {0, 1, 1, 0})));
        write(folder, "EMNIST-digits-train-labels-idx1-ubyte", idx({4}, {0, 1, 1, 0}));
        write(folder, "EMNIST-digits-valid-images.idx3-ubyte", idx({2, 1, 1}, {5, 4}));
        write(folder, "EMNIST-digits-valid-labels.idx1-ubyte", idx({2}, {0, 1}));
        write(folder, "EMNIST-digits-test-images-idx3-ubyte", idx({1, 1, 1}, {3}));
        write(folder, "EMNIST-digits-test-labels-idx1-ubyte", idx({1}, {1}));
        DataSpec spec = images(folder);
        spec.split = SplitKind::automatic;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(inputsOf(data, data.train), (std::vector<float>{9, 8, 7, 6}));
        QCOMPARE(inputsOf(data, data.validation), (std::vector<float>{5, 4}));
        QCOMPARE(inputsOf(data, data.test), (std::vector<float>{3}));
        QVERIFY(data.info.warnings.empty());
        write(folder, "EMNIST-digits-extra-images-idx3-ubyte", "not looked at");
        QVERIFY(probeDataset(spec).warnings.at(0).find("1 IDX file is left unused: EMNIST-digits-extra") !=
                std::string::npos);
        write(folder, "EMNIST-letters-train-images-idx3-ubyte", "another data set");
        EXPECT_ERROR(data, probeDataset(spec), "holds several data sets", "EMNIST-letters");
    }

    void singleImageClassIsRefused() {
        const QTemporaryDir folder;
        write(folder, "train-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        write(folder, "train-labels-idx1-ubyte", idx({4}, {3, 3, 3, 3}));
        EXPECT_ERROR(data, loadDataset(images(folder), 0), "every label is 3");
    }

    void fashionMnistLabelsEndAtNine() {
        const QTemporaryDir folder;
        write(folder, "train-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        write(folder, "train-labels-idx1-ubyte", idx({4}, {0, 1, 10, 0}));
        DataSpec spec = images(folder);
        spec.source = DataSource::fashionMnist;
        EXPECT_ERROR(data, loadDataset(spec, 0), "label 2 is 10");
        write(folder, "train-labels-idx1-ubyte", idx({4}, {0, 1, 8, 0}));
        QCOMPARE(loadDataset(spec, 0).info.outputs, 10);
        QCOMPARE(loadDataset(spec, 0).info.classNames[9], std::string("Ankle boot"));
    }

    void absentFashionMnistNamesItsPackage() {
        DataSpec spec;
        spec.path = "/nonexistent/fashion-mnist";
        EXPECT_ERROR(data, loadDataset(spec, 0), "/nonexistent/fashion-mnist", "dataset-fashion-mnist");
        EXPECT_ERROR(data, probeDataset(spec), "dataset-fashion-mnist");
    }

    void installedFashionMnistIsReadWhole() {
        DataSpec spec;
        if (!QFileInfo::exists("/usr/share/datasets/fashion-mnist"))
            QSKIP("dataset-fashion-mnist is not installed");
        spec.split = SplitKind::tail;
        spec.normalize = Normalize::unit;
        QElapsedTimer timer;
        timer.start();
        const Dataset data = loadDataset(spec, 0);
        qInfo("read in %lld ms", timer.elapsed());
        QCOMPARE(data.info.train, 51'000);
        QCOMPARE(data.info.validation, 9'000);
        QCOMPARE(data.info.test, 10'000);
        QCOMPARE(data.info.input, (Shape{1, 28, 28}));
        QCOMPARE(data.info.classNames.size(), std::size_t{10});
        QCOMPARE(data.train.labels[0], 9);
        // The known mean of the 60,000 training images is 0.2860.
        const auto sum = [&](const Examples& part) {
            const std::vector<float> inputs = inputsOf(data, part);
            return std::accumulate(inputs.begin(), inputs.end(), 0.0);
        };
        const double mean = (sum(data.train) + sum(data.validation)) / (60'000.0 * 784.0);
        QVERIFY2(std::abs(mean - 0.2860) < 5e-5, qPrintable(QString::number(mean)));
    }

    void columnsAndTargetAreStandardisedByTheTrainingPartAlone() {
        const QTemporaryDir folder;
        const std::string path =
            write(folder, "f.csv", "a,b,y\n1,5,10.5\n3,5,20.5\n1,5,10.5\n3,5,20.5\n5,6,30.5\n");
        DataSpec spec = csv(path);
        spec.validation = 0.2;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(data.train.inputs, (std::vector<float>{-1, 0, 1, 0, -1, 0, 1, 0}));
        QCOMPARE(data.train.targets, (std::vector<float>{-1, 1, -1, 1}));
        QCOMPARE(data.validation.inputs, (std::vector<float>{3, 0}));
        QCOMPARE(data.validation.targets, (std::vector<float>{3}));
        QCOMPARE(data.targets.size(), std::size_t{1});
        QCOMPARE(data.targets[0].shift, 15.5);
        QCOMPARE(data.targets[0].factor, 1.0 / 5.0);
        QCOMPARE(data.info.featureNames, (std::vector<std::string>{"a", "b"}));
    }

    void columnsAreScaledToUnitAndTargetsKept() {
        const QTemporaryDir folder;
        DataSpec spec = csv(write(folder, "f.csv", "2,5,10.5\n4,5,20.5\n3,5,15.5\n6,5,1.5\n"));
        spec.normalize = Normalize::unit;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(data.train.inputs, (std::vector<float>{0, 0, 1, 0, 0.5, 0}));
        QCOMPARE(data.validation.inputs, (std::vector<float>{2, 0}));
        QCOMPARE(data.train.targets, (std::vector<float>{10.5, 20.5, 15.5}));
        spec.normalize = Normalize::none;
        QCOMPARE(loadDataset(spec, 0).validation.inputs, (std::vector<float>{6, 5}));
    }

    void largeMeansDoNotSpoilTheDeviation() {
        const QTemporaryDir folder;
        std::string text;
        for (int i = 0; i < 40; ++i)
            text += std::to_string(1'700'000'000 + i % 2) + "," + std::to_string(i) + ".5\n";
        const Dataset data = loadDataset(csv(write(folder, "f.csv", QByteArray::fromStdString(text))), 0);
        QCOMPARE(data.train.inputs[0], -1.0F);
        QCOMPARE(data.train.inputs[1], 1.0F);
    }

    void packedCsvIsRead() {
        const QTemporaryDir folder;
        QCOMPARE(
            loadDataset(csv(write(folder, "f.csv.gz", gzip("1,cat\n2,dog\n3,cat\n4,dog\n"))), 0).train.labels,
            (std::vector<std::int64_t>{0, 1, 0}));
    }

    void missingCsvIsRefusedWithItsName() {
        EXPECT_ERROR(data, loadDataset(csv("/nonexistent/f.csv"), 0), "/nonexistent/f.csv", "no such file");
        EXPECT_ERROR(data, loadDataset(csv(""), 0), "data.path");
    }

    void valuesThatCannotBeNormalizedAreRefusedWithTheirColumn_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("normalize");
        QTest::addColumn<QByteArray>("where");
        QTest::addColumn<QByteArray>("what");
        const int unit = static_cast<int>(Normalize::unit);
        const int standardize = static_cast<int>(Normalize::standardize);
        const int none = static_cast<int>(Normalize::none);
        const QByteArray close = "a,b,y\n0,1,1.5\n1e-310,2,2.5\n0,1,3.5\n0,2,4.5\n";
        QTest::newRow("close, unit") << close << unit << QByteArray("column \"a\"")
                                     << QByteArray("from 0 to 1e-310, lie too close together");
        QTest::newRow("close, standardize")
            << close << standardize << QByteArray("column \"a\"") << QByteArray("too close together");
        const QByteArray far = "1,-1e308,1.5\n1,1e308,2.5\n2,1,3.5\n1,1,4.5\n";
        QTest::newRow("far, unit") << far << unit << QByteArray("column 1")
                                   << QByteArray("from -1e+308 to 1e+308, lie too far apart");
        QTest::newRow("far, standardize")
            << far << standardize << QByteArray("column 1") << QByteArray("too far apart");
        QTest::newRow("large, none") << QByteArray("1,5,1.5\n1,1e39,2.5\n2,1,3.5\n1,1,4.5\n") << none
                                     << QByteArray("column 1") << QByteArray("the value 1e+39 is too large");
        QTest::newRow("large target, none")
            << QByteArray("a,y\n1,1.5\n1,-1e39\n2,3.5\n1,4.5\n") << none << QByteArray("the target \"y\"")
            << QByteArray("the value -1e+39 is too large");
        QTest::newRow("close targets, standardize")
            << QByteArray("a,y\n1,0.5e-310\n2,0.6e-310\n2,0.7e-310\n1,4.5\n") << standardize
            << QByteArray("the target \"y\"") << QByteArray("too close together");
        QTest::newRow("outside the training part")
            << QByteArray("a,y\n1e-20,1.5\n2e-20,2.5\n3e-20,3.5\n1e20,4.5\n") << unit
            << QByteArray("column \"a\"") << QByteArray("the value 1e+20, normalized by the training part");
    }
    void valuesThatCannotBeNormalizedAreRefusedWithTheirColumn() {
        QFETCH(QByteArray, text);
        QFETCH(int, normalize);
        QFETCH(QByteArray, where);
        QFETCH(QByteArray, what);
        const QTemporaryDir folder;
        DataSpec spec = csv(write(folder, "f.csv", text));
        spec.normalize = static_cast<Normalize>(normalize);
        EXPECT_ERROR(data, loadDataset(spec, 0), "f.csv, ", where.constData(), what.constData());
    }

    void columnBehindTheTargetKeepsItsOwnNumber() {
        const QTemporaryDir folder;
        DataSpec spec = csv(write(folder, "f.csv", "1.5,1\n2.5,1e39\n3.5,1\n4.5,1\n"));
        spec.target = "0";
        spec.normalize = Normalize::none;
        EXPECT_ERROR(data, loadDataset(spec, 0), "f.csv, column 1: ");
    }

    void placesThatCannotBeLookedAtAreNotCalledMissing() {
        const QTemporaryDir folder;
        // A link to itself cannot be followed, whoever asks.
        const auto loop = [&](const char* name) {
            const std::string path = folder.filePath(name).toStdString();
            std::filesystem::create_symlink(name, path);
            return path;
        };
        EXPECT_ERROR(data, loadDataset(csv(loop("f.csv")), 0), "f.csv: cannot be opened: Too many levels");
        DataSpec spec = images(folder);
        spec.path = loop("folder");
        EXPECT_ERROR(data, loadDataset(spec, 0), "folder: cannot be opened: Too many levels");
        spec.source = DataSource::fashionMnist;
        EXPECT_ERROR(data, loadDataset(spec, 0), "folder: cannot be opened: Too many levels");
        loop("train-images-idx3-ubyte");
        EXPECT_ERROR(data, loadDataset(images(folder), 0), "train-images-idx3-ubyte: cannot be opened");
    }

    void labelsThatBelongToNoImagesAreNotRead() {
        const QTemporaryDir folder;
        write(folder, "train-images-idx3-ubyte", idx({4, 1, 1}, {9, 8, 7, 6}));
        // 64 MiB of labels in 64 KiB, cut short: read to the end they would be called that.
        QByteArray labels = gzip(idx({64U << 20}, std::vector<std::uint8_t>(64U << 20)));
        labels.chop(8);
        write(folder, "train-labels-idx1-ubyte.gz", labels);
        EXPECT_ERROR(data, probeDataset(images(folder)), "4 images", "67108864 labels");
    }

    void constantTrainingTargetIsRefused() {
        const QTemporaryDir folder;
        const std::string path = write(folder, "f.csv", "1,2.5\n2,2.5\n3,2.5\n4,7.5\n");
        EXPECT_ERROR(data, loadDataset(csv(path), 0), "f.csv", "3 training targets");
    }

    void syntheticRegressionHidesItsWeights_data() {
        QTest::addColumn<int>("normalize");
        QTest::newRow("unit") << static_cast<int>(Normalize::unit);
        QTest::newRow("standardize") << static_cast<int>(Normalize::standardize);
        QTest::newRow("none") << static_cast<int>(Normalize::none);
    }
    void syntheticRegressionHidesItsWeights() {
        QFETCH(int, normalize);
        DataSpec spec = synthetic(DataSource::syntheticRegression);
        spec.normalize = static_cast<Normalize>(normalize);
        spec.noise = 0.0;
        const Dataset data = loadDataset(spec, 3);
        QCOMPARE(data.trueWeights.size(), std::size_t{11});
        for (const Examples* part : {&data.train, &data.validation, &data.test})
            for (std::size_t i = 0; i < part->targets.size(); ++i) {
                double target = data.trueWeights.back();
                for (std::size_t j = 0; j < 10; ++j)
                    target += data.trueWeights[j] * static_cast<double>(part->inputs[10 * i + j]);
                QVERIFY(std::abs(target - static_cast<double>(part->targets[i])) < 1e-5);
            }
        QVERIFY(std::abs(data.trueWeights[0]) > 50 * std::abs(data.trueWeights[9]));
    }

    void syntheticNoiseHasItsSize() {
        DataSpec spec = synthetic(DataSource::syntheticRegression);
        spec.examples = 20'000;
        spec.normalize = Normalize::none;
        spec.noise = 0.5;
        const Dataset data = loadDataset(spec, 3);
        double squares = 0.0;
        for (std::size_t i = 0; i < data.train.targets.size(); ++i) {
            double off = static_cast<double>(data.train.targets[i]) - data.trueWeights.back();
            for (std::size_t j = 0; j < 10; ++j)
                off -= data.trueWeights[j] * static_cast<double>(data.train.inputs[10 * i + j]);
            squares += off * off;
        }
        const double deviation = std::sqrt(squares / static_cast<double>(data.train.count));
        QVERIFY2(std::abs(deviation - 0.5) < 0.015, qPrintable(QString::number(deviation)));
        for (std::size_t j = 0; j < 10; ++j) {
            QVERIFY(std::abs(column(data.train, 10, j, 1)) < 0.04);
            QVERIFY(std::abs(column(data.train, 10, j, 2) - 1.0) < 0.06);
            QVERIFY(std::abs(column(data.train, 10, j, 4) - 3.0) < 0.4);
        }
    }

    void syntheticClassesLieAroundUnitMeans() {
        DataSpec spec = synthetic(DataSource::syntheticClassification);
        spec.examples = 30'000;
        spec.normalize = Normalize::none;
        spec.noise = 0.3;
        const Dataset data = loadDataset(spec, 3);
        QCOMPARE(data.info.outputs, 3);
        for (std::int64_t c = 0; c < 3; ++c) {
            std::vector<double> mean(10, 0.0);
            double members = 0.0, squares = 0.0;
            for (std::size_t i = 0; i < data.train.labels.size(); ++i) {
                if (data.train.labels[i] != c) continue;
                members += 1.0;
                for (std::size_t j = 0; j < 10; ++j) {
                    const auto x = static_cast<double>(data.train.inputs[10 * i + j]);
                    mean[j] += x;
                    squares += x * x;
                }
            }
            double length = 0.0;
            for (const double sum : mean) length += (sum / members) * (sum / members);
            QVERIFY(std::abs(std::sqrt(length) - 1.0) < 0.03);
            QVERIFY(std::abs((squares / members - length) / 10.0 - 0.09) < 0.005);
        }
    }

    void syntheticDataFollowTheirSeed() {
        for (const DataSource source :
             {DataSource::syntheticRegression, DataSource::syntheticClassification}) {
            const DataSpec spec = synthetic(source);
            QVERIFY(loadDataset(spec, 1).train.inputs == loadDataset(spec, 1).train.inputs);
            QVERIFY(loadDataset(spec, 1).train.inputs != loadDataset(spec, 2).train.inputs);
        }
    }

    void impossibleSyntheticDataAreRefused() {
        DataSpec spec = synthetic(DataSource::syntheticClassification);
        spec.classes = 1;
        EXPECT_ERROR(data, loadDataset(spec, 0), "1 classes");
        EXPECT_ERROR(data, probeDataset(spec), "1 classes");
        spec.classes = 3;
        spec.features = 0;
        EXPECT_ERROR(data, loadDataset(spec, 0), "features");
        spec.features = 10;
        spec.noise = -1;
        EXPECT_ERROR(data, loadDataset(spec, 0), "noise");
        spec.noise = 1;
        spec.examples = std::int64_t{1} << 50;
        EXPECT_ERROR(device, loadDataset(spec, 0), "GiB", "memory", "Lower data.examples or data.features.");
    }

    void probeSaysWhatLoadingYields() {
        const QTemporaryDir folder, withTest, packed;
        writePart(folder, "train", count_, 0);
        writePart(withTest, "train", count_, 0);
        writePart(withTest, "t10k", 8, 100);
        writePart(packed, "train", count_, 0, true);
        for (const QTemporaryDir* images_ : {&folder, &withTest, &packed})
            for (const SplitKind split : {SplitKind::tail, SplitKind::random})
                for (const std::int64_t limit : {0, 17}) {
                    DataSpec spec = images(*images_);
                    spec.split = split;
                    spec.limit = limit;
                    spec.test = 0.13;
                    compareWithProbe(spec);
                }
        DataSpec spec = csv(write(folder, "f.csv", "a,b,y\n1,5,cat\n3,5,dog\n1,5,cat\n3,5,cow\n5,6,cat\n"));
        compareWithProbe(spec);
        spec.target = "a";
        spec.path = write(folder, "g.csv", "a,b\n1.5,5\n3,5\n1,6\n3,5\n5,6\n");
        compareWithProbe(spec);
        compareWithProbe(synthetic(DataSource::syntheticRegression));
        compareWithProbe(synthetic(DataSource::syntheticClassification));
    }

    void cancellingEndsTheLoading() {
        const QTemporaryDir folder;
        writePart(folder, "train", count_, 0);
        DataSpec table = csv(write(folder, "f.csv", "1,cat\n2,dog\n3,cat\n4,dog\n"));
        for (const DataSpec& spec : {images(folder), table, synthetic(DataSource::syntheticRegression)})
            EXPECT_ERROR(interrupted, loadDataset(spec, 0, [](auto, double) { return false; }), "cancelled");
    }
};

DSTN_TEST(TestDataset)
#include "tst_dataset.moc"
