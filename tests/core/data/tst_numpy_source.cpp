#include "core/data/dataset.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/inputs.h"
#include "tests/core/data/numpy_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <filesystem>

using namespace dstn;
using namespace numpyfiles;
using idxfiles::gzip;
using idxfiles::write;
using Floats = std::vector<float>;
using Labels = std::vector<std::int64_t>;

class TestNumpySource : public QObject {
    Q_OBJECT

    static DataSpec spec(const std::string& path) {
        DataSpec spec;
        spec.source = DataSource::numpy;
        spec.path = path;
        spec.validation = 0.25;
        spec.split = SplitKind::tail;
        spec.normalize = Normalize::none;
        return spec;
    }
    static DataSpec spec(const QTemporaryDir& folder) { return spec(folder.path().toStdString()); }
    static Floats inputs(const Dataset& data) { return inputsOf(data, data.train); }
    static QByteArray bytes(int count) {
        QByteArray result;
        for (int i = 0; i < count; ++i) result.append(static_cast<char>(i));
        return result;
    }
    static const QByteArray& fourLabels() {
        static const QByteArray labels = npy("<i8", "(4,)", raw<std::int64_t>({0, 1, 2, 1}));
        return labels;
    }

  private slots:
    void folderOfFeaturesAndLabelsIsRead() {
        const QTemporaryDir folder;
        write(folder, "x.npy", npy("<f4", "(4, 2)", raw<float>({1, 2, 3, 4, 5, 6, 7, 8})));
        write(folder, "y.npy", fourLabels());
        const Dataset data = loadDataset(spec(folder), 0);
        QCOMPARE(data.info.input, Shape{2});
        QVERIFY(data.info.task == TaskKind::classification);
        QCOMPARE(data.info.outputs, 3);
        QCOMPARE(data.train.inputs, (Floats{1, 2, 3, 4, 5, 6}));
        QCOMPARE(data.train.labels, (Labels{0, 1, 2}));
        QCOMPARE(data.validation.labels, Labels{1});
    }

    void targetsOfOwnPartsHaveTheSameForm() {
        const QTemporaryDir folder;
        write(folder, "x_train.npy", npy("<f4", "(4, 2)", raw<float>({1, 2, 3, 4, 5, 6, 7, 8})));
        write(folder, "y_train.npy", fourLabels());
        write(folder, "x_val.npy", npy("<f4", "(1, 2)", raw<float>({1, 2})));
        for (const char* shape : {"()", "(1, 1, 1)"}) {
            write(folder, "y_val.npy", npy("<i8", shape, raw<std::int64_t>({1})));
            EXPECT_ERROR(data, loadDataset(spec(folder), 0), "y_val.npy", "one or two dimensions");
        }
    }

    /// Images of unknown black and white: the held-out one has the largest number.
    void unitIsThatOfTheTrainingPart() {
        const QTemporaryDir folder;
        std::vector<float> numbers(16, -3.0F);
        numbers[0] = 5.0F;
        numbers[15] = 100.0F;
        write(folder, "x.npy", npy("<f4", "(4, 2, 2)", raw<float>(numbers)));
        write(folder, "y.npy", fourLabels());
        DataSpec unit = spec(folder);
        unit.normalize = Normalize::unit;
        const Dataset data = loadDataset(unit, 0);
        QCOMPARE(data.train.inputs[0], 1.0F);
        QCOMPARE(data.train.inputs[1], 0.0F);
    }

    void archiveWithTestPartIsRead() {
        const QTemporaryDir folder;
        for (const bool pack : {false, true}) {
            const std::string path =
                write(folder, "f.npz",
                      zip({{"x_train.npy", npy("|u1", "(4, 2, 3)", bytes(24))},
                           {"y_train.npy", fourLabels()},
                           {"x_test.npy", npy("|u1", "(1, 2, 3)", QByteArray(6, '\x63'))},
                           {"y_test.npy", npy("|u1", "(1, 1)", "\2")}},
                          pack, true));
            const Dataset data = loadDataset(spec(path), 0);
            QCOMPARE(data.info.input, (Shape{1, 2, 3}));
            QCOMPARE(data.info.inputBytes, 1);
            QCOMPARE(data.info.test, 1);
            QCOMPARE(data.test.labels, Labels{2});
            QCOMPARE(inputsOf(data, data.test), Floats(6, 99));
            QCOMPARE(inputs(data)[17], 17.0F);
            const DataInfo probed = probeDataset(spec(path));
            QCOMPARE(probed.input, data.info.input);
            QCOMPARE(probed.outputs, data.info.outputs);
            QCOMPARE(probed.train, data.info.train);
            QCOMPARE(probed.test, data.info.test);
            QCOMPARE(probed.inputBytes, data.info.inputBytes);
        }
    }

    void arraysAreChosenByName() {
        const QTemporaryDir folder;
        write(folder, "features.npy", npy("<f8", "(4,)", raw<double>({1, 2, 3, 4})));
        write(folder, "price.npy", gzip(npy("<f8", "(4,)", raw<double>({1.5, 2.5, 3.5, 4.5}))));
        DataSpec chosen = spec(folder);
        chosen.inputs = "features";
        chosen.target = "price";
        const Dataset data = loadDataset(chosen, 0);
        QVERIFY(data.info.task == TaskKind::regression);
        QCOMPARE(data.info.input, Shape{1});
        QCOMPARE(data.train.targets, (Floats{1.5, 2.5, 3.5}));
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "has no array y", "features, price", "data.inputs");
        chosen.target = "absent";
        EXPECT_ERROR(data, probeDataset(chosen), "has no array absent");
    }

    void targetsOfManyColumnsAreARegression() {
        const QTemporaryDir folder;
        write(folder, "X.npy", npy("<f4", "(4, 1)", raw<float>({1, 2, 3, 4})));
        write(folder, "y.npy", npy("<f4", "(4, 2)", raw<float>({1, 10, 2, 30, 3, 50, 9, 9})));
        DataSpec two = spec(folder);
        two.normalize = Normalize::standardize;
        const Dataset data = loadDataset(two, 0);
        QCOMPARE(data.info.outputs, 2);
        QCOMPARE(data.targets.size(), std::size_t{2});
        QCOMPARE(data.targets[0].shift, 2.0);
        QCOMPARE(data.targets[1].shift, 30.0);
        QCOMPARE(data.train.targets[2], 0.0F);
        QCOMPARE(data.train.targets[1], -data.train.targets[5]);
        QCOMPARE(data.validation.targets.size(), std::size_t{2});
    }

    void layoutOfImagesIsFound_data() {
        QTest::addColumn<QByteArray>("shape");
        QTest::addColumn<int>("layout");
        QTest::addColumn<Shape>("expected"); // empty: refused
        QTest::addColumn<bool>("channelsLast");
        const auto row = [](const char* name, const char* shape, ChannelOrder layout, const Shape& expected,
                            bool last) {
            QTest::newRow(name) << QByteArray(shape) << static_cast<int>(layout) << expected << last;
        };
        const auto automatic = ChannelOrder::automatic;
        row("channels first", "(4, 3, 5, 6)", automatic, {3, 5, 6}, false);
        row("channels last", "(4, 6, 5, 3)", automatic, {3, 6, 5}, true);
        row("one channel last", "(4, 5, 6, 1)", automatic, {1, 5, 6}, true);
        row("no channels", "(4, 6, 5)", automatic, {1, 6, 5}, false);
        row("many bands", "(4, 7, 7, 9)", automatic, {}, false);
        row("many bands of small patches", "(4, 9, 3, 3)", automatic, {}, false);
        row("small patches of many bands", "(4, 3, 3, 9)", automatic, {}, false);
        row("both few", "(4, 3, 5, 2)", automatic, {}, false);
        row("many bands, last", "(4, 7, 7, 9)", ChannelOrder::last, {9, 7, 7}, true);
        row("many bands, first", "(4, 7, 7, 9)", ChannelOrder::first, {7, 7, 9}, false);
    }
    void layoutOfImagesIsFound() {
        QFETCH(QByteArray, shape);
        QFETCH(int, layout);
        QFETCH(Shape, expected);
        QFETCH(bool, channelsLast);
        const QTemporaryDir folder;
        int size = 1;
        for (const QByteArray& extent : shape.mid(1, shape.size() - 2).split(',')) size *= extent.toInt();
        write(folder, "x.npy", npy("|u1", shape.constData(), bytes(size)));
        write(folder, "y.npy", fourLabels());
        DataSpec ordered = spec(folder);
        ordered.layout = static_cast<ChannelOrder>(layout);
        if (expected.empty()) {
            EXPECT_ERROR(data, loadDataset(ordered, 0), "x.npy: its shape", "data.layout", "NHWC", "NCHW");
            EXPECT_ERROR(data, probeDataset(ordered), "data.layout");
            return;
        }
        const Dataset data = loadDataset(ordered, 0);
        QCOMPARE(data.info.input, expected);
        QCOMPARE(probeDataset(ordered).input, expected);
        // The second channel's first pixel.
        if (channelsLast && expected[0] > 1)
            QCOMPARE(inputs(data)[static_cast<std::size_t>(expected[1] * expected[2])], 1.0F);
    }

    void imagesOfNumbersAreNormalisedByTheirWhite() {
        const QTemporaryDir folder;
        write(folder, "y.npy", fourLabels());
        DataSpec unit = spec(folder);
        unit.normalize = Normalize::unit;
        for (const float white : {1.0F, 255.0F}) {
            write(folder, "x.npy",
                  npy("<f4", "(4, 1, 5)",
                      raw<float>({0, white, 0, 0, white / 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
            const Dataset data = loadDataset(unit, 0);
            QCOMPARE(data.info.inputBytes, 4);
            QCOMPARE(data.train.inputs[1], 1.0F);
            QCOMPARE(data.train.inputs[4], 0.25F);
            // Byte 255 is white in either case.
            QCOMPARE(data.channels.size(), std::size_t{1});
            QVERIFY(std::abs((255.0 - data.channels[0].shift) * data.channels[0].factor - 1.0) < 1e-12);
        }
        unit.normalize = Normalize::standardize;
        const Dataset data = loadDataset(unit, 0);
        double sum = 0.0;
        for (const float value : data.train.inputs) sum += static_cast<double>(value);
        QVERIFY(std::abs(sum) < 1e-4);
    }

    void taskCanBeStated() {
        const QTemporaryDir folder;
        write(folder, "x.npy", npy("<f4", "(4, 1)", raw<float>({1, 2, 3, 4})));
        write(folder, "y.npy", npy("<f4", "(4,)", raw<float>({0, 1, 1, 0})));
        DataSpec stated = spec(folder);
        for (const auto& read :
             {+[](const DataSpec& s) { loadDataset(s, 0); }, +[](const DataSpec& s) { probeDataset(s); }})
            EXPECT_ERROR(data, read(stated), "y.npy: holds floating-point numbers that are all whole",
                         "data.task");
        stated.task = TaskKind::regression;
        QCOMPARE(loadDataset(stated, 0).train.targets, (Floats{0, 1, 1}));
        stated.task = TaskKind::classification;
        QCOMPARE(loadDataset(stated, 0).train.labels, (Labels{0, 1, 1}));
        write(folder, "y.npy", fourLabels());
        stated.task = TaskKind::regression;
        QCOMPARE(loadDataset(stated, 0).train.targets, (Floats{0, 1, 2}));
        stated.task = TaskKind::classification;
        write(folder, "y.npy", npy("<f4", "(4,)", raw<float>({0, 1, 0.5, 0})));
        EXPECT_ERROR(data, loadDataset(stated, 0), "y.npy: the target of example 2 is not a label");
    }

    void labelsOfAnyKindAreClasses_data() {
        QTest::addColumn<QByteArray>("labels");
        QTest::addColumn<QStringList>("names");
        QTest::newRow("from 1") << npy("<i8", "(4,)", raw<std::int64_t>({2, 1, 3, 1}))
                                << QStringList{"1", "2", "3"};
        QTest::newRow("0 and 255") << npy("|u1", "(4,)", raw<std::uint8_t>({255, 0, 255, 0}))
                                   << QStringList{"0", "255"};
        QTest::newRow("negative") << npy("<i2", "(4,)", raw<std::int16_t>({1, -1, 1, -1}))
                                  << QStringList{"-1", "1"};
        QTest::newRow("large") << npy("<i8", "(4,)",
                                      raw<std::int64_t>({9007199254740993, 9007199254740992, 9007199254740993,
                                                         9007199254740992}))
                               << QStringList{"9007199254740992", "9007199254740993"};
        QTest::newRow("from 0") << npy("|b1", "(4,)", QByteArray("\0\1\1\0", 4)) << QStringList{};
        QTest::newRow("bytes") << npy("|S3", "(4,)", QByteArray("dogcatdogow\0", 12))
                               << QStringList{"cat", "dog", "ow"};
        QTest::newRow("characters, big-endian")
            << npy(">U2", "(4,)",
                   QByteArray("\0\0\0b\0\0\0\0"
                              "\0\0\0a\0\0\0c"
                              "\0\0\0b\0\0\0\0"
                              "\0\1\xF6\0\0\0\0\0",
                              32))
            << QStringList{"ac", "b", QString::fromUtf8("\xF0\x9F\x98\x80")};
        QTest::newRow("one-hot") << npy("<f4", "(4, 2)", raw<float>({0, 1, 1, 0, 0, 1, 1, 0}))
                                 << QStringList{};
    }
    void labelsOfAnyKindAreClasses() {
        QFETCH(QByteArray, labels);
        QFETCH(QStringList, names);
        const QTemporaryDir folder;
        write(folder, "x.npy", npy("<f4", "(4, 1)", raw<float>({1, 2, 3, 4})));
        write(folder, "y.npy", labels);
        DataSpec random = spec(folder);
        random.split = SplitKind::random;
        const Dataset data = loadDataset(random, 0);
        QVERIFY(data.info.task == TaskKind::classification);
        QStringList found;
        for (const std::string& name : data.info.classNames) found << QString::fromStdString(name);
        QCOMPARE(found, names);
        QCOMPARE(data.info.outputs, names.isEmpty() ? 2 : names.size());
        const DataInfo probed = probeDataset(random, 0);
        QCOMPARE(probed.classNames, data.info.classNames);
        QCOMPARE(probed.decisions, data.info.decisions);
        QCOMPARE(probed.warnings, data.info.warnings);
        QCOMPARE(probed.trainOfClass, data.info.trainOfClass);
        QCOMPARE(data.train.labels.size() + data.validation.labels.size(), std::size_t{4});
    }

    void quantitiesAreNotTakenForClasses() {
        const QTemporaryDir folder;
        std::vector<std::int32_t> prices;
        std::vector<float> inputs, real;
        for (int i = 0; i < 40; ++i) {
            prices.push_back(1000 + 7 * i);
            inputs.push_back(static_cast<float>(i));
            real.push_back(static_cast<float>(1000 + 7 * i));
        }
        write(folder, "x.npy", npy("<f4", "(40,)", raw(inputs)));
        write(folder, "y.npy", npy("<i4", "(40,)", raw(prices)));
        EXPECT_ERROR(data, probeDataset(spec(folder)), "40 different whole numbers for 40 examples",
                     "data.task");
        write(folder, "y.npy", npy("<f4", "(40,)", raw(real)));
        const DataInfo info = probeDataset(spec(folder));
        QVERIFY(info.task == TaskKind::regression);
        QVERIFY(info.decisions.at(0).find("are quantities") != std::string::npos);
    }

    void partsGoByTheirNames_data() {
        QTest::addColumn<QStringList>("names"); // inputs and targets: for training, validation, testing
        QTest::newRow("Keras") << QStringList{"x_train", "y_train", "x_val", "y_val", "x_test", "y_test"};
        QTest::newRow("upper case") << QStringList{"X_train", "Y_train", "X_valid",
                                                   "Y_valid", "X_test",  "Y_test"};
        QTest::newRow("MedMNIST") << QStringList{"train_images", "train_labels", "val_images",
                                                 "val_labels",   "test_images",  "test_labels"};
        QTest::newRow("one word") << QStringList{"xtrain", "ytrain", "xdev", "ydev", "xtest", "ytest"};
        QTest::newRow("humps") << QStringList{"trainX",      "trainY", "validationX",
                                              "validationY", "testX",  "testY"};
        QTest::newRow("plain training") << QStringList{"x", "y", "x_val", "y_val", "x_test", "y_test"};
    }
    void partsGoByTheirNames() {
        QFETCH(QStringList, names);
        const QTemporaryDir folder;
        const auto add = [&](int i, int count, std::uint8_t first) {
            std::vector<std::uint8_t> inputs, targets;
            for (int k = 0; k < count; ++k) {
                inputs.push_back(static_cast<std::uint8_t>(first + k));
                targets.push_back(static_cast<std::uint8_t>(k % 2));
            }
            const QByteArray shape = "(" + QByteArray::number(count) + ",)";
            write(folder, (names[i] + ".npy").toLatin1(), npy("|u1", shape.constData(), raw(inputs)));
            write(folder, (names[i + 1] + ".npy").toLatin1(), npy("|u1", shape.constData(), raw(targets)));
        };
        add(0, 6, 0);
        add(2, 4, 100);
        add(4, 2, 200);
        DataSpec automatic = spec(folder);
        automatic.split = SplitKind::automatic;
        const Dataset data = loadDataset(automatic, 0);
        QCOMPARE(data.train.inputs, (Floats{0, 1, 2, 3, 4, 5}));
        QCOMPARE(data.validation.inputs, (Floats{100, 101, 102, 103}));
        QCOMPARE(data.test.inputs, (Floats{200, 201}));
        QVERIFY(data.info.warnings.empty());
        // Another array is named, whatever it holds; two of one meaning are a question.
        write(folder, "ids.npy", npy("|u1", "(1,)", "1"));
        QVERIFY(loadDataset(automatic, 0).info.warnings.at(0).ends_with("1 array is left unused: ids."));
        write(folder, "validation_inputs.npy", npy("|u1", "(1,)", "1"));
        EXPECT_ERROR(data, probeDataset(automatic), "may both be meant", "validation_inputs");
        automatic.validationInputs = names[2].toStdString();
        automatic.validationTarget = names[3].toStdString();
    }

    void partsCanBeNamed() {
        const QTemporaryDir folder;
        for (const char* name : {"a", "b", "c"}) {
            write(folder, QByteArray(name) + ".npy", npy("<f4", "(4,)", raw<float>({1, 2, 3, 4})));
            write(folder, QByteArray(name) + "_of.npy", fourLabels());
        }
        DataSpec named = spec(folder);
        named.split = SplitKind::given;
        named.inputs = "a";
        named.target = "a_of";
        EXPECT_ERROR(data, probeDataset(named), "has no validation part of its own", "x_val");
        named.validationInputs = "b";
        EXPECT_ERROR(data, probeDataset(named), "data.validation_target");
        named.validationTarget = "b_of";
        named.testInputs = "c";
        named.testTarget = "c_of";
        const DataInfo info = loadDataset(named, 0).info;
        QCOMPARE(info.train, 4);
        QCOMPARE(info.validation, 4);
        QCOMPARE(info.test, 4);
    }

    void numbersOfImagesAreJudgedByWhatTheyHold_data() {
        QTest::addColumn<QByteArray>("images"); // [4, 1, 2]
        QTest::addColumn<double>("black");
        QTest::addColumn<double>("white"); // as black: neither is known
        const auto reals = [](std::vector<float> values) { return npy("<f4", "(4, 1, 2)", raw(values)); };
        QTest::newRow("unit") << reals({0, 1, 0.5F, 0.2F, 0, 0.1F, 0.9F, 0}) << 0.0 << 1.0;
        QTest::newRow("bytes as reals") << reals({0, 200, 3, 255, 7, 20, 30, 1}) << 0.0 << 255.0;
        QTest::newRow("plus minus one") << reals({-1, 1, 0.5F, -0.2F, 0, 0.1F, 0.9F, 0}) << -1.0 << 1.0;
        QTest::newRow("standardised") << reals({-2.5F, 1, 0.5F, -0.2F, 0, 0.1F, 3.1F, 0}) << 0.0 << 0.0;
        QTest::newRow("overshoot") << reals({-0.02F, 1.03F, 0.5F, 0.2F, 0, 0.1F, 0.9F, 0}) << 0.0 << 0.0;
        QTest::newRow("sixteen shades") << reals({0, 16, 3, 4, 5, 6, 7, 8}) << 0.0 << 0.0;
        QTest::newRow("16 bits") << npy("<u2", "(4, 1, 2)", raw<std::uint16_t>({0, 60000, 3, 4, 5, 6, 7, 8}))
                                 << 0.0 << 65535.0;
        QTest::newRow("whole") << npy("<i8", "(4, 1, 2)", raw<std::int64_t>({0, 220, 3, 4, 5, 6, 7, 8}))
                               << 0.0 << 255.0;
    }
    void numbersOfImagesAreJudgedByWhatTheyHold() {
        QFETCH(QByteArray, images);
        QFETCH(double, black);
        QFETCH(double, white);
        const QTemporaryDir folder;
        write(folder, "x.npy", images);
        write(folder, "y.npy", fourLabels());
        for (const Normalize how : {Normalize::unit, Normalize::standardize, Normalize::none}) {
            DataSpec range = spec(folder);
            range.normalize = how;
            const Dataset data = loadDataset(range, 0);
            const DataInfo probed = probeDataset(range);
            QCOMPARE(data.info.pixels.known, white > black);
            QCOMPARE(probed.pixels.known, data.info.pixels.known);
            QCOMPARE(probed.decisions, data.info.decisions);
            if (white <= black) continue;
            QCOMPARE(data.info.pixels.black, black);
            QCOMPARE(data.info.pixels.white, white);
            // Byte 0 is where black lies, byte 255 where white does.
            DataSpec plain = range;
            plain.normalize = Normalize::none;
            const Dataset raw = loadDataset(plain, 0);
            const Scaling& map = data.channels.at(0);
            const double share = (static_cast<double>(raw.train.inputs[1]) - black) / (white - black);
            QVERIFY(std::abs((255 * share - map.shift) * map.factor -
                             static_cast<double>(data.train.inputs[1])) < 1e-5);
            if (how == Normalize::unit)
                QVERIFY(std::abs(static_cast<double>(data.train.inputs[1]) - share) < 1e-6);
        }
    }

    void darkImagesOf16BitsAreWarnedOf() {
        const QTemporaryDir folder;
        write(folder, "x.npy", npy("<u2", "(4, 1, 2)", raw<std::uint16_t>({0, 255, 3, 4, 5, 6, 7, 8})));
        write(folder, "y.npy", fourLabels());
        QVERIFY(probeDataset(spec(folder)).warnings.at(0).find("the largest value is 255 of 65535") !=
                std::string::npos);
    }

    void partsOfDifferentRangesAreRefused() {
        const QTemporaryDir folder;
        write(folder, "x_train.npy", npy("<f4", "(4, 1, 2)", raw<float>({0, 1, 0, 1, 0, 1, 0, 1})));
        write(folder, "y_train.npy", fourLabels());
        write(folder, "x_test.npy", npy("<f4", "(4, 1, 2)", raw<float>({0, 255, 0, 1, 0, 1, 0, 1})));
        write(folder, "y_test.npy", fourLabels());
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "x_test.npy: its numbers lie from", "same range");
    }

    void classesThatALimitCutsOffAreWarnedOf() {
        const QTemporaryDir folder;
        write(folder, "y.npy", npy("|u1", "(6,)", raw<std::uint8_t>({0, 0, 1, 1, 2, 2})));
        DataSpec limited = spec(folder);
        limited.split = SplitKind::random;
        limited.limit = 4;
        // As features, and as images.
        for (const char* shape : {"(6, 4)", "(6, 2, 2)"}) {
            write(folder, "x.npy", npy("|u1", shape, bytes(24)));
            const auto warnings = loadDataset(limited, 0).info.warnings;
            QVERIFY(!warnings.empty());
            QVERIFY(warnings[0].find(
                        "none of the first 4 examples, which data.limit keeps, belongs to class 2") !=
                    std::string::npos);
        }
    }

    void arraysThatDoNotFitAreRefused() {
        const QTemporaryDir folder;
        write(folder, "x.npy", npy("<f4", "(4, 1)", raw<float>({1, 2, 3, 4})));
        const auto refuse = [&](const QByteArray& targets, const char* what) {
            write(folder, "y.npy", targets);
            EXPECT_ERROR(data, loadDataset(spec(folder), 0), "y.npy", what);
        };
        refuse(npy("<i4", "(3,)", raw<std::int32_t>({0, 1, 2})), "holds 3");
        refuse(npy("<u8", "(4,)", raw<std::uint64_t>({0, 1, 1ULL << 63, 0})), "example 2 is not a label");
        refuse(npy("|S2", "(4,)",
                   "ab\xff\xfe"
                   "abab"),
               "example 1 is not a label");
        refuse(npy("<i4", "(4,)", raw<std::int32_t>({3, 3, 3, 3})), "every label is 3");
        refuse(npy("|u1", "(4, 3)", bytes(12)), "argmax(1)");
        refuse(npy("|u1", "(4, 1, 1)", bytes(4)), "has the shape 4 × 1 × 1");
        refuse(npy("<f4", "(4,)", raw<float>({1, 2, std::numeric_limits<float>::quiet_NaN(), 4})),
               "example 2 is not finite");
        refuse(npy("<f4", "(4, 2)", raw<float>({0, 1, 1, 1, 1, 0, 0, 1})), "no one-hot code");
        refuse(npy("<f4", "(4,)", "cut"), "is truncated");
        write(folder, "y.npy", fourLabels());
        write(folder, "x.npy", npy("<f4", "(4, 1)", raw<float>({1, 2, 3, INFINITY})));
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "x.npy: a value of example 3 is not finite");
        write(folder, "x.npy", npy("<f4", "(4, 0)", ""));
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "x.npy: has the shape 4 × 0");
        write(folder, "x.npy", npy("<f4", "(4, 1, 1, 1, 1)", raw<float>({1, 2, 3, 4})));
        EXPECT_ERROR(data, probeDataset(spec(folder)), "x.npy: has the shape");
    }

    void testPartThatDoesNotFitIsRefused() {
        const QTemporaryDir folder;
        write(folder, "x_train.npy", npy("<f4", "(4, 1)", raw<float>({1, 2, 3, 4})));
        write(folder, "y_train.npy", fourLabels());
        write(folder, "x_test.npy", npy("<f4", "(1, 2)", raw<float>({1, 2})));
        // Without targets it is of no use, and that is said.
        QVERIFY(loadDataset(spec(folder), 0)
                    .info.warnings.at(0)
                    .find("x_test.npy: its 1 examples are left unused, as there are no targets for them") !=
                std::string::npos);
        write(folder, "y_test.npy", npy("|u1", "(1,)", "\3"));
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "x_test.npy: its examples differ in shape");
        write(folder, "x_test.npy", npy("<f4", "(1, 1)", raw<float>({1})));
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "y_test.npy: label 0 is 3", "has this label");
    }

    void placesWithoutArraysAreRefused() {
        const QTemporaryDir folder;
        EXPECT_ERROR(data, loadDataset(spec(""), 0), "data.path");
        EXPECT_ERROR(data, loadDataset(spec("/nonexistent/f.npz"), 0), "/nonexistent/f.npz", "no such file");
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "has no array x", "it has: none");
        EXPECT_ERROR(data, loadDataset(spec(write(folder, "f.npz", "no archive")), 0),
                     "f.npz: is not an .npz archive");
        EXPECT_ERROR(data, loadDataset(spec(write(folder, "e.npz", "")), 0), "e.npz: the file is empty");
        std::filesystem::create_symlink("loop.npz", folder.filePath("loop.npz").toStdString());
        EXPECT_ERROR(data, loadDataset(spec(folder.filePath("loop.npz").toStdString()), 0),
                     "loop.npz: cannot be opened: Too many levels");
        write(folder, "y.npy", fourLabels());
        std::filesystem::create_symlink("x.npy", folder.filePath("x.npy").toStdString());
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "x.npy: cannot be opened: Too many levels");
    }

    void cancellingEndsTheLoading() {
        const QTemporaryDir folder;
        write(folder, "x.npy", npy("<f4", "(4, 1)", raw<float>({1, 2, 3, 4})));
        write(folder, "y.npy", fourLabels());
        EXPECT_ERROR(interrupted, loadDataset(spec(folder), 0, [](auto, double) { return false; }),
                     "cancelled");
    }
};

DSTN_TEST(TestNumpySource)
#include "tst_numpy_source.moc"
