#include "core/archive/process_identity.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace dstn {

namespace {

struct ProcessStatus {
    char state = '?';
    std::int64_t start = 0;
};

/// Fields 3 and 22 of /proc/PID/stat; empty where there is no such process.
std::optional<ProcessStatus> processStatus(std::int64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    // The second field is the program's name in parentheses and may hold spaces and parentheses.
    const auto nameEnd = line.rfind(')');
    if (nameEnd == std::string::npos) return std::nullopt;
    std::istringstream fields(line.substr(nameEnd + 1));
    ProcessStatus status;
    fields >> status.state;
    std::string skipped;
    for (int field = 4; field < 22; ++field) fields >> skipped;
    fields >> status.start;
    if (!fields) return std::nullopt;
    return status;
}

std::string bootId() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

std::string processSpace() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/ns/pid", error).string();
}

std::string hostName() {
    std::array<char, 256> text{};
    gethostname(text.data(), text.size() - 1);
    return text.data();
}

} // namespace

ProcessIdentity ProcessIdentity::self() {
    const auto pid = static_cast<std::int64_t>(getpid());
    const auto status = processStatus(pid);
    return {.host = hostName(),
            .boot = bootId(),
            .space = processSpace(),
            .pid = pid,
            .start = status ? status->start : 0};
}

Liveness liveness(const ProcessIdentity& process) {
    const std::string boot = bootId();
    if (process.boot == boot && process.space == processSpace()) {
        const auto status = processStatus(process.pid);
        // A process that has ended stays in the table until its parent asks for its exit code.
        const bool there =
            status && status->start == process.start && status->state != 'Z' && status->state != 'X';
        if (!there) return Liveness::gone;
        return status->state == 'T' || status->state == 't' ? Liveness::unknown : Liveness::alive;
    }
    if (process.host == hostName() && process.boot != boot) return Liveness::gone;
    return Liveness::unknown;
}

} // namespace dstn
