#include "core/run/engine.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

namespace dstn {

/// The folder of the library that holds this function: the engine's lies beside it.
static std::filesystem::path libraryFolder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&createEngine), &info) == 0 || info.dli_fname == nullptr)
        return {};
    return std::filesystem::path(info.dli_fname).parent_path();
}

std::unique_ptr<Engine> createEngine() {
    const std::filesystem::path path = libraryFolder() / "libdstn-engine.so";
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) {
        const char* reason = dlerror(); // NOLINT(concurrency-mt-unsafe): per thread in glibc
        throw Error(ErrorKind::device, "The engine could not be loaded: " +
                                           std::string(reason != nullptr ? reason : path.string()) +
                                           ". Build it again with app/launch.sh.");
    }
    using Factory = Engine* (*)();
    const auto factory = reinterpret_cast<Factory>(dlsym(library, "dstnCreateEngine"));
    if (factory == nullptr)
        throw Error(ErrorKind::device,
                    path.string() + " is not an engine of this program. Build it again with app/launch.sh.");
    return std::unique_ptr<Engine>(factory());
}

} // namespace dstn
