#include "core/engine/layers/initialization.h"
#include "core/engine/layers/network.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>

using namespace dstn;

Q_DECLARE_METATYPE(dstn::Initialization)

namespace {

at::Generator generator(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

Network makeNetwork(const Model& model, const Shape& input, std::int64_t hyperparameters) {
    return Network(model, {.input = input,
                           .hyperparameters = hyperparameters,
                           .resolve = [](const Tunable& t) { return Setting{.value = t.value}; },
                           .dtype = at::kDouble,
                           .seed = 7});
}

} // namespace

class TestInitialization : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void entriesHaveTheirMomentsAndBounds_data() {
        QTest::addColumn<Initialization>("init");
        QTest::addColumn<double>("variance");
        QTest::addColumn<bool>("bounded");
        // Fans of 48 in and 96 out.
        QTest::newRow("standard") << Initialization::standard << 1.0 / (3 * 48) << true;
        QTest::newRow("he_normal") << Initialization::heNormal << 2.0 / 48 << false;
        QTest::newRow("he_uniform") << Initialization::heUniform << 2.0 / 48 << true;
        QTest::newRow("xavier_normal") << Initialization::xavierNormal << 2.0 / 144 << false;
        QTest::newRow("xavier_uniform") << Initialization::xavierUniform << 2.0 / 144 << true;
        QTest::newRow("lecun_normal") << Initialization::lecunNormal << 1.0 / 48 << false;
    }
    void entriesHaveTheirMomentsAndBounds() {
        QFETCH(Initialization, init);
        QFETCH(double, variance);
        QFETCH(bool, bounded);
        auto g = generator(1);
        const Tensor w = drawWeight(init, {1000, 400}, {.in = 48, .out = 96}, g);
        const double mean = w.mean().item<double>(), squares = w.square().mean().item<double>();
        QVERIFY(std::abs(mean) < 5 * std::sqrt(variance / 400000));
        QVERIFY(std::abs(squares / variance - 1) < 0.01);
        // A uniform distribution of this variance ends at √3 standard deviations, where a normal one does
        // not.
        const double largest = w.abs().max().item<double>() / std::sqrt(3 * variance);
        QVERIFY(bounded ? largest <= 1 && largest > 0.999 : largest > 2);
        const double fourth = w.pow(4).mean().item<double>() / (variance * variance);
        QVERIFY(std::abs(fourth - (bounded ? 1.8 : 3.0)) < 0.1);
    }

    void orthogonalWeightsKeepLengths_data() {
        QTest::addColumn<Shape>("shape");
        QTest::newRow("wide") << Shape{5, 12};
        QTest::newRow("tall") << Shape{12, 5};
        QTest::newRow("square") << Shape{6, 6};
        QTest::newRow("convolution") << Shape{8, 3, 3, 3};
    }
    void orthogonalWeightsKeepLengths() {
        QFETCH(Shape, shape);
        auto g = generator(2);
        const Tensor w = drawWeight(Initialization::orthogonal, shape, {}, g);
        QCOMPARE(w.sizes().vec(), shape);
        const Tensor rows = w.flatten(1);
        const bool wide = rows.size(0) < rows.size(1);
        const Tensor gram = wide ? rows.mm(rows.t()) : rows.t().mm(rows);
        QVERIFY((gram - at::eye(gram.size(0), at::kDouble)).abs().max().item<double>() < 1e-12);
    }

    /// The signs of QR's factors would otherwise favour some matrices: the first entry is as often below
    /// zero.
    void orthogonalWeightsFavourNoSign() {
        auto g = generator(3);
        int below = 0;
        for (int i = 0; i < 400; ++i)
            if (drawWeight(Initialization::orthogonal, {2, 2}, {}, g)[0][0].item<double>() < 0) ++below;
        QVERIFY2(below > 150 && below < 250, std::to_string(below).c_str());
    }

    /// Runs of earlier versions can be repeated: W₀, b₀, R, r of one layer after the other, each uniform in
    /// ±1/√fan_in from one generator.
    void defaultKeepsTheOrderOfDraws() {
        const Network network = makeNetwork({{Conv2dPart{.out = 4, .kernel = 3, .groups = 2}, ReluPart{},
                                              FlattenPart{}, LinearPart{.out = 3, .bias = false}}},
                                            {2, 4, 4}, 2);
        auto g = generator(7);
        const auto draw = [&](at::IntArrayRef shape, double fanIn) {
            const double bound = 1.0 / std::sqrt(fanIn);
            return at::empty(shape, at::kDouble).uniform_(-bound, bound, g);
        };
        const Tensor w = draw({4, 1, 3, 3}, 9), b = draw({4}, 9), r = draw({4, 1, 3, 3}, 9),
                     rb = draw({4}, 9);
        const Tensor second = draw({3, 16}, 16), secondResponse = draw({3, 16}, 16);
        const auto general = tensors(network.general()), response = tensors(network.response());
        QVERIFY(at::equal(general[0], w) && at::equal(general[1], b) && at::equal(general[2], second));
        QVERIFY(at::equal(response[0], r) && at::equal(response[1], rb));
        QVERIFY(at::equal(response[3], secondResponse));
    }

    /// R is drawn like W₀. A bias begins at zero, but r must not: beside a bottleneck of zeros it would stay.
    void responsesAreDrawnLikeTheirTwins() {
        const Network network =
            makeNetwork({{LinearPart{.out = 300, .init = Initialization::heNormal}}}, {200}, 3);
        const auto general = tensors(network.general()), response = tensors(network.response());
        QVERIFY(std::abs(general[0].square().mean().item<double>() * 100 - 1) < 0.03);
        QVERIFY(std::abs(response[0].square().mean().item<double>() * 100 - 1) < 0.03);
        QVERIFY(!at::equal(general[0], response[0]));
        QVERIFY(general[1].eq(0).all().item<bool>());
        QVERIFY(response[1].ne(0).all().item<bool>());
        QVERIFY(response[2].eq(0).all().item<bool>());
    }

    void everyConvolutionOfABlockIsDrawnAsItSays() {
        const Network network = makeNetwork(
            {{ResidualBlockPart{.out = 40, .stride = 2, .init = Initialization::heNormal}}}, {30, 4, 4}, 0);
        for (const auto& [name, tensor] : network.general()) {
            if (tensor.dim() != 4) continue;
            const double fanIn = static_cast<double>(tensor[0].numel());
            QVERIFY2(std::abs(tensor.square().mean().item<double>() * fanIn / 2 - 1) < 0.15, name.c_str());
        }
    }
};

DSTN_TEST(TestInitialization)
#include "tst_initialization.moc"
