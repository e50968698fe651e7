#include "core/archive/home_folder.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

namespace dstn {

namespace {

std::filesystem::path pathIn(const char* variable) {
    const char* value = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
    return value != nullptr ? value : "";
}

std::filesystem::path homeOfTheUser() {
    std::array<char, 16384> text{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(getuid(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr) return {};
    return entry.pw_dir != nullptr ? entry.pw_dir : "";
}

} // namespace

std::filesystem::path userFolder(const char* variable, const char* below) {
    if (std::filesystem::path named = pathIn(variable); named.is_absolute()) return named;
    std::filesystem::path home = pathIn("HOME");
    std::error_code error;
    if (home.empty()) {
        home = homeOfTheUser();
        if (!std::filesystem::is_directory(home, error)) return {};
    }
    home = home.lexically_normal();
    // The last is how Debian writes that a user has none.
    if (!home.is_absolute() || home == home.root_path() || home == "/nonexistent") return {};
    return home / below;
}

} // namespace dstn
