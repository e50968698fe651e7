#pragma once

#include <filesystem>

namespace dstn {

/// Where a user's files of one kind lie: the variable's value or, where that is unset or relative, which the
/// XDG specification has ignored, `below` the home. That is $HOME or, where that is unset, what the system's
/// list of users says, if it is there. Empty where there is no home: it is the root, relative or
/// /nonexistent.
std::filesystem::path userFolder(const char* variable, const char* below);

} // namespace dstn
