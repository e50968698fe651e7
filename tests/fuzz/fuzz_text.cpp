#include "core/data/text_reader.h"
#include "tests/fuzz/fuzz.h"

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    for (const TextLevel level : {TextLevel::word, TextLevel::character})
        for (const Punctuation punctuation : {Punctuation::asIs, Punctuation::split}) {
            TextTokens tokens(level, punctuation);
            tokens.add(asText(bytes), "f");
            makeVocabulary(tokens, level, tokens.count() / 2, {.size = 5, .minCount = 2}, "f");
        }
}
