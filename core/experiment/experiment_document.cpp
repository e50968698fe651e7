#include "core/experiment/experiment_document.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace dstn {

std::string joined(std::string_view path, std::string_view key) {
    return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
}

std::string indexed(std::string_view path, std::size_t index) {
    return std::string(path) + "[" + std::to_string(index) + "]";
}

bool touches(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    return a.empty() ||
           (b.starts_with(a) && (a.size() == b.size() || b[a.size()] == '.' || b[a.size()] == '['));
}

namespace {

/// Walks the text once for what a tree cannot say: where it is broken, and keys that occur twice.
class SyntaxCheck : public nlohmann::json_sax<Json> {
  public:
    SyntaxCheck(std::string_view text, std::vector<Mistake>& mistakes) : text_(text), mistakes_(mistakes) {}

    bool null() override { return value(); }
    bool boolean(bool) override { return value(); }
    bool number_integer(number_integer_t) override { return value(); }
    bool number_unsigned(number_unsigned_t) override { return value(); }
    bool number_float(number_float_t, const string_t&) override { return value(); }
    bool string(string_t&) override { return value(); }
    bool binary(binary_t&) override { return value(); }

    bool start_object(std::size_t) override { return open(false); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(true); }
    bool end_array() override { return close(); }

    bool key(string_t& key) override {
        Level& level = levels_.back();
        level.key = key;
        if (!level.keys.insert(key).second)
            mistakes_.push_back({joined(level.path, key), "this key occurs twice: remove one of the two"});
        return true;
    }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& error) override {
        const std::size_t end = std::min(position > 0 ? position - 1 : 0, text_.size());
        const std::string_view before = text_.substr(0, end);
        const auto line = 1 + std::ranges::count(before, '\n');
        const std::size_t newline = before.rfind('\n');
        const std::size_t column = newline == std::string_view::npos ? end + 1 : end - newline;
        // The library's own text says the place in its way, then what is wrong.
        std::string reason = error.what();
        for (const std::string_view mark : {"] ", "column "})
            if (const std::size_t at = reason.find(mark); at != std::string::npos)
                reason.erase(0, at + mark.size());
        if (const std::size_t at = reason.find(": "); at != std::string::npos && at < 8)
            reason.erase(0, at + 2);
        mistakes_.push_back({"", "this is not valid JSON: line " + std::to_string(line) + ", column " +
                                     std::to_string(column) + ": " + reason});
        return false;
    }

  private:
    struct Level {
        std::string path;
        bool array = false;
        std::size_t next = 0;
        std::string key = {};
        std::set<std::string> keys = {};
    };

    std::string place() {
        if (levels_.empty()) return {};
        Level& level = levels_.back();
        return level.array ? indexed(level.path, level.next++) : joined(level.path, level.key);
    }
    bool value() {
        place();
        return true;
    }
    bool open(bool array) {
        constexpr std::size_t deepest = 32;
        const std::string path = place();
        if (levels_.size() >= deepest) {
            mistakes_.push_back({path, "lists and objects are nested too deeply for an experiment"});
            return false;
        }
        levels_.push_back({.path = path, .array = array});
        return true;
    }
    bool close() {
        levels_.pop_back();
        return true;
    }

    std::string_view text_;
    std::vector<Mistake>& mistakes_;
    std::vector<Level> levels_;
};

/// A step of a path: a key or an index.
struct Step {
    std::string key;
    std::size_t index = 0;
    bool isIndex = false;
};

/// "a.b[3].c" in steps; empty if it is not a path.
std::vector<Step> steps(std::string_view path) {
    std::vector<Step> result;
    std::size_t at = 0;
    while (at < path.size()) {
        if (path[at] == '[') {
            const std::size_t end = path.find(']', at);
            if (end == std::string_view::npos || result.empty()) return {};
            Step step{.key = {}, .isIndex = true};
            const auto [stop, error] = std::from_chars(path.data() + at + 1, path.data() + end, step.index);
            if (error != std::errc{} || stop != path.data() + end) return {};
            result.push_back(step);
            at = end + 1;
            if (at < path.size() && path[at] != '.' && path[at] != '[') return {};
        } else {
            if (path[at] == '.') {
                if (result.empty()) return {};
                ++at;
            }
            const std::size_t end = std::min(path.find_first_of(".[", at), path.size());
            if (end == at) return {};
            result.push_back({.key = std::string(path.substr(at, end - at))});
            at = end;
        }
    }
    return result;
}

/// The entry of the list at `place` that a step means, by index or by name; `place` follows.
Json* entry(Json& list, const Step& step, std::string& place, std::string& wrong) {
    const std::string path = place;
    if (step.isIndex) {
        place = indexed(path, step.index);
        if (step.index < list.size()) return &list[step.index];
        wrong = path + " has " + std::to_string(list.size()) + " entries, counted from 0";
        return nullptr;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Json& item = list[i];
        if (!item.is_object() || !item.contains("name") || !item["name"].is_string()) continue;
        names.push_back(item["name"].get<std::string>());
        if (names.back() == step.key) {
            place = indexed(path, i);
            return &list[i];
        }
    }
    wrong = names.empty() ? path + " is a list: write " + path + "[0] for its first entry"
                          : path + " has no entry " + inQuotes(step.key) + ":" + suggestion(step.key, names);
    return nullptr;
}

/// Where the path leads, with absent objects made on the way. Null, and what is wrong, where it leads
/// nowhere.
Json* target(Json& document, const std::vector<Step>& way, std::string& place, std::string& wrong) {
    Json* node = &document;
    for (const Step& step : way) {
        if (node->is_array()) {
            node = entry(*node, step, place, wrong);
            if (node == nullptr) return nullptr;
        } else if (step.isIndex) {
            wrong = place + " is not a list";
            return nullptr;
        } else {
            if (node->is_null()) *node = Json::object();
            if (!node->is_object()) {
                wrong = place + " has no entries: " + found(*node);
                return nullptr;
            }
            place = joined(place, step.key);
            node = &(*node)[step.key];
        }
    }
    return node;
}

/// The value that --set gives for `place`: JSON by the document's own rules, or a bare text.
Json valueOf(const std::string& text, const std::string& place, std::vector<Mistake>& mistakes) {
    if (!Json::accept(text)) return text;
    std::vector<Mistake> found;
    Json value = parseJson(text, found);
    for (Mistake& mistake : found) {
        const bool entry = mistake.path.starts_with('[');
        mistake.path = mistake.path.empty() ? place
                       : entry              ? place + mistake.path
                                            : joined(place, mistake.path);
        mistakes.push_back(std::move(mistake));
    }
    return value;
}

void placesOf(const Json& node, const std::string& path, std::map<std::string, std::size_t>& places) {
    places.emplace(path, places.size());
    if (node.is_object())
        for (const auto& [key, child] : node.items()) placesOf(child, joined(path, key), places);
    if (node.is_array())
        for (std::size_t i = 0; i < node.size(); ++i) placesOf(node[i], indexed(path, i), places);
}

std::string oneLine(const Json& node) {
    if (!node.is_structured()) return node.dump(-1, ' ', false, Json::error_handler_t::replace);
    std::string text;
    for (const auto& [key, child] : node.items()) {
        if (!text.empty()) text += ", ";
        if (node.is_object()) text += Json(key).dump() + ": ";
        text += oneLine(child);
    }
    return node.is_object() ? '{' + text + '}' : '[' + text + ']';
}

void print(const Json& node, std::size_t indent, std::string& out) {
    constexpr std::size_t width = 110;
    const std::string line = oneLine(node);
    if (!node.is_structured() || node.empty() || (indent > 0 && indent + line.size() <= width)) {
        out += line;
        return;
    }
    out += node.is_object() ? '{' : '[';
    bool first = true;
    for (const auto& [key, child] : node.items()) {
        if (!first) out += ',';
        first = false;
        out += '\n';
        out.append(indent + 2, ' ');
        if (node.is_object()) out += Json(key).dump() + ": ";
        print(child, indent + 2, out);
    }
    out += '\n';
    out.append(indent, ' ');
    out += node.is_object() ? '}' : ']';
}

} // namespace

Json parseJson(std::string_view text, std::vector<Mistake>& mistakes) {
    SyntaxCheck check(text, mistakes);
    if (!Json::sax_parse(text, &check)) return Json();
    return Json::parse(text);
}

Assigned assign(Json& document, const std::vector<std::pair<std::string, std::string>>& assignments,
                std::vector<Mistake>& mistakes) {
    Assigned assigned;
    for (const auto& [path, value] : assignments) {
        const std::vector<Step> way = steps(path);
        if (way.empty()) {
            mistakes.push_back({path, "expected a path such as budget.epochs or model.parts[0].out"});
            continue;
        }
        std::string place;
        std::string wrong;
        // On a copy, so that a path that leads nowhere leaves no objects behind.
        Json changed = document;
        Json* node = target(changed, way, place, wrong);
        if (node == nullptr) {
            mistakes.push_back({path, wrong});
            continue;
        }
        const std::size_t mistakesBefore = mistakes.size();
        *node = valueOf(value, place, mistakes);
        if (mistakes.size() > mistakesBefore) continue;
        // What was given before for this place, or within it, is gone.
        std::erase_if(assigned, [&](const auto& earlier) { return touches(earlier.first, place); });
        assigned.emplace_back(place, value);
        document = std::move(changed);
    }
    return assigned;
}

void sortByDocument(std::vector<Mistake>& mistakes, const Json& document) {
    std::map<std::string, std::size_t> places;
    placesOf(document, "", places);
    const auto rank = [&](std::string path) {
        for (;;) {
            if (const auto at = places.find(path); at != places.end()) return at->second;
            const std::size_t cut = path.find_last_of(".[");
            if (cut == std::string::npos) return std::size_t{0};
            path.erase(cut);
        }
    };
    std::ranges::stable_sort(mistakes, {}, [&](const Mistake& mistake) { return rank(mistake.path); });
}

std::string prettyJson(const Json& tree) {
    std::string text;
    print(tree, 0, text);
    return text + "\n";
}

} // namespace dstn
