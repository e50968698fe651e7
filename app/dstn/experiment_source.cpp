#include "app/dstn/experiment_source.h"

#include "core/error.h"
#include "core/experiment/experiment_file.h"

#include <iostream>
#include <sstream>

namespace dstn::cli {

std::string experimentText(const std::string& source) {
    return source == "-" ? readExperimentText(std::cin, "Standard input") : experimentOf(source);
}

std::vector<std::pair<std::string, std::string>> parseAssignments(const std::vector<std::string>& settings) {
    std::vector<std::pair<std::string, std::string>> assignments;
    for (const std::string& setting : settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorKind::usage, "--set \"" + setting +
                                              "\" is not an assignment. Write path=value, such as "
                                              "budget.epochs=20.");
        assignments.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    return assignments;
}

Experiment requireExperiment(const std::string& source, const std::string& text,
                             const std::vector<std::pair<std::string, std::string>>& assignments) {
    ParsedExperiment parsed = parseExperiment(text, assignments);
    if (!parsed.experiment) throw Error(ErrorKind::usage, mistakeLines(source, parsed.mistakes));
    return std::move(*parsed.experiment);
}

std::string mistakeLines(const std::string& source, const std::vector<Mistake>& mistakes) {
    std::istringstream all(describe(mistakes));
    std::string lines;
    for (std::string line; std::getline(all, line);)
        lines += (lines.empty() ? "" : "\n") + source + ": " + line;
    return lines;
}

} // namespace dstn::cli
