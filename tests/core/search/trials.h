#pragma once

#include "core/search/search.h"

#include <functional>
#include <string>
#include <vector>

namespace dstn {

/// d hyperparameters on [0, 1].
inline std::vector<Hyperparameter> unitRanges(int d) {
    std::vector<Hyperparameter> all;
    for (int i = 0; i < d; ++i) all.push_back({.name = "x" + std::to_string(i), .min = 0.0, .max = 1.0});
    return all;
}

/// A trial that has trained so many epochs and had one loss all the time.
inline Trial trained(std::int64_t number, Point point, double loss, std::int64_t epochs = 1) {
    Trial trial{.number = number, .point = std::move(point), .epochs = epochs};
    for (std::int64_t epoch = 1; epoch <= epochs; ++epoch) trial.losses.emplace_back(epoch, loss);
    return trial;
}

/// Begins a task: its trial runs.
inline void begin(std::vector<Trial>& trials, const Task& task) {
    const auto number = static_cast<std::size_t>(task.trial);
    if (number == trials.size()) trials.push_back({.number = task.trial, .point = task.point});
    trials[number].point = task.point;
    trials[number].running = true;
}

/// Ends a task with a loss after each of its epochs.
inline void end(std::vector<Trial>& trials, const Task& task,
                const std::function<double(const Point&, std::int64_t)>& loss) {
    Trial& trial = trials[static_cast<std::size_t>(task.trial)];
    for (std::int64_t epoch = trial.epochs + 1; epoch <= task.epochs; ++epoch)
        trial.losses.emplace_back(epoch, loss(task.point, epoch));
    trial.epochs = task.epochs;
    trial.running = false;
}

/// Carries out a search one task after the other, to its end or for so many tasks.
inline std::vector<Task> carryOut(const Search& search, std::vector<Trial>& trials,
                                  const std::function<double(const Point&, std::int64_t)>& loss,
                                  std::size_t most = 1'000'000) {
    std::vector<Task> tasks;
    while (tasks.size() < most) {
        const auto task = search.next(trials);
        if (!task) break;
        begin(trials, *task);
        end(trials, *task, loss);
        tasks.push_back(*task);
    }
    return tasks;
}

} // namespace dstn
