#include "app/dstn/interruption.h"

#include "core/error.h"

#include <unistd.h>

#include <array>
#include <csignal>

namespace dstn::cli {

// A signal handler reaches nothing but what has static life.
static volatile std::sig_atomic_t interruptions = 0;

static constexpr std::array watched{SIGINT, SIGTERM, SIGHUP};

static void note(int) {
    interruptions = interruptions + 1;
    if (interruptions > 1) _exit(exitCode(ErrorKind::interrupted));
}

static void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(signal, &action, nullptr);
}

Interruption::Interruption() {
    interruptions = 0;
    for (const int signal : watched) handle(signal, note);
    handle(SIGPIPE, SIG_IGN);
}

Interruption::~Interruption() {
    for (const int signal : watched) handle(signal, SIG_DFL);
    handle(SIGPIPE, SIG_DFL);
}

bool Interruption::wanted() { return interruptions > 0; }

} // namespace dstn::cli
