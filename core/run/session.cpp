#include "core/run/session.h"

#include "core/run/unforeseen.h"

#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <random>
#include <utility>

namespace dstn {

namespace {

/// Hands every event to several sinks; one that fails takes it from no other.
class Fan : public EventSink {
  public:
    explicit Fan(std::vector<std::shared_ptr<EventSink>> sinks) : sinks_(std::move(sinks)) {}
    void publish(const Event& event) override {
        finished_ = finished_ || std::holds_alternative<RunFinished>(event);
        std::exception_ptr failure;
        for (const auto& sink : sinks_) {
            try {
                sink->publish(event);
            } catch (...) {
                failure = std::current_exception();
            }
        }
        if (failure) std::rethrow_exception(failure);
    }
    bool finished() const { return finished_; }

  private:
    std::vector<std::shared_ptr<EventSink>> sinks_;
    bool finished_ = false;
};

/// Ends a run whose engine did not: whoever waits for RunFinished would wait for ever.
/// @param kind of the error; empty for what nobody foresaw
void fail(Fan& fan, std::optional<ErrorKind> kind, const char* what) noexcept {
    if (fan.finished()) return;
    for (const bool last : {false, true}) {
        try {
            const std::string message = kind ? what : unforeseen(what);
            if (last)
                fan.publish(RunFinished{.state = RunState::failed,
                                        .best = {},
                                        .hyperparameters = {},
                                        .error = kind,
                                        .message = message});
            else
                fan.publish(StateChanged{RunState::failed, message});
        } catch (...) {
            // The sinks that could take it have it, and there is nobody left to tell.
        }
    }
}

/// The engine's thread. Nothing may leave it: that would end the program.
void execute(const RunRequest& request, CommandQueue& commands, Fan& fan, const EngineFactory& makeEngine) {
    try {
        makeEngine()->run(request, commands, fan);
    } catch (const Error& error) {
        fail(fan, error.kind(), error.what());
    } catch (const std::bad_alloc&) {
        fail(fan, ErrorKind::device, "Memory ran out. Use a smaller batch (batch.train) or narrower layers.");
    } catch (const std::exception& error) {
        fail(fan, std::nullopt, error.what());
    } catch (...) {
        fail(fan, std::nullopt, "an error without a description");
    }
}

} // namespace

Session::Session(RunRequest request, std::vector<std::shared_ptr<EventSink>> sinks, EngineFactory makeEngine)
    : run_(request.run), commands_(std::make_shared<CommandQueue>()) {
    thread_ = std::thread([request = std::move(request), sinks = std::move(sinks), commands = commands_,
                           makeEngine = std::move(makeEngine)]() mutable {
        Fan fan(std::move(sinks));
        execute(request, *commands, fan, makeEngine);
    });
}

Session::~Session() {
    if (thread_.joinable()) {
        send(Stop{.interrupted = true});
        thread_.join();
    }
}

void Session::wait() {
    if (thread_.joinable()) thread_.join();
}

std::string newUuid() {
    std::random_device device;
    std::array<unsigned, 4> words{};
    for (auto& word : words) word = device();
    std::array<char, 37> text{};
    std::snprintf(text.data(), text.size(), "%08x-%04x-4%03x-%04x-%04x%08x", words[0], words[1] >> 16,
                  words[1] & 0xfffU, (words[2] >> 16 & 0x3fffU) | 0x8000U, words[2] & 0xffffU, words[3]);
    return {text.data()};
}

} // namespace dstn
