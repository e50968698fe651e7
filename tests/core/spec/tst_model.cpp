#include "core/spec/model.h"
#include "tests/program.h"

#include <QTest>

#include <set>

using namespace dstn;

class tst_model : public QObject {
    Q_OBJECT

  private slots:
    void everyPartHasAName();
    void shapesAreFollowed_data();
    void shapesAreFollowed();
    void parametersAreCounted_data();
    void parametersAreCounted();
    void nothingRespondsWithoutTunedHyperparameters();
    void residualBlocksCountWhatIsInThem();
    void wholeNetworkIsAddedUp();
    void misfitIsToldInWords_data();
    void misfitIsToldInWords();
    void inspectionEndsWithTheFirstMisfit();
    void hugeNumbersDoNotOverflow_data();
    void hugeNumbersDoNotOverflow();
};

Q_DECLARE_METATYPE(Part)
Q_DECLARE_METATYPE(Shape)

void tst_model::everyPartHasAName() {
    QCOMPARE(partTypes().size(), std::variant_size_v<Part>);
    QCOMPARE(std::set<std::string>(partTypes().begin(), partTypes().end()).size(), partTypes().size());
    QCOMPARE(traitsOf(Part(TanhPart{})).id, std::string_view("tanh"));
    QCOMPARE(traitsOf(Part(Conv2dPart{})).network, std::string_view("CNN"));
    const Part lstm = LstmPart{.hidden = 8, .layers = 2};
    QCOMPARE(traitsOf(lstm).widths(lstm), (std::vector<std::int64_t>{8, 8}));
    QCOMPARE(partType(LinearPart{}), std::string("linear"));
    QCOMPARE(partType(Conv2dPart{}), std::string("conv2d"));
    QCOMPARE(partType(FlattenPart{}), std::string("flatten"));
    QCOMPARE(partType(LayerNormPart{}), std::string("layer_norm"));
    QCOMPARE(shapeText({3, 32, 32}), std::string("[3, 32, 32]"));
    QCOMPARE(shapeText({}), std::string("[]"));
}

void tst_model::shapesAreFollowed_data() {
    QTest::addColumn<Part>("part");
    QTest::addColumn<Shape>("input");
    QTest::addColumn<Shape>("output");
    QTest::addColumn<qint64>("multiplications");
    const auto row = [](const char* name, Part part, Shape input, Shape output, qint64 multiplications) {
        QTest::newRow(name) << part << input << output << multiplications;
    };
    row("linear", LinearPart{.out = 5}, {7}, {5}, 35);
    row("conv2d", Conv2dPart{.out = 4, .kernel = 3}, {2, 8, 6}, {4, 6, 4}, 4 * 2 * 9 * 24);
    row("padding", Conv2dPart{.out = 4, .kernel = 5, .padding = 2}, {1, 28, 28}, {4, 28, 28}, 4 * 25 * 784);
    row("stride", Conv2dPart{.out = 1, .kernel = 3, .stride = 2}, {1, 8, 9}, {1, 3, 4}, 9 * 12);
    row("dilation", Conv2dPart{.out = 1, .kernel = 3, .dilation = 3}, {1, 7, 8}, {1, 1, 2}, 9 * 2);
    row("groups", Conv2dPart{.out = 6, .kernel = 1, .groups = 3}, {3, 2, 2}, {6, 2, 2}, 6 * 4);
    row("kernel of the padded input's size", Conv2dPart{.out = 1, .kernel = 4, .padding = 1}, {1, 2, 2},
        {1, 1, 1}, 16);
    row("max_pool2d", MaxPool2dPart{.kernel = 2}, {3, 7, 6}, {3, 3, 3}, 0);
    row("overlapping pool", MaxPool2dPart{.kernel = 3, .stride = 2, .padding = 1}, {3, 7, 6}, {3, 4, 3}, 0);
    row("avg_pool2d", AvgPool2dPart{.kernel = 2}, {3, 4, 4}, {3, 2, 2}, 3 * 4 * 4);
    row("flatten", FlattenPart{}, {3, 4, 5}, {60}, 0);
    row("flatten a vector", FlattenPart{}, {60}, {60}, 0);
    row("relu", ReluPart{}, {3, 4, 5}, {3, 4, 5}, 0);
    row("dropout2d", Dropout2dPart{}, {3, 4, 5}, {3, 4, 5}, 60);
    row("batch_norm", BatchNormPart{}, {9}, {9}, 9);
    row("layer_norm", LayerNormPart{}, {3, 4, 5}, {3, 4, 5}, 60);
    row("global_avg_pool2d", GlobalAvgPool2dPart{}, {3, 4, 5}, {3}, 3);
    // Two convolutions and two batch norms; a shortcut's convolution and batch norm beside them.
    row("residual_block", ResidualBlockPart{.out = 3}, {3, 4, 5}, {3, 4, 5}, 2 * 81 * 20 + 2 * 60);
    row("residual_block with dropout", ResidualBlockPart{.out = 3, .rate = Tunable{0.5}}, {3, 4, 5},
        {3, 4, 5}, 2 * 81 * 20 + 3 * 60);
    row("residual_block with stride", ResidualBlockPart{.out = 6, .stride = 2}, {3, 4, 5}, {6, 2, 3},
        (6 * 27 + 6 * 54 + 6 * 3) * 6 + 3 * 36);
}

void tst_model::shapesAreFollowed() {
    QFETCH(Part, part);
    QFETCH(Shape, input);
    QFETCH(Shape, output);
    QFETCH(qint64, multiplications);
    const ModelReport report = inspectModel({{part}}, input, 2);
    QVERIFY2(report.ok, report.parts.back().mistake.c_str());
    QCOMPARE(report.output, output);
    QCOMPARE(report.parts.front().output, output);
    QCOMPARE(report.multiplications, std::int64_t{multiplications});
}

void tst_model::parametersAreCounted_data() {
    QTest::addColumn<Part>("part");
    QTest::addColumn<Shape>("input");
    QTest::addColumn<qint64>("parameters");
    QTest::addColumn<qint64>("responses");
    const auto row = [](const char* name, Part part, Shape input, qint64 parameters, qint64 responses) {
        QTest::newRow(name) << part << input << parameters << responses;
    };
    // With H = 3: R and r are as large as W and b; U and C have `out` rows of 3.
    row("linear", LinearPart{.out = 5}, {7}, 40, 40 + 2 * 5 * 3);
    row("linear without bias", LinearPart{.out = 5, .bias = false}, {7}, 35, 35 + 5 * 3);
    row("dense linear", LinearPart{.out = 5, .response = ResponseKind::dense}, {7}, 40, 40 * 3);
    row("conv2d", Conv2dPart{.out = 4, .kernel = 3}, {2, 8, 8}, 4 * 18 + 4, 4 * 18 + 4 + 2 * 4 * 3);
    row("conv2d without bias", Conv2dPart{.out = 4, .kernel = 3, .bias = false}, {2, 8, 8}, 72, 72 + 4 * 3);
    row("grouped conv2d", Conv2dPart{.out = 4, .kernel = 3, .groups = 2}, {2, 8, 8}, 4 * 9 + 4,
        4 * 9 + 4 + 2 * 4 * 3);
    row("dense conv2d", Conv2dPart{.out = 4, .kernel = 3, .response = ResponseKind::dense}, {2, 8, 8}, 76,
        76 * 3);
    row("batch_norm of channels", BatchNormPart{}, {6, 5, 5}, 12, 12 + 12 * 3);
    row("layer_norm", LayerNormPart{}, {6, 5, 5}, 300, 300 + 300 * 3);
    row("layer_norm of a sequence", LayerNormPart{}, {6, 5}, 10, 10 + 10 * 3);
    row("global_avg_pool2d", GlobalAvgPool2dPart{}, {6, 5, 5}, 0, 0);
    row("residual_block", ResidualBlockPart{.out = 4}, {4, 5, 5}, 2 * 144 + 16,
        2 * 144 + 16 + (2 * 4 + 16) * 3);
    row("residual_block of another width", ResidualBlockPart{.out = 4}, {2, 5, 5}, 72 + 144 + 8 + 24,
        72 + 144 + 8 + 24 + (3 * 4 + 24) * 3);
    row("relu", ReluPart{}, {6}, 0, 0);
}

void tst_model::parametersAreCounted() {
    QFETCH(Part, part);
    QFETCH(Shape, input);
    QFETCH(qint64, parameters);
    QFETCH(qint64, responses);
    const ModelReport report = inspectModel({{part}}, input, 3);
    QVERIFY2(report.ok, report.parts.back().mistake.c_str());
    QCOMPARE(report.parameters, std::int64_t{parameters});
    QCOMPARE(report.responseParameters, std::int64_t{responses});
}

void tst_model::nothingRespondsWithoutTunedHyperparameters() {
    const Model model{{Conv2dPart{.out = 2}, BatchNormPart{}, FlattenPart{},
                       LinearPart{.out = 2, .response = ResponseKind::dense}}};
    const ModelReport report = inspectModel(model, {1, 5, 5}, 0);
    QVERIFY(report.ok);
    QVERIFY(report.parameters > 0);
    QCOMPARE(report.responseParameters, std::int64_t{0});
}

void tst_model::residualBlocksCountWhatIsInThem() {
    const auto activations = [](const ResidualBlockPart& part) {
        return inspectModel({{part}}, {4, 6, 6}, 2).activations;
    };
    // Two convolutions, two batch norms and a ReLU, the sum and its ReLU; dropout; a convolution and batch
    // norm.
    QCOMPARE(activations({.out = 4}), std::int64_t{7 * 144});
    QCOMPARE(activations({.out = 4, .rate = Tunable{0.5}}), std::int64_t{8 * 144});
    QCOMPARE(activations({.out = 8}), std::int64_t{9 * 288});
}

void tst_model::wholeNetworkIsAddedUp() {
    const Model model{{Dropout2dPart{}, Conv2dPart{.out = 16, .kernel = 5, .padding = 2}, ReluPart{},
                       MaxPool2dPart{}, Conv2dPart{.out = 32, .kernel = 5, .padding = 2}, ReluPart{},
                       MaxPool2dPart{}, FlattenPart{}, LinearPart{.out = 1568}, ReluPart{}, DropoutPart{},
                       LinearPart{.out = 10}}};
    const ModelReport report = inspectModel(model, {1, 28, 28}, 6);
    QVERIFY(report.ok);
    QCOMPARE(report.output, (Shape{10}));
    const std::int64_t plain = (16 * 25 + 16) + (32 * 16 * 25 + 32) + (1568 * 1568 + 1568) + (1568 * 10 + 10);
    QCOMPARE(report.parameters, plain);
    QCOMPARE(report.responseParameters, plain + 2 * 6 * (16 + 32 + 1568 + 10));
    QCOMPARE(report.multiplications,
             std::int64_t{784 + 16 * 25 * 784 + 32 * 16 * 25 * 196 + 1568 * 1568 + 1568 + 15680});
    // The flatten makes no numbers of its own.
    QCOMPARE(report.activations,
             std::int64_t{784 + 2 * 16 * 784 + 16 * 196 + 2 * 32 * 196 + 32 * 49 + 3 * 1568 + 10});
}

void tst_model::misfitIsToldInWords_data() {
    QTest::addColumn<Part>("part");
    QTest::addColumn<Shape>("input");
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, Part part, Shape input, const char* field, const char* words) {
        QTest::newRow(name) << part << input << field << words;
    };
    row("no width", LinearPart{.out = 0}, {7}, "out", "from 1 to 1000000, found 0");
    row("linear on images", LinearPart{.out = 1}, {32, 7, 7}, "",
        "linear takes [features] or [time, features], found [32, 7, 7]: add a flatten before it");
    row("decay of the wrong length", LinearPart{.out = 1, .weightDecay = {Tunable{1}, Tunable{1}}}, {7},
        "weight_decay", "one for each of the 7 input features, found 2");
    row("decays of a convolution", Conv2dPart{.out = 1, .weightDecay = {Tunable{1}, Tunable{1}}}, {1, 7, 7},
        "weight_decay", "one entry for the whole convolution, found 2");
    row("convolution on a vector", Conv2dPart{.out = 1}, {7}, "", "conv2d takes images");
    row("channel dropout on a vector", Dropout2dPart{}, {7}, "", "dropout2d takes images");
    row("max_pool2d on a vector", MaxPool2dPart{}, {7}, "", "max_pool2d takes images");
    row("avg_pool2d on a vector", AvgPool2dPart{}, {7}, "", "avg_pool2d takes images");
    row("large kernel", Conv2dPart{.out = 1, .kernel = 8}, {1, 7, 9}, "kernel",
        "fits its input [1, 7, 9] with padding 0, found one that reaches over 8 pixels");
    row("large kernel across", Conv2dPart{.out = 1, .kernel = 8}, {1, 9, 7}, "kernel",
        "reaches over 8 pixels");
    row("large pool", MaxPool2dPart{.kernel = 8}, {1, 7, 7}, "kernel", "reaches over 8 pixels");
    row("pool padding", AvgPool2dPart{.kernel = 3, .padding = 2}, {1, 7, 7}, "padding",
        "at most half the kernel, 1, found 2");
    row("groups of the input", Conv2dPart{.out = 4, .groups = 2}, {3, 7, 7}, "groups",
        "a divisor of the 3 input and 4 output channels, found 2");
    row("groups of the output", Conv2dPart{.out = 3, .groups = 2}, {4, 7, 7}, "groups",
        "4 input and 3 output");
    row("no groups", Conv2dPart{.out = 3, .groups = 0}, {4, 7, 7}, "groups", "found 0");
    row("no stride", Conv2dPart{.out = 3, .stride = 0}, {4, 7, 7}, "stride", "found 0");
    row("dense response too large", LinearPart{.out = 4000, .response = ResponseKind::dense}, {4000},
        "response", "use \"structured\"");
    const std::vector<Tunable> two{Tunable{1}, Tunable{1}};
    row("decays of a batch norm", BatchNormPart{.weightDecay = two}, {7}, "weight_decay",
        "one entry for the whole part, found 2");
    ResidualBlockPart block{.out = 1};
    block.weightDecay = two;
    row("decays of a residual block", block, {1, 7, 7}, "weight_decay",
        "one entry for the whole block, found 2");
    row("global pool on a vector", GlobalAvgPool2dPart{}, {7}, "", "global_avg_pool2d takes images");
    row("residual block on a vector", ResidualBlockPart{.out = 1}, {7}, "", "residual_block takes images");
    row("residual block without width", ResidualBlockPart{}, {1, 7, 7}, "out", "found 0");
    row("residual block without stride", ResidualBlockPart{.out = 1, .stride = 0}, {1, 7, 7}, "stride",
        "found 0");
    row("dense residual block too large", ResidualBlockPart{.out = 2000, .response = ResponseKind::dense},
        {2000, 7, 7}, "response", "use \"structured\"");
    row("no numbers", ReluPart{}, {}, "", "contain no numbers");
}

void tst_model::misfitIsToldInWords() {
    QFETCH(Part, part);
    QFETCH(Shape, input);
    QFETCH(QString, field);
    QFETCH(QString, words);
    const ModelReport report = inspectModel({{part}}, input, 3);
    QVERIFY(!report.ok);
    QCOMPARE(QString::fromStdString(report.parts.back().field), field);
    const QString mistake = QString::fromStdString(report.parts.back().mistake);
    QVERIFY2(mistake.contains(words), qPrintable(mistake));
}

void tst_model::inspectionEndsWithTheFirstMisfit() {
    const ModelReport report =
        inspectModel({{FlattenPart{}, MaxPool2dPart{}, LinearPart{.out = 3}}}, {1, 4, 4}, 1);
    QVERIFY(!report.ok);
    QCOMPARE(report.parts.size(), std::size_t{2});
    QCOMPARE(report.output, (Shape{16}));
    QVERIFY(!inspectModel({}, {4}, 1).ok);
}

void tst_model::hugeNumbersDoNotOverflow_data() {
    QTest::addColumn<Part>("part");
    QTest::addColumn<Shape>("input");
    const auto row = [](const char* name, Part part, Shape input) { QTest::newRow(name) << part << input; };
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    row("out", LinearPart{.out = most}, {most});
    row("weights", LinearPart{.out = largestOption}, {most});
    row("padding", Conv2dPart{.out = 1, .kernel = 1, .padding = most}, {1, 4, 4});
    row("padded image", Conv2dPart{.out = largestOption, .kernel = 1, .padding = largestOption}, {1, 4, 4});
    row("dilation", Conv2dPart{.out = 1, .kernel = largestOption, .dilation = largestOption}, {1, 4, 4});
    row("image", FlattenPart{}, {most, most, most});
    row("negative", AvgPool2dPart{.kernel = -1}, {1, 4, 4});
}

void tst_model::hugeNumbersDoNotOverflow() {
    QFETCH(Part, part);
    QFETCH(Shape, input);
    QVERIFY(!inspectModel({{part}}, input, 1000).ok);
}

DSTN_TEST(tst_model)
#include "tst_model.moc"
