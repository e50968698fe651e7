#include "core/data/split.h"
#include "core/data/split_info.h"
#include "tests/core/data/labels_of.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <numeric>

using namespace dstn;

class TestSplit : public QObject {
    Q_OBJECT

    using Indices = std::vector<std::int64_t>;

    static SplitSource classes(const Indices& labels, std::int64_t count) {
        return {.name = "f",
                .examples = static_cast<std::int64_t>(labels.size()),
                .task = TaskKind::classification,
                .labels = labels,
                .classes = count};
    }
    static DataSpec spec(SplitKind split, double validation, double test = 0.0) {
        DataSpec spec;
        spec.split = split;
        spec.validation = validation;
        spec.test = test;
        return spec;
    }
    static DataInfo infoOf(const DataSpec& spec, const SplitSource& source) {
        DataInfo info;
        describeSplit(info, spec, source, makeSplit(spec, source, 0));
        return info;
    }

  private slots:
    void automaticFollowsTheSource() {
        const DataSpec automatic = spec(SplitKind::automatic, 0.25);
        const Indices labels = labelsOf({4, 4});
        SplitSource source = classes(labels, 2);
        QVERIFY(splitKind(automatic, source) == SplitKind::stratified);
        source.validation = OwnPart{.examples = 3, .labels = {}};
        QVERIFY(splitKind(automatic, source) == SplitKind::given);
        QVERIFY(splitKind(automatic, {.name = "f", .examples = 8}) == SplitKind::random);
        for (const SplitKind kind : {SplitKind::tail, SplitKind::random, SplitKind::stratified})
            QVERIFY(splitKind(spec(kind, 0.25), source) == kind);
    }

    void kindsThatTheSourceHasNotAreRefused() {
        const Indices labels = labelsOf({4, 4});
        SplitSource source = classes(labels, 2);
        source.lookedFor = "a folder val";
        EXPECT_ERROR(data, makeSplit(spec(SplitKind::given, 0.25), source, 0),
                     "f: has no validation part of its own", "a folder val would be one",
                     "stratified or random");
        EXPECT_ERROR(data, countSplit(spec(SplitKind::given, 0.25), source), "has no validation part");
        const SplitSource numbers{.name = "f", .examples = 8};
        EXPECT_ERROR(data, makeSplit(spec(SplitKind::stratified, 0.25), numbers, 0), "targets are numbers",
                     "random or tail");
    }

    void sharesOfClassesAreKept() {
        const Indices labels = labelsOf({60, 30, 10});
        const SplitSource source = classes(labels, 3);
        const DataInfo info = infoOf(spec(SplitKind::stratified, 0.2, 0.1), source);
        QCOMPARE(info.testOfClass, (Indices{6, 3, 1}));
        QCOMPARE(info.validationOfClass, (Indices{11, 5, 2}));
        QCOMPARE(info.trainOfClass, (Indices{43, 22, 7}));
        QVERIFY(info.warnings.empty());
        // The seed draws which, not how many; nothing is lost, nothing is twice.
        const DataSpec third = spec(SplitKind::stratified, 1.0 / 3);
        const Split one = makeSplit(third, source, 1), other = makeSplit(third, source, 2);
        QVERIFY(one.validation == makeSplit(third, source, 1).validation);
        QVERIFY(one.validation != other.validation);
        Indices all = one.train;
        all.insert(all.end(), one.validation.begin(), one.validation.end());
        std::sort(all.begin(), all.end());
        Indices expected(100);
        std::iota(expected.begin(), expected.end(), 0);
        QCOMPARE(all, expected);
    }

    void everyClassIsTrainedAndMeasured() {
        for (const Indices& counts : {Indices{100, 2, 2}, {2, 2, 2}, {1, 50, 3}, {2, 2, 40, 1, 9}}) {
            const Indices labels = labelsOf(counts);
            const SplitSource source = classes(labels, static_cast<std::int64_t>(counts.size()));
            for (const double validation : {0.1, 0.25, 0.5, 0.9})
                for (const double test : {0.0, 0.2}) {
                    const DataSpec asked = spec(SplitKind::stratified, validation, test);
                    if (thrownBy([&] { countSplit(asked, source); })) continue; // a part without examples
                    const DataInfo info = infoOf(asked, source);
                    for (std::size_t c = 0; c < counts.size(); ++c) {
                        QVERIFY(info.trainOfClass[c] >= 1);
                        const auto present = std::count_if(counts.begin(), counts.end(),
                                                           [](std::int64_t count) { return count > 1; });
                        if (counts[c] > 1 && info.validation >= present)
                            QVERIFY(info.validationOfClass[c] >= 1);
                    }
                    QCOMPARE(info.train + info.validation + info.test,
                             static_cast<std::int64_t>(labels.size()));
                }
        }
    }

    void ownPartsAreUsedAsTheyAre() {
        const Indices labels = labelsOf({5, 5}), validation = labelsOf({2, 1}), test = labelsOf({1, 0});
        SplitSource source = classes(labels, 2);
        source.validation = OwnPart{.examples = 3, .labels = validation};
        const Split alone = makeSplit(spec(SplitKind::automatic, 0.3), source, 0);
        QCOMPARE(alone.train.size(), std::size_t{10});
        QVERIFY(alone.validation.empty() && alone.test.empty());
        // A share for testing comes from the training part.
        const DataInfo shared = infoOf(spec(SplitKind::given, 0.3, 0.2), source);
        QCOMPARE(shared.trainOfClass, (Indices{4, 4}));
        QCOMPARE(shared.validationOfClass, (Indices{2, 1}));
        QCOMPARE(shared.testOfClass, (Indices{1, 1}));
        source.test = OwnPart{.examples = 1, .labels = test};
        const DataInfo both = infoOf(spec(SplitKind::automatic, 0.3, 0.2), source);
        QCOMPARE(both.train, 10);
        QCOMPARE(both.validation, 3);
        QCOMPARE(both.test, 1);
        QCOMPARE(both.testOfClass, (Indices{1, 0}));
        QVERIFY(both.decisions.at(0).find("the data's own, of 3 examples") != std::string::npos);
        // Another kind leaves the part aside, and says so.
        const DataInfo random = infoOf(spec(SplitKind::random, 0.3), source);
        QCOMPARE(random.train, 7);
        QVERIFY(random.warnings.at(0).find("its own validation part of 3 examples is left unused") !=
                std::string::npos);
    }

    void tailOfAnOrderedSourceIsRefused_data() {
        QTest::addColumn<QList<qint64>>("labels");
        QTest::addColumn<bool>("refused");
        QTest::newRow("sorted") << QList<qint64>{0, 0, 0, 0, 1, 1, 1, 1} << true;
        QTest::newRow("sorted backwards") << QList<qint64>{2, 2, 2, 1, 1, 1, 0, 0, 0} << true;
        QTest::newRow("blocks twice") << QList<qint64>{0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1} << true;
        QTest::newRow("mixed") << QList<qint64>{0, 1, 0, 0, 1, 1, 0, 1} << false;
        QTest::newRow("in turn") << QList<qint64>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2} << false;
        QTest::newRow("one each") << QList<qint64>{0, 1, 2, 3} << false;
    }
    void tailOfAnOrderedSourceIsRefused() {
        QFETCH(QList<qint64>, labels);
        QFETCH(bool, refused);
        const Indices own(labels.begin(), labels.end());
        const SplitSource source = classes(own, *std::max_element(own.begin(), own.end()) + 1);
        const DataSpec tail = spec(SplitKind::tail, 0.25);
        if (!refused) {
            QCOMPARE(makeSplit(tail, source, 0).validation.back(), labels.size() - 1);
            return;
        }
        EXPECT_ERROR(data, makeSplit(tail, source, 0), "f: the examples are ordered by class",
                     "Set data.split to stratified or random.");
    }

    void classesWithoutExamplesAreWarnedOf() {
        const Indices labels = labelsOf({2, 2, 2});
        SplitSource source = classes(labels, 3);
        source.classNames = {"cat", "dog", "owl"};
        DataSpec limited = spec(SplitKind::random, 0.25);
        limited.limit = 4;
        QVERIFY(infoOf(limited, source)
                    .warnings.at(0)
                    .starts_with("f: none of the first 4 examples, which data.limit keeps, belongs to class "
                                 "owl (of 3 classes in "
                                 "all). Raise data.limit"));
        // Examples of it in the test part do not change that.
        const Indices own{2};
        source.test = OwnPart{.examples = 1, .labels = own};
        QVERIFY(infoOf(limited, source).warnings.at(0).find("none of the first 4 examples") !=
                std::string::npos);
        // Four classes of one example each: one is held out, and so is not trained.
        const Indices single = labelsOf({1, 1, 1, 1});
        const DataInfo drawn = infoOf(spec(SplitKind::random, 0.25), classes(single, 4));
        QCOMPARE(drawn.warnings.size(), std::size_t{2});
        QVERIFY(drawn.warnings[0].find("the training part holds no example of class") != std::string::npos);
        QVERIFY(drawn.warnings[0].find("all are held out") != std::string::npos);
        QVERIFY(drawn.warnings[1].find("the validation part holds no example of the classes") !=
                std::string::npos);
        QVERIFY(drawn.warnings[1].ends_with("Set data.split to stratified, or raise data.validation."));
        // A class that no example has.
        const DataInfo phantom = infoOf(spec(SplitKind::stratified, 0.25), classes(labels, 4));
        QVERIFY(phantom.warnings.at(0).find(
                    "no example of class 3 (of 4 classes in all), so that it cannot") != std::string::npos);
    }

    void manyClassesAreCut() {
        const Indices labels = labelsOf(Indices(100, 1));
        DataSpec limited = spec(SplitKind::random, 0.34);
        limited.limit = 3;
        QVERIFY(infoOf(limited, classes(labels, 100))
                    .warnings.at(0)
                    .find("the classes 3, 4, 5, 6, 7 and 92 more (of 100 classes in all)") !=
                std::string::npos);
    }

    void withoutASeedNothingIsSaidOfWhatIsDrawn() {
        const Indices labels = labelsOf({4, 4});
        const SplitSource source = classes(labels, 2);
        QVERIFY(!probedSplit(spec(SplitKind::random, 0.25), source, {}));
        QVERIFY(probedSplit(spec(SplitKind::random, 0.25), source, 7));
        QVERIFY(probedSplit(spec(SplitKind::stratified, 0.25), source, {}));
    }
};

DSTN_TEST(TestSplit)
#include "tst_split.moc"
