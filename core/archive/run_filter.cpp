#include "core/archive/run_filter.h"

#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>
#include <variant>

namespace dstn {

namespace {

using Texts = std::vector<std::string>; // a run may have several tags
using Number = std::optional<double>;

struct Field {
    std::string_view name;
    std::variant<Texts, Number> (*of)(const RunRow&);
    bool number;
};

Number asNumber(const auto& value) { return value ? Number(static_cast<double>(*value)) : Number(); }

const std::array<Field, 20> fields{{
    {"id", [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.id}; }, false},
    {"name", [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.name}; }, false},
    {"data", [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.dataName}; }, false},
    {"model", [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.modelName}; }, false},
    {"method", [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.method}; }, false},
    {"state",
     [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{std::string(name(r.state))}; }, false},
    {"study",
     [](const RunRow& r) -> std::variant<Texts, Number> {
         return r.study.empty() ? Texts() : Texts{r.studyName, r.study};
     },
     false},
    {"created", [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.created}; }, false},
    {"tag", [](const RunRow& r) -> std::variant<Texts, Number> { return r.tags; }, false},
    {"note", [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.note}; }, false},
    {"starred",
     [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.starred ? "yes" : "no"}; }, false},
    {"resumable",
     [](const RunRow& r) -> std::variant<Texts, Number> { return Texts{r.resumable ? "yes" : "no"}; }, false},
    {"best", [](const RunRow& r) -> std::variant<Texts, Number> { return asNumber(r.bestValidationLoss); },
     true},
    {"accuracy",
     [](const RunRow& r) -> std::variant<Texts, Number> {
         return r.language ? Number() : asNumber(r.bestValidationAccuracy);
     },
     true},
    {"perplexity",
     [](const RunRow& r) -> std::variant<Texts, Number> { return asNumber(r.bestValidationPerplexity); },
     true},
    {"test",
     [](const RunRow& r) -> std::variant<Texts, Number> {
         return asNumber(r.language ? r.testPerplexityAtBest : r.testAtBest);
     },
     true},
    {"steps",
     [](const RunRow& r) -> std::variant<Texts, Number> { return Number(static_cast<double>(r.steps)); },
     true},
    {"epochs",
     [](const RunRow& r) -> std::variant<Texts, Number> {
         if (r.stepsPerEpoch <= 0) return Number();
         return Number(static_cast<double>(r.steps) / static_cast<double>(r.stepsPerEpoch));
     },
     true},
    {"gradients", [](const RunRow& r) -> std::variant<Texts, Number> { return Number(r.gradients); }, true},
    {"seconds", [](const RunRow& r) -> std::variant<Texts, Number> { return Number(r.seconds); }, true},
}};

const Field* findField(std::string_view name) {
    const auto* found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
    return found == fields.end() ? nullptr : found;
}

std::string fieldNames() {
    std::string names;
    for (const Field& field : fields) names += (names.empty() ? "" : ", ") + std::string(field.name);
    return names;
}

std::optional<double> parseNumber(const std::string& text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

template <typename Value>
bool holds(const Value& left, std::string_view comparison, const Value& right) {
    if (comparison == "=") return left == right;
    if (comparison == "<") return left < right;
    if (comparison == "<=") return left <= right;
    if (comparison == ">") return left > right;
    return left >= right;
}

/// A moment as a run has it: "2024-05-01T12:00:00Z".
std::string momentText(std::chrono::system_clock::time_point moment, std::size_t letters) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return std::string(text.data()).substr(0, letters);
}

/// Whether a text is a date as runs have it, or the beginning of one from its year on.
bool isDate(std::string_view text) {
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    constexpr std::array<std::size_t, 7> ends{4, 7, 10, 13, 16, 19, 20};
    if (std::ranges::find(ends, text.size()) == ends.end()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return false;
    const auto part = [&](std::size_t at, int first, int last) {
        const int value = text.size() > at ? (text[at] - '0') * 10 + (text[at + 1] - '0') : first;
        return value >= first && value <= last;
    };
    return part(5, 1, 12) && part(8, 1, 31) && part(11, 0, 23) && part(14, 0, 59) && part(17, 0, 59);
}

/// A date in the form of isDate(): one that is written so, today, yesterday, or so long ago: -12h, -7d, -2w.
std::optional<std::string> dateOf(std::string text) {
    using std::chrono::hours;
    constexpr std::size_t day = 10, whole = 20;
    const auto now = std::chrono::system_clock::now();
    if (text.size() > day && text[day] == ' ') text[day] = 'T';
    if (isDate(text)) return text;
    if (text == "today") return momentText(now, day);
    if (text == "yesterday") return momentText(now - hours(24), day);
    constexpr std::size_t mostDigits = 4;
    const std::string_view digits = std::string_view(text).substr(0, text.empty() ? 0 : text.size() - 1);
    if (!digits.starts_with('-') || digits.size() < 2 || digits.size() > 1 + mostDigits ||
        digits.find_first_not_of("0123456789", 1) != std::string_view::npos)
        return std::nullopt;
    const int count = std::stoi(std::string(digits.substr(1)));
    switch (text.back()) {
    case 'h':
        return momentText(now - hours(count), whole);
    case 'd':
        return momentText(now - hours(24) * count, whole);
    case 'w':
        return momentText(now - hours(24 * 7) * count, whole);
    default:
        return std::nullopt;
    }
}

[[noreturn]] void refuse(const std::string& condition, const std::string& why) {
    throw Error(ErrorKind::usage, "\"" + condition + "\" " + why);
}

} // namespace

RunFilter::RunFilter(std::string_view expression) { read(expression, nullptr); }
RunFilter::RunFilter(std::string_view expression, Rest& rest) { read(expression, &rest); }

void RunFilter::read(std::string_view expression, Rest* rest) {
    std::size_t at = 0;
    while (true) {
        at = expression.find_first_not_of(" \t", at);
        if (at == std::string_view::npos) return;
        const std::size_t start = at;
        bool quoted = false;
        std::string text;
        for (; at < expression.size() && (quoted || (expression[at] != ' ' && expression[at] != '\t'));
             ++at) {
            if (expression[at] == '"')
                quoted = !quoted;
            else
                text += expression[at];
        }
        const std::string written(expression.substr(start, at - start));
        const bool word = written.front() == '"' || text.find_first_of("=!~<>") == std::string::npos;
        try {
            if (quoted) refuse(written, "has no closing quotation mark.");
            // Other programs' way of writing it, which would be searched for and never found.
            const std::size_t colon = text.find(':');
            if (word && written.front() != '"' && colon != std::string::npos &&
                findField(text.substr(0, colon)) != nullptr)
                refuse(written, "has a colon. Write " + text.substr(0, colon) + "=" + text.substr(colon + 1) +
                                    ", or ~ in place of = for a part of it.");
            if (word && rest != nullptr)
                rest->words.push_back(text);
            else
                add(written, text);
        } catch (const Error& error) {
            if (rest == nullptr) throw;
            rest->problems.emplace_back(error.what());
        }
    }
}

void RunFilter::add(const std::string& written, const std::string& text) {
    const std::size_t comparison = text.find_first_of("=!~<>");
    if (comparison == std::string::npos || comparison == 0)
        refuse(written, "is not a condition. Write FIELD=VALUE, or !=, ~, <, <=, >, >= in place of =.");
    Condition condition{
        .field = text.substr(0, comparison), .comparison = text.substr(comparison, 1), .value = {}};
    std::size_t value = comparison + 1;
    if (value < text.size() && text[value] == '=' && text[comparison] != '=' && text[comparison] != '~') {
        condition.comparison += '=';
        ++value;
    }
    condition.value = text.substr(value);
    if (condition.comparison == "!") refuse(written, "has a \"!\" without a \"=\".");
    const Field* field = findField(condition.field);
    if (field == nullptr) refuse(written, "names no field of a run. The fields are " + fieldNames() + ".");
    if (condition.value.empty() && condition.field != "note" && condition.field != "tag")
        refuse(written, "has no value.");
    if (field->number && condition.comparison == "~")
        refuse(written, "searches for text in a number. Use =, <, >.");
    if (field->number && !parseNumber(condition.value))
        refuse(written, "compares a number with \"" + condition.value + "\", which is not a number.");
    if (condition.field == "state" && condition.comparison != "~" && !runStateFromName(condition.value))
        refuse(written,
               "names no state. The states are preparing, running, paused, completed, stopped, failed, "
               "interrupted.");
    if (condition.field == "created" && condition.comparison != "~") {
        const auto date = dateOf(condition.value);
        if (!date)
            refuse(written, "compares with \"" + condition.value +
                                "\", which is not a date. Write one such as 2024-05-01, 2024-05 or "
                                "2024-05-01T12:00, today, yesterday, or how long ago: -12h, -7d, -2w.");
        condition.value = *date;
    }
    if ((condition.field == "starred" || condition.field == "resumable") && condition.value != "yes" &&
        condition.value != "no")
        refuse(written, "must be compared with yes or no.");
    conditions_.push_back(std::move(condition));
}

bool RunFilter::matches(const RunRow& run) const {
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
        const auto value = findField(condition.field)->of(run);
        if (const auto* number = std::get_if<Number>(&value)) {
            const double wanted = *parseNumber(condition.value);
            if (condition.comparison == "!=") return !*number || **number != wanted;
            return *number && holds(**number, condition.comparison, wanted);
        }
        const auto& texts = std::get<Texts>(value);
        const auto any = [&](const std::string& comparison) {
            return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
                if (comparison == "=" && condition.field == "created")
                    return text.starts_with(condition.value);
                if (comparison == "~")
                    return asciiLowered(text).find(asciiLowered(condition.value)) != std::string::npos;
                return holds(text, comparison, condition.value);
            });
        };
        return condition.comparison == "!=" ? !any("=") : any(condition.comparison);
    });
}

std::string RunFilter::help() {
    return "Conditions that must all hold, separated by spaces, such as\n"
           "  state=completed method=delta-stn name~cnn best<0.4 tag=paper\n"
           "Fields: " +
           fieldNames() +
           "\n(best: validation loss; accuracy, or perplexity of language models: on the validation split; "
           "test: test accuracy, perplexity of language models, loss in regression).\n"
           "Operators: = != ~ (contains) < <= > >=. A value with spaces goes in double quotes.\n"
           "created takes a date (UTC), such as 2024-05-01 or 2024-05, which stands for its beginning and "
           "with =\n"
           "for all of it; today, yesterday; or how long ago: created>-12h, -7d, -2w.";
}

} // namespace dstn
