#include "core/data/csv_reader.h"
#include "tests/program.h"

#include <QTest>

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

// Counts what the whole program holds.
static std::atomic<std::size_t> held = 0, most = 0;

void* operator new(std::size_t size) {
    void* place = std::malloc(size);
    if (place == nullptr) throw std::bad_alloc();
    const std::size_t now = held += malloc_usable_size(place);
    if (now > most) most = now;
    return place;
}
void operator delete(void* place) noexcept {
    if (place != nullptr) held -= malloc_usable_size(place);
    std::free(place);
}
void operator delete(void* place, std::size_t) noexcept { operator delete(place); }

using namespace dstn;

class TestCsvMemory : public QObject {
    Q_OBJECT

  private slots:
    void estimateCoversWhatReadingTakes_data() {
        QTest::addColumn<QByteArray>("row");
        QTest::newRow("two short columns, numbers") << QByteArray("1,2.5\n1,3\n");
        QTest::newRow("two short columns, classes") << QByteArray("1,2\n1,3\n");
        QTest::newRow("two short columns, texts") << QByteArray("1,a\n1,b\n");
        QTest::newRow("many columns") << QByteArray("1,2,3,4,5,6,7,8,2.5\n1,2,3,4,5,6,7,8,3.5\n");
        QTest::newRow("long numbers")
            << QByteArray("0.12345678901234,2.12345678901234\n0.12345678901234,1\n");
        QTest::newRow("spaces") << QByteArray("1  2  2.5\n1  2  3.5\n");
    }
    void estimateCoversWhatReadingTakes() {
        QFETCH(QByteArray, row);
        const std::string text = row.repeated(20'000).toStdString();
        const double estimate = csvTableBytes(text);
        const std::size_t before = held;
        most = before;
        {
            const Table table = parseCsv(text, {.header = Header::absent}, "f.csv");
            QCOMPARE(table.rows, 40'000);
        }
        const auto taken = static_cast<double>(most - before);
        QVERIFY2(taken <= estimate * 1.02, qPrintable(QString("%1 of %2").arg(taken).arg(estimate)));
        QVERIFY2(taken >= estimate / 3, qPrintable(QString("%1 of %2").arg(taken).arg(estimate)));
    }
};

DSTN_TEST(TestCsvMemory)
#include "tst_csv_memory.moc"
