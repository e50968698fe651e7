#include "core/run/json.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace dstn;
using Json = nlohmann::ordered_json;

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

EpochResult someResult() {
    return {.epoch = 3,
            .step = 30,
            .seconds = 1.0 / 3,
            .gradients = 75.5,
            .trainLoss = 0.1 + 0.2,
            .trainAccuracy = {},
            .validationLoss = notANumber,
            .validationAccuracy = 0.875,
            .testLoss = infinity,
            .testAccuracy = -infinity,
            .hyperparameters = {{"width", 4.0}, {"dropout", 1e-300}},
            .scales = {{"dropout", notANumber}}};
}

std::vector<std::string> keysOf(const Json& json) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    return keys;
}

} // namespace

class RunJsonTest : public QObject {
    Q_OBJECT

  private slots:
    void numbersThatJsonDoesNotHaveAreTexts() {
        QCOMPARE(jsonNumber(notANumber).dump(), std::string("\"NaN\""));
        QCOMPARE(jsonNumber(infinity).dump(), std::string("\"Infinity\""));
        QCOMPARE(jsonNumber(-infinity).dump(), std::string("\"-Infinity\""));
        QCOMPARE(jsonNumber(std::nullopt).dump(), std::string("null"));
        QCOMPARE(jsonNumbers({1.5, notANumber}).dump(), std::string("[1.5,\"NaN\"]"));
        QCOMPARE(jsonValues({{"b", 1.5}, {"a", infinity}}).dump(),
                 std::string("{\"b\":1.5,\"a\":\"Infinity\"}"));
        QVERIFY(std::isnan(numberFromJson(jsonNumber(notANumber))));
        for (const double value : {infinity, -infinity, 0.1, -0.0, 1e-308, 1.0 / 3})
            QVERIFY(numberFromJson(Json::parse(jsonNumber(value).dump())) == value);
        QVERIFY_EXCEPTION_THROWN(numberFromJson(Json("many")), Json::exception);
    }

    void epochComesBackBitForBit() {
        const EpochResult written = someResult();
        const Json json = jsonEpoch(written);
        QCOMPARE(keysOf(json),
                 (std::vector<std::string>{"epoch", "step", "seconds", "gradients", "train_loss",
                                           "train_accuracy", "validation_loss", "validation_accuracy",
                                           "test_loss", "test_accuracy", "hyperparameters", "scales"}));
        const EpochResult read = epochFromJson(Json::parse(json.dump()));
        QCOMPARE(read.epoch, written.epoch);
        QCOMPARE(read.step, written.step);
        QVERIFY(read.seconds == written.seconds);
        QVERIFY(read.gradients == written.gradients);
        QVERIFY(read.trainLoss == written.trainLoss);
        QVERIFY(!read.trainAccuracy);
        QVERIFY(std::isnan(read.validationLoss));
        QVERIFY(read.validationAccuracy == written.validationAccuracy);
        QVERIFY(read.testLoss == written.testLoss);
        QVERIFY(read.testAccuracy == written.testAccuracy);
        QVERIFY(read.hyperparameters == written.hyperparameters); // in their order
        QCOMPARE(read.scales.size(), std::size_t{1});
        QVERIFY(std::isnan(read.scales[0].second));
    }

    /// As the checkpoints of the first version have it.
    void earlierFormIsRead() {
        const EpochResult read = epochFromJson(Json::parse(
            R"({"epoch":2,"hyperparameters":[["b",0.5],["a","Infinity"]],"scales":[["b",1.5]],"seconds":1.25,
                "step":20,"test_accuracy":null,"test_loss":null,"train_accuracy":0.5,"train_loss":0.25,
                "validation_accuracy":0.75,"validation_loss":"NaN"})"));
        QCOMPARE(read.epoch, std::int64_t{2});
        QCOMPARE(read.gradients, 0.0);
        QVERIFY(std::isnan(read.validationLoss));
        QCOMPARE(read.hyperparameters,
                 (std::vector<std::pair<std::string, double>>{{"b", 0.5}, {"a", infinity}}));
        QCOMPARE(read.scales, (std::vector<std::pair<std::string, double>>{{"b", 1.5}}));
    }

    void anotherFormIsRefused() {
        Json json = jsonEpoch(someResult());
        json.erase("validation_loss");
        QVERIFY_EXCEPTION_THROWN(epochFromJson(json), Json::exception);
        json = jsonEpoch(someResult());
        json["scales"] = 7;
        QVERIFY_EXCEPTION_THROWN(epochFromJson(json), Json::exception);
        json["scales"] = nullptr;
        QVERIFY_EXCEPTION_THROWN(epochFromJson(json), Json::exception);
    }

    void environmentHasItsFields() {
        QCOMPARE(jsonEnvironment({.device = "cpu",
                                  .deviceName = "a processor",
                                  .torchVersion = "1",
                                  .blas = "b",
                                  .programVersion = "0",
                                  .host = "here",
                                  .threads = 2})
                     .dump(),
                 std::string(R"({"device":"cpu","device_name":"a processor","torch_version":"1","blas":"b",)"
                             R"("program_version":"0","host":"here","threads":2})"));
    }
};

DSTN_TEST(RunJsonTest)
#include "tst_run_json.moc"
