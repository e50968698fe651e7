#include "core/engine/training/checkpoint.h"
#include "tests/program.h"

#include "core/data/safetensors.h"
#include "core/error.h"

#include <QTest>

#include <cstring>
#include <limits>
#include <optional>

using namespace dstn;

namespace {

Checkpoint sample() {
    at::Generator generator = at::detail::createCPUGenerator(3);
    const auto normal = [&](std::vector<std::int64_t> shape, at::ScalarType type) {
        return at::randn(shape, generator, at::TensorOptions(at::kDouble)).to(type);
    };
    Tensor special = at::empty({6}, at::kFloat);
    const float values[]{0.0f,
                         -0.0f,
                         std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::quiet_NaN(),
                         std::numeric_limits<float>::denorm_min(),
                         -std::numeric_limits<float>::max()};
    std::memcpy(special.data_ptr(), values, sizeof values);
    return {.metadata = {{"experiment", "{\"name\": \"ε → Δ\"}"}, {"epoch", "3"}},
            .tensors = {{"flags", at::arange(7).remainder(2).to(at::kBool)},
                        {"general.0.weight", normal({5, 4, 3, 3}, at::kFloat)},
                        {"special", special},
                        {"lambda", normal({6}, at::kDouble)},
                        {"transposed", normal({3, 4}, at::kFloat).t()},
                        {"sliced", normal({6, 4}, at::kDouble).slice(0, 0, 6, 2)},
                        {"empty", at::empty({0, 3}, at::kFloat)},
                        {"step", at::scalar_tensor(std::int64_t{1} << 40, at::kLong)},
                        {"bytes", at::arange(256).to(at::kByte)},
                        {"half", normal({9}, at::kHalf)},
                        {"bfloat", normal({9}, at::kBFloat16)}}};
}

std::optional<ErrorKind> kindOfErrorIn(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

} // namespace

class TestCheckpoint : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void roundTripsBitForBit() {
        const Checkpoint original = sample();
        const std::string bytes = writeCheckpoint(original);
        const Checkpoint read = readCheckpoint(bytes);
        QCOMPARE(read.metadata, original.metadata);
        QCOMPARE(read.tensors.size(), original.tensors.size());
        for (std::size_t i = 0; i < read.tensors.size(); ++i) {
            QCOMPARE(read.tensors[i].first, original.tensors[i].first);
            const Tensor &got = read.tensors[i].second, expected = original.tensors[i].second.contiguous();
            QCOMPARE(got.scalar_type(), expected.scalar_type());
            QVERIFY(got.sizes() == expected.sizes());
            QCOMPARE(got.nbytes(), expected.nbytes());
            QVERIFY(got.nbytes() == 0 || std::memcmp(got.data_ptr(), expected.data_ptr(), got.nbytes()) == 0);
        }
        QCOMPARE(writeCheckpoint(read), bytes);
    }

    void tensorsOutliveTheBytes() {
        std::string bytes = writeCheckpoint({.metadata = {}, .tensors = {{"a", at::ones({3})}}});
        const Checkpoint read = readCheckpoint(bytes);
        std::fill(bytes.begin(), bytes.end(), '\0');
        QVERIFY(at::equal(read.tensors[0].second, at::ones({3})));
    }

    void readsFromAnyAlignment() {
        const std::string bytes = writeCheckpoint(sample());
        const std::string shifted = "x" + bytes;
        QCOMPARE(writeCheckpoint(readCheckpoint(std::string_view(shifted).substr(1))), bytes);
    }

    void parametersAreWrittenWithoutTheirGraph() {
        const Tensor leaf = at::ones({2}).set_requires_grad(true);
        const Checkpoint read = readCheckpoint(
            writeCheckpoint({.metadata = {}, .tensors = {{"leaf", leaf}, {"sum", leaf + leaf}}}));
        QVERIFY(!read.tensors[0].second.requires_grad());
        QVERIFY(at::equal(read.tensors[1].second, at::full({2}, 2.0)));
    }

    void truncatedCheckpointIsRefused() {
        const std::string bytes = writeCheckpoint(sample());
        for (std::size_t size = 0; size < bytes.size(); size += 13)
            QCOMPARE(kindOfErrorIn([&] { readCheckpoint(std::string_view(bytes).substr(0, size)); }),
                     ErrorKind::archive);
    }

    void truthValuesOtherThanZeroAndOneAreRefused() {
        const std::string truths("\1\0\2", 3);
        const std::string bytes =
            writeSafetensors({{}, {{"flags", "BOOL", {3}, std::as_bytes(std::span(truths))}}});
        QCOMPARE(kindOfErrorIn([&] { readCheckpoint(bytes); }), ErrorKind::archive);
    }

    void unknownDtypesAreRefused() {
        const std::string data(4, '\0');
        const std::string bytes = writeSafetensors({{}, {{"x", "I32", {1}, std::as_bytes(std::span(data))}}});
        QCOMPARE(kindOfErrorIn([&] { readCheckpoint(bytes); }), ErrorKind::archive);
        QCOMPARE(kindOfErrorIn([] {
                     writeCheckpoint({.metadata = {}, .tensors = {{"x", at::zeros({1}, at::kComplexFloat)}}});
                 }),
                 ErrorKind::archive);
    }

    void aNameGivenTwiceIsRefused() {
        QCOMPARE(
            kindOfErrorIn([] {
                writeCheckpoint({.metadata = {}, .tensors = {{"x", at::zeros({1})}, {"x", at::ones({1})}}});
            }),
            ErrorKind::archive);
    }
};

DSTN_TEST(TestCheckpoint)
#include "tst_checkpoint.moc"
