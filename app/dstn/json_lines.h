#pragma once

#include "core/run/events.h"

#include <optional>
#include <string>

namespace dstn::cli {

/// What `dstn run --json` prints: a line for the start, for each epoch and for the end; nothing for other
/// events. The lines for an epoch and for the end have the same fields, the former as of that epoch.
class JsonLines {
  public:
    explicit JsonLines(std::string run) : run_(std::move(run)) {}
    /// Without a line break.
    std::optional<std::string> line(const Event& event);

  private:
    std::string run_;
};

} // namespace dstn::cli
