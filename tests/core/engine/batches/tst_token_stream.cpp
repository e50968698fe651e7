#include "core/engine/batches/token_stream.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

class TestTokenStream : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void batchesReadEveryTokenOnceAndPredictTheNext() {
        const std::int64_t rows = 3, time = 4, count = 35; // stretches of 11, two tokens left over
        const TokenStream stream(at::arange(count, at::kLong), rows, time);
        QCOMPARE(stream.rows(), rows);
        QCOMPARE(stream.perEpoch(), std::int64_t{3}); // 4, 4 and 2 steps
        std::vector<Tensor> inputs;
        for (std::int64_t i = 0; i < stream.perEpoch(); ++i) {
            const Batch batch = stream.at(i);
            QCOMPARE(batch.inputs.size(1), i < 2 ? time : std::int64_t{2});
            QVERIFY(at::equal(batch.targets, batch.inputs + 1)); // the text counts up
            QCOMPARE(batch.count(), rows);
            QCOMPARE(batch.predictions(), rows * batch.inputs.size(1));
            inputs.push_back(batch.inputs);
        }
        const Tensor read = at::cat(inputs, 1);
        for (std::int64_t row = 0; row < rows; ++row)
            QVERIFY(at::equal(read[row], at::arange(10, at::kLong) + 11 * row));
    }

    void everyEpochStartsAnew() {
        const TokenStream stream(at::arange(50, at::kLong), 2, 6);
        for (std::int64_t i = 0; i < stream.perEpoch(); ++i)
            QVERIFY(at::equal(stream.at(i).inputs, stream.at(i + 2 * stream.perEpoch()).inputs));
    }

    void smallestTextIsOneStep() {
        const TokenStream stream(at::arange(5, at::kLong), 2, 70);
        QCOMPARE(stream.perEpoch(), std::int64_t{1});
        QCOMPARE(stream.at(0).inputs.size(1), std::int64_t{1});
        QVERIFY_EXCEPTION_THROWN(TokenStream(at::arange(3, at::kLong), 2, 70), c10::Error);
    }
};

DSTN_TEST(TestTokenStream)
#include "tst_token_stream.moc"
