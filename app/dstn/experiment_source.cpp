#include "app/dstn/experiment_source.h"

#include "core/error.h"
#include "core/experiment/experiment_file.h"

#include <filesystem>
#include <iostream>
#include <sstream>
#include <system_error>

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

void requireDataFound(const std::string& source, const DataSpec& data) {
    namespace fs = std::filesystem;
    const fs::path path = data.path;
    std::error_code error;
    const auto missing = [&](const fs::path& any) {
        return fs::status(any, error).type() == fs::file_type::not_found;
    };
    if (traitsOf(data.source).path == PathKind::none || path.empty() || path.is_absolute() || !missing(path))
        return;
    const fs::path beside = fs::path(source).parent_path() / path;
    if (!fs::is_regular_file(source, error) || missing(beside)) return; // the reader says where it looked
    throw Error(ErrorKind::data,
                path.string() + ": there is nothing at " + fs::absolute(path).lexically_normal().string() +
                    ". A relative path counts from the folder in which dstn runs, not from the one of the "
                    "file that names it. There, " +
                    beside.string() + " exists: run dstn there, or write data.path as a whole path.");
}

std::string mistakeLines(const std::string& source, const std::vector<Mistake>& mistakes) {
    std::istringstream all(describe(mistakes));
    std::string lines;
    for (std::string line; std::getline(all, line);)
        lines += (lines.empty() ? "" : "\n") + source + ": " + line;
    return lines;
}

} // namespace dstn::cli
