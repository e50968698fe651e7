#include "core/data/text_reader.h"

#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace dstn {
namespace {

constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

/// Spaces between words: White_Space of Unicode, of which a line feed has been taken out before.
bool isSpace(char32_t c) {
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

/// The punctuation of ASCII, of Latin-1, and Unicode's general, supplemental, CJK and full-width blocks.
bool isPunctuation(char32_t c) {
    if (c < 0x80)
        return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
               (c >= 0x7B && c <= 0x7E);
    return c == 0xA1 || c == 0xA7 || c == 0xAB || c == 0xB6 || c == 0xB7 || c == 0xBB || c == 0xBF ||
           (c >= 0x2010 && c <= 0x205E && !isSpace(c)) || (c >= 0x2E00 && c <= 0x2E7F) ||
           (c >= 0x3001 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3011) || (c >= 0xFF01 && c <= 0xFF0F) ||
           c == 0xFF1A || c == 0xFF1B || c == 0xFF1F;
}

bool isDigit(char32_t c) { return c >= '0' && c <= '9'; }

/// Whether a punctuation mark joins what stands on both sides of it into one word.
bool joins(char32_t before, char32_t mark, char32_t after) {
    constexpr char32_t apostrophe = 0x2019, hyphen = 0x2010;
    if (isPunctuation(after)) return false;
    if (mark == ',' || mark == ':') return isDigit(before) && isDigit(after);
    return mark == '\'' || mark == '-' || mark == '.' || mark == '/' || mark == '_' || mark == '@' ||
           mark == apostrophe || mark == hyphen;
}

std::string hexByte(char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    return {digits[value >> 4U], digits[value & 15U]};
}

/// What ends the lines of a text: '\n', before which a '\r' may stand, or '\r' in one that has none, as old
/// Macs wrote it.
char lineEndOf(std::string_view text) {
    return text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos ? '\r'
                                                                                                  : '\n';
}

/// Rejects what is not text before anything else looks at it.
/// @param lineEnd as lineEndOf() has it
void checkUtf8(std::string_view text, const std::string& name, char lineEnd) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t bytes = decodeUtf8(text.substr(i)).bytes;
        if (bytes > 0 && text[i] != '\0') {
            i += bytes;
            continue;
        }
        const auto before = text.substr(0, i);
        const auto line = std::count(before.begin(), before.end(), lineEnd) + 1;
        const auto start = before.rfind(lineEnd);
        const std::size_t column = start == std::string_view::npos ? i : i - start - 1;
        throw Error(ErrorKind::data, name + ", line " + std::to_string(line) + ", byte " +
                                         std::to_string(column + 1) +
                                         (bytes > 0 ? ": a zero byte, so it is not text. Name a text file."
                                                    : ": the byte " + hexByte(text[i]) +
                                                          " is not UTF-8 there. Save the file as UTF-8."));
    }
}

} // namespace

TextTokens::TextTokens(TextLevel level, Punctuation punctuation) : level_(level), punctuation_(punctuation) {}

void TextTokens::append(std::string_view word) {
    const auto next = static_cast<std::int32_t>(words_.size());
    const auto [found, fresh] = numbers_.try_emplace(word, next);
    if (fresh) words_.push_back(word);
    tokens_.push_back(found->second);
}

void TextTokens::splitWord(std::string_view word) {
    if (word == unknownToken || word == endOfLineToken) return append(word);
    while (!word.empty()) {
        const CodePoint first = decodeUtf8(word);
        std::size_t end = first.bytes;
        if (isPunctuation(first.value)) {
            const std::string_view mark = word.substr(0, end);
            while (word.substr(end).starts_with(mark)) end += mark.size();
        } else {
            for (char32_t before = first.value; end < word.size();) {
                const CodePoint next = decodeUtf8(word.substr(end));
                if (isPunctuation(next.value)) {
                    const std::string_view rest = word.substr(end + next.bytes);
                    if (rest.empty() || !joins(before, next.value, decodeUtf8(rest).value)) break;
                }
                before = next.value;
                end += next.bytes;
            }
        }
        append(word.substr(0, end));
        word.remove_prefix(end);
    }
}

void TextTokens::addLine(std::string_view line) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= line.size();) {
        const CodePoint next =
            i < line.size() ? decodeUtf8(line.substr(i)) : CodePoint{.value = ' ', .bytes = 1};
        if (isSpace(next.value)) {
            const std::string_view word = line.substr(begin, i - begin);
            if (punctuation_ == Punctuation::split)
                splitWord(word);
            else if (!word.empty())
                append(word);
            begin = i + next.bytes;
        }
        i += next.bytes;
    }
    append(endOfLineToken);
}

void TextTokens::addCharacters(std::string_view text, std::string_view lineEnd) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t bytes = decodeUtf8(text.substr(i)).bytes;
        const std::string_view character = text.substr(i, bytes);
        if (!text.substr(i).starts_with("\r\n")) append(character == lineEnd ? "\n" : character);
        i += bytes;
    }
}

void TextTokens::add(std::string_view text, const std::string& name, const std::function<bool()>& cancelled) {
    const char lineEnd = lineEndOf(text);
    checkUtf8(text, name, lineEnd);
    if (text.starts_with(byteOrderMark)) text.remove_prefix(byteOrderMark.size());
    std::size_t lines = 0;
    while (!text.empty()) {
        if (cancelled && lines++ % 4096 == 0 && cancelled())
            throw Error(ErrorKind::interrupted, "Reading " + name + " was cancelled.");
        const std::size_t end = std::min(text.find(lineEnd), text.size());
        const std::size_t next = std::min(end + 1, text.size());
        if (level_ == TextLevel::word)
            addLine(text.substr(0, end));
        else
            addCharacters(text.substr(0, next), {&lineEnd, 1});
        text.remove_prefix(next);
    }
}

Vocabulary makeVocabulary(const TextTokens& tokens, TextLevel level, std::size_t training,
                          const VocabularyLimits& limits, const std::string& name) {
    std::vector<std::string_view> specials{unknownToken};
    if (level == TextLevel::word) specials.push_back(endOfLineToken);
    if (limits.size > 0 && limits.size <= static_cast<std::int64_t>(specials.size()))
        throw Error(ErrorKind::data, name + ": a vocabulary of " + std::to_string(limits.size) +
                                         " leaves no room for a word beside " +
                                         (specials.size() > 1 ? "<unk> and <eos>" : "<unk>") +
                                         ". Set data.vocabulary to at least " +
                                         std::to_string(specials.size() + 1) + ", or to 0 for all words.");

    const auto& words = tokens.words();
    std::vector<std::int64_t> counts(words.size(), 0);
    for (std::size_t i = 0; i < training; ++i) ++counts[static_cast<std::size_t>(tokens.tokens()[i])];

    struct Entry {
        std::string_view word;
        std::int64_t count = 0;
    };
    const auto before = [](const Entry& a, const Entry& b) {
        return a.count != b.count ? a.count > b.count : a.word < b.word;
    };
    std::vector<Entry> known, entries;
    for (const std::string_view special : specials) known.push_back({.word = special});
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto special = std::find(specials.begin(), specials.end(), words[i]);
        if (special != specials.end())
            known[static_cast<std::size_t>(special - specials.begin())].count = counts[i];
        else if (counts[i] > 0)
            entries.push_back({.word = words[i], .count = counts[i]});
    }
    std::sort(entries.begin(), entries.end(), before);
    std::size_t kept = entries.size();
    while (kept > 0 && entries[kept - 1].count < limits.minCount) --kept;
    if (limits.size > 0) kept = std::min(kept, static_cast<std::size_t>(limits.size) - specials.size());
    // What is left out counts as <unk>, whose place follows from it.
    for (std::size_t i = kept; i < entries.size(); ++i) known.front().count += entries[i].count;
    entries.resize(kept);
    entries.insert(entries.end(), known.begin(), known.end());
    std::sort(entries.begin(), entries.end(), before);

    Vocabulary vocabulary;
    std::unordered_map<std::string_view, std::int32_t> places;
    for (const Entry& entry : entries) {
        places.emplace(entry.word, static_cast<std::int32_t>(vocabulary.words.size()));
        vocabulary.words.emplace_back(entry.word);
    }
    for (const std::string_view word : words) {
        const auto place = places.find(word);
        vocabulary.numbers.push_back(place != places.end() ? place->second : places.at(unknownToken));
    }
    return vocabulary;
}

} // namespace dstn
