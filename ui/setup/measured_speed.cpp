#include "ui/setup/measured_speed.h"

#include "ui/text/number_text.h"

namespace dstn::ui {

namespace {

constexpr std::int64_t enoughSteps = 50;
constexpr double enoughSeconds = 10.0;
/// Some milliseconds of work: beside it, what a step costs without arithmetic is little.
constexpr double enoughFlopsPerStep = 2e8;
constexpr double slowest = 2e8, fastest = 1e15;

} // namespace

bool isPlausibleSpeed(double flopsPerSecond) {
    return flopsPerSecond >= slowest && flopsPerSecond <= fastest;
}

std::optional<double> measuredSpeed(double flopsPerStep, std::int64_t steps, double seconds) {
    if (steps < enoughSteps || !(seconds >= enoughSeconds) || !(flopsPerStep >= enoughFlopsPerStep))
        return {};
    const double speed = flopsPerStep * static_cast<double>(steps) / seconds;
    return isPlausibleSpeed(speed) ? std::optional(speed) : std::nullopt;
}

QString gigaflopsText(double flopsPerSecond) {
    const double giga = flopsPerSecond / 1e9;
    return giga < 100.0 ? roundedText(giga, 2) : countText(std::llround(giga));
}

} // namespace dstn::ui
