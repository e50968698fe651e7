#include "app/dstn/json_lines.h"
#include "app/dstn/progress.h"
#include "app/dstn/run_text.h"
#include "app/dstn/terminal.h"
#include "core/archive/run_filter.h"
#include "core/archive/run_json.h"
#include "core/run/json.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace dstn;
using namespace dstn::cli;

namespace {

RunRow run() {
    RunRow row;
    row.id = "0f3a1b2c-0000-4000-8000-000000000000";
    row.name = "SimpleCNN on Fashion-MNIST";
    row.method = "delta-stn";
    row.state = RunState::completed;
    row.created = "2024-05-01T12:00:00Z";
    row.steps = 400;
    row.stepsTotal = 800;
    row.stepsPerEpoch = 100;
    row.bestValidationLoss = 0.35;
    row.tags = {"paper", "seed 1"};
    return row;
}

bool matches(const char* expression) { return RunFilter(expression).matches(run()); }

QString refusal(const char* expression) {
    try {
        RunFilter filter(expression);
    } catch (const Error& error) {
        return error.kind() == ErrorKind::usage ? error.what() : "another kind";
    }
    return {};
}

EpochResult result() {
    return {.epoch = 2,
            .step = 200,
            .seconds = 65.0,
            .trainLoss = 0.5,
            .trainAccuracy = 0.8,
            .validationLoss = 0.41,
            .validationAccuracy = 0.86,
            .testLoss = 0.42,
            .testAccuracy = 0.85,
            .hyperparameters = {{"dropout", 0.125}},
            .scales = {{"dropout", 1.5}}};
}

RunStarted started() {
    RunStarted event;
    event.run = "id";
    event.experiment.name = "small";
    event.experiment.epochs = 8;
    event.environment.device = "cpu";
    event.environment.deviceName = "a processor";
    event.series = {"train/loss"};
    event.stepsTotal = 800;
    event.stepsPerEpoch = 100;
    return event;
}

} // namespace

class CliTextTest : public QObject {
    Q_OBJECT

  private slots:
    void filterConditionsMustAllHold() {
        QVERIFY(matches(""));
        QVERIFY(matches("state=completed method=delta-stn name~cnn best<0.4 tag=paper"));
        QVERIFY(!matches("state=completed best<0.3"));
        QVERIFY(matches("name=\"SimpleCNN on Fashion-MNIST\" tag=\"seed 1\""));
        QVERIFY(matches("epochs=4 steps>=400 steps<=400 created>2024 created<2025"));
        QVERIFY(matches("tag!=other state!=failed method!=stn"));
        QVERIFY(!matches("tag!=paper"));
        QVERIFY(matches("best=0.350"));
    }

    void runWithoutTheValueMeetsOnlyTheNegation() {
        QVERIFY(!matches("accuracy<1"));
        QVERIFY(!matches("accuracy>0"));
        QVERIFY(matches("accuracy!=1"));
    }

    void filterJudgesLanguageModelsByTheirPerplexity() {
        RunRow text = run();
        text.language = true;
        text.bestValidationAccuracy = 0.25; // of tokens
        text.testAtBest = 0.24;
        text.bestValidationPerplexity = 61.5;
        text.testPerplexityAtBest = 64.0;
        QVERIFY(RunFilter("perplexity<62 test=64").matches(text));
        QVERIFY(!RunFilter("perplexity>62").matches(text));
        QVERIFY(!RunFilter("accuracy>0").matches(text));
        QVERIFY(!matches("perplexity>0"));
    }

    void listAndDetailsTellPerplexitiesOfLanguageModels() {
        RunDetails text;
        text.row = run();
        text.row.language = true;
        text.row.bestValidationAccuracy = 0.25;
        text.row.testAtBest = 0.24;
        text.row.bestValidationPerplexity = 61.5;
        text.row.testPerplexityAtBest = 64.25;
        text.experimentJson = "{}";
        EpochResult epoch = result();
        epoch.validationLoss = std::log(61.5);
        epoch.testLoss = std::log(64.25);
        text.epochs = {epoch};

        const std::string list = listText({text.row, run()});
        QVERIFY2(list.find("61.50 ppl") != std::string::npos, list.c_str());
        QVERIFY2(list.find("0.25") == std::string::npos, list.c_str());
        const std::string details = detailsText(text);
        for (const char* part : {"test tokens)", "validation perplexity  61.50", "test perplexity",
                                 "VALID. PPL", "TEST PPL", "64.25"})
            QVERIFY2(details.find(part) != std::string::npos, (part + (" in " + details)).c_str());
        for (const char* part : {"accuracy", "ACC.", "0.25", "0.24", "0.86", "0.85"})
            QVERIFY2(details.find(part) == std::string::npos, (part + (" in " + details)).c_str());
        QCOMPARE(jsonRun(text.row)["best_validation_perplexity"].get<double>(), 61.5);
        QCOMPARE(jsonRun(text.row)["test_perplexity_at_best"].get<double>(), 64.25);
        QVERIFY(jsonRun(run())["best_validation_perplexity"].is_null());

        RunDetails image;
        image.row = run();
        image.row.bestValidationAccuracy = 0.86;
        image.row.testAtBest = 0.85;
        image.experimentJson = "{}";
        const auto line = [](const std::string& all, const std::string& start) {
            const std::size_t at = all.find("\n" + start);
            return at == std::string::npos ? std::string()
                                           : all.substr(at + 1, all.find('\n', at + 1) - at - 1);
        };
        const std::string both = comparisonText({text, image});
        const auto cells = [&](const std::string& start) {
            return QString::fromStdString(line(both, start)).mid(qsizetype(start.size())).simplified();
        };
        QCOMPARE(cells("validation perplexity"), QString("61.50 -"));
        QCOMPARE(cells("test perplexity"), QString("64.25 -"));
        QCOMPARE(cells("validation accuracy"), QString("- 0.8600"));
        QCOMPARE(cells("test  "), QString("- 0.8500"));
    }

    void filterSaysWhatItCannotUnderstand() {
        QVERIFY(
            refusal("colour=red").startsWith("\"colour=red\" names no field of a run. The fields are id,"));
        QVERIFY(refusal("completed").contains("is not a condition"));
        QVERIFY(refusal("best<low").contains("compares a number with \"low\""));
        QVERIFY(refusal("best~0.4").contains("searches for text in a number"));
        QVERIFY(refusal("state=done").contains("names no state"));
        QVERIFY(refusal("name=\"open").contains("closing quotation mark"));
        QVERIFY(refusal("best<").contains("has no value"));
        QVERIFY(refusal("starred=1").contains("compared with yes or no"));
        QVERIFY(refusal("name!x").contains("without a \"=\""));
    }

    void jsonLinesHoldThePromisedFields() {
        JsonLines lines("id");
        QVERIFY(!lines.line(ProgressMade{}));
        const auto epoch = nlohmann::json::parse(*lines.line(EpochFinished{result(), result()}));
        RunFinished end;
        end.state = RunState::stopped;
        end.steps = 250;
        end.seconds = 70;
        end.best = result();
        end.hyperparameters = {{"dropout", 0.2}};
        const auto finished = nlohmann::json::parse(*lines.line(end));
        for (const auto* line : {&epoch, &finished}) {
            for (const char* key : {"event", "run", "state", "steps", "seconds", "best", "hyperparameters"})
                QVERIFY2(line->contains(key), key);
            QCOMPARE((*line)["best"]["epoch"].get<int>(), 2);
            QCOMPARE((*line)["best"]["validation_loss"].get<double>(), 0.41);
            QCOMPARE((*line)["best"]["validation_accuracy"].get<double>(), 0.86);
            QCOMPARE((*line)["best"]["test_accuracy"].get<double>(), 0.85);
        }
        // One form of an epoch: the line has what its best has, which is what exports have.
        for (const auto& [key, value] : epoch["best"].items()) QVERIFY2(epoch[key] == value, key.c_str());
        QVERIFY(nlohmann::json(jsonEpoch(result())) == epoch["best"]);
        QVERIFY(epoch["steps"] == epoch["step"]);
        RunStarted start = started();
        start.environment.threads = 3;
        const auto begun = nlohmann::json::parse(*lines.line(start));
        for (const char* key : {"event", "run", "state", "name", "steps", "steps_total", "steps_per_epoch",
                                "parameters", "response_parameters", "device", "device_name", "torch_version",
                                "blas", "threads", "seed", "series"})
            QVERIFY2(begun.contains(key), key);
        QCOMPARE(begun["threads"].get<int>(), 3);
        QCOMPARE(epoch["event"].get<std::string>(), std::string("epoch"));
        QCOMPARE(finished["event"].get<std::string>(), std::string("finished"));
        QCOMPARE(finished["state"].get<std::string>(), std::string("stopped"));
        QCOMPARE(finished["hyperparameters"]["dropout"].get<double>(), 0.2);
    }

    void jsonLinesSurviveNumbersThatAreNotFinite() {
        EpochResult broken = result();
        broken.validationLoss = std::numeric_limits<double>::quiet_NaN();
        broken.trainLoss = std::numeric_limits<double>::infinity();
        const auto epoch = nlohmann::json::parse(*JsonLines("id").line(EpochFinished{broken, broken}));
        QCOMPARE(epoch["validation_loss"].get<std::string>(), std::string("NaN"));
        QCOMPARE(epoch["train_loss"].get<std::string>(), std::string("Infinity"));
    }

    void epochIsOneLineWithItsBest() {
        Progress progress;
        progress.note(started());
        EpochResult best = result();
        QCOMPARE(progress.note(EpochFinished{result(), best}),
                 std::string("epoch 2/8: training loss 0.5000, validation loss 0.4100, accuracy 0.8600, "
                             "test accuracy 0.8500 (best); 1 min 05 s so far\n"));
        best.epoch = 1;
        best.validationLoss = 0.4;
        QVERIFY(progress.note(EpochFinished{result(), best}).find("(best 0.4000 at epoch 1)") !=
                std::string::npos);
    }

    void languageModelsTellTheirPerplexity() {
        Progress progress;
        RunStarted text = started();
        text.data.task = TaskKind::language;
        progress.note(text);
        EpochResult result;
        result.validationLoss = std::log(50.0);
        result.validationAccuracy = 0.25;
        QVERIFY(progress.note(EpochFinished{result, result}).find("perplexity 50.00 (best)") !=
                std::string::npos);
        result.testLoss = std::log(60.0);
        RunFinished finished;
        finished.best = result;
        const std::string end = progress.summary("id", finished);
        QVERIFY(end.find("validation loss 3.912, perplexity 50.00, test perplexity 60.00\n") !=
                std::string::npos);
    }

    void barFitsTheTerminal() {
        Progress progress;
        QCOMPARE(progress.bar(80), std::string("preparing …"));
        progress.note(LoadingProgressed{.what = "reading the data"});
        QCOMPARE(progress.bar(80), std::string("reading the data …"));
        progress.note(LoadingProgressed{.what = "decoding images", .fraction = 0.345});
        QCOMPARE(progress.bar(80), std::string("decoding images 34 %"));
        progress.note(started());
        progress.note(SamplesTaken{{{Series::trainLoss, 1, 0.1, 0.75}, {Series::responseLoss, 1, 0.1, 9.0}}});
        progress.note(ProgressMade{.step = 200,
                                   .stepsTotal = 800,
                                   .secondsLeft = 65,
                                   .examplesPerSecond = 1234.4,
                                   .memoryBytes = 3 << 20});
        const std::string text = progress.bar(120);
        for (const char* part : {"25 %", "epoch 3/8", "step 200/800", "1,234 examples/s", "3 MiB",
                                 "loss 0.7500", "1 min 05 s left", "████████░"})
            QVERIFY2(text.find(part) != std::string::npos, (std::string(part) + " in " + text).c_str());
        for (const int width : {10, 40, 79, 100, 200}) QVERIFY(textWidth(progress.bar(width)) <= width);
        RunStarted aText = started();
        aText.data.task = TaskKind::language;
        progress.note(aText);
        QVERIFY(progress.bar(120).find("1,234 tokens/s") != std::string::npos);
    }

    void warningsAreShownAndErrorsLeftToTheEnd() {
        Progress progress;
        QCOMPARE(progress.note(LogLine{LogLevel::warning, "slow"}), std::string("dstn: warning: slow\n"));
        QCOMPARE(progress.note(LogLine{LogLevel::error, "broken"}), std::string());
    }

    void tableIsAlignedByCharacters() {
        const cli::Table table{.rows = {{"a", "1"}, {"Δ-STN", "23"}}, .right = {false, true}};
        QCOMPARE(table.text(), std::string("a       1\nΔ-STN  23\n"));
    }

    void cellsAreShort() {
        QCOMPARE(shortNumber(1.0 / 3), std::string("0.3333"));
        QCOMPARE(shortNumber(std::nullopt), std::string("-"));
        QCOMPARE(shortNumber(std::numeric_limits<double>::quiet_NaN()), std::string("NaN"));
        QCOMPARE(shortened("Fashion", 4), std::string("Fas…"));
    }

    void damagedExperimentIsSaidInsteadOfShown() {
        RunDetails details;
        details.row = run();
        details.experimentJson = "{";
        try {
            nlohmann::ordered_json json;
            addHistory(json, details);
            QFAIL("A damaged experiment was shown.");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::archive);
            QVERIFY2(QString(error.what()).contains("experiment of run 0f3a1b2c"), error.what());
        }
    }

    void comparisonShowsOnlyWhatDiffers() {
        RunDetails a, b;
        a.row = b.row = run();
        b.row.bestValidationLoss = 0.3;
        a.experimentJson = R"({"name": "x", "seed": 0, "device": "cpu"})";
        b.experimentJson = R"({"name": "y", "seed": 1, "device": "cpu"})";
        const QString text = QString::fromStdString(comparisonText({a, b}));
        QVERIFY(text.contains(QRegularExpression("validation loss +0\\.3500 +0\\.3000\n")));
        QVERIFY(text.contains(QRegularExpression("seed +0 +1\n")));
        QVERIFY(!text.contains("device"));
        QVERIFY(QString::fromStdString(comparisonText({a, a})).contains("DO NOT DIFFER"));
    }
};

DSTN_TEST(CliTextTest)
#include "tst_cli_text.moc"
