#pragma once

#include "core/run/events.h"

#include <QIcon>

namespace dstn::ui {

/// A shape for each state, so that colour never is the only sign: triangle (running), bars (paused), hook
/// (completed), square (stopped), cross (failed), broken ring (interrupted), dots (preparing). Colours that
/// colour-blind people can tell apart, readable on light and dark.
QIcon stateIcon(RunState state);
QColor stateColor(RunState state);

} // namespace dstn::ui
