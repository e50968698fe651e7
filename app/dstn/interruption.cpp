#include "app/dstn/interruption.h"

#include "core/error.h"

#include <unistd.h>

#include <array>
#include <csignal>

namespace dstn::cli {

// A signal handler reaches nothing but what has static life.
static volatile std::sig_atomic_t interruptions = 0;
static std::array<struct sigaction, 4> before{};

static constexpr std::array watched{SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static_assert(watched.size() == before.size());

static void note(int) {
    interruptions = interruptions + 1;
    if (interruptions > 1) _exit(exitCode(ErrorKind::interrupted));
}

Interruption::Interruption() {
    interruptions = 0;
    for (std::size_t i = 0; i < watched.size(); ++i) {
        sigaction(watched[i], nullptr, &before[i]);
        // Whoever started the program with nohup wants it to outlive the terminal.
        if (watched[i] == SIGHUP && before[i].sa_handler == SIG_IGN) continue;
        struct sigaction action {};
        action.sa_handler = watched[i] == SIGPIPE ? SIG_IGN : note;
        sigaction(watched[i], &action, nullptr);
    }
}

Interruption::~Interruption() {
    for (std::size_t i = 0; i < watched.size(); ++i) sigaction(watched[i], &before[i], nullptr);
}

bool Interruption::wanted() { return interruptions > 0; }

} // namespace dstn::cli
