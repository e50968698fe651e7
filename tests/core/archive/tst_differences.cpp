#include "core/archive/archive.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

class DifferencesTest : public QObject {
    Q_OBJECT

    static QString text(const std::vector<std::string>& documents) {
        QString lines;
        for (const Difference& difference : differences(documents)) {
            lines += QString::fromStdString(difference.path) + ":";
            for (const std::string& value : difference.values)
                lines += " [" + QString::fromStdString(value) + "]";
            lines += "\n";
        }
        return lines;
    }

  private slots:
    void onlyWhatDiffersIsShown() {
        QCOMPARE(text({R"({"seed": 0, "budget": {"epochs": 8}, "device": "auto"})",
                       R"({"seed": 1, "budget": {"epochs": 8}, "device": "cpu"})"}),
                 QString("seed: [0] [1]\ndevice: [auto] [cpu]\n"));
        QCOMPARE(text({R"({"a": 1})", R"({"a": 1.0})"}), QString());
    }

    void historyAndDataAreCompared() {
        RunDetails plain, broken;
        plain.experimentJson = R"({"lr": 0.5})";
        broken.experimentJson = "nonsense";
        RunDetails changed = plain;
        changed.amendments = {{.step = 20, .path = "lr", .before = "0.03", .after = "0.5"},
                              {.step = 20, .path = "name", .before = "\"a\"", .after = "\"b\""}};
        changed.data = {.path = "/d.csv", .files = 1, .bytes = 7, .hash = "ab"};
        QCOMPARE(text({comparedDocument(plain), comparedDocument(changed)}),
                 QString("changed on resuming: [] [lr was 0.03 up to step 20]\ndata read: [] [7 bytes, XXH3 "
                         "ab]\n"));
        QCOMPARE(comparedDocument(broken), std::string("nonsense"));
    }

    void hyperparametersAreComparedByName() {
        QCOMPARE(text({R"({"hyperparameters": [{"name": "a", "initial": 1}, {"name": "b", "initial": 2}]})",
                       R"({"hyperparameters": [{"name": "b", "initial": 3}, {"name": "a", "initial": 1}]})"}),
                 QString("hyperparameters.b.initial: [2] [3]\n"));
    }

    void whatOneLacksIsEmpty() {
        QCOMPARE(text({R"({"parts": [{"out": 4}, {"out": 2}]})", R"({"parts": [{"out": 4}]})",
                       R"({"parts": []})"}),
                 QString("parts: [] [] [[]]\nparts[0].out: [4] [4] []\nparts[1].out: [2] [] []\n"));
    }

    void textThatIsNoJsonIsRefused() { QVERIFY_THROWS_EXCEPTION(Error, differences({"{}", "nonsense"})); }
};

DSTN_TEST(DifferencesTest)
#include "tst_differences.moc"
