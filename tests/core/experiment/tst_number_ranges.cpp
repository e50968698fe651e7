#include "core/experiment/experiment.h"
#include "core/experiment/experiment_text.h"
#include "core/spec/field.h"
#include "tests/program.h"

#include <QElapsedTimer>
#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace dstn;
using nlohmann::ordered_json;
using Pointer = ordered_json::json_pointer;

namespace {

ordered_json sampleOf(const ordered_json& schema) {
    if (schema.contains("const")) return schema["const"];
    if (schema.contains("enum")) return schema["enum"][0];
    for (const char* choice : {"oneOf", "anyOf"})
        if (schema.contains(choice)) return sampleOf(schema[choice][0]);
    const ordered_json& type = schema["type"];
    if (type == "object") {
        ordered_json object = ordered_json::object();
        const ordered_json required = schema.value("required", ordered_json::array());
        for (const auto& [key, property] : schema["properties"].items()) {
            const auto isThis = [&, name = key](const ordered_json& one) { return one == name; };
            if (property.contains("const") || std::ranges::any_of(required, isThis))
                object[key] = sampleOf(property);
        }
        return object;
    }
    if (type == "array") return ordered_json::array({sampleOf(schema["items"])});
    if (type == "integer") return std::max<std::int64_t>(1, schema["minimum"].get<std::int64_t>());
    if (type == "number") return 0.5;
    if (type == "boolean") return true;
    return "x";
}

bool isNumber(const ordered_json& schema) {
    if (schema.contains("anyOf")) return std::ranges::any_of(schema["anyOf"], isNumber);
    return schema.contains("type") && schema["type"] == "number";
}

/// A numeric field, and a document in which it can be set.
struct NumericField {
    ordered_json document;
    Pointer place;
    std::string key;
};

/// All numeric fields of a part of the document, in each of the forms that it may have.
void collect(const ordered_json& schema, const ordered_json& document, const Pointer& place,
             std::vector<NumericField>& fields) {
    if (schema.contains("oneOf")) {
        for (const ordered_json& kind : schema["oneOf"]) collect(kind, document, place, fields);
        return;
    }
    ordered_json with = document;
    if (!place.empty()) with[place] = sampleOf(schema);
    if (!schema.contains("properties")) return; // a list of strings
    for (const auto& [key, property] : schema["properties"].items()) {
        const Pointer at = place / key;
        const bool list = property.contains("type") && property["type"] == "array";
        if (isNumber(property))
            fields.push_back({with, at, key});
        else if (list && isNumber(property["items"])) {
            ordered_json filled = with;
            const std::size_t size = property.value("minItems", std::size_t{1});
            filled[at] = std::vector<double>(size, 0.5);
            fields.push_back({filled, at / 0, key});
        } else if (list) {
            ordered_json filled = with;
            filled[at] = ordered_json::array({nullptr});
            collect(property["items"], filled, at / 0, fields);
        } else if (property.contains("oneOf") ||
                   (property.contains("type") && property["type"] == "object")) {
            collect(property, with, at, fields);
        }
    }
}

const ordered_json& sound() {
    static const ordered_json document = ordered_json::parse(findPreset("quickstart")->json);
    return document;
}

} // namespace

class TestNumberRanges : public QObject {
    Q_OBJECT

  private slots:
    void everyNumberIsOneOfSinglePrecision() {
        std::vector<NumericField> fields;
        collect(ordered_json::parse(experimentSchema()), sound(), Pointer(), fields);
        QVERIFY2(fields.size() > 150, qPrintable(QString::number(fields.size())));
        for (const NumericField& field : fields)
            for (const double value : {1e39, 1e308, -1e39, -1e308, 1e31, 1e-39, 5e-324, 1e-31}) {
                ordered_json document = field.document;
                document[field.place] = value;
                const ParsedExperiment parsed = parseExperiment(document.dump());
                const bool told = std::ranges::any_of(parsed.mistakes, [&](const Mistake& mistake) {
                    return mistake.path.find(field.key) != std::string::npos &&
                           mistake.message.find("found ") != std::string::npos;
                });
                QVERIFY2(!parsed.experiment && told,
                         qPrintable(QString::fromStdString(field.place.to_string()) + " = " +
                                    QString::number(value) + "\n" +
                                    QString::fromStdString(describe(parsed.mistakes))));
            }
    }

    void sentenceSaysWhatSinglePrecisionTakes() {
        ordered_json document = sound();
        document[Pointer("/optimizers/general/clip_norm")] = 1e308;
        document[Pointer("/tuner/entropy_weight")] = 1e-40;
        const std::string told = describe(parseExperiment(document.dump()).mistakes);
        QCOMPARE(QString::fromStdString(told), QString("tuner.entropy_weight: expected a number of at least "
                                                       "0 that is 0 or at least 1e-30 in size, found "
                                                       "1e-40\n"
                                                       "optimizers.general.clip_norm: expected a number of "
                                                       "at least 0 that is at most 1e30 in size, found "
                                                       "1e308\n"));
    }

    void rangeTakesWhatComputes() {
        const Range any;
        for (const double value : {0.0, -0.0, 1e30, -1e30, 1e-30, -1e-30, 1.0}) QVERIFY(any.holds(value));
        for (const double value : {1e31, -1e31, 1e-31, HUGE_VAL, std::nan("")}) QVERIFY(!any.holds(value));
    }

    void aGridIsCountedBeforeItIsMade() {
        ordered_json document = sound();
        const auto refused = [&](const char* path, const char* part) {
            QElapsedTimer time;
            time.start();
            const ParsedExperiment parsed = parseExperiment(document.dump());
            const bool told = std::ranges::any_of(parsed.mistakes, [&](const Mistake& mistake) {
                return mistake.path == path && mistake.message.find(part) != std::string::npos;
            });
            QVERIFY2(told, describe(parsed.mistakes).c_str());
            QVERIFY(time.elapsed() < test::patience / 10);
        };
        for (ordered_json& h : document["hyperparameters"]) h.update({{"min", 1e-4}, {"max", 0.5}});
        document["tuner"] = {{"type", "grid"}, {"points", 1'000'000'000}, {"trials", 1'000'000'000'000}};
        refused("tuner.points", "expected a whole number from 1 to 10000, found 1000000000");
        refused("tuner.trials", "expected a whole number from 1 to 1000000, found 1000000000000");
        document["tuner"] = {{"type", "grid"}, {"points", 10'000}, {"trials", 1000}};
        refused("tuner.trials", "the grid's 1e12 and more points, found 1000");
        document["tuner"] = {{"type", "grid"}, {"points", 20}, {"trials", 1000}};
        refused("tuner.trials", "the grid's 8000 points, found 1000");
    }

    void mistakesAreCountedAfterTheFirstFifty() {
        ordered_json document = sound();
        for (int i = 0; i < 173; ++i) document["key" + std::to_string(i)] = i;
        const QString told = QString::fromStdString(describe(parseExperiment(document.dump()).mistakes));
        const QStringList lines = told.split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 51);
        QCOMPARE(lines.last(), QString("and 123 more"));
        document = sound();
        document[std::string(100'000, 'k')] = 1;
        QVERIFY(describe(parseExperiment(document.dump()).mistakes).size() < 2100);
    }
};

DSTN_TEST(TestNumberRanges)
#include "tst_number_ranges.moc"
