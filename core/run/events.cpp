#include "core/run/events.h"

#include "core/run/overloaded.h"

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

Urgency urgency(const Event& event) {
    return std::visit(overloaded{[](const RunStarted&) { return Urgency::soon; },
                                 [](const SamplesTaken&) { return Urgency::none; },
                                 [](const HyperparametersSampled&) { return Urgency::none; },
                                 [](const ProgressMade&) { return Urgency::none; },
                                 [](const EpochFinished&) { return Urgency::none; },
                                 [](const StateChanged&) { return Urgency::soon; },
                                 [](const HyperparameterSet&) { return Urgency::none; },
                                 [](const LogLine&) { return Urgency::none; },
                                 [](const CheckpointTaken&) { return Urgency::lasting; },
                                 [](const RunFinished&) { return Urgency::lasting; },
                                 [](const LoadingProgressed&) { return Urgency::none; }},
                      event);
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
