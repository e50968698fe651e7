#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Labels as a source gives them: any whole numbers, or words.
using SourceLabels = std::variant<std::vector<std::int64_t>, std::vector<std::string>>;

/// The classes 0, 1, … that labels stand for, in the order of their values.
struct LabelCode {
    SourceLabels values;            ///< [classes], ascending
    std::vector<std::string> names; ///< [classes]; empty where the labels are 0, 1, … themselves

    std::int64_t classes() const;
    /// The first few classes: "1, 2, 3"; "cat, dog and 57 more".
    std::string listed() const;
};

/// A class for each different label. Throws Error{data} naming `name` where all are the same.
LabelCode codeOf(const SourceLabels& training, const std::string& name);

/// The classes of labels. Throws Error{data} naming those that no class stands for.
/// @param name     of the labels, for messages
/// @param training of those that the code was made of
std::vector<std::int64_t> coded(const LabelCode& code, const SourceLabels& labels, const std::string& name,
                                const std::string& training);

/// What was made of labels that are not 0, 1, … themselves, as a sentence; else empty.
std::string codeSentence(const LabelCode& code, const std::string& name);

/// The first few of some names in words: "a, b and 3 more".
std::string someOf(const std::vector<std::string>& names, std::size_t most = 5);

} // namespace dstn
