#pragma once

#include "core/export.h"
#include "core/spec/data_spec.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace DSTN_EXPORT dstn {

inline constexpr std::string_view unknownToken = "<unk>";   ///< stands for words outside the vocabulary
inline constexpr std::string_view endOfLineToken = "<eos>"; ///< at word level: the end of a line

/// Whether the texts are tokenised already.
enum class Punctuation {
    asIs, ///< a word is what stands between spaces: for texts that come tokenised, such as the Penn Treebank
    split ///< punctuation marks are tokens of their own: "License," is two
};

/// Texts as a sequence of tokens, each numbered by its first appearance.
///
/// TextLevel::word: words between spaces (as Unicode knows them), and <eos> for each line end and for a last
/// line without one. Nothing else is changed: not the case, not the digits. With Punctuation::split a word is
/// a run of letters, digits and signs that are not punctuation, inside which a single apostrophe, hyphen,
/// point, slash, underscore or @ stays ("don't", "3.14", "and/or"), and a comma or colon between digits;
/// every run of the same punctuation mark is a token ("...", "--"); <unk> and <eos> stay whole.
///
/// TextLevel::character: code points, with CR LF read as LF.
///
/// A text that has CR and no LF, as old Macs wrote it, has its lines ended by CR, which is read as LF.
class TextTokens {
  public:
    TextTokens(TextLevel level, Punctuation punctuation);

    /// Appends a text, which must outlive this. `name` appears in messages. A byte order mark is left out.
    /// Throws Error{data} naming line and byte where the text is not UTF-8 or holds a zero byte,
    /// Error{interrupted} once `cancelled` says so.
    void add(std::string_view text, const std::string& name, const std::function<bool()>& cancelled = {});

    std::size_t count() const { return tokens_.size(); }
    const std::vector<std::int32_t>& tokens() const { return tokens_; }
    const std::vector<std::string_view>& words() const { return words_; }

  private:
    /// Each, and "\n" in place of what ends a line.
    void addCharacters(std::string_view text, std::string_view lineEnd);
    void addLine(std::string_view line);
    void splitWord(std::string_view word);
    void append(std::string_view word);

    TextLevel level_;
    Punctuation punctuation_;
    std::vector<std::int32_t> tokens_;
    std::vector<std::string_view> words_;
    std::unordered_map<std::string_view, std::int32_t> numbers_;
};

/// A model's vocabulary.
struct Vocabulary {
    std::vector<std::string> words;    ///< by decreasing frequency in the training part, then by their bytes
    std::vector<std::int32_t> numbers; ///< for each of TextTokens::words() its place in `words`
};

struct VocabularyLimits {
    std::int64_t size = 0;     ///< largest number of words; 0: all
    std::int64_t minCount = 1; ///< rarer ones are left out
};

/// The vocabulary of the first `training` tokens. <unk>, and at word level <eos>, always belong to it,
/// whatever its limits; what else is left out, or appears only after the training part, becomes <unk>. Throws
/// Error{data} naming `name` if the size leaves no room for a word.
Vocabulary makeVocabulary(const TextTokens& tokens, TextLevel level, std::size_t training,
                          const VocabularyLimits& limits, const std::string& name);

} // namespace dstn
