#pragma once

#include <string>

namespace dstn {

inline constexpr const char* smallerFile = "Use a smaller file.";

/// Rejects what cannot fit before the machine swaps or kills the program: throws Error{device}
/// saying that loading `name` takes so many bytes where the machine has less memory than that, and the
/// remedy.
void requireMemory(double bytes, const std::string& name, const std::string& remedy);

} // namespace dstn
