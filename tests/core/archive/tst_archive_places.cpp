#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QTest>

#include <SQLiteCpp/Database.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <thread>

using namespace dstn;
namespace fs = std::filesystem;

/// Where an archive lies, and what others do to its files.
class ArchivePlacesTest : public QObject {
    Q_OBJECT

    static fs::path archiveWithRun(const Folder& folder) {
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        return path;
    }
    /// The exit code of a process that does this without the rights of root.
    static int asNobody(const std::function<bool()>& action) {
        const pid_t child = fork();
        if (child == 0) {
            if (geteuid() == 0 && seteuid(65534) != 0) _exit(2);
            try {
                _exit(action() ? 0 : 1);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "%s\n", error.what());
                _exit(3);
            }
        }
        int status = 0;
        waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    static bool canBeRead(const fs::path& path) {
        const Archive archive(path, Archive::Mode::readOnly);
        std::ostringstream csv;
        archive.exportRun(runA, ExportFormat::csv, csv);
        return archive.runs().size() == 1 && archive.details(runA).epochs.size() == 1 &&
               csv.str().size() > 300;
    }

  private slots:
    void linkToAnArchiveIsTheArchive() {
        const Folder folder, elsewhere;
        const fs::path path = archiveWithRun(folder), link = elsewhere / "link.sqlite";
        fs::create_symlink(path, link);
        Archive archive(link);
        QCOMPARE(archive.runs().size(), std::size_t{1});
        archive.setStarred(runA, true);
        QVERIFY(fs::exists(path.string() + "-wal") && !fs::exists(link.string() + "-wal"));
        QVERIFY(Archive(path, Archive::Mode::readOnly).runs().at(0).starred);
        // The link leads elsewhere: nobody would find there what is written here.
        fs::remove(link);
        fs::create_symlink(elsewhere / "other.sqlite", link);
        QVERIFY(refusal([&] { archive.setStarred(runA, false); }).contains("was moved, deleted or replaced"));
    }

    void linkToNothingMakesTheArchiveWhereItLeads() {
        const Folder folder, elsewhere;
        fs::create_symlink(folder / "sub/new.sqlite", elsewhere / "link.sqlite");
        Archive(elsewhere / "link.sqlite").append(runA, {started(runA)});
        QCOMPARE(Archive(folder / "sub/new.sqlite", Archive::Mode::readOnly).runs().size(), std::size_t{1});
    }

    void journalThatIsDeletedOrReplacedIsNoticed_data() {
        QTest::addColumn<QString>("ending");
        QTest::addColumn<bool>("replaced");
        QTest::newRow("-wal deleted") << "-wal" << false;
        QTest::newRow("-wal replaced") << "-wal" << true;
        QTest::newRow("-shm deleted") << "-shm" << false;
    }
    void journalThatIsDeletedOrReplacedIsNoticed() {
        QFETCH(QString, ending);
        QFETCH(bool, replaced);
        const Folder folder;
        const fs::path path = archiveWithRun(folder), part = path.string() + ending.toStdString();
        {
            Archive archive(path);
            archive.append(runB, {started(runB)});
            fs::remove(part);
            if (replaced) std::ofstream(part) << "";
            const QString message = refusal([&] { archive.setStarred(runA, true); });
            QVERIFY2(message.startsWith("5: ") && message.contains(QString::fromStdString(part.string())),
                     qPrintable(message));
        }
        if (replaced) return;
        fs::remove(path.string() + "-wal");
        fs::remove(path.string() + "-shm");
        const Archive after(path); // what was written before it is there
        QCOMPARE(after.integrity(), std::string("ok"));
        QCOMPARE(after.runs().size(), std::size_t{2});
    }

    void archiveThatCannotBeWrittenIsRead_data() {
        QTest::addColumn<bool>("left"); // its last process was killed, and left a journal
        QTest::newRow("tidy") << false;
        QTest::newRow("with a journal") << true;
    }
    void archiveThatCannotBeWrittenIsRead() {
        QFETCH(bool, left);
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        const pid_t child = fork();
        if (child == 0) {
            {
                Archive archive(path);
                archive.append(runA, {started(runA)});
                archive.append(runA, epochEvents(1, 0.7, 0.7));
                if (left) kill(getpid(), SIGKILL);
            }
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        QCOMPARE(fs::exists(path.string() + "-wal"), left);
        fs::remove(path.string() + "-shm"); // which a copy to a disk would not have
        for (const auto& file : fs::directory_iterator(folder / ".")) fs::permissions(file, fs::perms(0444));
        fs::permissions(folder / ".", fs::perms(0555));
        const int code = asNobody([&] { return canBeRead(path); });
        const int refused =
            asNobody([&] { return refusal([&] { Archive archive(path); }).startsWith("5: "); });
        fs::permissions(folder / ".", fs::perms::all);
        QCOMPARE(code, 0);
        QCOMPARE(refused, 0);
    }

    void exportsAreOfOneMoment() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        std::atomic<bool> stop = false;
        std::thread writer([&] {
            Archive other(path);
            other.append(runA, {started(runA)});
            for (std::int64_t step = 1; !stop; ++step)
                other.append(runA, {SamplesTaken{{{Series::trainLoss, step, 0.1, 0.5},
                                                  {Series::epochValidationLoss, step, 0.1, 0.5},
                                                  {Series::epochValidationAccuracy, step, 0.1, 0.5}}}});
        });
        std::vector<std::size_t> sizes;
        for (int i = 0; i < 50; ++i) {
            std::ostringstream out;
            archive.exportRun(runA, ExportFormat::json, out);
            const auto series = nlohmann::json::parse(out.str())["series"];
            for (const char* name : {"train/loss", "epoch/validation_loss", "epoch/validation_accuracy"})
                sizes.push_back(series[name]["step"].size());
        }
        stop = true;
        writer.join();
        QVERIFY(sizes.back() > 0);
        for (std::size_t i = 0; i < sizes.size(); i += 3)
            QVERIFY(sizes[i] == sizes[i + 1] && sizes[i] == sizes[i + 2]);
    }

    void withoutAHomeThereIsNoArchiveOfItsOwn() {
        const QByteArray home = qgetenv("HOME"), data = qgetenv("XDG_DATA_HOME");
        const auto restore = qScopeGuard([&] {
            qputenv("HOME", home);
            qputenv("XDG_DATA_HOME", data);
        });
        const Folder folder;
        const auto path = [] { return QString::fromStdString(Archive::defaultPath().string()); };
        qputenv("XDG_DATA_HOME", "relative/x"); // ignored, as the XDG specification says
        qputenv("HOME", (folder / "").c_str());
        QCOMPARE(path(),
                 QString::fromStdString((folder / ".local/share/delta-stn-workbench/runs.sqlite").string()));
        for (const char* none : {"/nonexistent", "/", "here"}) {
            qputenv("HOME", none);
            const QString message = refusal([&] { (void)Archive::defaultPath(); });
            QVERIFY2(message.startsWith("5: There is no home folder"), qPrintable(message));
        }
        qunsetenv("HOME");
        if (geteuid() == 0) QCOMPARE(path(), QString("/root/.local/share/delta-stn-workbench/runs.sqlite"));
    }
};

DSTN_TEST_IN(QCoreApplication, ArchivePlacesTest)
#include "tst_archive_places.moc"
