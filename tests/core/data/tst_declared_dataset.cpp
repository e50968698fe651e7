#include "core/data/dataset.h"
#include "core/error.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

/// What is known of a source without its data.
class TestDeclaredDataset : public QObject {
    Q_OBJECT

  private slots:
    void publishedImagesHaveTheirForm_data() {
        QTest::addColumn<int>("source");
        QTest::addColumn<QList<qint64>>("input");
        QTest::addColumn<qint64>("classes");
        QTest::addColumn<qint64>("train");
        const auto row = [](const char* name, DataSource source, QList<qint64> input, qint64 classes,
                            qint64 train) {
            QTest::newRow(name) << static_cast<int>(source) << std::move(input) << classes << train;
        };
        row("fashion-mnist", DataSource::fashionMnist, {1, 28, 28}, 10, 60'000);
        row("cifar10", DataSource::cifar10, {3, 32, 32}, 10, 50'000);
        row("cifar100", DataSource::cifar100, {3, 32, 32}, 100, 50'000);
    }
    void publishedImagesHaveTheirForm() {
        QFETCH(int, source);
        QFETCH(QList<qint64>, input);
        QFETCH(qint64, classes);
        QFETCH(qint64, train);
        const auto info = declaredDataset(
            {.source = static_cast<DataSource>(source), .path = "nowhere", .validation = 0.2});
        QVERIFY(info);
        QVERIFY(info->task == TaskKind::classification);
        QCOMPARE(info->input, Shape(input.begin(), input.end()));
        QCOMPARE(info->outputs, std::int64_t{classes});
        QCOMPARE(info->train, train * 4 / 5);
        QCOMPARE(info->validation, train / 5);
        QCOMPARE(info->test, std::int64_t{10'000});
    }

    void otherSourcesCanHoldAnything() {
        for (const DataSource source :
             {DataSource::idx, DataSource::csv, DataSource::text, DataSource::syntheticRegression})
            QVERIFY(!declaredDataset({.source = source}));
    }

    void splitThatLeavesNothingIsRefused() {
        QVERIFY_EXCEPTION_THROWN(declaredDataset({.source = DataSource::cifar10, .limit = 1}), Error);
    }
};

DSTN_TEST(TestDeclaredDataset)
#include "tst_declared_dataset.moc"
