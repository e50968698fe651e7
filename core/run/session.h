#pragma once

#include "core/export.h"
#include "core/run/engine.h"

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace DSTN_EXPORT dstn {

using EngineFactory = std::function<std::unique_ptr<Engine>()>;

/// One run on its own thread, which owns the engine, the device and every tensor.
/// The destructor stops the run (as interrupted) and waits for it.
class Session {
  public:
    /// Starts at once. Sinks hear every event in order, on the engine thread; the last is RunFinished,
    /// whatever is thrown.
    Session(RunRequest request, std::vector<std::shared_ptr<EventSink>> sinks,
            EngineFactory makeEngine = createEngine);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void send(Command command) { commands_->send(std::move(command)); }
    /// Waits for the end of the run.
    void wait();
    const std::string& run() const { return run_; }

  private:
    std::string run_;
    std::shared_ptr<CommandQueue> commands_;
    std::thread thread_;
};

/// A random UUID (version 4).
std::string newUuid();

} // namespace dstn
