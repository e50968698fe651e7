#include "core/data/numpy_targets.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <utility>

namespace dstn {
namespace {

std::int64_t columnsOf(const NumpyArray& targets) { return targets.shape.size() == 2 ? targets.shape[1] : 1; }

std::string columnsText(std::int64_t columns) { return std::to_string(columns); }

/// Quantities rather than classes: too many different numbers for so few examples.
bool manyValues(std::size_t different, std::size_t examples) {
    constexpr std::size_t fewClasses = 20;
    return different > fewClasses && 2 * different > examples;
}

bool allWhole(const std::vector<double>& numbers) {
    constexpr double exact = 9007199254740992.0; // 2^53
    return std::ranges::all_of(
        numbers, [](double number) { return number == std::floor(number) && std::abs(number) <= exact; });
}

/// Rows of 0 with one 1 in each.
bool isOneHot(const std::vector<double>& numbers, std::size_t columns) {
    for (std::size_t i = 0; i < numbers.size(); i += columns) {
        std::size_t ones = 0;
        for (std::size_t j = i; j < i + columns; ++j) {
            if (numbers[j] != 0.0 && numbers[j] != 1.0) return false;
            ones += numbers[j] == 1.0 ? 1 : 0;
        }
        if (ones != 1) return false;
    }
    return true;
}

TargetMeaning ofColumns(const NumpyArray& targets, const std::string& name, TaskKind wanted) {
    const std::int64_t columns = columnsOf(targets);
    TargetMeaning meaning{.outputs = columns};
    if (wanted == TaskKind::regression) return meaning;
    const std::vector<double> numbers = finiteNumbers<double>(targets, name);
    if (isOneHot(numbers, static_cast<std::size_t>(columns))) {
        meaning.task = TaskKind::classification;
        meaning.oneHot = true;
        meaning.reason = "each row of " + name + " holds a single 1 among zeros, which is a one-hot code";
        meaning.decisions.push_back(
            "Each row of " + name + " holds a single 1 among zeros: a one-hot code of " +
            columnsText(columns) + " classes. Set data.task to regression to learn the numbers themselves.");
        return meaning;
    }
    if (targets.whole())
        throw Error(ErrorKind::data,
                    name + ": holds " + columnsText(columns) +
                        " whole numbers for each example. Give labels as one number each (of "
                        "a one-hot code: argmax(1)), or set data.task to regression.");
    if (wanted == TaskKind::classification)
        throw Error(ErrorKind::data,
                    name + ": holds " + columnsText(columns) +
                        " numbers for each example where classification needs one label. Set "
                        "data.task to regression, or name another array.");
    if (std::ranges::all_of(numbers, [](double number) { return number == 0.0 || number == 1.0; }))
        throw Error(ErrorKind::data, name +
                                         ": holds rows of 0 and 1, of which some have not exactly one 1: no "
                                         "one-hot code. Give one label for each example, or set data.task "
                                         "to regression to learn the numbers themselves.");
    return meaning;
}

TargetMeaning ofWholeNumbers(const NumpyArray& targets, const std::string& name, TaskKind wanted) {
    if (wanted == TaskKind::classification)
        return {.task = TaskKind::classification, .reason = "data.task says so"};
    const auto count = static_cast<std::size_t>(targets.count());
    std::set<std::int64_t> different;
    for (std::size_t i = 0; i < count; ++i) different.insert(targets.wholeNumber(i).value_or(-1));
    if (manyValues(different.size(), count))
        throw Error(ErrorKind::data, name + ": holds " + std::to_string(different.size()) +
                                         " different whole numbers for " + std::to_string(count) +
                                         " examples, which may be classes or quantities. Set data.task to "
                                         "classification or to regression.");
    TargetMeaning meaning{.task = TaskKind::classification,
                          .reason = name + " holds whole numbers, " + std::to_string(different.size()) +
                                    " different ones"};
    meaning.decisions.push_back("The whole numbers in " + name + " are classes, " +
                                std::to_string(different.size()) +
                                " of them. Set data.task to regression if they are quantities.");
    return meaning;
}

TargetMeaning ofReals(const NumpyArray& targets, const std::string& name, TaskKind wanted) {
    if (wanted == TaskKind::classification)
        return {.task = TaskKind::classification, .reason = "data.task says so"};
    const std::vector<double> numbers = finiteNumbers<double>(targets, name);
    if (!allWhole(numbers)) return {};
    const std::set<double> different(numbers.begin(), numbers.end());
    if (!manyValues(different.size(), numbers.size()))
        throw Error(ErrorKind::data, name + ": holds floating-point numbers that are all whole, " +
                                         std::to_string(different.size()) +
                                         " different ones, which may be classes or quantities. Set data.task "
                                         "to classification or to regression.");
    TargetMeaning meaning;
    meaning.decisions.push_back("The whole numbers in " + name +
                                " are quantities, as most of them differ. Set data.task to classification if "
                                "they are classes.");
    return meaning;
}

} // namespace

template <typename T>
std::vector<T> finiteNumbers(const NumpyArray& array, const std::string& name) {
    const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(array.shape[0], 1));
    const auto count = array.bytes.size() / array.itemSize;
    const std::size_t width = count / rows;
    std::vector<T> result;
    result.reserve(count);
    std::vector<double> row(width);
    for (std::size_t i = 0; i < rows && width > 0; ++i) {
        array.numbers(i * width, row);
        for (const double number : row) {
            if (!(std::abs(number) <= static_cast<double>(std::numeric_limits<T>::max())))
                throw Error(ErrorKind::data, name + ": a value of example " + std::to_string(i) +
                                                 " is not finite. Correct it, or leave the example out.");
            result.push_back(static_cast<T>(number));
        }
    }
    return result;
}
template std::vector<float> finiteNumbers(const NumpyArray& array, const std::string& name);
template std::vector<double> finiteNumbers(const NumpyArray& array, const std::string& name);

void requireTargetShape(const NumpyArray& targets, const std::string& name) {
    if (targets.shape.empty() || targets.shape.size() > 2 || columnsOf(targets) < 1)
        throw Error(ErrorKind::data, name + ": has the shape " + extentsText(targets.shape) +
                                         " where targets have one or two dimensions: examples, and outputs.");
}

TargetMeaning meaningOf(const NumpyArray& targets, const std::string& name, TaskKind wanted) {
    requireTargetShape(targets, name);
    const std::int64_t columns = columnsOf(targets);
    if (targets.words()) {
        if (columns > 1 || wanted == TaskKind::regression)
            throw Error(ErrorKind::data,
                        name + ": holds words" +
                            (columns > 1
                                 ? ", " + columnsText(columns) + " for each example; give one label for each."
                                 : ", and data.task asks for numbers. Set it to classification, or "
                                   "name another array."));
        return {.task = TaskKind::classification, .reason = name + " holds words"};
    }
    if (columns > 1) return ofColumns(targets, name, wanted);
    if (wanted == TaskKind::regression) return {};
    return targets.whole() ? ofWholeNumbers(targets, name, wanted) : ofReals(targets, name, wanted);
}

SourceLabels labelsIn(const NumpyArray& targets, const std::string& name, const TargetMeaning& meaning) {
    const auto rows = static_cast<std::size_t>(targets.shape[0]);
    const auto refuse = [&](std::size_t i, const std::string& why) {
        throw Error(ErrorKind::data, name + ": the target of example " + std::to_string(i) +
                                         " is not a label: " + why +
                                         ". Correct it, or set data.task to regression.");
    };
    if (targets.words()) {
        std::vector<std::string> labels;
        for (std::size_t i = 0; i < rows; ++i) {
            auto word = targets.word(i);
            if (!word) refuse(i, "it is not text in UTF-8");
            labels.push_back(std::move(*word));
        }
        return labels;
    }
    std::vector<std::int64_t> labels;
    if (targets.whole() && !meaning.oneHot) {
        for (std::size_t i = 0; i < rows; ++i) {
            const auto label = targets.wholeNumber(i);
            if (!label) refuse(i, "it is beyond the range of 64-bit integers");
            labels.push_back(label.value_or(0));
        }
        return labels;
    }
    const std::vector<double> numbers = finiteNumbers<double>(targets, name);
    const std::size_t columns = meaning.oneHot ? static_cast<std::size_t>(meaning.outputs) : 1;
    for (std::size_t i = 0; i < rows; ++i) {
        const auto row = numbers.begin() + static_cast<std::ptrdiff_t>(i * columns);
        if (meaning.oneHot) {
            labels.push_back(std::find(row, row + static_cast<std::ptrdiff_t>(columns), 1.0) - row);
            continue;
        }
        if (!allWhole({*row})) refuse(i, "it is not a whole number");
        labels.push_back(static_cast<std::int64_t>(*row));
    }
    return labels;
}

} // namespace dstn
