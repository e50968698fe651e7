#pragma once

#include <QString>

#include <cstdint>
#include <optional>

namespace dstn::ui {

/// Floating-point operations a second that a run reached, as far as they predict the speed of another one.
/// Nothing from a short run, whose first steps are slow, nor from a small network, whose steps are spent on
/// everything but arithmetic; nor a figure that no machine has.
std::optional<double> measuredSpeed(double flopsPerStep, std::int64_t steps, double seconds);

/// Whether a remembered speed can be a machine's.
bool isPlausibleSpeed(double flopsPerSecond);

/// "85", "1.2", "0.65", "12400": two significant digits at least, and never an exponent.
QString gigaflopsText(double flopsPerSecond);

} // namespace dstn::ui
