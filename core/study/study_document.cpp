#include "core/archive/archive.h"
#include "core/error.h"
#include "core/experiment/experiment_document.h"
#include "core/study/study.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace dstn {

namespace {

constexpr std::int64_t studyFormat = 1;

/// An assignment's value as `--set` takes it: a text that would be read as something else is quoted.
std::string assigned(const Json& value) {
    if (value.is_string() && !Json::accept(value.get<std::string>())) return value.get<std::string>();
    return value.dump();
}

Json assignedJson(const std::string& value) { return Json::accept(value) ? Json::parse(value) : Json(value); }

/// Reads a study's document and notes what is wrong with it.
class StudyReader {
  public:
    StudyReader(const Json& document, const std::function<std::string(const std::string&)>& experimentText)
        : document_(document), experimentText_(experimentText) {}

    Study read() {
        known(
            document_, "",
            {"schema", "name", "description", "experiment", "set", "methods", "seeds", "budget", "parallel"});
        Study study;
        if (const Json* schema = required("schema", std::to_string(studyFormat));
            schema != nullptr && *schema != studyFormat)
            refuse("schema", "expected " + std::to_string(studyFormat) + ", " + found(*schema));
        text(document_, "", "name", study.name);
        text(document_, "", "description", study.description);
        experiment(study);
        study.set = assignments(document_, "");
        methods(study);
        seeds(study);
        budget(study);
        if (const auto parallel = document_.find("parallel"); parallel != document_.end()) {
            constexpr std::int64_t most = 256;
            if (!parallel->is_number_integer() || *parallel < 1 || *parallel > most)
                refuse("parallel",
                       "expected a whole number from 1 to " + std::to_string(most) + ", " + found(*parallel));
            else
                study.parallel = parallel->get<std::int64_t>();
        }
        return study;
    }

    std::vector<Mistake> mistakes;

  private:
    void refuse(std::string path, std::string message) {
        mistakes.push_back({std::move(path), std::move(message)});
    }

    const Json* required(const std::string& key, const std::string& what) {
        const auto entry = document_.find(key);
        if (entry != document_.end()) return &*entry;
        refuse(key, "is missing: expected " + what);
        return nullptr;
    }

    void known(const Json& object, const std::string& path, const std::vector<std::string>& keys) {
        for (const auto& [key, value] : object.items())
            if (std::ranges::find(keys, key) == keys.end())
                refuse(joined(path, key), "unknown key:" + suggestion(key, keys));
    }

    void text(const Json& object, const std::string& path, const std::string& key, std::string& value) {
        const auto entry = object.find(key);
        if (entry == object.end()) return;
        if (entry->is_string())
            value = entry->get<std::string>();
        else
            refuse(joined(path, key), "expected a string, " + found(*entry));
    }

    void experiment(Study& study) {
        const Json* json =
            required("experiment", "an experiment, a preset's id or the path of an experiment file");
        if (json == nullptr) return;
        if (json->is_object()) {
            study.experimentJson = json->dump();
        } else if (json->is_string()) {
            try {
                study.experimentJson = experimentText_(json->get<std::string>());
            } catch (const Error& error) {
                refuse("experiment", error.what());
            }
        } else {
            refuse("experiment", "expected an experiment, a preset's id or the path of an experiment file, " +
                                     found(*json));
        }
    }

    std::vector<std::pair<std::string, std::string>> assignments(const Json& object,
                                                                 const std::string& path) {
        std::vector<std::pair<std::string, std::string>> result;
        const auto set = object.find("set");
        if (set == object.end()) return result;
        if (!set->is_object()) {
            refuse(joined(path, "set"),
                   "expected an object of paths and values, such as {\"budget.epochs\": 20}, " + found(*set));
            return result;
        }
        for (const auto& [key, value] : set->items()) result.emplace_back(key, assigned(value));
        return result;
    }

    void methods(Study& study) {
        const Json* json = required("methods", "a list of methods");
        if (json == nullptr) return;
        if (!json->is_array()) return refuse("methods", "expected a list of methods, " + found(*json));
        for (std::size_t i = 0; i < json->size(); ++i) {
            const Json& one = (*json)[i];
            const std::string path = indexed("methods", i);
            StudyMethod method;
            if (one.is_string()) { // a tuner with its default options
                method.set = {{"tuner.type", one.get<std::string>()}};
            } else if (one.is_object()) {
                known(one, path, {"name", "set"});
                text(one, path, "name", method.name);
                method.set = assignments(one, path);
            } else {
                refuse(path, "expected a tuner's name or an object with name and set, " + found(one));
                continue;
            }
            if (method.name.empty())
                for (const auto& [key, value] : method.set)
                    if (key == "tuner.type")
                        if (const TunerTraits* type = findTuner(value)) method.name = type->title;
            study.methods.push_back(std::move(method));
        }
    }

    void seeds(Study& study) {
        const auto seeds = document_.find("seeds");
        if (seeds == document_.end()) return;
        if (!seeds->is_array() ||
            !std::ranges::all_of(*seeds, [](const Json& seed) { return seed.is_number_unsigned(); }))
            return refuse("seeds", "expected a list of whole numbers, such as [0, 1, 2], " + found(*seeds));
        study.seeds = seeds->get<std::vector<std::uint64_t>>();
    }

    void budget(Study& study) {
        const Json* json = required("budget", "what each method may spend, such as {\"epochs\": 60}");
        if (json == nullptr) return;
        if (!json->is_object() || json->size() != 1)
            return refuse("budget",
                          "expected one of epochs, gradients and seconds, such as {\"epochs\": 60}, " +
                              found(*json));
        const std::string key = json->begin().key();
        const auto unit =
            std::ranges::find_if(budgetUnits, [&](BudgetUnit each) { return name(each) == key; });
        if (unit == budgetUnits.end())
            return refuse(joined("budget", key), "unknown unit: expected epochs, gradients or seconds");
        if (!json->begin()->is_number())
            return refuse(joined("budget", key), "expected a number above 0, " + found(*json->begin()));
        study.unit = *unit;
        study.budget = json->begin()->get<double>();
    }

    const Json& document_;
    const std::function<std::string(const std::string&)>& experimentText_;
};

std::vector<std::pair<std::string, std::string>> settingsOf(const Study& study, const StudyMethod& method) {
    auto settings = study.set;
    settings.insert(settings.end(), method.set.begin(), method.set.end());
    return settings;
}

Json setJson(const std::vector<std::pair<std::string, std::string>>& set) {
    Json tree = Json::object();
    for (const auto& [path, value] : set) tree[path] = assignedJson(value);
    return tree;
}

/// The method's experiment without what tells its runs apart.
Experiment comparable(const Study& study, std::size_t method) {
    Experiment experiment = experimentOf(study, method, 0);
    experiment.name = "experiment";
    experiment.description.clear();
    return experiment;
}

} // namespace

std::string_view name(BudgetUnit unit) {
    switch (unit) {
    case BudgetUnit::epochs:
        return "epochs";
    case BudgetUnit::gradients:
        return "gradients";
    case BudgetUnit::seconds:
        return "seconds";
    }
    return "";
}

ParsedStudy parseStudy(std::string_view json,
                       const std::function<std::string(const std::string&)>& experimentText) {
    ParsedStudy result;
    const Json document = parseJson(json, result.mistakes);
    if (!result.mistakes.empty()) return result;
    if (!document.is_object()) {
        result.mistakes.push_back({"", "expected an object, " + found(document)});
        return result;
    }
    StudyReader reader(document, experimentText);
    Study study = reader.read();
    result.mistakes = std::move(reader.mistakes);
    // What follows from something unread is not the person's mistake.
    if (result.mistakes.empty()) result.mistakes = validate(study);
    if (result.mistakes.empty()) result.study = std::move(study);
    return result;
}

std::string toJson(const Study& study) {
    Json tree = Json::object();
    tree["schema"] = studyFormat;
    tree["name"] = study.name;
    if (!study.description.empty()) tree["description"] = study.description;
    tree["experiment"] = Json::parse(study.experimentJson);
    if (!study.set.empty()) tree["set"] = setJson(study.set);
    tree["methods"] = Json::array();
    for (const StudyMethod& method : study.methods) {
        Json one{{"name", method.name}};
        if (!method.set.empty()) one["set"] = setJson(method.set);
        tree["methods"].push_back(std::move(one));
    }
    tree["seeds"] = study.seeds;
    tree["budget"] = {{std::string(name(study.unit)), numeral(study.budget)}};
    if (study.parallel != 1) tree["parallel"] = study.parallel;
    return prettyJson(tree);
}

Experiment experimentOf(const Study& study, std::size_t method, std::uint64_t seed) {
    const StudyMethod& chosen = study.methods.at(method);
    ParsedExperiment parsed = parseExperiment(study.experimentJson, settingsOf(study, chosen));
    if (!parsed.experiment)
        throw Error(ErrorKind::usage,
                    "methods[" + std::to_string(method) + "]: " + describe(parsed.mistakes));
    Experiment experiment = std::move(*parsed.experiment);
    experiment.seed = seed;
    static constexpr std::size_t longest = 60; // of each name: a run's has 200 characters at most
    const auto cut = [](const std::string& text) { return std::string(firstBytes(text, longest)); };
    experiment.name = cut(study.name) + ": " + cut(chosen.name) + ", seed " + std::to_string(seed);
    return experiment;
}

Study studyOf(const Experiment& search) {
    Study study;
    study.name = search.name;
    study.description = search.description;
    study.experimentJson = toJson(search);
    const TunerTraits& traits = traitsOf(search.tuner);
    study.methods = {{.name = std::string(traits.title), .set = {}}};
    study.seeds = {search.seed};
    const std::int64_t trainings = traits.trials != nullptr ? traits.trials(search.tuner) : 1;
    study.budget = static_cast<double>(trainings) * static_cast<double>(search.epochs);
    return study;
}

std::vector<std::string> changesBeyondGrowth(const Study& before, const Study& after) {
    std::vector<std::string> changes;
    if (before.unit != after.unit)
        changes.push_back("budget: was counted in " + std::string(name(before.unit)) + ", is now in " +
                          std::string(name(after.unit)));
    else if (after.budget < before.budget)
        changes.push_back("budget." + std::string(name(before.unit)) + ": was " + numberText(before.budget) +
                          ", is now " + numberText(after.budget) + ": it can only grow");
    for (const std::uint64_t seed : before.seeds)
        if (std::ranges::find(after.seeds, seed) == after.seeds.end())
            changes.push_back("seeds: " + std::to_string(seed) + " was removed");
    for (std::size_t i = 0; i < before.methods.size(); ++i) {
        const std::string path = indexed("methods", i);
        const std::string& was = before.methods[i].name;
        if (i >= after.methods.size() || after.methods[i].name != was) {
            changes.push_back(path + ": was " + inQuotes(was) + ", is now " +
                              (i < after.methods.size() ? inQuotes(after.methods[i].name) : "gone") +
                              ": new methods come after the old ones");
            continue;
        }
        const std::string one = toJson(comparable(before, i)), other = toJson(comparable(after, i));
        if (one == other) continue;
        for (const Difference& difference : differences({one, other}))
            changes.push_back(path + " (" + was + "): " + difference.path + " was " +
                              (difference.values[0].empty() ? "absent" : difference.values[0]) + ", is now " +
                              (difference.values[1].empty() ? "absent" : difference.values[1]));
    }
    return changes;
}

} // namespace dstn
