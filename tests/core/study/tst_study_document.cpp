#include "core/error.h"
#include "tests/core/study/sample_study.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

namespace {

ParsedStudy parse(const std::string& json) {
    return parseStudy(json, [](const std::string& source) -> std::string {
        if (source == "sample") return sampleExperiment;
        throw Error(ErrorKind::usage, "there is no experiment \"" + source + "\"");
    });
}

/// The study with one of its entries written otherwise.
std::string document(const std::string& entry = {}, const std::string& value = {}) {
    std::vector<std::pair<std::string, std::string>> entries{
        {"schema", "1"},
        {"name", "\"one\""},
        {"experiment", "\"sample\""},
        {"methods", R"([{"name": "Ours", "set": {"tuner.train_steps": 3}}, "random"])"},
        {"seeds", "[0, 1, 18446744073709551615]"},
        {"budget", R"({"epochs": 8})"}};
    bool known = entry.empty();
    for (auto& [key, text] : entries)
        if (key == entry) {
            text = value;
            known = true;
        }
    if (!known) entries.emplace_back(entry, value);
    std::string json;
    for (const auto& [key, text] : entries)
        if (!text.empty()) json += (json.empty() ? "{" : ", ") + ("\"" + key + "\": ") + text;
    return json + "}";
}

} // namespace

class StudyDocumentTest : public QObject {
    Q_OBJECT

  private slots:
    void documentIsReadAndWrittenTheSame() {
        const ParsedStudy parsed =
            parse(document("set", R"({"optimizers.general.lr": 0.02, "device": "cpu"})"));
        QVERIFY2(parsed.study, describe(parsed.mistakes).c_str());
        const Study& study = *parsed.study;
        QCOMPARE(study.methods[0].name, std::string("Ours"));
        QCOMPARE(study.methods[1].name, std::string("Random search"));
        QCOMPARE(study.seeds.back(), std::uint64_t{18446744073709551615U});
        const Experiment ours = experimentOf(study, 0, 7);
        QCOMPARE(ours.tuner.trainSteps, std::int64_t{3});
        QCOMPARE(ours.optimizers.general.lr, 0.02);
        QCOMPARE(ours.seed, std::uint64_t{7});
        QCOMPARE(ours.name, std::string("one: Ours, seed 7"));
        QCOMPARE(traitsOf(experimentOf(study, 1, 0).tuner).id, std::string_view("random"));

        const ParsedStudy again = parse(toJson(study));
        QVERIFY2(again.study, describe(again.mistakes).c_str());
        QCOMPARE(toJson(*again.study), toJson(study));
        QVERIFY(changesBeyondGrowth(study, *again.study).empty());
    }

    void everyMistakeIsTold_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, const std::string& json, const QString& message) {
            QTest::newRow(name) << QByteArray::fromStdString(json) << message;
        };
        row("no object", "[]", "expected an object, found");
        row("unknown key", document("seed", "[1]"), "seed: unknown key: did you mean \"seeds\"?");
        row("no experiment", document("experiment"), "experiment: is missing");
        row("unknown experiment", document("experiment", "\"x\""),
            "experiment: there is no experiment \"x\"");
        row("broken experiment", document("experiment", R"({"schema": 1})"), "experiment: data: is missing");
        row("no methods", document("methods", "[]"),
            "methods: expected at least one method, found an empty list");
        row("unknown tuner", document("methods", R"(["magic"])"), "methods[0]");
        row("method twice", document("methods", R"(["random", "random"])"),
            "methods[1].name: expected a unique name, found \"Random search\" a second time");
        row("method's option", document("methods", R"([{"name": "a", "set": {"tuner.linearise": true}}])"),
            "methods[0] (a): tuner.linearise");
        row("no seeds", document("seeds", "[]"), "seeds: expected at least one seed");
        row("negative seed", document("seeds", "[-1]"), "seeds: expected a list of whole numbers");
        row("seed twice", document("seeds", "[4, 4]"),
            "seeds[1]: expected each seed once, found 4 a second time");
        std::string many = "[0";
        for (int seed = 1; seed <= 10'000; ++seed) many += ", " + std::to_string(seed);
        row("too many seeds", document("seeds", many + "]"), "seeds: expected at most 10000, found 10001");
        std::string methods = "[\"random\"";
        for (int method = 1; method <= 1'000; ++method) methods += ", \"random\"";
        row("too many methods", document("methods", methods + "]"),
            "methods: expected at most 1000, found 1001");
        row("budget beyond counting", document("budget", R"({"epochs": 1e300})"),
            "budget.epochs: expected a number above 0 and of at most 1e15, found 1e300");
        row("no budget", document("budget"), "budget: is missing");
        row("two budgets", document("budget", R"({"epochs": 1, "seconds": 2})"),
            "budget: expected one of epochs");
        row("unknown unit", document("budget", R"({"hours": 1})"), "budget.hours: unknown unit");
        row("no number", document("budget", R"({"epochs": "8"})"),
            "budget.epochs: expected a number above 0");
        row("negative", document("budget", R"({"seconds": -1})"),
            "budget.seconds: expected a number above 0");
        row("too small for a trial", document("budget", R"({"epochs": 3})"),
            "budget.epochs: expected at least 4 for methods[1] (Random search): one trial trains 4 epochs "
            "(budget.epochs); found 3");
        row("no time to tune", document("methods", R"([{"name": "a", "set": {"tuner.warmup_epochs": 8}}])"),
            "budget.epochs: expected at least 9 for methods[0] (a)");
        row("parallel", document("parallel", "0"), "parallel: expected a whole number from 1 to 256");
    }
    void everyMistakeIsTold() {
        QFETCH(const QByteArray, json);
        QFETCH(const QString, message);
        const ParsedStudy parsed = parse(json.toStdString());
        QVERIFY(!parsed.study);
        const QString told = QString::fromStdString(describe(parsed.mistakes));
        QVERIFY2(told.contains(message), qPrintable(told));
    }

    void budgetOfGradientsIsHeldAgainstTheData() {
        Study study = sampleStudy({"random"}, 39);
        study.unit = BudgetUnit::gradients; // ten steps an epoch, four epochs a trial
        QVERIFY(validate(study).empty());
        const DataInfo data = probeDataset(experimentOf(study, 0, 0).data);
        const QString told = QString::fromStdString(describe(validate(study, data)));
        QVERIFY2(told.startsWith("budget.gradients: expected at least 40 for methods[0] (random)"),
                 qPrintable(told));
        study.budget = 40;
        QVERIFY(validate(study, data).empty());
    }

    void studyMayGrowButNotChange() {
        const Study before = sampleStudy();
        Study after = before;
        after.budget = 20;
        after.seeds.push_back(5);
        after.methods.push_back({.name = "stn", .set = {{"tuner.type", "stn"}}});
        after.name = "another name";
        QVERIFY(changesBeyondGrowth(before, after).empty());
        QVERIFY(!changesBeyondGrowth(after, before).empty());

        after = before;
        after.set = {{"model.parts[0].rate", "0.5"}, {"optimizers.general.lr", "0.5"}};
        after.experimentJson = before.experimentJson;
        const auto changes = changesBeyondGrowth(before, sampleStudy({"delta-stn", "bayesian"}));
        QCOMPARE(changes.size(), std::size_t{1});
        after = before;
        after.set = {{"optimizers.general.lr", "0.5"}};
        const std::vector<std::string> told = changesBeyondGrowth(before, after);
        QCOMPARE(told.size(), std::size_t{2});
        QCOMPARE(told[0], std::string("methods[0] (delta-stn): optimizers.general.lr was 0.01, is now 0.5"));
        after = before;
        after.unit = BudgetUnit::seconds;
        QCOMPARE(changesBeyondGrowth(before, after),
                 std::vector<std::string>{"budget: was counted in epochs, is now in seconds"});
    }

    void searchAloneIsAStudyOfItsTrials() {
        const Study base = sampleStudy({"random"});
        Experiment search = experimentOf(base, 0, 3);
        std::get<RandomOptions>(search.tuner.options).trials = 5;
        const Study study = studyOf(search);
        QCOMPARE(study.budget, 20.0);
        QCOMPARE(study.seeds, std::vector<std::uint64_t>{3});
        QVERIFY(validate(study).empty());
        QCOMPARE(experimentOf(study, 0, 3).tuner, search.tuner);
    }

    void everyStudyPresetIsValid() {
        QVERIFY(findStudyPreset("ridge") != nullptr);
        QVERIFY(findStudyPreset("fashion-mnist-quick") != nullptr);
        QVERIFY(findStudyPreset("none") == nullptr);
        for (const Preset& preset : studyPresets()) QVERIFY(!preset.description.empty());
    }
};

DSTN_TEST(StudyDocumentTest)
#include "tst_study_document.moc"
