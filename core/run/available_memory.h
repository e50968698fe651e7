#pragma once

#include "core/export.h"

#include <cstdint>
#include <filesystem>

namespace DSTN_EXPORT dstn {

/// Bytes of memory that this process can still allocate: what the kernel reports as available, or less if a
/// control group (version 2: containers, systemd) leaves less. 0 if unknown.
/// @param proc, groups where the kernel shows itself and the control groups
std::int64_t availableMemory(const std::filesystem::path& proc = "/proc",
                             const std::filesystem::path& groups = "/sys/fs/cgroup");

} // namespace dstn
