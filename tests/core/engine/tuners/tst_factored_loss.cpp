#include "core/engine/tuners/factored_loss.h"
#include "tests/core/engine/tuners/double_problem.h"
#include "tests/program.h"

using namespace dstn;

namespace {

/// A classifier on six examples, whose two wide layers are larger than their factors.
Experiment wide(const std::string& between, const std::string& decay = R"("decay")") {
    return described(R"({
        "schema": 1, "name": "wide",
        "data": {"source": "synthetic-classification", "examples": 12, "features": 20, "classes": 3, "validation": 0.5, "split": "random"},
        "model": {"parts": [{"type": "linear", "out": 30, "weight_decay": )" +
                     decay + R"(}, )" + between + R"(, {"type": "linear", "out": 25, "bias": false},
                            {"type": "tanh"}, {"type": "dropout", "rate": 0.3}, {"type": "linear", "out": 3}]},
        "regularization": {"weight_decay": "global", "label_smoothing": "smoothing"},
        "hyperparameters": [{"name": "global", "initial": 0.05, "log": true}, {"name": "decay", "initial": 0.1, "log": true},
                            {"name": "smoothing", "initial": 0.1, "min": 0, "max": 0.5}],
        "tuner": {"type": "implicit", "train_steps": 1, "warmup_epochs": 0},
        "batch": {"train": 6, "validation": 6}, "budget": {"epochs": 3}, "device": "cpu", "threads": 1
    })");
}

} // namespace

class TestFactoredLoss : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void itsProductsAreTheTrainingLosss_data() {
        QTest::addColumn<QString>("between");
        QTest::addColumn<QString>("decay");
        QTest::addColumn<int>("coordinates");
        // Six weights and biases; c and A in place of the first weight, c, A and Z in place of the second.
        QTest::newRow("tanh") << R"({"type": "tanh"})"
                              << R"("decay")" << 5 + 3;
        QTest::newRow("relu and norm") << R"({"type": "batch_norm"}, {"type": "relu"})"
                                       << R"("decay")" << 7 + 3;
        QTest::newRow("nothing") << R"({"type": "dropout", "rate": 0})"
                                 << R"("decay")" << 5 + 3;
        QTest::newRow("penalty of activations")
            << R"({"type": "tanh"}, {"type": "activation_regularization", "strength": 0.5})"
            << R"("decay")" << 5 + 3;
        // A decay of each column: that layer is kept as it is.
        QString columns = "[";
        for (int i = 0; i < 20; ++i)
            columns += (i > 0 ? ", " : "") + QString(i % 2 > 0 ? R"("decay")" : "0.1");
        QTest::newRow("a decay of each column") << R"({"type": "tanh"})" << columns + "]" << 5 + 2;
    }
    void itsProductsAreTheTrainingLosss() {
        QFETCH(QString, between);
        QFETCH(QString, decay);
        QFETCH(int, coordinates);
        DoubleProblem p(wide(between.toStdString(), decay.toStdString()));
        const KeptBatch kept(p.train, seeded(3));
        const std::vector<Tensor> v = randomLike(p.weights, 1);
        const TrainingLoss plain(*p.problem, kept);
        const FactoredLoss factored(*p.problem, kept, v);

        std::vector<Tensor> expected = v, coords = factored.start();
        QCOMPARE(static_cast<int>(coords.size()), coordinates);
        constexpr double near = 1e-10;
        for (int power = 0; power < 4; ++power) {
            QVERIFY2(relativeDistance(flattened(factored.vector(coords)), flattened(expected)) < near,
                     qPrintable(QString::number(power)));
            QVERIFY(relativeDistance(factored.mixedProduct(coords), plain.mixedProduct(expected)) < near);
            expected = plain.hessianProduct(expected);
            coords = factored.hessianProduct(coords);
        }
    }

    void layersSmallerThanTheirFactorsAreKeptAsTheyAre() {
        DoubleProblem p(classifierExperiment("tanh"));
        const FactoredLoss factored(*p.problem, KeptBatch(p.train, seeded(3)), randomLike(p.weights, 1));
        QCOMPARE(factored.start().size(), p.weights.size());
        QCOMPARE(factored.products(), 6.0);
    }

    /// Six examples; weights of 30 × 20, 25 × 30 and 3 × 25, the last of them kept as it is.
    void productsAreCountedByTheirMultiplications() {
        DoubleProblem p(wide(R"({"type": "tanh"})"));
        const FactoredLoss factored(*p.problem, KeptBatch(p.train, seeded(3)), randomLike(p.weights, 1));
        const double first = 6.0 * 30, second = 2.0 * 750 + 3.0 * 6 * 55, last = 6.0 * 75;
        QCOMPARE(factored.products(), (first + second + last) / (600 + 750 + 75));
    }
};

DSTN_TEST(TestFactoredLoss)
#include "tst_factored_loss.moc"
