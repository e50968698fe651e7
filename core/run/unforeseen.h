#pragma once

#include "core/export.h"

#include <string>

namespace DSTN_EXPORT dstn {

/// The message of a run that ended with an unexpected error.
inline std::string unforeseen(const std::string& what) {
    return "An unexpected error occurred: " + what + ". What was saved before is in the archive.";
}

} // namespace dstn
