#include "core/data/text_dataset.h"

#include "core/data/memory_check.h"
#include "core/data/split.h"
#include "core/data/text_folder.h"
#include "core/data/text_reader.h"
#include "core/error.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace dstn {
namespace {

/// The tokens first, …, first + count − 1.
struct Range {
    std::size_t first = 0, count = 0;
};

struct Text {
    TextFolder files; ///< its texts are what `tokens` refer to
    TextTokens tokens;
    Vocabulary vocabulary;
    Range train, validation, test;
};

void requireTextMemory(const DataSpec& spec, const TextFolder& files) {
    double bytes = 0.0;
    for (const auto* part : {&files.train, &files.validation, &files.test})
        for (const TextFile& file : *part) bytes += static_cast<double>(file.text.size());
    // A number of 4 bytes for each token as it is read, in a list that grows by doubling, and one in its
    // part. A word takes two bytes of text at least, with the space behind it.
    const double tokens = spec.level == TextLevel::word ? bytes / 2.0 : bytes;
    requireMemory(bytes + 16.0 * tokens, spec.path, smallerFile);
}

/// Two tokens are the least from which one can be predicted.
void requireTokens(const Range& part, const std::string& name, const char* what) {
    if (part.count < 2)
        throw Error(ErrorKind::data, name + ": the " + what + " part has " + std::to_string(part.count) +
                                         " token" + (part.count == 1 ? "" : "s") +
                                         "; it needs at least two. Use more text, or change data.validation, "
                                         "data.test or data.limit.");
}

Text readTokens(const DataSpec& spec, const std::function<bool()>& cancelled) {
    if (spec.path.empty()) throw Error(ErrorKind::data, "No text is named. Set data.path.");
    TextFolder files = readTextFolder(spec.path, cancelled);
    requireTextMemory(spec, files);
    const Punctuation punctuation = files.punctuation;
    Text text{.files = std::move(files),
              .tokens = {spec.level, punctuation},
              .vocabulary = {},
              .train = {},
              .validation = {},
              .test = {}};
    const auto add = [&](const std::vector<TextFile>& part) {
        const std::size_t before = text.tokens.count();
        for (const TextFile& file : part) text.tokens.add(file.text, file.name, cancelled);
        return Range{.first = before, .count = text.tokens.count() - before};
    };
    text.train = add(text.files.train);
    text.validation = add(text.files.validation);
    text.test = add(text.files.test);

    if (spec.limit > 0) text.train.count = std::min(text.train.count, static_cast<std::size_t>(spec.limit));
    const auto cutTail = [&](Range& part, std::int64_t count) {
        text.train.count -= static_cast<std::size_t>(count);
        part = {.first = text.train.first + text.train.count, .count = static_cast<std::size_t>(count)};
    };
    const auto available = static_cast<std::int64_t>(text.train.count);
    if (text.files.validation.empty()) {
        const SplitCounts counts =
            countShares(spec, available, !text.files.test.empty(), spec.path, "tokens");
        if (text.files.test.empty()) cutTail(text.test, counts.test);
        cutTail(text.validation, counts.validation);
    }
    requireTokens(text.train, spec.path, "training");
    requireTokens(text.validation, spec.path, "validation");
    if (text.test.count > 0 || !text.files.test.empty()) requireTokens(text.test, spec.path, "test");
    text.vocabulary = makeVocabulary(text.tokens, spec.level, text.train.count,
                                     {.size = spec.vocabulary, .minCount = spec.minCount}, spec.path);
    return text;
}

DataInfo textInfo(const DataSpec& spec, const Text& text) {
    DataInfo info;
    info.input = {spec.sequence};
    info.task = TaskKind::language;
    info.vocabulary = static_cast<std::int64_t>(text.vocabulary.words.size());
    info.outputs = info.vocabulary;
    info.tokenNames = text.vocabulary.words;
    info.train = static_cast<std::int64_t>(text.train.count);
    info.validation = static_cast<std::int64_t>(text.validation.count);
    info.test = static_cast<std::int64_t>(text.test.count);
    info.decisions = text.files.decisions;
    info.warnings = text.files.warnings;
    return info;
}

} // namespace

Dataset loadText(const DataSpec& spec, const std::function<bool()>& cancelled) {
    const Text text = readTokens(spec, cancelled);
    const auto part = [&](const Range& range) {
        Examples examples;
        examples.count = static_cast<std::int64_t>(range.count);
        examples.tokens.reserve(range.count);
        for (std::size_t i = range.first; i < range.first + range.count; ++i)
            examples.tokens.push_back(
                text.vocabulary.numbers[static_cast<std::size_t>(text.tokens.tokens()[i])]);
        return examples;
    };
    Dataset data;
    data.info = textInfo(spec, text);
    data.train = part(text.train);
    data.validation = part(text.validation);
    data.test = part(text.test);
    data.identity.split = contentHash({std::as_bytes(std::span(data.train.tokens)),
                                       std::as_bytes(std::span(data.validation.tokens)),
                                       std::as_bytes(std::span(data.test.tokens))});
    return data;
}

DataInfo probeText(const DataSpec& spec) { return textInfo(spec, readTokens(spec, {})); }

} // namespace dstn
