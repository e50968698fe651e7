#include "core/archive/run_requests.h"
#include "core/archive/schema.h"
#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QTest>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace dstn;

namespace {

/// Of an experiment that this version can read and resume.
RunStarted startedWith(const std::vector<std::pair<std::string, std::string>>& settings,
                       std::int64_t firstStep = 0) {
    RunStarted start = started(runA, firstStep);
    Experiment whole = smallExperiment();
    whole.hyperparameters.pop_back(); // which nothing uses
    whole.tuner.options = DeltaStnOptions{};
    const ParsedExperiment parsed = parseExperiment(toJson(whole), settings);
    if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
    start.experiment = *parsed.experiment;
    return start;
}

RunFinished stopped() {
    return {.state = RunState::stopped, .best = {}, .hyperparameters = {}, .error = {}, .message = {}};
}

std::string meaning(const std::string& json) { return toJson(*parseExperiment(json).experiment); }

/// "path: before > after @ step", a line each.
QString text(const std::vector<Amendment>& amendments) {
    QString lines;
    for (const Amendment& each : amendments)
        lines += QString("%1: %2 > %3 @ %4\n")
                     .arg(each.path.c_str(), each.before.c_str(), each.after.c_str())
                     .arg(each.step);
    return lines;
}

} // namespace

class AmendmentsTest : public QObject {
    Q_OBJECT

  private slots:
    /// The archive is away when the run is resumed with other settings.
    void changesKeptBesideTheArchiveAreTakenIn() {
        const Folder folder;
        const auto path = folder / "runs.sqlite", away = folder / "away.sqlite";
        const RunStarted first = startedWith({{"budget.epochs", "2"}});
        Archive(path).append(runA, {first, stopped()});
        {
            Recorder recorder(path, runA);
            std::filesystem::rename(path, away);
            recorder.publish(startedWith({{"budget.epochs", "4"}}, 20));
            recorder.publish(stopped());
            QVERIFY(recorder.finish().has_value());
            std::filesystem::rename(away, path);
        }
        const RunDetails details = Archive(path).details(runA);
        QCOMPARE(meaning(details.originalJson), toJson(first.experiment));
        QCOMPARE(text(details.amendments), QString("budget.epochs: 2 > 4 @ 20\n"));
        QCOMPARE(parseExperiment(details.experimentJson).experiment->epochs, std::int64_t{4});
    }

    void experimentIsKeptAndItsChangesBesideIt() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        const RunStarted first = startedWith({{"budget.epochs", "2"}});
        archive.append(runA, {first, stopped()});
        archive.append(
            runA, {startedWith({{"budget.epochs", "4"}, {"optimizers.general.lr", "0.5"}}, 20), stopped()});
        const RunStarted last = startedWith({{"budget.epochs", "4"},
                                             {"optimizers.general.lr", "0.25"},
                                             {"optimizers.general.schedule", R"({"type": "cosine"})"},
                                             {"threads", "1"}},
                                            40);
        archive.append(runA, {last, stopped()});
        const RunDetails details = archive.details(runA);
        QCOMPARE(details.originalJson, toJson(first.experiment));
        QCOMPARE(meaning(details.experimentJson), toJson(last.experiment));
        const QString changes = text(details.amendments);
        QVERIFY2(changes.startsWith("optimizers.general.lr: 0.01 > 0.5 @ 20\nbudget.epochs: 2 > 4 @ 20\n"
                                    "optimizers.general.lr: 0.5 > 0.25 @ 40\n"),
                 qPrintable(changes));
        QVERIFY2(changes.contains("optimizers.general.schedule.type: \"constant\" > \"cosine\" @ 40\n"),
                 qPrintable(changes));
        for (const Amendment& each : details.amendments) QCOMPARE(each.time.size(), std::size_t{20});
        // For whoever reads the file with other tools.
        SQLite::Database file((folder / "runs.sqlite").string());
        SQLite::Statement view(file, "SELECT run, step, path, old_value, new_value FROM amendment");
        QVERIFY(view.executeStep());
        QCOMPARE(view.getColumn(0).getString(), runA);
        QCOMPARE(view.getColumn(2).getString(), std::string("optimizers.general.lr"));
        QCOMPARE(view.getColumn(4).getString(), std::string("0.5"));
        QCOMPARE(file.execAndGet("SELECT experiment FROM run").getString(), toJson(first.experiment));
    }

    void unchangedResumptionAmendsNothing() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {startedWith({}), stopped()});
        archive.append(runA, {startedWith({}, 20), stopped()});
        QVERIFY(archive.details(runA).amendments.empty());
        QCOMPARE(archive.details(runA).experimentJson, toJson(startedWith({}).experiment));
    }

    /// What an earlier resumption changed holds in the next one, unless that changes it again.
    void nextResumptionGoesOnFromWhatIsInForce() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        const CheckpointTaken checkpoint{20, std::make_shared<const std::string>("state")};
        archive.append(runA, {startedWith({{"budget.epochs", "2"}}), checkpoint, stopped()});
        archive.append(runA, {startedWith({{"budget.epochs", "9"}, {"optimizers.general.lr", "0.5"}}, 20),
                              checkpoint, stopped()});
        const RunRequest request = resumeRequest(archive, runA, {{"threads", "3"}});
        QCOMPARE(request.experiment.epochs, std::int64_t{9});
        QCOMPARE(request.experiment.optimizers.general.lr, 0.5);
        QCOMPARE(request.changes, std::vector<std::string>{"threads is 3, was 0"});
        const RunRequest looked = checkpointRequest(archive, runA);
        QCOMPARE(looked.experiment.optimizers.general.lr, 0.5);
    }

    void changedNameRenamesTheRunAndAnotherKeepsItsOwn() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {startedWith({}), stopped()});
        archive.rename(runA, "mine");
        archive.append(runA, {startedWith({{"budget.epochs", "30"}}, 10), stopped()});
        QCOMPARE(archive.details(runA).row.name, std::string("mine"));
        archive.append(runA, {startedWith({{"budget.epochs", "30"}, {"name", "new"}}, 10), stopped()});
        QCOMPARE(archive.details(runA).row.name, std::string("new"));
    }

    /// A search's trial may take over another's hyperparameters, and a document may change beyond paths.
    void anyDocumentCanFollow() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {startedWith({}), stopped()});
        RunStarted explored = startedWith({{"hyperparameters.dropout.initial", "0.5"}}, 10);
        archive.append(runA, {explored, stopped()});
        QCOMPARE(text(archive.details(runA).amendments),
                 QString("hyperparameters.dropout.initial: 0.1 > 0.5 @ 10\n"));
        RunStarted other = startedWith({}, 20);
        other.experiment.model.parts.insert(other.experiment.model.parts.begin(), LinearPart{.out = 7});
        other.experiment.hyperparameters.clear();
        std::get<DropoutPart>(other.experiment.model.parts[1]).rate = Tunable{0.25};
        other.experiment.tuner.options = FixedOptions{};
        other.experiment.augmentation.emplace_back(MixupSpec{});
        archive.append(runA, {other, stopped()});
        const RunDetails details = archive.details(runA);
        QVERIFY(nlohmann::json::parse(details.experimentJson) ==
                nlohmann::json::parse(toJson(other.experiment)));
        QCOMPARE(details.originalJson, toJson(startedWith({}).experiment));
    }

    void studyTakesTheOneInForce() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.createStudy("s", "study", "{}");
        RunStarted first = startedWith({});
        first.place = StudyPlace{.study = "s"};
        archive.append(runA, {first, stopped()});
        const RunStarted second = startedWith({{"hyperparameters.dropout.initial", "0.5"}}, 10);
        archive.append(runA, {second, stopped()});
        QCOMPARE(meaning(archive.studyRuns("s").at(0).experimentJson), toJson(second.experiment));
    }

    void exportTellsBoth() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {startedWith({}), stopped()});
        const auto exported = [&] {
            std::ostringstream out;
            archive.exportRun(runA, ExportFormat::json, out);
            return nlohmann::json::parse(out.str());
        };
        QVERIFY(exported()["original_experiment"].is_null());
        QVERIFY(exported()["amendments"].empty());
        archive.append(runA, {startedWith({{"budget.epochs", "77"}}, 10), stopped()});
        const auto document = exported();
        QCOMPARE(document["experiment"]["budget"]["epochs"].get<int>(), 77);
        QVERIFY(document["original_experiment"]["budget"]["epochs"].get<int>() != 77);
        const auto& amendment = document["amendments"].at(0);
        QCOMPARE(amendment["path"].get<std::string>(), std::string("budget.epochs"));
        QCOMPARE(amendment["new"].get<int>(), 77);
        QCOMPARE(amendment["step"].get<int>(), 10);
    }

    void otherDataAreToldWithBothIdentities() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        RunStarted start = startedWith({});
        start.identity = {.path = "/d.csv", .files = 1, .bytes = 10, .hash = std::string(32, 'a')};
        archive.append(runA, {start, stopped()});
        start.identity.hash = std::string(32, 'b');
        start.firstStep = 10;
        archive.append(runA, {start, stopped()});
        const auto events = archive.details(runA).events;
        QVERIFY(std::ranges::any_of(events, [&](const auto& event) {
            return event.second.starts_with("other data from step 10 on: /d.csv, 10 bytes, XXH3 bbbb") &&
                   event.second.find("before: /d.csv, 10 bytes, XXH3 aaaa") != std::string::npos;
        }));
    }

    void deletedRunLeavesNone() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {startedWith({}), stopped()});
        archive.append(runA, {startedWith({{"budget.epochs", "77"}}, 10), stopped()});
        archive.setDeleted({runA}, true);
        SQLite::Database file((folder / "runs.sqlite").string());
        QCOMPARE(file.execAndGet("SELECT count(*) FROM amendment").getInt(), 0);
        archive.purgeDeleted();
        QCOMPARE(file.execAndGet("SELECT count(*) FROM amendments").getInt(), 0);
    }

    /// Until version 4 a change overwrote the experiment: what is there is the original.
    void archivesOfEarlierVersionsHaveNone() {
        for (std::size_t version = 1; version < 4; ++version) {
            const Folder folder;
            const std::string original = toJson(startedWith({}).experiment);
            {
                SQLite::Database file((folder / "runs.sqlite").string(),
                                      SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
                migrate(file, archiveMigrations().first(version));
                SQLite::Statement insert(file, "INSERT INTO runs(uuid, name, state, created, experiment) "
                                               "VALUES (?, 'old', 'stopped', '2024-01-01T00:00:00Z', ?)");
                insert.bind(1, runA);
                insert.bind(2, original);
                insert.exec();
            }
            Archive archive(folder / "runs.sqlite");
            const RunDetails before = archive.details(runA);
            QCOMPARE(before.originalJson, original);
            QCOMPARE(before.experimentJson, original);
            QVERIFY(before.amendments.empty());
            archive.append(runA, {startedWith({{"budget.epochs", "77"}}, 10), stopped()});
            const RunDetails after = archive.details(runA);
            QCOMPARE(after.originalJson, original);
            QVERIFY(text(after.amendments).endsWith(" > 77 @ 10\n"));
        }
    }

    /// The figures of a run whose experiment is damaged can still be read.
    void damagedDocumentsAreNoAccident() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {startedWith({}), stopped()});
        archive.append(runA, {startedWith({{"budget.epochs", "77"}}, 10), stopped()});
        SQLite::Database file((folder / "runs.sqlite").string(), SQLite::OPEN_READWRITE);
        for (const char* path : {"[", "a[", "..", "[9]", "budget.epochs.deeper", "hyperparameters[7]"}) {
            SQLite::Statement update(file, "UPDATE amendments SET path = ?");
            update.bind(1, path);
            update.exec();
            QVERIFY(!archive.details(runA).experimentJson.empty());
        }
        file.exec("UPDATE amendments SET new_value = 'nonsense'");
        QVERIFY(!archive.details(runA).experimentJson.empty());
        file.exec("UPDATE runs SET experiment = '{'");
        QCOMPARE(archive.details(runA).experimentJson, std::string("{"));
        archive.append(runA, {startedWith({}, 20), stopped()});
        QCOMPARE(meaning(archive.details(runA).experimentJson), toJson(startedWith({}).experiment));
    }
};

DSTN_TEST(AmendmentsTest)
#include "tst_amendments.moc"
