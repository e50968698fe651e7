#include "core/data/data_identity.h"
#include "core/data/dataset.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace dstn;

class TestDataIdentity : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    std::string write(const QString& name, const QByteArray& bytes) const {
        const std::filesystem::path path = folder_.filePath(name).toStdString();
        std::filesystem::create_directories(path.parent_path());
        QFile file(QString::fromStdString(path.string()));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("%s cannot be written", path.c_str());
        return path.string();
    }
    static QByteArray table() { return "x,y\n1,0.5\n2,1.5\n3,2.5\n4,3.5\n5,4.5\n6,5.5\n7,6.5\n8,7.5\n"; }
    static DataIdentity read(const std::string& path, DataSource source = DataSource::csv) {
        DataSpec spec{.source = source, .path = path};
        spec.task = TaskKind::regression;
        spec.validation = 0.25;
        return loadDataset(spec, 0).identity;
    }

  private slots:
    void fileIsKnownByItsContents() {
        const DataIdentity first = read(write("one/d.csv", table()));
        QCOMPARE(first.path, folder_.filePath("one/d.csv").toStdString());
        QCOMPARE(first.files, std::int64_t{1});
        QCOMPARE(first.bytes, static_cast<std::int64_t>(table().size()));
        QCOMPARE(first.hash.size(), std::size_t{32});
        QCOMPARE(read(first.path), first);
        QCOMPARE(identityText(first), first.path + ", 52 bytes, XXH3 " + first.hash);
        QCOMPARE(identityText({}), std::string());
        // Elsewhere, under another name.
        const DataIdentity moved = read(write("two/other.csv", table()));
        QVERIFY(moved.path != first.path);
        QCOMPARE(difference(first, moved), std::string());
    }

    void whatDiffersIsSaid() {
        const DataIdentity first = read(write("d.csv", table()));
        QCOMPARE(difference(first, read(write("d.csv", table() + "9,8.5\n"))),
                 std::string("52 bytes then, 58 bytes now"));
        // The same rows in another order.
        QByteArray reordered = table();
        reordered.replace("1,0.5\n2,1.5\n", "2,1.5\n1,0.5\n");
        QCOMPARE(difference(first, read(write("d.csv", reordered))),
                 std::string("52 bytes as before, with other contents"));
        QCOMPARE(difference({}, first), std::string()); // a run of an earlier version
    }

    void everyFileOfAFolderCounts() {
        for (const char* name : {"a.txt", "b.txt"})
            write(QString("texts/") + name, "the cat sat on the mat\n");
        const std::string folder = folder_.filePath("texts").toStdString();
        const auto texts = [&] {
            DataSpec spec{.source = DataSource::text, .path = folder};
            spec.validation = 0.25;
            spec.test = 0.0;
            return loadDataset(spec, 0).identity;
        };
        const DataIdentity first = texts();
        QCOMPARE(first.files, std::int64_t{2});
        QCOMPARE(first.bytes, std::int64_t{46});
        QVERIFY(QFile::rename(folder_.filePath("texts/b.txt"), folder_.filePath("texts/c.txt")));
        QCOMPARE(difference(first, texts()),
                 std::string("2 files of 46 bytes as before, with other contents"));
        QVERIFY(QFile::remove(folder_.filePath("texts/c.txt")));
        QCOMPARE(difference(first, texts()), std::string("2 files of 46 bytes then, 23 bytes now"));
    }

    void dataThatAreMadeHaveNone() {
        DataSpec spec{.source = DataSource::syntheticClassification};
        spec.examples = 40;
        const DataIdentity made = loadDataset(spec, 0).identity;
        QVERIFY(made.path.empty() && made.hash.empty() && made.files == 0);
        QCOMPARE(loadDataset(spec, 0).identity, made);
    }

    /// The same files, divided otherwise.
    void partsAreKnownByTheirExamples() {
        DataSpec spec{.source = DataSource::csv, .path = write("d.csv", table())};
        spec.task = TaskKind::regression;
        spec.validation = 0.25;
        spec.split = SplitKind::random;
        const auto parts = [](const DataSpec& any, std::uint64_t seed = 0) {
            return loadDataset(any, seed).identity;
        };
        const DataIdentity first = parts(spec);
        QCOMPARE(first.split.size(), std::size_t{32});
        QCOMPARE(parts(spec), first);
        std::vector<DataSpec> others(4, spec);
        others[0].split = SplitKind::tail;
        others[1].limit = 6;
        others[2].validation = 0.5;
        others[3].test = 0.25;
        for (const DataSpec& other : others) {
            QCOMPARE(parts(other).hash, first.hash);
            QVERIFY(parts(other).split != first.split);
        }
        QVERIFY(parts(spec, 1).split != first.split);
        // How inputs are scaled moves no example.
        DataSpec scaled = spec;
        scaled.normalize = Normalize::none;
        QCOMPARE(parts(scaled).split, first.split);
    }

    void fileThatChangesMeanwhileIsRefused() {
        const std::string path = write("d.csv", table());
        FilesRead files;
        FilesRead::note(path);
        write("d.csv", table() + "9,8.5\n");
        EXPECT_ERROR(data, files.identity(path), "d.csv: was changed while it was being read");
    }
};

DSTN_TEST(TestDataIdentity)
#include "tst_data_identity.moc"
