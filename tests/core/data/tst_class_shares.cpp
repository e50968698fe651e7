#include "core/data/class_shares.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>

using namespace dstn;

class TestClassShares : public QObject {
    Q_OBJECT

    using Indices = std::vector<std::int64_t>;

    /// Labels of so many examples of class 0, then 1, …
    static Indices labelsOf(const Indices& counts) {
        Indices labels;
        for (std::size_t c = 0; c < counts.size(); ++c)
            labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
        return labels;
    }
    static Indices keptOf(const Indices& labels, const Indices& which) {
        Indices counts(static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end()) + 1));
        for (const std::int64_t i : which)
            ++counts[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])];
        return counts;
    }
    static Indices keptOf(const Indices& counts, std::int64_t limit) {
        const Indices labels = labelsOf(counts);
        return keptOf(labels, firstOfEachClass(labels, static_cast<std::int64_t>(counts.size()), limit));
    }
    static std::string warning(const DataSpec& spec, const Indices& labels, const Split& split,
                               const std::vector<std::string>& names = {}) {
        return absentClasses(spec, labels, names, split, "f").value_or("");
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

    void absentClassesAreNamedWithWhatToDo() {
        const Indices labels = labelsOf({2, 2, 2});
        DataSpec spec;
        spec.limit = 4;
        const Split limited{.train = {0, 2, 3}, .validation = {1}, .test = {}};
        QCOMPARE(
            warning(spec, labels, limited, {"cat", "dog", "owl"}),
            std::string("f: none of the first 4 examples, which data.limit keeps, belongs to class owl (of 3 "
                        "classes in all). Raise data.limit, or bring the examples into random order."));
        spec.limit = 0;
        const Split rare{.train = {0, 1, 2, 3}, .validation = {4}, .test = {5}};
        QCOMPARE(warning(spec, labels, rare),
                 std::string(
                     "f: the training part holds no example of class 2 (of 3 classes in all); all are held "
                     "out. Use more examples of them, or change data.validation or data.test."));
        spec.split = SplitKind::tail;
        QVERIFY(warning(spec, labels, rare)
                    .ends_with("Set data.split to random, or bring the examples into "
                               "random order."));
        QCOMPARE(warning(spec, labels, {.train = {0, 2, 4}, .validation = {1, 3}, .test = {5}}),
                 std::string());
    }

    void manyAbsentClassesAreCut() {
        const Indices labels = labelsOf(Indices(100, 1));
        DataSpec spec;
        spec.limit = 3;
        const std::string text = warning(spec, labels, {.train = {0, 1}, .validation = {2}, .test = {}});
        QVERIFY(text.find("the classes 3, 4, 5, 6, 7 and 92 more (of 100 classes in all)") !=
                std::string::npos);
    }
};

DSTN_TEST(TestClassShares)
#include "tst_class_shares.moc"
