#pragma once

#include "core/experiment/experiment.h"
#include "core/experiment/experiment_text.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dstn {

// The document as text and as a tree, independent of its meaning.

/// The tree of a JSON text. Broken JSON gives one mistake with line and column; keys that occur twice in an
/// object one each.
Json parseJson(std::string_view text, std::vector<Mistake>& mistakes);

/// Values that were given as bare text at the path they were given for: where a text is expected, "2024" is
/// one too.
using Assigned = std::vector<std::pair<std::string, std::string>>;
/// Applies `path=value` assignments. An invalid path is a mistake.
Assigned assign(Json& document, const std::vector<std::pair<std::string, std::string>>& assignments,
                std::vector<Mistake>& mistakes);

/// "a.b", or "b" at the root.
std::string joined(std::string_view path, std::string_view key);
std::string indexed(std::string_view path, std::size_t index);
/// True where one path is the other, or leads to it.
bool touches(std::string_view a, std::string_view b);
/// In the order of the document; a mistake about something absent comes where its object begins.
void sortByDocument(std::vector<Mistake>& mistakes, const Json& document);

Json experimentTree(Experiment experiment);
/// A number as a person writes it: 4 and not 4.0.
Json numeral(double value);
/// An option's name, "true" and "false" as JSON's own.
Json optionJson(std::string_view name);
/// Indented by two spaces; objects and lists that fit on a line are put there.
std::string prettyJson(const Json& tree);

} // namespace dstn
