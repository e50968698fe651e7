#pragma once

#include "core/archive/archive.h"
#include "core/export.h"

#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Conditions on runs, all of which must hold: `state=completed method=delta-stn name~cnn best<0.4 tag=x`.
/// A condition is FIELD OPERATOR VALUE without spaces, or with the value in double quotes. The one language
/// of the command line and of the window, which takes plain words too. Operators: = and != (whole value,
/// numbers as numbers), ~ (contains, whatever the case), <, <=, >, >=. A run without the value in question
/// meets no condition but !=. `created` is compared with dates: 2024-05-01 or its beginning, today,
/// yesterday, -7d; = holds for all that begins so.
class RunFilter {
  public:
    /// What lenient parsing leaves aside.
    struct Rest {
        std::vector<std::string> words;    ///< without an operator, or beginning with a quotation mark
        std::vector<std::string> problems; ///< sentences: which condition is invalid, and why
    };

    RunFilter() = default;
    /// Throws Error{usage} saying which condition is invalid, and why.
    explicit RunFilter(std::string_view expression);
    /// Takes the valid conditions; the rest goes into `rest`.
    RunFilter(std::string_view expression, Rest& rest);
    bool matches(const RunRow& run) const;
    /// The text of --help on fields and operators.
    static std::string help();

  private:
    struct Condition {
        std::string field, comparison, value;
    };
    void read(std::string_view expression, Rest* rest);
    void add(const std::string& written, const std::string& text);

    std::vector<Condition> conditions_;
};

} // namespace dstn
