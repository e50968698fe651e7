#include "tests/program.h"

#include "tests/core/data/idx_files.h"
#include "tests/core/data/image_files.h"
#include <QCoreApplication>

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

using namespace idxfiles;

namespace {

struct Outcome {
    int code = -1;
    QString out, err;
};

/// One step of plain training; the data are given with --set.
const char* const plain = R"({
  "schema": 1, "name": "plain",
  "data": {"source": "synthetic-classification", "examples": 40, "features": 4, "classes": 4},
  "model": {"parts": [{"type": "flatten"}, {"type": "linear", "out": 4}]},
  "tuner": {"type": "fixed"},
  "batch": {"train": 8, "validation": 4},
  "budget": {"epochs": 1}, "device": "cpu", "threads": 1
})";

const char* const tuned = R"({
  "schema": 1, "name": "tuned",
  "data": {"source": "synthetic-classification", "examples": 40, "features": 4, "classes": 4},
  "model": {"parts": [{"type": "dropout", "rate": "rate"}, {"type": "linear", "out": 4}]},
  "hyperparameters": [{"name": "rate", "initial": 0.97, "min": 0, "max": 0.95}],
  "batch": {"train": 8, "validation": 4},
  "budget": {"epochs": 1}, "device": "cpu", "threads": 1
})";

QByteArray pixels() {
    // Hardly compressible, so that half of a gzip file is half of the images.
    std::vector<std::uint8_t> bytes;
    std::uint32_t state = 1;
    for (int i = 0; i < 40 * 32 * 32; ++i) {
        state = state * 1664525U + 1013904223U;
        bytes.push_back(static_cast<std::uint8_t>(state >> 24U));
    }
    return idx({40, 32, 32}, bytes);
}

QByteArray classes(int count = 40, int last = 3) {
    std::vector<std::uint8_t> labels;
    for (int i = 0; i < count; ++i) labels.push_back(static_cast<std::uint8_t>(i % 4));
    labels.back() = static_cast<std::uint8_t>(last);
    return idx({static_cast<std::uint32_t>(count)}, labels);
}

} // namespace

/// What a person may hand to the program by mistake, each through the real program: the exit code, and the
/// sentence that says what is wrong and where.
class BadInputTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    QString path(const QString& name) const { return folder_.filePath(name); }

    void put(const QString& name, const QByteArray& content) const {
        QVERIFY(QDir(folder_.path()).mkpath(QFileInfo(name).path()));
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(content), content.size());
    }
    void putImages(const QString& name, const QByteArray& images, const QByteArray& labels,
                   const char* ending = "") const {
        put(name + "/train-images-idx3-ubyte" + ending, images);
        put(name + "/train-labels-idx1-ubyte", labels);
    }
    void link(const QString& name) const {
        std::filesystem::create_symlink(name.toStdString(), path(name).toStdString());
    }

    void prepare(QProcess& process, const QString& program, const QStringList& arguments) const {
        process.setProgram(program);
        process.setArguments(arguments);
        process.setWorkingDirectory(folder_.path());
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_DATA_HOME", path("home"));
        process.setProcessEnvironment(environment);
    }
    static Outcome finish(QProcess& process, const QByteArray& input = {}) {
        process.start();
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(120000)) return {};
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    Outcome dstn(const QStringList& arguments, const QByteArray& input = {}) const {
        QProcess process;
        prepare(process, QString(DSTN_BIN_DIR) + "/dstn", arguments);
        return finish(process, input);
    }
    static QString said(const Outcome& outcome) {
        return QString("exit code %1: %2%3").arg(outcome.code).arg(outcome.out, outcome.err);
    }

  private slots:
    void initTestCase() {
        put("plain.json", plain);
        put("tuned.json", tuned);
        put("nan.json",
            QByteArray(tuned)
                .replace("0.97", "0.1")
                .replace("\"batch\"", "\"optimizers\": {\"general\": {\"type\": \"sgd\", \"lr\": 1e30}}, "
                                      "\"regularization\": {\"weight_decay\": 1e9}, \"batch\""));
        put("empty.json", "");
        put("huge.json", QByteArray(17 << 20, ' '));
        link("loop.json");
        putImages("sound", pixels(), classes());
        putImages("truncated", pixels().chopped(5), classes());
        putImages("oversized", pixels() + "x", classes());
        putImages("magic", QByteArray(pixels()).replace(0, 4, "PK\3\4"), classes());
        putImages("many-classes", pixels(), classes(40, 10));
        putImages("counts", pixels(), classes(39));
        const QByteArray packed = gzip(pixels());
        putImages("cut", packed.first(packed.size() * 3 / 4), classes(), ".gz");
        QByteArray corrupt = packed;
        corrupt[corrupt.size() * 3 / 4] = static_cast<char>(~corrupt[corrupt.size() * 3 / 4]);
        putImages("corrupt", corrupt, classes(), ".gz");
        put("ragged.csv", "a,b,y\n1,2,3.5\n1,2\n1,3,4.5\n");
        put("text.csv", "a,b,y\n1,2,3.5\n1,two,2.5\n1,3,4.5\n");
        put("no-rows.csv", "a,b,y\n");
        put("one-class.csv", "a,y\n1,cat\n2,cat\n3,cat\n4,cat\n");
        put("cut.csv.gz", gzip("a,y\n1,cat\n2,dog\n3,cat\n4,dog\n5,cat\n").chopped(12));
        put("large.csv", "a,y\n1,1.5\n1e39,2.5\n3,3.5\n4,4.5\n5,5.5\n6,6.5\n7,7.5\n8,8.5\n9,9.5\n10,10.5\n");
        for (const char* name :
             {"photos/cat/1.png", "photos/cat/2.png", "photos/dog/1.png", "photos/owl/1.png"})
            put(name, imagefiles::png(2, 2, 1, {1, 2, 3, 4}));
        put("sorted.csv", "a,y\n" + QByteArray("1,cat\n").repeated(10) + QByteArray("2,dog\n").repeated(10) +
                              QByteArray("3,owl\n").repeated(10) + QByteArray("4,yak\n").repeated(10));
        put("notes.txt", "milk");
        const Outcome run = dstn({"run", "plain.json", "--archive", "newer.sqlite"});
        QVERIFY2(run.code == 0, qPrintable(said(run)));
        for (const char* copy : {"sound.sqlite", "victim.sqlite"})
            QVERIFY(QFile::copy(path("newer.sqlite"), path(copy)));
        const Outcome failed =
            dstn({"run", "nan.json", "--archive", "failed.sqlite", "--checkpoint-every", "0"});
        QVERIFY2(failed.code == 1, qPrintable(said(failed)));
        QFile newer(path("newer.sqlite"));
        QVERIFY(newer.open(QIODevice::ReadWrite) && newer.seek(60));
        QCOMPARE(newer.write(QByteArray("\0\0\0\x63", 4)), 4); // SQLite's user_version
    }

    void isRefusedWithItsCodeAndSentence_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const QStringList& arguments, int code, const char* sentence) {
            QTest::newRow(name) << arguments << code << QString::fromUtf8(sentence);
        };
        const auto run = [&](const char* name, const QStringList& settings, int code, const char* sentence,
                             const char* file = "plain.json") {
            QStringList arguments{"run", file, "--archive", "a.sqlite"};
            for (const QString& setting : settings) arguments << "--set" << setting;
            row(name, arguments, code, sentence);
        };
        const auto images = [&](const char* name, const char* sentence) {
            run(name, {QString(R"(data={"source": "idx", "path": "%1"})").arg(name)}, 3, sentence);
        };
        images("truncated",
               "truncated/train-images-idx3-ubyte: is truncated: its header declares 40 × 32 × 32");
        images("oversized", "oversized/train-images-idx3-ubyte: is too long: bytes follow the 40960");
        images("magic", "magic/train-images-idx3-ubyte: is not an IDX file: it starts with 50 4b 03 04");
        run("label out of range", {R"(data={"source": "fashion-mnist", "path": "many-classes"})"}, 3,
            "train-labels-idx1-ubyte: label 39 is 10, but Fashion-MNIST's labels end at 9");
        images("counts",
               "counts/train-images-idx3-ubyte: holds 40 images, but counts/train-labels-idx1-ubyte holds "
               "39 labels");
        images("cut", "cut/train-images-idx3-ubyte.gz: the gzip data is cut short after ");
        images("corrupt", "corrupt/train-images-idx3-ubyte.gz: the gzip data is damaged");

        const auto csv = [&](const char* name, const char* file, const char* sentence,
                             const char* more = "") {
            run(name,
                {QString(R"(data={"source": "csv", "path": "%1"%2})").arg(file, more), "model.parts[1].out=1",
                 "batch.train=1", "batch.validation=1"},
                3, sentence);
        };
        csv("ragged CSV", "ragged.csv", "ragged.csv, line 3: 2 cells where the first line has 3");
        csv("text in a column of numbers", "text.csv",
            "text.csv, line 3, column \"b\": \"two\" is not a number, and its column holds numbers. Correct "
            "the cell");
        csv("no rows", "no-rows.csv", "no-rows.csv: the file has a header and no rows below it");
        csv("one class", "one-class.csv", "one-class.csv: every row's target (column \"y\") is \"cat\"");
        csv("gzip CSV cut short", "cut.csv.gz", "cut.csv.gz: the gzip data is cut short after ");
        csv("number too large for a float", "large.csv",
            "large.csv, column \"a\": the value 1e+39 is too large for the 32-bit numbers",
            R"(, "normalize": "none")");
        run("limit below the number of classes",
            {R"(data={"source": "image-folder", "path": "photos", "limit": 2})"}, 3,
            "photos: data.limit keeps 2 images of 3 classes; each needs at least one. Set data.limit to 3 "
            "or");

        run("initial outside its range", {}, 2, "tuned.json: hyperparameters[0].initial: ", "tuned.json");
        run("zero width", {"model.parts[1].out=0"}, 2,
            "plain.json: model.parts[1].out: expected a whole number from 1 to 1000000, found 0");
        run("kernel larger than its input",
            {R"(data={"source": "idx", "path": "sound"})",
             R"(model.parts=[{"type": "conv2d", "out": 2, "kernel": 33}, {"type": "flatten"}, {"type": "linear", "out": 4}])"},
            2, "plain.json: model.parts[0]");
        run("more classes than outputs", {"model.parts[1].out=3"}, 2, "plain.json: model.parts[1]");
        run("batch larger than its part", {"batch.train=500"}, 2, "plain.json: batch.train: ");
        run("key twice in --set", {R"(data={"source": "csv", "source": "idx"})"}, 2,
            "plain.json: data.source: this key occurs twice");
        run("path with a zero byte", {R"(data={"source": "csv", "path": "a\u0000b"})"}, 2,
            R"(data.path: expected a path without control characters, found "a\x00b")");

        const QString longName(300, 'x');
        row("experiment: folder", {"run", "sound"}, 2,
            "dstn: sound is a folder. Name an experiment file in it.");
        row("experiment: cannot be looked at", {"run", "loop.json"}, 2,
            "dstn: loop.json cannot be read: Too many levels of symbolic links. Check");
        row("experiment: long name", {"run", longName}, 2, "xxx cannot be read: File name too long. Check");
        row("experiment: empty", {"run", "empty.json"}, 2,
            "dstn: empty.json: this is not valid JSON: line 1, column 1");
        row("experiment: empty standard input", {"run", "-"}, 2,
            "dstn: -: this is not valid JSON: line 1, column 1");
        row("experiment: too large", {"run", "huge.json"}, 2,
            "dstn: huge.json has more than 16 MiB: that is not an experiment. Name");
        row("experiment: without end", {"run", "/dev/zero"}, 2, "dstn: /dev/zero has more than 16 MiB");

        const auto option = [&](const QStringList& arguments, const char* sentence) {
            row(qPrintable(arguments.mid(arguments.size() - 2).join(' ')), arguments, 2, sentence);
        };
        constexpr const char* seed =
            "dstn: --seed: expected a whole number from 0 to 18446744073709551615 without";
        for (const char* value :
             {"-1", "99999999999999999999", "18446744073709551616", "010", "0x10", "1e3", "1.0"})
            option({"run", "plain.json", "--archive", "a.sqlite", "--seed", value}, seed);
        for (const char* value : {"0", "-1", "010", "9223372036854775808"})
            option({"run", "plain.json", "--archive", "a.sqlite", "--max-steps", value},
                   "dstn: --max-steps: expected a whole number from 1 to 9223372036854775807 without");
        for (const char* value : {"-1", "1.5", "4294967297"})
            option({"run", "plain.json", "--archive", "a.sqlite", "--checkpoint-every", value},
                   "dstn: --checkpoint-every: expected a whole number from 0 to 2147483647 without");
        for (const char* value : {"0", "010", "4294967297"})
            option({"bench", "--preset", "plain.json", "--repetitions", value},
                   "dstn: --repetitions: expected a whole number from 1 to 1000000 without");

        for (const char* name : {"--fit-steps", "--reference-steps", "--examples"})
            option({"hypergradients", "last", "--archive", "sound.sqlite", name, "0"},
                   "expected a whole number from 1 to 1000000 without");
        row("hypergradients of no run", {"hypergradients", "ffff", "--archive", "sound.sqlite"}, 2, "ffff");
        row("hypergradients without a checkpoint", {"hypergradients", "last", "--archive", "failed.sqlite"},
            2, "has no checkpoint. Choose a run that has finished an epoch.");
        row("hypergradients of a run that tunes nothing",
            {"hypergradients", "last", "--archive", "sound.sqlite"}, 2,
            "dstn: The run has no hyperparameter with \"tune\": true");
        row("bench of tuners, and of all presets", {"bench", "--tuners", "--all"}, 2, "excludes");

        row("device that is not there", {"run", "plain.json", "--archive", "a.sqlite", "--device", "cuda:63"},
            4, "device: \"cuda:63\" was requested");
        run("more memory than there is",
            {R"(model.parts=[{"type": "linear", "out": 500000}, {"type": "linear", "out": 500000},
                {"type": "linear", "out": 4}])"},
            4, "dstn: Not enough memory: the run needs about");
        row("loss that is not finite in bench", {"bench", "--preset", "nan.json", "--repetitions", "5"}, 1,
            "dstn: nan.json: in one of the measured steps the ");

        row("archive: no SQLite", {"run", "plain.json", "--archive", "notes.txt"}, 5,
            "dstn: The archive notes.txt is not a SQLite file");
        row("archive: of a newer version", {"run", "plain.json", "--archive", "newer.sqlite"}, 5,
            "dstn: The archive newer.sqlite was written by a newer version of this program (its schema is "
            "99");
        row("archive: cannot be looked at", {"list", "--archive", "loop.json"}, 5,
            "dstn: The archive loop.json cannot be accessed: Too many levels of symbolic links");
        row("archive: long name", {"run", "plain.json", "--archive", longName}, 5,
            "cannot be accessed: File name too long");
        row("archive: in what is no folder", {"run", "plain.json", "--archive", "loop.json/a.sqlite"}, 5,
            "The folder loop.json for the archive cannot be created");
        row("export: long name",
            {"export", "last", "--archive", "sound.sqlite", "--format", "csv", "--out", longName}, 5,
            "cannot be written: File name too long");
        row("export: onto the archive",
            {"export", "last", "--archive", "victim.sqlite", "--format", "csv", "--force", "--out",
             "victim.sqlite"},
            5, "The export victim.sqlite cannot be written: it is the archive itself");
    }
    void isRefusedWithItsCodeAndSentence() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, sentence);
        const Outcome outcome = dstn(arguments);
        QVERIFY2(outcome.code == code && outcome.err.contains(sentence), qPrintable(said(outcome)));
        QVERIFY2(!outcome.err.contains("unexpected error"), qPrintable(outcome.err));
    }

    void classesThatALimitCutsOffAreWarnedOf() {
        const QStringList run{"run", "plain.json", "--archive", "warned.sqlite", "--set"};
        const QString data = R"(data={"source": "csv", "path": "sorted.csv"%1})";
        const QString warning =
            "warning: sorted.csv: none of the first 30 examples, which data.limit keeps, belongs to "
            "class yak (of 4 classes in all). Raise data.limit";
        const Outcome limited = dstn(run + QStringList{data.arg(R"(, "limit": 30)")});
        QVERIFY2(limited.code == 0 && limited.err.contains("dstn: " + warning), qPrintable(said(limited)));
        const Outcome kept = dstn({"show", "last", "--archive", "warned.sqlite"});
        QVERIFY2(kept.out.contains("none of the first 30 examples"), qPrintable(said(kept)));
        const Outcome whole = dstn(run + QStringList{data.arg("")});
        QVERIFY2(whole.code == 0 && !whole.err.contains("sorted.csv"), qPrintable(said(whole)));
    }

    void experimentOnStandardInputIsRun() {
        const Outcome run = dstn({"run", "-", "--archive", "a.sqlite"}, plain);
        QVERIFY2(run.code == 0, qPrintable(said(run)));
    }

    void unreadableExperimentIsTwo() {
        if (geteuid() == 0) QSKIP("root may read everything");
        put("secret.json", plain);
        QVERIFY(QFile::setPermissions(path("secret.json"), {}));
        const Outcome run = dstn({"run", "secret.json"});
        QVERIFY2(run.code == 2 && run.err.contains("secret.json cannot be read: Permission denied"),
                 qPrintable(said(run)));
    }

    void readOnlyArchiveIsFive() {
        if (geteuid() == 0) QSKIP("root may write everything");
        QVERIFY(QFile::copy(path("sound.sqlite"), path("read-only.sqlite")));
        QVERIFY(QFile::setPermissions(path("read-only.sqlite"), QFile::ReadOwner));
        const Outcome run = dstn({"run", "plain.json", "--archive", "read-only.sqlite"});
        QVERIFY2(run.code == 5 && run.err.contains("read-only.sqlite is read-only"), qPrintable(said(run)));
    }

    void archiveLockedAtTheStartIsFive() {
        QVERIFY(QFile::copy(path("sound.sqlite"), path("locked.sqlite")));
        const int file = ::open(path("locked.sqlite").toUtf8().constData(), O_RDWR | O_CLOEXEC);
        // SQLite's PENDING, RESERVED and SHARED bytes: what a program holds that has the file for itself.
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_start = 0x40000000;
        lock.l_len = 512;
        QCOMPARE(::fcntl(file, F_SETLK, &lock), 0);
        const Outcome run = dstn({"run", "plain.json", "--archive", "locked.sqlite"});
        ::close(file);
        QVERIFY2(run.code == 5 && run.err.contains("locked.sqlite is locked by another program"),
                 qPrintable(said(run)));
    }

    void ownArchiveThatCannotBeLookedAtIsFive() {
        link("loop-home");
        QProcess process;
        prepare(process, QString(DSTN_BIN_DIR) + "/dstn", {"list"});
        auto environment = process.processEnvironment();
        environment.insert("XDG_DATA_HOME", path("loop-home"));
        process.setProcessEnvironment(environment);
        const Outcome list = finish(process);
        QVERIFY2(list.code == 5 && list.err.contains("runs.sqlite cannot be accessed: Too many levels"),
                 qPrintable(said(list)));
    }

    void doctorSaysWhatItCannotLookAt() {
        const Outcome doctor = dstn({"doctor", "--archive", "loop.json"});
        QVERIFY2(doctor.code == 5 && doctor.out.contains("loop.json cannot be accessed: Too many levels"),
                 qPrintable(said(doctor)));
    }

    void seedsAtBothEndsAreTakenAsTheyAre() {
        for (const char* seed : {"0", "18446744073709551615"}) {
            const Outcome run =
                dstn({"run", "plain.json", "--archive", "a.sqlite", "--json", "--seed", seed});
            QVERIFY2(run.code == 0 && run.out.contains(QString("\"seed\":%1").arg(seed)),
                     qPrintable(said(run)));
        }
    }

    void resultsThatCannotBeWrittenAreFive() {
        if (!QFile::exists("/dev/full")) QSKIP("there is no /dev/full");
        for (const QStringList& arguments :
             {QStringList{"presets"},
              {"schema"},
              {"--help"},
              {"validate", "plain.json"},
              {"list", "--archive", "sound.sqlite"},
              {"show", "last", "--archive", "sound.sqlite"},
              {"export", "last", "--archive", "sound.sqlite", "--format", "csv", "--out", "-"}}) {
            QProcess process;
            prepare(process, QString(DSTN_BIN_DIR) + "/dstn", arguments);
            process.setStandardOutputFile("/dev/full");
            const Outcome outcome = finish(process);
            QVERIFY2(outcome.code == 5 && outcome.err.contains("could not be written to standard output"),
                     qPrintable(arguments.join(' ') + ": " + said(outcome)));
        }
    }

    void exportWritesIntoWhatIsNoFile() {
        // A place where nothing can be replaced, should the program try.
        const QStringList arguments{"export",   "last", "--archive", "sound.sqlite",
                                    "--format", "csv",  "--out",     "/proc/self/fd/1"};
        const Outcome whole = dstn(arguments);
        QVERIFY2(whole.code == 0 && whole.out.startsWith("step,"), qPrintable(said(whole)));
        if (!QFile::exists("/dev/full")) QSKIP("there is no /dev/full");
        QProcess process;
        prepare(process, QString(DSTN_BIN_DIR) + "/dstn", arguments);
        process.setStandardOutputFile("/dev/full");
        const Outcome full = finish(process);
        QVERIFY2(full.code == 5 && full.err.contains("/proc/self/fd/1 cannot be written: the disk is full"),
                 qPrintable(said(full)));
    }

    /// The estimate fits into what is free, but the process may not take it.
    void memoryThatRunsOutInARunIsFourAndSaysWhichBatchWouldFit() {
        put("wide.json", QByteArray(plain)
                             .replace("\"examples\": 40", "\"examples\": 5000")
                             .replace("\"train\": 8", "\"train\": 2000"));
        QProcess process;
        prepare(process, "sh",
                {"-c",
                 "ulimit -v 3000000; exec \"$0\" run wide.json --archive wide.sqlite --set threads=1 --set "
                 "'model.parts=[{\"type\": \"linear\", \"out\": 100000}, {\"type\": \"relu\"}, "
                 "{\"type\": \"linear\", \"out\": 4}]'",
                 QString(DSTN_BIN_DIR) + "/dstn"});
        const Outcome outcome = finish(process);
        if (outcome.err.contains("Not enough memory"))
            QSKIP("too little memory is free for the estimate to fit");
        static const QRegularExpression advice("Memory ran out \\(.*A training batch of ([0-9]+) would fit");
        const auto match = advice.match(outcome.err);
        QVERIFY2(outcome.code == 4 && match.hasMatch(), qPrintable(said(outcome)));
        QVERIFY(match.captured(1).toInt() >= 100 && match.captured(1).toInt() <= 1000);
        const Outcome list = dstn({"list", "--archive", "wide.sqlite"});
        QVERIFY2(list.code == 0 && list.out.contains("failed"), qPrintable(said(list)));
    }

    void memoryThatRunsOutIsFour() {
        put("many.csv.gz", gzip("a,y\n" + QByteArray("1,2.5\n1,3\n").repeated(6'000'000)));
        put("many.json",
            QByteArray(plain).replace(
                R"("source": "synthetic-classification", "examples": 40, "features": 4, "classes": 4)",
                R"("source": "csv", "path": "many.csv.gz")"));
        QProcess process;
        prepare(process, "sh",
                {"-c", "ulimit -v 120000; exec \"$0\" validate many.json", QString(DSTN_BIN_DIR) + "/dstn"});
        const Outcome outcome = finish(process);
        QVERIFY2(outcome.code == 4 &&
                     outcome.err.contains("Memory ran out in dstn validate. Close other programs"),
                 qPrintable(said(outcome)));
    }
};

DSTN_TEST_IN(QCoreApplication, BadInputTest)
#include "tst_bad_input.moc"
