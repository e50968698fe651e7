#include "core/run/commands.h"

#include <utility>

namespace dstn {

void CommandQueue::send(Command command) {
    {
        const std::lock_guard lock(mutex_);
        commands_.push_back(std::move(command));
    }
    arrived_.notify_one();
}

std::optional<Command> CommandQueue::poll() {
    const std::lock_guard lock(mutex_);
    if (commands_.empty()) return std::nullopt;
    Command command = std::move(commands_.front());
    commands_.pop_front();
    return command;
}

Command CommandQueue::wait() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return !commands_.empty(); });
    Command command = std::move(commands_.front());
    commands_.pop_front();
    return command;
}

} // namespace dstn
