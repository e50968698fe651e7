#include "core/data/safetensors.h"
#include "tests/program.h"

#include "core/error.h"

#include <QTest>

#include <random>
#include <string>
#include <vector>

using namespace dstn;

namespace {

std::string withHeader(std::string header, const std::string& data) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
    return bytes + header + data;
}

std::span<const std::byte> bytesOf(std::string&&) = delete; // would dangle
std::span<const std::byte> bytesOf(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string textOf(std::span<const std::byte> data) {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

/// The message of the Error{archive} that reading throws; empty if it reads.
std::string refusal(const std::string& bytes) {
    try {
        parseSafetensors(bytes);
    } catch (const Error& error) {
        return error.kind() == ErrorKind::archive ? error.what() : "another kind of error";
    }
    return {};
}

std::string writingRefusal(const Safetensors& file) {
    try {
        writeSafetensors(file);
    } catch (const Error& error) {
        return error.kind() == ErrorKind::archive ? error.what() : "another kind of error";
    }
    return {};
}

const std::string floats(12, 'f'), integers(16, 'i'), truths(3, '\1');

Safetensors sample() {
    return {.metadata = {{"step", "17"}, {"experiment", "{\"name\": \"Δ-STN\"}"}},
            .entries = {{"flags", "BOOL", {3}, bytesOf(truths)},
                        {"weight", "F32", {3, 1}, bytesOf(floats)},
                        {"nothing", "F32", {0, 7}, {}},
                        {"counts", "I64", {2}, bytesOf(integers)}}};
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void readsWhatItWrote() {
        const std::string bytes = writeSafetensors(sample());
        const Safetensors read = parseSafetensors(bytes);
        QCOMPARE(read.metadata, sample().metadata);
        QCOMPARE(read.entries.size(), sample().entries.size());
        for (std::size_t i = 0; i < read.entries.size(); ++i) {
            const SafetensorsEntry &got = read.entries[i], expected = sample().entries[i];
            QCOMPARE(got.name, expected.name);
            QCOMPARE(got.dtype, expected.dtype);
            QCOMPARE(got.shape, expected.shape);
            QCOMPARE(textOf(got.data), textOf(expected.data));
        }
        QCOMPARE(writeSafetensors(read), bytes);
    }

    void writesTheFormatByteForByte() {
        const std::string data = "xy";
        const Safetensors file{.metadata = {}, .entries = {{"a", "U8", {2}, bytesOf(data)}}};
        const std::string header = R"({"a":{"data_offsets":[0,2],"dtype":"U8","shape":[2]}})";
        const std::string padding((8 - header.size() % 8) % 8, ' ');
        QCOMPARE(writeSafetensors(file), withHeader(header + padding, data));
    }

    void dataAreAlignedToTheirElements() {
        const std::string bytes = writeSafetensors(sample());
        for (const SafetensorsEntry& entry : parseSafetensors(bytes).entries) {
            const auto offset = reinterpret_cast<const char*>(entry.data.data()) - bytes.data();
            QCOMPARE(static_cast<std::size_t>(offset) % safetensorsElementSize(entry.dtype), std::size_t{0});
        }
    }

    void anEmptyFileHasNoTensors() {
        QCOMPARE(parseSafetensors(withHeader("{}", "")).entries.size(), std::size_t{0});
        QCOMPARE(parseSafetensors(writeSafetensors({})).entries.size(), std::size_t{0});
    }

    void aScalarHasAnEmptyShape() {
        const std::string bytes =
            withHeader(R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", "abcd");
        QVERIFY(parseSafetensors(bytes).entries[0].shape.empty());
        QCOMPARE(textOf(parseSafetensors(bytes).entries[0].data), std::string("abcd"));
    }

    void damageIsRefusedInWords_data() {
        QTest::addColumn<std::string>("bytes");
        QTest::addColumn<std::string>("words");
        const auto row = [](const char* name, const std::string& bytes, const std::string& words) {
            QTest::newRow(name) << bytes << words;
        };
        const auto one = [](const std::string& fields, const std::string& data = "abcd") {
            return withHeader("{\"w\":{" + fields + "}}", data);
        };
        row("nothing at all", "", "only 0 bytes");
        row("shorter than a length", "1234567", "only 7 bytes");
        row("absurd header length", std::string(8, '\xff') + "{}", "more than the format allows");
        row("header cut short", withHeader("{}", "").substr(0, 9), "only 1 follow");
        row("no header", withHeader("", "abcd"), "does not start with");
        row("header is not JSON", withHeader("{\"w\":", ""), "is not JSON");
        row("header is a list", withHeader("[]", ""), "does not start with");
        row("text after the header", withHeader("{} x", ""), "is not JSON");
        row("header is not UTF-8", withHeader("{\"\xff\":{}}", ""), "is not JSON");
        row("deep nesting", withHeader("{\"w\":" + std::string(100000, '['), ""), "nested too deeply");
        row("a name twice",
            withHeader(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                       R"("w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                       ""),
            "names \"w\" twice");
        row("a field twice", one(R"("dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4])"),
            "names \"dtype\" twice");
        row("tensor is no object", withHeader(R"({"w":3})", ""), "not described by a JSON object");
        row("unknown field", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"order":"C")"),
            "unknown field \"order\"");
        row("no dtype", one(R"("shape":[1],"data_offsets":[0,4])"), "has no dtype");
        row("no shape", one(R"("dtype":"F32","data_offsets":[0,4])"), "has no shape");
        row("no offsets", one(R"("dtype":"F32","shape":[1])"), "has no data_offsets");
        row("dtype is a number", one(R"("dtype":32,"shape":[1],"data_offsets":[0,4])"),
            "dtype that is not a string");
        row("unknown dtype", one(R"("dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4])"),
            "unknown dtype \"F8_E4M3\"");
        row("negative extent", one(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"),
            "shape that is not");
        row("broken extent", one(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), "shape that is not");
        row("shape is not a list", one(R"("dtype":"F32","shape":1,"data_offsets":[0,4])"),
            "shape that is not");
        row("extent beyond int64",
            one(R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4])"), "shape that is not");
        row("product beyond int64",
            one(R"("dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,4])"), "absurdly large");
        row("three offsets", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,4])"), "data_offsets");
        row("offsets reversed", one(R"("dtype":"F32","shape":[0],"data_offsets":[4,0])"), "4 to 0 of 4");
        row("data cut short", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", "abc"), "0 to 4 of 3");
        row("size disagrees", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
            "has 4 bytes where its shape needs 8");
        row("data left over", one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", "abcde"),
            "1 bytes at its end");
        row("gap before the first", one(R"("dtype":"U8","shape":[3],"data_offsets":[1,4])"),
            "bytes before its tensor \"w\"");
        row("overlap",
            withHeader(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                       "abcd"),
            "\"b\" overlaps");
        row("empty tensor inside another",
            withHeader(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                       R"("b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})",
                       "abcd"),
            "\"b\" overlaps");
        row("metadata are a list", withHeader(R"({"__metadata__":[]})", ""),
            "metadata are not a JSON object");
        row("metadata hold a number", withHeader(R"({"__metadata__":{"step":1}})", ""),
            "entry \"step\" is not a string");
    }
    void damageIsRefusedInWords() {
        QFETCH(std::string, bytes);
        QFETCH(std::string, words);
        const std::string message = refusal(bytes);
        QVERIFY2(message.find(words) != std::string::npos, message.c_str());
        QVERIFY(message.size() < 400);
    }

    void everyTruncationIsRefused() {
        const std::string bytes = writeSafetensors(sample());
        for (std::size_t size = 0; size < bytes.size(); ++size)
            QVERIFY2(!refusal(bytes.substr(0, size)).empty(), std::to_string(size).c_str());
        QVERIFY(refusal(bytes).empty());
    }

    void noDamageCrashes() {
        const std::string bytes = writeSafetensors(sample());
        std::mt19937 random(1);
        int refused = 0;
        constexpr int rounds = 20000;
        for (int round = 0; round < rounds; ++round) {
            std::string damaged = bytes;
            for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
                // Mostly in the prefix and the header.
                const std::size_t place = random() % (damaged.size() - floats.size());
                switch (random() % 3) {
                case 0:
                    damaged[place] = static_cast<char>(random());
                    break;
                case 1:
                    damaged.erase(place, random() % 5);
                    break;
                default:
                    damaged.insert(place, 1, "0123456789[]{}\",:-e."[random() % 20]);
                }
            }
            // A throw of another type than Error fails the test.
            refused += !refusal(damaged).empty();
        }
        QVERIFY(refused > rounds / 2);
        QVERIFY(refused < rounds);
    }

    void whatCannotBeWrittenIsRefused() {
        const auto single = [](const SafetensorsEntry& entry) { return Safetensors{{}, {entry}}; };
        QVERIFY(writingRefusal(single({"w", "F32", {3}, bytesOf(floats)})).empty());
        QVERIFY(writingRefusal(single({"w", "F32", {4}, bytesOf(floats)})).find("do not fit its shape") !=
                std::string::npos);
        QVERIFY(writingRefusal(single({"w", "C64", {3}, bytesOf(floats)})).find("of dtype C64") !=
                std::string::npos);
        QVERIFY(writingRefusal(single({"__metadata__", "F32", {3}, bytesOf(floats)})).find("is called") !=
                std::string::npos);
        QVERIFY(writingRefusal(single({"\xff", "F32", {3}, bytesOf(floats)})).find("UTF-8") !=
                std::string::npos);
        Safetensors twice = single({"w", "F32", {3}, bytesOf(floats)});
        twice.entries.push_back(twice.entries[0]);
        QVERIFY(writingRefusal(twice).find("two tensors are called \"w\"") != std::string::npos);
        QVERIFY(writingRefusal({.metadata = {{"a", "\xc3("}}, .entries = {}}).find("UTF-8") !=
                std::string::npos);
    }
};

DSTN_TEST(TestSafetensors)
#include "tst_safetensors.moc"
