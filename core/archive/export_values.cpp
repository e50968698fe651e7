#include "core/archive/export_values.h"

#include <cmath>

namespace dstn {

using Json = nlohmann::ordered_json;

std::string csvField(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

Json jsonNumber(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
}
Json jsonNumber(const std::optional<double>& value) { return value ? jsonNumber(*value) : Json(); }

Json jsonNumbers(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(jsonNumber(value));
    return list;
}

Json jsonValues(const std::vector<std::pair<std::string, double>>& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) object[name] = jsonNumber(value);
    return object;
}

} // namespace dstn
