#pragma once

#include "core/export.h"

#include <cstdint>
#include <string>

namespace DSTN_EXPORT dstn {

/// Identifies one process uniquely: a process id alone is reused, and soon after a restart of
/// the machine. Linux only.
struct ProcessIdentity {
    std::string host;
    std::string boot;       ///< changes with every start of the machine
    std::string space;      ///< of process ids: containers count on their own
    std::int64_t pid = 0;   ///< within `space`
    std::int64_t start = 0; ///< clock ticks from the machine's start to the process's

    bool operator==(const ProcessIdentity&) const = default;

    static ProcessIdentity self();
};

enum class Liveness {
    alive,
    gone,
    unknown ///< it runs, or ran, where its process ids are not visible from here; or it was stopped, and may
            ///< go on
};
/// What is known about that process from here.
Liveness liveness(const ProcessIdentity& process);

} // namespace dstn
