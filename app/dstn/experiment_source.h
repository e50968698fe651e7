#pragma once

#include "core/experiment/experiment.h"

#include <string>
#include <utility>
#include <vector>

namespace dstn::cli {

/// An experiment as the command line names it: a preset's id, a file, or "-" for standard input.
/// @return its text; throws Error{usage} if nothing has that name or it cannot be read
std::string experimentText(const std::string& source);

/// "path=value" as given to --set. Throws Error{usage} if there is no "=".
std::vector<std::pair<std::string, std::string>> parseAssignments(const std::vector<std::string>& settings);

/// The experiment, or Error{usage} with a line "source: path: what is wrong" for every mistake.
Experiment requireExperiment(const std::string& source, const std::string& text,
                             const std::vector<std::pair<std::string, std::string>>& assignments);

/// Throws Error{data} where the data's relative path leads nowhere from here, but would from the folder of
/// the file that names it.
/// @param source that file, or what else the command line names
void requireDataFound(const std::string& source, const DataSpec& data);

/// Every mistake as a line "source: path: what is wrong", as describe() has them.
std::string mistakeLines(const std::string& source, const std::vector<Mistake>& mistakes);

} // namespace dstn::cli
