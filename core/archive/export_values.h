#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace dstn {

// Values as all exports write them.

/// A field as RFC 4180 has it: quoted where it must be.
std::string csvField(const std::string& text);

/// JSON knows no NaN and no infinity: those become the strings "NaN", "Infinity" and "-Infinity". Absent:
/// null.
nlohmann::ordered_json jsonNumber(double value);
nlohmann::ordered_json jsonNumber(const std::optional<double>& value);
nlohmann::ordered_json jsonNumbers(const std::vector<double>& values);
/// An object of names and numbers.
nlohmann::ordered_json jsonValues(const std::vector<std::pair<std::string, double>>& values);

} // namespace dstn
