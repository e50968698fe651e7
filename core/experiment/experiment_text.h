#pragma once

#include "core/export.h"
#include "core/number_text.h"
#include "core/spec/field.h"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A document in its own key order.
using Json = nlohmann::ordered_json;

// Words for mistakes.

std::string inQuotes(std::string_view text);
/// What stands at a place: "found \"five\"", "found a list".
std::string found(const Json& value);
/// "a number of at least 0 and below 1".
std::string words(const Range& range, std::string_view noun = "number");
/// Why a number is not in the range: "expected a number of at least 0, found -1".
std::string notInRange(double value, const Range& range, std::string_view noun = "number");
/// "a whole number from 1 to 10000".
std::string words(const IntegerRange& range);
/// "a", "a or b", "a, b or c"; of many names the first and how many there are.
std::string alternatives(const std::vector<std::string>& names);
/// The name that differs from `word` in the fewest letters, if few enough.
std::string nearest(std::string_view word, const std::vector<std::string>& names);
/// " did you mean "x"?" or, where nothing is near, " expected a, b or c".
std::string suggestion(std::string_view word, const std::vector<std::string>& names);

// What texts may be.

bool isTitle(std::string_view text);
bool isProse(std::string_view text);
bool isPath(std::string_view text);
bool isDelimiter(std::string_view text);
bool isThousandsMark(std::string_view text);
bool isDevice(std::string_view text);
bool isHyperparameterName(std::string_view text);

} // namespace dstn
