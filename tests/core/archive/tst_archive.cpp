#include "core/archive/process_identity.h"
#include "core/archive/schema.h"
#include "tests/core/archive/archive_fixture.h"
#include "tests/program.h"

#include <QTest>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <limits>
#include <thread>

using namespace dstn;
namespace fs = std::filesystem;

namespace {

/// Another program's connection to the same file.
SQLite::Database other(const fs::path& path) { return {path.string(), SQLite::OPEN_READWRITE}; }

std::int64_t count(const fs::path& path, const std::string& sql) {
    auto database = other(path);
    return database.execAndGet(sql).getInt64();
}

/// Permissions bind everyone but root: for its life, the process is nobody.
struct AsNobody {
    AsNobody() : root(geteuid() == 0 && seteuid(65534) == 0) {}
    ~AsNobody() {
        if (root && seteuid(0) != 0) std::abort();
    }
    bool root;
};

fs::path archiveWithRun(const Folder& folder) {
    const fs::path path = folder / "runs.sqlite";
    Archive archive(path);
    archive.append(runA, {started(runA)});
    return path;
}

} // namespace

class ArchiveTest : public QObject {
    Q_OBJECT

  private slots:
    void finishedRunIsListedWithItsBest() {
        const Folder folder;
        Archive archive(folder / "deep/er/runs.sqlite");
        archive.append(runA, {started(runA)});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(runA, epochEvents(2, 0.5, 0.5));
        archive.append(runA, {RunFinished{.state = RunState::completed,
                                          .steps = 20,
                                          .seconds = 2.5,
                                          .best = epochResult(2, 0.5),
                                          .hyperparameters = {},
                                          .error = {},
                                          .message = {}}});
        const auto runs = archive.runs();
        QCOMPARE(runs.size(), std::size_t{1});
        const RunRow& run = runs.front();
        QCOMPARE(run.id, runA);
        QCOMPARE(run.name, std::string("small"));
        QCOMPARE(run.dataName, std::string("synthetic classification"));
        QCOMPARE(run.modelName, std::string("linear 3"));
        QCOMPARE(run.method, std::string("delta-stn"));
        QCOMPARE(run.state, RunState::completed);
        QCOMPARE(run.steps, std::int64_t{20});
        QCOMPARE(run.seconds, 2.5);
        QCOMPARE(run.bestValidationLoss, std::optional(0.5));
        QCOMPARE(run.bestEpoch, std::optional<std::int64_t>(2));
        QCOMPARE(run.testAtBest, std::optional(0.5));
        QVERIFY(
            QString::fromStdString(run.created).contains(QRegularExpression("^\\d{4}-\\d\\d-\\d\\dT.*Z$")));
        QVERIFY(!run.resumable);
    }

    void languageModelsAreListedWithTheirPerplexities() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        RunStarted text = started(runA);
        text.experiment.data.source = DataSource::text;
        archive.append(runA, {text});
        const RunRow fresh = archive.runs().front();
        QVERIFY(fresh.language);
        QVERIFY(!fresh.bestValidationPerplexity && !fresh.testPerplexityAtBest);
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(runA, {EpochFinished{epochResult(2, 0.9), epochResult(1, 0.7)}});
        archive.append(runB, {started(runB)});
        archive.append(runB, epochEvents(1, 0.7, 0.7));

        const RunRow run = archive.details(runA).row;
        QVERIFY(run.language);
        QCOMPARE(run.bestValidationPerplexity.value(), std::exp(0.7));
        QCOMPARE(run.testPerplexityAtBest.value(), std::exp(0.7 + 0.2)); // of the best epoch
        const RunRow image = archive.details(runB).row;
        QVERIFY(!image.language);
        QVERIFY(!image.bestValidationPerplexity && !image.testPerplexityAtBest);

        // The list must not fail on a text that another program damaged.
        other(path).exec("UPDATE runs SET experiment = '{' WHERE uuid = '" + runA + "'");
        for (const RunRow& row : archive.runs()) QVERIFY(!row.language);
    }

    void networksAreNamedByKindAndWidths() {
        const std::vector<std::pair<std::vector<Part>, std::string>> networks{
            {{LinearPart{.out = 1}}, "linear 1"},
            {{LinearPart{.out = 8}, ReluPart{}, LinearPart{.out = 2}}, "MLP 8-2"},
            {{Conv2dPart{.out = 4}, LinearPart{.out = 2}}, "CNN 4-2"},
            {{Conv2dPart{.out = 4}, ResidualBlockPart{.out = 8}, LinearPart{.out = 2}}, "ResNet 4-8-2"},
            {{EmbeddingPart{.width = 6}, LstmPart{.hidden = 5, .layers = 2}, TiedLinearPart{}}, "LSTM 5-5"},
            {{EmbeddingPart{.width = 6}, TiedLinearPart{}}, "linear"},
        };
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        for (std::size_t i = 0; i < networks.size(); ++i) {
            RunStarted start = started(runA.substr(0, runA.size() - 1) + std::to_string(i));
            start.experiment.model.parts = networks[i].first;
            archive.append(start.run, {start});
            QCOMPARE(archive.details(start.run).row.modelName, networks[i].second);
        }
    }

    void detailsHoldEverythingTold() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA), LogLine{LogLevel::warning, "slow BLAS"}});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(runA, {HyperparameterSet{"dropout", 0.25, 10}});
        const RunDetails details = archive.details(runA);
        QCOMPARE(details.experimentJson, toJson(smallExperiment()));
        QCOMPARE(details.environment.deviceName, std::string("a processor"));
        QCOMPARE(details.parameters, std::int64_t{33});
        QCOMPARE(details.series, started(runA).series);
        QCOMPARE(details.epochs.size(), std::size_t{1});
        QCOMPARE(details.epochs[0].hyperparameters, epochResult(1, 0.7).hyperparameters);
        QCOMPARE(details.epochs[0].scales, epochResult(1, 0.7).scales);
        QVERIFY(!details.epochs[0].trainAccuracy);
        QCOMPARE(details.epochs[0].testLoss, std::optional(0.7 + 0.2));
        QCOMPARE(details.events.size(), std::size_t{3});
        QCOMPARE(details.events[1].second, std::string("slow BLAS"));
        QCOMPARE(details.events[2].second, std::string("dropout set to 0.25 at step 10"));
    }

    void whatIsToldBeforeTheStartIsNotLost() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA,
                       {StateChanged{RunState::preparing, ""}, LogLine{LogLevel::info, "reading data"}});
        QVERIFY(archive.runs().empty());
        archive.append(runA, {started(runA)});
        const auto events = archive.details(runA).events;
        QCOMPARE(events.back().second, std::string("reading data"));
    }

    void curveComesInStepOrderWithDerivedEpoch() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        archive.append(runA, epochEvents(2, 0.5, 0.5));
        archive.append(runA, epochEvents(1, 0.7, 0.5));
        const Curve curve = archive.curve(runA, "train/loss");
        QCOMPARE(curve.step.size(), std::size_t{20});
        QVERIFY(std::is_sorted(curve.step.begin(), curve.step.end()));
        QCOMPARE(curve.epoch[4], 0.5);
        QCOMPARE(curve.value[3], 0.25);
        QCOMPARE(archive.curve(runA, "train/loss", 15).step.size(), std::size_t{5});
        QVERIFY(archive.curve(runA, "no/such").step.empty());
        QVERIFY(refusal([&] {
                    archive.curve(runB, "train/loss");
                }).contains("has no run " + QString(runB.c_str())));
    }

    /// One event in, the same point out, bit for bit; the band of an archived value follows from its
    /// transform.
    void hyperparameterComesBackAsItWasTold() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const Hyperparameter dropout = smallExperiment().hyperparameters.front();
        const Transform transform(dropout);
        std::vector<HyperparameterPoint> told{{.value = 0.25, .spread = {}}};
        for (int i = 0; i < 5; ++i) told.push_back(pointAt(transform, 0.1 * i - 1.0 / 3, 0.3 + 0.1 * i));
        told.push_back({.value = nan, .spread = Spread{.scale = nan, .lower = nan, .upper = nan}});
        std::vector<Event> events{started(runA)};
        for (std::size_t i = 0; i < told.size(); ++i)
            events.emplace_back(HyperparametersSampled{static_cast<std::int64_t>(5 * (i + 1)),
                                                       0.5 * static_cast<double>(i),
                                                       {told[i], {.value = 2.0}}});
        archive.append(runA, events);
        const HyperparameterCurve curve = archive.curve(runA, dropout);
        QCOMPARE(curve.points.size(), told.size());
        for (std::size_t i = 0; i < told.size(); ++i) {
            QVERIFY(curve.step[i] == 5.0 * static_cast<double>(i + 1));
            QVERIFY(curve.epoch[i] == curve.step[i] / 10.0 &&
                    curve.seconds[i] == 0.5 * static_cast<double>(i));
            const HyperparameterPoint& read = curve.points[i];
            QCOMPARE(read.spread.has_value(), told[i].spread.has_value());
            if (i > 0 && i < 6) {
                QVERIFY(read.value == told[i].value && read.spread->scale == told[i].spread->scale);
                QVERIFY(read == pointOf(transform, told[i].value, told[i].spread->scale));
                QVERIFY(std::abs(read.spread->lower - told[i].spread->lower) < 1e-14);
                QVERIFY(std::abs(read.spread->upper - told[i].spread->upper) < 1e-14);
            }
        }
        QVERIFY(curve.points[0] == told[0]);
        QVERIFY(std::isnan(curve.points[6].value) && std::isnan(curve.points[6].spread->scale));
        QCOMPARE(archive.curve(runA, dropout, 25).points.size(), std::size_t{2});
        QVERIFY(archive.curve(runA, Hyperparameter{.name = "width"})
                    .points.empty()); // which this run does not declare
        QVERIFY(archive.curve(runA, Hyperparameter{.name = "nowhere"}).points.empty());
        QVERIFY(refusal([&] { archive.curve(runB, dropout); }).contains("has no run"));
        // In the views as before: a series of values, one of scales.
        QCOMPARE(count(folder / "runs.sqlite",
                       "SELECT count(*) FROM metric WHERE series = 'hyperparameter/dropout' AND step <= 25"),
                 std::int64_t{5});
        QCOMPARE(count(folder / "runs.sqlite", "SELECT count(*) FROM metric WHERE series = 'scale/dropout'"),
                 std::int64_t{6});
    }

    /// What earlier versions wrote: values and scales as samples of two series, not always at the same steps.
    void valuesAndScalesOfEarlierArchivesAreJoined() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        const Hyperparameter dropout = smallExperiment().hyperparameters.front();
        Archive archive(path);
        archive.append(runA, {started(runA)});
        const auto insert = [&](const char* series, int step, double value) {
            SQLite::Database database = other(path);
            SQLite::Statement statement(database,
                                        "INSERT INTO samples SELECT r.id, n.id, ?, 0.5, ? FROM runs r, "
                                        "series_names n WHERE n.name = ?");
            statement.bind(1, step);
            statement.bind(2, value);
            statement.bind(3, series);
            statement.exec();
        };
        insert("scale/dropout", 10, 1.5);
        insert("hyperparameter/dropout", 10, 0.5);
        insert("hyperparameter/dropout", 20, 0.25);
        insert("scale/dropout", 30, 2.0);
        const HyperparameterCurve curve = archive.curve(runA, dropout);
        QVERIFY(curve.step == (std::vector<double>{10, 20}));
        QVERIFY(curve.points[0] == pointOf(Transform(dropout), 0.5, 1.5));
        // A scale holds until the next one.
        QVERIFY(curve.points[1] == pointOf(Transform(dropout), 0.25, 1.5));
        const HyperparameterCurve later = archive.curve(runA, dropout, 10);
        QVERIFY(later.step == std::vector<double>{20});
        QVERIFY(later.points[0] == curve.points[1]);
    }

    void samplesOfWhatWasNotDeclaredAreRefused() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        const QString series = refusal([&] {
            archive.append(runA, {SamplesTaken{{{Series::throughput, 1, 0.1, 5.0}}}});
        });
        QVERIFY2(series.startsWith("5: ") && series.contains("examples_per_second"), qPrintable(series));
        const QString points = refusal([&] {
            archive.append(runA, {HyperparametersSampled{1, 0.1, {{.value = 0.5}}}});
        });
        QVERIFY2(points.startsWith("5: ") && points.contains("its experiment has 2"), qPrintable(points));
        archive.append(runA, {HyperparametersSampled{1, 0.1, {{.value = 0.5}, {.value = 2.0}}}});
        QCOMPARE(archive.curve(runA, "hyperparameter/dropout").value, std::vector<double>{0.5});
    }

    void numbersThatAreNotFiniteSurvive() {
        const Folder folder;
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const double infinity = std::numeric_limits<double>::infinity();
        Archive archive(folder / "runs.sqlite");
        auto result = epochResult(1, nan);
        result.trainLoss = nan;
        result.testLoss = -infinity;
        result.testAccuracy = std::nullopt;
        archive.append(runA, {started(runA),
                              SamplesTaken{{{Series::trainLoss, 1, 0.1, nan},
                                            {Series::trainLoss, 2, 0.2, infinity},
                                            {Series::trainLoss, 3, 0.3, -infinity}}},
                              EpochFinished{result, result}});
        const Curve curve = archive.curve(runA, "train/loss");
        QVERIFY(std::isnan(curve.value[0]));
        QCOMPARE(curve.value[1], infinity);
        QCOMPARE(curve.value[2], -infinity);
        const EpochResult read = archive.details(runA).epochs.at(0);
        QVERIFY(std::isnan(read.validationLoss));
        QVERIFY(read.trainLoss && std::isnan(*read.trainLoss));
        QCOMPARE(read.testLoss, std::optional(-infinity));
        QVERIFY(!read.testAccuracy);
        QVERIFY(std::isnan(archive.runs().at(0).bestValidationLoss.value()));
        QCOMPARE(count(folder / "runs.sqlite", "SELECT best_validation_loss IS NULL FROM run"),
                 std::int64_t{1});
    }

    void resumedRunContinuesWithoutOrphans() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        {
            Archive archive(path);
            archive.append(runA, {started(runA)});
            archive.append(runA, epochEvents(1, 0.7, 0.7));
            archive.append(runA, {CheckpointTaken{10, std::make_shared<const std::string>("state")}});
            archive.append(runA, epochEvents(2, 0.2, 0.2));
            archive.rename(runA, "mine");
            archive.setTags(runA, {"keep"});
            archive.append(runA, {RunFinished{.state = RunState::interrupted,
                                              .steps = 20,
                                              .seconds = 2,
                                              .best = epochResult(2, 0.2),
                                              .hyperparameters = {},
                                              .error = ErrorKind::interrupted,
                                              .message = "by a signal"}});
            QVERIFY(archive.runs().at(0).resumable);
        }
        Archive archive(path);
        archive.append(runA, {started(runA, 10)});
        RunRow run = archive.runs().at(0);
        QCOMPARE(run.state, RunState::running);
        QCOMPARE(run.reason, std::string());
        QCOMPARE(run.name, std::string("mine"));
        QCOMPARE(run.tags, std::vector<std::string>{"keep"});
        // What the earlier execution did stays until this one has done it.
        QCOMPARE(run.steps, std::int64_t{20});
        QCOMPARE(run.bestValidationLoss, std::optional(0.2));
        QCOMPARE(archive.details(runA).epochs.size(), std::size_t{2});
        archive.append(runA, epochEvents(2, 0.4, 0.4));
        QCOMPARE(archive.runs().at(0).bestValidationLoss, std::optional(0.4));
        QCOMPARE(archive.curve(runA, "train/loss").step.size(), std::size_t{20});
        QCOMPARE(archive.details(runA).epochs.size(), std::size_t{2});
        QCOMPARE(count(path, "SELECT last_step FROM summaries WHERE position = 1"), std::int64_t{20});
        QCOMPARE(count(path, "SELECT best_step FROM summaries WHERE position = 0"), std::int64_t{20});
        QCOMPARE(count(path, "SELECT best = 0.4 FROM summaries WHERE position = 1"), std::int64_t{1});
    }

    void resumptionThatDoesNotStartLeavesTheRunAsItWas() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        {
            Archive archive(path);
            archive.append(runA, {started(runA)});
            archive.append(runA, epochEvents(1, 0.7, 0.7));
            archive.append(runA, {RunFinished{.state = RunState::completed,
                                              .steps = 10,
                                              .seconds = 1,
                                              .best = epochResult(1, 0.7),
                                              .hyperparameters = {},
                                              .error = {},
                                              .message = {}}});
        }
        for (const RunState end : {RunState::failed, RunState::interrupted}) {
            const bool failed = end == RunState::failed;
            const std::string why = failed ? "There is no cuda:63." : "";
            Archive archive(path);
            archive.append(runA, {StateChanged{RunState::preparing, "reading the data"}});
            QCOMPARE(archive.runs().at(0).state, RunState::completed);
            archive.append(runA, {LogLine{LogLevel::error, why}, StateChanged{end, why},
                                  RunFinished{.state = end,
                                              .steps = 0,
                                              .seconds = 0,
                                              .best = {},
                                              .hyperparameters = {},
                                              .error = ErrorKind::device,
                                              .message = why}});
            const RunDetails details = archive.details(runA);
            QCOMPARE(details.row.state, RunState::completed);
            QCOMPARE(details.row.reason, std::string());
            QCOMPARE(details.row.steps, std::int64_t{10});
            QCOMPARE(details.row.bestValidationLoss, std::optional(0.7));
            QCOMPARE(details.events.back().second,
                     std::string(failed ? "not resumed: There is no cuda:63."
                                        : "not resumed: interrupted before the run had started"));
        }
        QCOMPARE(count(path, "SELECT count(*) FROM event"), std::int64_t{4}); // started, finished, two notes
        // One that does start goes on, and what was told before it is kept.
        Archive archive(path);
        archive.append(runA, {LogLine{LogLevel::warning, "slow BLAS"}});
        archive.append(runA, {started(runA, 10)});
        QCOMPARE(archive.runs().at(0).state, RunState::running);
        QCOMPARE(archive.details(runA).events.back().second, std::string("slow BLAS"));
    }

    void runThatAnotherProcessTookUpIsNotTakenUpTwice() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        // As if it were a process of another machine, which shows signs of life.
        other(path).exec("UPDATE runs SET process_host = 'elsewhere', process_boot = 'theirs'");
        Archive archive(path);
        const QString message = refusal([&] { archive.append(runA, {started(runA, 10)}); });
        QVERIFY2(message.startsWith("5: ") && message.contains("is running in another process"),
                 qPrintable(message));
        QCOMPARE(count(path, "SELECT count(*) FROM event WHERE kind = 'resumed'"), std::int64_t{0});
    }

    void summariesFollowTheSamples() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(runA, epochEvents(2, 0.9, 0.7));
        auto database = other(path);
        SQLite::Statement query(database, "SELECT last, best, best_step FROM summaries WHERE position = ?");
        const auto row = [&](int position) {
            query.reset();
            query.bind(1, position);
            query.executeStep();
            return std::array{query.getColumn(0).getDouble(), query.getColumn(1).getDouble(),
                              query.getColumn(2).getDouble()};
        };
        QCOMPARE(row(1), (std::array{0.9, 0.7, 10.0}));                   // a loss: the lowest
        QCOMPARE(row(2), (std::array{1 - 0.9 / 10, 1 - 0.7 / 10, 10.0})); // an accuracy: the highest
    }

    void latestCheckpointReplacesTheOne() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        QVERIFY(archive.checkpoint(runA).bytes == nullptr);
        const std::string large(std::size_t{65} << 20U, 'x'); // more than one part
        archive.append(runA, {CheckpointTaken{1, std::make_shared<const std::string>(large)}});
        QVERIFY(*archive.checkpoint(runA).bytes == large);
        const std::string small("a\0b", 3);
        archive.append(runA, {CheckpointTaken{2, std::make_shared<const std::string>(small)}});
        QVERIFY(*archive.checkpoint(runA).bytes == small);
    }

    void runWhoseProcessDiedReadsAsInterrupted() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        const pid_t child = fork();
        if (child == 0) {
            Archive archive(path);
            archive.append(runA, {started(runA)});
            archive.append(runA, epochEvents(1, 0.7, 0.7));
            kill(getpid(), SIGKILL);
        }
        waitpid(child, nullptr, 0);
        {
            const Archive reader(path, Archive::Mode::readOnly);
            QCOMPARE(reader.runs().at(0).state, RunState::interrupted);
            QCOMPARE(reader.runs().at(0).steps, std::int64_t{10});
        }
        QCOMPARE(count(path, "SELECT count(*) FROM runs WHERE state = 'running'"), std::int64_t{1});
        const Archive writer(path);
        QCOMPARE(count(path, "SELECT count(*) FROM runs WHERE state = 'interrupted'"), std::int64_t{1});
        QVERIFY(!writer.runs().at(0).reason.empty());
    }

    void runOfThisProcessIsAlive() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        QCOMPARE(Archive(path).runs().at(0).state, RunState::running);
    }

    void reusedProcessNumberIsNoSignOfLife() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        other(path).exec("UPDATE runs SET process_start = process_start - 1");
        QCOMPARE(Archive(path, Archive::Mode::readOnly).runs().at(0).state, RunState::interrupted);
    }

    void runBeforeTheMachineRestartedIsOver() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        other(path).exec("UPDATE runs SET process_boot = 'earlier'");
        QCOMPARE(Archive(path, Archive::Mode::readOnly).runs().at(0).state, RunState::interrupted);
    }

    void runOnAnotherHostLivesByItsHeartbeat() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        other(path).exec("UPDATE runs SET process_host = 'elsewhere', process_boot = 'theirs'");
        QCOMPARE(Archive(path, Archive::Mode::readOnly).runs().at(0).state, RunState::running);
        QCOMPARE(count(path, "SELECT state = 'running' FROM run"), std::int64_t{1});
        other(path).exec("UPDATE runs SET heartbeat = heartbeat - 130");
        QCOMPARE(Archive(path, Archive::Mode::readOnly).runs().at(0).state, RunState::interrupted);
        QCOMPARE(count(path, "SELECT state = 'interrupted' FROM run"), std::int64_t{1});
    }

    void runTakenForDeadComesBackWithItsNextProgress() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        other(path).exec("UPDATE runs SET state = 'interrupted', reason = 'thought so'");
        archive.append(runA, {ProgressMade{.step = 5}});
        QCOMPARE(archive.runs().at(0).state, RunState::running);
        archive.append(runA, {RunFinished{.state = RunState::interrupted,
                                          .best = {},
                                          .hyperparameters = {},
                                          .error = {},
                                          .message = {}}});
        QCOMPARE(archive.runs().at(0).state, RunState::interrupted);
    }

    void runsAreFoundByIdPrefixNameAndLast() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        QVERIFY(refusal([&] { archive.resolve("last"); }).contains("has no runs yet"));
        archive.append(runA, {started(runA, 0, "first")});
        archive.append(runB, {started(runB, 0, "second")});
        QCOMPARE(archive.resolve(runA), runA);
        QCOMPARE(archive.resolve("BBBB"), runB);
        QCOMPARE(archive.resolve("first"), runA);
        QCOMPARE(archive.resolve("last"), runB);
        QVERIFY(refusal([&] { archive.resolve("third"); }).startsWith("2: No run in"));
        archive.rename(runB, "first");
        QVERIFY(refusal([&] { archive.resolve("first"); }).startsWith("2: 2 runs match \"first\": bbbbbbbb"));
    }

    void curationIsKept() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        {
            Archive archive(path);
            archive.append(runA, {started(runA)});
            archive.rename(runA, "O'Brien; \"x\"");
            archive.setStarred(runA, true);
            archive.setTags(runA, {"b", "a", "b"});
            archive.setNote(runA, "two\nlines");
        }
        const RunRow run = Archive(path, Archive::Mode::readOnly).runs().at(0);
        QCOMPARE(run.name, std::string("O'Brien; \"x\""));
        QVERIFY(run.starred);
        QCOMPARE(run.tags, (std::vector<std::string>{"a", "b"}));
        QCOMPARE(run.note, std::string("two\nlines"));
        QCOMPARE(count(path, "SELECT tags = 'a, b' FROM run"), std::int64_t{1});
    }

    void deletedRunComesBackUnlessPurged() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        archive.append(runB, {started(runB)});
        const RunFinished end{
            .state = RunState::completed, .best = {}, .hyperparameters = {}, .error = {}, .message = {}};
        archive.append(runA, {end});
        archive.append(runB, {end});
        archive.setDeleted({runA, runB}, true);
        QVERIFY(archive.runs().empty());
        QCOMPARE(archive.runs(true).size(), std::size_t{2});
        QCOMPARE(count(path, "SELECT count(*) FROM run"), std::int64_t{0});
        archive.setDeleted({runA}, false);
        archive.purgeDeleted();
        QCOMPARE(archive.runs(true).size(), std::size_t{1});
        QCOMPARE(archive.runs().at(0).id, runA);
        QCOMPARE(count(path, "SELECT count(*) FROM summaries WHERE run_id NOT IN (SELECT id FROM runs)"),
                 std::int64_t{0});
        // All or none: one unknown run, and nothing is hidden.
        QVERIFY(refusal([&] { archive.setDeleted({runA, "nobody"}, true); }).startsWith("5: "));
        QCOMPARE(archive.runs().size(), std::size_t{1});
    }

    void purgingGivesTheSpaceBack() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(
            runA,
            {started(runA), CheckpointTaken{1, std::make_shared<const std::string>(8 << 20, 'x')},
             RunFinished{
                 .state = RunState::stopped, .best = {}, .hyperparameters = {}, .error = {}, .message = {}}});
        archive.setDeleted({runA}, true);
        archive.purgeDeleted();
        QVERIFY2(fs::file_size(path) < 1 << 20, std::to_string(fs::file_size(path)).c_str());
    }

    void runBeingRecordedIsNotPurged() {
        const Folder folder;
        Archive archive(archiveWithRun(folder));
        archive.setDeleted({runA}, true);
        archive.purgeDeleted();
        QCOMPARE(archive.runs(true).size(), std::size_t{1});
    }

    void dataVersionTellsOfAnyWrite() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        Archive archive(path);
        const Archive reader(path, Archive::Mode::readOnly);
        const auto own = archive.dataVersion(), readers = reader.dataVersion();
        QCOMPARE(archive.dataVersion(), own);
        archive.setStarred(runA, true);
        QVERIFY(archive.dataVersion() != own);
        QVERIFY(reader.dataVersion() != readers);
    }

    void viewsHoldOneRowAFact() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        Archive archive(path);
        archive.append(runA, {started(runA)});
        archive.append(runA, epochEvents(1, 0.7, 0.7));
        archive.append(runA, epochEvents(2, 0.9, 0.7));
        const QString id = QString::fromStdString(runA);
        QCOMPARE(count(path, "SELECT count(*) FROM run WHERE id = '" + runA + "' AND epochs = 2.0"),
                 std::int64_t{1});
        QCOMPARE(count(path, "SELECT count(*) FROM metric WHERE run = '" + runA +
                                 "' AND series = 'train/loss' AND epoch = step / 10.0"),
                 std::int64_t{20});
        QCOMPARE(
            count(path,
                  "SELECT count(*) FROM hyperparameter WHERE run = '" + runA +
                      "' AND name = 'dropout' AND tuned AND initial = 0.1 AND value = 0.2 AND scale = 1.5"
                      " AND value_at_best = 0.2"),
            std::int64_t{1});
        QCOMPARE(count(path, "SELECT count(*) FROM event WHERE kind = 'started'"), std::int64_t{1});
        // A person's query must not walk through all metrics of all runs.
        auto database = other(path);
        SQLite::Statement plan(database,
                               "EXPLAIN QUERY PLAN SELECT * FROM metric WHERE run = 'x' AND series = 'y'");
        QString text;
        while (plan.executeStep()) text += QString(plan.getColumn(3).getText()) + "\n";
        QVERIFY2(text.contains("SEARCH s USING PRIMARY KEY (run_id=? AND series_id=?)"), qPrintable(text));
    }

    void longCurveComesBackWhole() {
        const Folder folder;
        Archive archive(folder / "runs.sqlite");
        archive.append(runA, {started(runA)});
        SamplesTaken taken;
        for (std::int64_t step = 1; step <= 100000; ++step)
            taken.samples.push_back({Series::trainLoss, step, 0.001 * static_cast<double>(step),
                                     1.0 / static_cast<double>(step)});
        archive.append(runA, {taken});
        const Curve curve = archive.curve(runA, "train/loss");
        QCOMPARE(curve.value.size(), std::size_t{100000});
        QCOMPARE(curve.value.back(), 1e-5);
        QCOMPARE(curve.seconds.back(), 100.0);
    }

    void severalProcessesCreateAndWriteAtOnce() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        std::vector<pid_t> children;
        for (int i = 0; i < 4; ++i) {
            const pid_t child = fork();
            if (child == 0) {
                try {
                    const std::string run = std::to_string(i) + runA.substr(1);
                    Archive archive(path);
                    archive.append(run, {started(run)});
                    for (int epoch = 1; epoch <= 10; ++epoch)
                        archive.append(run, epochEvents(epoch, 0.5, 0.5));
                    _exit(0);
                } catch (const std::exception& error) {
                    fprintf(stderr, "%s\n", error.what());
                    _exit(1);
                }
            }
            children.push_back(child);
        }
        for (const pid_t child : children) {
            int status = 0;
            waitpid(child, &status, 0);
            QCOMPARE(status, 0);
        }
        QCOMPARE(Archive(path).runs().size(), std::size_t{4});
        QCOMPARE(count(path, "SELECT count(*) FROM samples"), std::int64_t{4 * 10 * 12});
    }

    // What cannot be opened

    void readOnlyFileIsRefused() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        fs::permissions(folder / ".", fs::perms::all);
        fs::permissions(path, fs::perms(0444));
        const AsNobody nobody;
        QVERIFY2(
            refusal([&] { Archive archive(path); }).contains("runs.sqlite is read-only. Make it writable"),
            qPrintable(refusal([&] { Archive archive(path); })));
    }

    void readOnlyFolderIsRefused() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        fs::permissions(path, fs::perms::all);
        fs::permissions(folder / ".", fs::perms(0555));
        QString message;
        {
            const AsNobody nobody;
            message = refusal([&] { Archive archive(path); });
        }
        fs::permissions(folder / ".", fs::perms::all);
        QVERIFY2(message.startsWith("5: ") && message.contains("runs.sqlite cannot be"), qPrintable(message));
        QVERIFY2(message.contains("permissions"), qPrintable(message));
    }

    void writingThroughAReaderIsRefused() {
        const Folder folder;
        Archive reader(archiveWithRun(folder), Archive::Mode::readOnly);
        QVERIFY(refusal([&] { reader.setStarred(runA, true); }).contains("opened for reading only"));
        QVERIFY(!reader.runs().at(0).starred);
    }

    void missingArchiveIsNotMadeByAReader() {
        const Folder folder;
        const QString message = refusal([&] { Archive(folder / "none.sqlite", Archive::Mode::readOnly); });
        QVERIFY2(message.contains("none.sqlite does not exist"), qPrintable(message));
        QVERIFY(!fs::exists(folder / "none.sqlite"));
    }

    void lockedArchiveIsNamedAfterAWhile() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        Archive archive(path);
        auto holder = other(path);
        holder.exec("BEGIN EXCLUSIVE");
        const QString message = refusal([&] { archive.setStarred(runA, true); });
        QVERIFY2(message.contains("is locked by another program"), qPrintable(message));
        QCOMPARE(archive.runs().size(), std::size_t{1}); // reading goes on
        holder.exec("ROLLBACK");
        archive.setStarred(runA, true);
        QVERIFY(archive.runs().at(0).starred);
    }

    /// A connection keeps its lock while others of the same process come and go: without it, another program
    /// that leaves takes itself for the last one and removes the journal under this one's feet.
    void openConnectionKeepsItsLock() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        const Archive first(path);
        QCOMPARE(first.runs().size(), std::size_t{1});
        { const Archive second(path); }
        { const Archive third(path, Archive::Mode::readOnly); }
        const pid_t child = fork();
        if (child == 0) {
            const int file = ::open(path.c_str(), O_RDWR);
            // The bytes that SQLite's file format reserves for shared locks.
            struct flock lock {};
            lock.l_type = F_WRLCK;
            lock.l_whence = SEEK_SET;
            lock.l_start = 0x40000002;
            lock.l_len = 510;
            const bool asked = fcntl(file, F_GETLK, &lock) == 0;
            _exit(asked && lock.l_type == F_RDLCK ? 0 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);
    }

    void archiveThatWasMovedIsNotWrittenTo() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        Archive archive(path);
        fs::rename(path, folder / "elsewhere.sqlite");
        const QString message = refusal([&] { archive.setStarred(runA, true); });
        QVERIFY2(message.startsWith("5: ") && message.contains("was moved, deleted or replaced"),
                 qPrintable(message));
        fs::rename(folder / "elsewhere.sqlite", path);
        archive.setStarred(runA, true);
        QVERIFY(archive.runs().at(0).starred);
    }

    void newerSchemaIsRefusedUntouched() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        other(path).exec("PRAGMA user_version = 999");
        const std::string before = fileBytes(path);
        for (const auto mode : {Archive::Mode::readWrite, Archive::Mode::readOnly}) {
            const QString message = refusal([&] { Archive archive(path, mode); });
            QVERIFY2(message.contains("written by a newer version of this program (its schema is 999"),
                     qPrintable(message));
        }
        QVERIFY(fileBytes(path) == before);
    }

    void newerSchemaInTheJournalIsRefusedUntouched() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        const pid_t child = fork();
        if (child == 0) {
            auto database = other(path);
            database.exec("PRAGMA user_version = 999");
            kill(getpid(), SIGKILL); // leaves the -wal file
        }
        waitpid(child, nullptr, 0);
        const std::string before = fileBytes(path);
        QVERIFY(refusal([&] { Archive archive(path); }).contains("newer version"));
        QVERIFY(fileBytes(path) == before);
    }

    void otherFilesAreRefusedUntouched() {
        const Folder folder;
        const fs::path text = folder / "notes.txt";
        std::ofstream(text) << "milk, eggs";
        QVERIFY(refusal([&] { Archive archive(text); }).contains("notes.txt is not a SQLite file"));
        QCOMPARE(fileBytes(text), std::string("milk, eggs"));

        const fs::path foreign = folder / "optuna.db";
        SQLite::Database(foreign.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
            .exec("CREATE TABLE t(a)");
        const std::string before = fileBytes(foreign);
        QVERIFY(refusal([&] { Archive archive(foreign); }).contains("is a SQLite file of another program"));
        QVERIFY(fileBytes(foreign) == before);
    }

    void corruptArchiveIsNamed() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(100);
        file << std::string(3000, '\xa5');
        file.close();
        const QString message = refusal([&] { Archive archive(path); });
        QVERIFY2(message.startsWith("5: ") && message.contains("is damaged. Restore a copy"),
                 qPrintable(message));
    }

    void damageInsideIsFoundByTheIntegrityCheck() {
        const Folder folder;
        const fs::path path = folder / "runs.sqlite";
        {
            Archive archive(path);
            archive.append(runA, {started(runA)});
            for (int epoch = 1; epoch <= 200; ++epoch) archive.append(runA, epochEvents(epoch, 0.5, 0.5));
            QCOMPARE(archive.integrity(), std::string("ok"));
        }
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(fs::file_size(path)) - 12000);
        file << std::string(8000, '\xa5');
        file.close();
        const QString outcome = QString::fromStdString([&]() -> std::string {
            try {
                return Archive(path, Archive::Mode::readOnly).integrity();
            } catch (const Error& error) {
                return error.what();
            }
        }());
        QVERIFY2(outcome != "ok" && !outcome.isEmpty(), qPrintable(outcome));
    }

    void folderThatCannotBeMadeIsNamed() {
        const Folder folder;
        std::ofstream(folder / "file") << "x";
        const QString message = refusal([&] { Archive archive(folder / "file/sub/runs.sqlite"); });
        QVERIFY2(message.contains("for the archive cannot be created"), qPrintable(message));
        QVERIFY2(message.contains("file/sub"), qPrintable(message));
    }

    void folderInPlaceOfTheFileIsNamed() {
        const Folder folder;
        const QString message = refusal([&] { Archive archive(folder / "."); });
        QVERIFY2(message.contains("is a folder. Name a file in it."), qPrintable(message));
    }

    void onlyRegularFilesAreArchives() {
        const Folder folder;
        QCOMPARE(mkfifo((folder / "pipe").c_str(), 0600), 0);
        for (const fs::path& path : {folder / "pipe", fs::path("/dev/null")})
            for (const auto mode : {Archive::Mode::readWrite, Archive::Mode::readOnly}) {
                const QString message = refusal([&] { Archive archive(path, mode); });
                QVERIFY2(message.startsWith("5: ") && message.contains("is not a regular file"),
                         qPrintable(message));
            }
        QVERIFY(refusal([&] { Archive archive(fs::path{}); }).contains("name is empty"));
    }

    void namesWithAMeaningForSqliteAreFilesLikeOthers() {
        const Folder folder;
        const fs::path before = fs::current_path();
        fs::current_path(folder / ".");
        for (const char* name : {":memory:", "file:runs.sqlite?mode=memory"}) {
            { Archive(name).append(runA, {started(runA)}); }
            QVERIFY2(fs::is_regular_file(folder / name), name);
            QCOMPARE(Archive(name, Archive::Mode::readOnly).runs().size(), std::size_t{1});
        }
        fs::current_path(before);
    }

    void pathThatCannotBeFollowedIsNamed() {
        const Folder folder;
        const fs::path path = archiveWithRun(folder);
        const std::string overlong(300, 'x');
        for (const auto mode : {Archive::Mode::readWrite, Archive::Mode::readOnly})
            for (const fs::path& name : {folder / overlong, folder / overlong / "runs.sqlite"}) {
                const QString message = refusal([&] { Archive archive(name, mode); });
                QVERIFY2(message.startsWith("5: ") && message.contains("File name too long"),
                         qPrintable(message));
            }
        fs::permissions(folder / ".", fs::perms::none);
        QStringList messages;
        {
            const AsNobody nobody;
            for (const auto mode : {Archive::Mode::readWrite, Archive::Mode::readOnly})
                for (const fs::path& name : {path, folder / "sub/runs.sqlite"})
                    messages << refusal([&] { Archive archive(name, mode); });
        }
        fs::permissions(folder / ".", fs::perms::owner_all);
        for (const QString& message : messages)
            QVERIFY2(message.startsWith("5: ") && message.contains("Permission denied"), qPrintable(message));
    }

    void emptyFileIsToldFromAnOldArchive() {
        const Folder folder;
        std::ofstream(folder / "runs.sqlite").close();
        const QString message = refusal([&] { Archive(folder / "runs.sqlite", Archive::Mode::readOnly); });
        QVERIFY2(message.contains("is an empty file"), qPrintable(message));
    }

    void emptyFileBecomesAnArchive() {
        const Folder folder;
        std::ofstream(folder / "runs.sqlite").close();
        QVERIFY(Archive(folder / "runs.sqlite").runs().empty());
    }

    // Migrations

    void olderSchemaIsMigratedStepByStep() {
        const Folder folder;
        SQLite::Database database((folder / "x.sqlite").string(),
                                  SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        const std::array<std::string_view, 2> steps{"CREATE TABLE a(x); INSERT INTO a VALUES (1);",
                                                    "ALTER TABLE a ADD COLUMN y DEFAULT 7;"};
        migrate(database, std::span(steps).first(1));
        QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), 1);
        migrate(database, steps);
        QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), 2);
        QCOMPARE(database.execAndGet("SELECT x + y FROM a").getInt(), 8);
        migrate(database, steps); // nothing left to do
        QCOMPARE(database.execAndGet("SELECT count(*) FROM a").getInt(), 1);
    }

    void failingMigrationChangesNothing() {
        const Folder folder;
        SQLite::Database database((folder / "x.sqlite").string(),
                                  SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        const std::array<std::string_view, 2> steps{"CREATE TABLE a(x);", "CREATE TABLE b(x); nonsense;"};
        QVERIFY_THROWS_EXCEPTION(SQLite::Exception, migrate(database, steps));
        QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), 0);
        QCOMPARE(database.execAndGet("SELECT count(*) FROM sqlite_master").getInt(), 0);
    }

    void defaultPathFollowsXdg() {
        const QByteArray before = qgetenv("XDG_DATA_HOME");
        qputenv("XDG_DATA_HOME", "/some/where");
        QCOMPARE(Archive::defaultPath(), fs::path("/some/where/delta-stn-workbench/runs.sqlite"));
        qputenv("XDG_DATA_HOME", "relative");
        QCOMPARE(Archive::defaultPath(),
                 fs::path(qgetenv("HOME").toStdString()) / ".local/share/delta-stn-workbench/runs.sqlite");
        qputenv("XDG_DATA_HOME", before);
    }
};

DSTN_TEST(ArchiveTest)
#include "tst_archive.moc"
