#pragma once

#include "core/export.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace DSTN_EXPORT dstn {

struct Pause {};
struct Resume {};
/// Ends the run after the current step, with a checkpoint. `interrupted`: it counts as interrupted, not
/// stopped.
struct Stop {
    bool interrupted = false;
};
struct TakeCheckpoint {};
/// Sets a hyperparameter to a natural value before the next step.
struct SetHyperparameter {
    std::string name;
    double value = 0.0;
};
using Command = std::variant<Pause, Resume, Stop, TakeCheckpoint, SetHyperparameter>;

/// From the controlling thread to the engine thread, which reads them between steps.
class CommandQueue {
  public:
    void send(Command command);
    /// The oldest command, if there is one.
    std::optional<Command> poll();
    /// Waits for a command.
    Command wait();

  private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Command> commands_;
};

} // namespace dstn
