#include "core/run/available_memory.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace dstn {

namespace fs = std::filesystem;

namespace {

/// The number behind `key` at the start of a line.
std::optional<std::int64_t> numberAfter(const fs::path& file, const std::string& key) {
    std::ifstream stream(file);
    for (std::string word; stream >> word;) {
        std::int64_t number = 0;
        if (word == key && stream >> number) return number;
        stream.clear();
    }
    return std::nullopt;
}

std::optional<std::int64_t> onlyNumber(const fs::path& file) {
    std::ifstream stream(file);
    std::int64_t number = 0;
    return stream >> number ? std::optional(number) : std::nullopt; // "max" is none
}

/// What a control group leaves; nothing where it sets no limit.
std::optional<std::int64_t> leftInGroup(const fs::path& group) {
    const auto limit = onlyNumber(group / "memory.max");
    if (!limit) return std::nullopt;
    // The cache of files counts as used, and is given up when memory gets short.
    const std::int64_t used = onlyNumber(group / "memory.current").value_or(0);
    const std::int64_t cache = numberAfter(group / "memory.stat", "inactive_file").value_or(0) +
                               numberAfter(group / "memory.stat", "active_file").value_or(0);
    return std::max<std::int64_t>(1, *limit - std::max<std::int64_t>(0, used - cache));
}

/// This process's group, relative to the root of all: "user.slice/…"; empty in most containers.
fs::path ownGroup(const fs::path& proc) {
    std::ifstream stream(proc / "self/cgroup");
    const std::string unified = "0::/";
    for (std::string line; std::getline(stream, line);)
        if (line.starts_with(unified)) return line.substr(unified.size());
    return {};
}

} // namespace

std::int64_t availableMemory(const fs::path& proc, const fs::path& groups) {
    std::optional<std::int64_t> least;
    const auto take = [&](const std::optional<std::int64_t>& bytes) {
        if (bytes) least = std::min(least.value_or(*bytes), *bytes);
    };
    if (const auto kilobytes = numberAfter(proc / "meminfo", "MemAvailable:")) take(1024 * *kilobytes);
    // Each group above bounds those inside it.
    fs::path group = groups;
    take(leftInGroup(group));
    for (const fs::path& part : ownGroup(proc)) {
        group /= part;
        take(leftInGroup(group));
    }
    return least.value_or(0);
}

} // namespace dstn
