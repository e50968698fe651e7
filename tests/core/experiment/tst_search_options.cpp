#include "core/experiment/experiment.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace dstn;
using nlohmann::ordered_json;

namespace {

const ordered_json& sound() {
    static const ordered_json document = ordered_json::parse(R"({
        "schema": 1,
        "data": {"source": "synthetic-classification", "validation": 0.2},
        "model": {"parts": [{"type": "dropout", "rate": "rate"},
                            {"type": "linear", "out": 10, "weight_decay": "decay"}]},
        "augmentation": [],
        "hyperparameters": [
            {"name": "rate", "initial": 0.05, "min": 0, "max": 0.9},
            {"name": "decay", "initial": 0.01, "min": 0.0001, "max": 1, "log": true}],
        "tuner": {"type": "random"},
        "budget": {"epochs": 9}
    })");
    return document;
}

/// The sound document with another tuner and a JSON value at a pointer.
std::string with(const char* tuner, const char* pointer, const char* value) {
    ordered_json document = sound();
    document["tuner"] = ordered_json::parse(tuner);
    if (*pointer != '\0') {
        const ordered_json::json_pointer place(pointer);
        if (std::string_view(value) == "-")
            document[place.parent_pointer()].erase(place.back());
        else
            document[place] = ordered_json::parse(value);
    }
    return document.dump();
}

} // namespace

class tst_search_options : public QObject {
    Q_OBJECT

  private slots:
    void mistakeIsToldWithItsPlace_data();
    void mistakeIsToldWithItsPlace();
    void acceptableOptionsHaveNoMistakes_data();
    void acceptableOptionsHaveNoMistakes();
    void brokenRangeIsToldOnce();
};

void tst_search_options::mistakeIsToldWithItsPlace_data() {
    QTest::addColumn<QString>("document");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("part");
    const auto row = [](const char* name, const char* tuner, const char* pointer, const char* value,
                        const char* path, const char* part) {
        QTest::newRow(name) << QString::fromStdString(with(tuner, pointer, value)) << path << part;
    };
    for (const char* type : {"grid", "random", "bayesian", "pbt"})
        row(type, (std::string("{\"type\": \"") + type + "\"}").c_str(), "/hyperparameters/1/max", "-",
            "hyperparameters[1].max", "searches between both ends of a range");
    row("no lower end", R"({"type": "random"})", "/hyperparameters/1/min", "-", "hyperparameters[1].min",
        "is missing: \"random\"");
    row("grid too large", R"({"type": "grid", "points": 5, "trials": 20})", "", "", "tuner.trials",
        "expected at least the grid's 25 points, found 20");
    row("grid of a name that is not there",
        R"({"type": "grid", "values": [{"name": "rat", "values": [0.1]}]})", "", "", "tuner.values[0].name",
        "no tuned hyperparameter is named \"rat\": did you mean \"rate\"");
    row("grid of one that is held", R"({"type": "grid", "values": [{"name": "rate", "values": [0.1]}]})",
        "/hyperparameters/0/tune", "false", "tuner.values[0].name",
        "no tuned hyperparameter is named \"rate\"");
    row("grid with a name twice",
        R"({"type": "grid", "values": [{"name": "rate", "values": [0.1]}, {"name": "rate", "values": [0.2]}]})",
        "", "", "tuner.values[1].name", "found \"rate\" a second time");
    row("empty grid", R"({"type": "grid", "values": [{"name": "rate", "values": []}]})", "", "",
        "tuner.values[0].values", "found an empty grid");
    row("grid above the range", R"({"type": "grid", "values": [{"name": "rate", "values": [0.1, 0.95]}]})",
        "", "", "tuner.values[0].values", "expected values from 0 to 0.9, the range of \"rate\", found 0.95");
    row("grid below the range", R"({"type": "grid", "values": [{"name": "decay", "values": [0]}]})", "", "",
        "tuner.values[0].values", "expected values from 1e-4 to 1, the range of \"decay\"");
    const char* holes = R"([{"name": "rate", "initial": 1, "min": 0, "max": 5, "discrete": true}])";
    ordered_json discrete = sound();
    discrete["model"]["parts"] = ordered_json::parse(R"([{"type": "linear", "out": 10}])");
    discrete["augmentation"] = ordered_json::parse(R"([{"type": "cutout", "holes": "rate", "length": 4}])");
    discrete["hyperparameters"] = ordered_json::parse(holes);
    discrete["tuner"] =
        ordered_json::parse(R"({"type": "grid", "values": [{"name": "rate", "values": [1.5]}]})");
    QTest::newRow("fraction of a discrete one")
        << QString::fromStdString(discrete.dump()) << "tuner.values[0].values"
        << "expected whole numbers";
    discrete["tuner"]["values"][0]["values"] = {5};
    QTest::newRow("upper end of a discrete one")
        << QString::fromStdString(discrete.dump()) << "tuner.values[0].values"
        << "expected values from 0 to below 5";
    row("rung beyond the training", R"({"type": "random", "early_stopping": "asha", "minimum_epochs": 10})",
        "", "", "tuner.minimum_epochs", "expected at most budget.epochs, 9, found 10");
    row("generation beyond the training", R"({"type": "pbt", "interval_epochs": 10})", "", "",
        "tuner.interval_epochs", "expected at most budget.epochs, 9, found 10");
    row("nothing replaced", R"({"type": "pbt", "population": 4, "quantile": 0.2})", "", "", "tuner.quantile",
        "nothing would ever be replaced");
    row("more start trials than trials", R"({"type": "bayesian", "trials": 5, "start_trials": 6})", "", "",
        "tuner.start_trials", "expected at most tuner.trials, 5, found 6");
}

void tst_search_options::mistakeIsToldWithItsPlace() {
    QFETCH(QString, document);
    QFETCH(QString, path);
    QFETCH(QString, part);
    const auto parsed = parseExperiment(document.toStdString());
    QVERIFY(!parsed.experiment);
    const QByteArray told = QByteArray::fromStdString(describe(parsed.mistakes));
    QVERIFY2(parsed.mistakes.size() == 1, told);
    QCOMPARE(QString::fromStdString(parsed.mistakes[0].path), path);
    QVERIFY2(told.contains(part.toUtf8()), told);
}

void tst_search_options::acceptableOptionsHaveNoMistakes_data() {
    QTest::addColumn<QString>("document");
    const auto row = [](const char* name, const char* tuner, const char* pointer = "",
                        const char* value = "") {
        QTest::newRow(name) << QString::fromStdString(with(tuner, pointer, value));
    };
    row("a grid as large as the trials", R"({"type": "grid", "points": 4, "trials": 16})");
    row("a grid that reaches the ends",
        R"({"type": "grid", "values": [{"name": "rate", "values": [0, 0.9]}, {"name": "decay", "values": [1]}]})");
    row("a lowest rung of a whole training",
        R"({"type": "random", "early_stopping": "asha", "minimum_epochs": 9})");
    row("a lowest rung that is not used", R"({"type": "random", "minimum_epochs": 100})");
    row("one of ten replaced", R"({"type": "pbt", "population": 10, "quantile": 0.1})");
    row("start trials alone", R"({"type": "bayesian", "trials": 6, "start_trials": 6})");
    row("no range where nothing searches", R"({"type": "delta-stn"})", "/hyperparameters/1/max", "-");
    row("no range where it is held", R"({"type": "random"})", "/hyperparameters/1",
        R"({"name": "decay", "initial": 0.01, "log": true, "tune": false})");
}

void tst_search_options::acceptableOptionsHaveNoMistakes() {
    QFETCH(QString, document);
    const auto parsed = parseExperiment(document.toStdString());
    QVERIFY2(parsed.experiment, QByteArray::fromStdString(describe(parsed.mistakes)));
}

void tst_search_options::brokenRangeIsToldOnce() {
    const auto parsed = parseExperiment(with(R"({"type": "grid"})", "/hyperparameters/0/max", "-1"));
    QCOMPARE(parsed.mistakes.size(), std::size_t{1});
    QCOMPARE(parsed.mistakes[0].path, std::string("hyperparameters[0].max"));
}

DSTN_TEST(tst_search_options)
#include "tst_search_options.moc"
