#include "core/error.h"
#include "core/experiment/experiment_checks.h"
#include "core/experiment/experiment_document.h"
#include "core/experiment/experiment_fields.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <set>

namespace dstn {

namespace {

/// What could not be read, and how far that spoils conclusions about the rest.
struct Unread {
    std::vector<Mistake> mistakes;
    const Assigned& assigned;
    const Unread* before = nullptr;        ///< of the document as it was before the assignments
    std::vector<std::string> objects = {}; ///< left out as a whole, for want of their type
    bool unknownAtRoot = false;            ///< a misspelt key may have been any of them

    bool spoils(const std::string& place) const {
        return std::ranges::any_of(mistakes,
                                   [&](const Mistake& mistake) { return touches(mistake.path, place); }) ||
               std::ranges::any_of(objects,
                                   [&](const std::string& object) { return touches(object, place); });
    }
    /// An option that was in order before an assignment chose another type for its object: it goes with the
    /// earlier type.
    bool outdated(const std::string& object, const std::string& key) const {
        const auto isAssigned = [&](const std::string& place) {
            return std::ranges::any_of(assigned, [&](const auto& one) { return touches(one.first, place); });
        };
        const std::string place = joined(object, key);
        return before != nullptr && !before->spoils(place) && !isAssigned(place) &&
               (isAssigned(joined(object, "type")) || isAssigned(joined(object, "source")));
    }
};

/// Reads one object of the document; see field.h for the members. What is absent keeps its default, what
/// cannot be read is a mistake and keeps its default too. Ranges are not its business.
class Reader {
  public:
    Reader(const Json& object, std::string path, Unread& unread)
        : object_(object), path_(std::move(path)), unread_(unread) {}

    void version(const Field& field, std::int64_t number) {
        const std::string what = std::to_string(number);
        const Json* json = get(field, what);
        std::int64_t given = 0;
        if (json == nullptr || (whole(*json, given) && given == number)) return;
        refuse(at(field),
               "expected " + what + ", " + found(*json) +
                   (given > number ? ": the document was made for a newer version of this program" : ""));
    }

    void integer(const Field& field, std::int64_t& value, const IntegerRange& range) {
        const Json* json = get(field, words(range));
        if (json != nullptr && !whole(*json, value)) expected(field, words(range), *json);
    }

    void seed(const Field& field, std::uint64_t& value) {
        const std::string what =
            "a whole number from 0 to " + std::to_string(std::numeric_limits<std::uint64_t>::max());
        const Json* json = get(field, what);
        if (json == nullptr) return;
        if (std::int64_t number = 0; json->is_number_unsigned())
            value = json->get<std::uint64_t>();
        else if (whole(*json, number) && number >= 0)
            value = static_cast<std::uint64_t>(number);
        else if (json->is_number_float() && json->get<double>() > 0)
            // One such as 1e17, of which only the first digits are sure.
            refuse(at(field), "expected " + what + " with all its digits, " + found(*json));
        else
            expected(field, what, *json);
    }

    void number(const Field& field, double& value, const Range& range) {
        const Json* json = get(field, words(range));
        if (json == nullptr) return;
        if (json->is_number())
            value = json->get<double>();
        else
            expected(field, words(range), *json);
    }
    void number(const Field& field, std::optional<double>& value, const Range& range) {
        double given = 0;
        number(field, given, range);
        if (object_.contains(std::string(field.key))) value = given;
    }

    void pair(const Field& field, double& a, double& b, const Range& range) {
        const std::string what = "a list of two numbers, each " + words(range);
        const Json* json = get(field, what);
        if (json == nullptr) return;
        if (json->is_array() && json->size() == 2 && (*json)[0].is_number() && (*json)[1].is_number()) {
            a = (*json)[0].get<double>();
            b = (*json)[1].get<double>();
        } else
            expected(field, what, *json);
    }

    void numbers(const Field& field, std::vector<double>& values, const Range& range) {
        const std::string what = "a list of numbers, each " + words(range);
        const Json* json = get(field, what);
        if (json == nullptr) return;
        if (!json->is_array() || !std::ranges::all_of(*json, [](const Json& one) { return one.is_number(); }))
            return expected(field, what, *json);
        values = json->get<std::vector<double>>();
    }

    void flag(const Field& field, bool& value) {
        const Json* json = get(field, "true or false");
        if (json == nullptr) return;
        if (json->is_boolean())
            value = json->get<bool>();
        else
            expected(field, "true or false", *json);
    }

    void text(const Field& field, std::string& value, const TextRule& rule) {
        const Json* json = get(field, rule.words);
        if (json == nullptr) return;
        const auto bare = std::ranges::find(unread_.assigned, at(field), &Assigned::value_type::first);
        if (json->is_string())
            value = json->get<std::string>();
        else if (!json->is_structured() && bare != unread_.assigned.end())
            value = bare->second;
        else if (rule.orInteger && json->is_number_integer())
            value = json->dump();
        else
            expected(field, rule.words, *json);
    }

    void texts(const Field& field, std::vector<std::string>& values, const TextRule& rule) {
        const std::string what = "a list of strings, each " + std::string(rule.words);
        const Json* json = get(field, what);
        if (json == nullptr) return;
        if (!json->is_array() || !std::ranges::all_of(*json, [](const Json& one) { return one.is_string(); }))
            return expected(field, what, *json);
        values = json->get<std::vector<std::string>>();
    }

    template <class Enum, std::size_t count>
    bool choice(const Field& field, Enum& value, const Option<Enum> (&options)[count]) {
        std::vector<std::string> names;
        for (const auto& option : options) names.push_back(optionJson(option.name).dump());
        const Json* json = get(field, alternatives(names));
        if (json == nullptr) return !broken_;
        for (const auto& option : options)
            if (*json == optionJson(option.name)) {
                value = option.value;
                return true;
            }
        std::string message = "expected " + alternatives(names) + ", " + found(*json);
        if (json->is_string()) {
            std::vector<std::string> plain;
            for (const auto& option : options) plain.emplace_back(option.name);
            if (const std::string near = nearest(json->get<std::string>(), plain); !near.empty())
                message += "; did you mean " + inQuotes(near) + "?";
        }
        refuse(at(field), message);
        return false;
    }

    template <class Enum, std::size_t count>
    bool tag(const Field& field, Enum& value, const Option<Enum> (&options)[count]) {
        const Enum before = value;
        const bool present = object_.contains(std::string(field.key));
        // Without the choice nothing can be said about the other keys.
        if (!choice(field, value, options) || (field.required && !present)) leaveOut();
        for (const auto& option : options)
            if (option.value == value) kind_ = option.name;
        return value != before;
    }

    template <class Variant>
    bool alternative(const Field& field, Variant& value, const std::vector<std::string>& names,
                     const std::string& noun) {
        std::string name = names[value.index()];
        const std::string words = "a " + noun + "'s name";
        text(field, name, {.words = words});
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) {
            refuse(at(field), "there is no " + noun + " " + inQuotes(name) + " in this program: expected " +
                                  alternatives(names));
            return false;
        }
        become<Variant>(value, static_cast<std::size_t>(found - names.begin()));
        return true;
    }

    void tunable(const Field& field, Tunable& value, const TunableKind& kind) {
        const std::string what = words(kind.range) + " or the name of a hyperparameter";
        const Json* json = get(field, what);
        if (json != nullptr && !tunableFrom(*json, value)) expected(field, what, *json);
    }

    void tunables(const Field& field, std::vector<Tunable>& values, const TunableKind& kind, bool list) {
        const std::string what =
            words(kind.range) + " or the name of a hyperparameter" + (list ? ", or a list of these" : "");
        const Json* json = get(field, what);
        if (json == nullptr) return;
        values.clear();
        if (list && json->is_array()) {
            for (std::size_t i = 0; i < json->size(); ++i) {
                values.emplace_back();
                if (!tunableFrom((*json)[i], values.back()))
                    refuse(indexed(at(field), i), "expected " + words(kind.range) +
                                                      " or the name of a hyperparameter, " +
                                                      found((*json)[i]));
            }
            if (values.empty())
                refuse(at(field),
                       "expected at least one entry, found an empty list: leave the key out for none");
            return;
        }
        values.emplace_back();
        if (!tunableFrom(*json, values.back())) expected(field, what, *json);
    }

    template <class T, class Fields>
    void object(const Field& field, T& value, const Fields& fields) {
        const Json* json = get(field, "an object");
        if (json == nullptr) return;
        if (!json->is_object()) return expected(field, "an object", *json);
        Reader inner(*json, at(field), unread_);
        fields(inner, value);
        inner.finish();
    }

    template <class T>
    void list(const Field& field, std::vector<T>& values) {
        eachObject(field, [&](const Json& json, const std::string& path) {
            values.emplace_back();
            Reader inner(json, path, unread_);
            fieldsOf(inner, values.back());
            inner.finish();
        });
    }

    template <class Variant, class Names>
    void variants(const Field& field, std::vector<Variant>& values, const Names& names) {
        const std::vector<std::string> types(std::begin(names), std::end(names));
        eachObject(field, [&](const Json& json, const std::string& path) {
            values.emplace_back();
            Reader inner(json, path, unread_);
            const std::string what = "a type: " + alternatives(types);
            const Json* type = inner.get({"type", "", true}, what);
            if (type == nullptr) return inner.leaveOut();
            if (!type->is_string()) {
                inner.leaveOut();
                return inner.expected({"type", ""}, what, *type);
            }
            inner.kind_ = type->get<std::string>();
            const auto name = std::ranges::find(types, inner.kind_);
            if (name == types.end()) {
                inner.leaveOut();
                return refuse(joined(path, "type"), "there is no type " + inQuotes(inner.kind_) + ":" +
                                                        suggestion(inner.kind_, types));
            }
            become<Variant>(values.back(), static_cast<std::size_t>(name - types.begin()));
            std::visit([&](auto& alternative) { fieldsOf(inner, alternative); }, values.back());
            inner.finish();
        });
    }

    /// Keys that nobody asked for are mistakes.
    void finish() {
        if (broken_) return;
        for (const auto& [key, value] : object_.items()) {
            if (std::ranges::find(known_, key) != known_.end() || unread_.outdated(path_, key)) continue;
            unread_.unknownAtRoot |= path_.empty();
            const std::string what =
                kind_.empty() ? "unknown key:" : kind_ + " has no option " + inQuotes(key) + ":";
            refuse(joined(path_, key), what + (known_.empty() ? " it has none" : suggestion(key, known_)));
        }
    }

  private:
    std::string at(const Field& field) const { return joined(path_, field.key); }
    void leaveOut() {
        broken_ = true;
        unread_.objects.push_back(path_);
    }
    void refuse(std::string path, std::string message) {
        unread_.mistakes.push_back({std::move(path), std::move(message)});
    }
    void expected(const Field& field, std::string_view what, const Json& value) {
        refuse(at(field), "expected " + std::string(what) + ", " + found(value));
    }

    const Json* get(const Field& field, std::string_view what) {
        if (broken_) return nullptr;
        const std::string key(field.key);
        known_.push_back(key);
        const auto entry = object_.find(key);
        if (entry != object_.end()) return &*entry;
        if (field.required) refuse(at(field), "is missing: expected " + std::string(what));
        return nullptr;
    }

    static bool whole(const Json& json, std::int64_t& value) {
        if (json.is_number_unsigned()) {
            const auto number = json.get<std::uint64_t>();
            if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
            value = static_cast<std::int64_t>(number);
            return true;
        }
        if (json.is_number_integer()) {
            value = json.get<std::int64_t>();
            return true;
        }
        // 3.0 and 1e3 are whole numbers; beyond 2^53 a double is not exact.
        constexpr double exact = 9007199254740992.0;
        const double number = json.is_number_float() ? json.get<double>() : 0.5;
        if (number != std::floor(number) || std::abs(number) > exact) return false;
        value = static_cast<std::int64_t>(number);
        return true;
    }

    static bool tunableFrom(const Json& json, Tunable& value) {
        if (json.is_number()) value = {.value = json.get<double>()};
        if (json.is_string()) value = {.hyperparameter = json.get<std::string>()};
        return json.is_number() || (json.is_string() && value.named());
    }

    template <class Variant, std::size_t index = 0>
    static void become(Variant& value, std::size_t wanted) {
        if constexpr (index < std::variant_size_v<Variant>) {
            if (wanted == index)
                value.template emplace<index>();
            else
                become<Variant, index + 1>(value, wanted);
        }
    }

    template <class Take>
    void eachObject(const Field& field, const Take& take) {
        const Json* json = get(field, "a list of objects");
        if (json == nullptr) return;
        if (!json->is_array()) return expected(field, "a list of objects", *json);
        for (std::size_t i = 0; i < json->size(); ++i) {
            const std::string path = indexed(at(field), i);
            if ((*json)[i].is_object())
                take((*json)[i], path);
            else
                refuse(path, "expected an object, " + found((*json)[i]));
        }
    }

    const Json& object_;
    std::string path_;
    Unread& unread_;
    std::vector<std::string> known_;
    std::string kind_;    ///< the choice that decides over the keys
    bool broken_ = false; ///< that choice is missing or unknown
};

} // namespace

ParsedExperiment parseExperiment(std::string_view json) { return parseExperiment(json, {}); }

ParsedExperiment parseExperiment(std::string_view json,
                                 const std::vector<std::pair<std::string, std::string>>& assignments) {
    ParsedExperiment result;
    Json document = parseJson(json, result.mistakes);
    if (!result.mistakes.empty()) return result;
    if (!document.is_object()) {
        result.mistakes.push_back({"", "expected an object, " + found(document)});
        return result;
    }
    const auto read = [](const Json& from, Unread& unread) {
        Experiment experiment;
        Reader reader(from, "", unread);
        fieldsOf(reader, experiment);
        reader.finish();
        return experiment;
    };
    const Assigned none;
    Unread before{.mistakes = {}, .assigned = none};
    if (!assignments.empty()) read(document, before);

    std::vector<Mistake> misassigned;
    const Assigned assigned = assign(document, assignments, misassigned);
    Unread unread{.mistakes = {}, .assigned = assigned, .before = &before};
    Experiment experiment = read(document, unread);

    // What follows from something unread is not the person's mistake.
    std::vector<Mistake> meant;
    const auto spoilt = [&](const std::string& place) { return unread.spoils(place); };
    for (const auto& findings : {rangeFindings(experiment), meaningFindings(experiment)})
        for (const Finding& finding : findings) {
            const bool doubtful = !finding.needs.empty() && unread.unknownAtRoot;
            if (!doubtful && !spoilt(finding.mistake.path) && std::ranges::none_of(finding.needs, spoilt))
                meant.push_back(finding.mistake);
        }
    result.mistakes = std::move(unread.mistakes);
    result.mistakes.insert(result.mistakes.end(), meant.begin(), meant.end());
    sortByDocument(result.mistakes, document);
    result.mistakes.insert(result.mistakes.begin(), misassigned.begin(), misassigned.end());
    if (result.mistakes.empty()) result.experiment = std::move(experiment);
    return result;
}

std::string describe(const std::vector<Mistake>& mistakes) {
    constexpr std::size_t most = 50;
    const std::size_t told = std::min(most, mistakes.size());
    std::string text;
    for (std::size_t i = 0; i < told; ++i) {
        const Mistake& mistake = mistakes[i];
        text +=
            bounded(printable((mistake.path.empty() ? "" : mistake.path + ": ") + mistake.message)) + "\n";
    }
    if (told < mistakes.size()) text += "and " + std::to_string(mistakes.size() - told) + " more\n";
    return text;
}

} // namespace dstn
