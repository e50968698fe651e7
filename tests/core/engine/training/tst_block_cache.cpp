#include "core/engine/training/block_cache.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

class TestBlockCache : public QObject {
    Q_OBJECT

    static constexpr std::int64_t mebi = 1 << 20;
    static Tensor bytes(std::int64_t count) { return at::empty({count}, at::kByte); }

  private Q_SLOTS:
    static void init() { BlockCache::install().release(); }

    void freedBlockServesTheNextOfItsSize() {
        BlockCache& cache = BlockCache::install();
        Tensor tensor = bytes(mebi);
        const void* place = tensor.data_ptr();
        QCOMPARE(reinterpret_cast<std::uintptr_t>(place) % 64, std::uintptr_t{0});
        tensor.fill_(7);
        tensor.reset();
        QCOMPARE(cache.keptBytes(), static_cast<std::size_t>(mebi));
        QCOMPARE(cache.usedBytes(), std::size_t{0});
        const Tensor next = bytes(mebi - mebi / 8); // a little smaller will do
        QCOMPARE(next.data_ptr(), place);
        QCOMPARE(cache.keptBytes(), std::size_t{0});
        QCOMPARE(cache.usedBytes(), static_cast<std::size_t>(mebi));
    }

    void muchLargerBlockIsNotSpentOnASmallTensor() {
        { const Tensor tensor = bytes(8 * mebi); }
        const Tensor small = bytes(mebi);
        QCOMPARE(BlockCache::install().keptBytes(), static_cast<std::size_t>(8 * mebi));
    }

    void smallBlocksAreNotKept() {
        { const Tensor tensor = bytes(1000); }
        QCOMPARE(BlockCache::install().keptBytes(), std::size_t{0});
    }

    void footprintStaysThatOfTheWorstMoment() {
        BlockCache& cache = BlockCache::install();
        { const Tensor tensor = bytes(64 * mebi); }
        // Ever other sizes would pile up.
        for (std::int64_t size = 1; size < 60; ++size) {
            const Tensor tensor = bytes(size * mebi);
            QVERIFY(cache.keptBytes() + cache.usedBytes() <= static_cast<std::size_t>(80 * mebi));
        }
    }

    void releaseGivesAllBack() {
        { const Tensor tensor = bytes(mebi); }
        BlockCache::install().release();
        QCOMPARE(BlockCache::install().keptBytes(), std::size_t{0});
    }

    /// Tensors count by what they asked for, though a block may be larger.
    void peakIsTheMostThatTensorsTook() {
        BlockCache& cache = BlockCache::install();
        { const Tensor tensor = bytes(mebi); }
        cache.restartPeak();
        QCOMPARE(cache.tensorBytes(), std::size_t{0});
        {
            const Tensor first = bytes(mebi - mebi / 8), second = bytes(2 * mebi);
            QCOMPARE(cache.usedBytes(), static_cast<std::size_t>(3 * mebi));
            QCOMPARE(cache.tensorBytes(), static_cast<std::size_t>(3 * mebi - mebi / 8));
        }
        const Tensor last = bytes(mebi);
        QCOMPARE(cache.tensorBytes(), static_cast<std::size_t>(mebi));
        QCOMPARE(cache.peakTensorBytes(), static_cast<std::size_t>(3 * mebi - mebi / 8));
        cache.restartPeak();
        QCOMPARE(cache.peakTensorBytes(), static_cast<std::size_t>(mebi));
    }

    void impossibleSizeIsRefused() {
        QVERIFY_EXCEPTION_THROWN(bytes(std::int64_t{1} << 60), std::exception);
        QCOMPARE(BlockCache::install().usedBytes(), std::size_t{0});
    }
};

DSTN_TEST(TestBlockCache)
#include "tst_block_cache.moc"
