#pragma once

#include "core/archive/archive.h"

#include <string>
#include <string_view>
#include <vector>

namespace dstn {

/// Conditions on runs, all of which must hold: `state=completed method=delta-stn name~cnn best<0.4 tag=x`.
/// A condition is FIELD OPERATOR VALUE without spaces, or with the value in double quotes.
/// Operators: = and != (whole value, numbers as numbers), ~ (contains, whatever the case), <, <=, >, >=.
/// A run without the value in question meets no condition but !=.
class RunFilter {
  public:
    /// Throws Error{usage} saying which condition cannot be understood, and why.
    explicit RunFilter(std::string_view expression);
    bool matches(const RunRow& run) const;
    /// What --help says of fields and operators.
    static std::string help();

  private:
    struct Condition {
        std::string field, comparison, value;
    };
    std::vector<Condition> conditions_;
};

} // namespace dstn
