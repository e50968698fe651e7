#include "core/engine/batches/augmentation.h"
#include "core/engine/batches/device_data.h"
#include "tests/program.h"

#include "core/error.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <numeric>
#include <set>

using namespace dstn;

namespace {

std::vector<std::int64_t> values(const Tensor& tensor) {
    const Tensor list = tensor.to(at::kLong).contiguous();
    return {list.data_ptr<std::int64_t>(), list.data_ptr<std::int64_t>() + list.numel()};
}

/// Example i has the inputs 10 i, 10 i + 1, … and the label i.
Examples numberedExamples(std::int64_t count, std::int64_t features, bool classification) {
    Examples examples;
    examples.count = count;
    for (std::int64_t i = 0; i < count; ++i) {
        for (std::int64_t k = 0; k < features; ++k) examples.inputs.push_back(static_cast<float>(10 * i + k));
        if (classification)
            examples.labels.push_back(i);
        else
            examples.targets.insert(examples.targets.end(), {static_cast<float>(i), static_cast<float>(-i)});
    }
    return examples;
}

Dataset numberedDataset(Shape input, bool classification) {
    const std::int64_t features =
        std::accumulate(input.begin(), input.end(), std::int64_t{1}, std::multiplies<>());
    Dataset dataset;
    dataset.info.input = input;
    dataset.info.task = classification ? TaskKind::classification : TaskKind::regression;
    dataset.info.outputs = classification ? 23 : 2;
    dataset.train = numberedExamples(23, features, classification);
    dataset.validation = numberedExamples(4, features, classification);
    return dataset;
}

DevicePart numberedPart() { return DeviceData(numberedDataset({2, 3}, true), at::kCPU, at::kFloat).train; }

Tensor column(std::initializer_list<double> list) {
    return at::tensor(at::ArrayRef<double>(list.begin(), list.size()));
}

Tensor centre(std::int64_t row, std::int64_t columnIndex) {
    return at::tensor(at::ArrayRef<std::int64_t>({row, columnIndex})).view({1, 1, 2});
}

using Cut = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const Tensor&);

void addCuts() {
    QTest::addColumn<Cut>("cut");
    QTest::newRow("direct") << Cut(cutoutDirect);
    QTest::newRow("by mask") << Cut(cutoutByMask);
}

} // namespace

Q_DECLARE_METATYPE(Cut)

class TestDeviceData : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void classificationKeepsShapeAndLabels() {
        const DeviceData data(numberedDataset({2, 3}, true), at::kCPU, at::kDouble);
        QVERIFY(data.train.inputs.sizes() == at::IntArrayRef({23, 2, 3}));
        QCOMPARE(data.train.inputs.scalar_type(), at::kDouble);
        QCOMPARE(data.train.inputs[7][1][2].item<double>(), 75.0);
        QCOMPARE(data.train.targets.scalar_type(), at::kLong);
        QVERIFY(at::equal(data.train.targets, at::arange(23)));
        QCOMPARE(data.validation.count(), 4);
        QCOMPARE(data.test.count(), 0);
        QVERIFY(data.test.inputs.sizes() == at::IntArrayRef({0, 2, 3}));
        QCOMPARE(data.info.outputs, 23);
    }

    void regressionKeepsItsColumns() {
        const DeviceData data(numberedDataset({5}, false), at::kCPU, at::kFloat);
        QVERIFY(data.train.targets.sizes() == at::IntArrayRef({23, 2}));
        QCOMPARE(data.train.targets.scalar_type(), at::kFloat);
        QCOMPARE(data.train.targets[6][1].item<float>(), -6.0f);
    }

    void dataOutliveTheDatasetTheyCameFrom() {
        auto dataset = std::make_unique<Dataset>(numberedDataset({2, 3}, true));
        const DeviceData data(*dataset, at::kCPU, at::kFloat);
        std::fill(dataset->train.inputs.begin(), dataset->train.inputs.end(), -1.0f);
        std::fill(dataset->train.labels.begin(), dataset->train.labels.end(), -1);
        dataset.reset();
        QCOMPARE(data.train.inputs[1][0][0].item<float>(), 10.0f);
        QCOMPARE(data.train.targets[1].item<std::int64_t>(), 1);
    }

    void aDeviceThatIsNotThereIsADeviceError() {
        const at::Device absent(at::kCUDA, 99);
        try {
            const DeviceData data(numberedDataset({2, 3}, true), absent, at::kFloat);
            QFAIL("no error");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::device);
            QVERIFY(std::string(error.what()).find("cuda:99") != std::string::npos);
        }
    }

    void epochOrderIsAPermutation() {
        for (const std::int64_t count : {0, 1, 2, 3, 1000, 51000}) {
            const Tensor order = epochOrder(1, 2, count, at::kCPU);
            QCOMPARE(order.size(0), count);
            QVERIFY(at::equal(std::get<0>(at::sort(order)), at::arange(count)));
        }
        QVERIFY(!at::equal(epochOrder(1, 2, 1000, at::kCPU), at::arange(1000)));
    }

    void epochOrderFollowsFromSeedAndEpoch() {
        const Tensor order = epochOrder(1, 2, 1000, at::kCPU);
        QVERIFY(at::equal(order, epochOrder(1, 2, 1000, at::kCPU)));
        QVERIFY(!at::equal(order, epochOrder(1, 3, 1000, at::kCPU)));
        QVERIFY(!at::equal(order, epochOrder(2, 2, 1000, at::kCPU)));
        QVERIFY(!at::equal(order, epochOrder(2, 1, 1000, at::kCPU)));
        // Runs kept in archives rest on these numbers: they must never change.
        const std::vector<std::int64_t> pinned{1, 0, 3, 6, 5, 4, 2, 7};
        QCOMPARE(values(epochOrder(7, 3, 8, at::kCPU)), pinned);
    }

    void epochOrderIsUniform() {
        constexpr int epochs = 20000, count = 5;
        int hits[count][count] = {};
        for (int epoch = 0; epoch < epochs; ++epoch) {
            const auto order = values(epochOrder(3, epoch, count, at::kCPU));
            for (std::size_t place = 0; place < count; ++place) ++hits[place][order[place]];
        }
        const double mean = epochs / double(count), sigma = std::sqrt(epochs * 0.2 * 0.8);
        for (const auto& row : hits)
            for (const int hit : row) QVERIFY(std::abs(hit - mean) < 5.0 * sigma);
    }

    void takenExamplesAreThoseOfTheOrder() {
        const DevicePart part = numberedPart();
        const Tensor order = epochOrder(1, 0, part.count(), at::kCPU);
        const Batch batch = take(part, order, 5, 4);
        QCOMPARE(values(batch.targets), values(order.slice(0, 5, 9)));
        QVERIFY(at::equal(batch.inputs.select(1, 0).select(1, 0), batch.targets.to(at::kFloat) * 10.0));
    }

    void takeStopsAtTheEnd() {
        const DevicePart part = numberedPart();
        const Tensor order = epochOrder(1, 0, part.count(), at::kCPU);
        QCOMPARE(take(part, order, 20, 8).count(), 3);
        QCOMPARE(take(part, order, 23, 8).count(), 0);
        QCOMPARE(take(part, order, 40, 8).count(), 0);
        QCOMPARE(values(take(part, 20, 8).targets), (std::vector<std::int64_t>{20, 21, 22}));
        QCOMPARE(take(part, 40, 8).count(), 0);
    }

    void batchesCoverEachEpochOnce() {
        const DevicePart part = numberedPart();
        BatchOrder batches(part, 5, 9);
        QCOMPARE(batches.perEpoch(), 5);
        std::vector<std::int64_t> firstOrder, secondOrder;
        for (std::int64_t index = 0; index < 10; ++index)
            for (const auto label : values(batches.at(index).targets))
                (index < 5 ? firstOrder : secondOrder).push_back(label);
        for (const auto& order : {firstOrder, secondOrder}) {
            QCOMPARE(order.size(), std::size_t{23});
            QCOMPARE(std::set<std::int64_t>(order.begin(), order.end()).size(), std::size_t{23});
        }
        QVERIFY(firstOrder != secondOrder);
    }

    void aBatchFollowsFromItsIndexAlone() {
        const DevicePart part = numberedPart();
        BatchOrder straight(part, 5, 9);
        std::vector<Tensor> labels;
        for (std::int64_t index = 0; index < 12; ++index) labels.push_back(straight.at(index).targets);
        BatchOrder resumed(part, 5, 9);
        for (const std::int64_t index : {11, 3, 7})
            QVERIFY(at::equal(resumed.at(index).targets, labels[static_cast<std::size_t>(index)]));
    }

    void noBatchesOfNothing() {
        QVERIFY_EXCEPTION_THROWN(BatchOrder(numberedPart(), 0, 1), c10::Error);
        const DeviceData data(numberedDataset({2}, true), at::kCPU, at::kFloat);
        QVERIFY_EXCEPTION_THROWN(BatchOrder(data.test, 4, 1), c10::Error);
    }

    void randomnessFollowsFromSeedStepAndPurpose() {
        const auto draw = [](StepRandom& random, std::int64_t step, std::uint64_t purpose) {
            return at::randn({7}, random.at(step, purpose), at::TensorOptions(at::kDouble));
        };
        StepRandom straight(at::kCPU, 1), resumed(at::kCPU, 1), other(at::kCPU, 2);
        const Tensor noise = draw(straight, 5, 0);
        draw(straight, 6, 0);
        // Seven is odd: a normal number left over from step 6 must not appear here.
        QVERIFY(at::equal(draw(straight, 5, 0), noise));
        QVERIFY(at::equal(draw(resumed, 5, 0), noise));
        QVERIFY(!at::equal(draw(resumed, 6, 0), noise));
        QVERIFY(!at::equal(draw(resumed, 5, 1), noise));
        QVERIFY(!at::equal(draw(other, 5, 0), noise));
    }

    void purposesDoNotDisturbEachOther() {
        StepRandom random(at::kCPU, 1), reference(at::kCPU, 1);
        at::Generator& first = random.at(3, 0);
        at::Generator& second = random.at(3, 1);
        at::randn({5}, second, at::TensorOptions());
        QVERIFY(at::equal(at::randn({5}, first, at::TensorOptions()),
                          at::randn({5}, reference.at(3, 0), at::TensorOptions())));
    }

    void floorKeepsWholeNumbersWhole() {
        const Tensor natural = at::tensor(at::ArrayRef<float>(
            {4.0f, 3.9999998f, 3.99997f, 3.9f, 4.9999f, 0.0f, -1e-7f, 0.99999994f, 24.0f * (1.0f - 6e-8f)}));
        QCOMPARE(values(floorDiscrete(natural)), (std::vector<std::int64_t>{4, 4, 4, 3, 4, 0, 0, 1, 24}));
        QCOMPARE(floorDiscrete(natural).scalar_type(), at::kFloat);
        const Tensor leaf = at::ones({2}).set_requires_grad(true);
        QVERIFY(!floorDiscrete(leaf * 2.0).requires_grad());
    }

    void cutSquareIsWhereTheDefinitionPutsIt_data() { addCuts(); }
    void cutSquareIsWhereTheDefinitionPutsIt() {
        QFETCH(Cut, cut);
        struct Case {
            std::int64_t row, column;
            double length;
            std::int64_t top, bottom, left, right; // cut: [top, bottom) × [left, right)
        };
        for (const Case& c : {Case{3, 4, 4, 1, 5, 2, 6}, Case{3, 4, 5, 1, 5, 2, 6}, Case{0, 0, 4, 0, 2, 0, 2},
                              Case{5, 7, 4, 3, 6, 5, 8}, Case{2, 2, 1, 0, 0, 0, 0}, Case{2, 2, 0, 0, 0, 0, 0},
                              Case{2, 2, -3, 0, 0, 0, 0}, Case{2, 2, 24, 0, 6, 0, 8},
                              Case{1, 6, 6, 0, 4, 3, 8}, Case{2, 2, 1e30, 0, 6, 0, 8}}) {
            const Tensor images = at::arange(1, 2 * 6 * 8 + 1).to(at::kFloat).view({1, 2, 6, 8});
            Tensor expected = images.clone();
            expected.slice(2, c.top, c.bottom).slice(3, c.left, c.right).zero_();
            const Tensor before = images.clone();
            QVERIFY(
                at::equal(cut(images, column({1}), column({c.length}), centre(c.row, c.column)), expected));
            QVERIFY(at::equal(images, before));
        }
    }

    void imagesWithoutHolesStayAsTheyAre_data() { addCuts(); }
    void imagesWithoutHolesStayAsTheyAre() {
        QFETCH(Cut, cut);
        at::Generator generator = at::detail::createCPUGenerator(1);
        const Tensor images = at::randn({4, 1, 9, 9}, generator, at::TensorOptions());
        const Tensor centres = cutoutCentres(images, 3, generator);
        const double nan = std::numeric_limits<double>::quiet_NaN();
        QVERIFY(at::equal(cut(images, column({0, -1, nan, 0}), at::full({4}, 5.0), centres), images));
        QVERIFY(at::equal(cut(images, at::full({4}, 3.0), column({0, 1, nan, -2}), centres), images));
        const Tensor none = cutoutCentres(images, 0, generator);
        QVERIFY(at::equal(cut(images, at::full({4}, 3.0), at::full({4}, 5.0), none), images));
    }

    void bothWaysOfCuttingAgreeExactly() {
        at::Generator generator = at::detail::createCPUGenerator(2);
        const int threads = at::get_num_threads();
        for (const at::ScalarType type : {at::kFloat, at::kDouble})
            for (const auto& shape : std::vector<std::vector<std::int64_t>>{
                     {300, 1, 28, 28}, {200, 3, 32, 32}, {64, 2, 5, 17}, {0, 3, 8, 8}}) {
                Tensor images = at::randn(shape, generator, at::TensorOptions(type));
                const std::vector<std::int64_t> batch{shape[0]};
                const Tensor holes = at::randint(-1, 7, batch, generator, at::TensorOptions(type));
                const Tensor length = at::randint(-2, 40, batch, generator, at::TensorOptions(type));
                const Tensor centres = cutoutCentres(images, 5, generator);
                const Tensor expected = cutoutByMask(images, holes, length, centres);
                for (const int count : {1, 2, 3}) {
                    at::set_num_threads(count);
                    QVERIFY(at::equal(cutoutDirect(images, holes, length, centres), expected));
                }
                at::set_num_threads(threads);
                const Tensor otherLayout = images.transpose(2, 3).contiguous().transpose(2, 3);
                QVERIFY(at::equal(cutoutDirect(otherLayout, holes, length, centres), expected));
            }
    }

    void cutoutIsTheCutAtDrawnCentres() {
        at::Generator first = at::detail::createCPUGenerator(4), second = at::detail::createCPUGenerator(4);
        const Tensor images = at::ones({50, 1, 12, 10});
        const Tensor holes = at::full({50}, 2.0), length = at::full({50}, 4.0);
        QVERIFY(at::equal(cutout(images, holes, length, 5, first),
                          cutoutByMask(images, holes, length, cutoutCentres(images, 5, second))));
        QVERIFY(!at::equal(cutout(images, holes, length, 5, first), cutout(images, holes, length, 5, first)));
    }

    void centresAreUniformOverThePixels() {
        at::Generator generator = at::detail::createCPUGenerator(6);
        const Tensor images = at::empty({30000, 1, 4, 7});
        const Tensor centres = cutoutCentres(images, 2, generator);
        for (const int coordinate : {0, 1}) {
            const std::int64_t size = coordinate == 0 ? 4 : 7;
            const Tensor hits = at::bincount(centres.select(2, coordinate).flatten(), {}, size);
            QCOMPARE(hits.size(0), size);
            const double p = 1.0 / static_cast<double>(size), mean = 60000 * p;
            QVERIFY((hits - mean).abs().max().item<double>() < 5.0 * std::sqrt(mean * (1.0 - p)));
        }
    }

    void cutAreaHasItsClosedFormMean() {
        // Rows cut, averaged over the centres: (2 h n − h²) / n for half side h and n rows.
        constexpr double n = 28, half = 4, count = 20000;
        const double side = (2.0 * half * n - half * half) / n;
        at::Generator generator = at::detail::createCPUGenerator(8);
        const Tensor images = at::ones({std::int64_t(count), 1, 28, 28});
        const Tensor cut = cutout(images, at::full({std::int64_t(count)}, 1.0),
                                  at::full({std::int64_t(count)}, 2 * half), 3, generator);
        const Tensor areas = (1.0 - cut.to(at::kDouble)).sum({1, 2, 3});
        const double error = areas.std().item<double>() / std::sqrt(count);
        QVERIFY(error > 0.0);
        QVERIFY(std::abs(areas.mean().item<double>() - side * side) < 5.0 * error);
    }

    void imagesThatAreNoneAreRefused() {
        at::Generator generator = at::detail::createCPUGenerator(1);
        const Tensor one = at::ones({2});
        QVERIFY_EXCEPTION_THROWN(cutout(at::ones({2, 9}), one, one, 1, generator), c10::Error);
        QVERIFY_EXCEPTION_THROWN(cutout(at::ones({3, 1, 9, 9}), one, one, 1, generator), c10::Error);
    }
};

DSTN_TEST(TestDeviceData)
#include "tst_device_data.moc"
