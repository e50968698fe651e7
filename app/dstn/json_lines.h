#pragma once

#include "core/run/events.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dstn::cli {

/// Numbers that JSON does not know become the strings "NaN", "Infinity" and "-Infinity".
nlohmann::ordered_json jsonNumber(double value);
nlohmann::ordered_json jsonNumber(const std::optional<double>& value); ///< null where absent
nlohmann::ordered_json jsonValues(const std::vector<std::pair<std::string, double>>& values);

/// What `dstn run --json` prints: a line for the start, for each epoch and for the end; nothing for other
/// events. The lines for an epoch and for the end have the same fields, the former as of then.
class JsonLines {
  public:
    explicit JsonLines(std::string run) : run_(std::move(run)) {}
    /// Without the line's end.
    std::optional<std::string> line(const Event& event);

  private:
    std::string run_;
};

} // namespace dstn::cli
