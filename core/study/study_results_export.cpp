#include "core/archive/exact_number.h"
#include "core/csv_field.h"
#include "core/run/json.h"
#include "core/study/study_results.h"

namespace dstn {

namespace {

using Json = nlohmann::ordered_json;

Json jsonMean(const std::optional<Mean>& mean) {
    if (!mean) return {};
    return {{"mean", jsonNumber(mean->mean)}, {"error", jsonNumber(mean->error)}, {"count", mean->count}};
}

/// An object of a value for each unit, by its name.
template <class T, class F>
Json byUnit(const std::vector<T>& values, F&& json) {
    Json object = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i)
        object[std::string(name(static_cast<BudgetUnit>(i)))] = json(values[i]);
    return object;
}

Json jsonProgress(const Progress& progress) {
    return {{"spent", jsonNumbers(progress.spent)}, {"best", jsonNumbers(progress.best)}};
}

Json jsonBand(const Band& band) {
    return {{"spent", jsonNumbers(band.spent)},
            {"lower", jsonNumbers(band.lower)},
            {"median", jsonNumbers(band.median)},
            {"upper", jsonNumbers(band.upper)}};
}

Json jsonSeed(const SeedResult& seed) {
    Json json{{"seed", seed.seed},
              {"epochs", jsonNumber(seed.epochs)},
              {"gradients", jsonNumber(seed.gradients)},
              {"seconds", jsonNumber(seed.seconds)},
              {"runs", seed.runs},
              {"failed_runs", seed.failedRuns}};
    Json& best = json["best"];
    if (seed.best) {
        best["run"] = seed.bestRun;
        best.update(jsonEpoch(*seed.best));
    }
    json["progress"] = byUnit(seed.progress, jsonProgress);
    return json;
}

Json jsonMethod(const MethodResult& method) {
    Json json{{"name", method.name},
              {"validation_loss", jsonMean(method.validationLoss)},
              {"validation_accuracy", jsonMean(method.validationAccuracy)},
              {"test_loss", jsonMean(method.testLoss)},
              {"test_accuracy", jsonMean(method.testAccuracy)},
              {"epochs", jsonMean(method.epochs)},
              {"gradients", jsonMean(method.gradients)},
              {"seconds", jsonMean(method.seconds)}};
    Json& chosen = json["hyperparameters"] = Json::object();
    for (const auto& [hyperparameter, mean] : method.hyperparameters) chosen[hyperparameter] = jsonMean(mean);
    Json& seeds = json["seeds"] = Json::array();
    for (const SeedResult& seed : method.seeds) seeds.push_back(jsonSeed(seed));
    json["bands"] = byUnit(method.bands, jsonBand);
    return json;
}

} // namespace

void exportCsv(const Study& /*study*/, const StudyResults& results, std::ostream& out) {
    out << "method,seed,epochs,gradients,seconds,validation_loss,run\r\n";
    for (const MethodResult& method : results.methods)
        for (const SeedResult& seed : method.seeds)
            for (std::size_t i = 0; i < seed.improvedBy.size(); ++i) {
                out << csvField(method.name) << ',' << seed.seed;
                for (const Progress& progress : seed.progress) out << ',' << exactNumber(progress.spent[i]);
                out << ',' << exactNumber(seed.progress.front().best[i]) << ','
                    << csvField(seed.improvedBy[i]) << "\r\n";
            }
}

std::string exportJson(const Study& study, const StudyResults& results) {
    Json document;
    document["format"] = "delta-stn-workbench study";
    document["version"] = 1;
    document["study"] = Json::parse(toJson(study));
    Json& methods = document["methods"] = Json::array();
    for (const MethodResult& method : results.methods) methods.push_back(jsonMethod(method));
    Json& tests = document["tests"] = Json::array();
    for (const PairedTest& test : results.tests)
        tests.push_back({{"first", results.methods[test.first].name},
                         {"second", results.methods[test.second].name},
                         {"pairs", test.pairs},
                         {"difference", jsonNumber(test.difference)},
                         {"p", jsonNumber(test.p)},
                         {"test_difference", jsonNumber(test.testDifference)},
                         {"test_p", jsonNumber(test.testP)}});
    return document.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace dstn
