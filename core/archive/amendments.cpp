#include "core/archive/amendments.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace dstn {

namespace {

using AmendedJson = nlohmann::ordered_json;

/// Whether a path can name the entries of this object: a key may hold nothing that a path gives a meaning.
bool plainKeys(const AmendedJson& object) {
    for (const auto& [key, value] : object.items())
        if (key.empty() || key.find_first_of(".[]") != std::string::npos) return false;
    return true;
}

/// The names of a list's entries; nothing where one has none that a path can hold, or two have the same.
std::optional<std::vector<std::string>> entryNames(const AmendedJson& list) {
    std::vector<std::string> names;
    for (const AmendedJson& entry : list) {
        if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) return std::nullopt;
        names.push_back(entry["name"].get<std::string>());
        if (names.back().empty() || names.back().find_first_of(".[]") != std::string::npos ||
            std::ranges::count(names, names.back()) > 1)
            return std::nullopt;
    }
    return names;
}

std::string below(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
}

/// What leads from one tree to the other, at the deepest paths that say it. Null pointers are absent values.
void compare(const std::string& path, const AmendedJson* before, const AmendedJson* after,
             std::vector<Amendment>& amendments) {
    if (before != nullptr && after != nullptr) {
        if (*before == *after) return;
        if (before->is_object() && after->is_object() && plainKeys(*before) && plainKeys(*after)) {
            for (const auto& [key, value] : before->items())
                compare(below(path, key), &value, after->contains(key) ? &(*after)[key] : nullptr,
                        amendments);
            for (const auto& [key, value] : after->items())
                if (!before->contains(key)) compare(below(path, key), nullptr, &value, amendments);
            return;
        }
        if (before->is_array() && after->is_array() && before->size() == after->size()) {
            const auto names = entryNames(*before);
            const bool named = names && names == entryNames(*after);
            for (std::size_t i = 0; i < before->size(); ++i)
                compare(named ? below(path, (*names)[i]) : path + "[" + std::to_string(i) + "]",
                        &(*before)[i], &(*after)[i], amendments);
            return;
        }
    }
    amendments.push_back({.path = path,
                          .before = before != nullptr ? before->dump() : std::string(),
                          .after = after != nullptr ? after->dump() : std::string()});
}

/// The first step of a path, a key or "[3]", which is taken from it.
std::string takeStep(std::string_view& path) {
    if (path.starts_with('.')) path.remove_prefix(1);
    std::size_t end =
        path.starts_with('[') ? path.find(']') + 1 : std::min(path.find_first_of(".["), path.size());
    if (end == 0) end = path.size(); // of a damaged one
    std::string step(path.substr(0, end));
    path.remove_prefix(step.size());
    return step;
}

/// The entry of a list that a step names, by place or by name; null: there is none.
AmendedJson* entryOf(AmendedJson& list, const std::string& step) {
    if (step.starts_with('[')) {
        std::size_t index = list.size();
        std::from_chars(step.data() + 1, step.data() + step.size(), index);
        return index < list.size() ? &list[index] : nullptr;
    }
    const auto found = std::ranges::find_if(list, [&](const AmendedJson& entry) {
        return entry.is_object() && entry.value("name", AmendedJson()) == step;
    });
    return found == list.end() ? nullptr : &*found;
}

void apply(AmendedJson& document, const Amendment& amendment) {
    AmendedJson value;
    if (!amendment.after.empty()) value = AmendedJson::parse(amendment.after, nullptr, false);
    if (value.is_discarded()) return;
    AmendedJson* node = &document;
    std::string_view path = amendment.path;
    while (!path.empty()) {
        const std::string step = takeStep(path);
        if (node->is_array()) {
            node = entryOf(*node, step);
        } else if ((node->is_object() || node->is_null()) && !step.starts_with('[')) {
            if (path.empty() && amendment.after.empty()) {
                if (node->is_object()) node->erase(step);
                return;
            }
            node = &(*node)[step];
        } else {
            node = nullptr;
        }
        if (node == nullptr) return;
    }
    *node = std::move(value);
}

/// As every version of the document means it; as it is written where this one cannot read it.
AmendedJson meaning(const std::string& document) {
    const ParsedExperiment parsed = parseExperiment(document);
    return AmendedJson::parse(parsed.experiment ? toJson(*parsed.experiment) : document, nullptr, false);
}

} // namespace

std::string amended(const std::string& original, const std::vector<Amendment>& amendments) {
    if (amendments.empty()) return original;
    auto document = AmendedJson::parse(original, nullptr, false);
    for (const Amendment& amendment : amendments)
        if (amendment.path.empty() || document.is_object()) apply(document, amendment);
    return document.is_discarded() ? original : document.dump(2);
}

std::vector<Amendment> amendmentsTo(const Experiment& experiment, const std::string& original,
                                    const std::vector<Amendment>& earlier) {
    const std::string inForce = amended(original, earlier);
    const AmendedJson before = meaning(inForce), after = AmendedJson::parse(toJson(experiment));
    std::vector<Amendment> amendments;
    compare({}, before.is_discarded() ? nullptr : &before, &after, amendments);
    // A document of another version may not have the places where this one writes.
    if (!amendments.empty() && meaning(amended(inForce, amendments)) != after)
        return {{.path = {},
                 .before = before.is_discarded() ? std::string() : before.dump(),
                 .after = after.dump()}};
    return amendments;
}

} // namespace dstn
