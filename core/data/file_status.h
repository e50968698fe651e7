#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace dstn {

/// Throws Error{data}: the path cannot be opened, and why.
[[noreturn]] void cannotOpen(const std::filesystem::path& path, const std::error_code& error);

/// Throws Error{data}: there is nothing at the path; if it is relative, where it was looked for.
/// @param what "file", "folder"
[[noreturn]] void notThere(const std::filesystem::path& path, const std::string& what);

/// What is at a path, if anything. Throws Error{data} where that cannot be known, as in a folder without
/// permission: what is there might be what is sought.
std::filesystem::file_status statusOf(const std::filesystem::path& path);

/// Throws Error{data} unless there is a folder at a path.
/// @param otherwise what to do where a file is: "Name the folder of images."
void requireFolder(const std::filesystem::path& path, const std::string& otherwise);

} // namespace dstn
