#include "core/run/events.h"

#include <array>

namespace dstn {

static constexpr std::array<std::pair<RunState, std::string_view>, 7> stateNames{{
    {RunState::preparing, "preparing"},
    {RunState::running, "running"},
    {RunState::paused, "paused"},
    {RunState::completed, "completed"},
    {RunState::stopped, "stopped"},
    {RunState::failed, "failed"},
    {RunState::interrupted, "interrupted"},
}};

std::string_view name(RunState state) {
    for (const auto& [candidate, text] : stateNames)
        if (candidate == state) return text;
    return "unknown";
}

std::optional<RunState> runStateFromName(std::string_view text) {
    for (const auto& [candidate, stateName] : stateNames)
        if (stateName == text) return candidate;
    return std::nullopt;
}

void EventQueue::publish(const Event& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
}

std::vector<Event> EventQueue::drain() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
}

} // namespace dstn
