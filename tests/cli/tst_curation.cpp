#include "core/archive/archive.h"
#include "core/study/study.h"
#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QProcess>
#include <QTest>

using namespace dstn;

namespace {

struct Outcome {
    int code = -1;
    QString out, err;
};

Outcome called(const QStringList& arguments) {
    QProcess process;
    process.start(QString(DSTN_BIN_DIR) + "/dstn", arguments);
    if (!process.waitForFinished(dstn::test::patience)) return {};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

RunFinished ending(RunState state) {
    RunFinished finished;
    finished.state = state;
    return finished;
}

const std::string studyId = "cccccccc-0000-4000-8000-000000000003";

} // namespace

/// `dstn rename` and `dstn delete` as a shell starts them, on an archive of two runs that are complete.
class TestCuration : public QObject {
    Q_OBJECT

    std::unique_ptr<Folder> folder_;
    std::filesystem::path path_;

    QStringList with(QStringList arguments) const {
        return arguments << "--archive" << QString::fromStdString(path_.string());
    }
    QStringList names() const {
        QStringList names;
        for (const RunRow& run : Archive(path_, Archive::Mode::readOnly).runs())
            names << QString::fromStdString(run.name);
        names.sort();
        return names;
    }

  private slots:
    void init() {
        folder_ = std::make_unique<Folder>();
        path_ = *folder_ / "runs.sqlite";
        Archive archive(path_);
        for (const auto& [run, name] : {std::pair(runA, "first"), std::pair(runB, "second")})
            archive.append(run, {started(run, 0, name), ending(RunState::completed)});
    }

    void runIsRenamed() {
        const Outcome done = called(with({"rename", "first", "better \xF0\x9F\x98\x80"}));
        QVERIFY2(done.code == 0, qPrintable(done.err));
        QCOMPARE(done.out, QString::fromUtf8("renamed run aaaaaaaa: \"first\" is \"better 😀\"\n"));
        QCOMPARE(names(), QStringList({QString::fromUtf8("better 😀"), "second"}));
    }

    void nameMustBeOne() {
        for (const QString& name :
             {QString(""), QString("two\nlines"), QString("a\x1b[2J"), QString(201, 'x')}) {
            const Outcome refused = called(with({"rename", "first", name}));
            QCOMPARE(refused.code, 2);
            QVERIFY2(refused.err.contains("1 to 200 printable characters"), qPrintable(refused.err));
            QVERIFY(!refused.err.contains('\x1b'));
        }
        QCOMPARE(called(with({"rename", "third", "x"})).code, 2);
        QCOMPARE(names(), QStringList({"first", "second"}));
    }

    void archiveThatIsNotThereIsNotMade() {
        const auto nowhere = QString::fromStdString((*folder_ / "none.sqlite").string());
        for (const QStringList& command : {QStringList{"rename", "a", "b"}, QStringList{"delete", "a"}}) {
            const Outcome refused = called(command + QStringList{"--archive", nowhere});
            QCOMPARE(refused.code, 2);
            QVERIFY2(refused.err.contains("There is no archive"), qPrintable(refused.err));
            QVERIFY(!std::filesystem::exists(nowhere.toStdString()));
        }
    }

    void deletedRunComesBack() {
        const Outcome done = called(with({"delete", "first", "aaaaaaaa"}));
        QVERIFY2(done.code == 0, qPrintable(done.err));
        QCOMPARE(done.out, QString("deleted run aaaaaaaa (first)\n"));
        QVERIFY2(done.err.startsWith("undo with: dstn delete --undo aaaaaaaa --archive "),
                 qPrintable(done.err));
        QCOMPARE(names(), QStringList({"second"}));
        QVERIFY(called(with({"list", "--deleted"})).out.contains("first"));
        QCOMPARE(called(with({"delete", "first"})).code, 2); // it is gone already
        const Outcome back = called(with({"delete", "--undo", "first"}));
        QCOMPARE(back.out, QString("restored run aaaaaaaa (first)\n"));
        QCOMPARE(names(), QStringList({"first", "second"}));
        QCOMPARE(called(with({"delete", "--undo", "first"})).code, 2);
    }

    void deletingIsAllOrNothing() {
        QCOMPARE(called(with({"delete", "first", "third"})).code, 2);
        QCOMPARE(names(), QStringList({"first", "second"}));
        QCOMPARE(called(with({"delete"})).code, 2);
    }

    void runThatIsRunningIsKept() {
        const std::string run = "dddddddd-0000-4000-8000-000000000004";
        Archive archive(path_); // this process executes it
        archive.append(run, {started(run, 0, "now"), StateChanged{RunState::running, ""}});
        const Outcome refused = called(with({"delete", "first", "now"}));
        QCOMPARE(refused.code, 2);
        QVERIFY2(refused.err.contains("dddddddd (now) is running. Stop it first; nothing was deleted."),
                 qPrintable(refused.err));
        QCOMPARE(names(), QStringList({"first", "now", "second"}));
        archive.append(run, {ending(RunState::stopped)});
    }

    void purgeRemovesForGood() {
        QCOMPARE(called(with({"delete", "first"})).code, 0);
        QCOMPARE(called(with({"delete", "--purge", "second"})).code, 2);
        const Outcome done = called(with({"delete", "--purge"}));
        QCOMPARE(done.out, QString("removed for good: 1 deleted run, 0 deleted studies\n"));
        QCOMPARE(called(with({"delete", "--undo", "first"})).code, 2);
        QCOMPARE(names(), QStringList({"second"}));
    }

    void studiesAreRenamedAndDeletedWithTheirRuns() {
        {
            Archive archive(path_);
            const Preset& preset = studyPresets().front();
            const ParsedStudy study =
                parseStudy(preset.json, [](const std::string& id) { return findPreset(id)->json; });
            QVERIFY2(study.study, describe(study.mistakes).c_str());
            archive.createStudy(studyId, "study", toJson(*study.study));
        }
        QCOMPARE(called(with({"rename", "--study", "study", "other"})).code, 0);
        const Archive archive(path_);
        QCOMPARE(archive.study(studyId).name, std::string("other"));
        QVERIFY(archive.studyDocument(studyId).find("\"other\"") != std::string::npos);
        const Outcome done = called(with({"delete", "--study", "other"}));
        QCOMPARE(done.out, QString("deleted study cccccccc (other)\n"));
        QVERIFY(archive.studies().empty());
        QCOMPARE(called(with({"delete", "--study", "--undo", "last"})).out,
                 QString("restored study cccccccc (other)\n"));
        QCOMPARE(archive.studies().size(), std::size_t{1});
    }
};

DSTN_TEST(TestCuration)
#include "tst_curation.moc"
