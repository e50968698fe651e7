#include "core/engine/training/training.h"
#include "tests/core/engine/training/problems.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>

using namespace dstn;

Q_DECLARE_METATYPE(dstn::TunerSpec)

namespace {

void advance(Training& training, std::int64_t until) {
    while (training.stepsDone() < until) {
        if (training.evaluationDue()) training.accept(*training.evaluate([] { return true; }));
        training.step();
    }
}

std::vector<std::pair<std::string, Tensor>> saved(Training& training) {
    auto tensors = training.save().tensors;
    std::erase_if(tensors, [](const auto& entry) { return entry.first == "sums"; }); // time is among them
    return tensors;
}

} // namespace

/// The forms of the Δ-STN between it and the STN, in whole runs.
class TestAblations : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    /// Each with one kind of problem, so that every switch meets every kind.
    void everyCombinationTrainsAndResumesBitForBit_data() {
        QTest::addColumn<TunerSpec>("spec");
        QTest::addColumn<Maker>("make");
        constexpr std::array<Maker, 3> makers{images, table, text};
        constexpr std::array<const char*, 3> names{"images", "table", "text"};
        for (unsigned bits = 0; bits < 16; ++bits) {
            const DeltaStnOptions own{.centered = (bits & 1U) != 0, .separate = (bits & 2U) != 0};
            TunerSpec spec{.trainSteps = 2, .warmupEpochs = 0, .options = own};
            spec.linearize = (bits & 4U) != 0;
            spec.tuneScales = (bits & 8U) != 0;
            QTest::addRow("%s, %s, %s, %s, %s", own.centered ? "centred" : "not centred",
                          own.separate ? "separate" : "joint",
                          spec.linearize ? "linearised" : "not linearised",
                          spec.tuneScales ? "scales tuned" : "scales still", names[bits % 3])
                << spec << makers[bits % 3];
        }
    }
    void everyCombinationTrainsAndResumesBitForBit() {
        QFETCH(TunerSpec, spec);
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        Experiment experiment = make(folder);
        experiment.tuner = spec;
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        Training whole(experiment, dataset, at::kCPU);
        const auto start = whole.hyperparameters();
        const auto scales = whole.scales();
        constexpr std::int64_t pause = 3, end = 13;
        advance(whole, end);
        QCOMPARE(whole.notFinite(), std::nullopt);
        for (const Training::Step& step : whole.finished(true)) {
            QVERIFY(std::isfinite(step.loss));
            QCOMPARE(step.responseLoss.has_value(), std::get<DeltaStnOptions>(spec.options).separate);
        }
        QVERIFY(whole.hyperparameters() != start);
        QCOMPARE(whole.scales() != scales, spec.tuneScales);

        Training first(experiment, dataset, at::kCPU);
        advance(first, pause);
        const std::string bytes = writeCheckpoint(first.save());
        Training second(experiment, dataset, at::kCPU);
        second.load(readCheckpoint(bytes));
        advance(second, end);
        const auto expected = saved(whole), found = saved(second);
        QCOMPARE(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i)
            QVERIFY2(at::equal(found[i].second, expected[i].second), found[i].first.c_str());
    }
};

DSTN_TEST(TestAblations)
#include "tst_ablations.moc"
