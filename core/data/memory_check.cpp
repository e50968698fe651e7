#include "core/data/memory_check.h"

#include "core/error.h"

#include <unistd.h>

#include <cstdint>

namespace dstn {

void requireMemory(double bytes, const std::string& name, const std::string& remedy) {
    constexpr double gib = 1024.0 * 1024.0 * 1024.0;
    const double present =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    if (bytes > present)
        throw Error(ErrorKind::device, name + ": loading it takes about " +
                                           std::to_string(static_cast<std::int64_t>(bytes / gib) + 1) +
                                           " GiB of memory, and this machine has " +
                                           std::to_string(static_cast<std::int64_t>(present / gib)) +
                                           " GiB. " + remedy);
}

} // namespace dstn
