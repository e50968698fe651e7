#include "core/data/labels.h"

#include "core/error.h"

#include <algorithm>
#include <cstddef>
#include <set>

namespace dstn {
namespace {

std::string textOf(std::int64_t label) { return std::to_string(label); }
std::string textOf(const std::string& label) { return "\"" + printable(label) + "\""; }

std::string nameOf(std::int64_t label) { return std::to_string(label); }
std::string nameOf(const std::string& label) { return label; }

template <typename T>
std::vector<T> differentOf(std::vector<T> labels) {
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    return labels;
}

bool countsFromZero(const std::vector<std::int64_t>& values) {
    return values.front() == 0 && values.back() == static_cast<std::int64_t>(values.size()) - 1;
}
bool countsFromZero(const std::vector<std::string>& /*words*/) { return false; }

template <typename T>
std::vector<std::int64_t> places(const std::vector<T>& values, const std::vector<T>& labels,
                                 const std::string& name, const std::string& training) {
    std::vector<std::int64_t> result;
    result.reserve(labels.size());
    std::set<T> unknown;
    std::size_t first = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto at = std::lower_bound(values.begin(), values.end(), labels[i]);
        if (at == values.end() || *at != labels[i]) {
            if (unknown.empty()) first = i;
            unknown.insert(labels[i]);
        }
        result.push_back(at - values.begin());
    }
    if (unknown.empty()) return result;
    std::vector<std::string> words;
    for (const T& label : unknown) words.push_back(textOf(label));
    throw Error(ErrorKind::data,
                name + ": label " + std::to_string(first) + " is " + textOf(labels[first]) +
                    ", but no example of " + training + " has " +
                    (words.size() > 1 ? "any of the labels " + someOf(words) : std::string("this label")) +
                    ". Use parts that belong together.");
}

} // namespace

std::string someOf(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
    if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
    return text;
}

std::int64_t LabelCode::classes() const {
    return std::visit([](const auto& list) { return static_cast<std::int64_t>(list.size()); }, values);
}

std::string LabelCode::listed() const {
    std::vector<std::string> words;
    std::visit(
        [&](const auto& list) {
            for (const auto& value : list) words.push_back(printable(nameOf(value)));
        },
        values);
    return someOf(words);
}

LabelCode codeOf(const SourceLabels& training, const std::string& name) {
    LabelCode code;
    std::visit(
        [&](const auto& labels) {
            auto values = differentOf(labels);
            if (values.size() == 1)
                throw Error(ErrorKind::data,
                            name + ": every label is " + textOf(values.front()) +
                                "; a classifier needs at least two classes. Name another file or array.");
            if (!values.empty() && !countsFromZero(values))
                for (const auto& value : values) code.names.push_back(nameOf(value));
            code.values = std::move(values);
        },
        training);
    return code;
}

std::vector<std::int64_t> coded(const LabelCode& code, const SourceLabels& labels, const std::string& name,
                                const std::string& training) {
    if (const auto* words = std::get_if<std::vector<std::string>>(&labels)) {
        if (const auto* values = std::get_if<std::vector<std::string>>(&code.values))
            return places(*values, *words, name, training);
    } else if (const auto* values = std::get_if<std::vector<std::int64_t>>(&code.values)) {
        return places(*values, std::get<std::vector<std::int64_t>>(labels), name, training);
    }
    throw Error(ErrorKind::data, name + ": its labels are words where those of " + training +
                                     " are numbers, or the other way round. Use parts that belong together.");
}

std::string codeSentence(const LabelCode& code, const std::string& name) {
    if (code.names.empty()) return {};
    return "The labels " + code.listed() + " of " + name + " are the classes 0 to " +
           std::to_string(code.classes() - 1) + ".";
}

} // namespace dstn
