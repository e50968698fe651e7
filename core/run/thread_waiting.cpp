#include "core/run/thread_waiting.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace dstn {

void letThreadsSleepWhileWaiting(char** argv) {
    // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread
    if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
    setenv("OMP_WAIT_POLICY", "passive", 0);
    // NOLINTEND(concurrency-mt-unsafe)
    void* openMp = dlopen("libgomp.so.1", RTLD_LAZY | RTLD_NOLOAD);
    if (openMp == nullptr) return; // it will read the policy when it is loaded
    dlclose(openMp);

    // By its path, not as /proc/self/exe, so that the process keeps its name.
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    // Where the loader was started with the program as its argument, it would take the program's arguments.
    if (!program.filename().string().starts_with("ld-")) {
        if (!error) execv(program.c_str(), argv);
        execv("/proc/self/exe", argv); // the file has been replaced since, by an update perhaps
    }
    std::fputs(
        "OpenMP's threads will not sleep while they wait, which slows training down beside other programs: "
        "this program could not be restarted. Set OMP_WAIT_POLICY=passive before you start it.\n",
        stderr);
}

} // namespace dstn
