#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QTest>

#include <SQLiteCpp/Database.h>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <limits>
#include <sstream>
#include <thread>
#include <utility>

using namespace dstn;

namespace {

std::string exported(const Archive& archive, ExportFormat format) {
    std::ostringstream out;
    archive.exportRun(runA, format, out);
    return out.str();
}

} // namespace

class ExportTest : public QObject {
    Q_OBJECT

  private slots:
    void csvHasARowAStepAndAColumnASeries() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        auto start = started(runA);
        start.experiment.hyperparameters = {{.name = "dropout"}, {.name = "odd,\"name\""}};
        start.series = {"train/loss", "hyperparameter/odd,\"name\"", "hyperparameter/dropout",
                        "scale/dropout"};
        const double nan = std::numeric_limits<double>::quiet_NaN();
        archive.append(
            runA, {start, SamplesTaken{{{Series::trainLoss, 5, 0.5, 0.1}, {Series::trainLoss, 10, 1.0, nan}}},
                   HyperparametersSampled{10,
                                          1.25,
                                          {{.value = 1.0 / 3, .spread = Spread{.scale = 1.5}},
                                           {.value = -std::numeric_limits<double>::infinity()}}},
                   HyperparametersSampled{15, 1.5, {{.value = 0.25}, {.value = 2.0}}}});
        QCOMPARE(exported(archive, ExportFormat::csv),
                 std::string("step,epoch,seconds,train/loss,\"hyperparameter/odd,\"\"name\"\"\","
                             "hyperparameter/dropout,scale/dropout\r\n"
                             "5,0.5,0.5,0.1,,,\r\n"
                             "10,1,1.25,NaN,-inf,0.3333333333333333,1.5\r\n"
                             "15,1.5,1.5,,2,0.25,\r\n"));
    }

    void jsonHoldsTheWholeRun() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(
            runA, {SamplesTaken{{{Series::trainLoss, 11, 1.1, std::numeric_limits<double>::quiet_NaN()}}}});
        archive.setNote(runA, "latin \xe9 is no UTF-8");
        const auto document = nlohmann::json::parse(exported(archive, ExportFormat::json));
        QCOMPARE(document["run"]["id"].get<std::string>(), runA);
        QCOMPARE(document["run"]["best_validation_loss"].get<double>(), 0.7);
        QCOMPARE(document["experiment"]["name"].get<std::string>(), std::string("small"));
        QCOMPARE(document["environment"]["threads"].get<int>(), 2);
        QCOMPARE(document["epochs"][0]["hyperparameters"]["dropout"].get<double>(), 0.1);
        const auto& loss = document["series"]["train/loss"];
        QCOMPARE(loss["step"].size(), std::size_t{11});
        QCOMPARE(loss["epoch"][4].get<double>(), 0.5);
        QCOMPARE(loss["value"][10].get<std::string>(), std::string("NaN"));
        QCOMPARE(document["events"][0]["text"].get<std::string>(),
                 std::string("started on cpu (a processor)"));
    }

    void failedExportLeavesTheOldFileAlone() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        std::ofstream(folder / "run.csv") << "precious";
        QVERIFY(refusal([&] {
                    archive.exportRun(runB, ExportFormat::csv, folder / "run.csv");
                }).startsWith("5: "));
        QCOMPARE(fileBytes(folder / "run.csv"), std::string("precious"));
        archive.exportRun(runA, ExportFormat::csv, folder / "run.csv");
        QVERIFY(fileBytes(folder / "run.csv").starts_with("step,"));
        QCOMPARE(std::distance(std::filesystem::directory_iterator(folder / "."), {}), std::ptrdiff_t{4});
    }

    void pipeIsWrittenIntoAndStaysAPipe() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        const std::filesystem::path pipe = folder / "pipe";
        QCOMPARE(mkfifo(pipe.c_str(), 0600), 0);
        std::string arrived;
        std::thread reader([&] { arrived = fileBytes(pipe); });
        archive.exportRun(runA, ExportFormat::csv, pipe);
        QVERIFY(std::filesystem::is_fifo(pipe)); // else the reader waits for ever
        reader.join();
        QVERIFY2(arrived.starts_with("step,"), arrived.c_str());
    }

    void linkIsFollowedAndKept() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        std::ofstream(folder / "there.csv") << "old";
        std::filesystem::create_symlink("there.csv", folder / "link.csv");
        std::filesystem::create_symlink("not-yet.csv", folder / "dangling.csv");
        for (const auto& [link, file] :
             {std::pair("link.csv", "there.csv"), {"dangling.csv", "not-yet.csv"}}) {
            archive.exportRun(runA, ExportFormat::csv, folder / link);
            QVERIFY(std::filesystem::is_symlink(folder / link));
            QVERIFY(fileBytes(folder / file).starts_with("step,"));
        }
    }

    void archiveItselfIsNotReplaced() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        std::filesystem::create_symlink("runs.sqlite", folder / "link");
        std::filesystem::create_hard_link(folder / "runs.sqlite", folder / "hard");
        for (const char* name :
             {"runs.sqlite", "runs.sqlite-wal", "runs.sqlite-shm", "runs.sqlite-journal", "link", "hard"}) {
            const QString why = refusal([&] { archive.exportRun(runA, ExportFormat::csv, folder / name); });
            QVERIFY2(why.startsWith("5: ") && why.contains("it is the archive itself"), qPrintable(why));
        }
        QVERIFY(belongsToArchive(folder / "runs.sqlite", folder / "./runs.sqlite"));
        QVERIFY(!belongsToArchive(folder / "runs.sqlite", folder / "runs.sqlite.csv"));
        QVERIFY(fileBytes(folder / "runs.sqlite").starts_with("SQLite format 3"));
        QCOMPARE(Archive(folder / "runs.sqlite").runs().size(), std::size_t{1});
    }

    void damagedExperimentIsSaidWithItsRun() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        SQLite::Database((folder / "runs.sqlite").string(), SQLite::OPEN_READWRITE)
            .exec("UPDATE runs SET experiment = substr(experiment, 1, 20)");
        const QString why = refusal([&] { exported(archive, ExportFormat::json); });
        QVERIFY2(why.startsWith("5: ") && why.contains("experiment of run " + QString::fromStdString(runA)) &&
                     why.contains("--format csv"),
                 qPrintable(why));
        QVERIFY(exported(archive, ExportFormat::csv).starts_with("step,"));
    }

    void placeThatCannotBeWrittenIsNamed() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        const auto refused = [&](const std::filesystem::path& out) {
            return refusal([&] { archive.exportRun(runA, ExportFormat::csv, out); });
        };
        QVERIFY2(refused(folder / "no/such/run.csv").contains("run.csv cannot be written: No such file"),
                 qPrintable(refused(folder / "no/such/run.csv")));
        QVERIFY(refused(folder / ".").contains("it is a folder"));
        QVERIFY(refused("/dev/null/run.csv").contains("cannot be written"));
        QVERIFY(refused(folder / std::string(300, 'x')).contains("cannot be written: File name too long"));
    }
};

DSTN_TEST(ExportTest)
#include "tst_export.moc"
