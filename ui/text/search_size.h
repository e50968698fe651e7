#pragma once

#include "core/experiment/experiment.h"

#include <cstdint>

namespace dstn::ui {

/// How many trainings a search is at most; 0 where the tuner is not a search. Poor trials that end early
/// count as whole ones.
std::int64_t trainingsOf(const Experiment& experiment);

} // namespace dstn::ui
