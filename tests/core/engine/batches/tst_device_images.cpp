#include "core/engine/batches/device_data.h"
#include "core/engine/batches/device_images.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <numeric>

using namespace dstn;

namespace {

const Shape shape{2, 3, 4};
const std::vector<Scaling> channels{{.shift = 100.0, .factor = 0.037}, {.shift = 3.5, .factor = 1.0 / 255.0}};

/// Fifty images of arbitrary bytes.
SharedBytes source() {
    std::vector<std::uint8_t> bytes;
    std::uint32_t state = 7;
    for (int i = 0; i < 50 * 24; ++i) {
        state = state * 1664525U + 1013904223U;
        bytes.push_back(static_cast<std::uint8_t>(state >> 24U));
    }
    return SharedBytes(std::move(bytes));
}

/// Images 40, 39, …, 10 of the source.
ByteImages part() {
    ByteImages images{.bytes = source(), .index = {}};
    for (std::int64_t i = 40; i >= 10; --i) images.index.push_back(i);
    return images;
}

Dataset dataset() {
    Dataset data;
    data.info.input = shape;
    data.info.outputs = 31;
    data.channels = channels;
    data.train.images = part();
    data.train.count = 31;
    for (std::int64_t i = 0; i < 31; ++i) data.train.labels.push_back(i);
    data.validation = data.train;
    return data;
}

Tensor places(std::vector<std::int64_t> list) { return at::tensor(list, at::TensorOptions(at::kLong)); }

/// Straight from the definition.
Tensor expected(const std::vector<std::int64_t>& list) {
    const ByteImages images = part();
    Tensor result = at::empty({static_cast<std::int64_t>(list.size()), 2, 3, 4});
    float* to = result.data_ptr<float>();
    for (const std::int64_t place : list)
        for (std::size_t i = 0; i < 24; ++i) {
            const Scaling& map = channels[i / 12];
            const double byte =
                images.bytes
                    .view()[static_cast<std::size_t>(images.index[static_cast<std::size_t>(place)]) * 24 + i];
            *to++ = static_cast<float>((byte - map.shift) * map.factor);
        }
    return result;
}

} // namespace

class TestDeviceImages : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void imagesAreMappedBytesOfTheirPlaces() {
        for (const ImagePlacement placement : {ImagePlacement::resident, ImagePlacement::streamed}) {
            DeviceImages images(part(), shape, channels, at::kCPU, at::kFloat, placement);
            QCOMPARE(images.count(), 31);
            for (const std::vector<std::int64_t>& list :
                 {std::vector<std::int64_t>{0, 30, 7, 7}, std::vector<std::int64_t>{5},
                  std::vector<std::int64_t>{}})
                QVERIFY(at::equal(images.load(places(list)), expected(list)));
            DeviceImages doubles(part(), shape, channels, at::kCPU, at::kDouble, placement);
            QCOMPARE(doubles.load(places({3})).scalar_type(), at::kDouble);
            QVERIFY(at::equal(doubles.load(places({3})), expected({3}).to(at::kDouble)));
        }
    }

    void threadsDoNotChangeThem() {
        DeviceImages images(part(), shape, channels, at::kCPU, at::kFloat, ImagePlacement::resident);
        std::vector<std::int64_t> list(200);
        for (std::size_t i = 0; i < list.size(); ++i) list[i] = static_cast<std::int64_t>(i * 7 % 31);
        const int threads = at::get_num_threads();
        for (const int count : {1, 2, 3}) {
            at::set_num_threads(count);
            QVERIFY(at::equal(images.load(places(list)), expected(list)));
        }
        at::set_num_threads(threads);
    }

    void whatWasPrefetchedIsWhatIsLoaded() {
        DeviceImages images(part(), shape, channels, at::kCPU, at::kFloat, ImagePlacement::streamed);
        for (int pass = 0; pass < 50; ++pass) {
            images.prefetch(places({1, 2}));
            images.prefetch(places({3, 4}));
            images.prefetch(places({3, 4}));
            QVERIFY(at::equal(images.load(places({1, 2})), expected({1, 2})));
            // Out of turn, and never asked for: more than are kept.
            QVERIFY(at::equal(images.load(places({9})), expected({9})));
            for (std::int64_t i = 0; i < 6; ++i) images.prefetch(places({i, i + 1}));
            QVERIFY(at::equal(images.load(places({5, 6})), expected({5, 6})));
            QVERIFY(at::equal(images.load(places({3, 4})), expected({3, 4})));
        }
        images.prefetch(places({8})); // left behind
    }

    void streamedBatchesAreThoseOfResidentOnes() {
        const Dataset data = dataset();
        const DeviceData resident(data, at::kCPU, at::kFloat, ImagePlacement::resident);
        const DeviceData streamed(data, at::kCPU, at::kFloat, ImagePlacement::streamed);
        QVERIFY(resident.train.images->placement() == ImagePlacement::resident);
        QVERIFY(streamed.train.images->placement() == ImagePlacement::streamed);
        BatchOrder first(resident.train, 8, 3), second(streamed.train, 8, 3),
            random(streamed.validation, 8, 3);
        for (std::int64_t index = 0; index < 20; ++index) {
            const Batch a = first.at(index), b = second.at(index);
            QVERIFY(at::equal(a.inputs, b.inputs));
            QVERIFY(at::equal(a.targets, b.targets));
            QVERIFY(at::equal(a.inputs, expected({b.targets.data_ptr<std::int64_t>(),
                                                  b.targets.data_ptr<std::int64_t>() + b.count()})));
        }
        for (const std::int64_t index : {7, 2, 19, 0})
            QVERIFY(at::equal(random.at(index).inputs, first.at(index).inputs));
        for (std::int64_t from = 0; from < 40; from += 10)
            QVERIFY(at::equal(take(resident.validation, from, 10).inputs,
                              take(streamed.validation, from, 10).inputs));
        QCOMPARE(take(streamed.validation, 40, 10).count(), 0);
        QCOMPARE(streamed.channels.size(), std::size_t{2});
    }

    void tableByTensorOperationsIsThatOfTheLoop() {
        const Tensor bytes = at::randint(256, {5, 2, 3, 4}, at::TensorOptions(at::kByte));
        std::vector<ByteTable> tables = tabulated(channels);
        const Tensor table = at::from_blob(tables.data(), {512}, at::TensorOptions(at::kFloat));
        std::vector<std::int64_t> rows(5);
        std::iota(rows.begin(), rows.end(), std::int64_t{0});
        Tensor looped = at::empty({5, 2, 3, 4});
        gatherImages({bytes.data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())}, rows, tables,
                     12, looped.data_ptr<float>());
        QVERIFY(at::equal(mapBytes(bytes, table), looped));
    }

    void imagesAreStreamedWhereTheyDoNotFit() {
        const at::Device cuda(at::kCUDA, 0);
        QVERIFY(placementFor(10, cuda, 20) == ImagePlacement::resident);
        QVERIFY(placementFor(10.5, cuda, 20) == ImagePlacement::streamed);
        QVERIFY(placementFor(1e15, cuda, {}) == ImagePlacement::resident);
        QVERIFY(placementFor(1e15, at::kCPU, 20) == ImagePlacement::resident);
        QVERIFY(!freeDeviceMemory(at::kCPU).has_value());
    }

    void imagesOutliveTheDatasetTheyCameFrom() {
        auto data = std::make_unique<Dataset>(dataset());
        const DeviceData kept(*data, at::kCPU, at::kFloat);
        data.reset();
        QVERIFY(at::equal(take(kept.train, 0, 3).inputs, expected({0, 1, 2})));
    }

    void placesOutsideTheSourceAreRefused() {
        ByteImages images = part();
        images.index.push_back(50);
        QVERIFY_EXCEPTION_THROWN(
            DeviceImages(images, shape, channels, at::kCPU, at::kFloat, ImagePlacement::resident),
            c10::Error);
    }
};

DSTN_TEST(TestDeviceImages)
#include "tst_device_images.moc"
