#include "core/data/dataset.h"
#include "core/data/text_folder.h"
#include "tests/core/data/idx_files.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace dstn;
using namespace idxfiles;
using Tokens = std::vector<std::int32_t>;
using Words = std::vector<std::string>;

class TestTextDataset : public QObject {
    Q_OBJECT

    static DataSpec text(const std::string& path) {
        DataSpec spec;
        spec.source = DataSource::text;
        spec.path = path;
        spec.validation = 0.25;
        return spec;
    }
    static DataSpec text(const QTemporaryDir& folder) { return text(folder.path().toStdString()); }

    static Words words(const DataInfo& info, const Examples& part) {
        Words words;
        for (const std::int32_t token : part.tokens)
            words.push_back(info.tokenNames[static_cast<std::size_t>(token)]);
        return words;
    }
    static QStringList names(const TextFolder& folder) {
        QStringList names;
        for (const TextFile& file : folder.train)
            names << QString::fromStdString(std::filesystem::path(file.name).filename().string());
        return names;
    }

  private slots:
    void fileIsCutFromItsEnd() {
        const QTemporaryDir folder;
        DataSpec spec = text(write(folder, "f.txt", "a b c d e f g h i j"));
        spec.test = 0.3;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(words(data.info, data.train), (Words{"a", "b", "c", "d", "e", "f"}));
        QCOMPARE(words(data.info, data.validation), (Words{"<unk>", "<unk>"}));
        QCOMPARE(words(data.info, data.test), (Words{"<unk>", "<unk>", "<eos>"}));
        QVERIFY(data.info.task == TaskKind::language);
        QCOMPARE(data.info.input, Shape{70});
        QCOMPARE(data.info.vocabulary, 8);
        QCOMPARE(data.info.outputs, 8);
        QCOMPARE(data.info.tokenNames.size(), std::size_t{8});
        QCOMPARE(data.info.train, 6);
        QCOMPARE(data.info.validation, 2);
        QCOMPARE(data.info.test, 3);
        QCOMPARE(data.train.count, 6);
        QVERIFY(data.train.inputs.empty() && data.train.labels.empty() && data.train.targets.empty());
    }

    void limitAndSequenceAreObeyed() {
        const QTemporaryDir folder;
        DataSpec spec = text(write(folder, "f.txt", "a b c d e f g h i j\n"));
        spec.limit = 8;
        spec.sequence = 5;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(words(data.info, data.train), (Words{"a", "b", "c", "d", "e", "f"}));
        QCOMPARE(data.info.validation, 2);
        QCOMPARE(data.info.input, Shape{5});
    }

    void pennTreebankComesWithItsParts() {
        const QTemporaryDir folder;
        write(folder, "ptb.train.txt", " no it was n't <unk> \n no \n");
        write(folder, "ptb.valid.txt", " it was new \n");
        write(folder, "ptb.test.txt", " no \n");
        write(folder, "README.txt", "nothing to read");
        const Dataset data = loadDataset(text(folder), 0);
        QCOMPARE(words(data.info, data.train),
                 (Words{"no", "it", "was", "n't", "<unk>", "<eos>", "no", "<eos>"}));
        QCOMPARE(words(data.info, data.validation), (Words{"it", "was", "<unk>", "<eos>"}));
        QCOMPARE(words(data.info, data.test), (Words{"no", "<eos>"}));
        QCOMPARE(data.info.tokenNames.front(), std::string("<eos>"));
    }

    void otherNamesOfPartsAreFound() {
        for (const auto& [train, valid] :
             {std::pair{"train.txt", "valid.txt"}, std::pair{"wiki.train.tokens", "wiki.valid.tokens"}}) {
            const QTemporaryDir folder;
            write(folder, train, "a b, c\n");
            write(folder, valid, "a c\n");
            const Dataset data = loadDataset(text(folder), 0);
            QCOMPARE(words(data.info, data.train), (Words{"a", "b,", "c", "<eos>"}));
            QCOMPARE(words(data.info, data.validation), (Words{"a", "c", "<eos>"}));
            QCOMPARE(data.info.test, 0);
        }
    }

    void partsGoByTheirNames_data() {
        QTest::addColumn<QStringList>("names"); // for training, validation, testing
        QTest::newRow("val") << QStringList{"train.txt", "val.txt", "test.txt"};
        QTest::newRow("raw") << QStringList{"wiki.train.raw", "wiki.valid.raw", "wiki.test.raw"};
        QTest::newRow("upper case") << QStringList{"Train.TXT", "DEV.txt", "Testing.txt"};
        QTest::newRow("long") << QStringList{"training.tokens", "validation.tokens", "testing.tokens"};
        QTest::newRow("prefix") << QStringList{"shakespeare_train.txt", "shakespeare_val.txt",
                                               "shakespeare_test.txt"};
        QTest::newRow("folders") << QStringList{"train/1.txt", "val/1.txt", "test/1.txt"};
    }
    void partsGoByTheirNames() {
        QFETCH(QStringList, names);
        const QTemporaryDir folder;
        for (const char* part : {"train", "val", "test"})
            if (names[0].contains('/')) QDir(folder.path()).mkdir(part);
        write(folder, names[0].toLatin1(), "a b c d e\n");
        write(folder, names[1].toLatin1(), "a b x\n");
        write(folder, names[2].toLatin1(), "c d\n");
        write(folder, "notes.md", "other");
        const Dataset data = loadDataset(text(folder), 0);
        QCOMPARE(words(data.info, data.train), (Words{"a", "b", "c", "d", "e", "<eos>"}));
        QCOMPARE(words(data.info, data.validation), (Words{"a", "b", "<unk>", "<eos>"}));
        QCOMPARE(words(data.info, data.test), (Words{"c", "d", "<eos>"}));
        QVERIFY(data.info.warnings.at(0).ends_with("1 file is left unused: notes.md."));
        QVERIFY(data.info.decisions.at(0).starts_with("The text comes in parts: "));
        QCOMPARE(probeDataset(text(folder)).warnings, data.info.warnings);
    }

    void besideATrainingFileOthersAreLeftUnused() {
        const QTemporaryDir folder;
        write(folder, "train.txt", "a b, c d e f g h\n");
        write(folder, "heldout.txt", "x y z\n");
        const Dataset data = loadDataset(text(folder), 0);
        QCOMPARE(data.info.train + data.info.validation, 10);
        QCOMPARE(words(data.info, data.train), (Words{"a", "b", ",", "c", "d", "e", "f"}));
        QVERIFY(data.info.warnings.at(0).ends_with("1 file is left unused: heldout.txt."));
    }

    void partsThatCannotBeToldAreRefused() {
        const QTemporaryDir folder;
        write(folder, "a.txt", "a b c d e f\n");
        write(folder, "val.txt", "a b c\n");
        EXPECT_ERROR(data, probeDataset(text(folder)), "val.txt: is named like a part",
                     "Name that train.txt");
        write(folder, "train.txt", "a b c d\n");
        write(folder, "valid.txt", "a b c\n");
        EXPECT_ERROR(data, probeDataset(text(folder)), "both val.txt and valid.txt name the same part");
        std::filesystem::remove(folder.filePath("valid.txt").toStdString());
        write(folder, "wiki.train.tokens", "a b c d\n");
        write(folder, "wiki.valid.tokens", "a b c d\n");
        EXPECT_ERROR(data, probeDataset(text(folder)), "holds several texts in parts");
    }

    void validationComesFromTrainingWhereItHasNoFile() {
        const QTemporaryDir folder;
        write(folder, "train.txt", "a b c d e f g\n");
        write(folder, "test.txt", "a c\n");
        DataSpec spec = text(folder);
        spec.test = 0.5;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(data.info.train, 6);
        QCOMPARE(words(data.info, data.validation), (Words{"<unk>", "<eos>"}));
        QCOMPARE(words(data.info, data.test), (Words{"a", "c", "<eos>"}));
    }

    void textFilesOfAFolderFollowEachOtherByName() {
        const QTemporaryDir folder;
        write(folder, "b.txt", "License, two\n");
        write(folder, "a.txt", "one");
        write(folder, "c.md", "no text file by its name");
        write(folder, ".hidden.txt", "hidden");
        QDir(folder.path()).mkdir("inner");
        write(folder, "inner/d.txt", "three four five\n");
        const Dataset data = loadDataset(text(folder), 0);
        QCOMPARE(words(data.info, data.train),
                 (Words{"one", "<eos>", "License", ",", "two", "<eos>", "three"}));
        QCOMPARE(data.info.validation, 3);
    }

    void filesThatAreTextStandInWhereNoneIsNamedSo() {
        const QTemporaryDir folder;
        write(folder, "GPL-2", "two");
        write(folder, "GPL-3", "three");
        write(folder, "picture", QByteArray("\x89PNG\0", 5));
        write(folder, "latin", "caf\xE9");
        // One file under two names counts once.
        std::filesystem::create_symlink("GPL-3", folder.filePath("GPL").toStdString());
        QCOMPARE(names(readTextFolder(folder.path().toStdString())), (QStringList{"GPL", "GPL-2"}));
    }

    void linksToFoldersAreNotFollowed() {
        const QTemporaryDir folder;
        write(folder, "a.txt", "a b c d\n");
        std::filesystem::create_directory_symlink(".", folder.filePath("self").toStdString());
        QCOMPARE(names(readTextFolder(folder.path().toStdString())), QStringList{"a.txt"});
    }

    void charactersAndVocabularyLimitsAreObeyed() {
        const QTemporaryDir folder;
        DataSpec spec = text(write(folder, "f.txt", "aabbbcxx"));
        spec.level = TextLevel::character;
        spec.vocabulary = 3;
        const Dataset data = loadDataset(spec, 0);
        QCOMPARE(data.info.tokenNames, (Words{"b", "a", "<unk>"}));
        QCOMPARE(data.train.tokens, (Tokens{1, 1, 0, 0, 0, 2}));
        QCOMPARE(data.validation.tokens, (Tokens{2, 2}));
        spec.minCount = 3;
        QCOMPARE(loadDataset(spec, 0).info.tokenNames, (Words{"<unk>", "b"}));
    }

    void packedTextIsRead() {
        const QTemporaryDir folder;
        const DataSpec spec = text(write(folder, "f.txt.gz", gzip("a b c d e f g\n")));
        QCOMPARE(loadDataset(spec, 0).info.train, 6);
    }

    void probeSaysWhatLoadingYields() {
        const QTemporaryDir folder;
        write(folder, "a.txt", "one two three, four five six seven\n");
        for (const TextLevel level : {TextLevel::word, TextLevel::character}) {
            DataSpec spec = text(folder);
            spec.level = level;
            spec.test = 0.3;
            const DataInfo probed = probeDataset(spec), loaded = loadDataset(spec, 3).info;
            QVERIFY(probed.task == TaskKind::language);
            QCOMPARE(probed.input, loaded.input);
            QCOMPARE(probed.outputs, loaded.outputs);
            QCOMPARE(probed.vocabulary, loaded.vocabulary);
            QCOMPARE(probed.tokenNames, loaded.tokenNames);
            QCOMPARE(probed.train, loaded.train);
            QCOMPARE(probed.validation, loaded.validation);
            QCOMPARE(probed.test, loaded.test);
        }
    }

    void placesWithoutTextAreRefused() {
        const QTemporaryDir folder;
        EXPECT_ERROR(data, loadDataset(text(""), 0), "data.path");
        EXPECT_ERROR(data, loadDataset(text("/nonexistent/f.txt"), 0), "/nonexistent/f.txt", "no such file");
        const QByteArray name = folder.path().toUtf8();
        EXPECT_ERROR(data, loadDataset(text(folder), 0), name.constData(), "holds no text: 0 files");
        write(folder, "latin", "caf\xE9");
        EXPECT_ERROR(data, loadDataset(text(folder), 0), "holds no text: 1 file");
        const std::string fifo = folder.filePath("fifo").toStdString();
        QCOMPARE(mkfifo(fifo.c_str(), 0600), 0);
        EXPECT_ERROR(data, loadDataset(text(fifo), 0), "fifo: is not a regular file");
        EXPECT_ERROR(data, probeDataset(text(folder)), "holds no text: 1 file");
    }

    void textThatIsNotUtf8IsRefusedWithItsPlace() {
        const QTemporaryDir folder;
        write(folder, "a.txt", "one two three four\n");
        write(folder, "b.txt", "fine\ncaf\xE9\n");
        EXPECT_ERROR(data, loadDataset(text(folder), 0), "b.txt, line 2, byte 4", "UTF-8");
        write(folder, "train.txt", "a b c\n");
        write(folder, "valid.txt", "a \xFF\n");
        EXPECT_ERROR(data, probeDataset(text(folder)), "valid.txt, line 1, byte 3", "byte ff");
    }

    void linksThatLeadNowhereAreNamed() {
        const QTemporaryDir folder;
        const std::string loop = folder.filePath("loop.txt").toStdString();
        std::filesystem::create_symlink("loop.txt", loop);
        EXPECT_ERROR(data, loadDataset(text(loop), 0), "loop.txt: cannot be opened: Too many levels");
        EXPECT_ERROR(data, loadDataset(text(folder), 0), "loop.txt: cannot be opened: Too many levels");
    }

    void partsWithoutTwoTokensAreRefused() {
        const QTemporaryDir folder;
        EXPECT_ERROR(data, loadDataset(text(write(folder, "f.txt", "")), 0), "f.txt", "0 tokens");
        EXPECT_ERROR(data, loadDataset(text(write(folder, "f.txt", "a b c")), 0), "f.txt",
                     "the validation part has 1 token;", "data.validation");
        write(folder, "train.txt", "a b c\n");
        write(folder, "valid.txt", "a b\n");
        write(folder, "test.txt", "");
        EXPECT_ERROR(data, loadDataset(text(folder), 0), "the test part has 0 tokens;");
    }

    void vocabularyWithoutRoomIsRefused() {
        const QTemporaryDir folder;
        DataSpec spec = text(write(folder, "f.txt", "a b c d e f g h\n"));
        spec.vocabulary = 2;
        EXPECT_ERROR(data, probeDataset(spec), "f.txt", "vocabulary of 2", "data.vocabulary");
    }

    void cancellingEndsTheLoading() {
        const QTemporaryDir folder;
        write(folder, "a.txt", "one two three four\n");
        EXPECT_ERROR(interrupted, loadDataset(text(folder), 0, [](auto, double) { return false; }),
                     "cancelled");
    }
};

DSTN_TEST(TestTextDataset)
#include "tst_text_dataset.moc"
