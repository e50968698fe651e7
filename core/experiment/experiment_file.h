#pragma once

#include "core/export.h"

#include <cstddef>
#include <istream>
#include <string>

namespace DSTN_EXPORT dstn {

/// A document is a few kilobytes; anything larger is not an experiment, and is not read into memory.
inline constexpr std::size_t largestExperimentFile = std::size_t{16} << 20;

/// The text of an experiment file. Throws Error{usage} if it is not there, a folder, too large, or cannot be
/// read.
std::string readExperimentFile(const std::string& path);
/// The same from a stream, called `name` in messages.
std::string readExperimentText(std::istream& stream, const std::string& name);
/// The text of a preset, by its id, or of a file. Throws Error{usage} if there is neither.
std::string experimentOf(const std::string& source);

} // namespace dstn
