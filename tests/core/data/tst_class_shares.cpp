#include "core/data/class_shares.h"
#include "tests/core/data/labels_of.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

class TestClassShares : public QObject {
    Q_OBJECT

    using Indices = std::vector<std::int64_t>;

    static Indices keptOf(const Indices& counts, std::int64_t limit) {
        const Indices labels = labelsOf(counts);
        const auto classes = static_cast<std::int64_t>(counts.size());
        return countClasses(labels, classes, firstOfEachClass(labels, classes, limit));
    }

  private slots:
    void sharesAreThoseOfTheWhole() {
        QCOMPARE(keptOf({100, 100, 100}, 30), (Indices{10, 10, 10}));
        QCOMPARE(keptOf({600, 300, 100}, 10), (Indices{6, 3, 1}));
        // The largest remainders are rounded up: 3.5, 2.1 and 1.4 of 7; the earlier of equal ones.
        QCOMPARE(keptOf({50, 30, 20}, 7), (Indices{4, 2, 1}));
        QCOMPARE(keptOf({10, 10, 10}, 4), (Indices{2, 1, 1}));
        QCOMPARE(keptOf({10, 10, 10}, 5), (Indices{2, 2, 1}));
        QCOMPARE(keptOf({4, 5}, 9), (Indices{4, 5}));
    }

    void rareClassesKeepOne() {
        QCOMPARE(keptOf({1000, 1, 1}, 10), (Indices{8, 1, 1}));
        QCOMPARE(keptOf({1, 1000, 1}, 3), (Indices{1, 1, 1}));
        QCOMPARE(keptOf({500, 500, 1, 1}, 5), (Indices{2, 1, 1, 1}));
    }

    void sumsAndBoundsHoldForAllLimits() {
        for (const Indices& counts : {Indices{7, 1, 30, 2}, {1, 1, 1, 1}, {13, 11}, {1, 99, 3}}) {
            std::int64_t all = 0;
            for (const std::int64_t count : counts) all += count;
            for (auto limit = static_cast<std::int64_t>(counts.size()); limit <= all; ++limit) {
                const Indices kept = keptOf(counts, limit);
                std::int64_t sum = 0;
                for (std::size_t c = 0; c < counts.size(); ++c) {
                    QVERIFY(kept[c] >= 1 && kept[c] <= counts[c]);
                    sum += kept[c];
                }
                QCOMPARE(sum, limit);
            }
        }
    }

    void firstOnesAreTakenInFileOrder() {
        QCOMPARE(firstOfEachClass(labelsOf({4, 2, 2}), 3, 4), (Indices{0, 1, 4, 6}));
        QCOMPARE(firstOfEachClass(Indices{1, 0, 1, 0, 1, 1}, 2, 3), (Indices{0, 1, 2}));
    }
};

DSTN_TEST(TestClassShares)
#include "tst_class_shares.moc"
