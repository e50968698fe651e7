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
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "has no array x", "features, price", "data.inputs");
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
        QTest::addColumn<Shape>("expected");
        QTest::addColumn<bool>("channelsLast");
        QTest::newRow("channels first") << QByteArray("(4, 3, 5, 2)") << Shape{3, 5, 2} << false;
        QTest::newRow("channels last") << QByteArray("(4, 5, 2, 3)") << Shape{3, 5, 2} << false;
        QTest::newRow("channels last, larger") << QByteArray("(4, 5, 6, 1)") << Shape{1, 5, 6} << false;
        QTest::newRow("channels last, three") << QByteArray("(4, 6, 5, 3)") << Shape{3, 6, 5} << true;
        QTest::newRow("neither") << QByteArray("(4, 6, 5, 7)") << Shape{6, 5, 7} << false;
        QTest::newRow("no channels") << QByteArray("(4, 6, 5)") << Shape{1, 6, 5} << false;
    }
    void layoutOfImagesIsFound() {
        QFETCH(QByteArray, shape);
        QFETCH(Shape, expected);
        QFETCH(bool, channelsLast);
        const QTemporaryDir folder;
        const auto size = static_cast<int>(expected[0] * expected[1] * expected[2]);
        write(folder, "x.npy", npy("|u1", shape.constData(), bytes(4 * size)));
        write(folder, "y.npy", fourLabels());
        const Dataset data = loadDataset(spec(folder), 0);
        QCOMPARE(data.info.input, expected);
        // The second channel's first pixel.
        if (channelsLast) QCOMPARE(inputs(data)[static_cast<std::size_t>(expected[1] * expected[2])], 1.0F);
    }

    void imagesOfNumbersAreNormalisedByTheirWhite() {
        const QTemporaryDir folder;
        write(folder, "y.npy", fourLabels());
        DataSpec unit = spec(folder);
        unit.normalize = Normalize::unit;
        for (const float white : {1.0F, 255.0F}) {
            write(folder, "x.npy",
                  npy("<f4", "(4, 1, 1, 5)",
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
        QVERIFY(probeDataset(stated).task == TaskKind::regression);
        stated.task = TaskKind::classification;
        QCOMPARE(loadDataset(stated, 0).train.labels, (Labels{0, 1, 1}));
        write(folder, "y.npy", fourLabels());
        stated.task = TaskKind::regression;
        QCOMPARE(loadDataset(stated, 0).train.targets, (Floats{0, 1, 2}));
        stated.task = TaskKind::classification;
        write(folder, "y.npy", npy("<f4", "(4,)", raw<float>({0, 1, 0.5, 0})));
        EXPECT_ERROR(data, loadDataset(stated, 0), "y.npy: the target of example 2 is not a label");
    }

    void classesThatALimitCutsOffAreWarnedOf() {
        const QTemporaryDir folder;
        write(folder, "y.npy", npy("|u1", "(6,)", raw<std::uint8_t>({0, 0, 1, 1, 2, 2})));
        DataSpec limited = spec(folder);
        limited.limit = 4;
        // As features, and as images.
        for (const char* shape : {"(6, 4)", "(6, 2, 2)"}) {
            write(folder, "x.npy", npy("|u1", shape, bytes(24)));
            const auto warnings = loadDataset(limited, 0).info.warnings;
            QCOMPARE(warnings.size(), std::size_t{1});
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
        refuse(npy("<i4", "(4,)", raw<std::int32_t>({0, -1, 2, 0})), "example 1 is not a label");
        refuse(npy("<i4", "(4,)", raw<std::int32_t>({0, 1, 2000000000, 0})), "example 2 is not a label");
        refuse(npy("<i4", "(4,)", raw<std::int32_t>({3, 3, 3, 3})), "every label is 3");
        refuse(npy("|u1", "(4, 3)", bytes(12)), "argmax(1)");
        refuse(npy("|u1", "(4, 1, 1)", bytes(4)), "has the shape 4 × 1 × 1");
        refuse(npy("<f4", "(4,)", raw<float>({1, 2, std::numeric_limits<float>::quiet_NaN(), 4})),
               "example 2 is not finite");
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
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "has no array y_test");
        write(folder, "y_test.npy", npy("|u1", "(1,)", "\3"));
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "x_test.npy: its examples differ in shape");
        write(folder, "x_test.npy", npy("<f4", "(1, 1)", raw<float>({1})));
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "y_test.npy: label 0 is 3", "end at 2");
    }

    void placesWithoutArraysAreRefused() {
        const QTemporaryDir folder;
        EXPECT_ERROR(data, loadDataset(spec(""), 0), "data.path");
        EXPECT_ERROR(data, loadDataset(spec("/nonexistent/f.npz"), 0), "/nonexistent/f.npz", "no such file");
        EXPECT_ERROR(data, loadDataset(spec(folder), 0), "has no array x; it has: none");
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
