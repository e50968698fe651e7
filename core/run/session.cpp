#include "core/run/session.h"

#include <array>
#include <cstdio>
#include <random>
#include <utility>

namespace dstn {

namespace {

/// Hands every event to several sinks.
class Fan : public EventSink {
  public:
    explicit Fan(std::vector<std::shared_ptr<EventSink>> sinks) : sinks_(std::move(sinks)) {}
    void publish(const Event& event) override {
        for (const auto& sink : sinks_) sink->publish(event);
    }

  private:
    std::vector<std::shared_ptr<EventSink>> sinks_;
};

} // namespace

Session::Session(RunRequest request, std::vector<std::shared_ptr<EventSink>> sinks)
    : run_(request.run), commands_(std::make_shared<CommandQueue>()) {
    thread_ =
        std::thread([request = std::move(request), sinks = std::move(sinks), commands = commands_]() mutable {
            Fan fan(std::move(sinks));
            try {
                createEngine()->run(request, *commands, fan);
            } catch (const Error& error) { // the engine itself could not be had
                fan.publish(StateChanged{RunState::failed, error.what()});
                fan.publish(RunFinished{.state = RunState::failed,
                                        .best = {},
                                        .hyperparameters = {},
                                        .error = error.kind(),
                                        .message = error.what()});
            }
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
