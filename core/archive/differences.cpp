#include "core/archive/archive.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace dstn {

namespace {

using Json = nlohmann::ordered_json;
using Flat = std::vector<std::pair<std::string, Json>>;

/// Lists of objects that have names are compared by name: order says nothing there.
bool named(const Json& list) {
    return !list.empty() && std::all_of(list.begin(), list.end(), [](const Json& entry) {
        return entry.is_object() && entry.contains("name") && entry["name"].is_string();
    });
}

void flatten(const std::string& path, const Json& value, Flat& flat) {
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    if (value.is_object() && !value.empty()) {
        for (const auto& [key, entry] : value.items()) flatten(below(key), entry, flat);
    } else if (value.is_array() && named(value)) {
        for (const Json& entry : value) {
            const auto place = below(entry["name"].get<std::string>());
            for (const auto& [key, option] : entry.items())
                if (key != "name") flatten(place + "." + key, option, flat);
        }
    } else if (value.is_array() && !value.empty()) {
        for (std::size_t i = 0; i < value.size(); ++i)
            flatten(path + "[" + std::to_string(i) + "]", value[i], flat);
    } else {
        flat.emplace_back(path, value);
    }
}

std::string text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

} // namespace

std::vector<Difference> differences(const std::vector<std::string>& experimentJsons) {
    std::vector<std::map<std::string, Json>> values;
    std::vector<std::string> paths; // in the order of the documents
    for (const std::string& document : experimentJsons) {
        Flat flat;
        try {
            flatten("", Json::parse(document), flat);
        } catch (const Json::exception& error) {
            throw Error(ErrorKind::usage,
                        std::string("Experiments cannot be compared, one of them is not JSON: ") +
                            error.what());
        }
        // A path that the earlier documents lack belongs behind the one that precedes it here.
        auto place = paths.begin();
        auto& own = values.emplace_back();
        for (auto& [path, value] : flat) {
            own[path] = std::move(value);
            if (const auto found = std::find(paths.begin(), paths.end(), path); found != paths.end())
                place = found + 1;
            else
                place = paths.insert(place, path) + 1;
        }
    }
    std::vector<Difference> result;
    for (const std::string& path : paths) {
        std::vector<const Json*> row;
        for (const auto& own : values) {
            const auto found = own.find(path);
            row.push_back(found != own.end() ? &found->second : nullptr);
        }
        // Numbers are compared as numbers: 1 and 1.0 are the same.
        const bool same = std::all_of(row.begin(), row.end(), [&](const Json* value) {
            return (value == nullptr) == (row.front() == nullptr) &&
                   (value == nullptr || *value == *row.front());
        });
        if (same) continue;
        Difference difference{.path = path, .values = {}};
        for (const Json* value : row) difference.values.push_back(value != nullptr ? text(*value) : "");
        result.push_back(std::move(difference));
    }
    return result;
}

std::string comparedDocument(const RunDetails& run) {
    Json document = Json::parse(run.experimentJson, nullptr, false);
    if (!document.is_object()) return run.experimentJson;
    std::string changes;
    for (const Amendment& each : run.amendments) {
        // Under another name, or elsewhere, it is the same training.
        if (each.path == "name" || each.path == "device" || each.path == "threads") continue;
        changes += (changes.empty() ? "" : "; ") + (each.path.empty() ? "the experiment" : each.path) +
                   " was " + (each.before.empty() ? "absent" : each.before) + " up to step " +
                   std::to_string(each.step);
    }
    if (!changes.empty()) document["changed on resuming"] = changes;
    if (!run.data.hash.empty())
        document["data read"] = std::to_string(run.data.bytes) + " bytes, XXH3 " + run.data.hash;
    return document.dump();
}

} // namespace dstn
